package tui

import (
	"slices"
	"strings"

	"github.com/gdamore/tcell/v2"

	"sockscope/handshake"
	"sockscope/viz"
)

// sentenceWidth is how wide a sentence is set at most: two lines of 70 columns.
const sentenceWidth = 70

// tabsWidth is the width below which the title line has no room for sources.
const tabsWidth = 100

// paneWhy says what happened in the step and why, what changed, and by which other
// rules.
func paneWhy(c canvas, v *view) {
	in := c.part(1, 0, c.w-2, c.h)
	step := v.step()
	switch {
	case step == nil:
		in.paragraph(0, 0, wrap(v.trace.Words[v.lang]["shows"], min(in.w, sentenceWidth)), tcell.StyleDefault)
		return
	case v.hidden:
		in.text(0, 0, in.w, unknown, v.colours.Hidden)
		return
	}
	story := viz.Narrate(v.trace, v.n, v.lang)
	if story.Main == "" {
		story.Main = story.Event
	}
	y := in.paragraph(0, 0, wrap(story.Main, min(in.w, sentenceWidth)), tcell.StyleDefault)
	if c.w < tabsWidth {
		y = in.cite(y, 0, story.Source)
	}
	if c.h > y+2 && story.Note != "" {
		y = in.paragraph(0, y+1, wrap(story.Note, min(in.w, sentenceWidth)), tcell.StyleDefault)
	}
	y = in.changes(y+1, v, step)
	in.others(y+1, step, story)
}

// whySources are the citations of the step's rules: "RFC 9293 3.4.1, 3.10.7.2".
func whySources(v *view) string {
	if v.step() == nil || v.hidden {
		return ""
	}
	return viz.Narrate(v.trace, v.n, v.lang).Source
}

// cite writes a source at the right edge: in the row above if what stands there, so
// many columns, leaves room, else in a row of its own. It gives the next row.
func (c canvas) cite(y, taken int, source string) int {
	if source == "" {
		return y
	}
	if taken > 0 && taken+2+width(source) <= c.w {
		c.right(0, y-1, c.w, source, c.palette.Source)
		return y
	}
	c.right(0, y, c.w, source, c.palette.Source)
	return y + 1
}

// change is a group of values that changed in a step and that one source explains.
type change struct {
	source string
	items  []string
}

// changes writes what the step changed, and gives the next row.
func (c canvas) changes(y int, v *view, step *handshake.Step) int {
	peer := viz.PeerIndex(v.trace, step.Peer)
	if peer < 0 {
		return y
	}
	label := v.say.Text("pane.changed")
	indent := width(label) + 3
	for _, g := range changed(v, step, peer) {
		text := v.name(peer) + ": " + strings.Join(g.items, ", ")
		lines := wrap(text, c.w-indent)
		if y < c.h {
			c.text(0, y, c.w, label, tcell.StyleDefault)
		}
		y = c.paragraph(indent, y, lines, c.palette.Changed)
		y = c.cite(y, indent+width(lines[len(lines)-1]), g.source)
		label = ""
	}
	return y
}

// changed lists what the step changed, numbers before timers.
func changed(v *view, step *handshake.Step, peer int) []change {
	var was *viz.Conn
	if len(v.before) > peer {
		was = v.before[peer].Conn(step.On)
	}
	state := change{source: "RFC 9293 3.3.2"}
	if step.Before != step.After {
		state.items = []string{v.words("pane.changed.value", "what", step.After, "was", step.Before)}
	}
	numbers := change{source: "RFC 9293 3.3.1"}
	timers := change{source: "RFC 6298 5"}
	others := change{}
	for _, now := range step.Vars {
		old := handshake.Var{}
		if was != nil {
			old, _ = was.Var(now.Name)
		}
		item := v.words("pane.changed.value", "what", v.changedTo(now), "was", v.valueOf(old))
		switch {
		case strings.HasPrefix(now.Name, "SEG."):
		case now.Name == "user timer", now.Name == "time-wait timer":
			others.items = append(others.items, item)
		case now.Name == "retransmission timer", now.Name == "retransmissions":
			timers.items = append(timers.items, item)
		case now.Unit == "" || !strings.Contains(now.Name, "."):
			others.items = append(others.items, item)
		default:
			numbers.items = append(numbers.items, item)
		}
	}
	return slices.DeleteFunc([]change{state, numbers, timers, others}, func(g change) bool { return len(g.items) == 0 })
}

// changedTo is a variable's name and value: "SND.NXT 101".
func (v *view) changedTo(x handshake.Var) string {
	name := x.Name
	if key := "ui.var." + strings.ReplaceAll(name, " ", "-"); v.say.Has(key) {
		name = v.say.Text(key)
	}
	return name + " " + v.valueOf(x)
}

// valueOf is a variable's value; none for a timer that is off.
func (v *view) valueOf(x handshake.Var) string {
	if x.Value == "" {
		return v.say.Text("ui.none")
	}
	return viz.Value(x, v.say)
}

// others writes the sentences of the step's rules beside the one that narrates it.
func (c canvas) others(y int, step *handshake.Step, story viz.Narration) {
	for i, text := range story.Sentences {
		if text == story.Main {
			continue
		}
		lines := wrap(text, min(c.w, sentenceWidth))
		y = c.paragraph(0, y, lines, tcell.StyleDefault)
		y = c.cite(y, width(lines[len(lines)-1]), step.Why[i].Cite)
	}
}
