package tcp

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// table6 is RFC 9293 table 6, row by row, in 64-bit numbers: both window and
// segment are unrolled so that no subtraction wraps.
func table6(seg Segment, nxt, wnd uint32) bool {
	inWindow := func(n uint32) bool {
		for unrolled := uint64(n); unrolled <= uint64(n)+1<<32; unrolled += 1 << 32 {
			if uint64(nxt) <= unrolled && unrolled < uint64(nxt)+uint64(wnd) {
				return true
			}
		}
		return false
	}
	length := uint32(len(seg.Text))
	if seg.CTL&SYN != 0 {
		length++
	}
	if seg.CTL&FIN != 0 {
		length++
	}
	if length == 0 && wnd == 0 {
		return seg.SEQ == nxt
	}
	if length == 0 && wnd > 0 {
		return inWindow(seg.SEQ)
	}
	if length > 0 && wnd == 0 {
		return false
	}
	return inWindow(seg.SEQ) || inWindow(seg.SEQ+length-1)
}

// refusals are the rules that the first check takes for what table 6 refuses.
var refusals = []Rule{outsideRST, oldSegment, outsideWindow, zeroWindow, finRetransmitted}

// violated names the invariant that a step broke, or "".
func violated(was TCB, o Outcome) string {
	t := o.TCB
	switch {
	case len(o.Rules) == 0:
		return "every event has an answer: no rule fired"
	case int32(t.SND.NXT-t.SND.UNA) < 0:
		return "SND.UNA =< SND.NXT"
	case uint64(t.SND.NXT-t.SND.UNA) > uint64(len(t.Queue))+2:
		return "what is outstanding is text, a SYN or a FIN"
	case t.State == Closed && t != TCB{}:
		return "CLOSED has no TCB"
	case t.State != Closed && t.RCV.WND+t.Unread > t.buffer():
		return "the window and what is unread fit into the buffer"
	case (t.SND.NXT != t.SND.UNA) != (t.Timers.Retransmission != 0) && t.Timers.Persist == 0:
		return "the retransmission timer runs while something is unacknowledged"
	case t.Timers.Persist != 0 && (t.Timers.Retransmission != 0 || t.Queue == ""):
		return "the persist timer runs while text waits, alone"
	case t.State != Closed && t.State != Listen && t.State != SynSent && t.State != TimeWait && t.Timers.DelayedACK == 0 && len(o.Segments) == 0 && t.RCV.NXT != t.LastACK:
		return "what has come is acknowledged, or a timer sees to it"
	case t.Congestion.CWND == 0 && t.State.Synchronized() && !t.synOutstanding():
		return "a connection has a congestion window"
	case (t.Timers.TimeWait != 0) != (t.State == TimeWait):
		return "the time-wait timer runs in TIME-WAIT only"
	case t.State != Closed && t.State != Listen && was.State != SynSent && was.State != Listen &&
		was.State != Closed && o.Rules[0] != resetToTimeWait && before(t.RCV.NXT+t.RCV.WND, was.RCV.NXT+was.RCV.WND):
		return "the total of RCV.NXT and RCV.WND should not be reduced"
	case t.State != Closed && t.FinSent && t.FinQueued:
		return "one FIN"
	case t.State != Closed && t.State != Listen && (t.RTO < time.Second || t.RTO > time.Minute):
		return "RTO lies between 1 and 60 s"
	case t.Timed.On && !within(t.SND.UNA, t.Timed.SEQ, t.SND.NXT-t.SND.UNA):
		return "what is timed is not acknowledged yet"
	case len(o.Segments) > 1 && slices.ContainsFunc(o.Segments, func(s Segment) bool { return s.CTL == ACK && s.Text == "" }):
		return "an ACK goes alone only if nothing else goes"
	}
	for _, s := range o.Segments {
		if s.CTL.Has(RST) || s.CTL == SYN {
			continue
		}
		wnd := t.window()
		if s.CTL.Has(SYN) {
			wnd = t.firstWindow()
		}
		if !s.CTL.Has(ACK) || s.ACK != t.RCV.NXT || s.WND != wnd {
			return "a segment says ACK=RCV.NXT and WND=RCV.WND: " + s.String()
		}
		if s.Options.Len() > 40 || uint32(len(s.Text)+s.Options.Len()) > t.smss() && len(s.Text) > 1 {
			return "a segment is as long as the other end takes: " + s.String()
		}
		if before(t.SND.NXT, s.SEQ+s.LEN()) {
			return "a segment lies before SND.NXT: " + s.String()
		}
	}
	return ""
}

// variants are what a state can look like: idle, with text on its way or waiting,
// with a small or a shut window, with a gap.
func variants(s State) []TCB {
	idle := in(s)
	all := []TCB{idle}
	switch s {
	case Closed, TimeWait:
		return all
	case Listen:
		return append(all, reachable(Listen))
	case SynReceived:
		all = append(all, crossed(), then(idle, Close{Now: now}).TCB)
	case SynSent, Established, FinWait1, FinWait2, CloseWait, Closing, LastAck:
	}
	all = append(all, sending(s), then(sending(s), Close{Now: now}).TCB)
	if s == SynSent {
		return all
	}
	small := idle
	small.Unread, small.RCV.WND = receiveBuffer-2, 2
	none := idle
	none.Unread, none.RCV.WND = receiveBuffer, 0
	gap := then(idle, arrive(from(idle.RCV.NXT+2, idle.SND.NXT, FIN|ACK, "c"))).TCB
	urgent := then(shut(idle), Send{Now: now, Text: "hello", Push: true, Urgent: true}).TCB
	return append(all, small, none, gap, urgent)
}

// TestInvariants tries every state with every combination of the six control
// bits, with numbers at and across both edges of both windows and of 2^32: RFC 9293 3.4,
// table 6 (U-2), all arithmetic modulo 2^32 (U-1), no window that shrinks (SHLD-14).
func TestInvariants(t *testing.T) {
	steps := 0
	var inPlace Outcome
	for _, s := range States {
		for _, tcb := range variants(s) {
			edge := tcb.RCV.NXT + tcb.RCV.WND
			seqs := []uint32{
				tcb.RCV.NXT - 2, tcb.RCV.NXT - 1, tcb.RCV.NXT, tcb.RCV.NXT + 1,
				edge - 1, edge, edge + 1, 0, 1<<32 - 1, tcb.RCV.NXT + 1<<31, tcb.IRS,
			}
			acks := []uint32{
				tcb.SND.UNA - 1, tcb.SND.UNA, tcb.SND.UNA + 1, tcb.SND.NXT,
				tcb.SND.NXT + 1, 0, 1<<32 - 1, tcb.SND.UNA + 1<<31,
			}
			for ctl := range CTL(64) {
				for _, seq := range seqs {
					for _, ack := range acks {
						for _, text := range []string{"", "ab"} {
							seg := Segment{SEQ: seq, ACK: ack, WND: 1, UP: 1, CTL: ctl, Text: text}
							e := arrive(seg)
							o := Step(tcb, e)
							inPlace.TCB = tcb
							inPlace.Step(e)
							if broken := wrong(tcb, seg, o, inPlace); broken != "" {
								t.Fatalf("%v %v in %+v: %s; rules %v, answer %v", s, seg, tcb, broken, o.Rules, o.Segments)
							}
							steps++
						}
					}
				}
			}
		}
	}
	require.Greater(t, steps, 500_000)
}

// wrong says what is wrong with the answer to a segment.
func wrong(tcb TCB, seg Segment, o, again Outcome) string {
	if broken := violated(tcb, o); broken != "" {
		return broken
	}
	if o.TCB != again.TCB || o.Text != again.Text || o.Signals != again.Signals ||
		!slices.Equal(o.Segments, again.Segments) || !slices.Equal(o.Rules, again.Rules) {
		return "the same step twice, pure and in place, is the same"
	}
	for _, s := range o.Segments {
		if seg.CTL.Has(RST) && s.CTL.Has(RST) {
			return "a RST never answers a RST"
		}
	}
	switch tcb.State {
	case Closed, Listen, SynSent:
		return ""
	case SynReceived, Established, FinWait1, FinWait2, CloseWait, Closing, LastAck, TimeWait:
	}
	refused := slices.ContainsFunc(o.Rules, func(r Rule) bool { return slices.Contains(refusals, r) })
	if slices.Contains(o.Rules, synTrimmed) { // figure 7: the SYN is trimmed first
		seg.SEQ, seg.CTL = seg.SEQ+1, seg.CTL&^SYN
	}
	want := table6(seg, tcb.RCV.NXT, tcb.RCV.WND)
	if seg.CTL.Has(RST) { // 3.10.7.4 second, 1): here the sequence number alone counts
		want = want && table6(Segment{SEQ: seg.SEQ}, tcb.RCV.NXT, tcb.RCV.WND)
	}
	if refused == want {
		return fmt.Sprintf("table 6 accepts: %v", want)
	}
	return ""
}
