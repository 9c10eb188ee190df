package tcp

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// RFC 9293 3.10.7.2 third: "RCV.NXT to SEG.SEQ+1, IRS is set to SEG.SEQ ...
// SND.NXT is set to ISS+1 and SND.UNA to ISS."
func TestListenHearsSYN(t *testing.T) {
	o := Step(in(Listen), SegmentArrives{Now: now, ISS: 1<<32 - 1, Segment: from(1<<32-1, 0, SYN, "")})
	require.Equal(t, SynReceived, o.TCB.State)
	require.Equal(t, uint32(1<<32-1), o.TCB.IRS)
	require.Equal(t, uint32(0), o.TCB.RCV.NXT)
	require.Equal(t, uint32(1<<32-1), o.TCB.SND.UNA)
	require.Equal(t, uint32(0), o.TCB.SND.NXT)
	require.Equal(t, []string{"<SEQ=4294967295><ACK=0><CTL=SYN,ACK>"}, labels(o.Segments))
	require.Equal(t, uint16(65535), o.Segments[0].WND)
	require.Equal(t, now+initialRTO, o.TCB.Timers.Retransmission)
	require.Equal(t, now+userTimeLimit, o.TCB.Timers.User)
}

// RFC 9293 3.10.7.2 third: "any other control or text should be queued for
// processing later."
func TestListenKeepsWhatCameWithTheSYN(t *testing.T) {
	syn := from(irs, 0, SYN|FIN|URG, "hello")
	syn.UP = 6 // counts from SEG.SEQ: the end of the text
	o := then(in(Listen), Receive{Now: now}, arrive(syn))
	require.Equal(t, SynReceived, o.TCB.State)
	require.Equal(t, uint32(irs+1), o.TCB.RCV.NXT, "only the SYN is acknowledged")
	require.Empty(t, o.Text)

	o = Step(o.TCB, arrive(next(o.TCB, ACK, "")))
	require.Equal(t, []Rule{synReceivedACK, heldProcessed, urgentAhead, textAccepted, finInHandshake}, o.Rules)
	require.Equal(t, "hello", o.Text)
	require.Equal(t, CloseWait, o.TCB.State)
	require.Equal(t, UrgentData|ConnectionClosing, o.Signals)
	require.Equal(t, uint8(0), o.TCB.Receives)
	require.Equal(t, uint32(0), o.TCB.Unread, "the waiting RECEIVE took it")
	require.Equal(t, []string{"<SEQ=4294967294><ACK=5><CTL=ACK>"}, labels(o.Segments))
}

// RFC 9293 3.5 figure 8: the old duplicate sends the child back to LISTEN, the
// new SYN gets another ISS.
func TestListenRecoversFromOldDuplicateSYN(t *testing.T) {
	b := then(in(Listen), SegmentArrives{ISS: 300, Segment: from(90, 0, SYN, "")})
	require.Equal(t, []string{"<SEQ=300><ACK=91><CTL=SYN,ACK>"}, labels(b.Segments))
	b = Step(b.TCB, arrive(from(91, 0, RST, "")))
	require.Equal(t, in(Listen), b.TCB, "as the passive OPEN left it")
	require.Zero(t, b.Signals, "the user need not be informed")
	b = Step(b.TCB, SegmentArrives{ISS: 400, Segment: from(100, 0, SYN, "")})
	require.Equal(t, []string{"<SEQ=400><ACK=101><CTL=SYN,ACK>"}, labels(b.Segments))
}

// RFC 9293 3.5 figure 11: a listener answers a SYN,ACK with a RST.
func TestListenRefusesACK(t *testing.T) {
	o := Step(in(Listen), arrive(from(300, 91, SYN|ACK, "")))
	require.Equal(t, []string{"<SEQ=91><CTL=RST>"}, labels(o.Segments))
	require.Equal(t, Listen, o.TCB.State)
}
