package tcp

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// RFC 9293 3.10.7.4 first: "If an incoming segment is not acceptable, an
// acknowledgment should be sent in reply". A bare SYN again is such a segment.
func TestFirstOldSYN(t *testing.T) {
	o := Step(in(SynReceived), arrive(from(irs, 0, SYN, "")))
	require.Equal(t, []Rule{oldSegment}, o.Rules)
	require.Equal(t, []string{"<SEQ=4294967294><ACK=4294967295><CTL=ACK>"}, labels(o.Segments))
	require.Equal(t, in(SynReceived), o.TCB)
}

// RFC 9293 3.10.7.4 first: "trimming off any portions that lie outside the window
// (including SYN and FIN)". A SYN that comes again with text is no new SYN.
func TestFirstSYNAgainWithText(t *testing.T) {
	o := Step(in(SynReceived), arrive(from(irs, 0, SYN, "hello")))
	require.Equal(t, SynReceived, o.TCB.State)
	require.Equal(t, []Rule{synTrimmed, ackOff}, o.Rules)
	require.Len(t, o.Segments, 1)
}

// RFC 9293 3.10.7.4 first: "only the new parts are processed".
func TestFirstTrimsToTheWindow(t *testing.T) {
	tcb := unread(Established, receiveBuffer-3)
	s := from(tcb.RCV.NXT-2, tcb.SND.NXT, ACK|URG, "ABcde")
	s.UP = 5
	o := Step(tcb, arrive(s))
	require.Equal(t, "cde", o.Text)
	require.Equal(t, tcb.RCV.NXT+3, o.TCB.RCV.UP, "the urgent pointer keeps its place")

	o = Step(tcb, arrive(from(tcb.RCV.NXT, tcb.SND.NXT, ACK|FIN, "cde")))
	require.Equal(t, "cde", o.Text)
	require.Equal(t, Established, o.TCB.State, "the FIN lies behind the window")
	require.Equal(t, []Rule{textAccepted}, o.Rules)

	o = Step(tcb, arrive(from(tcb.RCV.NXT, tcb.SND.NXT, ACK, "abcde")))
	require.Equal(t, "abc", o.Text)
	require.Equal(t, uint16(0), o.Segments[0].WND)

	s = from(tcb.RCV.NXT-2, tcb.SND.NXT, ACK|URG, "ABc")
	s.UP = 1
	o = Step(tcb, arrive(s))
	require.Zero(t, o.Signals, "the urgent data came before")
}

// RFC 9293 3.10.7.4 first: "If the RCV.WND is zero ... special allowance should be
// made to accept valid ACKs, URGs, and RSTs." 3.4, MUST-66: RST and URG count at a zero
// window, too.
func TestFirstZeroWindow(t *testing.T) {
	tcb := then(unread(Established, receiveBuffer), Send{Now: now, Text: "hello"}).TCB
	s := next(tcb, ACK|URG|FIN, "text")
	s.UP = 4
	o := Step(tcb, arrive(s))
	require.Equal(t, tcb.SND.NXT, o.TCB.SND.UNA)
	require.Equal(t, tcb.RCV.NXT+4, o.TCB.RCV.UP)
	require.Empty(t, o.Text)
	require.Equal(t, Established, o.TCB.State)
	require.Len(t, o.Segments, 1)

	o = Step(tcb, arrive(next(tcb, RST, "text")))
	require.Equal(t, ConnectionReset, o.Signals)
	o = Step(tcb, arrive(next(tcb, 0, "text")))
	require.Equal(t, []Rule{zeroWindow, ackOff}, o.Rules)
	require.Len(t, o.Segments, 1)
	o = Step(tcb, arrive(from(tcb.RCV.NXT+1, tcb.SND.NXT, ACK, "")))
	require.Equal(t, []Rule{outsideWindow}, o.Rules)
}

// RFC 9293 3.10.7.4 first: "Segments with higher beginning sequence numbers SHOULD
// be held for later processing (SHLD-31)": the text, its FIN and its ACK. What is early is
// acknowledged at once (MAY-13), and so is what fills the gap (RFC 5681 3.2, R5681-3.2a).
func TestFirstHoldsWhatIsEarly(t *testing.T) {
	tcb := sending(Established)
	tcb = then(tcb, Receive{Now: now}).TCB
	nxt := tcb.RCV.NXT
	o := Step(tcb, arrive(from(nxt+5, tcb.SND.NXT, FIN|ACK, "world")))
	require.Equal(t, []Rule{held}, o.Rules)
	require.Equal(t, nxt, o.Segments[0].ACK, "the duplicate ACK tells of the gap")
	require.Equal(t, tcb.SND.UNA, o.TCB.SND.UNA)

	o = Step(o.TCB, arrive(from(nxt+3, tcb.SND.UNA, ACK, "lowo")))
	again := Step(o.TCB, arrive(from(nxt+3, tcb.SND.UNA, ACK, "lowo")))
	require.Equal(t, o.TCB, again.TCB, "held once")

	o = Step(o.TCB, arrive(from(nxt, tcb.SND.UNA, ACK, "hel")))
	require.Equal(t, "helloworld", o.Text)
	require.Equal(t, CloseWait, o.TCB.State)
	require.Equal(t, o.TCB.SND.NXT, o.TCB.SND.UNA, "the ACK that was held counts now")
	require.Equal(t, uint32(0), o.TCB.Unread, "the RECEIVE that waited takes all of it")
	require.Equal(t, [MaxHeld]Held{}, o.TCB.Held)
	require.Len(t, o.Segments, 1, "MUST-59: process them all before sending any ACK")
	require.Equal(t, nxt+11, o.Segments[0].ACK)
}

// RFC 9293 3.10.7.4 first, MAY-13: "in the window but not at the left window edge".
// A bare ACK there is taken at once and unanswered. Two ends with gaps would answer
// each other for ever: FuzzStep found it, testdata/fuzz/FuzzStep/two-gaps.
func TestFirstBareACKIsNotHeld(t *testing.T) {
	tcb := sending(Established)
	o := Step(tcb, arrive(from(tcb.RCV.NXT+1, tcb.SND.NXT, ACK, "")))
	require.Equal(t, []Rule{ackNew}, o.Rules)
	require.Empty(t, o.Segments)
	require.Equal(t, [MaxHeld]Held{}, o.TCB.Held)
}

// RFC 9293 3.10.7.4 first: what was held and has come meanwhile is old.
func TestFirstForgetsWhatCameMeanwhile(t *testing.T) {
	tcb := in(Established)
	nxt := tcb.RCV.NXT
	o := then(tcb,
		arrive(from(nxt+2, tcb.SND.NXT, ACK, "c")),
		arrive(from(nxt+3, tcb.SND.NXT+1, ACK, "d")), // acknowledges what was never sent
		arrive(from(nxt, tcb.SND.NXT, ACK, "abcde")),
	)
	require.Equal(t, "abcde", o.Text)
	require.Equal(t, [MaxHeld]Held{}, o.TCB.Held)
	require.Contains(t, o.Rules, ackBeyond)
	require.Equal(t, nxt+5, o.TCB.RCV.NXT)
}

// RFC 9293 3.10.7.4 second: a RST counts "exactly" at RCV.NXT only (U-7); within the
// window it is challenged (U-8), outside it is dropped silently (U-9).
func TestSecondRST(t *testing.T) {
	tcb := in(Established)
	o := Step(tcb, arrive(from(tcb.RCV.NXT+1, 0, RST, "ab")))
	require.Equal(t, []Rule{resetChallenged}, o.Rules)
	require.Equal(t, tcb, unmoved(o.TCB))
	o = Step(tcb, arrive(from(tcb.RCV.NXT+tcb.RCV.WND-1, 0, RST, "")))
	require.Equal(t, []Rule{resetChallenged}, o.Rules)
	o = Step(tcb, arrive(from(tcb.RCV.NXT+tcb.RCV.WND, 0, RST, "")))
	require.Equal(t, []Rule{outsideRST}, o.Rules)
	require.Empty(t, o.Segments)
	o = Step(tcb, arrive(from(tcb.RCV.NXT, 0, RST|SYN, "")))
	require.Equal(t, []Rule{resetEnds}, o.Rules, "the RST is seen before the SYN")
	require.Equal(t, TCB{}, o.TCB)
}

// RFC 9293 3.10.7.4 second, passive SYN-RECEIVED: "return this connection to
// LISTEN state ... The user need not be informed ... the retransmission queue
// should be flushed."
func TestSecondRSTReturnsToListen(t *testing.T) {
	tcb := then(in(Listen), Receive{Now: now}, arrive(from(irs, 0, SYN, "x")), Send{Now: now, Text: "hello"}).TCB
	o := Step(tcb, arrive(next(tcb, RST, "")))
	require.Equal(t, then(in(Listen), Receive{Now: now}).TCB, o.TCB, "the RECEIVE waits on")
	require.Zero(t, o.Signals)
}

// RFC 9293 3.5 figure 9: the SYN of a rebooted end is in the window of the old
// connection; the challenge ACK makes it send the RST.
func TestFourthFigure9(t *testing.T) {
	b := in(Established)
	b.SND.UNA, b.SND.NXT, b.RCV.NXT = 300, 300, 100
	o := Step(b, arrive(from(400, 0, SYN, "")))
	require.Equal(t, []string{"<SEQ=300><ACK=100><CTL=ACK>"}, labels(o.Segments))
	require.Equal(t, []Rule{synChallenged}, o.Rules)

	a := Step(TCB{}, Open{ISS: 400, Active: true, Remote: true})
	a = Step(a.TCB, arrive(o.Segments[0]))
	require.Equal(t, []string{"<SEQ=100><CTL=RST>"}, labels(a.Segments))
	o = Step(o.TCB, arrive(a.Segments[0]))
	require.Equal(t, ConnectionReset, o.Signals)
	require.Equal(t, Closed, o.TCB.State)
	a = Step(a.TCB, RetransmissionTimeout{Now: now})
	require.Equal(t, []string{"<SEQ=400><CTL=SYN>"}, labels(a.Segments))
}

// RFC 9293 3.10.7.4 fifth: "If SND.UNA < SEG.ACK =< SND.NXT, then set SND.UNA <-
// SEG.ACK. Any segments on the retransmission queue that are thereby entirely
// acknowledged are removed."
func TestFifthAcknowledges(t *testing.T) {
	tcb := sending(Established)
	o := Step(tcb, SegmentArrives{Now: 2 * now, Segment: from(tcb.RCV.NXT, tcb.SND.UNA+2, ACK, "")})
	require.Equal(t, "llo", o.TCB.Queue)
	require.Equal(t, 2*now+o.TCB.RTO, o.TCB.Timers.Retransmission, "RFC 6298 5.3: restart")
	require.Equal(t, 2*now+userTimeLimit, o.TCB.Timers.User)
	o = Step(o.TCB, arrive(next(o.TCB, ACK, "")))
	require.Empty(t, o.TCB.Queue)
	require.Equal(t, Timers{}, o.TCB.Timers, "RFC 6298 5.2: turn off")

	old := Step(o.TCB, arrive(from(o.TCB.RCV.NXT, o.TCB.SND.UNA-1, ACK, "")))
	require.Equal(t, []Rule{ackDuplicate}, old.Rules)
	require.Equal(t, o.TCB, old.TCB)
}

// RFC 9293 3.10.7.4 fifth: "The check here prevents using old segments to update
// the window."
func TestFifthUpdatesTheWindow(t *testing.T) {
	tcb := in(Established)
	tcb.SND.WL1, tcb.SND.WL2 = tcb.RCV.NXT, tcb.SND.UNA
	s := next(tcb, ACK, "")
	s.WND = 7
	require.Equal(t, uint32(7), Step(tcb, arrive(s)).TCB.SND.WND, "WL1 = SEG.SEQ, WL2 =< SEG.ACK")
	tcb.SND.WL1 = tcb.RCV.NXT + 1
	require.Equal(t, uint32(65535), Step(tcb, arrive(s)).TCB.SND.WND, "SEG.SEQ < WL1")
	tcb.SND.WL1, tcb.SND.WL2 = tcb.RCV.NXT, tcb.SND.UNA+1
	require.Equal(t, uint32(65535), Step(tcb, arrive(s)).TCB.SND.WND, "SEG.ACK < WL2")
}

// RFC 9293 3.10.7.4 fifth, SYN-RECEIVED: "set SND.WND <- SEG.WND, SND.WL1 <-
// SEG.SEQ, SND.WL2 <- SEG.ACK".
func TestFifthSynReceived(t *testing.T) {
	tcb := then(in(SynReceived), Send{Now: now, Text: "hello"}).TCB
	s := next(tcb, ACK, "")
	s.WND = 2
	o := Step(tcb, arrive(s))
	require.Equal(t, Established, o.TCB.State)
	require.Equal(t, SendSequence{UNA: iss + 1, NXT: 0, WND: 2, MAX: 2, UP: iss + 1, WL1: irs + 1, WL2: iss + 1}, o.TCB.SND)
	require.Equal(t, []string{"<SEQ=4294967294><ACK=4294967295><DATA=2><CTL=ACK>"}, labels(o.Segments))
}

// RFC 9293 3.10.7.4 fifth, TIME-WAIT: "a retransmission of the remote FIN.
// Acknowledge it, and restart the 2 MSL timeout." Nothing else restarts it. 3.6.1, MUST-13:
// who closes first waits for 2 MSL.
func TestFifthTimeWait(t *testing.T) {
	tcb := in(TimeWait)
	require.Equal(t, Timers{TimeWait: now + 2*msl}, tcb.Timers)
	fin := SegmentArrives{Now: 2 * now, Segment: from(tcb.RCV.NXT-1, tcb.SND.NXT, FIN|ACK, "")}
	o := Step(tcb, fin)
	require.Equal(t, []Rule{finRetransmitted}, o.Rules)
	require.Equal(t, 2*now+2*msl, o.TCB.Timers.TimeWait)
	for _, s := range []Segment{
		from(tcb.RCV.NXT-2, tcb.SND.NXT, FIN|ACK, ""),
		from(tcb.RCV.NXT-1, 0, FIN, ""),
		from(tcb.RCV.NXT-1, tcb.SND.NXT, ACK, "x"),
		next(tcb, ACK, ""),
		next(tcb, SYN, ""),
	} {
		o := Step(tcb, SegmentArrives{Now: 2 * now, Segment: s})
		require.Equal(t, tcb, unmoved(o.TCB), "%v", s)
	}
}

// RFC 9293 3.10.7.4 fifth, LAST-ACK: "If our FIN is now acknowledged, delete the
// TCB"; text before it may be acknowledged first.
func TestFifthLastAck(t *testing.T) {
	o := then(sending(CloseWait), Close{Now: now})
	require.Equal(t, LastAck, o.TCB.State)
	o = Step(o.TCB, arrive(from(o.TCB.RCV.NXT, o.TCB.SND.NXT-1, ACK, "")))
	require.Equal(t, []Rule{ackNew}, o.Rules)
	require.Equal(t, LastAck, o.TCB.State)
	o = Step(o.TCB, arrive(next(o.TCB, ACK, "")))
	require.Equal(t, TCB{}, o.TCB)
}

// RFC 9293 3.10.7.4 fifth, in the later states: "If the ACK acks something not yet
// sent, then send an ACK, drop the segment, and return."
func TestFifthBeyondInLaterStates(t *testing.T) {
	for _, s := range []State{FinWait1, FinWait2, Closing, LastAck} {
		tcb := in(s)
		o := Step(tcb, arrive(from(tcb.RCV.NXT, tcb.SND.NXT+1, FIN|ACK, "x")))
		require.Equal(t, []Rule{ackBeyond}, o.Rules)
		require.Equal(t, tcb, unmoved(o.TCB))
		require.Len(t, o.Segments, 1)
	}
}

// RFC 9293 3.10.7.4 sixth: "If the user has already been signaled ... for this
// continuous sequence of urgent data, do not signal the user again." (3.8.5, MUST-30)
func TestSixthSignalsOnce(t *testing.T) {
	tcb := in(Established)
	urg := func(up uint16) SegmentArrives {
		s := next(tcb, ACK|URG, "")
		s.UP = up
		return arrive(s)
	}
	o := Step(tcb, urg(3))
	require.Equal(t, UrgentData, o.Signals)
	o = Step(o.TCB, urg(5))
	require.Zero(t, o.Signals)
	require.Equal(t, tcb.RCV.NXT+5, o.TCB.RCV.UP)
	o = Step(o.TCB, urg(2))
	require.Equal(t, tcb.RCV.NXT+5, o.TCB.RCV.UP, "max(RCV.UP,SEG.UP)")
	require.Zero(t, Step(tcb, urg(0)).Signals, "nothing is ahead")
}

// RFC 9293 3.10.7.4 seventh: the acknowledgment "should be piggybacked on a
// segment being transmitted if possible".
func TestSeventhPiggybacks(t *testing.T) {
	tcb := behindShutWindow(Established)
	o := Step(tcb, arrive(next(tcb, ACK, "question")))
	require.Equal(t, []string{"<SEQ=4294967294><ACK=7><DATA=5><CTL=ACK>"}, labels(o.Segments))
}

// RFC 9293 3.10.7.4 eighth: "signal the user 'connection closing' and return any
// pending RECEIVEs with same message, advance RCV.NXT over the FIN".
func TestEighthFIN(t *testing.T) {
	tcb := then(in(Established), Receive{Now: now}, Receive{Now: now}).TCB
	o := Step(tcb, arrive(next(tcb, FIN|ACK, "bye")))
	require.Equal(t, "bye", o.Text)
	require.Equal(t, []Rule{textAccepted, finArrived}, o.Rules)
	require.Equal(t, ConnectionClosing, o.Signals)
	require.Equal(t, uint8(0), o.TCB.Receives)
	require.Equal(t, uint32(0), o.TCB.Unread)
	require.Equal(t, []string{"<SEQ=4294967294><ACK=3><CTL=ACK>"}, labels(o.Segments))

	again := Step(o.TCB, arrive(next(o.TCB, FIN|ACK, "")))
	require.Equal(t, o.TCB.RCV, again.TCB.RCV, "the first FIN ended the numbers")
}

// RFC 9293 3.6, figure 13: simultaneous close.
func TestEighthFigure13(t *testing.T) {
	tcb := in(FinWait1)
	o := Step(tcb, arrive(from(tcb.RCV.NXT, tcb.SND.UNA, FIN|ACK, "")))
	require.Equal(t, Closing, o.TCB.State)
	require.Equal(t, []string{"<SEQ=4294967295><ACK=0><CTL=ACK>"}, labels(o.Segments))
	o = Step(o.TCB, arrive(next(o.TCB, ACK, "")))
	require.Equal(t, TimeWait, o.TCB.State)
	require.Equal(t, Timers{TimeWait: now + 2*msl}, o.TCB.Timers, "turn off the other timers")
	require.Empty(t, o.Segments)
}

// RFC 9293 3.10.7.4 second, 1): "If the RST bit is set and the sequence number is
// outside the current receive window, silently drop the segment."
func TestSecond_ARSTWhoseTextReachesIntoTheWindowIsOutsideIt(t *testing.T) {
	for _, seq := range []uint32{irs - 5, irs} {
		before := in(Established)
		o := Step(before, arrive(from(seq, 0, RST, "0123456789")))
		require.Equal(t, []Rule{outsideRST}, o.Rules)
		require.Empty(t, o.Segments)
		require.Equal(t, before, o.TCB)
	}
}

// RFC 9293 3.8.6.3, MUST-58 and MUST-59: one ACK, after all that is queued was processed, even
// if what was held acknowledges something never sent. RFC 5681 4.2, R5681-4.2: one for one arrival.
func TestOneACKForOneArrival(t *testing.T) {
	tcb := in(Established)
	beyond := from(tcb.RCV.NXT+1, tcb.SND.NXT+1, ACK, "d")
	o := then(tcb, arrive(beyond), arrive(next(tcb, ACK, "a")))
	require.Equal(t, []Rule{textAccepted, heldProcessed, ackBeyond}, o.Rules)
	require.Equal(t, "a", o.Text)
	require.Equal(t, []string{"<SEQ=4294967294><ACK=0><CTL=ACK>"}, labels(o.Segments))

	o = then(shut(tcb), Send{Now: now, Text: "hello"}, arrive(beyond), arrive(next(tcb, ACK, "a")))
	require.Equal(t, []string{"<SEQ=4294967294><ACK=0><DATA=5><CTL=ACK>"}, labels(o.Segments), "it rides on text")
}
