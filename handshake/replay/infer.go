package replay

import (
	"slices"
	"strconv"
	"time"

	"sockscope/handshake"
	"sockscope/statemachine/tcp"
)

// The two ends of a captured connection, as scenarios call them.
var names = [2]string{"client", "server"}

// on names the connection: a capture knows no descriptors.
const on = "1"

// What a capture does not record and is inferred, with the sentence of the standard
// that allows it.
var (
	inferred = handshake.Why{Rule: "state-inferred", Cite: "RFC 9293 3.3.2"}
	shown    = handshake.Why{Rule: "arrival-shown", Cite: "RFC 9293 3.4"}
	assumed  = handshake.Why{Rule: "arrival-assumed", Cite: "RFC 9293 3.5"}
	resent   = handshake.Why{Rule: "loss-inferred", Cite: "RFC 9293 3.8.1"}
)

// Rules lists the rules of a capture's trace. It is part of no machine: they are about
// what an observer of the wire can know.
func Rules() []handshake.Why { return []handshake.Why{inferred, shown, assumed, resent} }

// segment is what was captured, in the order of the file. Numbers are the wire's.
type segment struct {
	at       time.Duration
	from     int // the sender, by its place in names
	label    string
	ctl      tcp.CTL
	seq, end uint32 // end is the number behind it
	ack      uint32
	wnd      uint32 // as it was sent: not scaled
	shift    int    // of the option Window Scale; -1: it has none
	wire, ip []byte
	fields   []handshake.Field
}

// shift reads the option Window Scale (RFC 7323 2.2).
func shift(fields []handshake.Field) int {
	for _, f := range fields {
		if f.Group == "option Window Scale" && f.Name == "shift.cnt" {
			if n, err := strconv.Atoi(f.Value); err == nil {
				return min(n, 14) // RFC 7323 2.3
			}
		}
	}
	return -1
}

// takes reports whether the segment takes a sequence number, so that it is acknowledged.
func (s *segment) takes() bool { return s.seq != s.end }

// opens reports a SYN that answers none.
func (s *segment) opens() bool { return s.ctl&(tcp.SYN|tcp.ACK|tcp.RST|tcp.FIN) == tcp.SYN }

// reached reports whether b is at a or behind it (RFC 9293 3.4).
func reached(a, b uint32) bool { return int32(b-a) >= 0 }

// evidence is what the whole capture says of each of its segments.
type evidence struct {
	list  []segment
	epoch []int // counts the connections between the two ends
	own   []bool
	fates []fate
}

// fate is what became of a segment.
type fate struct {
	lost  bool
	after int // it arrived once this segment had departed; -1: nothing shows that it did
	proof int // the segment that shows it; -1: it is assumed
}

// examine reads the capture from its end: what is sent later shows what had arrived.
func examine(list []segment) *evidence {
	e := &evidence{list: list, own: make([]bool, len(list)), epoch: make([]int, len(list)), fates: make([]fate, len(list))}
	var syn [2]*segment
	var spoke [2]bool
	epoch := 0
	for i := range list {
		s := &list[i]
		if answered, refused := e.answer(i); s.opens() {
			e.own[i] = !refused
			if answered && !refused {
				if was := syn[s.from]; spoke[s.from] && (was == nil || was.seq != s.seq) {
					epoch, syn, spoke = epoch+1, [2]*segment{}, [2]bool{}
				}
				syn[s.from] = s
			}
		}
		spoke[s.from] = true
		e.epoch[i] = epoch
	}
	var latest [2]int
	for i := range list {
		f := e.fate(i)
		if from := list[i].from; f.after >= 0 && f.proof < 0 { // nothing says that it overtook another
			f.after = max(f.after, latest[from])
		} else {
			latest[from] = max(f.after, latest[from])
		}
		e.fates[i] = f
	}
	return e
}

// answer reports whether a SYN was answered by a SYN,ACK, and whether that one was
// refused: then the SYN was an old duplicate or forged (RFC 9293 3.5, figure 8).
func (e *evidence) answer(i int) (answered, refused bool) {
	s := &e.list[i]
	if !s.opens() {
		return false, false
	}
	for j := i + 1; j < len(e.list); j++ {
		switch d := &e.list[j]; {
		case d.from != s.from:
			answered = answered || d.ctl.Has(tcp.SYN|tcp.ACK) && d.ack == s.seq+1
		case answered && d.ctl.Has(tcp.RST) && !d.ctl.Has(tcp.ACK) && d.seq == s.seq+1:
			return true, true
		case answered && d.ctl.Has(tcp.ACK) && d.seq == s.seq+1:
			return true, false
		}
	}
	return answered, false
}

// fate follows a segment: it was lost if it was sent again before anything showed its
// arrival, and it had not arrived when its receiver sent what contradicts that.
func (e *evidence) fate(i int) fate {
	s, f := &e.list[i], fate{after: -1, proof: -1}
	last := i
	for j := i + 1; j < len(e.list) && e.epoch[j] == e.epoch[i]; j++ {
		d := &e.list[j]
		switch {
		case d.from == s.from:
			if s.takes() && again(d, s) {
				f.lost = true
				return f
			}
		case contradicts(d, s):
			if last = j; !s.takes() {
				f.lost = true
				return f
			}
		case s.takes() && proves(d, s):
			f.after, f.proof = last, j
			if s.opens() && d.ctl.Has(tcp.SYN|tcp.ACK) {
				f.after = j - 1 // a SYN is answered at once
			}
			return f
		}
	}
	if !s.takes() {
		f.after = i
	}
	return f
}

// again reports whether d carries what s carried. A SYN,ACK is no second SYN: both are
// sent in a simultaneous open.
func again(d, s *segment) bool {
	return d.takes() && (d.ctl^s.ctl)&(tcp.SYN|tcp.ACK) == 0 && reached(d.seq, s.seq) && !reached(d.end, s.seq)
}

// contradicts reports whether the receiver of s, when it sent d, cannot have had s.
func contradicts(d, s *segment) bool {
	switch {
	case d.ctl.Has(tcp.RST):
		return false
	case s.opens():
		return d.opens() // else it had answered SYN,ACK
	case s.takes() && !s.ctl.Has(tcp.SYN) && d.ctl.Has(tcp.ACK) && d.ack == s.seq:
		return true // it still waits for s
	case !s.ctl.Has(tcp.ACK) || !d.takes():
		return false
	case s.ctl.Has(tcp.RST):
		return d.opens() && d.seq+1 == s.ack
	case d.ctl.Has(tcp.SYN):
		return d.seq+1 == s.ack
	}
	probe := d.end-d.seq == 1 && !d.ctl.Has(tcp.FIN) // a keep-alive repeats an octet on purpose (3.8.4)
	return reached(d.end, s.ack) && !probe
}

// proves reports whether the receiver of s, when it sent d, must have had s.
func proves(d, s *segment) bool {
	switch {
	case !d.ctl.Has(tcp.ACK):
		return d.ctl.Has(tcp.RST) && s.ctl.Has(tcp.ACK) && d.seq == s.ack // a RST that answers s (3.10.7.1)
	case s.opens() && d.ctl&(tcp.SYN|tcp.RST) != 0:
		return d.ack == s.seq+1 || d.ack == s.end
	case s.opens(): // a synchronized end answers it with an ACK alone (3.10.7.4 fourth)
		return !d.takes()
	default:
		return reached(s.end, d.ack)
	}
}

// end is what is inferred of one end.
type end struct {
	state           tcp.State
	sends, receives bool // the numbers of that direction are known
	begun, heard    bool // so are ISS and IRS
	iss, una, nxt   uint32
	irs, rcv        uint32
	sndWnd, rcvWnd  uint32
	windows         [2]bool // whether sndWnd and rcvWnd are known
	fin             uint32  // the number behind the FIN that it has sent
	closed, ended   bool    // it has sent a FIN, it has got one
	passive         bool
	shift           int // of the windows that it sends
}

// move follows the first pair of states that begins with the present one.
func (e *end) move(pairs ...tcp.State) {
	for i := 0; i < len(pairs); i += 2 {
		if e.state == pairs[i] {
			e.state = pairs[i+1]
			return
		}
	}
}

// is reports whether the state is one of those.
func (e *end) is(states ...tcp.State) bool { return slices.Contains(states, e.state) }

// observer walks the segments with what is known of both ends.
type observer struct {
	*evidence
	trace *handshake.Trace
	ends  [2]end
}

// infer writes the steps of a trace, and the states that its peers begin in.
func infer(t *handshake.Trace, list []segment) {
	o := &observer{evidence: examine(list), trace: t}
	o.begin()
	arrivals := make([][]int, len(list))
	for _, opening := range []bool{false, true} { // last what the next segment answers
		for i, f := range o.fates {
			if f.after >= 0 && list[i].opens() == opening {
				arrivals[f.after] = append(arrivals[f.after], i)
			}
		}
	}
	for i := range list {
		s := &list[i]
		o.step(i, s.at, handshake.Depart, s.from, nil, o.depart)
		if o.fates[i].lost {
			o.drop(i)
		}
		for _, k := range arrivals[i] {
			why := []handshake.Why{shown}
			if o.fates[k].proof < 0 {
				why = []handshake.Why{assumed}
			}
			o.step(k, s.at, handshake.Arrive, 1-list[k].from, why, o.arrive)
		}
	}
}

// begin infers the states before the first segment. A capture that begins in the midst
// is of a connection that was made before.
func (o *observer) begin() {
	first := &o.list[0]
	sender, receiver := &o.ends[first.from], &o.ends[1-first.from]
	sender.shift, receiver.shift = -1, -1
	switch {
	case first.opens():
		for i := range o.list {
			if s := &o.list[i]; s.from != first.from && !s.ctl.Has(tcp.RST) {
				if s.ctl.Has(tcp.SYN | tcp.ACK) {
					receiver.state = tcp.Listen
				}
				break
			}
		}
	case first.ctl.Has(tcp.SYN | tcp.ACK):
		sender.state, receiver.state = tcp.SynReceived, tcp.SynSent
		sender.passive = true
		receiver.begun, receiver.iss = true, first.ack-1
		receiver.sends, receiver.una, receiver.nxt = true, first.ack-1, first.ack
	case !first.ctl.Has(tcp.RST):
		sender.state, receiver.state = tcp.Established, tcp.Established
		receiver.sends, receiver.una, receiver.nxt = first.ctl.Has(tcp.ACK), first.ack, first.ack
		receiver.receives, receiver.rcv = true, first.seq
	}
	for i := range o.ends {
		o.trace.Peers[i].State = o.ends[i].state.String()
		if o.ends[i].state != tcp.Closed {
			o.trace.Peers[i].On = on
		}
	}
}

// step records what a segment's departure or arrival made of an end.
func (o *observer) step(i int, at time.Duration, verb handshake.Verb, peer int, why []handshake.Why, do func(int, *end, *end)) {
	s, e := &o.list[i], &o.ends[peer]
	was := *e
	do(i, e, &o.ends[1-peer])
	if was.state != e.state {
		why = append(why, inferred)
	}
	c := handshake.Choice{Verb: verb, Peer: names[peer], Packet: i + 1, What: s.label}
	step := handshake.Step{
		N: len(o.trace.Steps) + 1, At: at, Peer: names[peer], On: on, Kind: handshake.Kind(verb), Packet: i + 1, Label: s.label,
		Before: was.state.String(), After: e.state.String(),
		Vars: changes(segmentVars(s), &was, e), Why: why, Choice: c.String(),
	}
	if verb == handshake.Depart {
		step.Wire, step.IP, step.Fields = s.wire, s.ip, s.fields
	}
	o.trace.Steps = append(o.trace.Steps, step)
}

func (o *observer) drop(i int) {
	s := &o.list[i]
	c := handshake.Choice{Verb: handshake.Drop, Peer: names[1-s.from], Packet: i + 1, What: s.label}
	o.trace.Steps = append(o.trace.Steps, handshake.Step{
		N: len(o.trace.Steps) + 1, At: s.at, Peer: handshake.WirePeer, Kind: handshake.KindDrop, Packet: i + 1, Label: s.label,
		Why: []handshake.Why{resent}, Choice: c.String(),
	})
}

// depart infers what an end did that sends segment i: it opened, closed or gave up.
func (o *observer) depart(i int, e, peer *end) {
	s := &o.list[i]
	switch {
	case s.opens():
		if !o.own[i] || o.epoch[i] == o.epochBefore(i) && !e.is(tcp.Closed, tcp.Listen, tcp.SynSent) {
			return // forged, or nobody ever took it for an opening
		}
		*e = end{state: tcp.SynSent, sends: true, begun: true, iss: s.seq, una: s.seq, nxt: s.end, shift: s.shift}
		return
	case s.ctl.Has(tcp.RST):
		if s.seq == e.nxt && e.sends && !e.is(tcp.SynSent) {
			*e = end{state: tcp.Closed, shift: -1}
		}
		return
	case e.is(tcp.Closed, tcp.Listen):
		return // it does not know the connection either
	case s.ctl.Has(tcp.SYN) && !e.begun:
		e.begun, e.iss, e.shift = true, s.seq, s.shift
		e.sends, e.una, e.nxt = true, s.seq, s.end
	case s.ctl.Has(tcp.SYN) && s.seq != e.iss:
		return
	}
	if !e.sends {
		e.sends, e.una, e.nxt = true, s.seq, s.seq
	}
	if reached(e.nxt, s.end) {
		e.nxt = s.end
	}
	e.rcvWnd, e.windows[1] = s.wnd<<o.scale(s), true
	if s.ctl.Has(tcp.FIN) {
		e.closed, e.fin = true, s.end
		e.move(tcp.SynReceived, tcp.FinWait1, tcp.Established, tcp.FinWait1, tcp.CloseWait, tcp.LastAck)
	}
	if s.ctl.Has(tcp.ACK) && peer.sends && reached(s.ack, peer.nxt) && (!e.receives || reached(e.rcv, s.ack)) {
		e.receives, e.rcv = true, s.ack // what it acknowledges it has
		e.end(peer)
	}
}

// epochBefore is the connection that segment i-1 belongs to.
func (o *observer) epochBefore(i int) int { return o.epoch[max(i-1, 0)] }

// scale is the shift of a segment's window: both ends must have offered one, and that
// of a SYN is never scaled (RFC 7323 2.2).
func (o *observer) scale(s *segment) int {
	if s.ctl.Has(tcp.SYN) || min(o.ends[0].shift, o.ends[1].shift) < 0 {
		return 0
	}
	return o.ends[s.from].shift
}

// end takes note of the peer's FIN once everything before it is there.
func (e *end) end(peer *end) {
	if !e.ended && peer.closed && reached(peer.fin, e.rcv) {
		e.ended = true
		e.move(tcp.SynReceived, tcp.CloseWait, tcp.Established, tcp.CloseWait, tcp.FinWait1, tcp.Closing, tcp.FinWait2, tcp.TimeWait)
	}
}

// arrive infers what segment i did to its receiver.
func (o *observer) arrive(i int, e, peer *end) {
	s := &o.list[i]
	switch {
	case s.opens():
		o.syn(i, e)
		return
	case s.ctl.Has(tcp.RST):
		o.reset(i, e)
		return
	case e.is(tcp.Closed, tcp.Listen):
		return
	case o.refused(i):
		if !e.is(tcp.SynSent) {
			*e = end{state: tcp.Closed, shift: -1}
		}
		return
	case !s.ctl.Has(tcp.ACK) || e.sends && !reached(s.ack, e.nxt):
		return // 3.10.7.4 fifth: it acknowledges what was never sent
	case e.is(tcp.SynSent):
		if !s.ctl.Has(tcp.SYN) || !e.answers(s) {
			return
		}
		e.state = tcp.Established
	}
	o.take(s, e)
	e.end(peer)
}

// take reads the numbers of a segment that fits: its acknowledgment, and its text.
func (o *observer) take(s *segment, e *end) {
	if s.ctl.Has(tcp.SYN) && !e.heard {
		e.heard, e.irs = true, s.seq
		e.receives, e.rcv = true, s.seq+1
	}
	if e.sends && reached(e.una, s.ack) {
		e.una = s.ack
		e.sndWnd, e.windows[0] = s.wnd<<o.scale(s), true
	}
	if e.begun && e.answers(s) {
		e.move(tcp.SynReceived, tcp.Established)
	}
	if e.closed && reached(e.fin, s.ack) {
		e.move(tcp.FinWait1, tcp.FinWait2, tcp.Closing, tcp.TimeWait, tcp.LastAck, tcp.Closed)
	}
	if e.receives && reached(s.seq, e.rcv) && reached(e.rcv, s.end) {
		e.rcv = s.end
	}
}

// syn infers what a SYN did, from its answer: with a SYN,ACK the end takes part.
func (o *observer) syn(i int, e *end) {
	s := &o.list[i]
	answer := o.fates[i].proof
	if answer < 0 || !o.list[answer].ctl.Has(tcp.SYN|tcp.ACK) {
		return
	}
	switch {
	case e.is(tcp.SynSent): // 3.5, figure 7
		e.state = tcp.SynReceived
	case e.is(tcp.Closed, tcp.Listen, tcp.TimeWait):
		*e = end{state: tcp.SynReceived, passive: true, shift: -1}
	default:
		return
	}
	e.heard, e.irs, e.receives, e.rcv = true, s.seq, true, s.seq+1
	e.sndWnd, e.windows[0] = s.wnd, true
}

// reset obeys a RST that sits exactly at what is expected next (3.10.7.4 second), unless
// its receiver goes on as if there had been none.
func (o *observer) reset(i int, e *end) {
	s := &o.list[i]
	switch {
	case e.is(tcp.SynSent):
		if s.ctl.Has(tcp.ACK) && e.answers(s) {
			*e = end{state: tcp.Closed, shift: -1}
		}
	case e.is(tcp.Closed, tcp.Listen) || !e.receives || s.seq != e.rcv || o.goesOn(i):
	case e.is(tcp.SynReceived) && e.passive:
		*e = end{state: tcp.Listen, shift: -1}
	default:
		*e = end{state: tcp.Closed, shift: -1}
	}
}

// goesOn reports whether the receiver of segment i next sends what only a connection does.
func (o *observer) goesOn(i int) bool {
	for j := i + 1; j < len(o.list); j++ {
		if d := &o.list[j]; d.from != o.list[i].from {
			return d.ctl&(tcp.SYN|tcp.RST) == 0
		}
	}
	return false
}

// answers reports whether a segment acknowledges the SYN (3.10.7.3 first).
func (e *end) answers(s *segment) bool {
	return s.ack != e.iss && reached(e.iss, s.ack) && reached(s.ack, e.nxt)
}

// refused reports whether segment i was answered by a RST: its receiver knows of no
// such connection (3.10.7.1), or no longer takes anything.
func (o *observer) refused(i int) bool {
	proof := o.fates[i].proof
	return proof >= 0 && o.list[proof].ctl.Has(tcp.RST)
}

// segmentVars are the variables of a segment itself (RFC 9293 3.3.1).
func segmentVars(s *segment) []handshake.Var {
	vars := []handshake.Var{number("SEG.SEQ", s.seq, "seq"), number("SEG.LEN", s.end-s.seq, "seq")}
	if s.ctl.Has(tcp.ACK) {
		vars = append(vars, number("SEG.ACK", s.ack, "seq"))
	}
	return vars
}

func number(name string, value uint32, unit string) handshake.Var {
	return handshake.Var{Name: name, Value: strconv.FormatUint(uint64(value), 10), Unit: unit}
}

// changes appends the variables of an end that differ; an end that is CLOSED has none.
func changes(vars []handshake.Var, was, now *end) []handshake.Var {
	for _, v := range []struct {
		known, knew bool
		name        string
		was, now    uint32
		unit        string
	}{
		{now.begun, was.begun, "ISS", was.iss, now.iss, "seq"},
		{now.sends, was.sends, "SND.UNA", was.una, now.una, "seq"},
		{now.sends, was.sends, "SND.NXT", was.nxt, now.nxt, "seq"},
		{now.windows[0], was.windows[0], "SND.WND", was.sndWnd, now.sndWnd, "B"},
		{now.heard, was.heard, "IRS", was.irs, now.irs, "seq"},
		{now.receives, was.receives, "RCV.NXT", was.rcv, now.rcv, "seq"},
		{now.windows[1], was.windows[1], "RCV.WND", was.rcvWnd, now.rcvWnd, "B"},
	} {
		if v.known && (!v.knew || v.was != v.now) && now.state != tcp.Closed {
			vars = append(vars, number(v.name, v.now, v.unit))
		}
	}
	return vars
}
