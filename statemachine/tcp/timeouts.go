package tcp

// userTimeout is RFC 9293 3.10.8, USER TIMEOUT. The reset that 3.8.3 allows is
// not sent: 3.10.8 names none.
func (o *Outcome) userTimeout() {
	if o.TCB.State == Closed {
		o.fire(userTimeoutClosed)
		return
	}
	o.tell(userTimeoutAborts, UserTimeoutAbort)
	o.deleteTCB()
}

// retransmissionTimeout is RFC 9293 3.10.8: the segment at the front of the
// retransmission queue goes again, and the timer starts with twice the time (RFC
// 6298 5.4 to 5.6).
func (o *Outcome) retransmissionTimeout(e RetransmissionTimeout) {
	t := &o.TCB
	if t.SND.NXT == t.SND.UNA {
		o.fire(retransmitNothing)
		return
	}
	switch {
	case t.State == SynSent:
		o.fire(retransmitSYN)
		o.sendSYN()
	case t.synOutstanding():
		o.fire(retransmitSYNACK)
		o.sendSYNACK()
	case t.Queue != "":
		o.fire(t.retransmitTextRule())
		o.sendText(t.SND.UNA, 0, min(t.sent(), t.effective()))
	case t.State == FinWait1:
		o.fire(retransmitFIN)
		o.sendFIN(t.SND.UNA)
	default:
		o.fire(retransmitLastFIN)
		o.sendFIN(t.SND.UNA)
	}
	t.lose()
	t.Retransmissions = min(t.Retransmissions, 254) + 1 // it stops counting, never wraps
	if t.Retransmissions == r1 {
		o.tell(deliveryProblem, DeliveryProblem)
	}
	t.forget()
	t.backOff()
	t.Timers.Retransmission = e.Now + t.RTO
}

// r1 is how many retransmissions in vain are a problem that the user and IP should hear
// of (RFC 9293 3.8.3, R1; SHLD-10).
const r1 = 3

// timeWaitTimeout is RFC 9293 3.10.8, TIME-WAIT TIMEOUT.
func (o *Outcome) timeWaitTimeout() {
	if o.TCB.State != TimeWait {
		o.fire(timeWaitNotRunning)
		return
	}
	o.fire(timeWaitOver)
	o.deleteTCB()
}

func (t *TCB) retransmitTextRule() Rule {
	if t.State == CloseWait {
		return retransmitTextInCloseWait
	}
	return retransmitText
}
