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

// readable is how wide the pane's text is set at most.
const readable = 100

// paneWhy says what happened in the step and why, what changed, what the lesson says
// of it, and by which other rules. Blank lines part these as far as there is room; on
// a wide screen the changes stand beside the rest.
func paneWhy(c canvas, v *view) {
	in := c.part(1, 0, min(c.w, readable)-2, c.h)
	switch step := v.step(); {
	case step == nil:
		in.blocks(v, []said{{text: v.trace.Words[v.lang]["shows"]}})
	case v.hidden:
		in.blocks(v, []said{{text: unknown, style: v.colours.Hidden}})
	case c.w < 2*sentenceWidth+2:
		main, note, others := v.why(step, c.w < roomy)
		in.blocks(v, main, note, v.changes(step), others)
	default:
		main, note, others := v.why(step, false)
		in.blocks(v, main, note, others)
		c.part(readable, 0, min(c.w-readable-1, readable), c.h).blocks(v, v.changes(step))
	}
}

// blocks writes groups of sentences below one another.
func (c canvas) blocks(v *view, blocks ...[]said) {
	blocks = slices.DeleteFunc(blocks, func(b []said) bool { return len(b) == 0 })
	const above = -1 << 16 // far off the canvas, where nothing is drawn and rows count all the same
	rows := len(blocks) - 1
	for _, block := range blocks {
		for _, s := range block {
			rows += c.say(above, s) - above
		}
	}
	gap := 0
	if rows <= c.h {
		gap = 1
	}
	y := -v.scroll
	for _, block := range blocks {
		for _, s := range block {
			y = c.say(y, s)
		}
		y += gap
	}
}

// said is a sentence of the pane, or a list of items that are not broken, with a label
// before it and its source behind.
type said struct {
	label, text, source string
	look                string   // the word in text that says where to look
	items               []string // with their commas
	style               tcell.Style
}

// say writes a sentence and gives the next row. The source stands at the right edge,
// in a row of its own if the last line is too long.
func (c canvas) say(y int, s said) int {
	indent := 0
	if s.label != "" {
		indent = width(s.label) + 3
		c.text(0, y, c.w, s.label, tcell.StyleDefault)
	}
	lines := fill(s.items, c.w-indent)
	switch {
	case s.look != "":
		lines = s.lines(c.w - indent)
	case s.items == nil:
		lines = fill(strings.Fields(s.text), c.w-indent)
	}
	y = c.paragraph(indent, y, lines, s.style)
	if len(lines) == 0 {
		return y
	}
	return c.cite(y, indent+width(lines[len(lines)-1]), s.source)
}

// lines set a rule's sentence. Where to look has a line of its own where both fit;
// else "Look:" is one word, also where it is written as two.
func (s said) lines(columns int) []string {
	why, look, found := strings.Cut(s.text, " "+s.look)
	if look = s.look + look; found && width(why) <= columns && width(look) <= columns {
		return []string{why, look}
	}
	words := strings.Fields(s.text)
	if found {
		words = slices.Concat(strings.Fields(why), []string{s.look}, strings.Fields(look[len(s.look):]))
	}
	return fill(words, min(columns, sentenceWidth))
}

// fill sets words behind one another, as many in a line as there is room for.
func fill(words []string, columns int) []string {
	var lines []string
	used := 0
	for _, word := range words {
		w := width(word)
		if len(lines) > 0 && used+1+w <= columns {
			lines[len(lines)-1] += " " + word
			used += 1 + w
			continue
		}
		lines, used = append(lines, word), w
	}
	return lines
}

// cite writes a source at the right edge of the row above, if so many columns that are
// taken there leave room, else in a row of its own. It gives the next row.
func (c canvas) cite(y, taken int, source string) int {
	if source == "" {
		return y
	}
	if taken+2+width(source) <= c.w {
		c.right(0, y-1, c.w, source, c.palette.Source)
		return y
	}
	c.right(0, y, c.w, source, c.palette.Source)
	return y + 1
}

// whySources are the citations of the step's rules: "RFC 9293 3.4.1, 3.10.7.2".
func whySources(v *view) string {
	if v.step() == nil || v.hidden {
		return ""
	}
	return viz.Narrate(v.trace, v.n, v.lang).Source
}

// why is what there is to say of a step, what matters most first.
func (v *view) why(step *handshake.Step, cited bool) (main, note, others []said) {
	story := viz.Narrate(v.trace, v.n, v.lang)
	if story.Main == "" {
		story.Main = story.Event
	}
	look := v.say.Text("ui.look")
	main = []said{{text: story.Main, look: look}}
	if cited {
		main[0].source = story.Source
	}
	if story.Note != "" {
		note = []said{{text: story.Note}}
	}
	for i, text := range story.Sentences {
		if text != story.Main {
			others = append(others, said{text: text, look: look, source: step.Why[i].Cite})
		}
	}
	return main, note, others
}

// changeSources say where the kinds of changes are defined, in the order in which
// they are told: the state, the numbers, retransmission, the other timers, what else is in a TCB;
// then those of an NCP's connection: its state, link, byte size, allocation, and what it has carried.
var changeSources = [...]string{
	"RFC 9293 3.3.2", "RFC 9293 3.3.1", "RFC 6298 5", "RFC 6298 2", "RFC 9293 3.10.8", "RFC 9293 3.3.1", "",
	"NIC 8246 p.10", "NIC 8246 p.20", "NIC 8246 p.10", "NIC 8246 p.14", "RFC 147 p.3",
}

// stateChange is the place of a state's change in [changeSources].
func (v *view) stateChange() int {
	if v.trace.Protocol == handshake.NCP {
		return 7
	}
	return 0
}

// changeKind is a variable's place in [changeSources].
func changeKind(name string) int {
	switch name {
	case "ISS", "SND.UNA", "SND.NXT", "SND.WND", "IRS", "RCV.NXT", "RCV.WND":
		return 1
	case "retransmission timer", "retransmissions":
		return 2
	case "SRTT", "RTTVAR", "RTO":
		return 3
	case "user timer", "time-wait timer":
		return 4
	case "SND.UP", "SND.WL1", "SND.WL2", "RCV.UP", "send queue", "receive queue", "held":
		return 5
	case "link":
		return 8
	case "byte size":
		return 9
	case "msg space", "bit space":
		return 10
	case "messages", "bits":
		return 11
	}
	return 6
}

// changes tell what a step changed at its end, and what that was before.
func (v *view) changes(step *handshake.Step) []said {
	peer := viz.PeerIndex(v.trace, step.Peer)
	if peer < 0 {
		return nil
	}
	var was viz.Conn
	if conn := v.before[peer].Conn(step.On); conn != nil {
		was = *conn
	}
	var items, fresh [len(changeSources)][]string // fresh: what had no value before
	if step.Before != step.After {
		items[v.stateChange()] = []string{v.words("pane.changed.value", "what", step.After, "was", step.Before)}
	}
	for _, now := range step.Vars {
		if now.Passing() {
			continue
		}
		kind := changeKind(now.Name)
		text := v.say.Our("var", now.Name) + v.variableValue(peer, now)
		if old, ok := was.Var(now.Name); ok {
			old := strings.TrimLeft(v.variableValue(peer, old), ", ")
			items[kind] = append(items[kind], v.words("pane.changed.value", "what", text, "was", old))
		} else {
			fresh[kind] = append(fresh[kind], text)
		}
	}
	var all []said
	label, who := v.say.Text("pane.changed"), v.name(peer)+": "
	for kind, source := range changeSources {
		if n := len(fresh[kind]); n > 0 {
			fresh[kind][n-1] = v.words("pane.changed.value", "what", fresh[kind][n-1], "was", v.say.Text("ui.none"))
			items[kind] = append(items[kind], fresh[kind]...)
		}
		if len(items[kind]) > 0 {
			items[kind][0] = who + items[kind][0]
			for i := range items[kind][:len(items[kind])-1] {
				items[kind][i] += ","
			}
			all = append(all, said{label: label, items: items[kind], source: source, style: v.colours.Changed})
			label, who = strings.Repeat(" ", width(label)), ""
		}
	}
	return all
}

// variableValue is what follows a variable's name. A sequence number counts from the
// first of the end that sends it.
func (v *view) variableValue(peer int, x handshake.Var) string {
	switch {
	case x.Value == "":
		return " " + v.say.Text("ui.none")
	case x.Unit == "ns" && strings.HasSuffix(x.Name, " timer"):
		return ", " + v.words("pane.changed.due", "t", viz.Value(x, v.say))
	case x.Unit != "seq":
		return " " + viz.Value(x, v.say)
	case x.Name == "IRS" || x.Name == "SND.WL1" || strings.HasPrefix(x.Name, "RCV."):
		peer = 1 - peer
	}
	return " " + v.number(peer, x.Value)
}
