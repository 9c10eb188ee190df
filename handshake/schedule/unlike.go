package schedule

import (
	"slices"

	"sockscope/handshake"
	"sockscope/statemachine/tcp"
)

// strangeCall reports a call behind which all is another story: one that opens a socket once
// more, whose first number a kernel draws where it likes; and behind a timeout one that
// sends, for Linux then sends one segment at a time (RFC 5681 3.1), our machine as many as
// the octets of one may be.
func (g *generator) strangeCall(c handshake.Choice) bool {
	e := g.newest(c.Peer)
	switch e.state {
	case "CLOSED":
		return e.lived && slices.Contains([]string{"bind", "listen", "connect"}, c.What)
	case "TIME-WAIT":
		return c.What == "connect"
	case "LISTEN", "CLOSING", "LAST-ACK":
		return false
	default:
		return e.slow && e.vars["SND.UNA"] != e.vars["SND.NXT"] && slices.Contains([]string{"send", "shutdown", "close"}, c.What)
	}
}

// unlikeCall reports a call that TCP says nothing of: what a program is told that asks a
// socket without a connection is each system's own. Linux says EPIPE where POSIX has
// ENOTCONN, 0 where there was a connection once, and EISCONN to a listener. A listener that
// closes over an end that nobody has accepted is such a case, too: there Linux forgets a
// request and tells nobody, and its RST acknowledges. So does that of a program that leaves
// text unread behind both FINs, where ours sends none.
func (g *generator) unlikeCall(c handshake.Choice) bool {
	e := g.newest(c.Peer)
	ends := c.What == "close" || c.What == "abort"
	switch e.state {
	case "CLOSED":
		return e.lived && c.What != "close" && c.What != "accept" || !slices.Contains([]string{"close", "setsockopt", "bind", "listen", "accept", "connect"}, c.What)
	case "LISTEN":
		return slices.Contains([]string{"send", "recv", "shutdown", "connect"}, c.What) || ends && g.waits(c.Peer)
	case "CLOSING", "LAST-ACK":
		return ends && e.vars["receive queue"] > 0
	case "TIME-WAIT":
		return c.What == "shutdown" || c.What == "abort"
	}
	return false
}

// newest is the end that a peer's calls mean.
func (g *generator) newest(peer string) *end {
	newest := &end{}
	for _, e := range g.ends {
		if e.peer == peer && e.fd > newest.fd {
			newest = e
		}
	}
	return newest
}

// waits reports whether a peer has an end that nobody has accepted.
func (g *generator) waits(peer string) bool {
	return slices.ContainsFunc(g.ends, func(e *end) bool { return e.peer == peer && e.child && e.fd == 0 && e.state != "CLOSED" })
}

// incoming is a segment as its receiver sees it: next in order, ahead of that, or neither.
type incoming struct {
	tcp.Segment
	exact, ahead bool
}

// arriving is a segment that a choice lets arrive, and its receiver.
func (g *generator) arriving(c handshake.Choice) (*end, incoming) {
	s, err := tcp.ParseSegment(c.What)
	if err != nil {
		panic("schedule: " + err.Error())
	}
	e := g.receiver(c.Peer)
	next := e.vars["RCV.NXT"]
	return e, incoming{s, s.SEQ == next, after(s.SEQ, next)}
}

// strange reports a segment behind which all would be another story, or of which nobody
// would see how it was taken: what was forged for an end without numbers, which a kernel
// draws where it likes, or has become too old since; and an ACK that Linux takes in text
// that is not next, unless another state tells.
func (g *generator) strange(c handshake.Choice) bool {
	e, s := g.arriving(c)
	_, known := e.vars["RCV.NXT"]
	switch {
	case g.begun && (known && s.SEQ == stray || s.CTL.Has(tcp.ACK) && s.ACK == stray):
		return true
	case !known:
		return e.state == "SYN-SENT" && e.unlikeSynSent(s)
	case e.state == "SYN-RECEIVED":
		return e.unlikeACK(s) || s.unread() || e.unlikeRequest(s) && !e.endsRequest(s)
	}
	return s.CTL.Has(tcp.ACK) && !after(s.ACK, e.vars["ISS"]) || e.unlikeACK(s) && !e.shows(s)
}

// unlike reports a segment whose arrival Linux is known to answer otherwise than RFC 9293
// says, as the table of handshake/compare has it.
func (g *generator) unlike(c handshake.Choice) bool {
	e, s := g.arriving(c)
	if _, known := e.vars["RCV.NXT"]; !known {
		return false
	}
	if s.unread() || e.unlikeACK(s) || e.dups >= 2 && s.LEN() == 0 && len(e.outstanding()) > 0 {
		return true // the third that says nothing new may make Linux repeat at once (RFC 5681 3.2), or not
	}
	switch e.state {
	case "SYN-RECEIVED":
		return e.unlikeRequest(s)
	case "FIN-WAIT-1":
		return e.left && e.unlikeOrphan(s)
	case "FIN-WAIT-2":
		return e.left && (e.unlikeOrphan(s) || e.unlikeRemnant(s))
	case "CLOSE-WAIT", "CLOSING", "LAST-ACK":
		return e.unlikeEnded(s)
	case "TIME-WAIT":
		return e.unlikeEnded(s) || e.unlikeTimeWait(s)
	}
	return false
}

// unread reports what Linux drops unread, for it has no ACK bit; by 3.10.7.4 it is judged by
// its number first.
func (s incoming) unread() bool {
	return !s.CTL.Has(tcp.ACK) && !s.CTL.Has(tcp.RST) && !s.CTL.Has(tcp.SYN) && !s.exact
}

// unlikeACK is about the ACK of a segment that is not the next one: of what comes ahead of a
// gap Linux takes it at once, ours when its turn comes; of what ends at the window's edge it
// takes it (tcp_sequence), where table 6 drops the segment.
func (e *end) unlikeACK(s incoming) bool {
	edge := s.SEQ+s.LEN() == e.vars["RCV.NXT"] && !s.CTL.Has(tcp.SYN)
	return s.CTL.Has(tcp.ACK) && s.LEN() > 0 && after(s.ACK, e.vars["SND.UNA"]) && (s.ahead || edge)
}

// shows reports an ACK of the end's FIN, which leads to another state where it is taken.
func (e *end) shows(s incoming) bool {
	return slices.Contains([]string{"FIN-WAIT-1", "CLOSING", "LAST-ACK"}, e.state) && s.ACK == e.vars["SND.NXT"]
}

// unlikeSynSent is about SYN-SENT. The RST of an abort acknowledges in Linux, and so refuses
// a SYN. Behind a bad ACK, that of a RST too, the SYN goes again within 8 ms
// (tcp_rcv_synsent_state_process).
func (e *end) unlikeSynSent(s incoming) bool {
	return s.CTL == tcp.RST || s.CTL.Has(tcp.ACK) && s.ACK != e.vars["SND.NXT"]
}

// unlikeRequest is about SYN-RECEIVED. Behind a passive OPEN that is no connection in Linux
// (tcp_check_req): it looks at the ACK before the number, and a SYN or a RST anywhere in
// the window ends it. Behind an active one a RST is ECONNRESET, an ACK that does not
// acknowledge the SYN leads to ESTABLISHED, and one of what was not sent is challenged.
func (e *end) unlikeRequest(s incoming) bool {
	switch {
	case !e.child:
		return s.exact && s.CTL.Has(tcp.RST) || s.CTL.Has(tcp.ACK) && (s.ahead || s.ACK != e.vars["SND.NXT"])
	case s.exact:
		return s.CTL.Has(tcp.SYN)
	case s.CTL.Has(tcp.ACK):
		return true
	case s.CTL.Has(tcp.SYN):
		return s.SEQ != e.vars["IRS"]
	default:
		return s.CTL.Has(tcp.RST) && s.ahead
	}
}

// endsRequest reports a segment of those that ends a connection in SYN-RECEIVED, in one
// way or in another.
func (e *end) endsRequest(s incoming) bool {
	return !s.CTL.Has(tcp.ACK) && (s.CTL.Has(tcp.RST) || e.child && s.exact && s.CTL.Has(tcp.SYN))
}

// unlikeOrphan is about an end that its program has closed: text for nobody gets a RST as
// from no connection in Linux (tcp_rcv_state_process), even ahead of a gap.
func (e *end) unlikeOrphan(s incoming) bool {
	return s.ahead && s.LEN() > 0 || s.Text != "" && s.ACK != e.vars["SND.NXT"]
}

// unlikeRemnant is about what Linux leaves of such an end in FIN-WAIT-2, where it keeps
// little more than numbers (tcp_timewait_state_process), unless its timers are parked: a RST anywhere in the window ends
// it, and one outside is answered; a SYN is refused, a FIN must come next, and an ACK is
// not looked at.
func (e *end) unlikeRemnant(s incoming) bool {
	if s.CTL.Has(tcp.ACK) && after(s.ACK, e.vars["SND.NXT"]) {
		return true
	}
	if s.CTL.Has(tcp.RST) {
		return !s.exact
	}
	return (s.ahead || s.exact) && s.CTL.Has(tcp.SYN) || s.ahead && s.LEN() > 0 || s.exact && !s.CTL.Has(tcp.ACK)
}

// unlikeEnded is about an end that has got a FIN. What comes behind that makes Linux drop
// it without a word, or reset; ours answers. For Linux the FIN's own number does for a RST
// (tcp_reset_check), and in CLOSING and LAST-ACK, too, the program is told; by 3.10.7.4
// second it is not.
func (e *end) unlikeEnded(s incoming) bool {
	next := e.vars["RCV.NXT"]
	if s.CTL.Has(tcp.RST) {
		return s.SEQ == next-1 || s.SEQ == next && e.fd != 0 && e.state != "CLOSE-WAIT"
	}
	return s.LEN() > 0 && after(s.SEQ+s.LEN(), next) && s.CTL.Has(tcp.ACK) && !s.CTL.Has(tcp.SYN)
}

// unlikeTimeWait is about what Linux keeps of an end in TIME-WAIT: a RST ahead is dropped
// without a word, a SYN ahead begins a connection (RFC 9293 3.6.1, MAY-2), and what has no
// ACK bit is answered.
func (e *end) unlikeTimeWait(s incoming) bool {
	return s.ahead || !s.CTL.Has(tcp.ACK) && !s.CTL.Has(tcp.RST) && !s.CTL.Has(tcp.SYN) || s.exact && s.ACK != e.vars["SND.NXT"]
}

// after compares sequence numbers (RFC 9293 3.4).
func after(a, b uint32) bool { return int32(a-b) > 0 }

// receiver is the end that a segment to a peer is for: its connection, else a listener.
func (g *generator) receiver(peer string) *end {
	receiver := &end{}
	for _, e := range g.ends {
		if e.peer == peer && e.state != "CLOSED" && (receiver.state == "" || receiver.state == "LISTEN") {
			receiver = e
		}
	}
	return receiver
}
