package tui

import (
	"cmp"
	"slices"
	"strings"

	"github.com/gdamore/tcell/v2"

	"sockscope/handshake"
	"sockscope/viz"
)

// paneNumbers shows the sequence spaces of both ends, RFC 9293 figures 3 and 4, with
// their numbers: as drawings where there is room, else as a table. Below them stands
// what else a kernel tells of its sockets.
func paneNumbers(c canvas, v *view) {
	const list = 10 // lines of what is told below that are to be seen at once
	all := c.part(0, -v.scroll, c.w, c.h+v.scroll)
	if v.trace.Host == "" {
		all.drawSpaces(v, c.h)
		return
	}
	y := all.drawSpaces(v, c.h-list)
	half := (c.w - 2) / 2
	for peer := range 2 {
		side := all.part(1+peer*half, 0, half-1, all.h)
		for i, p := range v.told(peer) {
			side.phrase(0, y+i, p)
		}
	}
}

// drawSpaces draws the spaces for a pane that is so many rows high, and gives the next row.
func (c canvas) drawSpaces(v *view, rows int) int {
	const drawing = 5 // lines of one space
	in := c.part(1, 0, c.w-2, c.h)
	switch half := c.w / 2; {
	case half >= 58 && rows >= 2*drawing:
		gap := min(rows-2*drawing, 1)
		for peer := range 2 {
			side := c.part(1+peer*half, 0, half-3, c.h)
			for i, s := range v.spaces(peer) {
				side.part(0, i*(drawing+gap), side.w, drawing).space(v, peer, s)
			}
		}
		return 2 * (drawing + gap)
	case rows >= 4*drawing:
		gap := min((rows-4*drawing)/3, 1)
		for peer := range 2 {
			for i, s := range v.spaces(peer) {
				in.part(0, (2*peer+i)*(drawing+gap), in.w, drawing).space(v, peer, s)
			}
		}
		return 4 * (drawing + gap)
	default:
		in.spaceTable(v)
		return 7
	}
}

// rfcNames are the variables of a TCB in the order of RFC 9293 3.3.1, and what belongs
// to them; then those of RFC 6298.
var rfcNames = []string{
	"ISS", "SND.UNA", "SND.NXT", "SND.WND", "SND.UP", "SND.WL1", "SND.WL2", "IRS", "RCV.NXT", "RCV.WND", "RCV.UP",
	"send queue", "receive queue", "held", "retransmissions", "SRTT", "RTTVAR", "RTO",
}

// rank puts the RFC's variables first, then the timers, then the kernel's own names.
func rank(name string) int {
	if at := slices.Index(rfcNames, name); at >= 0 {
		return at
	}
	if strings.HasSuffix(name, " timer") {
		return len(rfcNames)
	}
	return len(rfcNames) + 1
}

// told is all that is known of a peer's connections, a line each: the one that counts
// first, then the others, the newest before the older ones.
func (v *view) told(peer int) []phrase {
	conns := slices.Clone(v.ends[peer].Conns)
	slices.Reverse(conns)
	first := counting(&v.ends[peer]).On
	if i := slices.IndexFunc(conns, func(c viz.Conn) bool { return c.On == first }); i > 0 {
		conns = slices.Concat(conns[i:i+1], conns[:i], conns[i+1:])
	}
	var lines []phrase
	for i := range conns {
		now, was := &conns[i], v.before[peer].Conn(conns[i].On)
		if was == nil {
			was = &viz.Conn{}
		}
		lines = append(lines, phrase{{now.On + "  ", tcell.StyleDefault}, {now.State, v.side(peer)}})
		vars := slices.Clone(now.Vars)
		slices.SortStableFunc(vars, func(a, b handshake.Var) int { return cmp.Compare(rank(a.Name), rank(b.Name)) })
		for _, x := range vars {
			if x.Value != "" {
				lines = append(lines, v.variable(peer, x, was))
			}
		}
	}
	return lines
}

// variable is a variable with its value, and what that was if the step changed it.
func (v *view) variable(peer int, x handshake.Var, was *viz.Conn) phrase {
	line := phrase{{"  " + v.say.Our("var", x.Name), tcell.StyleDefault}}
	value := v.variableValue(peer, x)
	switch old, knew := was.Var(x.Name); {
	case old.Value == x.Value:
		return append(line, span{value, tcell.StyleDefault})
	case v.hidden:
		return append(line, span{" " + unknown, v.colours.Hidden})
	case knew:
		text := strings.TrimLeft(v.variableValue(peer, old), ", ")
		return append(line, span{value, v.colours.Changed}, span{" " + v.words("dash.was", "value", text), tcell.StyleDefault})
	default:
		return append(line, span{value, v.colours.Changed})
	}
}

// space is a sequence space as its figure cuts it: zones, and the boundaries between
// them. Boundary i stands behind zone i.
type space struct {
	key     string   // of the words for the space; key.1, key.2, ... are its zones
	figure  string   // in RFC 9293
	names   []string // of the boundaries
	numbers []string // the boundaries
	counts  []string // how many numbers lie in each zone; empty: not counted
	last    string   // the last number of the first zone
	known   bool
}

// spaces are what a peer sends in and what it receives in.
func (v *view) spaces(peer int) [2]space {
	both := spacesOf(v, peer, v.ends[peer])
	if !v.hidden {
		return both
	}
	was := spacesOf(v, peer, v.before[peer])
	for i := range both {
		both[i].known = both[i].known && was[i].known
		hide(both[i].numbers, was[i].numbers)
		hide(both[i].counts, was[i].counts)
		if both[i].last != was[i].last {
			both[i].last = unknown
		}
	}
	return both
}

// hide puts question marks where a value has changed.
func hide(now, was []string) {
	for i := range now {
		if i >= len(was) || now[i] != was[i] {
			now[i] = unknown
		}
	}
}

func spacesOf(v *view, peer int, e viz.End) [2]space {
	conn := counting(&e)
	number := func(name string) (uint32, bool) {
		x, ok := conn.Var(name)
		return sequence(x.Value, ok)
	}
	una, known := number("SND.UNA")
	next, _ := number("SND.NXT")
	window, limited := number("SND.WND")
	send := space{
		key: "pane.numbers.sends", figure: "RFC 9293 " + v.say.Text("ui.figure") + " 3", known: known,
		names:   []string{"SND.UNA", "SND.NXT", "SND.UNA+SND.WND"},
		numbers: []string{v.number(peer, decimal(una)), v.number(peer, decimal(next)), "?"},
		counts:  []string{"", decimal(next - una), "?", ""},
		last:    v.number(peer, decimal(una-1)),
	}
	if limited {
		send.numbers[2] = v.number(peer, decimal(una+window))
		send.counts[2] = decimal(uint32(max(int64(window)-int64(next-una), 0)))
	}
	expected, known := number("RCV.NXT")
	size, offered := number("RCV.WND")
	receive := space{
		key: "pane.numbers.receives", figure: "RFC 9293 " + v.say.Text("ui.figure") + " 4", known: known,
		names:   []string{"RCV.NXT", "RCV.NXT+RCV.WND"},
		numbers: []string{v.number(1-peer, decimal(expected)), v.number(1-peer, decimal(expected+size))},
		counts:  []string{"", decimal(size), ""},
		last:    v.number(1-peer, decimal(expected-1)),
	}
	if !offered {
		receive.numbers[1], receive.counts[1] = "?", "?"
	}
	return [2]space{send, receive}
}

// counting is the newest connection of an end that has numbers, or else one without.
func counting(e *viz.End) *viz.Conn {
	for i := len(e.Conns) - 1; i >= 0; i-- {
		if _, ok := e.Conns[i].Var("ISS"); ok {
			return &e.Conns[i]
		}
	}
	return &viz.Conn{}
}

// zone is the name of a space's zone.
func (s space) zone(v *view, i int) string { return v.say.Text(s.key + "." + string(rune('1'+i))) }

// space draws a space as a line that its boundaries cut; not to scale.
func (c canvas) space(v *view, peer int, s space) {
	used := c.text(0, 0, c.w, v.name(peer)+" ", v.side(peer))
	c.text(used, 0, c.w-used, v.say.Text(s.key), tcell.StyleDefault)
	c.right(0, 0, c.w, s.figure, v.colours.Source)
	if !s.known {
		c.text(2, 2, c.w-2, v.without(peer, s), tcell.StyleDefault)
		return
	}
	zones := len(s.counts)
	w := c.w / zones
	c.horizontal(0, 2, w*zones, c.palette.Line)
	for i := range zones {
		c.centre(i*w+1, 1, w-1, s.zone(v, i), tcell.StyleDefault)
		if s.counts[i] != "" {
			c.centre(i*w+1, 2, w-1, " "+s.counts[i]+" ", tcell.StyleDefault)
		}
		if i == 0 {
			continue
		}
		c.text(i*w, 2, 1, "+", c.palette.Line)
		name, number := s.names[i-1], s.numbers[i-1]
		c.text(i*w-width(number)/2, 3, c.w, number, c.palette.Now)
		c.text(i*w-width(name)/2, 4, c.w, name, tcell.StyleDefault)
	}
}

// without says why a space has no numbers.
func (v *view) without(peer int, s space) string {
	_, ends := v.known()
	if v.hidden && (v.ends[peer].State != v.before[peer].State) {
		return unknown
	}
	if _, counts := counting(&ends[peer]).Var("ISS"); counts {
		return v.words("pane.numbers.unknown", "name", s.names[0])
	}
	return v.words("pane.numbers.none", "state", ends[peer].State)
}

// spaceTable writes both spaces of both ends in rows.
func (c canvas) spaceTable(v *view) {
	y := 0
	both := [2][2]space{v.spaces(0), v.spaces(1)}
	names := max(width(v.name(0)), width(v.name(1)), width(v.say.Text(both[0][1].key))) + 2
	for i := range 2 {
		heading := both[0][i]
		columns := c.part(names, y, c.w, c.h)
		c.text(0, y, names, v.say.Text(heading.key), tcell.StyleDefault)
		columns.spaceHeading(v, heading)
		for peer := range 2 {
			c.text(0, y+1+peer, names, v.name(peer), v.side(peer))
			columns.part(0, 1+peer, columns.w, 1).spaceRow(v, peer, both[peer][i])
		}
		y += 3
	}
	c.text(0, y, c.w, "RFC 9293 3.3.1", v.colours.Source)
}

// firstZone and lastZone are the widths of a table's outer columns; those between
// share the rest.
const firstZone, lastZone = 14, 12

// boundary is the column at which boundary i of a space stands in the table.
func (c canvas) boundary(s space, i int) int {
	return firstZone + i*(c.w-firstZone-lastZone)/(len(s.names)-1)
}

// short is a boundary's name where the one before it says the rest: +SND.WND.
func (s space) short(i int) string {
	if at := strings.IndexByte(s.names[i], '+'); at >= 0 {
		return s.names[i][at:]
	}
	return s.names[i]
}

func (c canvas) spaceHeading(v *view, s space) {
	c.text(0, 0, firstZone-1, s.zone(v, 0), tcell.StyleDefault)
	for i := range s.names {
		x := c.boundary(s, i)
		text := "| " + s.short(i)
		c.text(x, 0, c.w, text, tcell.StyleDefault)
		if i < len(s.names)-1 {
			c.whole(x+width(text)+1, c.boundary(s, i+1), s.zone(v, i+1))
		}
	}
}

// whole writes a text that has room before a column, or nothing: half a word is none, and
// half a number a wrong one.
func (c canvas) whole(x, end int, text string) {
	if x+width(text) <= end {
		c.text(x, 0, c.w, text, tcell.StyleDefault)
	}
}

func (c canvas) spaceRow(v *view, peer int, s space) {
	if !s.known {
		c.text(0, 0, c.w, v.without(peer, s), tcell.StyleDefault)
		return
	}
	c.text(0, 0, firstZone-1, v.words("pane.numbers.to", "n", s.last), tcell.StyleDefault)
	for i, number := range s.numbers {
		x := c.boundary(s, i)
		c.text(x, 0, 2, "|", tcell.StyleDefault)
		c.text(x+2, 0, c.w, number, c.palette.Now)
		end := c.w
		if i < len(s.numbers)-1 {
			end = c.boundary(s, i+1)
		}
		c.whole(x+3+max(width(s.short(i)), width(number)), end, s.counts[i+1])
	}
}
