package tui

import (
	"strconv"
	"strings"

	"github.com/gdamore/tcell/v2"

	"sockscope/handshake"
	"sockscope/viz"
)

// list is something to choose from or to read, over the lower pane. Its lines are made
// when it is drawn, since the language may change while it is open.
type list struct {
	title func(*view) (title, note string)
	lines func(*view) []listLine
	hint  bool // the last line tells the keys
	width int
	at    int // the entry that the cursor is on, from 0
	top   int // the first line shown
	count int // how many entries there are
	tall  int // how many lines there are
	shown int // how many of them the last frame showed
}

// listLine is an entry, or a heading if it does nothing.
type listLine struct {
	text, key string
	do        func()
}

// height is what the list would like to have, with its border.
func (l *list) height() int {
	h := l.tall + 2
	if l.hint {
		h++
	}
	return h
}

// open makes the list's size known before it is drawn.
func (l *list) open(v *view) *list {
	lines := l.lines(v)
	l.tall, l.count = len(lines), 0
	for _, line := range lines {
		if line.do != nil {
			l.count++
		}
	}
	return l
}

func (l *list) draw(c canvas, v *view) {
	title, note := l.title(v)
	c.fill(tcell.StyleDefault)
	inside := c.box(" "+title+" ", note, c.palette.Focus, tcell.StyleDefault)
	lines := l.open(v).lines(v)
	l.shown = inside.h
	if l.hint {
		l.shown--
		inside.text(2, inside.h-1, inside.w-4, l.keys(v), tcell.StyleDefault)
	}
	l.scroll(lines)
	nth := -1
	for i, line := range lines {
		if line.do != nil {
			nth++
		}
		y := i - l.top
		if y < 0 || y >= l.shown {
			continue
		}
		l.line(inside, y, line, nth)
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
func (l *list) scroll(lines []listLine) {
	nth := -1
	for i, line := range lines {
		if line.do == nil {
			continue
		}
		if nth++; nth == l.at {
			first := i
			if i > 0 && lines[i-1].do == nil {
				first--
			}
			l.top = min(max(l.top, i-l.shown+1), first)
		}
	}
	l.top = max(min(l.top, len(lines)-l.shown), 0)
}

// move takes the cursor to another entry, or, where there is none to choose, reads on.
func (l *list) move(by int) {
	if l.count == 0 {
		l.top = max(min(l.top+by, l.tall-l.shown), 0)
		return
	}
	l.at = min(max(l.at+by, 0), l.count-1)
}

// pick is what entry nth does; nil if there is no such entry.
func (l *list) pick(v *view, nth int) func() {
	for _, line := range l.lines(v) {
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

// choose opens the menu of what may happen next.
func (d *dashboard) choose() {
	d.show(&list{
		width: 64, hint: true,
		title: func(v *view) (string, string) {
			return v.say.Text("dash.menu"), " " + v.words("dash.step", "n", strconv.Itoa(v.n+1)) + " "
		},
		lines: d.choiceLines,
	})
}

// choiceLines are the choices in their groups, each with its own key.
func (d *dashboard) choiceLines(v *view) []listLine {
	var lines []listLine
	choices := d.model.choices()
	coming, _ := d.model.timeline.Coming()
	last, calls, losses, doubles := group(""), false, 0, 0
	for i, c := range choices {
		if g := groupOf(c.Verb); g != last {
			lines = append(lines, listLine{text: v.say.Text("dash." + string(g))})
			last, calls = g, calls || g == groupCalls
		}
		key := ""
		switch {
		case i == 0 && c == coming:
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
		lines = append(lines, listLine{v.sentence(c, true), key, func() { d.try(d.model.do(d.ctx, c)) }})
	}
	if waits := v.waiting(); !calls && len(waits) == 2 {
		lines = append(lines, listLine{text: v.say.Text("dash.calls")},
			listLine{text: "     " + v.words("dash.both-wait", "a", waits[0], "b", waits[1])})
	}
	return lines
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
