package tcp

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// comes brings a SYN to a socket that somebody listens to.
func comes(t TCB, s Segment) Outcome {
	return Step(t, SegmentArrives{Now: now, ISS: t.SND.NXT + 1000, Listening: true, Segment: s})
}

// MAY-2: "it MAY accept a new SYN from the remote TCP endpoint to reopen the connection
// directly from TIME-WAIT state".
func TestRFC9293_3_6_1_ASYNReopensTimeWait(t *testing.T) {
	old := in(TimeWait)
	anew := from(old.RCV.NXT+5000, 0, SYN, "")
	o := comes(old, anew)
	require.Equal(t, []Rule{timeWaitReopened}, o.Rules)
	require.Equal(t, SynReceived, o.TCB.State)
	require.Equal(t, []string{Segment{SEQ: old.SND.NXT + 1000, ACK: anew.SEQ + 1, CTL: SYN | ACK}.String()}, labels(o.Segments))

	o = Step(o.TCB, arrive(next(o.TCB, ACK, "")))
	require.Equal(t, Established, o.TCB.State)
	require.Zero(t, o.TCB.Was)

	require.Equal(t, []Rule{oldSegment}, comes(old, from(old.RCV.NXT-1, 0, SYN, "")).Rules, "its number has been used")
	require.Equal(t, []Rule{synInTimeWait}, Step(old, arrive(anew)).Rules, "nobody listens")
	require.Equal(t, []Rule{synInTimeWait}, comes(old, from(anew.SEQ, old.SND.NXT, SYN|ACK, "")).Rules, "it begins nothing")
}

// MAY-2 (1): "assigns its initial sequence number for the new connection to be larger than
// the largest sequence number it used on the previous connection incarnation".
func TestRFC9293_3_6_1_TheNewNumbersLieAboveTheOld(t *testing.T) {
	old := in(TimeWait)
	o := Step(old, SegmentArrives{Now: now, ISS: old.SND.NXT - 100, Listening: true, Segment: from(old.RCV.NXT, 0, SYN, "")})
	require.Equal(t, old.SND.NXT, o.TCB.ISS, "its largest was SND.NXT - 1")
}

// MAY-2 (2): "returns to TIME-WAIT state if the SYN turns out to be an old duplicate".
func TestRFC9293_3_6_1_AnOldDuplicateReturnsToTimeWait(t *testing.T) {
	old := in(TimeWait)
	reopened := comes(old, from(old.RCV.NXT+5000, 0, SYN, "")).TCB
	refusal := from(reopened.RCV.NXT, 0, RST, "")
	back := Step(reopened, arrive(refusal))
	require.Equal(t, []Rule{resetToTimeWait}, back.Rules)
	require.Empty(t, violated(reopened, back))
	require.Equal(t, old.Timers, back.TCB.Timers)
	fin := from(old.RCV.NXT-1, old.SND.NXT, FIN|ACK, "")
	require.Equal(t, labels(Step(old, arrive(fin)).Segments), labels(Step(back.TCB, arrive(fin)).Segments), "it answers as it did")

	late := SegmentArrives{Now: old.Timers.TimeWait, Segment: refusal}
	require.Equal(t, Listen, Step(reopened, late).TCB.State, "that TIME-WAIT is over")
}

// RFC 6191 2, which RFC 9293 asks for (SHLD-4): a timestamp tells incarnations apart where
// the numbers do not.
func TestRFC6191_2_TimestampsReopenTimeWait(t *testing.T) {
	for _, k := range []struct {
		name          string
		before, after bool   // whether the old and the new incarnation have timestamps
		stamp, seq    uint32 // how far above the last ones
		reopens       bool
	}{
		{"a newer timestamp, whatever the number", true, true, 1, 1<<32 - 50, true},
		{"the same timestamp and a higher number", true, true, 0, 0, true},
		{"the same timestamp and a used number", true, true, 0, 1<<32 - 1, false},
		{"an older timestamp", true, true, 1<<32 - 1, 50, false},
		{"no timestamp any more and a higher number", true, false, 0, 50, true},
		{"no timestamp any more and a used number", true, false, 0, 1<<32 - 1, false},
		{"timestamps for the first time", false, true, 0, 1<<32 - 50, true},
	} {
		old := in(TimeWait)
		old.Settings.Stamp = true
		old.Agreed.Timestamps, old.Agreed.TSRecent = k.before, 7000
		syn := from(old.RCV.NXT+k.seq, 0, SYN, "")
		syn.Options.Timestamps, syn.Options.TSval = k.after, 7000+k.stamp
		if !k.after {
			syn.Options.TSval = 0
		}
		require.Equal(t, k.reopens, comes(old, syn).TCB.State == SynReceived, k.name)
	}
}

// An end that is told of no listener is what it was: the flag means nothing elsewhere.
func TestListeningMattersInTimeWaitOnly(t *testing.T) {
	for _, s := range States {
		if s == TimeWait {
			continue
		}
		tcb := in(s)
		e := arrive(next(tcb, SYN, ""))
		heard := e
		heard.Listening = true
		require.Equal(t, Step(tcb, e), Step(tcb, heard), "%v", s)
	}
}
