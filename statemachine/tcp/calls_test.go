package tcp

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// RFC 9293 3.10.1, CLOSED: "A SYN segment of the form <SEQ=ISS><CTL=SYN> is sent.
// Set SND.UNA to ISS, SND.NXT to ISS+1, enter SYN-SENT state".
func TestOpenActive(t *testing.T) {
	o := Step(TCB{}, Open{Now: now, ISS: 1<<32 - 1, Active: true, Remote: true})
	require.Equal(t, []string{"<SEQ=4294967295><CTL=SYN>"}, labels(o.Segments))
	require.Equal(t, uint32(1<<32-1), o.TCB.SND.UNA)
	require.Equal(t, uint32(0), o.TCB.SND.NXT)
	require.False(t, o.TCB.Passive)
	require.Equal(t, Timers{Retransmission: now + initialRTO, User: now + userTimeLimit}, o.TCB.Timers)
}

// RFC 9293 3.10.1, LISTEN: "change the connection from passive to active".
func TestOpenTurnsListenerActive(t *testing.T) {
	o := Step(in(Listen), Open{ISS: iss, Active: true, Remote: true})
	require.False(t, o.TCB.Passive)
	require.Equal(t, SynSent, o.TCB.State)

	o = Step(in(Listen), Open{})
	require.Equal(t, ConnectionExists, o.Signals)
	require.Equal(t, in(Listen), o.TCB)
}

// RFC 9293 3.10.2, LISTEN: "If there is no room to queue the request, respond
// with 'error: insufficient resources'."
func TestSendInListen(t *testing.T) {
	o := Step(reachable(Listen), Send{Now: now, ISS: iss, Text: "hello"})
	require.Equal(t, "hello", o.TCB.Queue)
	require.Equal(t, []string{"<SEQ=4294967293><CTL=SYN>"}, labels(o.Segments))

	o = Step(reachable(Listen), Send{Text: strings.Repeat("x", sendBuffer+1)})
	require.Equal(t, InsufficientResources, o.Signals)
	require.Equal(t, reachable(Listen), o.TCB)
}

// RFC 9293 3.10.2: "Segmentize the buffer"; 3.7.1, MUST-15: 536 octets where no option
// says otherwise; 3.9.1.2, SHLD-28: segments as large as may be. PSH stands on the last
// segment of a pushed SEND only.
func TestSendSegmentizes(t *testing.T) {
	o := Step(in(Established), Send{Now: now, Text: strings.Repeat("x", 1200), Push: true})
	require.Equal(t, []string{
		"<SEQ=4294967294><ACK=4294967295><DATA=536><CTL=ACK>",
		"<SEQ=534><ACK=4294967295><DATA=536><CTL=ACK>",
		"<SEQ=1070><ACK=4294967295><DATA=128><CTL=PSH,ACK>",
	}, labels(o.Segments))
	require.Equal(t, now+initialRTO, o.TCB.Timers.Retransmission)
}

// RFC 9293 3.8.6: what lies beyond SND.UNA+SND.WND waits until the window opens.
func TestSendStaysInsideTheWindow(t *testing.T) {
	tcb := narrow(in(Established), 3)
	o := Step(tcb, Send{Now: now, Text: "hello", Push: true})
	require.Equal(t, []string{"<SEQ=4294967294><ACK=4294967295><DATA=3><CTL=ACK>"}, labels(o.Segments))

	full := Step(o.TCB, Send{Now: now, Text: "!"})
	require.Empty(t, full.Segments)
	require.Equal(t, []Rule{sendWaits}, full.Rules)

	o = Step(o.TCB, arrive(next(o.TCB, ACK, "")))
	require.Equal(t, []Rule{ackNew, windowUpdated}, o.Rules)
	require.Equal(t, []string{"<SEQ=1><ACK=4294967295><DATA=2><CTL=PSH,ACK>"}, labels(o.Segments))
}

// RFC 9293 3.8.6.2.1: the usable window is SND.UNA+SND.WND-SND.NXT.
func TestSendCountsWhatIsInFlight(t *testing.T) {
	tcb := narrow(in(Established), 5)
	tcb.SND.MAX = 3 // two octets are no silly segment then
	o := then(tcb, Send{Now: now, Text: "hel"}, Send{Now: now, Text: "lo, you"})
	require.Equal(t, []string{"<SEQ=1><ACK=4294967295><DATA=2><CTL=ACK>"}, labels(o.Segments))
	require.Equal(t, "lo", o.Segments[0].Text)
}

// RFC 9293 3.10.2: "If the URGENT flag is set, then SND.UP <- SND.NXT and set
// the urgent pointer" (3.8.5, MUST-30); MUST-62: it points behind the urgent data.
func TestSendUrgent(t *testing.T) {
	o := Step(in(Established), Send{Now: now, Text: "hello", Urgent: true})
	require.Equal(t, []string{"<SEQ=4294967294><ACK=4294967295><DATA=5><CTL=URG,ACK>"}, labels(o.Segments))
	require.Equal(t, uint16(5), o.Segments[0].UP)
	require.Equal(t, o.TCB.SND.NXT, o.TCB.SND.UP)

	o = Step(o.TCB, Send{Now: now, Text: "!"})
	require.False(t, o.Segments[0].CTL.Has(URG), "not urgent any more")
}

// RFC 9293 3.10.2: a SEND after the CLOSE that waits for ESTABLISHED comes too late.
func TestSendAfterQueuedClose(t *testing.T) {
	o := then(in(SynReceived), Send{Text: "hello"}, Close{}, Send{Text: "again"})
	require.Equal(t, ConnectionClosing, o.Signals)
	require.Equal(t, "hello", o.TCB.Queue)
}

// RFC 9293 3.10.3: text goes to the RECEIVE that waits, or stays unread and
// closes the window (3.10.7.4 seventh: "adjusts RCV.WND").
func TestReceive(t *testing.T) {
	tcb := then(in(Established), Receive{Now: now, Octets: 10}).TCB
	require.Equal(t, uint8(1), tcb.Receives)
	o := Step(tcb, arrive(next(tcb, ACK, "hello")))
	require.Equal(t, "hello", o.Text)
	require.Equal(t, uint8(0), o.TCB.Receives)
	require.Equal(t, uint32(0), o.TCB.Unread)
	require.Equal(t, uint16(65530), o.Segments[0].WND, "five octets do not move the right edge")

	o = Step(o.TCB, arrive(next(o.TCB, ACK, "again")))
	require.Equal(t, uint32(5), o.TCB.Unread)
	require.Equal(t, uint16(65525), o.Segments[0].WND)
	o = Step(o.TCB, Receive{Octets: 2})
	require.Equal(t, uint32(3), o.TCB.Unread)
	require.Equal(t, uint32(65525), o.TCB.RCV.WND)
	require.Empty(t, o.Segments, "two octets are not worth a segment")
	o = Step(o.TCB, Receive{Octets: 10})
	require.Equal(t, uint32(0), o.TCB.Unread)
}

// RFC 9293 3.8.6.2.2: the window is advanced in steps worth a segment.
func TestReceiveReopensTheWindow(t *testing.T) {
	tcb := unread(Established, 65535)
	require.Equal(t, uint32(0), tcb.RCV.WND)
	o := Step(tcb, Receive{Octets: defaultMSS - 1})
	require.Empty(t, o.Segments)
	o = Step(o.TCB, Receive{Octets: 1})
	require.Equal(t, []Rule{receiveText, windowReopened}, o.Rules)
	require.Equal(t, uint16(defaultMSS), o.Segments[0].WND)
	o = Step(o.TCB, Receive{Octets: receiveBuffer / 2})
	require.Len(t, o.Segments, 1, "half the buffer")

	o = Step(unread(CloseWait, 65000), Receive{Octets: 65000})
	require.Empty(t, o.Segments, "nothing more can come")
}

// RFC 9293 3.10.3: "If RCV.UP is in advance of the data currently being passed to
// the user, notify the user of the presence of urgent data." So he learns whether more of
// it remains (3.8.5, MUST-33).
func TestReceiveTellsOfUrgentData(t *testing.T) {
	tcb := in(Established)
	s := next(tcb, ACK|URG, "hello")
	s.UP = 5
	o := Step(tcb, arrive(s))
	require.Equal(t, UrgentData, o.Signals)
	o = Step(o.TCB, Receive{Octets: 4})
	require.Equal(t, UrgentData, o.Signals)
	o = Step(o.TCB, Receive{Octets: 1})
	require.Zero(t, o.Signals)
}

// RFC 9293 3.10.4, SYN-RECEIVED: "form a FIN segment and send it, and enter
// FIN-WAIT-1"; the SYN stays at the front of the queue.
func TestCloseInSynReceived(t *testing.T) {
	o := Step(crossed(), Close{Now: now})
	require.Equal(t, FinWait1, o.TCB.State)
	require.Equal(t, []string{"<SEQ=4294967294><ACK=4294967295><CTL=FIN,ACK>"}, labels(o.Segments))
	again := Step(o.TCB, RetransmissionTimeout{Now: now})
	require.Equal(t, []Rule{retransmitSYNACK}, again.Rules)

	half := Step(o.TCB, arrive(from(o.TCB.RCV.NXT, iss+1, ACK, "")))
	require.Equal(t, FinWait1, half.TCB.State, "the SYN is acknowledged, the FIN is not")
	require.Equal(t, []Rule{retransmitFIN}, Step(half.TCB, RetransmissionTimeout{Now: now}).Rules)
	o = Step(o.TCB, arrive(next(o.TCB, ACK, "")))
	require.Equal(t, FinWait2, o.TCB.State)
}

// RFC 9293 3.10.4, SYN-RECEIVED: "otherwise, queue for processing after entering
// ESTABLISHED state."
func TestCloseQueuedUntilEstablished(t *testing.T) {
	o := then(in(SynReceived), Send{Now: now, Text: "hello"}, Close{Now: now})
	require.Equal(t, SynReceived, o.TCB.State)
	o = Step(o.TCB, arrive(next(o.TCB, ACK, "")))
	require.Equal(t, []Rule{synReceivedACK, closeProcessed}, o.Rules)
	require.Equal(t, FinWait1, o.TCB.State)
	require.Equal(t, []string{
		"<SEQ=4294967294><ACK=4294967295><DATA=5><CTL=ACK>",
		"<SEQ=3><ACK=4294967295><CTL=FIN,ACK>",
	}, labels(o.Segments))
}

// RFC 9293 3.10.4, CLOSE-WAIT: "Queue this request until all preceding SENDs have
// been segmentized; then send a FIN segment, enter LAST-ACK state."
func TestCloseBehindText(t *testing.T) {
	o := Step(behindShutWindow(CloseWait), Close{Now: now})
	require.Equal(t, CloseWait, o.TCB.State)
	require.Empty(t, o.Segments)
	require.Equal(t, ConnectionClosing, Step(o.TCB, Close{Now: now}).Signals)
	o = Step(o.TCB, arrive(from(o.TCB.RCV.NXT, o.TCB.SND.NXT, ACK, "")))
	require.Equal(t, []Rule{windowUpdated, closeProcessed}, o.Rules)
	require.Equal(t, LastAck, o.TCB.State)
	require.Len(t, o.Segments, 2)

	o = Step(behindShutWindow(Established), Close{Now: now})
	require.Equal(t, FinWait1, o.TCB.State, "in any case")
	require.Empty(t, o.Segments)
	o = Step(o.TCB, arrive(from(o.TCB.RCV.NXT, o.TCB.SND.NXT, FIN|ACK, "")))
	require.Equal(t, Closing, o.TCB.State)
	require.Len(t, o.Segments, 2, "text, then FIN: the ACK rides on them")
}

// RFC 9293 3.10.5: "Send a reset segment: <SEQ=SND.NXT><CTL=RST> ... Delete the TCB".
func TestAbort(t *testing.T) {
	tcb := sending(Established)
	o := Step(tcb, Abort{})
	require.Equal(t, []string{"<SEQ=3><CTL=RST>"}, labels(o.Segments))
	require.Equal(t, ConnectionReset, o.Signals)
	require.Equal(t, TCB{}, o.TCB)
}

// RFC 9293 3.10.6: STATUS changes nothing.
func TestStatus(t *testing.T) {
	for _, s := range States {
		o := Step(in(s), Status{Now: now})
		require.Equal(t, in(s), o.TCB)
		require.Len(t, o.Rules, 1)
		require.Empty(t, o.Segments)
	}
}
