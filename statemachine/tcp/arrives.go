package tcp

import (
	"math"
	"time"
)

// segmentArrives is RFC 9293 3.10.7.
func (o *Outcome) segmentArrives(e *SegmentArrives) {
	switch o.TCB.State {
	case Closed:
		o.closed(&e.Segment)
	case Listen:
		o.listen(e)
	case SynSent:
		o.synSent(&e.Segment, e.Now)
	case TimeWait:
		if e.Listening && o.TCB.reopens(&e.Segment) {
			o.beginAnew(e)
			return
		}
		o.otherStates(&e.Segment, e.Now)
	case SynReceived, Established, FinWait1, FinWait2, CloseWait, Closing, LastAck:
		o.otherStates(&e.Segment, e.Now)
	}
}

// reopens reports whether a segment may begin the connection anew: a SYN whose number, or
// whose timestamp if there are any, is above all that came before, so that the numbers of
// both incarnations cannot be mistaken for each other (RFC 9293 3.6.1, RFC 6191 2).
func (t *TCB) reopens(seg *Segment) bool {
	last, p := t.RCV.NXT-1, &seg.Options
	stamped := p.Timestamps && t.Settings.Stamp
	switch {
	case seg.CTL&(SYN|ACK|RST) != SYN:
		return false
	case stamped && t.Agreed.Timestamps && p.TSval != t.Agreed.TSRecent:
		return before(t.Agreed.TSRecent, p.TSval)
	case stamped && !t.Agreed.Timestamps:
		return true
	default:
		return before(last, seg.SEQ)
	}
}

// beginAnew begins a connection out of TIME-WAIT, as if in LISTEN, with a first number "larger
// than the largest sequence number it used on the previous connection incarnation".
func (o *Outcome) beginAnew(e *SegmentArrives) {
	t := &o.TCB
	was := Incarnation{SND: t.SND.NXT, RCV: t.RCV.NXT, TimeWait: t.Timers.TimeWait}
	o.fire(timeWaitReopened)
	t.Passive = true
	t.flush()
	e.ISS = later(e.ISS, was.SND)
	o.answerSYN(e)
	t.Was = was
}

// returnToTimeWait forgets a connection that began out of TIME-WAIT, and goes on with that.
// It reports false where there is nothing to return to.
func (o *Outcome) returnToTimeWait(now time.Duration) bool {
	t := &o.TCB
	was := t.Was
	if was.TimeWait <= now {
		return false
	}
	o.fire(resetToTimeWait)
	t.flush()
	t.State, t.FinSent = TimeWait, true
	t.ISS, t.SND.UNA, t.SND.NXT, t.SND.UP, t.Push = was.SND, was.SND, was.SND, was.SND, was.SND
	t.IRS, t.RCV.NXT, t.RCV.UP = was.RCV, was.RCV, was.RCV
	t.RTO, t.Timers.TimeWait = initialRTO, was.TimeWait
	t.openWindow()
	return true
}

// closed is RFC 9293 3.10.7.1.
func (o *Outcome) closed(seg *Segment) {
	switch {
	case seg.CTL.Has(RST):
		o.fire(closedRST)
	case seg.CTL.Has(ACK):
		o.fire(closedWithACK)
		o.resetFor(seg)
	default:
		o.fire(closedWithoutACK)
		o.resetFor(seg)
	}
	o.ignoreFIN(seg)
}

// ignoreFIN says that a FIN is not processed where SEG.SEQ cannot be validated
// (3.10.7.4 eighth).
func (o *Outcome) ignoreFIN(seg *Segment) {
	if seg.CTL.Has(FIN) {
		o.fire(finUnvalidated)
	}
}

// listen is RFC 9293 3.10.7.2.
func (o *Outcome) listen(e *SegmentArrives) {
	seg := &e.Segment
	switch {
	case seg.CTL.Has(RST): // first
		o.fire(listenRST)
		o.ignoreFIN(seg)
	case seg.CTL.Has(ACK): // second
		o.fire(listenACK)
		o.resetFor(seg)
		o.ignoreFIN(seg)
	case seg.CTL.Has(SYN): // third
		o.fire(listenSYN)
		o.answerSYN(e)
	default: // fourth
		o.fire(listenOther)
		o.ignoreFIN(seg)
	}
}

// answerSYN begins a connection in LISTEN by its third check.
func (o *Outcome) answerSYN(e *SegmentArrives) {
	o.TCB.State = SynReceived
	o.TCB.begin(e.ISS, e.Now)
	o.TCB.hear(&e.Segment, e.Now)
	o.TCB.keep(&e.Segment)
	o.sendSYNACK()
	o.TCB.startTimers(e.Now)
}

// hear sets the receive variables from the other end's SYN, and how large a segment may
// be: as large as it says, and as this end's own network takes (RFC 9293 3.7.1, MUST-16).
func (t *TCB) hear(seg *Segment, now time.Duration) {
	t.IRS = seg.SEQ
	t.RCV = ReceiveSequence{NXT: seg.SEQ + 1, WND: t.buffer(), UP: seg.SEQ + 1}
	t.agree(&seg.Options, now)
	t.SMSS = min(or(seg.Options.MSS, defaultMSS), or(t.Settings.MSS, math.MaxUint16))
}

// keep holds what came with a SYN until the state is ESTABLISHED.
func (t *TCB) keep(seg *Segment) {
	seg.skipSYN()
	if seg.LEN() > 0 || seg.CTL.Has(URG) {
		t.trim(seg)
		t.Held[0] = Held{SEQ: seg.SEQ, UP: seg.UP, CTL: seg.CTL & URG, FIN: seg.CTL.Has(FIN), Text: seg.Text}
	}
}

// skipSYN takes the SYN, whose number is the first, off the segment.
func (s *Segment) skipSYN() {
	s.CTL &^= SYN
	s.skip(1)
}

// skip makes the segment begin n numbers later and keeps its urgent pointer where it is.
func (s *Segment) skip(n uint32) {
	s.SEQ += n
	if uint32(s.UP) < n {
		s.UP, s.CTL = 0, s.CTL&^URG
	} else {
		s.UP -= uint16(n)
	}
}

// synSent is RFC 9293 3.10.7.3.
func (o *Outcome) synSent(seg *Segment, now time.Duration) {
	t := &o.TCB
	if seg.CTL.Has(ACK) && (!before(t.ISS, seg.ACK) || before(t.SND.NXT, seg.ACK)) { // first
		if seg.CTL.Has(RST) {
			o.fire(synSentBadACKWithRST)
		} else {
			o.fire(synSentBadACK)
			o.resetFor(seg)
		}
		o.ignoreFIN(seg)
		return
	}
	switch { // third, the security check, has nothing to compare: labels carry none
	case seg.CTL.Has(RST | ACK): // second
		o.tell(synSentReset, ConnectionReset)
		o.ignoreFIN(seg)
		o.deleteTCB()
	case seg.CTL.Has(RST):
		o.fire(synSentStrayRST)
		o.ignoreFIN(seg)
	case seg.CTL.Has(SYN): // fourth
		o.synMeetsSYN(seg, now)
	default: // fifth
		o.fire(synSentOther)
		o.ignoreFIN(seg)
	}
}

// synMeetsSYN is the fourth check of 3.10.7.3: a SYN,ACK completes our side, a
// bare SYN has crossed ours.
func (o *Outcome) synMeetsSYN(seg *Segment, now time.Duration) {
	t := &o.TCB
	t.hear(seg, now)
	t.setWindow(seg)
	if !seg.CTL.Has(ACK) {
		o.fire(synSentSYN)
		t.State = SynReceived
		t.keep(seg)
		o.sendSYNACK()
		t.forget() // our SYN's number has gone twice
		return
	}
	o.fire(synSentSYNACK)
	o.advance(seg.ACK, now)
	t.State = Established
	seg.skipSYN()
	t.trim(seg)
	o.urgTextFIN(seg, SynSent, now)
	o.settle(owedNow, now)
}
