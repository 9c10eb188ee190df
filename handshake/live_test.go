package handshake_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
)

// clockwork is an engine with a running clock that cannot go back: its worlds, one for
// each start. A nil world does not start.
type clockwork struct {
	worlds []*world
	starts int
}

func (e *clockwork) Start(context.Context, *handshake.Scenario) (handshake.Session, error) {
	e.starts++
	w := e.worlds[e.starts-1]
	if w == nil {
		return nil, errors.New("fake: no namespaces here")
	}
	if e.starts > 1 && !e.worlds[0].closed {
		return nil, errors.New("fake: the session before is still open")
	}
	w.born = time.Now()
	return w, nil
}

// world is a session: what each choice does once, and what happens by itself.
type world struct {
	choices []handshake.Choice
	does    map[string]caused // by the choice's line
	due     []caused          // in order
	made    []string
	born    time.Time
	closed  bool
}

// caused is what a choice brings: steps, and what can happen afterwards.
type caused struct {
	after time.Duration // since the start, of what happens by itself
	steps []handshake.Step
	can   []string
}

func (w *world) Header() handshake.Trace {
	return handshake.Trace{
		Scenario: "test", Engine: "kernel", Protocol: "tcp", Host: "Linux 6.18",
		Peers: []handshake.Peer{{Name: "client", State: "CLOSED"}, {Name: "server", State: "CLOSED"}},
	}
}

func (w *world) Choices() []handshake.Choice { return w.choices }

func (w *world) Close() error {
	w.closed = true
	return nil
}

func (w *world) Do(ctx context.Context, c handshake.Choice) ([]handshake.Step, error) {
	if c == (handshake.Choice{Verb: handshake.Wait}) {
		return w.wait(ctx)
	}
	does, ok := w.does[c.String()]
	if c.Verb != handshake.Begin && !slices.Contains(w.choices, c) || !ok {
		return nil, fmt.Errorf("fake: %q is not possible", c)
	}
	w.choices = slices.DeleteFunc(slices.Clone(w.choices), func(o handshake.Choice) bool { return o == c })
	return w.happen(c.String(), does), nil
}

func (w *world) wait(ctx context.Context) ([]handshake.Step, error) {
	if len(w.due) == 0 {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(time.Until(w.born.Add(w.due[0].after))):
	}
	next := w.due[0]
	w.due = w.due[1:]
	return w.happen("wait", next), nil
}

func (w *world) happen(line string, c caused) []handshake.Step {
	w.made = append(w.made, line)
	for _, can := range c.can {
		w.choices = append(w.choices, choice(can))
	}
	steps := slices.Clone(c.steps)
	for i := range steps {
		steps[i].At = time.Since(w.born)
	}
	return steps
}

func choice(line string) handshake.Choice {
	c, err := handshake.ParseChoice(line)
	if err != nil {
		panic(err)
	}
	return c
}

func choices(lines ...string) []handshake.Choice {
	var all []handshake.Choice
	for _, l := range lines {
		all = append(all, choice(l))
	}
	return all
}

func step(peer string, kind handshake.Kind, packet int, label string) []handshake.Step {
	return []handshake.Step{{Peer: peer, Kind: kind, Packet: packet, Label: label}}
}

func live(t *testing.T, lines string, worlds ...*world) (*handshake.Timeline, *clockwork) {
	t.Helper()
	e := &clockwork{worlds: worlds}
	tl, err := handshake.NewTimeline(t.Context(), e, script(t, lines))
	require.NoError(t, err)
	require.True(t, tl.Live())
	return tl, e
}

func labels(tl *handshake.Timeline) string {
	var all []string
	for _, s := range tl.Trace().Steps {
		all = append(all, s.Label)
	}
	return strings.Join(all, " ")
}

// sender sends one segment, which leaves by itself after a second.
func sender() *world {
	return &world{
		choices: choices("client send x"),
		does: map[string]caused{
			"client send x":       {steps: step("client", handshake.KindCall, 0, "send()")},
			"arrive server 1 <X>": {steps: step("server", handshake.KindArrive, 1, "<X>")},
			"drop server 1 <X>":   {steps: step("wire", handshake.KindDrop, 1, "<X>")},
		},
		due: []caused{{
			after: time.Second,
			steps: slices.Concat(step("client", handshake.KindTimeout, 0, "retransmission"), step("client", handshake.KindDepart, 1, "<X>")),
			can:   []string{"arrive server 1 <X>", "drop server 1 <X>"},
		}},
	}
}

const sent = "client send x\narrive server <X>\n"

func TestALineWaitsUntilARunningClockHasBroughtWhatItAsksFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tl, _ := live(t, sent, sender())
		forward(t, tl, 1)
		coming, ok := tl.Coming()
		require.True(t, ok)
		require.Equal(t, "wait", coming.String())
		forward(t, tl, 1)
		require.Equal(t, time.Second, last(tl).At)
		require.Equal(t, "wait", last(tl).Choice)
		require.Equal(t, "retransmission", last(tl).Label, "one step at a time")
		forward(t, tl, 1)
		require.Equal(t, "<X>", last(tl).Label)
		forward(t, tl, 1)
		require.Equal(t, handshake.KindArrive, last(tl).Kind)
		require.ErrorIs(t, tl.Next(t.Context()), handshake.ErrOver)
		require.Equal(t, 4, tl.Len())
	})
}

func TestALineThatFiveSecondsDoNotMakePossibleIsAMistakeOfTheScript(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := sender()
		w.due = nil
		tl, _ := live(t, sent, w)
		forward(t, tl, 1)
		began := time.Now()
		require.EqualError(t, tl.Next(t.Context()), `test.txtar:6: found "arrive server <X>", which cannot be done now, allowed: nothing, all is over`)
		require.Equal(t, 5*time.Second, time.Since(began))
		require.Equal(t, 1, tl.Len())
	})
}

func TestAWaitThatAPersonEndsLeavesNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tl, _ := live(t, sent, sender())
		forward(t, tl, 1)
		short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		require.ErrorIs(t, tl.Next(short), context.DeadlineExceeded)
		require.ErrorIs(t, tl.Wait(short), context.DeadlineExceeded)
		require.Equal(t, 1, tl.Len())
		forward(t, tl, 3)
		require.Equal(t, handshake.KindArrive, last(tl).Kind)
	})
}

func TestWhatHappensByItselfIsNoChoiceOfAPerson(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tl, _ := live(t, sent, sender())
		forward(t, tl, 1)
		require.True(t, tl.Edge())
		require.NoError(t, tl.Wait(t.Context()))
		require.Equal(t, 3, tl.N(), "the cursor is behind all of it")
		require.Equal(t, "wait", tl.Trace().Steps[1].Choice)
		require.Empty(t, tl.Trace().Steps[2].Choice)
		coming, _ := tl.Coming()
		require.Equal(t, "arrive server 1 <X>", coming.String(), "the script goes on")
		tl.Back()
		require.False(t, tl.Edge())
		require.ErrorContains(t, tl.Wait(t.Context()), "want the newest step of a live session")
	})
}

func TestAfterAPersonHasStrayedAnEmptyListIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := sender()
		w.due[0].can = []string{"arrive server 1 <X>"}
		w.due = append(w.due, caused{after: 2 * time.Second, steps: step("client", handshake.KindTimeout, 0, "keep-alive")})
		w.choices = append(w.choices, choice("server listen 1"))
		w.does["server listen 1"] = caused{steps: step("server", handshake.KindCall, 0, "listen()")}
		tl, _ := live(t, sent, w)
		require.NoError(t, tl.Do(t.Context(), choice("server listen 1")))
		forward(t, tl, 5)
		require.Equal(t, "listen() send() retransmission <X> <X> keep-alive", labels(tl))
		began := time.Now()
		require.ErrorIs(t, tl.Next(t.Context()), handshake.ErrOver)
		require.Equal(t, 5*time.Second, time.Since(began))
	})
}

func TestAChoiceThatHasGoneLeavesNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := sender()
		tl, _ := live(t, sent, w)
		w.choices = nil
		require.ErrorContains(t, tl.Do(t.Context(), choice("client send x")), "is not possible")
		require.Zero(t, tl.Len())
		require.Empty(t, tl.Choices(), "what can happen is asked for anew")
	})
}

// pair sends two segments, which leave in either order.
func pair(first, second string) *world {
	one, two := "arrive server 1 "+first, "arrive server 2 "+second
	lost, lostToo := "drop server 1 "+first, "drop server 2 "+second
	return &world{
		choices: choices("client send ab"),
		does: map[string]caused{
			"client send ab": {
				steps: slices.Concat(step("client", handshake.KindDepart, 1, first), step("client", handshake.KindDepart, 2, second)),
				can:   []string{one, two, lost, lostToo},
			},
			one:     {steps: step("server", handshake.KindArrive, 1, first)},
			two:     {steps: step("server", handshake.KindArrive, 2, second)},
			lost:    {steps: step("wire", handshake.KindDrop, 1, first)},
			lostToo: {steps: step("wire", handshake.KindDrop, 2, second)},
		},
	}
}

const both = "client send ab\narrive server <A>\narrive server <B>\n"

func TestAnotherFutureOfALiveSessionIsReachedByDoingItAllAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		again := pair("<B>", "<A>")
		again.due = []caused{{after: 0, steps: step("client", handshake.KindTimeout, 0, "unseen")}}
		tl, e := live(t, both, pair("<A>", "<B>"), again)
		time.Sleep(time.Minute) // a person looks at it
		forward(t, tl, 4)
		old := tl.Trace().Steps
		tl.Seek(3)
		require.Equal(t, 1, e.starts, "going back is an index")
		choose(t, tl, "drop server 2 <B>")
		require.Equal(t, 2, e.starts)
		require.Equal(t, 2, tl.Starts())
		require.True(t, e.worlds[0].closed)
		require.Equal(t, []string{"client send ab", "arrive server 2 <A>", "drop server 1 <B>"}, again.made)
		require.Equal(t, old[:3], tl.Trace().Steps[:3])
		require.Equal(t, 2, last(tl).Packet, "in the numbers of the trace")
		require.Equal(t, "drop server 2 <B>", last(tl).Choice)
		require.GreaterOrEqual(t, last(tl).At, time.Minute, "time does not run back")
		_, err := handshake.ReadJSON(strings.NewReader(text(t, tl)))
		require.NoError(t, err)

		futures := tl.Futures()
		require.Len(t, futures, 2)
		require.NoError(t, tl.Wait(t.Context()))
		require.Equal(t, "unseen", last(tl).Label)
		tl.Visit(futures[0])
		require.Equal(t, old, tl.Trace().Steps)
		require.False(t, tl.Edge(), "the session stands elsewhere")
		require.ErrorIs(t, tl.Next(t.Context()), handshake.ErrOver)
		require.Equal(t, 2, e.starts, "at the script's end nothing is started")
	})
}

func TestWhatIsNotPossibleYetIsWaitedForWhenItIsDoneAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		prompt, late := sender(), sender()
		prompt.does["client send x"] = caused{steps: slices.Concat(step("client", handshake.KindCall, 0, "send()"), step("client", handshake.KindDepart, 1, "<X>")), can: []string{"arrive server 1 <X>", "drop server 1 <X>"}}
		prompt.due = nil
		tl, _ := live(t, sent, prompt, late)
		forward(t, tl, 3)
		tl.Seek(2)
		choose(t, tl, "drop")
		require.Equal(t, []string{"client send x", "wait", "drop server 1 <X>"}, late.made)
		require.Equal(t, "send() <X> retransmission <X>", labels(tl), "what came meanwhile is recorded, but no segment leaves twice")
		require.Equal(t, 1, tl.Trace().Steps[tl.Len()-1].Packet)
	})
}

func TestAFutureTakenUpAgainIsDoneAgainBeforeMoreIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		awake := sender()
		awake.due = append(awake.due, caused{after: 2 * time.Second, steps: step("client", handshake.KindTimeout, 0, "keep-alive")})
		tl, e := live(t, sent+"server listen 1\n", sender(), sender(), sender(), awake)
		forward(t, tl, 3)
		choose(t, tl, "drop")
		tl.Seek(3)
		choose(t, tl, "arrive")
		tl.Visit(tl.Futures()[0])
		require.NoError(t, tl.Next(t.Context()), "after straying what is listed comes first")
		require.Equal(t, 3, e.starts)
		require.Equal(t, handshake.KindArrive, last(tl).Kind)
		tl.Visit(tl.Futures()[1])
		require.NoError(t, tl.Next(t.Context()))
		require.Equal(t, 4, e.starts)
		require.Equal(t, "keep-alive", last(tl).Label)
	})
}

func TestWhatCannotBeDoneAgainIsNamedAndTheNextTryStartsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		deaf := &world{choices: choices("server listen 1")}
		tl, e := live(t, both, pair("<A>", "<B>"), deaf, nil, pair("<A>", "<B>"))
		forward(t, tl, 4)
		whole := text(t, tl)
		tl.Seek(3)
		lose := choice("drop server 2 <B>")
		require.ErrorContains(t, tl.Do(t.Context(), lose), `started anew: found "client send ab", which cannot be done again, allowed: server listen 1`)
		require.Equal(t, whole, text(t, tl))
		require.Equal(t, 3, tl.N(), "the cursor stays")
		require.EqualError(t, tl.Do(t.Context(), lose), "fake: no namespaces here")
		require.Nil(t, tl.Session())
		require.True(t, deaf.closed)
		require.Equal(t, whole, text(t, tl))
		require.NoError(t, tl.Do(t.Context(), lose))
		require.Equal(t, 4, e.starts)
		require.Len(t, tl.Futures(), 2)
		require.NoError(t, tl.Close())
		require.True(t, e.worlds[3].closed)
		require.NoError(t, tl.Close(), "closing twice is harmless")
	})
}

func TestAStartAnewThatAPersonEndsLeavesNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tl, e := live(t, both, pair("<A>", "<B>"), &world{}, pair("<A>", "<B>"))
		forward(t, tl, 4)
		tl.Seek(3)
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, tl.Do(short, choice("drop server 2 <B>")), context.DeadlineExceeded)
		require.Len(t, tl.Futures(), 1)
		require.NoError(t, tl.Do(t.Context(), choice("drop server 2 <B>")))
		require.Equal(t, 3, e.starts)
	})
}

func TestWhatBeginHidesIsDoneAgainToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hiding := func() *world {
			w := sender()
			w.does["begin"] = caused{}
			w.choices = append(w.choices, choice("server listen 1"))
			w.does["server listen 1"] = caused{steps: step("server", handshake.KindCall, 0, "listen()")}
			return w
		}
		second := hiding()
		tl, _ := live(t, "server listen 1\nbegin\n"+sent, hiding(), second)
		require.Zero(t, tl.Len())
		forward(t, tl, 4)
		tl.Seek(3)
		choose(t, tl, "drop")
		require.Equal(t, []string{"server listen 1", "begin", "client send x", "wait", "drop server 1 <X>"}, second.made)
		require.Equal(t, "send() retransmission <X> <X>", labels(tl))
	})
}

func TestATimerKeepsItsPlaceInTheTimeOfTheTrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		timed := func() *world {
			w := pair("<A>", "<B>")
			lost := step("wire", handshake.KindDrop, 2, "<B>")
			lost[0].Vars = []handshake.Var{
				{Name: "retransmission timer", Value: "1000000000", Unit: "ns"},
				{Name: "rto", Value: "200000000", Unit: "ns"},
			}
			w.does["drop server 2 <B>"] = caused{steps: lost}
			return w
		}
		tl, _ := live(t, both, timed(), timed())
		time.Sleep(time.Minute)
		forward(t, tl, 4)
		tl.Seek(3)
		choose(t, tl, "drop server 2 <B>")
		require.Equal(t, []handshake.Var{
			{Name: "retransmission timer", Value: "61000000000", Unit: "ns"},
			{Name: "rto", Value: "200000000", Unit: "ns"},
		}, last(tl).Vars)
	})
}

// A running clock ends its timers by itself, perhaps in a minute: whoever has left the
// script waits for what comes first, and chooses no timer.
func TestInALooseScenarioALineWaitsUntilItFitsAndNoTimerIsChosen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := sender()
		w.choices = choices("timeout client time-wait", "client send x")
		s := script(t, "server listen 1\n"+sent)
		s.Loose = true
		tl, err := handshake.NewTimeline(t.Context(), &clockwork{worlds: []*world{w}}, s)
		require.NoError(t, err)
		for range 5 {
			require.NoError(t, tl.Next(t.Context()))
		}
		require.Equal(t, []string{"client send x", "wait", "arrive server 1 <X>", "drop server 1 <X>"}, w.made)
		began := time.Now()
		require.ErrorIs(t, tl.Next(t.Context()), handshake.ErrOver)
		require.Equal(t, 5*time.Second, time.Since(began))
	})
}
