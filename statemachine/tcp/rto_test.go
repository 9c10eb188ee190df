package tcp

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const ms = time.Millisecond

// connected is ESTABLISHED after an active OPEN whose SYN was answered rtt later.
func connected(rtt time.Duration) TCB {
	return then(in(SynSent), SegmentArrives{Now: now + rtt, Segment: from(irs, iss+1, SYN|ACK, "")}).TCB
}

// said sends text at the time at; heard acknowledges all that was sent.
func said(at time.Duration) Send { return Send{Now: at, Text: "x"} }

func heard(t TCB, at time.Duration) SegmentArrives {
	return SegmentArrives{Now: at, Segment: next(t, ACK, "")}
}

// roundTrip is one segment of text whose ACK comes rtt later.
func roundTrip(t TCB, rtt time.Duration) TCB {
	t = Step(t, said(now)).TCB
	return Step(t, heard(t, now+rtt)).TCB
}

// RFC 6298 2.2 (R6298-2.2), 2.3 (R6298-2.3), 2.4 (R6298-2.4) and 2.5 (R6298-2.5): SRTT, RTTVAR
// and RTO after each sample, computed by hand. The first sample is the SYN's. So RFC 9293
// 3.8.1 wants it (MUST-18).
func TestRFC6298_2_SamplesMakeTheRTO(t *testing.T) {
	type after struct{ r, srtt, rttvar, rto float64 } // milliseconds
	for name, samples := range map[string][]after{
		"far away": {
			{3000, 3000, 1500, 9000},
			{3000, 3000, 1125, 7500},
			{3000, 3000, 843.75, 6375},
			{1000, 2750, 1132.8125, 7281.25},
		},
		"RTTVAR looks at the SRTT before": {
			{100, 100, 50, 1000},
			{900, 200, 237.5, 1150},
			{1000, 300, 378.125, 1812.5},
		},
		"never below one second": {
			{0, 0, 0, 1000},
			{0, 0, 0, 1000},
			{200, 25, 50, 1000},
			{800, 121.875, 231.25, 1046.875},
		},
		"never above a minute": {
			{40_000, 40_000, 20_000, 60_000},
			{0, 35_000, 25_000, 60_000},
		},
	} {
		tcb := TCB{}
		for i, want := range samples {
			r := time.Duration(want.r * float64(ms))
			if i == 0 {
				tcb = connected(r)
			} else {
				tcb = roundTrip(tcb, r)
			}
			got := after{want.r, inMS(tcb.SRTT), inMS(tcb.RTTVAR), inMS(tcb.RTO)}
			require.Equal(t, want, got, "%s, sample %d", name, i+1)
		}
	}
}

func inMS(d time.Duration) float64 { return float64(d) / float64(ms) }

// RFC 6298 2.3, section 4: a variance of zero counts as G.
func TestRFC6298_4_SteadyDelaysLeaveG(t *testing.T) {
	tcb := connected(5 * time.Second)
	for range 200 {
		tcb = roundTrip(tcb, 5*time.Second)
	}
	require.Equal(t, 5*time.Second+granularity, tcb.RTO)
}

// RFC 6298 3, R6298-3: of what was sent twice there is no sample (MUST-18). Until a new one
// comes the RTO stays backed off (5.3), then it collapses (5).
func TestRFC6298_3_KarnTakesNoSampleOfWhatWentTwice(t *testing.T) {
	began := roundTrip(connected(100*ms), 100*ms)
	tcb := then(began, said(now), RetransmissionTimeout{Now: now + time.Second}, said(now+time.Second)).TCB
	require.Equal(t, Timed{SEQ: tcb.SND.NXT - 1, On: true, Sent: now + time.Second}, tcb.Timed, "what is new is timed")
	tcb = Step(tcb, RetransmissionTimeout{Now: now + 3*time.Second}).TCB
	require.Equal(t, Timed{}, tcb.Timed, "its ACK waits for the segment that goes again before it")

	tcb = Step(tcb, heard(tcb, now+3100*ms)).TCB
	require.Equal(t, began.SRTT, tcb.SRTT)
	require.Equal(t, began.RTTVAR, tcb.RTTVAR)
	require.Equal(t, 4*time.Second, tcb.RTO)

	tcb = roundTrip(tcb, 100*ms)
	require.Equal(t, time.Second, tcb.RTO)
}

// RFC 6298 3, R6298-3: the SYN,ACK of a simultaneous open has the number of the SYN, so an
// ACK of it may answer either.
func TestRFC6298_3_ASYNThatCrossedIsNotTimed(t *testing.T) {
	tcb := Step(crossed(), SegmentArrives{Now: 5 * now, Segment: from(irs, iss+1, SYN|ACK, "")}).TCB
	require.Equal(t, Established, tcb.State)
	require.False(t, tcb.Measured)
	require.Equal(t, initialRTO, tcb.RTO)
	tcb = roundTrip(tcb, 2*time.Second)
	require.Equal(t, 2*time.Second, tcb.SRTT, "the first sample, 2.2")
}

// RFC 6298 3, R6298-3: at least one sample in each round trip; the machine takes one.
func TestRFC6298_3_OneSampleInEachWindow(t *testing.T) {
	tcb := then(connected(0), said(now), said(now+time.Second), said(now+2*time.Second)).TCB
	first := SegmentArrives{Now: now + 8*time.Second, Segment: from(tcb.RCV.NXT, tcb.SND.UNA+1, ACK, "")}
	tcb = Step(tcb, first).TCB
	require.Equal(t, time.Second, tcb.SRTT, "8 s by the first segment, an eighth of it")
	tcb = Step(tcb, heard(tcb, now+9*time.Second)).TCB
	require.Equal(t, time.Second, tcb.SRTT, "the others were not timed")
	require.Equal(t, 2*time.Second, roundTrip(tcb, 9*time.Second).SRTT)
}

// RFC 6298 5.1 to 5.3, R6298-5.1: the timer starts when it does not run, stops when all is
// acknowledged, and starts again with the current RTO when something is.
func TestRFC6298_5_1_TheTimerStartsStopsAndStartsAgain(t *testing.T) {
	tcb := then(connected(0), said(now), said(now+ms)).TCB
	require.Equal(t, now+time.Second, tcb.Timers.Retransmission, "5.1: it runs already")

	tcb = then(tcb, RetransmissionTimeout{Now: 2 * now}, RetransmissionTimeout{Now: 3 * now}).TCB
	partial := SegmentArrives{Now: 4 * now, Segment: from(tcb.RCV.NXT, tcb.SND.UNA+1, ACK, "")}
	tcb = Step(tcb, partial).TCB
	require.Equal(t, 4*now+4*time.Second, tcb.Timers.Retransmission, "5.3: the current RTO, backed off twice")
	require.Equal(t, uint8(0), tcb.Retransmissions)

	tcb = Step(tcb, heard(tcb, 5*now)).TCB
	require.Zero(t, tcb.Timers.Retransmission, "5.2")
	tcb = Step(tcb, said(6*now)).TCB
	require.Equal(t, 6*now+4*time.Second, tcb.Timers.Retransmission, "5.1: nothing new was measured")
}

// RFC 6298 5.7, R6298-5.7: a SYN or a SYN,ACK was repeated: data begins with 3 seconds, however
// far the back-off came. There is no sample of it.
func TestRFC6298_5_7_ALostSYNMakesThreeSeconds(t *testing.T) {
	for _, times := range []int{0, 1, 2, 7} {
		for _, tcb := range []TCB{in(SynSent), in(SynReceived)} {
			for range times {
				tcb = Step(tcb, RetransmissionTimeout{Now: now}).TCB
			}
			ctl, seq := ACK, tcb.RCV.NXT
			if tcb.State == SynSent {
				ctl, seq = SYN|ACK, irs
			}
			tcb = Step(tcb, arrive(from(seq, iss+1, ctl, ""))).TCB
			want := 3 * time.Second
			if times == 0 {
				want = time.Second
			}
			require.Equal(t, want, tcb.RTO)
			require.Equal(t, times == 0, tcb.Measured)
			require.Equal(t, now+want, Step(tcb, said(now)).TCB.Timers.Retransmission)
			require.Equal(t, time.Second, roundTrip(tcb, 0).RTO, "the next sample counts alone")
		}
	}
}

// went is a segment that a sender under test sent.
type went struct {
	seq   uint32
	at    time.Duration
	again bool
}

// sender is a TCB whose segments are remembered.
type sender struct {
	tcb  TCB
	sent []went
}

// do steps and remembers. What begins before what was already sent goes again, and
// with it all behind it waits.
func (s *sender) do(e Event, at time.Duration) {
	nxt := s.tcb.SND.NXT
	o := Step(s.tcb, e)
	for _, seg := range o.Segments {
		if seg.LEN() == 0 {
			continue
		}
		if !before(seg.SEQ, nxt) {
			s.sent = append(s.sent, went{seq: seg.SEQ, at: at})
			continue
		}
		for i := range s.sent {
			s.sent[i].again = true
		}
	}
	s.tcb = o.TCB
}

// explained reports whether the step from was to s needs no sample, or one of a segment
// that it acknowledged and that went once.
func (s *sender) explained(was TCB, at time.Duration) bool {
	if s.tcb.SRTT == was.SRTT && s.tcb.RTTVAR == was.RTTVAR && s.tcb.Measured == was.Measured {
		return true
	}
	for _, w := range s.sent {
		r := float64(at - w.at)
		srtt, rttvar := r, r/2
		if was.Measured {
			srtt = 7./8*float64(was.SRTT) + r/8
			rttvar = 3./4*float64(was.RTTVAR) + math.Abs(float64(was.SRTT)-r)/4
		}
		if !w.again && !before(w.seq, was.SND.UNA) && before(w.seq, s.tcb.SND.UNA) &&
			math.Abs(srtt-float64(s.tcb.SRTT)) <= 1 && math.Abs(rttvar-float64(s.tcb.RTTVAR)) <= 1 {
			return true
		}
	}
	return false
}

// RFC 6298 2.4 (R6298-2.4), 2.5 (R6298-2.5) and 3 (R6298-3), whatever is sent, acknowledged and
// repeated, and whenever: RTO lies between 1 and 60 s, and each sample is of a segment that
// went once.
func TestRFC6298_RTOStaysInBoundsAndKarnHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := now
		s := sender{tcb: in(SynSent), sent: []went{{seq: iss, at: at}}}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			was := s.tcb
			at += time.Duration(rapid.Int64Range(0, int64(100*time.Second)).Draw(t, "pause"))
			switch outstanding := int(was.SND.NXT - was.SND.UNA); rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				s.do(Send{Now: at, Text: string(make([]byte, rapid.IntRange(1, 1200).Draw(t, "octets")))}, at)
			case 1:
				s.do(RetransmissionTimeout{Now: at}, at)
			default:
				if was.State == SynSent {
					s.do(SegmentArrives{Now: at, Segment: from(irs, iss+1, SYN|ACK, "")}, at)
					break
				}
				ack := was.SND.UNA + uint32(rapid.IntRange(0, outstanding).Draw(t, "acknowledged"))
				s.do(SegmentArrives{Now: at, Segment: from(was.RCV.NXT, ack, ACK, "")}, at)
			}
			require.GreaterOrEqual(t, s.tcb.RTO, time.Second)
			require.LessOrEqual(t, s.tcb.RTO, time.Minute)
			require.True(t, s.explained(was, at), "from %+v to %+v", was, s.tcb)
		}
	})
}
