package tui

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gdamore/tcell/v2"

	"sockscope/handshake"
	"sockscope/rfc147"
	"sockscope/viz"
)

// piece is a run of text in one style.
type piece struct {
	text  string
	style tcell.Style
}

// fact is one thing that is known of an end: lines of pieces. What has no room at the
// right of a line is left out whole, a number is never cut.
type fact struct {
	name  string
	lines [][]piece
}

// drawEnd is the box in which an end says where it stands: the program, its sockets,
// what it has sent and expects, its timer and its role of 1971. Where the box is
// narrow the names stand above what they name.
func drawEnd(c canvas, v *view, peer int) {
	e := &v.ends[peer]
	state, style := e.State, v.side(peer)
	if v.hidden && e.State != v.before[peer].State {
		state, style = unknown, c.palette.Hidden
	}
	inside := c.box(" "+heading(v, peer)+" ", " "+state+" ", v.side(peer), style)
	facts := v.facts(peer)
	if inside.w < narrowEnd {
		tallFacts(inside, facts)
	} else {
		flatFacts(inside, facts)
	}
}

// narrowEnd is the width below which a box has names above their facts.
const narrowEnd = 50

func flatFacts(c canvas, facts []fact) {
	names := 0
	for _, f := range facts {
		names = max(names, width(f.name))
	}
	y := 0
	for i, f := range facts {
		c.text(1, y, c.w-2, f.name, tcell.StyleDefault)
		for j, line := range f.lines {
			c.pieces(2+names, y+j, line)
		}
		y += len(f.lines)
		if room := c.h - y - (len(facts) - i - 1); i == 1 && len(f.lines) == 1 && room > 0 {
			y++ // the second socket's place
		}
	}
}

func tallFacts(c canvas, facts []fact) {
	y := 0
	for _, f := range facts {
		c.text(1, y, c.w-2, f.name, tcell.StyleDefault)
		for _, line := range f.lines {
			y++
			c.pieces(3, y, line)
		}
		y++
	}
}

func (c canvas) pieces(x, y int, line []piece) {
	for _, p := range line {
		if w := width(p.text); w <= c.w-1-x {
			c.text(x, y, w, p.text, p.style)
			x += w
		}
	}
}

// heading is what an end is called, and its address.
func heading(v *view, peer int) string {
	p := v.trace.Peers[peer]
	return strings.ToUpper(viz.Name(p.Name, v.lang)) + " " + p.Address
}

func (v *view) facts(peer int) []fact {
	e := &v.ends[peer]
	now := e.Conn(e.On)
	if now == nil {
		now = &viz.Conn{}
	}
	was := v.before[peer].Conn(e.On)
	if was == nil {
		was = &viz.Conn{}
	}
	facts := []fact{
		{v.say.Text("dash.program"), [][]piece{v.program(e)}},
		{v.say.Text("dash.sockets"), v.sockets(peer)},
		{v.say.Text("dash.sent"), [][]piece{v.sent(peer, now, was)}},
		{v.say.Text("dash.expects"), [][]piece{v.expects(peer, now, was)}},
		{v.say.Text("dash.timer"), [][]piece{v.timer(peer, now, was)}},
	}
	if cast := v.trace.Peers[peer].Cast; cast != nil {
		facts = append(facts, fact{v.say.Text("dash.cast"), [][]piece{v.cast(cast)}})
	}
	return facts
}

func (v *view) program(e *viz.End) []piece {
	if e.Call == "" {
		return []piece{{v.say.Text("dash.runs"), tcell.StyleDefault}}
	}
	return []piece{
		{e.Call + " ", tcell.StyleDefault},
		{v.words("dash.waits-since", "n", strconv.Itoa(e.Since)), v.colours.Waiting},
	}
}

func (v *view) sockets(peer int) [][]piece {
	e := &v.ends[peer]
	var lines [][]piece
	for i := range e.Conns {
		conn := &e.Conns[i]
		descriptor, note := conn.Descriptor, ""
		switch {
		case conn.State == "LISTEN" && len(e.Conns) > 1:
			note = v.say.Text("dash.listens-on")
		case descriptor == "" && conn.State != "CLOSED" && strings.Contains(conn.On, ".") && !v.returned(peer, conn.On):
			note = v.say.Text("dash.no-descriptor")
		case descriptor == "" && conn.State != "CLOSED":
			note = v.say.Text("dash.closed-descriptor")
		}
		if descriptor == "" {
			descriptor = "-"
		}
		state, style := conn.State, v.side(peer)
		if was := v.before[peer].Conn(conn.On); v.hidden && (was == nil || was.State != conn.State) {
			state, style = unknown, v.colours.Hidden
		}
		lines = append(lines, []piece{
			{descriptor + "  ", tcell.StyleDefault},
			{state, style}, {strings.Repeat(" ", max(stateWidth+1-width(state), 1)) + note, tcell.StyleDefault},
		})
	}
	if len(lines) == 0 {
		return [][]piece{{{v.say.Text("dash.no-socket"), tcell.StyleDefault}}}
	}
	return lines[max(len(lines)-2, 0):]
}

// returned reports whether accept() has given a connection its descriptor.
func (v *view) returned(peer int, on string) bool {
	for i := range v.n {
		if s := &v.trace.Steps[i]; s.Peer == v.trace.Peers[peer].Name && s.On == on && s.Kind == handshake.KindReturn {
			return true
		}
	}
	return false
}

// tracked shows a sequence number, and what it was if the last step changed it.
func (v *view) tracked(peer int, name string, now, was *viz.Conn) []piece {
	value, known := now.Var(name)
	old, knew := was.Var(name)
	switch {
	case !known:
		return nil
	case value.Value == old.Value:
		return []piece{{name + " " + v.number(peer, value.Value) + "  ", tcell.StyleDefault}}
	case v.hidden:
		return []piece{{name + " ", tcell.StyleDefault}, {unknown, v.colours.Hidden}, {"  ", tcell.StyleDefault}}
	}
	before := v.say.Text("dash.none")
	if knew {
		before = v.number(peer, old.Value)
	}
	return []piece{
		{name + " ", tcell.StyleDefault},
		{v.number(peer, value.Value) + " ", v.colours.Changed},
		{v.words("dash.was", "value", before) + "  ", tcell.StyleDefault},
	}
}

func (v *view) sent(peer int, now, was *viz.Conn) []piece {
	una, ok := now.Var("SND.UNA")
	if !ok {
		return []piece{{v.say.Text("dash.nothing"), tcell.StyleDefault}}
	}
	pieces := append(v.tracked(peer, "SND.UNA", now, was), v.tracked(peer, "SND.NXT", now, was)...)
	next, _ := now.Var("SND.NXT")
	from, fromOK := sequence(una.Value, true)
	to, toOK := sequence(next.Value, true)
	switch {
	case v.hidden && v.step().Peer == v.trace.Peers[peer].Name, !fromOK, !toOK:
	case from == to:
		pieces = append(pieces, piece{v.say.Text("dash.confirmed"), tcell.StyleDefault})
	default:
		numbers := v.number(peer, una.Value)
		if last := to - 1; last != from {
			numbers += "-" + v.number(peer, decimal(last))
		}
		pieces = append(pieces, piece{v.words("dash.unconfirmed", "numbers", numbers), tcell.StyleDefault})
	}
	if first, ok := v.first(peer); v.relative && ok {
		pieces = append(pieces, piece{fmt.Sprintf("  %c = %d", "XY"[peer], first), tcell.StyleDefault})
	}
	return pieces
}

func (v *view) expects(peer int, now, was *viz.Conn) []piece {
	pieces := v.tracked(1-peer, "RCV.NXT", now, was)
	if pieces == nil {
		return []piece{{"RCV.NXT " + v.say.Text("dash.unknown"), tcell.StyleDefault}}
	}
	return pieces
}

// timer tells what the end will do by itself, and when.
func (v *view) timer(peer int, now, was *viz.Conn) []piece {
	text, old := v.timerText(now), v.timerText(was)
	if text == old {
		return []piece{{text, tcell.StyleDefault}}
	}
	if v.hidden {
		return []piece{{unknown, v.colours.Hidden}}
	}
	return []piece{
		{text + "  ", v.colours.Changed},
		{v.words("dash.was", "value", old), tcell.StyleDefault},
	}
}

func (v *view) timerText(conn *viz.Conn) string {
	if at, ok := conn.Var("retransmission timer"); ok {
		return v.words("dash.again", "what", v.unconfirmed(conn), "t", nanoseconds(at.Value))
	}
	if at, ok := conn.Var("time-wait timer"); ok {
		return v.words("dash.over-at", "t", nanoseconds(at.Value))
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
func (v *view) cast(cast *handshake.Cast) []piece {
	if len(cast.Plugs) == 0 {
		return nil
	}
	plug := cast.Plugs[len(cast.Plugs)-1]
	send, err := rfc147.New(uint8(cast.Home), uint16(cast.User), uint8(plug), rfc147.Sends)
	if err != nil {
		return nil
	}
	return []piece{
		{send.String() + " ", v.colours.Cast}, {v.say.Text("dash.sends"), tcell.StyleDefault},
		{", " + send.Mate().String() + " ", v.colours.Cast}, {v.say.Text("dash.gets"), tcell.StyleDefault},
	}
}
