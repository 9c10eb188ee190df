package tcp

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// ack is an ACK of the other end, whose window is the usual one.
func ack(t TCB, number uint32) SegmentArrives { return arrive(from(t.RCV.NXT, number, ACK, "")) }

// withWindow is likewise one whose window is n.
func withWindow(t TCB, number uint32, n uint16) SegmentArrives {
	s := from(t.RCV.NXT, number, ACK, "")
	s.WND = n
	return arrive(s)
}

func octets(n int) Send { return Send{Now: now, Text: strings.Repeat("x", n)} }

// RFC 9293 3.7.1: a SYN says what this end takes (MUST-14, MUST-67, SHLD-5, MAY-3), and no
// other segment does (MUST-65); what the other end says is heeded (MUST-4, MUST-16).
func TestMSS(t *testing.T) {
	settings := Settings{MSS: 1460, NoDelay: true}
	syn := Step(TCB{}, Open{Now: now, ISS: iss, Active: true, Remote: true, Settings: settings})
	require.Equal(t, Options{MSS: 1460}, syn.Segments[0].Options)
	again := Step(syn.TCB, RetransmissionTimeout{Now: now})
	require.Equal(t, Options{MSS: 1460}, again.Segments[0].Options)
	listener := Step(TCB{}, Open{Now: now, Settings: settings})
	heard := from(irs, 0, SYN, "")
	heard.Options.MSS = 100
	synack := Step(listener.TCB, arrive(heard))
	require.Equal(t, Options{MSS: 1460}, synack.Segments[0].Options)
	require.Equal(t, uint16(100), synack.TCB.SMSS)

	answer := from(irs, iss+1, SYN|ACK, "")
	answer.Options.MSS = 100
	o := Step(syn.TCB, arrive(answer))
	require.Equal(t, Options{}, o.Segments[0].Options)
	o = Step(wide(o.TCB), octets(250))
	require.Equal(t, []string{
		"<SEQ=4294967294><ACK=4294967295><DATA=100><CTL=ACK>", "<SEQ=98><ACK=4294967295><DATA=100><CTL=ACK>",
		"<SEQ=198><ACK=4294967295><DATA=50><CTL=ACK>",
	}, labels(o.Segments))
	for _, s := range append(o.Segments, then(o.TCB, Close{Now: now}).Segments...) {
		require.Equal(t, Options{}, s.Options)
	}
	require.Equal(t, Options{}, Step(in(SynSent), RetransmissionTimeout{Now: now}).Segments[0].Options, "536 need not be said")
}

// RFC 9293 3.7.4: Nagle's algorithm is on (SHLD-7) and can be switched off (MUST-17): "If
// there is unacknowledged data ... buffers all user data ... until the outstanding data has
// been acknowledged or until the TCP endpoint can send a full-sized segment".
func TestNagle(t *testing.T) {
	tcb := in(Established)
	tcb.Settings.NoDelay = false
	first := Step(tcb, Send{Now: now, Text: "hello", Push: true})
	require.Len(t, first.Segments, 1, "nothing is unacknowledged")
	second := Step(first.TCB, Send{Now: now, Text: "world", Push: true})
	require.Empty(t, second.Segments)
	require.Equal(t, []Rule{sendHeldBack}, second.Rules)
	require.Zero(t, second.TCB.Timers.Persist, "an ACK will come")
	require.Empty(t, Step(second.TCB, ack(tcb, tcb.SND.UNA)).Segments, "a duplicate ACK lets nothing small go (RFC 5681 3.2)")
	full := Step(second.TCB, octets(defaultMSS))
	require.Equal(t, []int{defaultMSS}, lengths(full.Segments))
	acked := Step(second.TCB, ack(tcb, first.TCB.SND.NXT))
	require.Equal(t, "world", textOf(acked.Segments))
	off := Step(first.TCB, Set{Now: now, Settings: Settings{NoDelay: true}})
	require.Equal(t, "world", textOf(Step(off.TCB, Send{Now: now, Text: "world"}).Segments))
	off = Step(second.TCB, Set{Now: now, Settings: Settings{NoDelay: true}})
	require.Equal(t, "world", textOf(off.Segments), "what waits leaves")
}

func lengths(segments []Segment) []int {
	var all []int
	for _, s := range segments {
		all = append(all, len(s.Text))
	}
	return all
}

// RFC 9293 3.8.6.2.1, MUST-38: the sender avoids silly windows. A segment that is neither
// full, nor all, nor half of the largest window waits for 0.1 to 1 s at most.
func TestTheSenderAvoidsSillyWindows(t *testing.T) {
	tcb := narrow(in(Established), 1000)
	tcb = Step(tcb, octets(1000)).TCB
	sent := tcb.SND.NXT
	tcb = Step(tcb, octets(2000)).TCB
	silly := Step(tcb, withWindow(tcb, sent, 100))
	require.Empty(t, silly.Segments)
	require.Equal(t, now+overrideTimeout, silly.TCB.Timers.Persist)
	require.Zero(t, silly.TCB.Timers.Retransmission)
	half := Step(silly.TCB, withWindow(tcb, sent, 500))
	require.Equal(t, []int{500}, lengths(half.Segments))
	full := Step(silly.TCB, withWindow(tcb, sent, 600))
	require.Equal(t, []int{defaultMSS}, lengths(full.Segments))
	over := Step(silly.TCB, PersistTimeout{Now: now})
	require.Equal(t, []Rule{overridesSilly}, over.Rules)
	require.Equal(t, []int{100}, lengths(over.Segments))
	require.NotZero(t, over.TCB.Timers.Retransmission)
}

// RFC 9293 3.8.6.2.2, MUST-39: the window's right edge moves on by a full segment or half
// of the buffer, and by less it does not, whatever segment could tell of it.
func TestTheReceiverAvoidsSillyWindows(t *testing.T) {
	tcb := unread(Established, 65000)
	edge := tcb.RCV.NXT + tcb.RCV.WND
	o := Step(tcb, Receive{Now: now, Octets: defaultMSS - 1})
	require.Equal(t, edge, o.TCB.RCV.NXT+o.TCB.RCV.WND)
	o = Step(o.TCB, Send{Now: now, Text: "x"})
	require.Equal(t, uint16(535), o.Segments[0].WND)
	o = Step(o.TCB, Receive{Now: now, Octets: 1})
	require.Equal(t, edge+defaultMSS, o.TCB.RCV.NXT+o.TCB.RCV.WND)
	require.Equal(t, []Rule{receiveText, windowReopened}, o.Rules, "it was below a segment")
}

// RFC 9293 3.8.6.1: a window that is shut is probed (MUST-36), also one that has shrunk to
// nothing (MUST-35): first after an RTO (SHLD-29), then after twice the time (SHLD-30).
func TestAShutWindowIsProbed(t *testing.T) {
	o := Outcome{TCB: behindShutWindow(Established)}
	require.Equal(t, now+o.TCB.RTO, o.TCB.Timers.Persist)
	require.Zero(t, o.TCB.Timers.Retransmission)
	una, at := o.TCB.SND.UNA, now
	for _, wait := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
		require.Equal(t, at+wait*time.Second, o.TCB.Timers.Persist)
		at = o.TCB.Timers.Persist
		o = Step(o.TCB, PersistTimeout{Now: at})
		require.Equal(t, []Rule{probesWindow}, o.Rules)
		require.Equal(t, []string{Segment{SEQ: una, ACK: o.TCB.RCV.NXT, CTL: ACK, Text: "h"}.String()}, labels(o.Segments))
	}
	shrunk := Step(sending(Established), withWindow(in(Established), iss+1, 0))
	require.NotZero(t, shrunk.TCB.Timers.Persist)
	probe := Step(shrunk.TCB, PersistTimeout{Now: at})
	require.Equal(t, "h", textOf(probe.Segments))
	require.Equal(t, una, probe.Segments[0].SEQ)

	opened := Step(o.TCB, ack(o.TCB, una))
	require.Equal(t, "hello", textOf(opened.Segments), "the probe's octet was refused")
	require.Equal(t, una+5, opened.TCB.SND.NXT)
	require.Zero(t, opened.TCB.Timers.Persist)
	opened = Step(o.TCB, ack(o.TCB, una+1))
	require.Equal(t, "ello", textOf(opened.Segments), "the probe's octet was taken")
}

// RFC 9293 3.8.6.1, SHLD-29: the ACK that shuts the window and confirms all that was on its
// way has the first probe wait for an RTO, not for the time that a small window is given.
func TestAnACKThatShutsTheWindowWaitsForAnRTO(t *testing.T) {
	sent := Step(narrow(in(Established), 5), Send{Now: now, Text: "hello world", Push: true})
	require.Equal(t, "hello", textOf(sent.Segments))
	closed := Step(sent.TCB, withWindow(sent.TCB, sent.TCB.SND.NXT, 0))
	require.Equal(t, now+closed.TCB.RTO, closed.TCB.Timers.Persist)

	small := Step(sent.TCB, withWindow(sent.TCB, sent.TCB.SND.NXT, 1))
	require.Equal(t, now+overrideTimeout, small.TCB.Timers.Persist)
	closed = Step(small.TCB, withWindow(small.TCB, small.TCB.SND.NXT, 0))
	require.Equal(t, now+closed.TCB.RTO, closed.TCB.Timers.Persist)
}

// RFC 9293 3.8.6.1, MUST-37: "As long as the receiving TCP peer continues to send
// acknowledgments in response to the probe segments, the sending TCP peer MUST allow the
// connection to stay open." SHLD-17: nor does what lies beyond a shrunk window time out.
func TestAnsweredProbesKeepTheConnection(t *testing.T) {
	o := Outcome{TCB: behindShutWindow(Established)}
	una := o.TCB.SND.UNA
	for o.TCB.Timers.Persist < time.Hour {
		at := o.TCB.Timers.Persist
		o = Step(o.TCB, PersistTimeout{Now: at})
		require.Equal(t, at+userTimeLimit, o.TCB.Timers.User)
		s := withWindow(o.TCB, una, 0)
		s.Now = at
		o = Step(o.TCB, s)
		require.Zero(t, o.TCB.Timers.User)
	}
	silent := Step(o.TCB, PersistTimeout{Now: time.Hour})
	require.Equal(t, time.Hour+userTimeLimit, silent.TCB.Timers.User)
	require.Equal(t, silent.TCB.Timers.User, Step(silent.TCB, PersistTimeout{Now: time.Hour + time.Minute}).TCB.Timers.User)
	require.Equal(t, UserTimeoutAbort, Step(silent.TCB, UserTimeout{Now: silent.TCB.Timers.User}).Signals)

	shrunk := Step(sending(Established), withWindow(in(Established), iss+1, 0))
	require.Zero(t, shrunk.TCB.Timers.User, "SHLD-17")
}

// RFC 9293 3.8.6.3: an ACK may wait (SHLD-18) for less than half a second (MUST-40), and
// not for more than a second full segment (SHLD-19). It rides on what is sent meanwhile.
func TestDelayedACK(t *testing.T) {
	tcb := in(Established)
	tcb.Settings.DelayACK = true
	text := strings.Repeat("x", defaultMSS)
	first := Step(tcb, arrive(next(tcb, ACK, text)))
	require.Empty(t, first.Segments)
	require.Equal(t, []Rule{textAccepted, ackDelayed}, first.Rules)
	for p := range profiles {
		require.Less(t, profiles[p].delayedACK, 500*time.Millisecond)
	}
	require.Equal(t, now+profiles[Strict].delayedACK, first.TCB.Timers.DelayedACK)

	second := Step(first.TCB, arrive(next(first.TCB, ACK, text)))
	require.Equal(t, []string{Segment{SEQ: iss + 1, ACK: first.TCB.RCV.NXT + defaultMSS, CTL: ACK}.String()}, labels(second.Segments))
	require.Zero(t, second.TCB.Timers.DelayedACK)
	over := Step(first.TCB, DelayedACKTimeout{Now: now})
	require.Equal(t, first.TCB.RCV.NXT, over.Segments[0].ACK)
	require.Zero(t, over.TCB.Timers.DelayedACK)
	rides := Step(first.TCB, Send{Now: now, Text: "hello"})
	require.Equal(t, first.TCB.RCV.NXT, rides.Segments[0].ACK)
	require.Zero(t, rides.TCB.Timers.DelayedACK)

	fin := Step(first.TCB, arrive(next(first.TCB, FIN|ACK, "")))
	require.Len(t, fin.Segments, 1, "a FIN is answered at once")
	gap := Step(first.TCB, arrive(from(first.TCB.RCV.NXT+1, first.TCB.SND.NXT, ACK, "x")))
	require.Len(t, gap.Segments, 1, "what comes early is answered at once (R5681-3.2a)")
	filled := Step(gap.TCB, arrive(next(gap.TCB, ACK, "w")))
	require.Equal(t, []uint32{gap.TCB.RCV.NXT + 2}, []uint32{filled.Segments[0].ACK}, "and what fills the gap")
}

// RFC 9293 3.8.3: R1 is three retransmissions (SHLD-10), for a SYN, too (MUST-22): the user
// hears of it (SHLD-9, MUST-20), and the connection goes on until R2.
func TestR1TellsAndR2Ends(t *testing.T) {
	for _, tcb := range []TCB{in(SynSent), in(SynReceived), sending(Established)} {
		o := Outcome{TCB: tcb}
		for n := range 5 {
			o = Step(o.TCB, RetransmissionTimeout{Now: o.TCB.Timers.Retransmission})
			require.Equal(t, n+1 == r1, o.Signals == DeliveryProblem)
			require.Equal(t, tcb.State, o.TCB.State)
		}
		require.Equal(t, now+userTimeLimit, o.TCB.Timers.User)
		o = Step(o.TCB, UserTimeout{Now: o.TCB.Timers.User})
		require.Equal(t, UserTimeoutAbort, o.Signals)
		require.Equal(t, Closed, o.TCB.State)
	}
}

// RFC 9293 3.8.3, MUST-21: the user sets R2, with the OPEN or later.
func TestTheUserSetsR2(t *testing.T) {
	syn := Step(TCB{}, Open{Now: now, ISS: iss, Active: true, Remote: true, Settings: Settings{Timeout: time.Hour}})
	require.Equal(t, now+time.Hour, syn.TCB.Timers.User)
	tcb := then(sending(Established), Set{Now: 2 * now, Settings: Settings{Timeout: 20 * time.Second}}).TCB
	require.Equal(t, 2*now+20*time.Second, tcb.Timers.User)
	tcb = then(in(Established), Set{Now: now, Settings: Settings{Timeout: 20 * time.Second}}, Send{Now: now, Text: "x"}).TCB
	require.Equal(t, now+20*time.Second, tcb.Timers.User)
	require.Equal(t, TCB{}, Step(TCB{}, Set{Now: now, Settings: Settings{KeepAlive: true}}).TCB)
}

// RFC 9293 3.8.4, MAY-5: keep-alives are off (MUST-25) until asked for, and can be switched
// off again (MUST-24). A probe has no text (SHLD-12).
func TestKeepAliveOnAndOff(t *testing.T) {
	require.Zero(t, in(Established).Timers.KeepAlive)
	on := alive(Established)
	require.Equal(t, now+2*time.Hour, on.Timers.KeepAlive, "MUST-28")
	require.Zero(t, then(on, Set{Now: now}).TCB.Timers.KeepAlive)
	often := then(on, Set{Now: now, Settings: Settings{KeepAlive: true, KeepAliveIdle: time.Minute, KeepAliveInterval: time.Second}}).TCB
	require.Equal(t, now+time.Minute, often.Timers.KeepAlive, "MUST-27")
	probe := Step(often, KeepAliveTimeout{Now: often.Timers.KeepAlive})
	require.Equal(t, []string{Segment{SEQ: iss, ACK: irs + 1, CTL: ACK}.String()}, labels(probe.Segments))
	require.Equal(t, often.Timers.KeepAlive+time.Second, probe.TCB.Timers.KeepAlive)

	syn := Step(TCB{}, Open{Now: now, ISS: iss, Active: true, Remote: true, Settings: Settings{KeepAlive: true}})
	require.Zero(t, syn.TCB.Timers.KeepAlive)
	o := Step(syn.TCB, arrive(from(irs, iss+1, SYN|ACK, "")))
	require.Equal(t, now+2*time.Hour, o.TCB.Timers.KeepAlive)
}

// RFC 9293 3.8.4: probes are sent only where nothing is unacknowledged and nothing has come
// for the interval (MUST-26), and one that is lost ends nothing (MUST-29).
func TestKeepAliveProbesTheIdle(t *testing.T) {
	later := alive(Established)
	s := ack(later, later.SND.UNA)
	s.Now = 2 * now
	require.Equal(t, 2*now+2*time.Hour, Step(later, s).TCB.Timers.KeepAlive, "something has come")
	busy := then(alive(Established), Send{Now: now, Text: "hello"}).TCB
	o := Step(busy, KeepAliveTimeout{Now: busy.Timers.KeepAlive})
	require.Equal(t, []Rule{keepAliveBusy}, o.Rules)
	require.Empty(t, o.Segments)

	o = Outcome{TCB: alive(Established)}
	for range keepAliveProbes {
		o = Step(o.TCB, KeepAliveTimeout{Now: o.TCB.Timers.KeepAlive})
		require.Equal(t, Established, o.TCB.State)
	}
	answered := Step(o.TCB, ack(o.TCB, o.TCB.SND.UNA))
	require.Zero(t, answered.TCB.Probes)
	o = Step(o.TCB, KeepAliveTimeout{Now: o.TCB.Timers.KeepAlive})
	require.Equal(t, UserTimeoutAbort, o.Signals)
	require.Equal(t, TCB{}, o.TCB)
	require.Equal(t, RST, o.Segments[0].CTL)
}

// RFC 5961 7, R5961-7: challenge ACKs are limited, ten in five seconds.
func TestRFC5961_7_ChallengesAreLimited(t *testing.T) {
	o := Outcome{TCB: in(Established)}
	answers := 0
	for range 20 {
		o = Step(o.TCB, arrive(next(o.TCB, SYN, "")))
		answers += len(o.Segments)
	}
	require.Equal(t, 10, answers)
	require.Equal(t, []Rule{synChallenged, challengesLimited}, o.Rules)
	s := arrive(next(o.TCB, SYN, ""))
	s.Now = now + 5*time.Second
	require.Len(t, Step(o.TCB, s).Segments, 1)
}

// RFC 9293 3.10.7.4 fifth, MAY-12, and RFC 5961 5, R5961-5: an ACK is acceptable from
// SND.UNA - MAX.SND.WND to SND.NXT; else the segment is dropped, and answered.
func TestRFC5961_5_AnACKFarTooOldIsNone(t *testing.T) {
	tcb := narrow(in(Established), 100)
	for ack, ok := range map[uint32]bool{
		tcb.SND.UNA - 100: true, tcb.SND.UNA - 101: false, tcb.SND.UNA - 1<<31: false, tcb.SND.NXT: true, tcb.SND.NXT + 1: false,
	} {
		o := Step(tcb, arrive(from(tcb.RCV.NXT, ack, ACK, "hello")))
		require.Equal(t, ok, o.Text == "hello", "%d", ack-tcb.SND.UNA)
		require.Len(t, o.Segments, 1)
	}
}

// RFC 5681 3.1, R5681-3.1a: the initial window is four segments at most and about 4380
// octets. R5681-3.1c: ssthresh begins arbitrarily high.
func TestRFC5681_3_1_TheInitialWindow(t *testing.T) {
	for mss, window := range map[uint16]uint32{536: 4 * 536, 1095: 4 * 1095, 1096: 3 * 1096, 1460: 3 * 1460, 2190: 3 * 2190, 2191: 2 * 2191} {
		synack := from(irs, iss+1, SYN|ACK, "")
		synack.Options.MSS = mss
		o := Step(in(SynSent), arrive(synack))
		require.Equal(t, window, o.TCB.Congestion.CWND)
		require.Equal(t, uint32(unlimited), o.TCB.Congestion.SSThresh)
		o = Step(o.TCB, octets(20000))
		require.Equal(t, int(window), len(textOf(o.Segments)))
		o = Step(o.TCB, octets(1))
		require.Equal(t, []Rule{sendWaitsForNetwork}, o.Rules)
	}
	linux := Step(TCB{}, Open{ISS: iss, Active: true, Remote: true, Settings: Settings{Profile: Linux}})
	require.Equal(t, uint32(5360), Step(linux.TCB, arrive(from(irs, iss+1, SYN|ACK, ""))).TCB.Congestion.CWND)
}

// RFC 5681 3.1, R5681-3.1b: if the SYN or its answer was lost, one segment.
func TestRFC5681_3_1_ALostSYNMakesOneSegment(t *testing.T) {
	tcb := then(in(SynSent), RetransmissionTimeout{Now: now}, arrive(from(irs, iss+1, SYN|ACK, ""))).TCB
	require.Equal(t, uint32(defaultMSS), tcb.Congestion.CWND)
	tcb = then(in(SynReceived), RetransmissionTimeout{Now: now}, arrive(from(irs+1, iss+1, ACK, ""))).TCB
	require.Equal(t, uint32(defaultMSS), tcb.Congestion.CWND)
}

// RFC 5681 3.1, MUST-19, R5681-3.1d: below ssthresh cwnd grows by what is acknowledged, up to a
// segment for each ACK. R5681-3.1e: from it on by about a segment in each round trip.
func TestRFC5681_3_1_SlowStartAndCongestionAvoidance(t *testing.T) {
	o := Outcome{TCB: in(Established)}
	o.TCB.Congestion.CWND = 2 * defaultMSS
	o = Step(o.TCB, octets(60000))
	require.Equal(t, []int{536, 536}, lengths(o.Segments))
	for round := range 3 {
		for range 2 << round {
			o = Step(o.TCB, ack(o.TCB, o.TCB.SND.UNA+defaultMSS))
			require.Equal(t, []int{536, 536}, lengths(o.Segments), "one left, and the window has grown by one")
		}
	}
	require.Equal(t, uint32(16*defaultMSS), o.TCB.Congestion.CWND)
	small := Step(o.TCB, ack(o.TCB, o.TCB.SND.UNA+10))
	require.Equal(t, uint32(16*defaultMSS+10), small.TCB.Congestion.CWND)
	many := Step(o.TCB, ack(o.TCB, o.TCB.SND.UNA+3*defaultMSS))
	require.Equal(t, uint32(17*defaultMSS), many.TCB.Congestion.CWND, "one ACK, one segment")

	o.TCB.Congestion.SSThresh = 16 * defaultMSS
	for range 16 {
		o = Step(o.TCB, ack(o.TCB, o.TCB.SND.UNA+defaultMSS))
	}
	require.InDelta(t, 17*defaultMSS, o.TCB.Congestion.CWND, 30)
}

// RFC 5681 3.1, R5681-3.1f: a timeout sets ssthresh to half of what is in flight, the first
// time that a segment goes again; R5681-3.1g: cwnd becomes one segment. MUST-19: what was
// lost goes again in slow start, with a timer that backs off.
func TestRFC5681_3_1_ATimeoutBeginsAnew(t *testing.T) {
	o := Step(in(Established), octets(8*defaultMSS))
	require.Len(t, o.Segments, 8)
	una := o.TCB.SND.UNA
	o = Step(o.TCB, RetransmissionTimeout{Now: now})
	require.Equal(t, uint32(4*defaultMSS), o.TCB.Congestion.SSThresh)
	require.Equal(t, uint32(defaultMSS), o.TCB.Congestion.CWND)
	require.Equal(t, 2*time.Second, o.TCB.RTO)
	o = Step(o.TCB, RetransmissionTimeout{Now: now})
	require.Equal(t, uint32(4*defaultMSS), o.TCB.Congestion.SSThresh, "not again")
	o.TCB.Congestion.SSThresh = 3 * defaultMSS // to be told from half of what is in flight still
	o = Step(o.TCB, RetransmissionTimeout{Now: o.TCB.Timers.Retransmission})
	require.Equal(t, uint32(3*defaultMSS), o.TCB.Congestion.SSThresh, "held constant")
	o = Step(o.TCB, ack(o.TCB, una+defaultMSS))
	require.Equal(t, []uint32{una + defaultMSS, una + 2*defaultMSS}, numbers(o.Segments))
	o = Step(o.TCB, ack(o.TCB, una+2*defaultMSS))
	require.Equal(t, []uint32{una + 3*defaultMSS, una + 4*defaultMSS}, numbers(o.Segments))
	o = Step(o.TCB, ack(o.TCB, una+8*defaultMSS))
	require.Equal(t, Steady, o.TCB.Congestion.Phase)
	require.Empty(t, o.Segments)

	two := Step(then(in(Established), octets(2*defaultMSS)).TCB, RetransmissionTimeout{Now: now})
	require.Equal(t, uint32(2*defaultMSS), two.TCB.Congestion.SSThresh, "no less than two segments")
}

func numbers(segments []Segment) []uint32 {
	var all []uint32
	for _, s := range segments {
		all = append(all, s.SEQ)
	}
	return all
}

// RFC 5681 3.2, R5681-3.2c: the first two duplicate ACKs let a new segment leave each;
// R5681-3.2b: the third has the lost one sent again at once. RFC 6582 3.2: a partial ACK
// the next; the ACK of all ends it with half of the window.
func TestRFC5681_3_2_FastRetransmitAndRecovery(t *testing.T) {
	tcb := in(Established)
	tcb.Congestion.CWND = 8 * defaultMSS
	o := Step(tcb, octets(20*defaultMSS))
	una, nxt := o.TCB.SND.UNA, o.TCB.SND.NXT
	duplicate := ack(o.TCB, una)
	for n := range uint32(2) {
		o = Step(o.TCB, duplicate)
		require.Equal(t, []uint32{nxt + n*defaultMSS}, numbers(o.Segments), "limited transmit")
	}
	o = Step(o.TCB, duplicate)
	require.Equal(t, []Rule{fastRetransmit}, o.Rules)
	require.Equal(t, []uint32{una}, numbers(o.Segments))
	require.Equal(t, uint32(4*defaultMSS), o.TCB.Congestion.SSThresh, "without the two of limited transmit")
	require.Equal(t, uint32(7*defaultMSS), o.TCB.Congestion.CWND)
	high := o.TCB.SND.NXT
	for range 4 {
		o = Step(o.TCB, duplicate)
	}
	require.Equal(t, uint32(11*defaultMSS), o.TCB.Congestion.CWND)
	require.Equal(t, []uint32{high}, numbers(o.Segments), "inflated, the window lets new text leave")

	o = Step(o.TCB, ack(o.TCB, una+3*defaultMSS))
	require.Contains(t, o.Rules, partialACK)
	require.Equal(t, una+3*defaultMSS, o.Segments[0].SEQ)
	require.Equal(t, uint32(9*defaultMSS), o.TCB.Congestion.CWND)
	o = Step(o.TCB, ack(o.TCB, high))
	require.Contains(t, o.Rules, recoveryOver)
	require.LessOrEqual(t, o.TCB.Congestion.CWND, uint32(4*defaultMSS))
	require.Equal(t, Steady, o.TCB.Congestion.Phase)
}

// RFC 5681 2: an ACK is a duplicate if text is unacknowledged, it carries none, acknowledges
// nothing new, and says the same window.
func TestRFC5681_2_WhatADuplicateIs(t *testing.T) {
	tcb := sending(Established)
	counts := func(t TCB, s SegmentArrives) uint8 { return Step(t, s).TCB.Congestion.DupACKs }
	require.Equal(t, uint8(1), counts(tcb, ack(tcb, tcb.SND.UNA)))
	require.Zero(t, counts(tcb, withWindow(tcb, tcb.SND.UNA, 100)))
	require.Zero(t, counts(tcb, arrive(from(tcb.RCV.NXT, tcb.SND.UNA, ACK, "x"))))
	require.Zero(t, counts(tcb, ack(tcb, tcb.SND.UNA-1)))
	idle := in(Established)
	require.Zero(t, counts(idle, ack(idle, idle.SND.UNA)))
}

// RFC 5681 4.1, R5681-4.1: who has not sent for an RTO begins with the initial window again.
func TestRFC5681_4_1_AfterIdlingTheInitialWindow(t *testing.T) {
	tcb := then(in(Established), Send{Now: now, Text: "x"}).TCB
	tcb = then(tcb, ack(tcb, tcb.SND.NXT)).TCB
	soon := Step(tcb, Send{Now: now + tcb.RTO, Text: "x"})
	require.Greater(t, soon.TCB.Congestion.CWND, uint32(4*defaultMSS))
	late := Step(tcb, Send{Now: now + tcb.RTO + 1, Text: "x"})
	require.Equal(t, uint32(4*defaultMSS), late.TCB.Congestion.CWND)
}
