package tcp

import "time"

// debt says how soon an acknowledgment is owed.
type debt uint8

const (
	nothingOwed debt = iota
	owedSoon         // it may wait for company (RFC 9293 3.8.6.3)
	owedNow
)

// usable is how many octets the next segment may carry: what waits, within the send
// window, the congestion window and the MSS; none if it is better to wait.
func (t *TCB) usable() uint32 {
	unsent, flight, network := uint32(len(t.Queue))-t.sent(), t.flight(), t.flight()
	if t.Congestion.Phase == Recovery && t.Agreed.SACK {
		network = t.pipe()
	}
	if unsent == 0 || flight >= t.SND.WND || network >= t.Congestion.CWND {
		return 0
	}
	n := min(unsent, t.SND.WND-flight, t.Congestion.CWND-network, t.effective())
	if t.holdsBack(n, unsent) {
		return 0
	}
	return n
}

// holdsBack is Nagle's algorithm, and the sender's part in avoiding silly windows (RFC
// 9293 3.7.4, 3.8.6.2.1): a segment leaves if it is full; or takes all that waits; or
// fills half of the largest window seen. The last two wait for all that is on its way to be
// acknowledged, unless the user has switched that off.
func (t *TCB) holdsBack(n, unsent uint32) bool {
	switch {
	case n == t.effective():
		return false
	case t.flight() > 0 && !t.Settings.NoDelay:
		return true
	default:
		return n < unsent && n < t.SND.MAX/2
	}
}

// pay sends the acknowledgment that is owed, if no segment of this step brought it.
func (o *Outcome) pay(owed debt, now time.Duration) {
	t := &o.TCB
	last := len(o.Segments) - 1
	switch {
	case owed == nothingOwed || last >= 0 && o.Segments[last].ACK == t.RCV.NXT && o.Segments[last].CTL.Has(ACK):
	case owed == owedSoon && t.Settings.DelayACK && t.RCV.NXT-t.LastACK < 2*t.rmss():
		o.fire(ackDelayed)
		if t.Timers.DelayedACK == 0 {
			t.Timers.DelayedACK = now + t.profile().delayedACK
		}
	default:
		o.sendACK()
	}
}

// delayedACKTimeout is RFC 9293 3.8.6.3: an ACK waits less than 0.5 s.
func (o *Outcome) delayedACKTimeout() {
	if o.TCB.Timers.DelayedACK == 0 {
		o.fire(delayedACKNothing)
		return
	}
	o.fire(delayedACKOver)
	o.sendACK()
}

// waits reports whether text waits and no answer to anything on its way will let it go:
// the window is shut, or so small that a segment would be silly.
func (t *TCB) waits() bool {
	switch t.State {
	case Established, FinWait1, CloseWait, Closing, LastAck:
		if t.Queue == "" || t.synOutstanding() {
			return false
		}
		return t.SND.WND == 0 || t.flight() == 0 && t.sent() < uint32(len(t.Queue))
	case Closed, Listen, SynSent, SynReceived, FinWait2, TimeWait:
	}
	return false
}

// overrideTimeout is how long a segment that would be silly waits at most: 0.1 to 1 s
// (RFC 9293 3.8.6.2.1).
const overrideTimeout = 500 * time.Millisecond

// startPersist starts the persist timer, which takes the retransmission timer's place: for
// the first time after an RTO, then after twice the time (SHLD-29, SHLD-30).
func (t *TCB) startPersist(now time.Duration) {
	t.Timers.Retransmission = 0
	if t.Timers.Persist != 0 {
		return
	}
	if t.SND.WND != 0 {
		t.Timers.Persist = now + overrideTimeout
		return
	}
	t.Timers.Persist = now + min(t.RTO<<min(t.Probes, 10), t.profile().maxRTO)
}

// persistTimeout is RFC 9293 3.8.6.1: a shut window is probed with one octet that does not
// fit, so that its answer tells the window; and 3.8.6.2.1: a small one is used after all.
func (o *Outcome) persistTimeout(now time.Duration) {
	t := &o.TCB
	t.Timers.Persist = 0
	switch {
	case !t.waits():
		o.fire(persistNothing)
		return
	case t.SND.WND != 0:
		o.fire(overridesSilly)
		n := min(uint32(len(t.Queue)), t.SND.WND, t.Congestion.CWND, t.effective())
		t.clock(t.SND.NXT, now)
		o.sendText(t.SND.NXT, 0, n)
		t.SND.NXT += n
	default:
		o.fire(probesWindow)
		o.sendText(t.SND.UNA, 0, 1)
		t.SND.NXT = later(t.SND.NXT, t.SND.UNA+1)
		t.forget()
		t.Probes = min(t.Probes, 254) + 1
		if t.Timers.User == 0 {
			t.Timers.User = now + or(t.Settings.Timeout, userTimeLimit)
		}
	}
	t.startTimers(now)
}

// reopen goes on sending where a window was shut: the probe's octet, which may have been
// refused, goes again with what follows it.
func (o *Outcome) reopen() {
	t := &o.TCB
	t.Probes, t.Timers.Persist = 0, 0
	if t.flight() == 0 || t.Queue == "" {
		return
	}
	n := min(uint32(len(t.Queue)), t.SND.WND, t.effective())
	t.forget()
	o.sendText(t.SND.UNA, 0, n)
	t.SND.NXT = later(t.SND.NXT, t.SND.UNA+n)
}

// startKeepAlive begins the interval in which a connection has been idle (RFC 9293 3.8.4).
func (t *TCB) startKeepAlive(now time.Duration) {
	t.Timers.KeepAlive = 0
	if t.keepsAlive() {
		t.Timers.KeepAlive = now + or(t.Settings.KeepAliveIdle, keepAliveIdle)
	}
}

func (t *TCB) keepsAlive() bool {
	return t.Settings.KeepAlive && (t.State == Established || t.State == CloseWait)
}

// keepAliveTimeout is RFC 9293 3.8.4: an idle connection is probed with the number before
// SND.NXT, which the other end must answer. One lost probe ends nothing (MUST-29).
func (o *Outcome) keepAliveTimeout(now time.Duration) {
	t := &o.TCB
	switch {
	case !t.keepsAlive():
		o.fire(keepAliveNothing)
	case t.SND.UNA != t.SND.NXT: // not idle: MUST-26
		o.fire(keepAliveBusy)
		t.startKeepAlive(now)
	case t.Probes >= or(t.Settings.KeepAliveProbes, keepAliveProbes):
		o.tell(keepAliveFails, UserTimeoutAbort)
		o.emit(RST, t.SND.NXT, 0, 0)
		o.deleteTCB()
	default:
		o.fire(keepAliveProbe)
		t.Probes++
		o.emit(ACK, t.SND.NXT-1, t.RCV.NXT, t.window())
		t.Timers.KeepAlive = now + or(t.Settings.KeepAliveInterval, keepAliveInterval)
	}
}
