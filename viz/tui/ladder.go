package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gdamore/tcell/v2"

	"sockscope/handshake"
	"sockscope/viz"
)

// columns says where the parts of a ladder stand.
//
//	>7-8     0.000 SYN-SENT     │─── <SEQ=100><CTL=SYN> ──────>│ SYN-RECEIVED
//	^number  ^time ^state       ^left                          ^right
//
// Where there is little room a time has a line of its own and no column.
type columns struct{ margin, number, time, state, left, right int }

const (
	stateWidth  = 12  // SYN-RECEIVED
	timeWidth   = 8   // 9999.999
	numberWidth = 5   // 39-40; the ladder makes room for longer ones
	wideLadder  = 100 // from so many columns on a ladder has one for the time
)

func ladderColumns(w int, rows []viz.Row) columns {
	longer := 0
	for i := range rows {
		longer = max(longer, len(rows[i].Number())-numberWidth)
	}
	if w < wideLadder {
		return columns{margin: 0, number: 1, time: -1, state: 7 + longer, left: 20 + longer, right: w - stateWidth - 2}
	}
	return columns{margin: 1, number: 2, time: 8 + longer, state: 17 + longer, left: 30 + longer, right: w - stateWidth - 4}
}

// drawLadder shows the newest rows, or where the cursor is if that is further up.
// Nothing is drawn below the last one: the lifelines end at now.
func drawLadder(c canvas, v *view) {
	at := ladderColumns(c.w, v.rows)
	now := nowRow(v.rows, v.n)
	lines := ladderLines(v.rows, at.time < 0, v.trace.Host != "")
	start := max(len(lines)-c.h, 0)
	for i, l := range lines {
		if l.row == now && l.row >= 0 && !l.clock {
			start = min(start, i)
		}
	}
	for y, l := range lines[start:min(start+c.h, len(lines))] {
		r := &v.rows[l.row]
		c.vertical(at.left, y, 1, c.palette.Line)
		c.vertical(at.right, y, 1, c.palette.Line)
		if l.clock {
			c.centre(at.left+1, y, at.right-at.left-1, v.words("dash.time", "t", seconds(r.At)), tcell.StyleDefault)
			continue
		}
		if l.row == now {
			c.text(at.margin, y, 1, ">", c.palette.Now)
		}
		drawRow(c, v, r, y, at, l.row == 0)
	}
}

// ladderLine is a row, or the line before it that tells the time.
type ladderLine struct {
	row   int
	clock bool
}

// ladderLines are the rows, and where there is no column for it the time. A clock that
// runs while a person thinks is told only where it has ended a timer.
func ladderLines(rows []viz.Row, clocks, running bool) []ladderLine {
	lines := make([]ladderLine, 0, len(rows)+2)
	for i, r := range rows {
		if clocks && r.Moved && (!running || r.Kind == handshake.KindTimeout) {
			lines = append(lines, ladderLine{i, true})
		}
		lines = append(lines, ladderLine{i, false})
	}
	return lines
}

// nowRow is the row in which step n happened; -1 for none. Where a segment has two
// rows, it departed in the upper one and arrived in the lower.
func nowRow(rows []viz.Row, n int) int {
	now := -1
	for i, r := range slices.Backward(rows) {
		switch n {
		case r.Last:
			return i
		case r.First:
			now = i
		}
	}
	return now
}

func drawRow(c canvas, v *view, r *viz.Row, y int, at columns, first bool) {
	style := tcell.StyleDefault
	if r.Last == v.n || r.First == v.n {
		style = c.palette.Now
	}
	c.text(at.number, y, at.state-at.number-1, r.Number(), style)
	if at.time >= 0 && (r.Moved || first) {
		c.right(at.time, y, timeWidth, seconds(r.At), tcell.StyleDefault)
	}
	states := slices.Clone(r.States)
	if s := v.step(); v.hidden && (r.Last == v.n || r.First == v.n) && s.Before != s.After {
		if peer := viz.PeerIndex(v.trace, s.Peer); peer >= 0 {
			states[peer] = unknown
		}
	}
	c.text(at.state, y, stateWidth, states[0], c.stateStyle(states[0], c.palette.Client))
	c.text(at.right+2, y, stateWidth, states[1], c.stateStyle(states[1], c.palette.Server))
	between := c.part(at.left+1, y, at.right-at.left-1, 1)
	if r.Segment {
		drawSegment(between, v, r)
	} else {
		drawEvent(between, v, r)
	}
}

func (c canvas) stateStyle(state string, style tcell.Style) tcell.Style {
	if state == unknown {
		return c.palette.Hidden
	}
	return style
}

// drawEvent writes what happened at one end beside that end's lifeline.
func drawEvent(c canvas, v *view, r *viz.Row) {
	text, style := eventText(v, r), tcell.StyleDefault
	switch {
	case v.hidden && r.First == v.n:
		text, style = unknown, c.palette.Hidden
	case strings.Contains(r.Label, ") = -1 "):
		style = c.palette.Error
	case r.Waits:
		style = c.palette.Waiting
	}
	switch r.From {
	case 0:
		c.text(1, 0, c.w-2, text, style)
	case 1:
		c.right(1, 0, c.w-2, text, style)
	default:
		c.centre(0, 0, c.w, text, style)
	}
}

// eventText is a call with what came of it, or a timer. The peers' host goes without
// saying.
func eventText(v *view, r *viz.Row) string {
	label := r.Label
	for _, p := range v.trace.Peers {
		if i := strings.LastIndexByte(p.Address, ':'); i > 0 {
			label = strings.ReplaceAll(label, p.Address, p.Address[i:])
		}
	}
	switch {
	case r.Waits:
		return label + " " + v.say.Text("dash.waits")
	case r.Kind == handshake.KindTimeout:
		return v.words("ui.times-out", "timer", v.say.Our("timer", r.Label))
	case r.Kind == handshake.KindSignal:
		return v.say.Our("signal", r.Label)
	case r.Kind == handshake.KindNote:
		return v.say.Note(label)
	}
	return label
}

// drawSegment draws a segment's way. Labels begin below one another; ... stands at an
// end that the segment has not reached, or has left in a row further up, and x where
// it was lost.
func drawSegment(c canvas, v *view, r *viz.Row) {
	label, style := v.fit(r, c.w-6), tcell.StyleDefault
	if v.hidden && r.First == v.n && r.Last == 0 {
		label, style = unknown, c.palette.Hidden
	}
	begin := max(min(max(4, (c.w-40)/2), c.w-width(label)-4), 2)
	end := begin + c.text(begin, 0, c.w-begin, label, style)
	left := shaft{c.part(0, 0, begin-1, 1), true}
	right := shaft{c.part(end+1, 0, c.w-end-1, 1), false}
	near, far := left, right
	if r.From == 1 {
		near, far = right, left
	}
	if r.Late {
		near.dots()
	} else {
		near.line(near.w, v.side(r.From))
	}
	switch {
	case r.Last == 0:
		far.dots()
	case r.Lost:
		far.line(min(3, far.w-1), v.side(r.From))
		far.tip(min(3, far.w-1), "x", c.palette.Lost)
	default:
		far.line(far.w-1, v.side(r.From))
		far.tip(far.w-1, far.head(), v.side(r.From))
	}
}

// shaft is the part of an arrow on one side of its label, between it and a lifeline.
type shaft struct {
	canvas
	left bool
}

// tip writes one column, so many columns away from the label.
func (s shaft) tip(away int, text string, style tcell.Style) {
	if s.left {
		away = s.w - 1 - away
	}
	s.text(away, 0, 1, text, style)
}

// line draws so many columns, from the label on.
func (s shaft) line(columns int, style tcell.Style) {
	if s.left {
		s.horizontal(s.w-columns, 0, columns, style)
		return
	}
	s.horizontal(0, 0, columns, style)
}

func (s shaft) dots() {
	if s.left {
		s.text(0, 0, s.w, "...", s.palette.InFlight)
		return
	}
	s.right(0, 0, s.w, "...", s.palette.InFlight)
}

func (s shaft) head() string {
	if s.left {
		return "<"
	}
	return ">"
}

// fit is a segment's label in so many columns: with its numbers, else with its numbers
// counted from X and Y, else without; of a message of 1971 then only its command.
func (v *view) fit(r *viz.Row, columns int) string {
	if !v.relative && width(r.Label) <= columns {
		return r.Label
	}
	label := v.counts(r.First, r.From, r.Label)
	if width(label) <= columns {
		return label
	}
	if bits := controls(r.Label); bits != "" {
		return "<CTL=" + bits + ">"
	}
	command, _, _ := strings.Cut(r.Label, " ")
	return command // of a message of 1971
}

// controls are the control bits in a segment's label: SYN,ACK.
func controls(label string) string {
	_, after, _ := strings.Cut(label, "<CTL=")
	bits, _, _ := strings.Cut(after, ">")
	return bits
}

// seconds writes a time of the trace as the screen shows it.
func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
