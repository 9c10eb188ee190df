package tui

import (
	"slices"
	"strings"

	"sockscope/handshake"
	"sockscope/viz"
)

// ncpChart is a connection of the Host/Host protocol, NIC 8246 p.10 to 14. The document has
// neither a figure nor names of states: both are ours.
var ncpChart = chart{
	diagram: ncpDiagram, boxes: ncpBoxes, end: "NONE", again: point{29, 12}, last: []string{"OPEN", "CLS-WAIT", "CLS-SENT"},
	edges: ncpEdges, cause: ncpCause,
	cite: func(*view) string { return "NIC 8246 p.10-14" },
}

var ncpDiagram = [mapHeight - 1]string{
	`         .----- rcv RFC -----[ NONE                ]---- Init, snd RFC --.`,
	`         |                         ^    |    ^                           |`,
	`         |   .- rcv CLS, snd CLS --'    |    '-- rcv CLS, snd CLS --.    |`,
	`         v   |                          |                           |    v`,
	`[ RFC-RCVD            ]                 |              [ RFC-SENT            ]`,
	` |   |    rcv RFC for a Listen, snd RFC |                   |              |`,
	` |   |                                  |  rcv matching RFC |              |`,
	` |   | Init or Listen, snd RFC          v                   |              |`,
	` |   '---------------------->[ OPEN                ]<-------'              |`,
	` |    Close or rcv CLS, RFNM due |      |        |                         |`,
	` |            .------------------'      |        '------.                  |`,
	` |            v        rcv CLS, snd CLS v               |                  |`,
	` | [ CLS-WAIT            ]-->[ NONE                ]    |                  |`,
	` |    |         last RFNM (1), snd CLS  ^               | Close, snd CLS   |`,
	` |    |                                 | rcv CLS       |                  |`,
	` |    |                                 |     .---------'                  |`,
	` |    | last RFNM, snd CLS              |     v                            |`,
	` |    '--------------------->[ CLS-SENT            ]<--- Close, snd CLS ---'`,
	` '--- Close, snd CLS ----------^`,
}

var ncpBoxes = map[string]point{
	"NONE": {29, 0}, "RFC-RCVD": {0, 4}, "RFC-SENT": {55, 4}, "OPEN": {29, 8}, "CLS-WAIT": {3, 12}, "CLS-SENT": {29, 17},
}

var ncpEdges = []edge{
	{"NONE", "RFC-SENT", "init-sends", "Init, snd RFC", []point{{52, 0}, {73, 0}, {73, 3}}},
	{"NONE", "RFC-RCVD", "rfc-queued", "rcv RFC", []point{{28, 0}, {9, 0}, {9, 3}}},
	{"NONE", "OPEN", "rfc-finds-listen", "rcv RFC for a Listen, snd RFC", []point{{40, 1}, {40, 7}}},
	{"RFC-RCVD", "OPEN", "init-accepts listen-finds-rfc", "Init or Listen, snd RFC", []point{{5, 5}, {5, 8}, {28, 8}}},
	{"RFC-RCVD", "CLS-SENT", "close-refuses", "Close, snd CLS", []point{{1, 5}, {1, 18}, {31, 18}}},
	{"RFC-RCVD", "NONE", "cls-aborts", "rcv CLS, snd CLS", []point{{13, 3}, {13, 2}, {35, 2}, {35, 1}}},
	{"RFC-SENT", "OPEN", "rfc-matches", "rcv matching RFC", []point{{60, 5}, {60, 8}, {52, 8}}},
	{"RFC-SENT", "CLS-SENT", "close-gives-up", "Close, snd CLS", []point{{75, 5}, {75, 17}, {52, 17}}},
	{"RFC-SENT", "NONE", "cls-refuses", "rcv CLS, snd CLS", []point{{68, 3}, {68, 2}, {45, 2}, {45, 1}}},
	{"OPEN", "CLS-SENT", "close-sends", "Close, snd CLS", []point{{49, 9}, {49, 10}, {56, 10}, {56, 15}, {46, 15}, {46, 16}}},
	{"OPEN", "NONE", "cls-closes", "rcv CLS, snd CLS", []point{{40, 9}, {40, 11}}},
	{"OPEN", "CLS-WAIT", "close-waits-for-rfnm cls-waits-for-rfnm", "Close or rcv CLS, RFNM due", []point{{33, 9}, {33, 10}, {14, 10}, {14, 11}}},
	{"CLS-WAIT", "CLS-SENT", "last-rfnm", "last RFNM, snd CLS", []point{{6, 13}, {6, 17}, {28, 17}}},
	{"CLS-WAIT", "NONE", "last-rfnm", "last RFNM after CLS, snd CLS", []point{{26, 12}, {28, 12}}},
	{"CLS-SENT", "NONE", "cls-answers", "rcv CLS", []point{{40, 16}, {40, 13}}},
}

// ncpCause is what made a connection change: the rules of its step. One event may change
// several connections, each in a step of its own.
func ncpCause(s *handshake.Step) []string {
	rules := make([]string, len(s.Why))
	for i, why := range s.Why {
		rules[i] = why.Rule
	}
	return rules
}

// walkNCP is [walk] where an end has several connections at once: it is where the one that
// it is spoken of by is, and its way is that one's.
func walkNCP(t *handshake.Trace, n int) ([]whereabouts, *handshake.Step) {
	var newest *handshake.Step
	all := make([]whereabouts, len(t.Peers))
	ways := make([]map[string]whereabouts, len(t.Peers))
	for i, p := range t.Peers {
		all[i] = whereabouts{state: p.State, on: p.On}
		ways[i] = map[string]whereabouts{p.On: all[i]}
	}
	for i := range t.Steps[:n] {
		s := &t.Steps[i]
		peer := viz.PeerIndex(t, s.Peer)
		if peer < 0 {
			continue
		}
		if _, forgets := value(s.Vars, "sockets"); forgets {
			gone := *s
			gone.Before = all[peer].state
			if gone.Before != gone.After {
				newest = &gone
			}
			all[peer], ways[peer] = whereabouts{state: s.After, step: s.N}, map[string]whereabouts{}
			continue
		}
		if s.On == "" {
			continue
		}
		way, on := ways[peer][s.On], all[peer].on
		way.state, way.on = s.After, s.On
		if s.Before != s.After {
			newest = s
			way.step, way.moves, way.ended = s.N, append(way.moves, s), ncpChart.endsBy(s)
		}
		ways[peer][s.On] = way
		if s.Leads() {
			on = s.On
		}
		all[peer] = ways[peer][on]
	}
	return all, newest
}

// others are the connections of an end beside the one that it is at.
func others(e *viz.End, at whereabouts) []viz.Conn {
	return slices.DeleteFunc(slices.Clone(e.Conns), func(c viz.Conn) bool {
		return c.On == at.on || c.State == ncpChart.end
	})
}

// local is the socket of a connection that is the end's own: "1/5/0/r" of
// "1/5/0/r < 10/0/0/s".
func local(on string) string {
	socket, _, _ := strings.Cut(on, " ")
	return socket
}

// small is the letter of an end for its other connections.
func (v *view) small(peer int) string { return strings.ToLower(v.letter(peer)) }

// listOthers names an end's other connections and their states, or their sockets alone if
// they are to fit into fewer columns.
func (v *view) listOthers(peer int, conns []viz.Conn, states bool) string {
	list := make([]string, len(conns))
	for i, c := range conns {
		if list[i] = local(c.On); states {
			list[i] += " " + c.State
		}
	}
	return v.words("pane.map.others", "letter", v.small(peer), "list", strings.Join(list, ", "))
}
