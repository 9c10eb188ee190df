package main_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/compare"
	"sockscope/handshake/mixed"
	"sockscope/handshake/model"
	"sockscope/handshake/wire"
	"sockscope/viz"
)

// Every lesson that our TCP and the kernel's can give together ends, whichever has which
// end; where the model makes the same calls, nothing differs that is not known.
func TestEveryScenarioEndsWithTheKernelAtEitherEnd(t *testing.T) {
	needKernel(t)
	for _, name := range handshake.Names() {
		s, err := handshake.Load(name)
		require.NoError(t, err)
		if s.Playable(mixed.Name) != nil {
			continue
		}
		for _, end := range s.Peers {
			t.Run(name+" "+end.Name, func(t *testing.T) {
				t.Parallel()
				p := playing{s, playScenario(t, s, mixed.Engine{KernelEnd: end.Name})}
				requireSentences(t, p)
				requireDepartures(t, p)
				requireStates(t, p)
				if s.Playable(model.Name) != nil || slices.ContainsFunc(s.Script, func(l handshake.Line) bool {
					return l.Choice.Verb == handshake.Call && l.On(mixed.Name) != l.On(model.Name)
				}) {
					return
				}
				alone := playScenario(t, s, model.Engine{Wire: wire.InMemory})
				c := compare.Align(alone, p.trace)
				_, _, unexplained := c.Counts()
				var both bytes.Buffer
				require.NoError(t, viz.CompareText(&both, c, viz.Options{Lang: "en"}))
				require.Zero(t, unexplained, both.String())
			})
		}
	}
}
