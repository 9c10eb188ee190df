package tui

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
	w.born = time.Now()
	return w, nil
}

// world is a session in which a client sends a segment that goes out by itself, a
// second after the start, and again each second until it arrives.
type world struct {
	born    time.Time
	choices []handshake.Choice
	sent    int
	dead    bool
	closed  bool
}

func newWorld() *world { return &world{choices: []handshake.Choice{chosen("client send x")}} }

func chosen(line string) handshake.Choice {
	c, err := handshake.ParseChoice(line)
	if err != nil {
		panic(err)
	}
	return c
}

func (w *world) Header() handshake.Trace {
	return handshake.Trace{
		Scenario: "test", Engine: "kernel", Protocol: "tcp", Host: "Linux 6.18.44",
		Peers: []handshake.Peer{
			{Name: "client", Address: "127.0.0.1:49152", State: "CLOSED"}, {Name: "server", Address: "127.0.0.2:7147", State: "CLOSED"},
		},
	}
}

func (w *world) Choices() []handshake.Choice { return w.choices }

func (w *world) Close() error {
	w.closed = true
	return nil
}

func (w *world) Do(ctx context.Context, c handshake.Choice) ([]handshake.Step, error) {
	switch {
	case w.dead:
		return nil, errors.New("fake: the child has ended")
	case c.Verb == handshake.Wait:
		return w.wait(ctx)
	case !slices.Contains(w.choices, c):
		return nil, fmt.Errorf("fake: %q is not possible", c)
	}
	w.choices = slices.DeleteFunc(slices.Clone(w.choices), func(o handshake.Choice) bool { return o == c || o.Packet == c.Packet })
	step := handshake.Step{At: time.Since(w.born), Peer: c.Peer, On: "3", Packet: c.Packet, Label: c.What, Before: "CLOSED", After: "CLOSED"}
	switch c.Verb {
	case handshake.Call:
		step.Kind, step.Label = handshake.KindCall, "send(3) = 1"
	case handshake.Arrive:
		step.Kind, step.After = handshake.KindArrive, "ESTABLISHED"
	default:
		step.Kind, step.Peer, step.On = handshake.KindDrop, handshake.WirePeer, ""
	}
	return []handshake.Step{step}, nil
}

func (w *world) wait(ctx context.Context) ([]handshake.Step, error) {
	if w.sent == 3 {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(time.Until(w.born.Add(time.Duration(w.sent+1) * time.Second))):
	}
	w.sent++
	const label = "<SEQ=100><CTL=SYN>"
	for _, verb := range []string{"arrive", "drop"} {
		w.choices = append(slices.Clone(w.choices), chosen(fmt.Sprintf("%s server %d %s", verb, w.sent, label)))
	}
	return []handshake.Step{
		{At: time.Since(w.born), Peer: "client", Kind: handshake.KindTimeout, Label: "retransmission"},
		{At: time.Since(w.born), Peer: "client", On: "3", Kind: handshake.KindDepart, Packet: w.sent, Label: label, Before: "CLOSED", After: "CLOSED"},
	}, nil
}

// living makes a live timeline over worlds, in a bubble.
func living(e *clockwork) func(*testing.T) *handshake.Timeline {
	return starting(e, "client send x\narrive server <CTL=SYN>\n")
}

// starting makes a timeline of a script on an engine.
func starting(e handshake.Engine, script string) func(*testing.T) *handshake.Timeline {
	return func(t *testing.T) *handshake.Timeline {
		t.Helper()
		s, err := handshake.Parse("test", "test.txtar", []byte("-- setup --\npeer client 127.0.0.1:49152\npeer server 127.0.0.2:7147\n-- script --\n"+script))
		require.NoError(t, err)
		tl, err := handshake.NewTimeline(t.Context(), e, s)
		require.NoError(t, err)
		return tl
	}
}

// atLiveDesk puts a person before a session with a running clock.
func atLiveDesk(t *testing.T, w int, lang string, person func(*desk, *clockwork), worlds ...*world) {
	t.Helper()
	e := &clockwork{worlds: worlds}
	atDeskWith(t, w, 24, options(t, lang, true), living(e), func(s *desk) { person(s, e) })
}

// passes lets time go by, and the screen be drawn.
func (s *desk) passes(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestWhatAKernelDoesByItselfAppearsByItself(t *testing.T) {
	atLiveDesk(t, 80, "en", func(s *desk, _ *clockwork) {
		s.sees("Space", "step 1 ", "next > something happens by itself")
		s.passes(time.Second)
		s.sees("", "step 3 ", "retransmission timeout", "next > segment 1 reaches the server")
		s.passes(time.Second)
		s.sees("", "step 5 ")
		s.sees("<-", "step 4 of 5")
		s.passes(time.Second)
		s.sees("", "step 4 of 5")
		s.sees("Space", "step 7 ") // what came meanwhile
	}, newWorld())
}

func TestAKeyThatTakesLongSaysSoAndTheScreenStaysAlive(t *testing.T) {
	for lang, says := range map[string]string{"en": "waits for: something happens by itself   Esc stops", "ko": "기다림: 저절로 일어나는 일   Esc 그만"} {
		atLiveDesk(t, 80, lang, func(s *desk, _ *clockwork) {
			s.press("Space Space")
			s.misses(says)
			s.passes(2 * glance)
			s.sees("", says)
			s.sees("2", "[2 ")
			s.sees("3", says, "[3 ")
			s.press("Esc")
			s.misses(says)
			s.passes(2 * reaction)
			s.press("Space")
			s.passes(2 * reaction)
			s.sees("", says)
			s.sees("Space", "[3 ") // any key that steps ends the wait, too
			s.misses(says)
			s.press("Space")
			s.passes(time.Second)
			require.Equal(s, 2, s.d.model.timeline.N(), "each key is one step")
		}, newWorld())
	}
}

// slow is a session in which a client can send x again and again, and each time takes a
// tenth of a second.
type slow struct{ world }

func (*slow) Start(context.Context, *handshake.Scenario) (handshake.Session, error) {
	return &slow{*newWorld()}, nil
}

func (s *slow) Do(ctx context.Context, c handshake.Choice) ([]handshake.Step, error) {
	if c.Verb == handshake.Wait {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	time.Sleep(100 * time.Millisecond) // of the bubble's clock
	return []handshake.Step{{Peer: c.Peer, On: "3", Kind: handshake.KindCall, Label: "send(3) = 1", Before: "CLOSED", After: "CLOSED"}}, nil
}

// Whoever types Space five times quickly gets five steps, however long each takes.
func TestStepsThatAreTypedAheadAreAllMade(t *testing.T) {
	for _, apart := range []time.Duration{0, 30 * time.Millisecond, 150 * time.Millisecond} {
		atDeskWith(t, 80, 24, options(t, "en", true), starting(&slow{}, strings.Repeat("client send x\n", 20)), func(s *desk) {
			for range 5 {
				s.press("Space")
				s.passes(apart)
			}
			s.passes(time.Second)
			require.Equal(s, 5, s.d.model.timeline.N(), "%v apart", apart)
		})
	}
}

func TestEscEndsWhatWasTypedAhead(t *testing.T) {
	atDeskWith(t, 80, 24, options(t, "en", true), starting(&slow{}, strings.Repeat("client send x\n", 20)), func(s *desk) {
		s.press("Space Space Space Esc")
		s.passes(time.Second)
		require.Equal(s, 1, s.d.model.timeline.N(), "what has begun cannot be stopped here")
		s.press("Space Space ?")
		s.passes(time.Second)
		require.NotNil(s, s.d.list, "help stays open")
		require.Equal(s, 2, s.d.model.timeline.N())
		s.press("Esc" + strings.Repeat(" Space", 30))
		s.passes(5 * time.Second)
		require.Equal(s, 2+1+mostAhead, s.d.model.timeline.N(), "a key that is held down does not run away")
	})
}

func TestALongWaitEndsWhenThePersonLeaves(t *testing.T) {
	atLiveDesk(t, 80, "en", func(s *desk, _ *clockwork) {
		s.press("Space Space")
		s.passes(2 * glance)
		s.sees("", "waits for:")
		s.press("q")
		require.False(s, s.running())
		require.Nil(s, s.d.job, "nothing goes on behind the screen")
	}, newWorld())
}

func TestALineThatFiveSecondsDoNotMakePossibleIsSaid(t *testing.T) {
	silent := newWorld()
	silent.sent = 3
	atLiveDesk(t, 120, "en", func(s *desk, _ *clockwork) {
		s.press("Space Space")
		s.passes(6 * time.Second)
		s.sees("", `found "arrive server <CTL=SYN>", which cannot be done now`)
	}, silent)
}

func TestAnotherFutureOfALiveSessionIsStartedAnew(t *testing.T) {
	for lang, says := range map[string]string{"en": "started anew, and repeated 3 steps to get here", "ko": "새로 시작해 여기까지 3단계를 다시 실행했다"} {
		atLiveDesk(t, 80, lang, func(s *desk, e *clockwork) {
			s.press("Space")
			s.passes(time.Second)
			s.press("Space <-")
			require.Equal(s, 1, e.starts)
			s.press("x")
			s.passes(2 * glance)
			s.sees("", map[string]string{"en": "waits for:", "ko": "기다림:"}[lang])
			s.passes(time.Second)
			s.sees("", says)
			require.Equal(s, 2, e.starts)
			require.True(s, e.worlds[0].closed)
			s.press("f")
			require.Equal(s, 2, s.d.list.count)
		}, newWorld(), newWorld())
	}
}

func TestASessionThatCannotBeStartedAnewSaysWhyOnOneLine(t *testing.T) {
	atLiveDesk(t, 80, "en", func(s *desk, _ *clockwork) {
		s.press("Space")
		s.passes(time.Second)
		s.press("Space <-")
		s.sees("x", "fake: no namespaces here", "step 3 of 4")
		s.press("x")
		s.passes(2 * time.Second)
		s.sees("", "started anew, and repeated 3 steps")
	}, newWorld(), nil, newWorld())
}

func TestASessionThatHasEndedIsNotAskedAgainAndAgain(t *testing.T) {
	w := newWorld()
	atLiveDesk(t, 80, "en", func(s *desk, _ *clockwork) {
		s.sees("Space", "step 1 ")
		w.dead = true
		s.sees("Space", "fake: the child has ended")
		require.Nil(s, s.d.job)
		s.misses("waits for:")
	}, w)
}

func TestAutoplayGoesOnWhenAClockBringsWhatItWaitsFor(t *testing.T) {
	atLiveDesk(t, 80, "en", func(s *desk, _ *clockwork) {
		s.sees("p", "play >")
		s.passes(1500 * time.Millisecond)
		s.sees("", "step 1 ")
		s.passes(10 * time.Second)
		require.Equal(s, handshake.KindArrive, s.d.model.timeline.Trace().Steps[3].Kind)
		require.False(s, s.d.model.playing)
	}, newWorld())
}

func TestTheTitleNamesTheKernelThatRuns(t *testing.T) {
	for w, says := range map[int]string{200: "kernel    Linux 6.18.44 ", 68: "kernel  Linux 6.18 ", 62: "test  kernel  "} {
		atLiveDesk(t, w, "en", func(s *desk, _ *clockwork) {
			title, _, _ := strings.Cut(s.press(""), "\n")
			require.Contains(s, title, says)
		}, newWorld())
	}
}

// The terminal is given back where the screen is drawn, so a panic has to get there.
func TestAPanicBesideTheScreenReachesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDashboard(t.Context(), living(&clockwork{worlds: []*world{newWorld()}})(t), options(t, "en", true), LineGlyphs())
		require.PanicsWithValue(t, "broken", func() {
			d.step(func(context.Context, *stepper) error { panic("broken") })
		})
		require.Nil(t, d.job)
	})
}

func TestNothingIsWaitedForWhileAPersonChooses(t *testing.T) {
	atLiveDesk(t, 80, "en", func(s *desk, _ *clockwork) {
		s.press("Space")
		s.passes(time.Second)
		s.sees("c", "what may happen next?")
		require.Nil(s, s.d.job)
		s.passes(5 * time.Second)
		s.sees("", "step 3 ")
		s.sees("Esc", "step 7 ")
		s.press("g")
		require.Nil(s, s.d.job)
		s.sees("2 Enter", "step 2 of 7")
		s.sees("End", "step 7 ")
		s.press("?")
		require.NotNil(s, s.d.list)
	}, newWorld())
}
