package tui

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/replay"
)

// play starts a scenario on a wire in memory.
func play(tb testing.TB, name string) *handshake.Timeline {
	tb.Helper()
	s, err := handshake.Load(name)
	require.NoError(tb, err)
	t, err := handshake.NewTimeline(context.Background(), own(s), s)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, t.Close()) })
	return t
}

// after is a stepper that has gone so many steps forward.
func after(tb testing.TB, name string, steps int) *stepper {
	tb.Helper()
	m := newStepper(play(tb, name))
	for range steps {
		require.NoError(tb, m.forward(tb.Context()))
	}
	return m
}

func TestForwardAndBackAreOneStepEach(t *testing.T) {
	m := after(t, "three-way", 3)
	m.back()
	require.Equal(t, 2, m.timeline.N())
	require.NoError(t, m.forward(t.Context()))
	require.Equal(t, 3, m.timeline.N())
}

func TestBackAtTheStartAndForwardAtTheEndStayThere(t *testing.T) {
	m := after(t, "three-way", 0)
	m.back()
	require.Zero(t, m.timeline.N())
	require.ErrorIs(t, m.goTo(t.Context(), 1000), handshake.ErrOver)
	end := m.timeline.N()
	require.ErrorIs(t, m.forward(t.Context()), handshake.ErrOver)
	require.Equal(t, end, m.timeline.N())
}

func TestPredictHidesAStepBeforeItShowsIt(t *testing.T) {
	m := after(t, "three-way", 7)
	m.predict = true
	require.NoError(t, m.forward(t.Context()))
	require.Equal(t, 8, m.timeline.N())
	require.True(t, m.hidden)
	require.NoError(t, m.forward(t.Context()))
	require.Equal(t, 8, m.timeline.N(), "the second forward reveals")
	require.False(t, m.hidden)
}

func TestPredictGivesNoAnswerAway(t *testing.T) {
	m := after(t, "three-way", 7)
	m.predict = true
	require.NoError(t, m.nextChange(t.Context()))
	require.True(t, m.hidden, "the next change of state is hidden, too")
	require.Len(t, m.shown().Steps, 7, "so is it in what is exported")
	m.query = "syn-received"
	require.ErrorIs(t, m.find(1, func(n int) string { return m.timeline.Trace().Steps[n-1].After }), errNotFound)
	require.True(t, m.hidden)
	require.NoError(t, m.goTo(t.Context(), 3))
	require.False(t, m.hidden, "what has been seen is not hidden again")
	require.NoError(t, m.goTo(t.Context(), 12))
	require.True(t, m.hidden)
}

func TestChangesOfStateAreSteps3And6And8And10(t *testing.T) {
	m := after(t, "three-way", 0)
	for _, want := range []int{3, 6, 8, 10, 13, 30} {
		require.NoError(t, m.nextChange(t.Context()))
		require.Equal(t, want, m.timeline.N())
	}
	for _, want := range []int{13, 10, 8, 6, 3, 0, 0} {
		m.previousChange()
		require.Equal(t, want, m.timeline.N())
	}
}

func TestTheLastChangeIsFollowedByTheEnd(t *testing.T) {
	m := after(t, "ack-lost", 0)
	require.ErrorIs(t, m.goTo(t.Context(), 1000), handshake.ErrOver)
	end := m.timeline.N()
	m.back()
	for m.changes(m.timeline.N() + 1) { // else the next change is the end itself
		m.back()
	}
	err := m.nextChange(t.Context())
	for err == nil && m.timeline.N() < end {
		err = m.nextChange(t.Context())
	}
	require.NoError(t, err)
	require.ErrorIs(t, m.nextChange(t.Context()), handshake.ErrOver)
}

func TestTheComingChoiceIsFirstInTheMenu(t *testing.T) {
	m := after(t, "three-way", 0)
	for {
		coming, ok := m.timeline.Coming()
		if !ok {
			break
		}
		choices := m.choices()
		require.Equal(t, coming, choices[0])
		seen := map[group]bool{}
		last := group("")
		for _, c := range choices {
			g := groupOf(c.Verb)
			require.False(t, g != last && seen[g], "groups are not interleaved: %v", choices)
			seen[g], last = true, g
		}
		require.NoError(t, m.forward(t.Context()))
	}
}

func TestLoseTakesTheSegmentThatIsComing(t *testing.T) {
	m := after(t, "three-way", 9)
	require.NoError(t, m.disturb(t.Context(), handshake.Drop))
	s := m.timeline.Trace().Steps[9]
	require.Equal(t, handshake.KindDrop, s.Kind)
	require.Equal(t, 2, s.Packet)
}

func TestLoseTakesTheOldestWhereNoneIsComing(t *testing.T) {
	m := after(t, "three-way", 11)
	coming, _ := m.timeline.Coming()
	require.Equal(t, handshake.Return, coming.Verb)
	require.NoError(t, m.disturb(t.Context(), handshake.Drop))
	require.Equal(t, 3, m.timeline.Trace().Steps[11].Packet)
}

func TestNothingIsLostOrDoubledWhereNothingIsInFlight(t *testing.T) {
	m := after(t, "three-way", 6)
	require.ErrorIs(t, m.disturb(t.Context(), handshake.Drop), errInFlight)
	require.ErrorIs(t, m.disturb(t.Context(), handshake.Duplicate), errInFlight)
	require.Equal(t, 6, m.timeline.N())
}

func TestAnotherChoiceKeepsTheOldFuture(t *testing.T) {
	m := after(t, "three-way", 12)
	m.back()
	require.NoError(t, m.disturb(t.Context(), handshake.Drop))
	futures := m.timeline.Futures()
	require.Len(t, futures, 2)
	for _, f := range futures {
		if !f.Current {
			m.visit(f)
		}
	}
	require.Equal(t, handshake.KindReturn, m.timeline.Trace().Steps[11].Kind)
}

func TestSearchGoesRoundFromTheCursor(t *testing.T) {
	m := after(t, "three-way", 14)
	says := func(n int) string { return m.timeline.Trace().Steps[n-1].Label }
	m.query = "SYN"
	for _, want := range []int{7, 8, 9, 10, 7} {
		require.NoError(t, m.find(1, says))
		require.Equal(t, want, m.timeline.N())
	}
	for _, want := range []int{10, 9} {
		require.NoError(t, m.find(-1, says))
		require.Equal(t, want, m.timeline.N())
	}
	m.query = "no such thing"
	require.ErrorIs(t, m.find(1, says), errNotFound)
	require.Equal(t, 9, m.timeline.N())
}

func TestSearchBeforeTheFirstStepFindsNothing(t *testing.T) {
	m := after(t, "three-way", 0)
	m.query = "SYN"
	require.ErrorIs(t, m.find(1, func(int) string { return "SYN" }), errNotFound)
}

func TestPanesTurnRound(t *testing.T) {
	m := after(t, "three-way", 0)
	var seen []int
	for range 8 {
		m.turn(1)
		seen = append(seen, m.pane)
	}
	require.Equal(t, []int{2, 3, 4, 5, 6, 7, 1, 2}, seen)
	m.turn(-1)
	m.turn(-1)
	require.Equal(t, 7, m.pane)
	require.Equal(t, 7, m.lower, "the pane below stays when pane 1 has the focus")
	m.open(1)
	require.Equal(t, 7, m.lower)
}

func TestASavedTraceCanOnlyBeStepped(t *testing.T) {
	var saved bytes.Buffer
	require.NoError(t, played(t, "syn-lost").WriteJSON(&saved))
	recording, err := replay.Open(&saved)
	require.NoError(t, err)
	timeline, err := handshake.NewTimeline(t.Context(), recording, nil)
	require.NoError(t, err)
	m := newStepper(timeline)
	require.True(t, m.recorded())
	require.NoError(t, m.goTo(t.Context(), 7))
	require.ErrorIs(t, m.disturb(t.Context(), handshake.Duplicate), errRecorded, "its segment is in flight")
	require.False(t, after(t, "syn-lost", 7).recorded())
}

// Whatever a recorded step is, the line above the last has a sentence for it: a kernel
// adds notes that nobody chose, and a person replaces segments.
func TestNextHasASentenceForEveryStep(t *testing.T) {
	for _, lang := range []string{"en", "ko"} {
		v := newDashboard(t.Context(), play(t, "three-way"), options(t, lang, true), LineGlyphs()).view()
		for _, kind := range []handshake.Kind{
			handshake.KindDepart, handshake.KindArrive, handshake.KindDrop, handshake.KindDuplicate, handshake.KindTimeout,
			handshake.KindCall, handshake.KindReturn, handshake.KindSignal, handshake.KindNote,
		} {
			require.NotContains(t, v.sentence(choiceOf(handshake.Step{Peer: "server", Kind: kind}), false), "dash.", kind)
		}
		replaced := choiceOf(handshake.Step{Peer: "wire", Kind: handshake.KindNote, Choice: "replace server 1 <SEQ=100><CTL=RST>"})
		require.NotContains(t, v.sentence(replaced, false), "dash.")
	}
}
