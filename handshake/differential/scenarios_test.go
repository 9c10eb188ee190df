package differential_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/compare"
	"sockscope/handshake/differential"
	"sockscope/handshake/model"
	"sockscope/handshake/wire"
)

// play plays a scenario's lines. What the other TCP has sent more leaves first, as it does
// in an undisturbed world; a line that has nothing to fit is passed over: the traces show
// the difference.
func play(tb testing.TB, e handshake.Engine, s *handshake.Scenario) *handshake.Trace {
	tb.Helper()
	t, err := handshake.NewTimeline(tb.Context(), e, s)
	require.NoError(tb, err, s.Name)
	defer func() { require.NoError(tb, t.Close()) }()
	begun := !slices.ContainsFunc(s.Script, func(l handshake.Line) bool { return l.Choice.Verb == handshake.Begin })
	for _, l := range s.Script {
		if !begun { // the timeline has played up to there
			begun = l.Choice.Verb == handshake.Begin
			continue
		}
		for {
			c, ok := nearest(l.Choice, t.Choices())
			if ok {
				do(tb, t, c)
				break
			}
			if c, ok = before(l.Choice, t.Choices()); !ok {
				break
			}
			do(tb, t, c)
		}
	}
	for c, ok := oldest(t.Choices()); ok; c, ok = oldest(t.Choices()) {
		do(tb, t, c)
	}
	return t.Trace()
}

// do makes a choice and goes behind all that it has caused.
func do(tb testing.TB, t *handshake.Timeline, c handshake.Choice) {
	tb.Helper()
	require.NoError(tb, t.Do(tb.Context(), c), t.Scenario().Name)
	t.Seek(t.Len())
}

// oldest is what waits in an end's outbox.
func oldest(choices []handshake.Choice) (handshake.Choice, bool) {
	if len(choices) > 0 && (choices[0].Verb == handshake.Depart || choices[0].Verb == handshake.Return) {
		return choices[0], true
	}
	return handshake.Choice{}, false
}

// before is what must happen before a line can: what waits in an outbox leaves, a timer
// that the other TCP has set to an earlier time ends.
func before(line handshake.Choice, choices []handshake.Choice) (handshake.Choice, bool) {
	if c, ok := oldest(choices); ok {
		return c, true
	}
	at := slices.IndexFunc(choices, func(c handshake.Choice) bool {
		return c.Verb == handshake.Timeout && c.What == line.What && c.Peer != line.Peer
	})
	if line.Verb != handshake.Timeout || at < 0 {
		return handshake.Choice{}, false
	}
	return choices[at], true
}

// nearest finds the choice that a line means: the segment that it names, but for what
// TCPs set as they like, or one that begins at the same number. A wait and an injected
// segment are never listed.
func nearest(line handshake.Choice, choices []handshake.Choice) (handshake.Choice, bool) {
	switch line.Verb {
	case handshake.Wait, handshake.Inject, handshake.Replace:
		return line, true
	case handshake.Call, handshake.Depart, handshake.Return, handshake.Arrive, handshake.Drop, handshake.Duplicate, handshake.Timeout:
	}
	number, _, _ := strings.Cut(line.What, ">")
	for _, means := range []func(string) string{bare, func(what string) string { return what }} {
		for _, c := range choices {
			if c.Verb == line.Verb && c.Peer == line.Peer && c.Args == line.Args && strings.Contains(means(c.What), means(line.What)) &&
				(line.Packet == 0 || c.Packet == line.Packet) {
				return c, true
			}
		}
		line.What = number
	}
	return handshake.Choice{}, false
}

var acknowledges = regexp.MustCompile(`<ACK=\d+>(<CTL=RST)`)

// bare is a segment's label without PSH, and without the ACK of a RST.
func bare(label string) string {
	label = strings.Replace(label, "PSH,", "", 1)
	if strings.Contains(label, "RST") {
		label = strings.Replace(acknowledges.ReplaceAllString(label, "$1"), "RST,ACK", "RST", 1)
	}
	return label
}

// both plays a scenario on our machine and on netstack.
func both(tb testing.TB, s *handshake.Scenario) *compare.Comparison {
	tb.Helper()
	return compare.Align(play(tb, model.Engine{Wire: wire.InMemory}, s), play(tb, differential.Engine{}, s))
}

// shared is a scenario with the lines alone that both play.
func shared(s *handshake.Scenario) *handshake.Scenario {
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
		if i > 0 && l.Differs == compare.Equal && !near(c, i) {
			continue
		}
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

// near reports whether a line stands beside one that differs.
func near(c *compare.Comparison, i int) bool {
	for _, l := range c.Lines[max(i-6, 0):min(i+4, len(c.Lines))] {
		if l.Differs != compare.Equal {
			return true
		}
	}
	return false
}

// unlike are the lessons about what netstack does not do, or does with numbers of its own.
var unlike = map[string]string{
	"blind-reset": "it takes text whose acknowledgment is too old (RFC 5961 5.2, MAY-12)",
	"paws":        "its timestamps are not those that the lesson forges",
}

// Our machine is held against netstack in every lesson that both can play.
func TestNoScenarioDiffersFromNetstackUnexplained(t *testing.T) {
	for _, name := range handshake.Names() {
		if unlike[name] != "" {
			continue
		}
		s, err := handshake.Load(name)
		require.NoError(t, err)
		if s.Playable(differential.Lines) != nil || !playable(t, shared(s)) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			c := both(t, shared(s))
			if _, _, unexplained := c.Counts(); unexplained > 0 {
				t.Error("\n" + text(c))
			}
		})
	}
}
