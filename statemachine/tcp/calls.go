package tcp

import "time"

// open is RFC 9293 3.10.1.
func (o *Outcome) open(e *Open) {
	t := &o.TCB
	switch t.State {
	case Closed:
		switch {
		case e.Active && !e.Remote:
			o.tell(openUnspecified, RemoteUnspecified)
		case e.NoRoom:
			o.tell(openNoRoom, InsufficientResources)
		case e.Active:
			*t = TCB{}
			t.Remote, t.Settings = true, e.Settings
			t.RCV.WND = t.buffer()
			o.fire(openActive)
			o.synchronize(e.ISS, e.Now)
		default:
			*t = TCB{}
			t.State, t.Passive, t.Remote, t.Settings = Listen, true, e.Remote, e.Settings
			t.RCV.WND = t.buffer()
			o.fire(openPassive)
		}
	case Listen:
		switch {
		case !e.Active:
			o.tell(openExists, ConnectionExists)
		case !e.Remote:
			o.tell(openUnspecified, RemoteUnspecified)
		default:
			o.fire(openListening)
			o.synchronize(e.ISS, e.Now)
		}
	case SynSent, SynReceived, Established, FinWait1, FinWait2, CloseWait, Closing, LastAck, TimeWait:
		o.tell(openExists, ConnectionExists)
	}
}

// synchronize makes the connection active: it sends a SYN and enters SYN-SENT.
func (o *Outcome) synchronize(iss uint32, now time.Duration) {
	t := &o.TCB
	t.begin(iss, now)
	t.State, t.Passive = SynSent, false
	o.sendSYN()
	t.startTimers(now)
}

// begin sets the send variables for a SYN with the number iss. SND.UP and Push
// start behind it, where nothing is urgent or pushed. The SYN is the first segment
// that is timed.
func (t *TCB) begin(iss uint32, now time.Duration) {
	t.ISS = iss
	t.SND = SendSequence{UNA: iss, NXT: iss + 1, UP: iss + 1}
	t.Push = iss + 1
	t.RTO = initialRTO
	t.clock(iss, now)
}

// sendCall is RFC 9293 3.10.2.
func (o *Outcome) sendCall(e Send) {
	t := &o.TCB
	switch t.State {
	case Closed:
		o.tell(sendNotExist, ConnectionNotExist)
	case Listen:
		switch {
		case !t.Remote:
			o.tell(sendUnspecified, RemoteUnspecified)
		case len(e.Text) > sendBuffer:
			o.tell(sendNoRoom, InsufficientResources)
		default:
			o.fire(sendListening)
			o.synchronize(e.ISS, e.Now)
			t.queue(e)
		}
	case SynSent, SynReceived, Established, CloseWait:
		switch {
		case t.FinQueued:
			o.tell(sendClosing, ConnectionClosing)
		case len(t.Queue)+len(e.Text) > sendBuffer:
			o.tell(sendNoRoom, InsufficientResources)
		default:
			t.queue(e)
			o.segmentize(e.Now)
		}
	case FinWait1, FinWait2, Closing, LastAck, TimeWait:
		o.tell(sendClosing, ConnectionClosing)
	}
}

// queue remembers the text of a SEND. SND.UP becomes the number behind it if it
// is urgent (MUST-62).
func (t *TCB) queue(e Send) {
	t.Queue += e.Text
	end := t.SND.NXT - t.sent() + uint32(len(t.Queue))
	if e.Push {
		t.Push = end
	}
	if e.Urgent {
		t.SND.UP = end
	}
}

// segmentize sends what the window allows, once the connection is ESTABLISHED.
func (o *Outcome) segmentize(now time.Duration) {
	t := &o.TCB
	if t.synOutstanding() {
		o.fire(sendQueued)
		return
	}
	o.transmit(now, nothingOwed)
	switch {
	case len(o.Segments) > 0 || t.sent() == uint32(len(t.Queue)):
		o.fire(sendText)
	case t.flight() >= t.SND.WND:
		o.fire(sendWaits)
	case t.flight() >= t.Congestion.CWND:
		o.fire(sendWaitsForNetwork)
	default:
		o.fire(sendHeldBack)
	}
}

// receive is RFC 9293 3.10.3.
func (o *Outcome) receive(e Receive) {
	t := &o.TCB
	switch t.State {
	case Closed:
		o.tell(receiveNotExist, ConnectionNotExist)
	case Listen, SynSent, SynReceived:
		o.wait(receiveQueued)
	case Established, FinWait1, FinWait2:
		if t.Unread == 0 {
			o.wait(receiveWaits)
			return
		}
		o.fire(receiveText)
		o.take(e.Octets)
	case CloseWait:
		if t.Unread == 0 {
			o.tell(receiveClosing, ConnectionClosing)
			return
		}
		o.fire(receiveRest)
		o.take(e.Octets)
	case Closing, LastAck, TimeWait:
		o.tell(receiveClosing, ConnectionClosing)
	}
}

// wait queues a RECEIVE.
func (o *Outcome) wait(r Rule) {
	if o.TCB.Receives == maxReceives {
		o.tell(receiveNoRoom, InsufficientResources)
		return
	}
	o.TCB.Receives++
	o.fire(r)
}

// take gives octets to the user. The peer is told of the room that this makes
// only when it is worth a segment, to avoid the silly window syndrome (RFC 9293
// 3.8.6.2.2), and not after its FIN, since nothing more can come.
func (o *Outcome) take(octets uint32) {
	t := &o.TCB
	was := t.RCV.WND
	t.Unread -= min(octets, t.Unread)
	t.openReceiveWindow()
	if before(t.RCV.NXT-t.Unread, t.RCV.UP) {
		o.Signals |= UrgentData
	}
	opened := was < t.rmss() && t.RCV.WND >= t.rmss() || t.RCV.WND-was >= t.buffer()/2
	if opened && t.State != CloseWait {
		o.fire(windowReopened)
		o.sendACK()
	}
}

// openReceiveWindow moves the window's right edge on, but not for a few octets: RFC 9293
// 3.8.6.2.2.
func (t *TCB) openReceiveWindow() {
	free := t.buffer() - min(t.Unread, t.buffer())
	if before(t.RCV.WND, free) && free-t.RCV.WND >= min(t.buffer()/2, t.rmss()) {
		t.RCV.WND = free
	}
}

// closeCall is RFC 9293 3.10.4.
func (o *Outcome) closeCall(e Close) {
	t := &o.TCB
	switch t.State {
	case Closed:
		o.tell(closeNotExist, ConnectionNotExist)
	case Listen:
		o.tell(closeListening, ConnectionClosing)
		o.deleteTCB()
	case SynSent:
		o.tell(closeSynSent, ConnectionClosing)
		o.deleteTCB()
	case SynReceived:
		if t.Queue != "" || t.FinQueued {
			t.FinQueued = true
			o.fire(closeQueued)
			return
		}
		o.fire(closeSynReceived)
		o.finWait1(e.Now)
	case Established:
		if t.sent() < uint32(len(t.Queue)) {
			o.fire(closeBehindText)
		} else {
			o.fire(closeEstablished)
		}
		o.finWait1(e.Now)
	case FinWait1, FinWait2:
		o.tell(closeAgain, ConnectionClosing)
	case CloseWait:
		o.closeInCloseWait(e.Now)
	case Closing, LastAck, TimeWait:
		o.tell(closeClosing, ConnectionClosing)
	}
}

// finWait1 queues the FIN behind the text and enters FIN-WAIT-1 in any case.
func (o *Outcome) finWait1(now time.Duration) {
	o.TCB.State, o.TCB.FinQueued = FinWait1, true
	o.transmit(now, nothingOwed)
}

// closeInCloseWait enters LAST-ACK once the FIN is sent, not before.
func (o *Outcome) closeInCloseWait(now time.Duration) {
	t := &o.TCB
	if t.FinQueued {
		o.tell(closeClosing, ConnectionClosing)
		return
	}
	t.FinQueued = true
	o.transmit(now, nothingOwed)
	if t.FinSent {
		o.fire(closeCloseWait)
	} else {
		o.fire(closeWaits)
	}
}

// abort is RFC 9293 3.10.5. The signal goes to the calls that wait.
func (o *Outcome) abort() {
	t := &o.TCB
	switch t.State {
	case Closed:
		o.tell(abortNotExist, ConnectionNotExist)
		return
	case Listen:
		o.tell(abortListening, ConnectionReset)
	case SynSent:
		o.tell(abortSynSent, ConnectionReset)
	case SynReceived, Established, FinWait1, FinWait2, CloseWait:
		o.tell(abortReset, ConnectionReset)
		o.emit(RST, t.SND.NXT, 0, 0)
	case Closing, LastAck, TimeWait:
		o.fire(abortOK)
	}
	o.deleteTCB()
}

// status is RFC 9293 3.10.6: the answer is the state and the TCB, which the
// Outcome holds anyway.
func (o *Outcome) status() {
	switch o.TCB.State {
	case Closed:
		o.tell(statusNotExist, ConnectionNotExist)
	case Listen:
		o.fire(statusListen)
	case SynSent:
		o.fire(statusSynSent)
	case SynReceived:
		o.fire(statusSynReceived)
	case Established:
		o.fire(statusEstablished)
	case FinWait1:
		o.fire(statusFinWait1)
	case FinWait2:
		o.fire(statusFinWait2)
	case CloseWait:
		o.fire(statusCloseWait)
	case Closing:
		o.fire(statusClosing)
	case LastAck:
		o.fire(statusLastAck)
	case TimeWait:
		o.fire(statusTimeWait)
	}
}
