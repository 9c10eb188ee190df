package tcp

import "time"

// otherStates is RFC 9293 3.10.7.4. Its third check, security, has nothing to compare.
func (o *Outcome) otherStates(seg *Segment, now time.Duration) {
	t := &o.TCB
	if t.Agreed.Timestamps && o.checkTimestamps(seg, now) {
		return
	}
	owed, ok := o.checkSequence(seg, now)
	switch {
	case !ok:
		return
	case seg.CTL.Has(RST):
		o.checkRST(seg, now)
		return
	case seg.CTL.Has(SYN):
		o.checkSYN(now)
		return
	case !seg.CTL.Has(ACK):
		o.withoutACK(owed)
		return
	}
	t.remember(seg, now)
	// The segment is tailored to the window only now: RST and SYN are judged by
	// the number that they came with.
	t.trim(seg)
	// A bare ACK takes no number, so none before it can be missed. To hold and
	// answer it would let two ends with gaps acknowledge each other for ever.
	if before(t.RCV.NXT, seg.SEQ) && seg.LEN() > 0 {
		o.hold(seg)
		return
	}
	o.inOrder(seg, owed, now)
}

// checkSequence is the first check: table 6. It reports whether to go on, and
// whether an acknowledgment is owed in any case.
func (o *Outcome) checkSequence(seg *Segment, now time.Duration) (owed debt, ok bool) {
	t := &o.TCB
	if t.repeatsSYN(seg) {
		o.fire(synTrimmed)
		seg.skipSYN()
		owed = owedNow
	}
	switch {
	case t.acceptable(seg):
		return owed, true
	case t.RCV.WND == 0 && seg.SEQ == t.RCV.NXT:
		// "If the RCV.WND is zero, no segments will be acceptable, but special
		// allowance should be made to accept valid ACKs, URGs, and RSTs."
		o.fire(zeroWindow)
		return owedNow, true
	case seg.CTL.Has(RST):
		o.fire(outsideRST)
		return nothingOwed, false
	case t.State == TimeWait && seg.CTL.Has(FIN|ACK) && seg.SEQ+seg.LEN() == t.RCV.NXT:
		// What the fifth check expects here is old by table 6: it must be met first.
		o.fire(finRetransmitted)
		t.startTimeWait(now)
	case before(seg.SEQ, t.RCV.NXT):
		o.fire(oldSegment)
	default:
		o.fire(outsideWindow)
	}
	o.sendACK()
	return nothingOwed, false
}

// repeatsSYN reports a SYN that was heard already, at IRS, in a segment that says
// something more. Table 6 would drop the SYN,ACK that ends a simultaneous open, yet
// figure 7 accepts it; trimming "any portions that lie outside the window
// (including SYN and FIN)" before the test gives the figure. A bare SYN is old.
func (t *TCB) repeatsSYN(seg *Segment) bool {
	return t.State == SynReceived && seg.CTL.Has(SYN) && !seg.CTL.Has(RST) &&
		seg.SEQ == t.IRS && (seg.CTL.Has(ACK) || seg.LEN() > 1)
}

// acceptable is table 6 of RFC 9293.
func (t *TCB) acceptable(seg *Segment) bool {
	length := seg.LEN()
	switch {
	case length == 0 && t.RCV.WND == 0:
		return seg.SEQ == t.RCV.NXT
	case t.RCV.WND == 0:
		return false
	case length == 0:
		return within(t.RCV.NXT, seg.SEQ, t.RCV.WND)
	}
	return within(t.RCV.NXT, seg.SEQ, t.RCV.WND) || within(t.RCV.NXT, seg.SEQ+length-1, t.RCV.WND)
}

// checkRST is the second check.
func (o *Outcome) checkRST(seg *Segment, now time.Duration) {
	t := &o.TCB
	switch {
	case seg.SEQ == t.RCV.NXT: // what it says is done, below
	case !within(t.RCV.NXT, seg.SEQ, t.RCV.WND): // table 6 took it for the text that it carries
		o.fire(outsideRST)
		return
	default:
		o.challenge(resetChallenged, now)
		return
	}
	switch t.State {
	case SynReceived:
		if o.returnToTimeWait(now) {
			return
		}
		if t.Passive {
			o.fire(resetToListen)
			t.flush()
			return
		}
		o.tell(resetRefused, ConnectionRefused)
	case Established, FinWait1, FinWait2, CloseWait:
		o.tell(resetEnds, ConnectionReset)
	case Closing, LastAck, TimeWait:
		o.fire(resetWhileClosing)
	case Closed, Listen, SynSent: // 3.10.7.1 to 3.10.7.3
	}
	o.deleteTCB()
}

// checkSYN is the fourth check.
func (o *Outcome) checkSYN(now time.Duration) {
	t := &o.TCB
	switch t.State {
	case SynReceived:
		if t.Passive {
			o.fire(synToListen)
			t.flush()
			return
		}
		o.challenge(synReceivedChallenge, now)
	case Established, FinWait1, FinWait2, CloseWait, Closing, LastAck:
		o.challenge(synChallenged, now)
	case TimeWait:
		o.challenge(synInTimeWait, now)
	case Closed, Listen, SynSent: // 3.10.7.1 to 3.10.7.3
	}
}

// challenge answers a doubtful segment with an ACK, which lets the other end prove what
// it meant. Not more of them leave in a while than the profile allows: who forges many
// segments would make as many ACKs (RFC 5961 7).
func (o *Outcome) challenge(r Rule, now time.Duration) {
	o.fire(r)
	t, p := &o.TCB, o.TCB.profile()
	if t.Challenges == 0 || now-t.Challenged >= p.challengeEvery {
		t.Challenged, t.Challenges = now, 0
	}
	if t.Challenges == p.challenges {
		o.fire(challengesLimited)
		return
	}
	t.Challenges++
	o.sendACK()
}

// withoutACK is how the fifth check begins.
func (o *Outcome) withoutACK(owed debt) {
	o.fire(ackOff)
	if owed != nothingOwed {
		o.sendACK()
	}
}

// trim tailors a segment to the window: what lies before RCV.NXT or behind the
// right edge goes, a FIN too (3.10.7.4 first).
func (t *TCB) trim(seg *Segment) {
	if before(seg.SEQ, t.RCV.NXT) {
		old := t.RCV.NXT - seg.SEQ
		if old > uint32(len(seg.Text)) {
			seg.Text, seg.CTL = "", seg.CTL&^FIN
		} else {
			seg.Text = seg.Text[old:]
		}
		seg.skip(old)
	}
	room := t.RCV.NXT + t.RCV.WND - seg.SEQ
	if uint32(len(seg.Text)) > room {
		seg.Text = seg.Text[:room]
	}
	if uint32(len(seg.Text)) == room {
		seg.CTL &^= FIN
	}
}

// hold keeps a segment that begins after RCV.NXT (SHLD-31) and acknowledges at
// once what is there, so that the sender learns of the gap (MAY-13).
func (o *Outcome) hold(seg *Segment) {
	t := &o.TCB
	place := -1
	for i := range t.Held {
		if h := &t.Held[i]; h.free() && place < 0 || !h.free() && h.SEQ == seg.SEQ {
			place = i
		}
	}
	if place < 0 {
		o.fire(heldNoRoom)
	} else {
		o.fire(held)
		copy(t.Held[1:place+1], t.Held[:place]) // the last to come stands first: RFC 2018 4
		t.Held[0] = Held{
			SEQ: seg.SEQ, ACK: seg.ACK, WND: seg.WND, UP: seg.UP,
			CTL: seg.CTL & (ACK | URG), FIN: seg.CTL.Has(FIN), Text: seg.Text,
		}
	}
	o.sendACK()
}

// free reports that nothing is held: what is held acknowledges, or has text, a FIN
// or an urgent pointer.
func (h *Held) free() bool { return h.CTL == 0 && !h.FIN && h.Text == "" }

// release takes a held segment that the gap before it no longer holds back, and reports
// whether there is one.
func (t *TCB) release(seg *Segment) bool {
	for i := range t.Held {
		h := &t.Held[i]
		if h.free() {
			break
		}
		if before(t.RCV.NXT, h.SEQ) {
			continue
		}
		*seg = Segment{SEQ: h.SEQ, ACK: h.ACK, WND: h.WND, UP: h.UP, CTL: h.CTL, Text: h.Text}
		if h.FIN {
			seg.CTL |= FIN
		}
		copy(t.Held[i:], t.Held[i+1:])
		t.Held[MaxHeld-1] = Held{}
		t.trim(seg)
		return true
	}
	return false
}

// inOrder takes the segment that begins at RCV.NXT, then those that it makes
// room for, through the fifth to the eighth check. All are processed before an
// acknowledgment is sent (MUST-59).
func (o *Outcome) inOrder(seg *Segment, owed debt, now time.Duration) {
	t := &o.TCB
	began := t.State
	if r, ok := t.acceptsACK(seg); !ok {
		o.challenge(r, now)
		return
	}
	if !o.checkACK(seg, now) {
		return
	}
	owed = max(o.urgTextFIN(seg, began, now), owed)
	for t.release(seg) {
		o.fire(heldProcessed)
		owed = owedNow // "that fills in all or part of a gap": RFC 5681 4.2
		if r, ok := t.acceptsACK(seg); !ok {
			o.fire(r)
			continue
		}
		// It ends nothing here: only SYN-RECEIVED and LAST-ACK can, and RCV.NXT, which
		// releases, moves in neither.
		if seg.CTL.Has(ACK) {
			o.checkACK(seg, now)
		}
		o.urgTextFIN(seg, began, now)
	}
	o.settle(owed, now)
}

// acceptsACK is the fifth check's "If the ACK acks something not yet sent", and that of
// RFC 5961 5: no acknowledgment can be older than the largest window that there was
// (MAY-12). It gives the rule by which the segment is done with but for the
// acknowledgment that it is owed.
func (t *TCB) acceptsACK(seg *Segment) (Rule, bool) {
	if !t.State.Synchronized() || !seg.CTL.Has(ACK) {
		return 0, true
	}
	switch {
	case before(t.SND.NXT, seg.ACK):
		return ackBeyond, false
	case before(seg.ACK, t.SND.UNA-t.SND.MAX):
		return ackTooOld, false
	}
	return 0, true
}

// checkACK is the rest of the fifth check. It reports whether to go on with the segment.
func (o *Outcome) checkACK(seg *Segment, now time.Duration) bool {
	t, fired := &o.TCB, len(o.Rules)
	switch t.State {
	case SynReceived:
		return o.checkACKOfSYN(seg, now)
	case Established, CloseWait:
		o.acknowledge(seg, now)
	case FinWait1:
		o.acknowledge(seg, now)
		if t.finAcknowledged() {
			o.fire(finAcknowledged)
			t.State = FinWait2
		}
	case FinWait2:
		o.acknowledge(seg, now)
		o.fire(closeAcknowledged)
	case Closing:
		o.acknowledge(seg, now)
		if t.finAcknowledged() {
			o.fire(closingAcknowledged)
			t.startTimeWait(now)
		} else {
			o.fire(closingIgnored) // checks six to eight ignore the rest
		}
	case LastAck:
		o.acknowledge(seg, now)
		if t.finAcknowledged() {
			o.fire(lastAckAcknowledged)
			o.deleteTCB()
			return false
		}
	case TimeWait:
		if !seg.CTL.Has(FIN) {
			o.fire(timeWaitIgnored)
		}
	case Closed, Listen, SynSent: // 3.10.7.1 to 3.10.7.3
	}
	if len(o.Rules) == fired && seg.LEN() == 0 {
		o.fire(ackDuplicate)
	}
	return true
}

// checkACKOfSYN is the fifth check in SYN-RECEIVED.
func (o *Outcome) checkACKOfSYN(seg *Segment, now time.Duration) bool {
	t := &o.TCB
	if !t.acceptableACK(seg.ACK) {
		o.fire(synReceivedBadACK)
		o.resetFor(seg)
		return false
	}
	o.fire(synReceivedACK)
	o.advance(seg.ACK, now)
	t.State, t.Was = Established, Incarnation{}
	t.setWindow(seg)
	return true
}

// setWindow takes over the window that a segment says.
func (t *TCB) setWindow(seg *Segment) {
	t.SND.WND, t.SND.WL1, t.SND.WL2 = uint32(seg.WND), seg.SEQ, seg.ACK
	if !seg.CTL.Has(SYN) {
		t.SND.WND <<= t.Agreed.SendShift // RFC 7323 2.3: a SYN's window is not scaled
	}
	t.SND.MAX = max(t.SND.MAX, t.SND.WND)
}

// acceptableACK is SND.UNA < SEG.ACK =< SND.NXT (RFC 9293 3.4).
func (t *TCB) acceptableACK(ack uint32) bool {
	return within(t.SND.UNA, ack-1, t.SND.NXT-t.SND.UNA)
}

// acknowledge is the fifth check's processing for ESTABLISHED, which the later
// states share.
func (o *Outcome) acknowledge(seg *Segment, now time.Duration) {
	t := &o.TCB
	if t.Agreed.SACK {
		t.score(seg)
	}
	switch {
	case t.acceptableACK(seg.ACK):
		o.advance(seg.ACK, now)
		if !t.finAcknowledged() {
			o.fire(ackNew)
		}
	case seg.ACK != t.SND.UNA:
		return // older than the window's last word
	case seg.LEN() == 0 && uint32(seg.WND)<<t.Agreed.SendShift == t.SND.WND && t.SND.WND != 0:
		o.duplicate()
	}
	if before(t.SND.WL1, seg.SEQ) || t.SND.WL1 == seg.SEQ && !before(seg.ACK, t.SND.WL2) {
		o.updateWindow(seg)
	}
}

// updateWindow is the fifth check's "the send window should be updated".
func (o *Outcome) updateWindow(seg *Segment) {
	t := &o.TCB
	was, edge := t.SND.WND, t.SND.WL2+t.SND.WND // where the window ended when it was last told
	t.setWindow(seg)
	if t.SND.WND != was && t.SND.WL2+t.SND.WND != edge {
		o.fire(windowUpdated)
	}
	switch {
	case t.SND.WND == 0:
		if was != 0 { // a small window's time may be running: a shut one's is an RTO (SHLD-29)
			t.Timers.Persist = 0
		}
		// What a shut window does not take does not time out (SHLD-17), "as long as the
		// receiving TCP peer continues to send acknowledgments" (MUST-37).
		t.Timers.User = 0
	case was == 0:
		o.again |= afterShutWindow
	}
}

// advance sets SND.UNA and takes what is acknowledged off the queue. The timers
// start again, or stop when all is acknowledged (RFC 6298 5.2, 5.3). Data begins
// with an RTO of 3 s if the SYN was repeated: this overrules the back-off (5.7).
func (o *Outcome) advance(ack uint32, now time.Duration) {
	t := &o.TCB
	octets := ack - t.SND.UNA
	if t.synOutstanding() {
		octets--
		if t.Retransmissions > 0 {
			t.RTO = lostSYNRTO
		}
		t.openWindow()
	}
	t.measure(ack, now)
	t.Queue = t.Queue[min(octets, uint32(len(t.Queue))):]
	t.SND.UNA = ack
	t.unmark()
	t.SND.UP, t.Push = later(t.SND.UP, ack), later(t.Push, ack)
	t.Retransmissions, t.Timers.Retransmission, t.Timers.User = 0, 0, 0
	o.acknowledged(octets)
	t.startTimers(now)
}

// finAcknowledged reports that our FIN was sent and is acknowledged.
func (t *TCB) finAcknowledged() bool { return t.FinSent && t.SND.UNA == t.SND.NXT }

// urgTextFIN is the sixth to the eighth check. It reports that an acknowledgment
// is owed.
func (o *Outcome) urgTextFIN(seg *Segment, began State, now time.Duration) (owed debt) {
	if seg.CTL.Has(URG) {
		o.checkURG(seg)
	}
	if seg.Text != "" {
		owed = o.segmentText(seg)
	}
	if seg.CTL.Has(FIN) {
		o.checkFIN(began, now)
		owed = owedNow
	}
	return owed
}

// checkURG is the sixth check. The user is told once for continuous urgent data.
func (o *Outcome) checkURG(seg *Segment) {
	t := &o.TCB
	switch t.State {
	case Established, FinWait1, FinWait2:
		o.fire(urgentAhead)
		consumed := t.RCV.NXT - t.Unread
		told := before(consumed, t.RCV.UP)
		t.RCV.UP = later(t.RCV.UP, seg.SEQ+uint32(seg.UP))
		if !told && before(consumed, t.RCV.UP) {
			o.Signals |= UrgentData
		}
	case CloseWait, Closing, LastAck, TimeWait:
		o.fire(urgentIgnored)
	case Closed, Listen, SynSent, SynReceived: // not reached
	}
}

// segmentText is the seventh check. It reports what acknowledgment is owed.
func (o *Outcome) segmentText(seg *Segment) debt {
	t := &o.TCB
	switch t.State {
	case Established, FinWait1, FinWait2:
		o.fire(textAccepted)
		t.RCV.NXT += uint32(len(seg.Text))
		t.RCV.WND -= uint32(len(seg.Text)) // the right edge stays: RFC 9293 3.8.6.2.2
		o.Text += seg.Text
		return owedSoon
	case CloseWait, Closing, LastAck, TimeWait:
		o.fire(textIgnored)
	case Closed, Listen, SynSent, SynReceived: // not reached
	}
	return nothingOwed
}

// checkFIN is the eighth check. RCV.NXT goes over the first FIN only: it ended
// the other end's numbers.
func (o *Outcome) checkFIN(began State, now time.Duration) {
	t := &o.TCB
	switch t.State {
	case Established:
		if began == SynReceived {
			o.fire(finInHandshake)
		} else {
			o.fire(finArrived)
		}
		t.State = CloseWait
	case FinWait1:
		o.fire(finToClosing)
		t.State = Closing
	case FinWait2:
		o.fire(finToTimeWait)
		t.startTimeWait(now)
	case CloseWait, Closing, LastAck:
		o.fire(finAgain)
		return
	case TimeWait:
		o.fire(finAgainInTimeWait)
		t.startTimeWait(now)
		return
	case Closed, Listen, SynSent, SynReceived: // not reached
	}
	t.RCV.NXT++
	o.Signals |= ConnectionClosing
}

// settle ends the processing of an arrival: the text goes to a waiting RECEIVE
// or stays unread, a CLOSE that waited is processed, and what can be sent is.
func (o *Outcome) settle(owed debt, now time.Duration) {
	t := &o.TCB
	switch {
	case o.Text == "":
	case t.Receives > 0:
		t.Receives--
	default:
		t.Unread += uint32(len(o.Text))
	}
	t.openReceiveWindow()
	if t.keepsAlive() {
		t.Probes = 0
		t.startKeepAlive(now)
	}
	if o.Signals&ConnectionClosing != 0 {
		t.Receives = 0
	}
	t.RCV.UP = later(t.RCV.UP, t.RCV.NXT-t.Unread)
	if t.FinQueued && t.State == Established {
		o.fire(closeProcessed)
		t.State = FinWait1
	}
	began := t.State
	o.transmit(now, owed)
	if t.State != began {
		o.fire(closeProcessed)
	}
}
