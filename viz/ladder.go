package viz

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"sockscope/handshake"
)

// Row is one line of a ladder: a segment's way from end to end, or something that
// happened at one end. A segment keeps its row unless another segment's row has
// begun since it departed; then its arrival has a row of its own, as the figures of
// RFC 9293 3.5 draw it.
type Row struct {
	First, Last int           // the steps in which it began and ended; Last is 0 as long as it is in flight
	At          time.Duration // of the row's last step
	Moved       bool          // the clock has moved since the row before; a clock that runs by itself, by 10 ms or more
	Segment     bool
	From, To    int      // peers; From is -1 for what the wire itself sends, both are the peer's at one end, -1 on the wire
	Late        bool     // only the arrival: the departure has a row further up
	Lost        bool     // it ends at Last without arriving
	Waits       bool     // a call that has not returned
	States      []string // of each peer, where the row shows it
	Label       string
	Kind        handshake.Kind
	Packet      int
}

// Number is how a person refers to the row: 7-8, 9- in flight, 9x12 lost.
func (r Row) Number() string {
	switch {
	case !r.Segment:
		return fmt.Sprint(r.First)
	case r.Last == 0:
		return fmt.Sprintf("%d-", r.First)
	case r.Lost:
		return fmt.Sprintf("%dx%d", r.First, r.Last)
	default:
		return fmt.Sprintf("%d-%d", r.First, r.Last)
	}
}

// Ladder draws the first n steps of a trace between two ends as rows.
func Ladder(t *handshake.Trace, n int) []Row {
	var l ladder
	for i := range t.Steps[:n] {
		l.step(t, &t.Steps[i])
	}
	for i := range l.rows {
		was, at := l.before(i), l.rows[i].At
		seen := was.Round(time.Millisecond) != at.Round(time.Millisecond) // which is how it is shown
		l.rows[i].Moved = at-was >= restless || seen && t.Host == ""
	}
	return l.rows
}

// restless is how far a clock that does not stop between steps has to move to be worth
// telling: two and a half jiffies of a Linux whose timers tick each 4 ms.
const restless = 10 * time.Millisecond

type ladder struct{ rows []Row }

// before is the time of the row before i; the clock starts at 0.
func (l *ladder) before(i int) time.Duration {
	if i == 0 {
		return 0
	}
	return l.rows[i-1].At
}

func (l *ladder) step(t *handshake.Trace, s *handshake.Step) {
	peer := PeerIndex(t, s.Peer)
	switch s.Kind {
	case handshake.KindDepart:
		l.depart(t, s, peer)
	case handshake.KindArrive:
		l.arrive(t, s, peer)
	case handshake.KindDrop:
		if r := l.open(s.Packet); r != nil {
			r.Last, r.Lost = s.N, true
		}
	case handshake.KindDuplicate:
		if r := l.last(s.Packet); r != nil {
			l.rows = append(l.rows, Row{
				First: s.N, At: s.At, Segment: true, From: r.From, To: r.To, Late: true, States: states(t),
				Label: s.Label, Kind: s.Kind, Packet: s.Packet,
			})
		}
	case handshake.KindCall, handshake.KindReturn, handshake.KindTimeout, handshake.KindSignal, handshake.KindNote:
		row := Row{First: s.N, Last: s.N, At: s.At, From: peer, To: peer, Waits: Waits(*s), Label: s.Label, Kind: s.Kind, States: states(t)}
		if peer >= 0 && s.Before != s.After {
			row.States[peer] = s.After
		}
		l.rows = append(l.rows, row)
	}
}

// states has room for the state of each peer.
func states(t *handshake.Trace) []string { return make([]string, len(t.Peers)) }

func (l *ladder) depart(t *handshake.Trace, s *handshake.Step, peer int) {
	to := destination(t, s)
	from := peer
	if len(t.Peers) == 2 {
		from = 1 - to // what neither end sent comes from the other's side
	}
	row := Row{
		First: s.N, At: s.At, Segment: true, From: from, To: to, Late: peer < 0,
		Label: s.Label, Kind: s.Kind, Packet: s.Packet, States: states(t),
	}
	if peer >= 0 {
		row.States[peer] = s.After
	}
	l.rows = append(l.rows, row)
}

// destination is the peer that a departing segment is going to. Of an injected one
// only its choice says so, and among several peers the leader of a message does.
func destination(t *handshake.Trace, s *handshake.Step) int {
	peer := PeerIndex(t, s.Peer)
	switch {
	case peer >= 0 && len(t.Peers) == 2:
		return 1 - peer
	case peer >= 0:
		return max(0, hostIndex(t, leaderHost(s)))
	}
	c, err := handshake.ParseChoice(s.Choice)
	if err != nil {
		return 0
	}
	return max(0, PeerIndex(t, c.Peer))
}

// leaderHost is the host that a message's leader names: where it goes, or where it came from.
func leaderHost(s *handshake.Step) string {
	host, imp := 0, 0
	for _, f := range s.Fields {
		n, _ := strconv.Atoi(f.Value) // what is no number names no host
		switch f.Name {
		case "destination host", "source host":
			host = n
		case "destination IMP", "source IMP":
			imp = n
		}
	}
	return strconv.Itoa(host<<6 | imp) // two bits and six (RFC 208)
}

// hostIndex is the peer at a host of 1971; -1 if none is.
func hostIndex(t *handshake.Trace, number string) int {
	return slices.IndexFunc(t.Peers, func(p handshake.Peer) bool { return p.Address == "host "+number })
}

func (l *ladder) arrive(t *handshake.Trace, s *handshake.Step, peer int) {
	r := l.open(s.Packet)
	if r == nil {
		return
	}
	if l.overtaken(r) {
		first := *r
		l.rows = append(l.rows, Row{
			First: first.First, Segment: true, From: first.From, To: first.To, Late: true,
			Label: first.Label, Kind: s.Kind, Packet: first.Packet, States: states(t),
		})
		r.Packet = 0 // its arrival is further down
		r = &l.rows[len(l.rows)-1]
	}
	r.Last, r.At = s.N, s.At
	r.States[peer] = s.After
}

// open is the oldest row of a packet whose end is not known.
func (l *ladder) open(packet int) *Row {
	for i := range l.rows {
		if r := &l.rows[i]; r.Segment && r.Packet == packet && r.Last == 0 {
			return r
		}
	}
	return nil
}

// last is the newest row of a packet.
func (l *ladder) last(packet int) *Row {
	for i := len(l.rows) - 1; i >= 0; i-- {
		if l.rows[i].Segment && l.rows[i].Packet == packet {
			return &l.rows[i]
		}
	}
	return nil
}

// overtaken reports whether another segment's row has begun since r's did, or the
// clock has moved past one.
func (l *ladder) overtaken(r *Row) bool {
	for i := len(l.rows) - 1; i >= 0 && &l.rows[i] != r; i-- {
		if l.rows[i].Segment {
			return true
		}
	}
	return false
}
