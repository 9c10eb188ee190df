package tui

import (
	"context"
	"strconv"
	"strings"

	"github.com/gdamore/tcell/v2"

	"sockscope/handshake"
	"sockscope/viz"
)

// list is something to choose from or to read, over the lower pane. Its lines are made
// for each frame, since language and size may change while it is open.
type list struct {
	title func(*view) (title, note string)
	lines func(v *view, columns int) []listLine
	width int // at most
	made  []listLine
	count int // how many of them are entries; 0: it is to be read
	at    int // the entry that the cursor is on, from 0
	top   int // the first line shown
	shown int // how many lines the last frame showed
}

// listLine is an entry, or a heading if it does nothing.
type listLine struct {
	text, key string
	do        func()
}

// make makes the lines for a screen so many columns wide.
func (l *list) make(v *view, columns int) {
	l.made, l.count = l.lines(v, min(columns, l.width)-8), 0
	for _, line := range l.made {
		if line.do != nil {
			l.count++
		}
	}
}

// height is what the list would like to have, with its border and the line of keys.
func (l *list) height() int { return len(l.made) + 3 }

func (l *list) draw(c canvas, v *view) {
	title, note := l.title(v)
	c.fill(tcell.StyleDefault)
	inside := c.box(" "+title+" ", note, c.palette.Focus, tcell.StyleDefault)
	l.shown = inside.h - 1
	inside.text(2, l.shown, inside.w-4, l.keys(v), tcell.StyleDefault)
	l.scroll()
	nth := -1
	for i, line := range l.made {
		if line.do != nil {
			nth++
		}
		if y := i - l.top; y >= 0 && y < l.shown {
			l.line(inside, y, line, nth)
		}
	}
}

func (l *list) line(c canvas, y int, line listLine, nth int) {
	if line.do == nil {
		used := c.text(2, y, c.w-4, line.text, tcell.StyleDefault)
		c.right(used+4, y, c.w-2-used-4, line.key, tcell.StyleDefault)
		return
	}
	style, mark := tcell.StyleDefault, "  "
	if nth == l.at {
		style, mark = c.palette.Highlight, "> "
	}
	digit := "   "
	if nth < 9 {
		digit = strconv.Itoa(nth+1) + "  "
	}
	text := mark + digit + line.text
	room := c.w - 4 - width(line.key)
	c.text(1, y, c.w-2, pad(text, room)+"  "+line.key, style)
}

// scroll keeps the entry that the cursor is on in sight, with the heading above it.
func (l *list) scroll() {
	nth := -1
	for i, line := range l.made {
		if line.do == nil {
			continue
		}
		if nth++; nth == l.at {
			first := i
			if i > 0 && l.made[i-1].do == nil {
				first--
			}
			l.top = min(max(l.top, i-l.shown+1), first)
		}
	}
	l.top = max(min(l.top, len(l.made)-l.shown), 0)
}

// move takes the cursor to another entry, or, where there is none to choose, reads on.
func (l *list) move(by int) {
	if l.count == 0 {
		l.top += by // scroll bounds it
		return
	}
	l.at = min(max(l.at+by, 0), l.count-1)
}

// pick is what entry nth does; nil if there is no such entry.
func (l *list) pick(nth int) func() {
	for _, line := range l.made {
		if line.do == nil {
			continue
		}
		if nth == 0 {
			return line.do
		}
		nth--
	}
	return nil
}

func (l *list) keys(v *view) string {
	digits := ""
	if l.count > 0 {
		digits = "1"
		if l.count > 1 {
			digits = "1-" + strconv.Itoa(min(l.count, 9))
		}
		digits += ", Enter, .  " + v.say.Text("dash.menu-hint") + "   "
	}
	return digits + "Up Down  " + v.say.Text("dash.move") + "   Esc  " + v.say.Text("dash.leave-menu")
}

// choose opens the menu of what may happen next, if anything may.
func (d *dashboard) choose() {
	if d.model.recorded() {
		d.try(errRecorded)
		return
	}
	if len(d.model.choices()) == 0 {
		key := "dash.over"
		if d.model.look().comes {
			key = "dash.midst"
		}
		d.mention(key, "key", d.keys.hint(actForward))
		return
	}
	d.list = &list{
		width: 64,
		title: func(v *view) (string, string) {
			return v.say.Text("dash.menu"), " " + v.words("dash.step", "n", strconv.Itoa(v.n+1)) + " "
		},
		lines: d.choiceLines,
	}
}

// choiceLines are the choices in their groups, each with its own key.
func (d *dashboard) choiceLines(v *view, _ int) []listLine {
	var lines []listLine
	coming := d.model.look().coming
	last, calls, losses, doubles := group(""), false, 0, 0
	for _, c := range d.model.choices() {
		if g := groupOf(c.Verb); g != last {
			lines = append(lines, listLine{text: v.say.Text("dash." + string(g))})
			last, calls = g, calls || g == groupCalls
		}
		key := ""
		switch {
		case c == coming:
			key = v.say.Text("dash.next")
		case c.Verb == handshake.Drop:
			if losses++; losses == 1 {
				key = d.keys.hint(actLose)
			}
		case c.Verb == handshake.Duplicate:
			if doubles++; doubles == 1 {
				key = d.keys.hint(actDouble)
			}
		case c.Verb == handshake.Timeout:
			key = v.due(c)
		}
		lines = append(lines, listLine{v.sentence(c, true), key, func() { d.do(c) }})
	}
	if waits := v.waiting(); !calls && len(waits) == 2 {
		lines = append(lines, listLine{text: v.say.Text("dash.calls")},
			listLine{text: "     " + v.words("dash.both-wait", "a", waits[0], "b", waits[1])})
	}
	return lines
}

// do lets a choice happen.
func (d *dashboard) do(c handshake.Choice) {
	d.stepTo(func(v *view) string { return v.sentence(c, false) }, func(ctx context.Context, m *stepper) error { return m.do(ctx, c) })
}

// due is when a timer would end.
func (v *view) due(c handshake.Choice) string {
	peer := viz.PeerIndex(v.trace, c.Peer)
	if peer < 0 {
		return ""
	}
	at, ok := deadline(&v.ends[peer], c.What)
	if !ok {
		return ""
	}
	return v.words("dash.time", "t", seconds(at))
}

// waiting are the calls that the programs wait in.
func (v *view) waiting() []string {
	var calls []string
	for _, e := range v.ends {
		if name, _, waits := strings.Cut(e.Call, "("); waits {
			calls = append(calls, name+"()")
		}
	}
	return calls
}
