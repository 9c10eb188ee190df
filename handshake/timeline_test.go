package handshake_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"sockscope/handshake"
	"sockscope/handshake/model"
	"sockscope/handshake/wire"
)

var ctx = context.Background()

// play starts a built-in scenario over a wire in memory.
func play(t require.TestingT, name string) *handshake.Timeline {
	s, err := handshake.Load(name)
	require.NoError(t, err)
	return start(t, s)
}

func start(t require.TestingT, s *handshake.Scenario) *handshake.Timeline {
	tl, err := handshake.NewTimeline(ctx, model.Engine{Wire: wire.InMemory}, s)
	require.NoError(t, err)
	return tl
}

// onModel are the scenarios that need no kernel.
func onModel(t require.TestingT) []string {
	return slices.DeleteFunc(handshake.Names(), func(name string) bool {
		s, err := handshake.Load(name)
		require.NoError(t, err)
		return s.Playable(model.Name) != nil
	})
}

// script makes a scenario of the usual two peers.
func script(t require.TestingT, lines string) *handshake.Scenario {
	s, err := handshake.Parse("test", "test.txtar", []byte(
		"-- setup --\npeer client 127.0.0.1:49152 iss=100\npeer server 127.0.0.1:7147 iss=300\n-- script --\n"+lines))
	require.NoError(t, err)
	return s
}

func forward(t require.TestingT, tl *handshake.Timeline, steps int) {
	for range steps {
		require.NoError(t, tl.Next(ctx))
	}
}

func end(t require.TestingT, tl *handshake.Timeline) {
	for {
		err := tl.Next(ctx)
		if err != nil {
			require.ErrorIs(t, err, handshake.ErrOver)
			return
		}
	}
}

// choose makes the choice that a person would name so.
func choose(t require.TestingT, tl *handshake.Timeline, line string) {
	for _, c := range tl.Choices() {
		if strings.HasPrefix(c.String(), line) {
			require.NoError(t, tl.Do(ctx, c))
			return
		}
	}
	require.Failf(t, "no such choice", "%s among %v", line, tl.Choices())
}

func last(tl *handshake.Timeline) handshake.Step { return tl.Trace().Steps[tl.N()-1] }

func text(t require.TestingT, tl *handshake.Timeline) string {
	var b bytes.Buffer
	require.NoError(t, tl.Trace().WriteJSON(&b))
	return b.String()
}

func TestGoingBackIsAnIndex(t *testing.T) {
	tl := play(t, "three-way")
	require.Zero(t, tl.N())
	require.False(t, tl.Back(), "nothing is before the start")
	forward(t, tl, 10)
	ten := text(t, tl)
	for tl.Back() {
	}
	require.Zero(t, tl.N())
	require.Equal(t, 10, tl.Len(), "the future stays")
	forward(t, tl, 10)
	require.Equal(t, ten, text(t, tl))
	require.Len(t, tl.Futures(), 1, "walking makes no future")
	tl.Seek(3)
	require.Equal(t, "listen(3, 8) = 0", last(tl).Label)
	tl.Seek(99)
	require.Equal(t, 10, tl.N())
}

func TestChoosingOtherwiseKeepsTheOldFuture(t *testing.T) {
	tl := play(t, "three-way")
	forward(t, tl, 12)
	choose(t, tl, "drop server")
	require.Equal(t, handshake.KindDrop, last(tl).Kind)
	for last(tl).After != "ESTABLISHED" || last(tl).Peer != "server" {
		forward(t, tl, 1)
	}
	require.Contains(t, last(tl).Label, "<DATA=5>", "the data carries the acknowledgment, too")
	lost := text(t, tl)

	tl.Seek(12)
	choose(t, tl, "arrive server")
	require.Equal(t, 13, tl.Len())
	forward(t, tl, 1)
	require.Equal(t, "accept(3) = 4", last(tl).Label)
	futures := tl.Futures()
	require.Len(t, futures, 2)
	require.False(t, futures[0].Current)
	require.True(t, futures[1].Current)
	require.Equal(t, 12, futures[0].From)
	require.Equal(t, handshake.Drop, futures[0].Choice.Verb)

	tl.Visit(futures[0])
	require.Equal(t, futures[0].Steps, tl.N())
	require.Equal(t, lost, text(t, tl))
	tl.Seek(12)
	choose(t, tl, "drop server")
	require.Len(t, tl.Futures(), 2, "choosing the same again takes the old future up")
	require.Equal(t, lost, text(t, tl))
}

func TestEachEndHasItsOwnProgram(t *testing.T) {
	t.Run("connect before accept", func(t *testing.T) {
		tl := play(t, "three-way")
		forward(t, tl, 3)
		choose(t, tl, "client socket")
		accepted := 0
		for accepted == 0 {
			forward(t, tl, 1)
			if strings.HasPrefix(last(tl).Label, "accept(") {
				accepted = tl.N()
			}
		}
		states := map[string]string{}
		for _, s := range tl.Trace().Steps[:accepted-1] {
			states[s.Peer] = s.After
		}
		require.Equal(t, "ESTABLISHED", states["client"])
		require.Equal(t, "ESTABLISHED", states["server"], "accept() takes no part in the handshake")
		require.Equal(t, "accept(3) = 4", last(tl).Label)
		end(t, tl)
	})
	t.Run("connect before listen", func(t *testing.T) {
		tl := play(t, "three-way")
		forward(t, tl, 1)
		choose(t, tl, "client socket")
		for last(tl).Kind != handshake.KindReturn {
			forward(t, tl, 1)
		}
		require.Equal(t, "connect(3) = -1 ECONNREFUSED", last(tl).Label)
	})
}

func TestALineThatCannotBeDoneIsAMistakeOfTheScript(t *testing.T) {
	tl := start(t, script(t, "client socket\narrive server <CTL=SYN>\n"))
	forward(t, tl, 1)
	err := tl.Next(ctx)
	require.EqualError(t, err, `test.txtar:6: found "arrive server <CTL=SYN>", which cannot be done now, allowed: nothing, all is over`)
	_, coming := tl.Coming()
	require.False(t, coming)
}

func TestUntilGoesOnAsAnUndisturbedWorldWould(t *testing.T) {
	tl := start(t, script(t, "server socket\nserver listen 1\nserver accept\nclient socket\nclient connect server\nuntil server ESTABLISHED\nclient close\n"))
	end(t, tl)
	var labels []string
	for _, s := range tl.Trace().Steps {
		labels = append(labels, s.Label)
	}
	require.Contains(t, labels, "close(3) = 0")

	tl = start(t, script(t, "client socket\nuntil client ESTABLISHED\n"))
	forward(t, tl, 1)
	require.ErrorContains(t, tl.Next(ctx), `found "until client ESTABLISHED", but client is CLOSED and all is over`)
}

func TestBeginHidesWhatCameBefore(t *testing.T) {
	tl := play(t, "figure-12")
	trace := tl.Trace()
	require.Empty(t, trace.Steps)
	require.Equal(t, "ESTABLISHED", trace.Peers[0].State)
	require.Contains(t, trace.Peers[0].Vars, handshake.Var{Name: "SND.NXT", Value: "100", Unit: "seq"})
	require.Contains(t, trace.Peers[1].Vars, handshake.Var{Name: "RCV.NXT", Value: "100", Unit: "seq"})
	require.False(t, tl.Back())
	forward(t, tl, 2)
	require.Equal(t, 1, last(tl).Packet, "packets are numbered from what is shown")
	require.Equal(t, 2, last(tl).N)
}

func TestARunThatGoesRoundInCirclesEnds(t *testing.T) {
	// Nobody ever answers, so only the user timeout ends it: far below the bound.
	tl := start(t, script(t, "client socket\nclient connect 127.0.0.2:9\nuntil client CLOSED\n"))
	for range 3 {
		require.NoError(t, tl.Next(ctx))
	}
	for tl.Next(ctx) == nil {
		if c := tl.Choices(); len(c) > 1 && c[1].Verb == handshake.Drop {
			require.NoError(t, tl.Do(ctx, c[1]))
		}
	}
	require.Less(t, tl.Len(), handshake.MaxSteps)
}

func TestTheSameChoicesGiveTheSameTrace(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.SampledFrom(onModel(t)).Draw(rt, "scenario")
		a, b := play(rt, name), play(rt, name)
		for range rapid.IntRange(0, 60).Draw(rt, "steps") {
			choices := a.Choices()
			require.Equal(rt, choices, b.Choices())
			if len(choices) == 0 || rapid.Bool().Draw(rt, "script") {
				errA, errB := a.Next(ctx), b.Next(ctx)
				require.Equal(rt, errA, errB)
				if errA != nil {
					break
				}
				continue
			}
			c := rapid.SampledFrom(choices).Draw(rt, "choice")
			require.NoError(rt, a.Do(ctx, c))
			require.NoError(rt, b.Do(ctx, c))
			if rapid.IntRange(0, 3).Draw(rt, "wander") == 0 { // going back and forth changes nothing
				for range rapid.IntRange(0, 5).Draw(rt, "back") {
					b.Back()
				}
				b.Seek(a.N())
			}
		}
		require.Equal(rt, text(rt, a), text(rt, b))
		back, err := handshake.ReadJSON(strings.NewReader(text(rt, a)))
		require.NoError(rt, err, "whatever is chosen, the trace can be read back")
		require.Len(rt, back.Steps, a.Len())
	})
}

func TestAnyWalkThroughTheTreeOfFuturesKeepsItWhole(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tl := play(rt, "three-way")
		for range rapid.IntRange(1, 80).Draw(rt, "moves") {
			switch rapid.IntRange(0, 4).Draw(rt, "move") {
			case 0:
				tl.Back()
			case 1:
				tl.Seek(rapid.IntRange(0, 50).Draw(rt, "n"))
			case 2:
				if c := tl.Choices(); len(c) > 0 {
					require.NoError(rt, tl.Do(ctx, rapid.SampledFrom(c).Draw(rt, "choice")))
				}
			case 3:
				if f := tl.Futures(); len(f) > 0 {
					tl.Visit(rapid.SampledFrom(f).Draw(rt, "future"))
				}
			default:
				_ = tl.Next(ctx)
			}
			steps := tl.Trace().Steps
			require.LessOrEqual(rt, tl.N(), len(steps))
			for i, s := range steps {
				require.Equal(rt, i+1, s.N)
			}
			current := 0
			for _, f := range tl.Futures() {
				if f.Current {
					current++
					require.Equal(rt, tl.Len(), f.Steps)
				}
			}
			if len(steps) > 0 {
				require.Equal(rt, 1, current)
			}
		}
	})
}
