package tcp

import (
	"slices"
	"time"
)

// Bounds and intervals, each with its reason.
const (
	// sendBuffer bounds the octets of Queue: what one window without scaling can
	// have in flight (RFC 9293 3.1, window field).
	sendBuffer = 65535
	// maxReceives bounds the RECEIVE calls that wait: far more than one program,
	// which blocks in its first, can issue.
	maxReceives = 16

	// msl is the maximum segment lifetime (RFC 9293 3.4.2).
	msl = 2 * time.Minute
)

// Step takes o.TCB through one event, in place, and leaves in o what became of
// it. It reuses the arrays of Segments and Rules: take them before the next step.
func (o *Outcome) Step(e Event) {
	o.Segments, o.Rules = o.Segments[:0], o.Rules[:0]
	o.Text, o.Signals, o.again = "", 0, 0
	switch e := e.(type) { // e.Now is asked for in each case: through the interface, the event would be copied to the heap
	case SegmentArrives:
		o.now = e.Now
		o.segmentArrives(&e)
	case Open:
		o.now = e.Now
		o.open(&e)
	case Send:
		o.now = e.Now
		o.sendCall(e)
	case Receive:
		o.now = e.Now
		o.receive(e)
	case Close:
		o.now = e.Now
		o.closeCall(e)
	case Abort:
		o.now = e.Now
		o.abort()
	case Status:
		o.now = e.Now
		o.status()
	case UserTimeout:
		o.now = e.Now
		o.userTimeout()
	case RetransmissionTimeout:
		o.now = e.Now
		o.retransmissionTimeout(e)
	case TimeWaitTimeout:
		o.now = e.Now
		o.timeWaitTimeout()
	case PersistTimeout:
		o.now = e.Now
		o.persistTimeout(e.Now)
	case DelayedACKTimeout:
		o.now = e.Now
		o.delayedACKTimeout()
	case KeepAliveTimeout:
		o.now = e.Now
		o.keepAliveTimeout(e.Now)
	case Set:
		o.now = e.Now
		o.set(e)
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

// emit sends a segment, with the options that all carry, and gives it for what else it
// says: it is made where it stays, for a copy costs more than the step's arithmetic. One
// that acknowledges tells of all that has come.
func (o *Outcome) emit(ctl CTL, seq, ack uint32, wnd uint16) *Segment {
	n := len(o.Segments)
	o.Segments = slices.Grow(o.Segments, 1)[:n+1]
	s := &o.Segments[n]
	*s = Segment{}
	s.SEQ, s.ACK, s.WND, s.CTL = seq, ack, wnd, ctl
	if a := &o.TCB.Agreed; (a.Timestamps || a.SACK) && !ctl.Has(SYN) {
		o.TCB.carried(&s.Options, o.now)
	}
	if ctl.Has(ACK) && !ctl.Has(RST) {
		o.TCB.LastACK, o.TCB.Timers.DelayedACK = ack, 0
	}
	return s
}

// sendSYN, sendSYNACK, sendACK, sendFIN and sendText send the forms of RFC 9293 3.10.

func (o *Outcome) sendSYN() {
	t := &o.TCB
	t.offer(&o.emit(SYN, t.ISS, 0, t.firstWindow()).Options, o.now)
}

func (o *Outcome) sendSYNACK() {
	t := &o.TCB
	t.answer(&o.emit(SYN|ACK, t.ISS, t.RCV.NXT, t.firstWindow()).Options, o.now)
}

func (o *Outcome) sendACK() {
	t := &o.TCB
	o.emit(ACK, t.SND.NXT, t.RCV.NXT, t.window())
}

func (o *Outcome) sendFIN(seq uint32) {
	t := &o.TCB
	o.emit(FIN|ACK, seq, t.RCV.NXT, t.window())
}

// sendText sends n octets of Queue, from octet i on, whose number is seq.
func (o *Outcome) sendText(seq, i, n uint32) {
	t := &o.TCB
	s := o.emit(ACK, seq, t.RCV.NXT, t.window())
	s.Text = t.Queue[i : i+n]
	if before(seq, t.Push) && !before(seq+n, t.Push) {
		s.CTL |= PSH
	}
	if before(seq, t.SND.UP) {
		s.CTL |= URG
		s.UP = uint16(min(t.SND.UP-seq, 65535))
	}
}

// resetFor answers a segment that belongs to no connection (RFC 9293 3.10.7.1).
func (o *Outcome) resetFor(seg *Segment) {
	if seg.CTL.Has(ACK) {
		o.emit(RST, seg.ACK, 0, 0)
		return
	}
	o.emit(RST|ACK, 0, seg.SEQ+seg.LEN(), 0)
}

// deleteTCB enters CLOSED, where there is no TCB.
func (o *Outcome) deleteTCB() { o.TCB = TCB{} }

// flush returns a connection to LISTEN as the passive OPEN left it (3.10.7.4
// second). The user is not told, so his RECEIVEs wait on.
func (t *TCB) flush() {
	*t = TCB{
		State: Listen, Passive: true, Remote: t.Remote, Receives: t.Receives, Settings: t.Settings,
		RCV: ReceiveSequence{WND: t.buffer()},
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

// transmit sends what may be sent: queued text within the windows, then a queued
// FIN (3.10.4). An acknowledgment that is owed rides on the first segment, or
// goes alone (3.10.7.4 seventh), at once or a little later (3.8.6.3).
func (o *Outcome) transmit(now time.Duration, owed debt) {
	t := &o.TCB
	switch t.State {
	case Established, FinWait1, CloseWait, Closing, LastAck:
		t.idle(now)
		o.retransmit(now)
		first := t.SND.NXT
		if !o.sendQueue() {
			t.clock(first, now)
			t.LastSent = now
		}
	case Closed, Listen, SynSent, SynReceived, FinWait2, TimeWait:
	}
	o.pay(owed, now)
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
// unacknowledged and they do not run (RFC 6298 5.1), or the persist timer when text waits
// and nothing on its way will bring an answer (RFC 9293 3.8.6.1).
func (t *TCB) startTimers(now time.Duration) {
	if t.waits() {
		t.startPersist(now)
		return
	}
	t.Timers.Persist = 0
	if t.SND.NXT == t.SND.UNA {
		return
	}
	if t.Timers.Retransmission == 0 {
		t.Timers.Retransmission = now + t.RTO
	}
	if t.Timers.User == 0 {
		t.Timers.User = now + or(t.Settings.Timeout, userTimeLimit)
	}
}

// startTimeWait enters TIME-WAIT and turns off the other timers (3.10.7.4 eighth).
func (t *TCB) startTimeWait(now time.Duration) {
	t.State = TimeWait
	t.Timers = Timers{TimeWait: now + t.profile().timeWait}
}
