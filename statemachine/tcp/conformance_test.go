package tcp

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What docs/conformance.md says is met and no test beside the sections shows.

// RFC 9293 3.1, MUST-1: the window is an unsigned number.
func TestWindowIsUnsigned(t *testing.T) {
	for _, window := range []uint16{0x7fff, 0x8000, 0xffff} {
		synack := from(irs, iss+1, SYN|ACK, "")
		synack.WND = window
		tcb := wide(Step(in(SynSent), arrive(synack)).TCB)
		tcb.SMSS = 65535
		o := then(tcb, Send{Now: now, Text: strings.Repeat("x", 65535)})
		require.Len(t, textOf(o.Segments), int(window))
	}
}

// textOf joins what the segments carry.
func textOf(segments []Segment) string {
	var all strings.Builder
	for _, s := range segments {
		all.WriteString(s.Text)
	}
	return all.String()
}

// RFC 9293 3.1, REC-1: windows are kept and computed in 32 bits, so that one of 65535
// scaled by 14 (RFC 7323 2.3) is no other than a small one.
func TestWindowsAreComputedIn32Bits(t *testing.T) {
	const scaled = 65535 << 14
	sender := in(Established)
	sender.SND.WND, sender.Queue = scaled, strings.Repeat("x", 200_000)
	require.Len(t, textOf(Step(sender, Close{Now: now}).Segments), 200_000)

	receiver := in(Established)
	receiver.RCV.WND = scaled
	edge := receiver.RCV.NXT + scaled
	require.Equal(t, []Rule{held}, Step(receiver, arrive(from(edge-1, receiver.SND.NXT, ACK, "x"))).Rules)
	require.Equal(t, []Rule{outsideWindow}, Step(receiver, arrive(from(edge, receiver.SND.NXT, ACK, "x"))).Rules)
}

// RFC 9293 3.5, MUST-11: SYN-RECEIVED remembers the OPEN that it came from. What a RST
// does depends on it, and what a new SYN does: after a passive OPEN, U-12, back to LISTEN.
func TestSynReceivedRemembersItsOpen(t *testing.T) {
	passive, active := in(SynReceived), crossed()
	require.Equal(t, active.State, passive.State)
	require.Equal(t, Listen, Step(passive, arrive(next(passive, RST, ""))).TCB.State)
	o := Step(active, arrive(next(active, RST, "")))
	require.Equal(t, Closed, o.TCB.State)
	require.Equal(t, ConnectionRefused, o.Signals)

	o = Step(passive, arrive(next(passive, SYN, "")))
	require.Equal(t, in(Listen), o.TCB)
	require.Equal(t, []Rule{synToListen}, o.Rules)
	require.Equal(t, SynReceived, Step(active, arrive(next(active, SYN, ""))).TCB.State)
}

// RFC 9293 3.6, MUST-12: the user is told whether the other end closed or aborted.
func TestTheUserLearnsHowItEnded(t *testing.T) {
	tcb := in(Established)
	require.Equal(t, ConnectionClosing, Step(tcb, arrive(next(tcb, FIN|ACK, ""))).Signals)
	require.Equal(t, ConnectionReset, Step(tcb, arrive(next(tcb, RST, ""))).Signals)
	require.Equal(t, UserTimeoutAbort, Step(tcb, UserTimeout{Now: now}).Signals)
}

// RFC 9293 3.5.3, SHLD-2: a RST may carry text, for example the reason. Nobody reads it.
func TestSecondRSTMayCarryText(t *testing.T) {
	tcb := in(Established)
	o := Step(tcb, arrive(next(tcb, RST, "out of memory")))
	require.Equal(t, []Rule{resetEnds}, o.Rules)
	require.Equal(t, TCB{}, o.TCB)
	require.Empty(t, o.Text)
}

// RFC 9293 3.8.5, MUST-31: urgent data of any length. Each segment before its end says URG
// and points to the same place.
func TestUrgentTextOfAnyLength(t *testing.T) {
	sender, receiver := in(Established), in(Established)
	receiver.RCV.NXT, receiver.RCV.UP = sender.SND.NXT, sender.SND.NXT
	o := Step(sender, Send{Now: now, Text: strings.Repeat("!", 65535), Urgent: true})
	require.Len(t, textOf(o.Segments), 65535)
	end := o.TCB.SND.NXT
	for i, s := range o.Segments {
		require.True(t, s.CTL.Has(URG))
		require.Equal(t, end, s.SEQ+uint32(s.UP))
		s.ACK = receiver.SND.NXT
		got := Step(receiver, arrive(s))
		require.Equal(t, i == 0, got.Signals == UrgentData, "told once")
		require.Equal(t, end, got.TCB.RCV.UP)
		receiver = got.TCB
	}
	require.Equal(t, end, receiver.RCV.NXT)
}

// RFC 9293 3.8.6: a window that shrinks to the left of SND.NXT does no harm (MUST-34). No
// new text is sent (SHLD-15); what is not acknowledged and inside is sent again (SHLD-16),
// and what lies beyond as well (MAY-7).
func TestTheWindowShrinks(t *testing.T) {
	tcb := narrow(in(Established), 10)
	tcb = Step(tcb, Send{Now: now, Text: "0123456789abc"}).TCB
	window := func(ack uint32, wnd uint16) SegmentArrives {
		s := from(tcb.RCV.NXT, ack, ACK, "")
		s.WND = wnd
		return arrive(s)
	}
	o := Step(tcb, window(tcb.SND.UNA, 3))
	require.Equal(t, []Rule{windowUpdated}, o.Rules)
	require.Equal(t, o.TCB.SND.UNA+10, o.TCB.SND.NXT)
	require.Empty(t, o.Segments)
	o = Step(o.TCB, Send{Now: now, Text: "d"})
	require.Equal(t, []Rule{sendWaits}, o.Rules)
	o = Step(o.TCB, RetransmissionTimeout{Now: now})
	require.Equal(t, "0123456789", textOf(o.Segments))
	o = Step(o.TCB, window(tcb.SND.NXT, 8))
	require.Equal(t, "abcd", textOf(o.Segments))
}

// RFC 9293 3.8.6, MAY-8: a window may stay shut, however often the other end asks.
func TestTheWindowMayStayShut(t *testing.T) {
	tcb := unread(Established, receiveBuffer)
	for range 100 {
		o := Step(tcb, arrive(next(tcb, ACK, "x")))
		require.Equal(t, tcb.RCV, o.TCB.RCV)
		require.Len(t, o.Segments, 1)
		require.Equal(t, uint16(0), o.Segments[0].WND)
		tcb = o.TCB
	}
	require.Equal(t, Established, tcb.State)
}

// RFC 9293 3.8.6.3: an ACK is delayed by less than 0.5 seconds (MUST-40), and at least every
// second full segment gets one (SHLD-19). Here each has its own in the step that it arrives in.
func TestTextIsAcknowledgedAtOnce(t *testing.T) {
	tcb := in(Established)
	for range 5 {
		o := Step(tcb, arrive(next(tcb, ACK, strings.Repeat("x", defaultMSS))))
		require.Len(t, o.Segments, 1)
		require.Equal(t, tcb.RCV.NXT+defaultMSS, o.Segments[0].ACK)
		tcb = o.TCB
	}
}

// RFC 9293 3.9.1.1, MUST-41: a passive OPEN does nothing to a connection that is there.
func TestPassiveOpenLeavesConnectionsAlone(t *testing.T) {
	for _, s := range States[1:] {
		o := Step(in(s), Open{Now: 2 * now, ISS: 7})
		require.Equal(t, in(s), o.TCB)
		require.Equal(t, ConnectionExists, o.Signals)
		require.Empty(t, o.Segments)
	}
}

// RFC 9293 3.9.1.2, MUST-60: text that nobody pushes does not wait for ever. It does not
// wait at all.
func TestTextWithoutPushLeavesAtOnce(t *testing.T) {
	o := Step(in(Established), Send{Now: now, Text: "hello"})
	require.Equal(t, []string{"<SEQ=4294967294><ACK=4294967295><DATA=5><CTL=ACK>"}, labels(o.Segments))
}

// RFC 9293 3.9.1.2: SEND has the PUSH flag (MAY-15). Those of several SENDs in one segment
// become one PSH (SHLD-27).
func TestPushesCollapse(t *testing.T) {
	synack := arrive(from(irs, iss+1, SYN|ACK, ""))
	for _, push := range []bool{true, false} {
		o := then(in(SynSent), Send{Now: now, Text: "ab", Push: push}, Send{Now: now, Text: "cd", Push: push}, synack)
		require.Len(t, o.Segments, 1)
		require.Equal(t, "abcd", o.Segments[0].Text)
		require.Equal(t, push, o.Segments[0].CTL.Has(PSH))
	}
}

// RFC 9293 3.5.2 group 2, U-4: before ESTABLISHED, an ACK of what was never sent is answered
// with a RST of that number, and nothing changes.
func TestABadACKIsResetBeforeEstablished(t *testing.T) {
	for _, tcb := range []TCB{in(Listen), in(SynSent), in(SynReceived), crossed()} {
		for _, ack := range []uint32{iss, iss + 2, 1000} {
			o := Step(tcb, arrive(from(irs+1, ack, ACK, "")))
			require.Equal(t, []string{Segment{SEQ: ack, CTL: RST}.String()}, labels(o.Segments))
			require.Equal(t, tcb, o.TCB)
		}
	}
}

// RFC 9293 3.5.2 group 3, U-5: in a synchronized state, a segment outside the window or with
// an ACK of what was never sent is answered with an empty ACK that says what is expected, and
// nothing changes. In TIME-WAIT, 3.10.7.4 fifth looks at no acknowledgment number.
func TestWhatIsUnacceptableIsAcknowledged(t *testing.T) {
	for _, s := range States {
		if !s.Synchronized() {
			continue
		}
		tcb := in(s)
		segments := []Segment{
			from(tcb.RCV.NXT-1, tcb.SND.NXT, ACK, ""),
			from(tcb.RCV.NXT-5, tcb.SND.NXT, ACK, "hello"),
			from(tcb.RCV.NXT+tcb.RCV.WND, tcb.SND.NXT, ACK, "x"),
		}
		if s != TimeWait {
			segments = append(segments, from(tcb.RCV.NXT, tcb.SND.NXT+1, ACK, "x"))
		}
		for _, seg := range segments {
			requireOnlyACK(t, tcb, seg)
		}
	}
}

// RFC 9293 3.10.7.4 fourth, U-10: a SYN in a synchronized state is challenged, wherever it lies.
func TestFourthChallengesASYNAnywhere(t *testing.T) {
	for _, s := range States {
		if !s.Synchronized() {
			continue
		}
		tcb := in(s)
		for _, seq := range []uint32{irs, tcb.RCV.NXT - 1, tcb.RCV.NXT, tcb.RCV.NXT + 1, tcb.RCV.NXT + tcb.RCV.WND, tcb.RCV.NXT + 1<<31} {
			requireOnlyACK(t, tcb, from(seq, 0, SYN, ""))
			requireOnlyACK(t, tcb, from(seq, tcb.SND.NXT, SYN|ACK, "hello"))
		}
	}
}

// requireOnlyACK requires that a segment has no effect and one empty ACK for an answer.
func requireOnlyACK(t *testing.T, tcb TCB, seg Segment) {
	t.Helper()
	o := Step(tcb, arrive(seg))
	require.Equal(t, []string{Segment{SEQ: tcb.SND.NXT, ACK: tcb.RCV.NXT, CTL: ACK}.String()}, labels(o.Segments), "%v in %v", seg, tcb.State)
	require.Equal(t, tcb, unmoved(o.TCB), "%v", seg)
}

// RFC 6298 2.1, R6298-2.1: before anything is measured, the timeout is one second.
func TestTheFirstRTOIsOneSecond(t *testing.T) {
	for _, tcb := range []TCB{in(SynSent), in(SynReceived), sending(Established)} {
		require.Equal(t, now+time.Second, tcb.Timers.Retransmission)
	}
}

// RFC 9293 3.8.3: the user timeout stands for R2. It lets a SYN be sent again for at least
// three minutes (MUST-23) and text for at least 100 seconds (SHLD-11).
func TestR2IsTheUserTimeout(t *testing.T) {
	for _, tcb := range []TCB{in(SynSent), in(SynReceived), sending(Established)} {
		var last time.Duration
		o := Outcome{TCB: tcb}
		for o.TCB.Timers.Retransmission < tcb.Timers.User {
			last = o.TCB.Timers.Retransmission
			o = Step(o.TCB, RetransmissionTimeout{Now: last})
			require.Len(t, o.Segments, 1)
			require.Equal(t, tcb.State, o.TCB.State)
		}
		require.GreaterOrEqual(t, last-now, 3*time.Minute)
		require.Equal(t, UserTimeoutAbort, Step(o.TCB, UserTimeout{Now: tcb.Timers.User}).Signals)
	}
}
