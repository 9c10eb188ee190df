package main_test

import (
	"bytes"
	"flag"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/arpanet"
	"sockscope/handshake/handshaketest"
	_ "sockscope/handshake/handshaketest" // the flag -update
	"sockscope/handshake/model"
	"sockscope/handshake/replay"
	"sockscope/handshake/wire"
	"sockscope/viz"
	"sockscope/viz/words"
)

// playing is a scenario and what came of it.
type playing struct {
	*handshake.Scenario
	trace *handshake.Trace
}

// own is the engine that plays a scenario on this page, without a kernel: nil if it needs one.
func own(s *handshake.Scenario) (inMemory, overSockets handshake.Engine) {
	switch s.Engine() {
	case model.Name:
		return model.Engine{Wire: wire.InMemory}, model.Engine{}
	case arpanet.Name:
		return arpanet.Engine{Wire: wire.InMemory}, arpanet.Engine{}
	}
	return nil, nil
}

// everyScenario plays in memory each built-in scenario that needs no kernel.
func everyScenario(t *testing.T) []playing {
	t.Helper()
	var all []playing
	for _, name := range handshake.Names() {
		s, err := handshake.Load(name)
		require.NoError(t, err)
		if e, _ := own(s); e != nil {
			all = append(all, playing{s, playScenario(t, s, e)})
		}
	}
	return all
}

func playScenario(t *testing.T, s *handshake.Scenario, e handshake.Engine) *handshake.Trace {
	t.Helper()
	timeline, err := handshake.NewTimeline(t.Context(), e, s)
	require.NoError(t, err)
	defer func() { require.NoError(t, timeline.Close()) }()
	return handshaketest.ToTheEnd(t, timeline)
}

func render(t *testing.T, view viz.View, trace *handshake.Trace, o viz.Options) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, view(&b, trace, o))
	return b.String()
}

// The last section of a scenario's file is what it looks like. With -update it is
// written; look at `git diff` before you commit it.
func TestEachScenarioIsTheLadderInItsFile(t *testing.T) {
	for _, s := range everyScenario(t) {
		t.Run(s.Name, func(t *testing.T) {
			requireLadder(t, s, render(t, viz.Text, s.trace, viz.Options{Lang: "en"}))
		})
	}
}

func requireLadder(t *testing.T, s playing, got string) {
	t.Helper()
	if flag.Lookup("update").Value.String() == "true" {
		writeLadder(t, filepath.Join(root, "handshake", "scenarios", s.File), got)
		return
	}
	if difference := diff.Diff("-- ladder --", []byte(s.Ladder), "played", []byte(got)); difference != nil {
		t.Fatalf("not the ladder in the file; if the change is meant, run the test with -update\n%s", difference)
	}
}

func writeLadder(t *testing.T, file, ladder string) {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	const marker = "\n-- ladder --\n"
	before, _, found := strings.Cut(string(data), marker)
	require.True(t, found, "%s has no -- ladder --", file)
	require.NoError(t, os.WriteFile(file, []byte(before+marker+ladder), 0o666))
}

func TestScenariosSayTheSameThingsInBothLanguages(t *testing.T) {
	for _, name := range handshake.Names() {
		t.Run(name, func(t *testing.T) {
			s, err := handshake.Load(name)
			require.NoError(t, err)
			require.ElementsMatch(t, slices.Collect(maps.Keys(s.Words["en"])), slices.Collect(maps.Keys(s.Words["ko"])))
			for _, lang := range words.Langs() {
				for _, key := range []string{"title", "shows"} {
					require.NotEmpty(t, s.Words[lang][key], "%s in %s", key, lang)
				}
				for _, l := range s.Script {
					if l.Label != "" {
						require.NotEmpty(t, s.Words[lang][l.Label], "line %d: %s in %s", l.Number, l.Label, lang)
					}
				}
			}
		})
	}
}

func TestEveryChangeOfAStateIsNarratedAndCited(t *testing.T) {
	for _, s := range everyScenario(t) {
		t.Run(s.Name, func(t *testing.T) { requireNarration(t, s) })
	}
}

func requireNarration(t *testing.T, s playing) {
	t.Helper()
	note := ""
	for i, step := range s.trace.Steps {
		if step.Choice != "" {
			note = step.Note
		}
		if step.Before == step.After {
			continue
		}
		for _, lang := range words.Langs() {
			require.NotEmpty(t, s.Words[lang][note], "step %d, %s: no label with a sentence in %s", step.N, step.Label, lang)
			require.NotEmpty(t, viz.Narrate(s.trace, i+1, lang).Main, "step %d in %s", step.N, lang)
		}
		require.True(t, slices.ContainsFunc(step.Why, func(y handshake.Why) bool {
			return strings.HasPrefix(y.Cite, "RFC ") || strings.HasPrefix(y.Cite, "NIC ")
		}), "step %d, %s: why %v, want a citation of an RFC", step.N, step.Label, step.Why)
	}
}

// A placeholder that the trace cannot fill is printed as a question mark.
func TestEverySentenceIsFilled(t *testing.T) {
	for _, s := range everyScenario(t) {
		t.Run(s.Name, func(t *testing.T) { requireSentences(t, s) })
	}
}

func requireSentences(t *testing.T, s playing) {
	t.Helper()
	for n := range s.trace.Steps {
		for _, lang := range words.Langs() {
			story := viz.Narrate(s.trace, n+1, lang)
			for _, sentence := range append(story.Sentences, story.Event, story.Note) {
				require.NotContains(t, sentence, "?", "step %d in %s", n+1, lang)
				require.NotContains(t, sentence, "\ufffd", "step %d in %s", n+1, lang)
			}
			for _, y := range s.trace.Steps[n].Why {
				require.True(t, words.For(lang).Has(y.Rule), "rule %s has no sentence in %s", y.Rule, lang)
			}
		}
	}
}

func TestWhatArrivesHasDeparted(t *testing.T) {
	for _, s := range everyScenario(t) {
		t.Run(s.Name, func(t *testing.T) { requireDepartures(t, s) })
	}
}

func requireDepartures(t *testing.T, s playing) {
	t.Helper()
	departed := map[int]string{}
	for _, step := range s.trace.Steps {
		switch step.Kind {
		case handshake.KindDepart:
			require.NotZero(t, step.Packet, "step %d", step.N)
			require.NotEmpty(t, step.Wire, "step %d", step.N)
			require.NotEmpty(t, step.Fields, "step %d", step.N)
			departed[step.Packet] = step.Label
		case handshake.KindArrive, handshake.KindDrop, handshake.KindDuplicate:
			require.Equal(t, departed[step.Packet], step.Label, "step %d", step.N)
		}
	}
}

func TestTheSameScenarioLeavesTheSameTrace(t *testing.T) {
	for _, s := range everyScenario(t) {
		t.Run(s.Name, func(t *testing.T) {
			first := render(t, viz.JSON, s.trace, viz.Options{})
			inMemory, overSockets := own(s.Scenario)
			again := playScenario(t, s.Scenario, inMemory)
			require.Equal(t, first, render(t, viz.JSON, again, viz.Options{}), "played twice")
			sockets := playScenario(t, s.Scenario, overSockets)
			require.Equal(t, first, render(t, viz.JSON, sockets, viz.Options{}), "over sockets on 127.0.0.1")
		})
	}
}

func TestASavedTraceIsRenderedIdentically(t *testing.T) {
	for _, s := range everyScenario(t) {
		t.Run(s.Name, func(t *testing.T) {
			recording, err := replay.Open(strings.NewReader(render(t, viz.JSON, s.trace, viz.Options{})))
			require.NoError(t, err)
			timeline, err := handshake.NewTimeline(t.Context(), recording, nil)
			require.NoError(t, err)
			for err == nil {
				err = timeline.Next(t.Context())
			}
			require.ErrorIs(t, err, handshake.ErrOver)
			for name, view := range viz.Views() {
				if none := map[string]error{"pcapng": viz.ErrNoCapture, "svg": viz.ErrNoGraphs}[name]; none != nil && s.Protocol != handshake.TCP {
					require.ErrorIs(t, view(io.Discard, s.trace, viz.Options{}), none)
					continue
				}
				for _, lang := range words.Langs() {
					for _, o := range []viz.Options{{Lang: lang}, {Lang: lang, Why: true}, {Lang: lang, Plain: true}} {
						require.Equal(t, render(t, view, s.trace, o), render(t, view, timeline.Trace(), o), "%s %+v", name, o)
					}
				}
			}
		})
	}
}
