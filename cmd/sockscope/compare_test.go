package main_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/calls"
	"sockscope/handshake/compare"
	"sockscope/handshake/kernel"
	"sockscope/handshake/model"
	"sockscope/statemachine/tcp"
	"sockscope/viz"
	"sockscope/viz/words"
)

// needKernel skips a test where the kernel engine cannot start; CI can start it.
func needKernel(t *testing.T) {
	t.Helper()
	s, err := handshake.Load("refused")
	require.NoError(t, err)
	session, err := kernel.Engine{}.Start(t.Context(), s)
	if errors.Is(err, kernel.ErrMachine) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	require.NoError(t, err)
	require.NoError(t, session.Close())
}

// The model is held against the kernel in every lesson that both can play: what differs
// is in the table of known deviations, and the table holds nothing that no lesson shows.
func TestNoScenarioDiffersFromTheKernelUnexplained(t *testing.T) {
	needKernel(t)
	shown := map[string]bool{}
	for _, name := range handshake.Names() {
		s, err := handshake.Load(name)
		require.NoError(t, err)
		if s.Playable(model.Name) != nil || s.Playable(kernel.Name) != nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			c := compare.Align(playScenario(t, s, model.Engine{Wire: model.InMemory}), playScenario(t, s, kernel.Engine{}))
			for i, l := range c.Lines {
				if l.Known != nil && l.Cause == i {
					shown[l.Known.Name] = true
				}
			}
			if _, _, unexplained := c.Counts(); unexplained > 0 {
				var text strings.Builder
				require.NoError(t, viz.CompareText(&text, c, viz.Options{Lang: "en"}))
				t.Error(text.String())
			}
		})
	}
	for _, d := range compare.Deviations() {
		if !shown[d.Name] {
			t.Errorf("no scenario shows the deviation %s", d.Name)
		}
	}
}

func TestEachDeviationHasAReasonASourceAndARuleOfTheModel(t *testing.T) {
	var rules []string
	for _, r := range tcp.AllRules() {
		rules = append(rules, r.String())
	}
	for _, r := range calls.Rules() {
		rules = append(rules, r.Rule)
	}
	names := map[string]bool{}
	for _, d := range compare.Deviations() {
		require.False(t, names[d.Name], "%s twice", d.Name)
		names[d.Name] = true
		require.Contains(t, rules, d.Rule, d.Name)
		require.NotEmpty(t, d.Event, d.Name)
		require.True(t, strings.HasPrefix(d.Sources[0], "RFC "), "%s: sources %q, want the RFC's section first", d.Name, d.Sources)
		require.GreaterOrEqual(t, len(d.Sources), 2, "%s: want the RFC and what Linux follows or was measured", d.Name)
		for _, lang := range words.Langs() {
			require.True(t, words.For(lang).Has("deviation."+d.Name), "%s in %s", d.Name, lang)
		}
	}
}
