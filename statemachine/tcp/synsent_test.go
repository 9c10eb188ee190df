package tcp

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// RFC 9293 3.10.7.3 first: "If SEG.ACK =< ISS or SEG.ACK > SND.NXT, send a reset".
func TestSynSentRefusesBadACK(t *testing.T) {
	for _, ack := range []uint32{iss - 1, iss, iss + 2, 1<<31 - 5} {
		o := Step(in(SynSent), arrive(from(irs, ack, SYN|ACK, "")))
		require.Equal(t, []string{Segment{SEQ: ack, CTL: RST}.String()}, labels(o.Segments))
		require.Equal(t, in(SynSent), o.TCB)
	}
}

// RFC 9293 3.10.7.3 second: "If the ACK was acceptable, then signal to the user
// 'error: connection reset' ... Otherwise (no ACK), drop the segment".
func TestSynSentRST(t *testing.T) {
	o := Step(in(SynSent), arrive(from(0, iss+1, RST|ACK, "")))
	require.Equal(t, TCB{}, o.TCB)
	require.Equal(t, ConnectionReset, o.Signals)

	o = Step(in(SynSent), arrive(from(0, 0, RST, "")))
	require.Equal(t, in(SynSent), o.TCB)
	require.Zero(t, o.Signals)
}

// RFC 9293 3.10.7.3 fourth: "If SND.UNA > ISS (our SYN has been ACKed), change
// the connection state to ESTABLISHED, form an ACK segment".
func TestSynSentHearsSYNACK(t *testing.T) {
	o := Step(in(SynSent), arrive(from(irs, iss+1, SYN|ACK, "")))
	require.Equal(t, Established, o.TCB.State)
	require.Equal(t, []string{"<SEQ=4294967294><ACK=4294967295><CTL=ACK>"}, labels(o.Segments))
	require.Equal(t, SendSequence{UNA: iss + 1, NXT: iss + 1, WND: 65535, MAX: 65535, UP: iss + 1, WL1: irs, WL2: iss + 1}, o.TCB.SND)
	require.Equal(t, Timers{}, o.TCB.Timers, "nothing is unacknowledged")
}

// RFC 9293 3.10.7.3 fourth: "If there are other controls or text in the segment,
// then continue processing at the sixth step". One ACK answers all (MUST-59).
func TestSynSentTakesTextWithSYNACK(t *testing.T) {
	o := Step(in(SynSent), arrive(from(irs, iss+1, SYN|ACK|FIN, "hello")))
	require.Equal(t, "hello", o.Text)
	require.Equal(t, []Rule{synSentSYNACK, textAccepted, finArrived}, o.Rules)
	require.Equal(t, CloseWait, o.TCB.State)
	require.Equal(t, []string{"<SEQ=4294967294><ACK=5><CTL=ACK>"}, labels(o.Segments))
}

// RFC 9293 3.10.7.3 fourth: "Data or controls that were queued for transmission
// MAY be included."
func TestSynSentSendsWhatWasQueued(t *testing.T) {
	tcb := then(in(SynSent), Send{Now: now, Text: "hello", Push: true}).TCB
	require.Equal(t, "hello", tcb.Queue)
	o := Step(tcb, arrive(from(irs, iss+1, SYN|ACK, "")))
	require.Equal(t, []string{"<SEQ=4294967294><ACK=4294967295><DATA=5><CTL=PSH,ACK>"}, labels(o.Segments))
}

// RFC 9293 3.10.7.3 fourth: "Otherwise, enter SYN-RECEIVED, form a SYN,ACK ...
// other controls or text in the segment, queue them".
func TestSynSentMeetsSYN(t *testing.T) {
	o := Step(in(SynSent), arrive(from(irs, 0, SYN, "hello")))
	require.Equal(t, SynReceived, o.TCB.State)
	require.Equal(t, []string{"<SEQ=4294967293><ACK=4294967295><CTL=SYN,ACK>"}, labels(o.Segments))
	require.Equal(t, uint32(65535), o.TCB.SND.WND)
	require.Empty(t, o.Text)

	o = Step(o.TCB, arrive(from(irs, iss+1, SYN|ACK, "")))
	require.Equal(t, "hello", o.Text, "delivered once ESTABLISHED")
	require.Equal(t, []Rule{synTrimmed, synReceivedACK, heldProcessed, textAccepted}, o.Rules)
	require.Len(t, o.Segments, 1)
}
