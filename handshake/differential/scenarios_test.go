package differential_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/compare"
	"sockscope/handshake/differential"
	"sockscope/handshake/model"
)

// play plays a scenario to its end. What the script asks for and one TCP cannot do ends
// it, too: then the traces differ.
func play(tb testing.TB, e handshake.Engine, s *handshake.Scenario) *handshake.Trace {
	tb.Helper()
	t, err := handshake.NewTimeline(tb.Context(), e, s)
	require.NoError(tb, err, s.Name)
	defer func() { require.NoError(tb, t.Close()) }()
	for err == nil {
		err = t.Next(tb.Context())
	}
	if !errors.Is(err, handshake.ErrOver) {
		tb.Logf("%s: %v", t.Trace().Engine, err)
	}
	return t.Trace()
}

// both plays a scenario on our machine and on netstack.
func both(tb testing.TB, s *handshake.Scenario) *compare.Comparison {
	tb.Helper()
	return compare.Align(play(tb, model.Engine{Wire: model.InMemory}, s), play(tb, differential.Engine{}, s))
}

// shared is a built-in scenario with the model's lines alone, for both.
func shared(tb testing.TB, name string) *handshake.Scenario {
	tb.Helper()
	s, err := handshake.Load(name)
	require.NoError(tb, err)
	s.Script = slices.DeleteFunc(s.Script, func(l handshake.Line) bool { return !l.On(differential.Lines) })
	for i := range s.Script {
		s.Script[i].Engine = ""
	}
	return s
}

// text shows what differs, with the lines around it.
func text(c *compare.Comparison) string {
	var b strings.Builder
	half := func(s *handshake.Step) string {
		if s == nil {
			return "-"
		}
		return fmt.Sprintf("%s %s %s %s (%s -> %s)", s.Peer, s.On, s.Kind, s.Label, s.Before, s.After)
	}
	for i, l := range c.Lines {
		mark := " "
		switch {
		case l.Differs == compare.Equal:
		case l.Known != nil:
			mark = "~ " + l.Known.Name
		case l.Cause != i:
			mark = "~"
		default:
			mark = "! " + string(l.Differs)
		}
		fmt.Fprintf(&b, "%3d %-90s | %-90s %s\n", i, half(l.Left), half(l.Right), mark)
	}
	return b.String()
}

// Our machine is held against netstack in every lesson that both can play.
func TestNoScenarioDiffersFromNetstackUnexplained(t *testing.T) {
	for _, name := range handshake.Names() {
		s := shared(t, name)
		if s.Playable(differential.Lines) != nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			c := both(t, s)
			if _, _, unexplained := c.Counts(); unexplained > 0 {
				t.Error("\n" + text(c))
			}
		})
	}
}
