package tui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/handshaketest"
	"sockscope/viz/words"
)

// Where a screen has room for the diagram, and where the ways are told instead.
func TestMapOfTheInitialConnection(t *testing.T) {
	trace := playedIn1971(t, "icp")
	for _, lang := range words.Langs() {
		var b strings.Builder
		for _, size := range []string{"80x24", "120x40", "200x60"} {
			for _, n := range []int{0, 2, 4, 8, 14, 16, 25, 31, 44, 53, 66, 69, len(trace.Steps)} {
				fmt.Fprintf(&b, "== %s, step %d\n", size, n)
				wh := paneSizes[size][3]
				b.WriteString(drawn(t, 3, wh[0], wh[1], at(trace, n, lang)))
			}
		}
		handshaketest.Golden(t, "panes/map-ncp-"+lang+".txt", b.String())
	}
}

// Every change of state in the scenarios of 1971 is an arrow, or has no arrow because of a
// RST, of a host that is dead, of a time-out, or of a refusal by the NCP itself.
func TestStateChangesOf1971AreArrows(t *testing.T) {
	missing := map[string]string{}
	for _, name := range onArpanet(t) {
		trace := playedIn1971(t, name)
		for i := range trace.Steps {
			s := &trace.Steps[i]
			if s.Before != s.After && s.On != "" && ncpChart.edgeOf(s) == nil {
				missing[name] += fmt.Sprintf("%s > %s by %s; ", s.Before, s.After, s.Label)
			}
		}
	}
	require.Empty(t, missing)
}

// A RST ends connections in other ways than a CLS does.
func TestARSTIsNotTheArrowOfCLS(t *testing.T) {
	s := handshake.Step{Before: "OPEN", After: "NONE", Why: []handshake.Why{{Rule: "rst-arrives"}}}
	require.Nil(t, ncpChart.edgeOf(&s))
	s.Why[0].Rule = "cls-closes"
	require.Equal(t, "rcv CLS, snd CLS", ncpChart.edgeOf(&s).event)
}

// Of several connections each has its own way, without gaps.
func TestAWayOf1971IsOneConnections(t *testing.T) {
	for _, name := range onArpanet(t) {
		trace := playedIn1971(t, name)
		for n := range trace.Steps {
			v := at(trace, n+1, "en")
			all, _ := walk(trace, n+1)
			for peer, at := range all {
				require.Equal(t, v.ends[peer].On, at.on, "%s, step %d", name, n+1)
				for i, s := range at.moves {
					require.Equal(t, at.on, s.On, "%s, step %d", name, n+1)
					if i > 0 {
						require.Equal(t, at.moves[i-1].After, s.Before, "%s, step %d", name, n+1)
					}
				}
			}
		}
	}
}

// The note explains the diagram, whole.
func TestTheNotesOfTheMapsFit(t *testing.T) {
	for _, lang := range words.Langs() {
		for _, g := range []*chart{&tcpChart, &ncpChart} {
			require.LessOrEqual(t, width(words.For(lang).Text(g.note)), mapWidth)
		}
	}
}
