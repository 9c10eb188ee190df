package viz_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/viz"
)

// told is the narration of the step with a label, in English.
func told(t *testing.T, trace *handshake.Trace, kind handshake.Kind, label string) viz.Narration {
	t.Helper()
	for i, s := range trace.Steps {
		if s.Kind == kind && strings.Contains(s.Label, label) {
			return viz.Narrate(trace, i+1, "en")
		}
	}
	t.Fatalf("no %s with %s", kind, label)
	return viz.Narration{}
}

func TestAStepIsToldByItsEventItsReasonAndItsSource(t *testing.T) {
	trace := played(t, "three-way")
	story := told(t, trace, handshake.KindArrive, "<CTL=SYN,ACK>")
	require.Equal(t, "Segment 2 reached the client.", story.Event)
	require.Contains(t, story.Main, "ACK 101 confirms the client's SYN")
	require.Equal(t, trace.Words["en"]["synack"], story.Note)
	require.Equal(t, "RFC 9293 3.10.7.3 fourth", story.Source)
	why, look := viz.Look(story.Main, "en")
	require.True(t, strings.HasPrefix(story.Main, why))
	require.Equal(t, story.Main, why+" Look: "+look)
}

func TestEveryKindOfStepHasItsSentence(t *testing.T) {
	trace := scripted(t, `drop server
inject server <SEQ=7><CTL=ACK><ACK=1>
duplicate server <CTL=ACK>
wait 250ms
timeout client retransmission
`)
	for _, c := range []struct {
		kind  handshake.Kind
		label string
		want  string
	}{
		{handshake.KindCall, "listen", "The server called listen(3, 8); it returned 0."},
		{handshake.KindCall, "accept", "The server called accept(3) and waits."},
		{handshake.KindDepart, "CTL=SYN", "The client sent segment 1. It is in flight."},
		{handshake.KindDepart, "SEQ=7", "Segment 2, which neither end sent now, is on its way to the server."},
		{handshake.KindDrop, "CTL=SYN", "Segment 1 was lost on its way to the server."},
		{handshake.KindDuplicate, "SEQ=7", "Segment 2 was doubled on its way to the server."},
		{handshake.KindTimeout, "retransmission", "The retransmission timer of the client ended."},
		{handshake.KindNote, "wait", "Nothing arrives; time passes."},
	} {
		require.Equal(t, c.want, told(t, trace, c.kind, c.label).Event)
	}
	require.Equal(t, "TCP peer A made the call reboot().",
		told(t, played(t, "figure-9"), handshake.KindCall, "reboot").Event)
	require.Equal(t, "A signal at the client: connection closing.",
		told(t, played(t, "half-close"), handshake.KindSignal, "closing").Event)
	require.Equal(t, "The call accept(3) of the server returned 4.",
		told(t, played(t, "three-way"), handshake.KindReturn, "accept").Event)
}

// What an engine notes is told as such, in text and in sentences, and in the language.
func TestANoteOfAnEngineIsTold(t *testing.T) {
	trace := played(t, "refused")
	trace.Steps = append(trace.Steps, handshake.Step{
		N: len(trace.Steps) + 1, Peer: "server", Kind: handshake.KindNote, Label: "accept queue 1 of 8", Choice: "wait",
	})
	for lang, want := range map[string][2]string{
		"en": {"accept queue 1 of 8", "Beside that, at the server: accept queue 1 of 8."},
		"ko": {"accept 큐 1개 (한도 8개)", "그 밖에 서버에서: accept 큐 1개 (한도 8개)."},
	} {
		require.Equal(t, want[1], viz.Narrate(trace, len(trace.Steps), lang).Event)
		var b bytes.Buffer
		require.NoError(t, viz.Text(&b, trace, viz.Options{Lang: lang}))
		require.Contains(t, b.String(), " "+want[0]+"\n")
	}
}

// {client.SND.NXT} is the number that this step led to.
func TestANoteIsFilledFromTheTraceAsItIsThen(t *testing.T) {
	trace := played(t, "three-way")
	require.Contains(t, told(t, trace, handshake.KindCall, "connect").Note, "picks 100 as")
	trace.Words["en"]["ask"] = "{client.SND.NXT}, {server.SND.NXT}, {nobody.SND.NXT}"
	require.Equal(t, "101, ?, ?", told(t, trace, handshake.KindCall, "connect").Note)
}

// RFC 5681 2 counts cwnd in octets, a kernel in segments; a sentence speaks of octets.
func TestACongestionWindowInSegmentsIsToldInOctets(t *testing.T) {
	trace := played(t, "three-way")
	trace.Words["en"]["ask"] = "{client.cwnd}, {client.ssthresh}"
	for i, s := range trace.Steps {
		if s.Kind == handshake.KindCall && strings.HasPrefix(s.Label, "connect") {
			trace.Steps[i].Vars = append(s.Vars, handshake.Var{Name: "snd_cwnd", Value: "4", Unit: "segments"},
				handshake.Var{Name: "snd_ssthresh", Unit: "segments"}, handshake.Var{Name: "snd_mss", Value: "100", Unit: "B"})
		}
	}
	require.Equal(t, "400, ?", told(t, trace, handshake.KindCall, "connect").Note)
}

// A step that deletes the TCB is told with the numbers that it had.
func TestTheLastStepKnowsItsNumbers(t *testing.T) {
	trace := played(t, "three-way")
	last := viz.Narrate(trace, len(trace.Steps), "en")
	require.Equal(t, "The time-wait timer of the client ended.", last.Event)
	require.NotContains(t, last.Main, "?")
}

// The sentence of a step is that of its last rule that is not quiet.
func TestAQuietRuleYieldsToTheOthers(t *testing.T) {
	trace := played(t, "three-way")
	step := &trace.Steps[0]
	loud, quiet := handshake.Why{Rule: "listen-syn", Cite: "RFC 9293 3.10.7.2 third"}, handshake.Why{Rule: "ack-new", Cite: "RFC 9293 3.10.7.4 fifth"}
	main := func(why ...handshake.Why) string {
		step.Why = why
		return viz.Narrate(trace, 1, "en").Main
	}
	require.Equal(t, main(loud), main(loud, quiet))
	require.Equal(t, main(loud), main(quiet, loud))
	require.NotEqual(t, main(loud), main(quiet))
	require.Empty(t, main())
}

func TestADocumentIsCitedOnceWithItsSections(t *testing.T) {
	trace := played(t, "three-way")
	trace.Steps[0].Why = []handshake.Why{
		{Rule: "a", Cite: "RFC 9293 3.4.1"},
		{Rule: "b", Cite: "POSIX recv()"},
		{Rule: "c", Cite: "RFC 9293 3.10.7.2"},
		{Rule: "d", Cite: "RFC 9293 3.4.1"},
		{Rule: "e", Cite: "RFC 6298 2.1"},
	}
	require.Equal(t, "RFC 9293 3.4.1, 3.10.7.2; POSIX recv(); RFC 6298 2.1", viz.Narrate(trace, 1, "en").Source)
}
