package tcp

import (
	"math"
	"time"
)

// Congestion is what RFC 5681 keeps of a connection, with NewReno (RFC 6582).
type Congestion struct {
	CWND     uint32 // congestion window, octets; 0: not ESTABLISHED yet
	SSThresh uint32 // slow start threshold, octets; math.MaxUint32 before the first loss
	Recover  uint32 // SND.NXT when the last recovery began (RFC 6582 3.2)
	Resent   uint32 // in Loss: what lies before it has gone again
	Extra    uint32 // octets that limited transmit has sent: no part of FlightSize at the third duplicate (RFC 5681 3.2 step 2)
	DupACKs  uint8  // duplicate ACKs in a row
	Phase    Phase
}

// Phase says how a connection stands with the network.
type Phase uint8

// The phases.
const (
	Steady   Phase = iota // nothing is known to be lost
	Recovery              // fast recovery (RFC 5681 3.2)
	Loss                  // slow start after a retransmission timeout (RFC 5681 3.1)
)

// unlimited is ssthresh before the first loss: "arbitrarily high" (RFC 5681 3.1).
const unlimited = math.MaxUint32

// initialWindow is RFC 5681 3.1, IW: four segments at most, and 4380 octets.
func (t *TCB) initialWindow() uint32 {
	smss := t.smss()
	if n := or(t.Settings.Window, t.profile().initialSegments); n != 0 {
		return n * smss
	}
	switch {
	case smss > 2190:
		return 2 * smss
	case smss > 1095:
		return 3 * smss
	default:
		return 4 * smss
	}
}

// openWindow gives a connection that is ESTABLISHED now its windows. If the SYN had to go
// again, the first is one segment (RFC 5681 3.1).
func (t *TCB) openWindow() {
	t.Congestion = Congestion{CWND: t.initialWindow(), SSThresh: unlimited, Recover: t.ISS}
	if t.Retransmissions > 0 {
		t.Congestion.CWND = t.smss()
	}
}

// flight is FlightSize: the octets that are sent and not acknowledged (RFC 5681 2).
func (t *TCB) flight() uint32 { return t.SND.NXT - t.SND.UNA }

// halve sets ssthresh after a loss (RFC 5681 3.1, equation 4).
func (t *TCB) halve() {
	t.Congestion.SSThresh = max((t.flight()-t.Congestion.Extra)/2, 2*t.smss())
}

// grow is slow start below ssthresh and congestion avoidance from it on (RFC 5681 3.1,
// equations 2 and 3), for an ACK of so many octets.
func (o *Outcome) grow(octets uint32) {
	t := &o.TCB
	c, smss := &t.Congestion, t.smss()
	if c.CWND < c.SSThresh {
		c.CWND += min(octets, smss)
	} else {
		c.CWND += max(smss*smss/c.CWND, 1)
	}
	c.CWND = min(c.CWND, maxWindow)
}

// maxWindow is the largest window that can be: RFC 7323 2.3.
const maxWindow = 65535 << 14

// again says what is sent again once an arrival has been processed: only then does a
// segment acknowledge all that has come.
type again uint8

const (
	theFront        again = 1 << iota // the first segment that is not acknowledged
	afterTimeout                      // what the timeout has given up, as far as the window goes
	oneMore                           // a new segment for a duplicate ACK
	theHoles                          // what SACK blocks show to be lost
	afterShutWindow                   // what a probe has sent
)

// acknowledged is what an ACK of new octets means to the congestion window.
func (o *Outcome) acknowledged(octets uint32) {
	t := &o.TCB
	c := &t.Congestion
	c.DupACKs, c.Extra = 0, 0
	full := !before(t.SND.UNA, c.Recover)
	switch {
	case octets == 0 || c.CWND == 0:
	case c.Phase == Recovery && full: // RFC 6582 3.2 step 3
		o.fire(recoveryOver)
		c.CWND = min(c.SSThresh, max(t.flight(), t.smss())+t.smss())
		c.Phase = Steady
	case c.Phase == Recovery && t.Agreed.SACK:
		o.again |= theHoles
	case c.Phase == Recovery: // likewise: what a partial ACK asks for is lost, too
		o.fire(partialACK)
		o.again |= theFront
		c.CWND -= min(octets, c.CWND)
		if octets >= t.smss() {
			c.CWND += t.smss()
		}
		c.CWND = max(c.CWND, t.smss())
	case c.Phase == Loss && !full:
		o.grow(octets)
		o.again |= afterTimeout
	default:
		c.Phase = Steady
		o.grow(octets)
	}
}

// retransmit sends again what an arrival has asked for.
func (o *Outcome) retransmit(now time.Duration) {
	t := &o.TCB
	if o.again&theFront != 0 {
		t.Congestion.Resent = t.SND.UNA + o.sendAgain(t.SND.UNA, t.hole(t.SND.UNA).size(t.flight()))
		t.Timers.Retransmission = now + t.RTO
	}
	if o.again&afterTimeout != 0 {
		o.resend()
	}
	if o.again&theHoles != 0 {
		o.fillHoles()
	}
	if o.again&oneMore != 0 {
		o.limitedTransmit()
	}
	if o.again&afterShutWindow != 0 {
		o.reopen()
	}
}

// resend sends again what went before the timeout, as the window grows (RFC 5681 3.1).
func (o *Outcome) resend() {
	t := &o.TCB
	c := &t.Congestion
	c.Resent = later(c.Resent, t.SND.UNA)
	for before(c.Resent, c.Recover) && c.Resent-t.SND.UNA < c.CWND {
		n := o.sendAgain(c.Resent, t.flight())
		if n == 0 {
			return
		}
		c.Resent += n
	}
}

// sendAgain sends the segment with the number seq once more, no longer than most, and
// gives its length.
func (o *Outcome) sendAgain(seq, most uint32) uint32 {
	t := &o.TCB
	t.forget()
	i := seq - t.SND.UNA
	if n := min(t.sent()-min(i, t.sent()), t.effective(), most); n > 0 {
		o.sendText(seq, i, n)
		return n
	}
	if t.FinSent && seq+1 == t.SND.NXT {
		o.sendFIN(seq)
		return 1
	}
	return 0
}

// duplicate counts an ACK that acknowledges nothing new (RFC 5681 2): the first two let
// one new segment each leave (RFC 3042), the third has the lost one sent again.
func (o *Outcome) duplicate() {
	t := &o.TCB
	c := &t.Congestion
	if t.SND.UNA == t.SND.NXT || c.CWND == 0 {
		return
	}
	c.DupACKs = min(c.DupACKs, 254) + 1
	switch {
	case c.Phase == Recovery && t.Agreed.SACK:
		o.again |= theHoles
	case c.Phase == Recovery:
		o.fire(recoveryInflates)
		c.CWND = min(c.CWND+t.smss(), maxWindow)
	case c.Phase == Loss:
	case c.DupACKs < 3:
		o.again |= oneMore
	case c.DupACKs == 3 && before(c.Recover, t.SND.UNA): // else it may come from what went again: RFC 6582 3.2 step 1
		o.fire(fastRetransmit) // RFC 5681 3.2 steps 2 and 3
		t.halve()
		c.Phase, c.Recover = Recovery, t.SND.NXT
		o.again |= theFront
		if t.Agreed.SACK {
			c.CWND, c.Resent = c.SSThresh, t.SND.UNA // RFC 6675 5
			o.again |= theHoles
		} else {
			c.CWND = c.SSThresh + 3*t.smss()
		}
	}
}

// limitedTransmit is RFC 5681 3.2 step 1. What Nagle's algorithm holds back stays.
func (o *Outcome) limitedTransmit() {
	t := &o.TCB
	unsent := uint32(len(t.Queue)) - t.sent()
	n := min(unsent, t.effective())
	if n == 0 || t.holdsBack(n, unsent) || t.flight()+n > min(t.SND.WND, t.Congestion.CWND+2*t.smss()) {
		return
	}
	o.fire(limitedTransmit)
	o.sendText(t.SND.NXT, t.sent(), n)
	t.SND.NXT += n
	t.Congestion.Extra += n
}

// lose is what a retransmission timeout means to the congestion window: ssthresh is
// halved the first time that a segment goes again by the timer, and one segment may be on
// its way (RFC 5681 3.1).
func (t *TCB) lose() {
	c := &t.Congestion
	if c.CWND == 0 {
		return
	}
	if t.Retransmissions == 0 {
		t.halve()
	}
	c.CWND = t.smss()
	c.Phase, c.Recover, c.DupACKs = Loss, t.SND.NXT, 0
	c.Resent = t.SND.UNA + min(max(t.sent(), 1), t.effective())
	clear(t.Sacked[:]) // RFC 2018 8: the other end may have given them up
}

// idle is RFC 5681 4.1: after an RTO without sending, no more than the initial window.
func (t *TCB) idle(now time.Duration) {
	c := &t.Congestion
	if t.SND.UNA == t.SND.NXT && t.LastSent != 0 && now-t.LastSent > t.RTO {
		c.CWND = min(c.CWND, t.initialWindow())
	}
}
