package tui

import (
	"strconv"
	"strings"

	"github.com/gdamore/tcell/v2"

	"sockscope/viz"
)

// The screen, at 80x24, 120x40 and 200x60 and all sizes between:
//
//		title            title                     title
//		ends, two rows   CLIENT box | SERVER box   CLIENT | ladder       | SERVER
//		ladder           ladder                    box    |              | box
//		one pane         1 why                     1 why
//		                 one more pane             2 segment | 4 map     | 5 agreement
//		                                           (or 3)    |           | 6 1971
//		next             next                      next
//		hints            hints                     hints
//
//	  - The ladder gets the rows that nothing else needs.
//	  - Below 80x24 there is no pane, below 60x15 one line says so.
//	  - An enlarged pane has all between title and next; so has the ladder alone.
//	  - A menu covers what is below the ladder, which moves up as far as it must.
const (
	leastWidth, leastHeight = 60, 15
	paneWidth, paneHeight   = 80, 24  // from here on there is a pane
	endsWidth, endsHeight   = 120, 40 // boxes for the ends, two panes
	allWidth, allHeight     = 200, 60 // all panes but one
)

// draw draws a frame on the whole screen.
func (d *dashboard) draw(c canvas) {
	v := d.view()
	if c.w < leastWidth || c.h < leastHeight {
		c.screen.HideCursor()
		c.text(0, 0, c.w, v.words("dash.too-small", "w", strconv.Itoa(c.w), "h", strconv.Itoa(c.h)), tcell.StyleDefault)
		return
	}
	d.drawTitle(c.part(0, 0, c.w, 1), v)
	d.drawNext(c.part(0, c.h-2, c.w, 1), v)
	d.drawHints(c.part(0, c.h-1, c.w, 1), v)
	middle := c.part(0, 1, c.w, c.h-3)
	covered := d.covered(middle, v)
	switch {
	case d.model.pane > 0 && d.model.large:
		d.drawPane(middle, v, d.model.pane, true)
	case d.model.pane == 0, c.w < paneWidth, c.h < paneHeight:
		drawHeaded(middle.part(0, 0, middle.w, middle.h-covered), v)
	case c.w >= allWidth && c.h >= allHeight:
		d.drawAll(middle, v, covered)
	case c.w >= endsWidth && c.h >= endsHeight:
		d.drawBoxes(middle, v, covered)
	default:
		d.drawOnePane(middle, v, covered)
	}
	if d.list != nil {
		w := min(d.list.width, middle.w)
		d.list.draw(middle.part((middle.w-w)/2, middle.h-covered, w, covered), v)
	}
}

// covered is how many rows a list takes from below. To choose, the ladder's last row
// must be seen; to read, nothing else.
func (d *dashboard) covered(c canvas, v *view) int {
	if d.list == nil {
		return 0
	}
	d.list.make(v, c.w)
	switch {
	case d.list.count == 0:
		return min(d.list.height(), c.h)
	case c.w >= endsWidth && c.h >= endsHeight-3 && c.w < allWidth:
		return min(d.list.height(), c.h-endsRows-3)
	}
	return min(d.list.height(), c.h-4)
}

// drawOnePane has the ladder above and one pane below.
func (d *dashboard) drawOnePane(c canvas, v *view, covered int) {
	const pane = 8
	drawHeaded(c.part(0, 0, c.w, c.h-max(pane, covered)), v)
	d.drawPane(c.part(0, c.h-pane, c.w, pane), v, d.model.pane, true)
}

// endsRows is the height of the boxes above the ladder.
const endsRows = 9

// drawBoxes has the two ends above the ladder, then pane 1 and one more.
func (d *dashboard) drawBoxes(c canvas, v *view, covered int) {
	const ends, why, pane = endsRows, 5, 11
	half := (c.w - 4) / 2
	drawEnd(c.part(0, 1, half, ends), v, 0)
	drawEnd(c.part(c.w-half, 1, half, ends), v, 1)
	drawTitled(c.part(0, ends+1, c.w, c.h-ends-1-max(why+pane, covered)), v)
	d.drawPane(c.part(0, c.h-why-pane, c.w, why), v, 1, false)
	d.drawPane(c.part(0, c.h-pane, c.w, pane), v, d.model.lower, true)
}

// drawAll has the ends beside the ladder, then pane 1, then four more.
func (d *dashboard) drawAll(c canvas, v *view, covered int) {
	const (
		ends, why, pane = 21, 6, 23
		side, gap       = 44, 2
		left, right     = 66, 52 // the middle one gets the rest
	)
	drawEnd(c.part(0, 1, side, ends), v, 0)
	drawEnd(c.part(c.w-side, 1, side, ends), v, 1)
	drawTitled(c.part(side+gap, 1, c.w-2*(side+gap), c.h-1-max(why+pane, covered)), v)
	d.drawPane(c.part(0, c.h-why-pane, c.w, why), v, 1, false)
	first := 2
	if d.model.pane == 3 {
		first = 3
	}
	lower := c.part(0, c.h-pane, c.w, pane)
	d.drawPane(lower.part(0, 0, left, pane), v, first, false)
	d.drawPane(lower.part(left+gap, 0, c.w-left-right-2*gap, pane), v, 4, false)
	d.drawPane(lower.part(c.w-right, 0, right, pane/2), v, 5, false)
	d.drawPane(lower.part(c.w-right, pane/2, right, pane-pane/2), v, 6, false)
}

// drawHeaded is the ladder with both ends named above it, each with its state and the
// call that its program waits in.
func drawHeaded(c canvas, v *view) {
	at := ladderColumns(c.w, v.rows)
	for peer := range 2 {
		state, style := v.state(peer)
		call := v.waitsIn(peer, (at.right-at.left)/2-2)
		if peer == 0 {
			c.text(at.state, 0, c.w/2-at.state-1, heading(v, peer), v.side(peer))
			c.text(at.state, 1, stateWidth, state, style)
			c.text(at.left+2, 1, c.w/2-at.left-2, call, c.palette.Waiting)
			continue
		}
		c.right(c.w/2, 0, at.right+stateWidth+2-c.w/2, heading(v, peer), v.side(peer))
		c.text(at.right+2, 1, stateWidth, state, style)
		c.right(c.w/2, 1, at.right-1-c.w/2, call, c.palette.Waiting)
	}
	c.horizontal(0, 2, c.w, c.palette.Line)
	c.text(at.left, 2, 1, "+", c.palette.Line)
	c.text(at.right, 2, 1, "+", c.palette.Line)
	drawLadder(c.part(0, 3, c.w, c.h-3), v)
}

// waitsIn is the call that a peer's program waits in, in so many columns; empty if it
// runs.
func (v *view) waitsIn(peer, columns int) string {
	call, _, waits := strings.Cut(v.ends[peer].Call, "(")
	switch {
	case v.hidden && v.ends[peer].Call != v.before[peer].Call:
		return unknown
	case !waits:
		return ""
	}
	call += "()"
	if text := call + " " + v.say.Text("dash.waits"); width(text) <= columns {
		return text
	}
	return call
}

// drawTitled is the ladder below its title; the ends stand in boxes of their own.
func drawTitled(c canvas, v *view) {
	c.rule(0, " "+v.say.Text("dash.ladder")+" ", "", tcell.StyleDefault, tcell.StyleDefault)
	drawLadder(c.part(0, 1, c.w, c.h-1), v)
}

// drawPane draws a pane below its title. With tabs the others are named beside it.
func (d *dashboard) drawPane(c canvas, v *view, number int, tabs bool) {
	p := &panes[number-1]
	note := ""
	if p.sources != nil && c.w >= endsWidth {
		note = p.sources(v)
	}
	if note != "" {
		note = " " + note + " "
	}
	c.rule(0, "", note, tcell.StyleDefault, c.palette.Source)
	x := 1
	for i := range panes {
		if name := d.tab(v, c.w, i+1, number, tabs); name != "" && x+width(name) < c.w-width(note) {
			style := tcell.StyleDefault
			if i+1 == d.model.pane {
				style = c.palette.Focus
			}
			x += c.text(x, 0, c.w, name, style) + 1
		}
	}
	margin := max(min(c.w-p.w, 1), 0)
	p.draw(c.part(margin, 1, c.w-margin, c.h-1), v)
}

// tab is a pane's name in the title line of the one that is drawn: in brackets if it
// has the focus, else with its question if it is the one below; empty if it is not in
// this line.
func (d *dashboard) tab(v *view, columns, number, drawn int, tabs bool) string {
	p := &panes[number-1]
	name := strconv.Itoa(number) + " " + v.say.Text(p.title)
	asks := name + ": " + v.say.Text(p.question)
	switch focus, alone := number == d.model.pane, number == drawn && !tabs; {
	case !tabs && number != drawn, tabs && number == 1 && columns >= endsWidth && !d.model.large:
		return ""
	case focus && alone && number > 1:
		return "[" + asks + "]"
	case focus:
		return "[" + name + "]"
	case number == drawn && number > 1 && columns >= endsWidth:
		return " " + asks + " "
	}
	return " " + name + " "
}

// view collects what the frame shows.
func (d *dashboard) view() *view {
	if d.fresh {
		return d.frame
	}
	trace, n := d.model.timeline.Trace(), d.model.timeline.N()
	if d.frame != nil && d.frame.n != n {
		d.model.scroll = 0
	}
	v := &view{
		trace: trace, n: n,
		ends: viz.Ends(trace, n), before: viz.Ends(trace, max(n-1, 0)), rows: viz.Ladder(trace, n),
		lang: d.lang, say: d.say, glyphs: d.glyphs, colours: d.colours,
		hidden: d.model.hidden, bytes: d.model.bytes, scroll: d.model.scroll,
	}
	v.relative = d.model.relative != v.long()
	d.frame, d.fresh = v, true
	return v
}

// long reports whether sequence numbers are too long to be read beside one another.
func (v *view) long() bool {
	const readable = 1_000_000
	for peer := range v.trace.Peers {
		if first, ok := v.first(peer); ok && first >= readable {
			return true
		}
	}
	return false
}
