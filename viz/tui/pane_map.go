package tui

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gdamore/tcell/v2"

	"sockscope/handshake"
	"sockscope/viz"
)

const mapWidth, mapHeight = 78, 20

// chart is a state diagram, drawn, and what is said of it.
type chart struct {
	diagram [mapHeight - 1]string // its last row is a note, in words
	boxes   map[string]point      // the left ends of the states' boxes
	// A connection that has ended is in the lower one of two boxes of one state, that of end;
	// it came there from one of the states last.
	end   string
	again point
	last  []string
	edges []edge // the usual way out of a state stands first
	cause func(*handshake.Step) []string
	cite  func(*view) string
}

// tcpChart is RFC 9293 figure 5.
var tcpChart = chart{
	diagram: tcpDiagram, boxes: tcpBoxes, end: "CLOSED", again: point{55, 17}, last: []string{"LAST-ACK", "TIME-WAIT"},
	edges: tcpEdges, cause: tcpCause,
	cite: func(v *view) string { return "RFC 9293 3.3.2, " + v.say.Text("ui.figure") + " 5" },
}

// chartOf is the diagram of the protocol of a trace.
func chartOf(t *handshake.Trace) *chart {
	if t.Protocol == handshake.NCP {
		return &ncpChart
	}
	return &tcpChart
}

var tcpDiagram = [mapHeight - 1]string{
	`                           [ CLOSED              ]- active OPEN, snd SYN --.`,
	`                      CLOSE  ^   | passive OPEN ^                          |`,
	`                             |   v              '---- CLOSE -----.         |`,
	` .-- rcv RST (1) --------->[ LISTEN              ]               |         v`,
	` |                             |              '------->[ SYN-SENT            ]`,
	` |        rcv SYN, snd SYN,ACK |         SEND, snd SYN     |             |`,
	` |       v---------------------'                           |             |`,
	`[ SYN-RECEIVED        ]<------- rcv SYN, snd SYN,ACK ------'             |`,
	`   |           | rcv ACK of SYN                     rcv SYN,ACK, snd ACK |`,
	`   |           '---------->[ ESTABLISHED         ]<----------------------'`,
	`   | CLOSE, snd FIN            |             |`,
	`   v            CLOSE, snd FIN |             | rcv FIN, snd ACK`,
	`[ FIN-WAIT-1          ]<-------'             '-------->[ CLOSE-WAIT          ]`,
	`   | rcv ACK of FIN  | rcv FIN, snd ACK                    | CLOSE, snd FIN`,
	`   |                 '---->[ CLOSING             ]         v`,
	`   |                                  | rcv ACK of FIN [ LAST-ACK            ]`,
	`   v                                  v                    v rcv ACK of FIN`,
	`[ FIN-WAIT-2          ]--->[ TIME-WAIT           ]---->[ CLOSED              ]`,
	`                 rcv FIN, snd ACK          2 MSL over, delete TCB`,
}

type point struct{ x, y int }

// boxWidth is that of every box of the diagram, its brackets included.
const boxWidth = 23

var tcpBoxes = map[string]point{
	"CLOSED": {27, 0}, "LISTEN": {27, 3}, "SYN-SENT": {55, 4}, "SYN-RECEIVED": {0, 7},
	"ESTABLISHED": {27, 9}, "FIN-WAIT-1": {0, 12}, "CLOSE-WAIT": {55, 12}, "CLOSING": {27, 14},
	"LAST-ACK": {55, 15}, "FIN-WAIT-2": {0, 17}, "TIME-WAIT": {27, 17},
}

// edge is an arrow of the diagram: what makes an end go, and the corners it goes by.
type edge struct {
	from, to string
	cause    string // of the step that goes this way, by the chart's words; blanks part several
	event    string
	path     []point
}

var tcpEdges = []edge{
	{"CLOSED", "LISTEN", byCall, "passive OPEN", []point{{33, 1}, {33, 2}}},
	{"CLOSED", "SYN-SENT", byCall, "active OPEN, snd SYN", []point{{50, 0}, {75, 0}, {75, 3}}},
	{"SYN-SENT", "ESTABLISHED", byArrive, "rcv SYN,ACK, snd ACK", []point{{73, 5}, {73, 9}, {50, 9}}},
	{"LISTEN", "SYN-RECEIVED", byArrive, "rcv SYN, snd SYN,ACK", []point{{31, 4}, {31, 6}, {9, 6}}},
	{"LISTEN", "SYN-SENT", byCall, "SEND, snd SYN", []point{{46, 4}, {54, 4}}},
	{"LISTEN", "CLOSED", byCall, "CLOSE", []point{{29, 2}, {29, 1}}},
	{"SYN-SENT", "SYN-RECEIVED", byArrive, "rcv SYN, snd SYN,ACK", []point{{59, 5}, {59, 7}, {23, 7}}},
	{"SYN-SENT", "CLOSED", byCall, "CLOSE", []point{{65, 3}, {65, 2}, {48, 2}, {48, 1}}},
	{"SYN-RECEIVED", "ESTABLISHED", byArrive, "rcv ACK of SYN", []point{{15, 8}, {15, 9}, {26, 9}}},
	{"SYN-RECEIVED", "FIN-WAIT-1", byCall, "CLOSE, snd FIN", []point{{3, 8}, {3, 11}}},
	{"SYN-RECEIVED", "LISTEN", byRST, "rcv RST", []point{{1, 6}, {1, 3}, {26, 3}}},
	{"ESTABLISHED", "FIN-WAIT-1", byCall, "CLOSE, snd FIN", []point{{31, 10}, {31, 12}, {23, 12}}},
	{"ESTABLISHED", "CLOSE-WAIT", byArrive, "rcv FIN, snd ACK", []point{{45, 10}, {45, 12}, {54, 12}}},
	{"FIN-WAIT-1", "FIN-WAIT-2", byArrive, "rcv ACK of FIN", []point{{3, 13}, {3, 16}}},
	{"FIN-WAIT-1", "CLOSING", byArrive, "rcv FIN, snd ACK", []point{{21, 13}, {21, 14}, {26, 14}}},
	{"FIN-WAIT-2", "TIME-WAIT", byArrive, "rcv FIN, snd ACK", []point{{23, 17}, {26, 17}}},
	{"CLOSING", "TIME-WAIT", byArrive, "rcv ACK of FIN", []point{{38, 15}, {38, 16}}},
	{"CLOSE-WAIT", "LAST-ACK", byCall, "CLOSE, snd FIN", []point{{59, 13}, {59, 14}}},
	{"LAST-ACK", "CLOSED", byArrive, "rcv ACK of FIN", []point{{59, 16}}},
	{"TIME-WAIT", "CLOSED", byTimeout, "2 MSL over, delete TCB", []point{{50, 17}, {54, 17}}},
}

// What makes a TCP go.
const (
	byCall    = string(handshake.KindCall)
	byArrive  = string(handshake.KindArrive)
	byTimeout = string(handshake.KindTimeout)
	byRST     = "RST"
)

// tcpCause is the kind of a step. A RST goes its own way, even where an arrow joins the
// same two states.
func tcpCause(s *handshake.Step) []string {
	if s.Kind == handshake.KindArrive && strings.Contains(s.Label, "RST") {
		return []string{byRST}
	}
	return []string{string(s.Kind)}
}

// edgeOf finds the arrow that a step went; nil if the diagram does not draw it.
func (g *chart) edgeOf(s *handshake.Step) *edge {
	causes := g.cause(s)
	for i := range g.edges {
		e := &g.edges[i]
		if e.from == s.Before && e.to == s.After && slices.ContainsFunc(strings.Fields(e.cause), func(cause string) bool {
			return slices.Contains(causes, cause)
		}) {
			return e
		}
	}
	return nil
}

// whereabouts is where a peer is on the map, and how it came there.
type whereabouts struct {
	state string
	step  int // since then; 0: from the start
	on    string
	ended bool // it is in the lower box
	moves []*handshake.Step
}

// walk follows the state changes of the first n steps: where each peer is, and the
// newest change, nil if there was none. A peer is where its newest connection is; a
// listener that is closed beside it does not count.
func walk(t *handshake.Trace, n int) ([]whereabouts, *handshake.Step) {
	if t.Protocol == handshake.NCP {
		return walkNCP(t, n)
	}
	var newest *handshake.Step
	all := make([]whereabouts, len(t.Peers))
	for i, p := range t.Peers {
		all[i] = whereabouts{state: p.State, on: p.On}
	}
	for i := range t.Steps[:n] {
		s := &t.Steps[i]
		peer := viz.PeerIndex(t, s.Peer)
		_, rebooted := value(s.Vars, "sockets")
		if peer < 0 || s.Before == s.After && !rebooted {
			continue
		}
		newest = s
		at := &all[peer]
		if s.Before == "LISTEN" && s.After == "CLOSED" && s.On != at.on && at.state != "CLOSED" {
			continue
		}
		moves := at.moves
		if s.On != at.on && !strings.HasPrefix(s.On, at.on+".") {
			moves = nil // another connection's way; a child's begins with its listener's
		}
		*at = whereabouts{
			state: s.After, step: s.N, on: s.On, moves: append(moves, s),
			ended: tcpChart.endsBy(s),
		}
	}
	return all, newest
}

func (g *chart) endsBy(s *handshake.Step) bool {
	return s.After == g.end && slices.Contains(g.last, s.Before)
}

// paneMap shows where both ends are in the state diagram, and the arrow that was gone
// last. Where the diagram has no room it tells the ways that they went.
func paneMap(c canvas, v *view) {
	n, ends := v.known()
	g := chartOf(v.trace)
	all, newest := walk(v.trace, n)
	if c.w < mapWidth || c.h < mapHeight {
		c.part(1, 0, c.w-2, c.h).ways(v, g, all, ends, newest)
		return
	}
	for y, line := range g.diagram {
		c.text(0, y, mapWidth, line, tcell.StyleDefault)
	}
	if newest != nil {
		c.arrow(g, g.edgeOf(newest))
	}
	for state, box := range g.boxes {
		c.inBox(v, g, box, all, func(peer int, at whereabouts) (bool, string) {
			return at.state == state && !at.ended, v.beside(peer, &ends[peer], at, state)
		})
	}
	c.inBox(v, g, g.again, all, func(_ int, at whereabouts) (bool, string) { return at.ended, "" })
	y := c.mapNote(v, g, newest)
	if c.h > y+len(all) {
		y++
	}
	c.part(0, y, mapWidth, c.h).paths(v, 0, all, ends)
}

// arrow draws an edge as the one just taken; its head stays.
func (c canvas) arrow(g *chart, e *edge) {
	if e == nil {
		return
	}
	at := e.path[0]
	for _, to := range e.path {
		for at != to {
			c.mark(g, at)
			at.x += sign(to.x - at.x)
			at.y += sign(to.y - at.y)
		}
	}
	head := g.diagram[at.y][at.x : at.x+1]
	if len(e.path) == 1 {
		head = "#"
	}
	c.glyph(at.x, at.y, head, c.palette.Edge)
}

// mark draws a cell of an arrow, unless a word stands there.
func (c canvas) mark(g *chart, at point) {
	if strings.ContainsRune("-|.'", rune(g.diagram[at.y][at.x])) {
		c.glyph(at.x, at.y, "#", c.palette.Edge)
	}
}

func sign(n int) int { return max(min(n, 1), -1) }

// inBox writes who is in a state at the right of its box, and since which step: C6. Behind
// that comes what else of the end is there.
func (c canvas) inBox(v *view, g *chart, box point, all []whereabouts, here func(int, whereabouts) (bool, string)) {
	x := box.x + boxWidth - 1
	for _, since := range []bool{true, false} {
		var marks []string
		var styles []tcell.Style
		used := 0
		for peer, at := range all {
			var texts []string
			is, beside := here(peer, at)
			if is {
				texts = append(texts, v.mark(peer, at, since))
			}
			if beside != "" {
				texts = append(texts, beside)
			}
			for _, text := range texts {
				marks, styles, used = append(marks, text), append(styles, v.side(peer)), used+1+width(text)
			}
		}
		name := strings.IndexByte(g.diagram[box.y][box.x+2:], ' ') + 2
		if used+1 > boxWidth-1-name && since {
			continue // the steps have no room
		}
		x -= used
		for i, text := range marks {
			x += c.text(x, box.y, width(text), text, styles[i]) + 1
		}
		return
	}
}

func (v *view) mark(peer int, at whereabouts, since bool) string {
	if at.step == 0 || !since {
		return v.letter(peer)
	}
	return v.letter(peer) + strconv.Itoa(at.step)
}

// beside is what else of a peer is in a state, beside the connection that it is at: a
// listener, by its descriptor, or other connections of an NCP: u, or 2u.
func (v *view) beside(peer int, e *viz.End, at whereabouts, state string) string {
	if fd := listener(e, at); fd != "" && state == "LISTEN" {
		return "fd " + fd
	}
	if v.trace.Protocol != handshake.NCP {
		return ""
	}
	n := 0
	for _, conn := range others(e, at) {
		if conn.State == state {
			n++
		}
	}
	switch n {
	case 0:
		return ""
	case 1:
		return v.small(peer)
	}
	return strconv.Itoa(n) + v.small(peer)
}

// listener is the descriptor of a peer's listening socket, beside the connection that
// the peer is at; empty if there is none, or the peer is in LISTEN itself.
func listener(e *viz.End, at whereabouts) string {
	for i := range e.Conns {
		if conn := &e.Conns[i]; conn.State == "LISTEN" && at.state != "LISTEN" {
			return conn.Descriptor
		}
	}
	return ""
}

// mapNote explains the diagram, and says that the last change is not in it. It gives
// the next row.
func (c canvas) mapNote(v *view, g *chart, newest *handshake.Step) int {
	y := mapHeight - 1
	c.text(0, y, mapWidth, v.say.Text("pane.map.note"), tcell.StyleDefault)
	text, style := unknown, v.colours.Hidden
	switch {
	case v.hidden:
	case newest != nil && g.edgeOf(newest) == nil:
		text, style = v.words("pane.map.missing", "n", strconv.Itoa(newest.N),
			"name", v.name(viz.PeerIndex(v.trace, newest.Peer)), "was", newest.Before, "state", newest.After), v.colours.Edge
	default:
		return mapHeight
	}
	if c.h > mapHeight { // else it takes the note's place
		y++
	}
	c.text(0, y, mapWidth, pad(text, mapWidth), style)
	return y + 1
}

// ways tells in lines what the diagram would show: the states that each end went
// through, the newest change, and where it may go from here.
func (c canvas) ways(v *view, g *chart, all []whereabouts, ends []viz.End, newest *handshake.Step) {
	gap := 0
	if c.h > 8 {
		gap = 1
	}
	y := c.paths(v, 0, all, ends) + gap
	switch {
	case v.hidden:
		c.text(0, y, c.w, unknown, v.colours.Hidden)
		y++
	case newest != nil:
		event := v.say.Text("pane.map.not-drawn")
		if e := g.edgeOf(newest); e != nil {
			event = e.event
		}
		y = c.paragraph(0, y, wrap(v.words("pane.map.newest", "n", strconv.Itoa(newest.N),
			"name", v.name(viz.PeerIndex(v.trace, newest.Peer)), "was", newest.Before, "state", newest.After, "event", event), c.w), v.colours.Edge)
	}
	y += gap
	for peer, at := range all {
		names := v.name(peer)
		if peer == 0 && all[1].state == at.state {
			continue // said with the other's
		}
		if peer == 1 && all[0].state == at.state {
			names = v.name(0) + ", " + names
		}
		if exits := g.exits(at); len(exits) > 0 {
			y = c.paragraph(0, y, wrap(v.words("pane.map.exits", "name", names, "state", at.state,
				"list", strings.Join(exits, " | ")), c.w), tcell.StyleDefault)
		}
	}
	c.text(0, y+gap, c.w, g.cite(v), v.colours.Source)
}

// exits are the ways out of where a peer is, that the diagram draws.
func (g *chart) exits(w whereabouts) []string {
	var exits []string
	for i := range g.edges {
		e := &g.edges[i]
		refused := e.cause == byRST && (len(w.moves) == 0 || w.moves[len(w.moves)-1].Before != "LISTEN")
		if e.from == w.state && !w.ended && !refused {
			exits = append(exits, e.event+" > "+e.to)
		}
	}
	return exits
}

// paths writes for each end the states that it went through and the steps in which it
// did, the newest at least: `client  CLOSED -6-> SYN-SENT -10-> ESTABLISHED`.
func (c canvas) paths(v *view, y int, all []whereabouts, ends []viz.End) int {
	names := 0
	for peer, at := range all {
		names = max(names, width(v.called(peer, at))+2)
	}
	for peer, at := range all {
		c.text(0, y, names, v.called(peer, at), v.side(peer))
		text := at.state
		for i, s := range slices.Backward(at.moves) {
			longer := s.Before + " -" + strconv.Itoa(s.N) + "-> " + text
			if room := c.w - names - width(longer); room < 0 || i > 0 && room < len("... -00-> ") {
				text = "... -" + strconv.Itoa(s.N) + "-> " + text
				break
			}
			text = longer
		}
		for _, besides := range v.besides(peer, &ends[peer], at) {
			if more := text + "   " + besides; names+width(more) <= c.w {
				text = more
				break
			}
		}
		c.text(names, y, c.w-names, text, tcell.StyleDefault)
		y++
	}
	return y
}

// called is the name of a peer, and of an NCP the socket of the connection that it is at.
func (v *view) called(peer int, at whereabouts) string {
	if v.trace.Protocol == handshake.NCP && at.on != "" {
		return v.name(peer) + " " + local(at.on)
	}
	return v.name(peer)
}

// besides tells what else a peer has, beside the connection that it is at: in whole, and
// shorter.
func (v *view) besides(peer int, e *viz.End, at whereabouts) []string {
	if fd := listener(e, at); fd != "" {
		return []string{v.words("pane.map.listens", "fd", fd)}
	}
	if v.trace.Protocol != handshake.NCP {
		return nil
	}
	conns := others(e, at)
	if len(conns) == 0 {
		return nil
	}
	return []string{v.listOthers(peer, conns, true), v.listOthers(peer, conns, false)}
}
