package tcp

import "time"

// Bounds and intervals, each with its reason.
const (
	// sendMSS is the default send MSS: no option tells another (RFC 9293 3.7.1, MUST-15).
	sendMSS = 536
	// sendBuffer bounds the octets of Queue: what one window without scaling can
	// have in flight (RFC 9293 3.1, window field).
	sendBuffer = 65535
	// receiveBuffer is the largest window that the header can say (RFC 9293 3.1).
	receiveBuffer = 65535
	// maxReceives bounds the RECEIVE calls that wait: far more than one program,
	// which blocks in its first, can issue.
	maxReceives = 16

	// userTimeLimit is how long text may stay unacknowledged (RFC 9293 3.9.1.1, OPEN).
	userTimeLimit = 5 * time.Minute
	// msl is the maximum segment lifetime (RFC 9293 3.4.2).
	msl = 2 * time.Minute
)

// Step takes o.TCB through one event, in place, and leaves in o what became of
// it. It reuses the arrays of Segments and Rules: take them before the next step.
func (o *Outcome) Step(e Event) {
	o.Segments, o.Rules = o.Segments[:0], o.Rules[:0]
	o.Text, o.Signals = "", 0
	switch e := e.(type) {
	case SegmentArrives:
		o.segmentArrives(&e)
	case Open:
		o.open(e)
	case Send:
		o.sendCall(e)
	case Receive:
		o.receive(e)
	case Close:
		o.closeCall(e)
	case Abort:
		o.abort()
	case Status:
		o.status()
	case UserTimeout:
		o.userTimeout()
	case RetransmissionTimeout:
		o.retransmissionTimeout(e)
	case TimeWaitTimeout:
		o.timeWaitTimeout()
	}
}

// Sequence numbers are compared modulo 2^32 (RFC 9293 3.4).

func before(a, b uint32) bool { return int32(a-b) < 0 }

// within reports first =< n < first+length.
func within(first, n, length uint32) bool { return n-first < length }

func later(a, b uint32) uint32 {
	if before(a, b) {
		return b
	}
	return a
}

func (o *Outcome) fire(r Rule) { o.Rules = append(o.Rules, r) }

// tell is a rule that tells the user something.
func (o *Outcome) tell(r Rule, s Signals) {
	o.fire(r)
	o.Signals |= s
}

func (o *Outcome) emit(s Segment) { o.Segments = append(o.Segments, s) }

// sendSYN, sendSYNACK, sendACK, sendFIN and sendText send the forms of RFC 9293 3.10.

func (o *Outcome) sendSYN() {
	o.emit(Segment{SEQ: o.TCB.ISS, WND: uint16(o.TCB.RCV.WND), CTL: SYN})
}

func (o *Outcome) sendSYNACK() {
	t := &o.TCB
	o.emit(Segment{SEQ: t.ISS, ACK: t.RCV.NXT, WND: uint16(t.RCV.WND), CTL: SYN | ACK})
}

func (o *Outcome) sendACK() {
	t := &o.TCB
	o.emit(Segment{SEQ: t.SND.NXT, ACK: t.RCV.NXT, WND: uint16(t.RCV.WND), CTL: ACK})
}

func (o *Outcome) sendFIN(seq uint32) {
	t := &o.TCB
	o.emit(Segment{SEQ: seq, ACK: t.RCV.NXT, WND: uint16(t.RCV.WND), CTL: FIN | ACK})
}

// sendText sends n octets of Queue, from octet i on, whose number is seq.
func (o *Outcome) sendText(seq, i, n uint32) {
	t := &o.TCB
	s := Segment{SEQ: seq, ACK: t.RCV.NXT, WND: uint16(t.RCV.WND), CTL: ACK, Text: t.Queue[i : i+n]}
	if before(seq, t.Push) && !before(seq+n, t.Push) {
		s.CTL |= PSH
	}
	if before(seq, t.SND.UP) {
		s.CTL |= URG
		s.UP = uint16(min(t.SND.UP-seq, 65535))
	}
	o.emit(s)
}

// resetFor answers a segment that belongs to no connection (RFC 9293 3.10.7.1).
func (o *Outcome) resetFor(seg *Segment) {
	if seg.CTL.Has(ACK) {
		o.emit(Segment{SEQ: seg.ACK, CTL: RST})
		return
	}
	o.emit(Segment{ACK: seg.SEQ + seg.LEN(), CTL: RST | ACK})
}

// deleteTCB enters CLOSED, where there is no TCB.
func (o *Outcome) deleteTCB() { o.TCB = TCB{} }

// flush returns a connection to LISTEN as the passive OPEN left it (3.10.7.4
// second). The user is not told, so his RECEIVEs wait on.
func (t *TCB) flush() {
	*t = TCB{
		State: Listen, Passive: true, Remote: t.Remote, Receives: t.Receives,
		RCV: ReceiveSequence{WND: receiveBuffer},
	}
}

// synOutstanding reports that our SYN is not acknowledged yet. A CLOSE in
// SYN-RECEIVED carries that into the states behind it (3.10.4): there, the SYN is
// what is outstanding beyond Queue and FIN.
func (t *TCB) synOutstanding() bool {
	switch t.State {
	case SynSent, SynReceived:
		return true
	case FinWait1, Closing:
		beyond := t.SND.NXT - t.SND.UNA - uint32(len(t.Queue))
		return int32(beyond) > 1 || int32(beyond) == 1 && !t.FinSent
	case Closed, Listen, Established, FinWait2, CloseWait, LastAck, TimeWait:
	}
	return false
}

// sent counts the octets of Queue that were sent.
func (t *TCB) sent() uint32 {
	if t.FinSent {
		return uint32(len(t.Queue))
	}
	if t.synOutstanding() {
		return 0
	}
	return t.SND.NXT - t.SND.UNA
}

// usable is how many octets may be sent now: what waits, within the window
// SND.UNA+SND.WND-SND.NXT and the MSS (RFC 9293 3.8.6.2.1).
func (t *TCB) usable() uint32 {
	inFlight := t.SND.NXT - t.SND.UNA
	if inFlight >= t.SND.WND {
		return 0
	}
	return min(uint32(len(t.Queue))-t.sent(), t.SND.WND-inFlight, sendMSS)
}

// transmit sends what may be sent: queued text within the window, then a queued
// FIN (3.10.4). An acknowledgment that is owed rides on the first segment, or
// goes alone (3.10.7.4 seventh).
func (o *Outcome) transmit(now time.Duration, owed bool) {
	t := &o.TCB
	switch t.State {
	case Established, FinWait1, CloseWait, Closing, LastAck:
		first := t.SND.NXT
		if !o.sendQueue() {
			t.clock(first, now)
			owed = false
		}
	case Closed, Listen, SynSent, SynReceived, FinWait2, TimeWait:
	}
	if owed {
		o.sendACK()
	}
	t.startTimers(now)
}

// sendQueue sends text, then the FIN. It reports that nothing could be sent.
func (o *Outcome) sendQueue() (idle bool) {
	t := &o.TCB
	idle = true
	for n := t.usable(); n > 0; n = t.usable() {
		o.sendText(t.SND.NXT, t.sent(), n)
		t.SND.NXT += n
		idle = false
	}
	if !t.FinQueued || t.sent() < uint32(len(t.Queue)) {
		return idle
	}
	o.sendFIN(t.SND.NXT)
	t.SND.NXT++
	t.FinQueued, t.FinSent = false, true
	if t.State == CloseWait {
		t.State = LastAck
	}
	return false
}

// startTimers starts the retransmission and the user timer when something is
// unacknowledged and they do not run (RFC 6298 5.1).
func (t *TCB) startTimers(now time.Duration) {
	if t.SND.NXT == t.SND.UNA {
		return
	}
	if t.Timers.Retransmission == 0 {
		t.Timers.Retransmission = now + t.RTO
	}
	if t.Timers.User == 0 {
		t.Timers.User = now + userTimeLimit
	}
}

// startTimeWait enters TIME-WAIT and turns off the other timers (3.10.7.4 eighth).
func (t *TCB) startTimeWait(now time.Duration) {
	t.State = TimeWait
	t.Timers = Timers{TimeWait: now + 2*msl}
}
