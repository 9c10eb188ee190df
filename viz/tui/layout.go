package tui

import (
	"strconv"
	"strings"

	"github.com/gdamore/tcell/v2"

	"sockscope/viz"
)

// The screen, at 80x24, 120x40 and 200x60 and all sizes between. The ladder gets the
// rows that nothing else needs. An enlarged pane has all between title and next, and so
// has the ladder alone. A menu covers what is below the ladder, which moves up as far
// as it must.
//
//	title            title                     title
//	ends, two rows   CLIENT box | SERVER box   CLIENT | ladder       | SERVER
//	ladder           ladder                    box    |              | box
//	one pane         1 why                     1 why
//	                 one more pane             2 segment | 4 map     | 5 agreement
//	                                           (or 3, 7) |           | 6 1971
//	next             next                      next
//	hints            hints                     hints
type layout int

const (
	tooSmall   layout = iota // one line says so
	ladderOnly               // with both ends' names above it
	onePane
	twoPanes
	allPanes // but two
	largePane
)

// layout is how a screen of a size is shared out now.
func (d *dashboard) layout(w, h int) layout {
	switch {
	case w < leastWidth || h < leastHeight:
		return tooSmall
	case d.model.pane > 0 && d.model.large:
		return largePane
	case d.model.pane == 0, w < 80, h < 24:
		return ladderOnly
	case w < roomy || h < 40:
		return onePane
	case w < 200 || h < 60:
		return twoPanes
	default:
		return allPanes
	}
}

// On a smaller screen there is only a line that says so.
const leastWidth, leastHeight = 60, 15

// roomy is the width from which a title line holds a pane's question and its sources.
// On a narrower screen the sources stand behind what they prove.
const roomy = 120

// draw draws a frame on the whole screen.
func (d *dashboard) draw(c canvas) {
	v := d.view()
	how := d.layout(c.w, c.h)
	if how == tooSmall {
		c.screen.HideCursor()
		c.text(0, 0, c.w, v.words("dash.too-small", "w", strconv.Itoa(c.w), "h", strconv.Itoa(c.h)), tcell.StyleDefault)
		return
	}
	d.drawTitle(c.part(0, 0, c.w, 1), v)
	d.drawNext(c.part(0, c.h-2, c.w, 1), v)
	d.drawHints(c.part(0, c.h-1, c.w, 1), v)
	middle := c.part(0, 1, c.w, c.h-3)
	covered := d.covered(middle, v, how)
	switch how {
	case tooSmall:
	case largePane:
		d.drawPane(middle, v, d.model.pane, true)
	case ladderOnly:
		drawHeaded(middle.part(0, 0, middle.w, middle.h-covered), v)
	case onePane:
		d.drawOnePane(middle, v, covered)
	case twoPanes:
		d.drawTwoPanes(middle, v, covered)
	case allPanes:
		d.drawAllPanes(middle, v, covered)
	}
	if d.list != nil {
		w := min(d.list.width, middle.w)
		d.list.draw(middle.part((middle.w-w)/2, middle.h-covered, w, covered), v)
	}
}

// covered is how many rows a list takes from below. To choose, the ladder's last row
// must be seen; to read, nothing else.
func (d *dashboard) covered(c canvas, v *view, how layout) int {
	if d.list == nil {
		return 0
	}
	d.list.make(v, c.w)
	room := c.h
	switch {
	case d.list.count == 0:
	case how == twoPanes:
		room -= endsRows + 2 // with the ladder's title and a row of it
	default:
		room -= 4 // the ends' names, a line and a row
	}
	return min(d.list.height(), room)
}

// drawOnePane has the ladder above and one pane below.
func (d *dashboard) drawOnePane(c canvas, v *view, covered int) {
	const pane = 8
	drawHeaded(c.part(0, 0, c.w, c.h-max(pane, covered)), v)
	d.drawPane(c.part(0, c.h-pane, c.w, pane), v, d.model.pane, true)
}

// endsRows is the height of the boxes above the ladder.
const endsRows = 9

// drawTwoPanes has the two ends above the ladder, then pane 1 and one more. That is as high
// as the figure of a SYN with two words of options, the scale of bits included.
func (d *dashboard) drawTwoPanes(c canvas, v *view, covered int) {
	const ends, why, pane = endsRows, 5, 13
	half := (c.w - 4) / 2
	drawEnd(c.part(0, 0, half, ends), v, 0)
	drawEnd(c.part(c.w-half, 0, half, ends), v, 1)
	drawTitled(c.part(0, ends, c.w, c.h-ends-max(why+pane, covered)), v)
	d.drawPane(c.part(0, c.h-why-pane, c.w, why), v, 1, false)
	d.drawPane(c.part(0, c.h-pane, c.w, pane), v, d.model.lower, true)
}

// drawAllPanes has the ends beside the ladder, then pane 1, then four more.
func (d *dashboard) drawAllPanes(c canvas, v *view, covered int) {
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
	if d.model.pane == 3 || d.model.pane == graphPane {
		first = d.model.pane
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
	if p.sources != nil && c.w >= roomy {
		note = p.sources(v)
	}
	if note != "" {
		note, _ = cut(" "+note+" ", c.w-roomForTitle)
	}
	margin := max(min(c.w-p.w, 1), 0)
	d.drawScrolled(c.part(margin, 1, c.w-margin, c.h-1), v, number)
	c.rule(0, "", note, tcell.StyleDefault, c.palette.Source)
	end := c.w - width(note)
	if more := " " + v.words("explorer.more", "key", d.keys.hint(actScrollDown)) + " "; d.more == number && width(more) < end-1 {
		c.right(0, 0, end-1, more, tcell.StyleDefault)
		end -= width(more)
	}
	x := 1
	for i := range panes {
		if name := d.tab(v, c.w, i+1, number, tabs); name != "" && x+width(name) < end {
			style := tcell.StyleDefault
			if i+1 == d.model.pane {
				style = c.palette.Focus
			}
			x += c.text(x, 0, c.w, name, style) + 1
		}
	}
}

// drawScrolled draws a pane from where it was scrolled to, but no further than to its
// end, and finds out whether there is more below. Only the pane in focus scrolls.
func (d *dashboard) drawScrolled(c canvas, v *view, number int) {
	seen, reach := *v, -1<<16 // far above
	if number != d.model.pane {
		seen.scroll = 0
		panes[number-1].draw(c, &seen)
		return
	}
	c.reach = &reach
	panes[number-1].draw(c, &seen)
	if end := c.y + c.h; reach < end && v.scroll > 0 {
		d.model.scroll = max(v.scroll-(end-reach), 0)
		v.scroll, seen.scroll = d.model.scroll, d.model.scroll
		blank := c
		blank.fill(tcell.StyleDefault)
		panes[number-1].draw(c, &seen)
	}
	d.more = 0
	if reach > c.y+c.h && panes[number-1].scrolls {
		d.more = number
	}
}

// roomForTitle is left free by a long list of sources.
const roomForTitle = 50

// tab is a pane's name in the title line of the one that is drawn: in brackets if it
// has the focus, else with its question if it is the one below; empty if it is not in
// this line.
func (d *dashboard) tab(v *view, columns, number, drawn int, tabs bool) string {
	p := &panes[number-1]
	name := strconv.Itoa(number) + " " + v.say.Text(p.title)
	asks := name + ": " + v.say.Text(p.question)
	switch focus, alone := number == d.model.pane, number == drawn && !tabs; {
	case !tabs && number != drawn, tabs && number == 1 && columns >= roomy && !d.model.large:
		return ""
	case focus && alone && number > 1:
		return "[" + asks + "]"
	case focus:
		return "[" + name + "]"
	case number == drawn && number > 1 && (!tabs || columns >= roomy):
		return " " + asks + " "
	}
	return " " + name + " "
}

// view collects what the frame shows.
func (d *dashboard) view() *view {
	if d.fresh {
		return d.frame
	}
	seen := d.model.look()
	trace, n := seen.trace, seen.n
	if d.frame != nil && d.frame.n != n {
		d.model.scroll = 0
	}
	v := &view{
		trace: trace, n: n,
		ends: viz.Ends(trace, n), before: viz.Ends(trace, max(n-1, 0)), rows: viz.Ladder(trace, n),
		lang: d.lang, say: d.say.Speaking(trace.Protocol), glyphs: d.glyphs, colours: d.colours,
		hidden: d.model.hidden, bytes: d.model.bytes, graph: d.model.graph, keys: d.keys, scroll: d.model.scroll,
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
