package tui

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gdamore/tcell/v2"

	"sockscope/handshake"
	"sockscope/rfc147"
	"sockscope/viz"
)

// phrase is text that is shown whole or not at all, in runs of one style.
type phrase []span

type span struct {
	text  string
	style tcell.Style
}

func plain(text string) phrase { return phrase{{text, tcell.StyleDefault}} }

func (p phrase) width() int {
	w := 0
	for _, r := range p {
		w += width(r.text)
	}
	return w
}

// fact is one thing that is known of an end: a name and lines of phrases.
type fact struct {
	name  string
	lines [][]phrase
}

// drawEnd is the box in which an end says where it stands: the program, its sockets,
// what it has sent and expects, its timer and its role of 1971. Where the box is
// narrow the names stand above what they name.
func drawEnd(c canvas, v *view, peer int) {
	state, style := v.state(peer)
	title := heading(v, peer)
	if first, ok := v.first(peer); ok && v.relative {
		title += "  " + v.counted(peer, decimal(first)) + " = " + decimal(first)
	}
	inside := c.box(" "+title+" ", " "+state+" ", v.side(peer), style)
	if facts := v.facts(peer, inside.w < narrowEnd); inside.w < narrowEnd {
		tallFacts(inside, facts)
	} else {
		flatFacts(inside, facts)
	}
}

// narrowEnd is the width below which a box has names above their facts.
const narrowEnd = 50

// flatFacts has each name at the left of its fact. A phrase that has no room is left
// out.
func flatFacts(c canvas, facts []fact) {
	names := 0
	for _, f := range facts {
		names = max(names, width(f.name))
	}
	y := 0
	for i, f := range facts {
		c.text(1, y, c.w-2, f.name, tcell.StyleDefault)
		for j, line := range f.lines {
			x := 2 + names
			for _, p := range line {
				if x+p.width() < c.w {
					x = c.phrase(x, y+j, p) + 2
				}
			}
		}
		y += len(f.lines)
		if i == 1 && len(f.lines) == 1 && c.h > len(facts) {
			y++ // the second socket's place
		}
	}
}

// tallFacts has each name above its fact. A phrase that has no room goes to the next
// line.
func tallFacts(c canvas, facts []fact) {
	const indent = 3
	y := 0
	for _, f := range facts {
		c.text(1, y, c.w-2, f.name, tcell.StyleDefault)
		for _, line := range f.lines {
			x := indent
			y++
			for _, p := range line {
				if x > indent && x+p.width() >= c.w {
					x = indent
					y++
				}
				x = c.phrase(x, y, p) + 2
			}
		}
		y++
	}
}

func (c canvas) phrase(x, y int, p phrase) int {
	for _, r := range p {
		x += c.text(x, y, c.w-1-x, r.text, r.style)
	}
	return x
}

// heading is what an end is called, and its address.
func heading(v *view, peer int) string {
	p := v.trace.Peers[peer]
	return strings.ToUpper(viz.Name(p.Name, v.lang)) + " " + viz.Address(p, v.lang)
}

// state is a peer's state, or that it is hidden.
func (v *view) state(peer int) (string, tcell.Style) {
	if state := v.ends[peer].State; !v.hidden || state == v.before[peer].State {
		return state, v.side(peer)
	}
	return unknown, v.colours.Hidden
}

func (v *view) facts(peer int, short bool) []fact {
	e := &v.ends[peer]
	now, was := e.Conn(e.On), v.before[peer].Conn(e.On)
	if now == nil {
		now = &viz.Conn{}
	}
	if was == nil {
		was = &viz.Conn{}
	}
	if v.trace.Protocol == handshake.NCP {
		return v.factsOf1971(peer)
	}
	facts := []fact{
		{v.say.Text("dash.program"), [][]phrase{v.program(peer)}},
		{v.say.Text("dash.sockets"), v.sockets(peer, short)},
		{v.say.Text("dash.sent"), [][]phrase{v.sent(peer, now, was)}},
		{v.say.Text("dash.expects"), [][]phrase{v.expects(peer, now, was)}},
		{v.say.Text("dash.timer"), [][]phrase{v.timer(now, was)}},
	}
	if cast := v.trace.Peers[peer].Cast; cast != nil {
		facts = append(facts, fact{v.say.Text("dash.cast"), [][]phrase{v.cast(cast)}})
	}
	return facts
}

// program is the call that a peer's program waits in.
func (v *view) program(peer int) []phrase {
	e := &v.ends[peer]
	switch {
	case v.hidden && e.Call != v.before[peer].Call:
		return []phrase{{{unknown, v.colours.Hidden}}}
	case v.captured():
		return []phrase{plain(v.say.Text("dash.unseen"))}
	case e.Call == "":
		return []phrase{plain(v.say.Text("dash.runs"))}
	}
	return []phrase{plain(e.Call), {{v.words("dash.waits-since", "n", strconv.Itoa(e.Since)), v.colours.Waiting}}}
}

// captured reports whether all that is known was read from segments: a capture has no
// programs and no descriptors.
func (v *view) captured() bool { return v.trace.Engine == "capture" }

// sockets are the two newest connections of a peer, each with its descriptor.
func (v *view) sockets(peer int, short bool) [][]phrase {
	conns := slices.DeleteFunc(slices.Clone(v.ends[peer].Conns), func(c viz.Conn) bool {
		return c.State == "CLOSED" && c.Descriptor == ""
	})
	if len(conns) == 0 {
		return [][]phrase{{plain(v.say.Text("dash.no-socket"))}}
	}
	var lines [][]phrase
	for i := max(len(conns)-2, 0); i < len(conns); i++ {
		conn := &conns[i]
		descriptor, state, style := conn.Descriptor, conn.State, v.side(peer)
		if was := v.before[peer].Conn(conn.On); v.hidden && (was == nil || was.State != state || was.Descriptor != descriptor) {
			lines = append(lines, []phrase{{{unknown, v.colours.Hidden}}})
			continue
		}
		if descriptor == "" {
			descriptor = "-"
		}
		line := phrase{{descriptor + "  ", tcell.StyleDefault}, {state, style}}
		if key := v.socketNote(peer, conn, short); key != "" {
			gap := strings.Repeat(" ", max(stateWidth+1-width(state), 1))
			line = append(line, span{gap + v.say.Text(key), tcell.StyleDefault})
		}
		lines = append(lines, []phrase{line})
	}
	return lines
}

// socketNote is the key of what has to be said of a connection: a listener goes on
// listening, and a connection has no descriptor before accept() or after close().
func (v *view) socketNote(peer int, conn *viz.Conn, short bool) string {
	switch {
	case conn.State == "LISTEN" && len(v.ends[peer].Conns) > 1:
		return "dash.listens-on"
	case v.captured():
		return "dash.inferred"
	case conn.Descriptor != "" || conn.State == "CLOSED":
		return ""
	case v.named(peer, conn.On):
		return "dash.closed-descriptor"
	case short:
		return "dash.no-descriptor-short"
	}
	return "dash.no-descriptor"
}

// named reports whether a connection has had a descriptor since it began, which one that a
// SYN reopens does out of TIME-WAIT (RFC 9293 3.6.1).
func (v *view) named(peer int, on string) (named bool) {
	for i := range v.n {
		s := &v.trace.Steps[i]
		if s.On != on || s.Peer != v.trace.Peers[peer].Name {
			continue
		}
		_, told := value(s.Vars, "descriptor")
		reopened := s.Before == "TIME-WAIT" && s.After == "SYN-RECEIVED"
		named = (named || told) && !reopened
	}
	return named
}

// tracked shows a sequence number, and what it was if the last step changed it.
func (v *view) tracked(peer int, name string, now, was *viz.Conn) (phrase, bool) {
	value, known := now.Var(name)
	old, knew := was.Var(name)
	switch {
	case !known:
		return nil, false
	case value.Value == old.Value:
		return plain(name + " " + v.number(peer, value.Value)), true
	case v.hidden:
		return phrase{{name + " ", tcell.StyleDefault}, {unknown, v.colours.Hidden}}, true
	}
	before := v.say.Text("dash.none")
	if knew {
		before = v.number(peer, old.Value)
	}
	return phrase{
		{name + " ", tcell.StyleDefault},
		{v.number(peer, value.Value) + " ", v.colours.Changed},
		{v.words("dash.was", "value", before), tcell.StyleDefault},
	}, true
}

func (v *view) sent(peer int, now, was *viz.Conn) []phrase {
	oldest, ok := v.tracked(peer, "SND.UNA", now, was)
	if !ok {
		return []phrase{plain(v.say.Text("dash.nothing"))}
	}
	next, _ := v.tracked(peer, "SND.NXT", now, was)
	phrases := []phrase{oldest, next}
	from, fromOK := sequence(value(now.Vars, "SND.UNA"))
	to, toOK := sequence(value(now.Vars, "SND.NXT"))
	switch {
	case !fromOK || !toOK, v.hidden && v.step().Peer == v.trace.Peers[peer].Name:
		return phrases
	case from == to:
		return append(phrases, plain(v.say.Text("dash.confirmed")))
	}
	numbers := v.number(peer, decimal(from))
	if last := to - 1; last != from {
		numbers += "-" + v.number(peer, decimal(last))
	}
	return append(phrases, plain(v.words("dash.unconfirmed", "numbers", numbers)))
}

func (v *view) expects(peer int, now, was *viz.Conn) []phrase {
	if next, ok := v.tracked(1-peer, "RCV.NXT", now, was); ok {
		return []phrase{next}
	}
	return []phrase{plain("RCV.NXT " + v.say.Text("dash.unknown"))}
}

// timer tells what the end will do by itself, and when.
func (v *view) timer(now, was *viz.Conn) []phrase {
	text, old := v.timerText(now), v.timerText(was)
	switch {
	case text == old:
		return []phrase{plain(text)}
	case v.hidden:
		return []phrase{{{unknown, v.colours.Hidden}}}
	}
	return []phrase{{{text, v.colours.Changed}}, plain(v.words("dash.was", "value", old))}
}

// timerText tells of the timer that matters most. A kernel's may have ended since the
// end was looked at: its clock runs on while a person thinks.
func (v *view) timerText(conn *viz.Conn) string {
	if at, ok := conn.Var("retransmission timer"); ok {
		key := "dash.again"
		if due, err := strconv.ParseInt(at.Value, 10, 64); err == nil && v.step() != nil && time.Duration(due) < v.step().At {
			key = "dash.again-past"
		}
		return v.words(key, "what", v.unconfirmed(conn), "t", nanoseconds(at.Value))
	}
	if at, ok := conn.Var("time-wait timer"); ok {
		return v.words("dash.over-at", "t", nanoseconds(at.Value))
	}
	for _, x := range conn.Vars { // a kernel has more of them
		if strings.HasSuffix(x.Name, " timer") && x.Value != "" {
			return v.words("dash.timer-ends", "timer", v.say.Our("var", x.Name), "t", nanoseconds(x.Value))
		}
	}
	return v.say.Text("dash.none")
}

// unconfirmed is what an end would send again.
func (v *view) unconfirmed(conn *viz.Conn) string {
	if queue, ok := conn.Var("send queue"); ok && queue.Value != "0" {
		return v.say.Text("dash.data")
	}
	switch conn.State {
	case "SYN-SENT":
		return "SYN"
	case "SYN-RECEIVED":
		return "SYN,ACK"
	}
	return "FIN,ACK"
}

func nanoseconds(value string) string {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return value
	}
	return seconds(time.Duration(n))
}

// cast is the role of 1971: the pair of sockets that carries the data.
func (v *view) cast(cast *handshake.Cast) []phrase {
	if len(cast.Plugs) == 0 {
		return nil
	}
	plug := cast.Plugs[len(cast.Plugs)-1]
	send, err := rfc147.New(uint8(cast.Home), uint16(cast.User), uint8(plug), rfc147.Sends)
	if err != nil {
		return nil
	}
	return []phrase{{
		{send.String() + " ", v.colours.Cast},
		{v.say.Text("dash.sends") + ", ", tcell.StyleDefault},
		{send.Mate().String() + " ", v.colours.Cast},
		{v.say.Text("dash.gets"), tcell.StyleDefault},
	}}
}
