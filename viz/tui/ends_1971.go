package tui

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gdamore/tcell/v2"

	"sockscope/viz"
)

// factsOf1971 are what is known of a host of 1971: its program, its newest connections, what
// the newest one in each direction may carry, and its accounts.
func (v *view) factsOf1971(peer int) []fact {
	facts := []fact{
		{v.say.Text("dash.program"), [][]phrase{v.program(peer)}},
		{v.say.Text("dash.sockets"), v.connections(peer)},
		{v.say.Text("dash.allocated"), [][]phrase{v.room(peer, " > ")}},
		{v.say.Text("dash.granted"), [][]phrase{v.room(peer, " < ")}},
	}
	n, _ := v.known()
	records := slices.DeleteFunc(viz.Records(v.trace, n), func(r viz.Record) bool { return r.Peer != v.trace.Peers[peer].Name })
	return append(facts, fact{v.say.Text("dash.accounted"), [][]phrase{{plain(v.words("dash.records", "n", strconv.Itoa(len(records))))}}})
}

// connections are the newest of a host, each with its state; the oldest is left out first.
func (v *view) connections(peer int) [][]phrase {
	const most = 3
	var lines [][]phrase
	for i := len(v.ends[peer].Conns) - 1; i >= 0 && len(lines) < most; i-- {
		conn := &v.ends[peer].Conns[i]
		was := v.before[peer].Conn(conn.On)
		changed := was == nil && conn.State != "NONE" || was != nil && was.State != conn.State
		switch {
		case conn.State == "NONE" && !changed:
			continue
		case changed && v.hidden:
			lines = append(lines, []phrase{{{unknown, v.colours.Hidden}}})
		case changed:
			lines = append(lines, []phrase{{{conn.On + "  ", tcell.StyleDefault}, {conn.State, v.colours.Changed}}})
		default:
			lines = append(lines, []phrase{{{conn.On + "  ", tcell.StyleDefault}, {conn.State, v.side(peer)}}})
		}
	}
	if len(lines) == 0 {
		return [][]phrase{{plain(v.say.Text("dash.no-socket"))}}
	}
	slices.Reverse(lines)
	return lines
}

// room is what the newest connection of a direction may still carry: the sender's counters,
// or what the receiver takes them to be.
func (v *view) room(peer int, way string) []phrase {
	for _, conn := range slices.Backward(v.ends[peer].Conns) {
		if !strings.Contains(conn.On, way) {
			continue
		}
		text, known := v.allocation(&conn)
		if !known {
			continue
		}
		was := v.before[peer].Conn(conn.On)
		if was == nil {
			was = &viz.Conn{}
		}
		old, _ := v.allocation(was)
		switch {
		case text == old:
			return []phrase{plain(text)}
		case v.hidden:
			return []phrase{{{unknown, v.colours.Hidden}}}
		}
		return []phrase{{{text, v.colours.Changed}}}
	}
	return []phrase{plain(v.say.Text("dash.none"))}
}

func (v *view) allocation(conn *viz.Conn) (string, bool) {
	space, ok := conn.Var("msg space")
	if !ok {
		return "", false
	}
	bits, _ := conn.Var("bit space")
	link, _ := conn.Var("link")
	return v.words("dash.room", "space", space.Value, "bits", bits.Value, "link", link.Value), true
}
