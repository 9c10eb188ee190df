package schedule

import (
	"slices"

	"sockscope/handshake"
	"sockscope/statemachine/tcp"
)

// unlikeCall reports a call that TCP says nothing of: what a program is told that asks a
// socket without a connection is each system's own. Linux says EPIPE where POSIX has
// ENOTCONN, 0 where there was a connection once, and EISCONN to a listener. A listener that
// closes over an end that nobody has accepted is such a case, too: there Linux forgets a
// request and tells nobody, and its RST acknowledges. So does that of a program that leaves
// text unread behind both FINs, where ours sends none. And behind a timeout Linux sends one
// segment at a time (RFC 5681 3.1), which our machine does not.
func (g *generator) unlikeCall(c handshake.Choice) bool {
	var newest *end
	waiting := false
	for _, e := range g.ends {
		if e.peer == c.Peer && e.fd != 0 && (newest == nil || e.fd > newest.fd) {
			newest = e
		}
		waiting = waiting || e.peer == c.Peer && e.child && e.fd == 0 && e.state != "CLOSED"
	}
	if newest == nil {
		return false
	}
	switch newest.state {
	case "CLOSED":
		return !slices.Contains([]string{"close", "bind", "listen", "accept", "connect"}, c.What) || newest.lived && c.What != "close" && c.What != "accept"
	case "LISTEN":
		return c.What == "send" || c.What == "recv" || c.What == "shutdown" || c.What == "connect" || waiting && (c.What == "close" || c.What == "abort")
	case "CLOSING", "LAST-ACK":
		return (c.What == "close" || c.What == "abort") && newest.vars["receive queue"] > 0
	case "TIME-WAIT":
		return c.What == "shutdown" || c.What == "abort" || c.What == "connect"
	default:
		return newest.slow && len(newest.outstanding()) > 0 && slices.Contains([]string{"send", "shutdown", "close"}, c.What)
	}
}

// unlike reports a segment whose arrival Linux is known to answer otherwise than RFC 9293
// says: what would follow is another story.
func (g *generator) unlike(c handshake.Choice) bool {
	s, err := tcp.ParseSegment(c.What)
	if err != nil {
		panic("schedule: " + err.Error())
	}
	e := g.receiver(c.Peer)
	next, known := e.vars["RCV.NXT"]
	switch {
	case g.begun && (known && s.SEQ == stray || s.CTL.Has(tcp.ACK) && s.ACK == stray):
		return true // it was forged for an end without numbers, which a kernel draws where it likes
	case !known:
		return e.state == "SYN-SENT" && e.unlikeSynSent(s)
	}
	if e.dups >= 2 && s.LEN() == 0 && len(e.outstanding()) > 0 {
		return true // the third that says nothing new may make Linux repeat at once (RFC 5681 3.2)
	}
	exact, ahead := s.SEQ == next, after(s.SEQ, next)
	if s.CTL.Has(tcp.ACK) && e.unlikeACK(s, next) {
		return true
	}
	if !s.CTL.Has(tcp.ACK) && !s.CTL.Has(tcp.RST) && !s.CTL.Has(tcp.SYN) && !exact {
		return true // without the ACK bit Linux drops it unread; by 3.10.7.4 it is judged by its number first
	}
	switch e.state {
	case "SYN-RECEIVED":
		return e.unlikeRequest(s, exact, ahead)
	case "FIN-WAIT-1":
		return e.left && e.unlikeOrphan(s, ahead)
	case "FIN-WAIT-2":
		return e.left && (e.unlikeOrphan(s, ahead) || e.unlikeRemnant(s, exact, ahead))
	case "CLOSE-WAIT", "CLOSING", "LAST-ACK":
		return e.unlikeEnded(s, next)
	case "TIME-WAIT":
		return e.unlikeEnded(s, next) || e.unlikeTimeWait(s, exact, ahead)
	}
	return false
}

// unlikeACK is about the ACK of a segment that is not the next one: of what comes ahead of a
// gap Linux takes it at once, ours when its turn comes; of what ends at the window's edge it
// takes it (tcp_sequence), where table 6 drops the segment. One that was not too old when it
// was forged may have become so.
func (e *end) unlikeACK(s tcp.Segment, next uint32) bool {
	if !after(s.ACK, e.vars["ISS"]) && e.state != "SYN-RECEIVED" {
		return true
	}
	return s.LEN() > 0 && after(s.ACK, e.vars["SND.UNA"]) && (after(s.SEQ, next) || s.SEQ+s.LEN() == next && !s.CTL.Has(tcp.SYN))
}

// unlikeSynSent is about SYN-SENT. The RST of an abort acknowledges in Linux, and so refuses
// a SYN. Behind a bad ACK the SYN goes again within 8 ms (tcp_rcv_synsent_state_process).
func (e *end) unlikeSynSent(s tcp.Segment) bool {
	bad := s.CTL.Has(tcp.ACK) && s.ACK != e.vars["SND.NXT"]
	return s.CTL == tcp.RST || bad && !s.CTL.Has(tcp.RST)
}

// unlikeRequest is about SYN-RECEIVED. Behind a passive OPEN that is no connection in Linux
// (tcp_check_req): it looks at the ACK before the number, and a SYN or a RST anywhere in
// the window ends it. Behind an active one a RST is ECONNRESET, an ACK that does not
// acknowledge the SYN leads to ESTABLISHED, and one of what was not sent is challenged.
func (e *end) unlikeRequest(s tcp.Segment, exact, ahead bool) bool {
	switch {
	case !e.child:
		return exact && s.CTL.Has(tcp.RST) || s.CTL.Has(tcp.ACK) && (ahead || s.ACK != e.vars["SND.NXT"])
	case exact:
		return s.CTL.Has(tcp.SYN)
	case s.CTL.Has(tcp.ACK):
		return true
	case s.CTL.Has(tcp.SYN):
		return s.SEQ != e.vars["IRS"]
	default:
		return s.CTL.Has(tcp.RST) && ahead
	}
}

// unlikeOrphan is about an end that its program has closed: text for nobody gets a RST as
// from no connection in Linux (tcp_rcv_state_process), even ahead of a gap.
func (e *end) unlikeOrphan(s tcp.Segment, ahead bool) bool {
	return ahead && s.LEN() > 0 || s.Text != "" && s.ACK != e.vars["SND.NXT"]
}

// unlikeRemnant is about what Linux leaves of such an end in FIN-WAIT-2, where it keeps
// little more than numbers (tcp_timewait_state_process): a RST anywhere in the window ends
// it, and one outside is answered; a SYN is refused, a FIN must come next, and an ACK is
// not looked at.
func (e *end) unlikeRemnant(s tcp.Segment, exact, ahead bool) bool {
	if s.CTL.Has(tcp.ACK) && after(s.ACK, e.vars["SND.NXT"]) {
		return true
	}
	if s.CTL.Has(tcp.RST) {
		return !exact
	}
	return (ahead || exact) && s.CTL.Has(tcp.SYN) || ahead && s.LEN() > 0 || exact && !s.CTL.Has(tcp.ACK)
}

// unlikeEnded is about an end that has got a FIN. What comes behind that makes Linux drop
// it without a word, or reset; ours answers. For Linux the FIN's own number does for a RST
// (tcp_reset_check), and in CLOSING and LAST-ACK, too, the program is told; by 3.10.7.4
// second it is not.
func (e *end) unlikeEnded(s tcp.Segment, next uint32) bool {
	if s.CTL.Has(tcp.RST) {
		return s.SEQ == next-1 || s.SEQ == next && e.fd != 0 && e.state != "CLOSE-WAIT"
	}
	return s.LEN() > 0 && after(s.SEQ+s.LEN(), next) && s.CTL.Has(tcp.ACK) && !s.CTL.Has(tcp.SYN)
}

// unlikeTimeWait is about what Linux keeps of an end in TIME-WAIT: a RST ahead is dropped
// without a word, a SYN ahead begins a connection (RFC 9293 3.6.1, MAY-2), and what has no
// ACK bit is answered.
func (e *end) unlikeTimeWait(s tcp.Segment, exact, ahead bool) bool {
	return ahead || !s.CTL.Has(tcp.ACK) && !s.CTL.Has(tcp.RST) && !s.CTL.Has(tcp.SYN) || exact && s.ACK != e.vars["SND.NXT"]
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
