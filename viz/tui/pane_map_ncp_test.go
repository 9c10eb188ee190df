package tui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gdamore/tcell/v2"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"sockscope/handshake"
	"sockscope/handshake/handshaketest"
	"sockscope/viz/words"
)

// Where a screen has room for the diagram, and where the ways are told instead.
func TestMapOfTheInitialConnection(t *testing.T) {
	trace := played(t, "icp")
	for _, lang := range words.Langs() {
		var b strings.Builder
		for _, size := range []string{"80x24", "120x40", "200x60"} {
			for _, n := range []int{0, 2, 4, 8, 14, 16, 25, 31, 44, 53, 67, 70, len(trace.Steps)} {
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
		trace := played(t, name)
		for i := range trace.Steps {
			s := &trace.Steps[i]
			if s.Before != s.After && s.On != "" && ncpChart.edgeOf(s) == nil {
				missing[name] += fmt.Sprintf("%s > %s by %s; ", s.Before, s.After, s.Label)
			}
		}
	}
	require.Equal(t, map[string]string{
		"dead-host": "RFC-SENT > NONE by DEAD link 0 host down; ",
		"ncp-reset": "OPEN > NONE by RST; ",
	}, missing)
}

// What ends connections and has no arrow: a RST, a host that is dead, and one that goes down.
const ends1971 = `Ends without a CLS.
-- setup --
protocol ncp
peer user   1
peer server 10
-- script --
 user listen 1/5/0/r
 inject user STR 10/0/0/s > 1/5/0/r size 8
 arrive user STR
 inject user RST
 arrive user RST
 inject user STR 10/0/0/s > 1/5/2/r size 8
 arrive user STR
 user reboot
-- en --
title: Ends without a CLS
shows: what the diagram does not draw
-- ko --
title: CLS 없이 끝나는 연결
shows: 그림에 없는 것
`

func TestEndsWithoutACLSAreNotDrawn(t *testing.T) {
	s, err := handshake.Parse("ends", "ends.txtar", []byte(ends1971))
	require.NoError(t, err)
	trace := playAll(t, s)
	var b strings.Builder
	for i, s := range trace.Steps {
		_, forgets := value(s.Vars, "sockets")
		if s.Before != s.After || forgets {
			fmt.Fprintf(&b, "== step %d: %s\n", i+1, s.Label)
			b.WriteString(drawn(t, 3, 78, 23, at(trace, i+1, "en")))
			b.WriteString(drawn(t, 3, 80, 7, at(trace, i+1, "ko")))
		}
	}
	handshaketest.Golden(t, "panes/map-ncp-ends.txt", b.String())
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
		trace := played(t, name)
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

func TestTheMapOf1971HidesTheAnswer(t *testing.T) {
	v := at(played(t, "icp"), 8, "en")
	v.hidden = true
	shown := drawn(t, 3, 78, 24, v)
	require.Contains(t, shown, "[ RFC-SENT         U2 ]")
	require.Contains(t, shown, unknown)
	require.NotContains(t, shown, "U8")
}

// Each step, at sizes from the smallest to more than a screen.
func TestPanesOf1971StayInsideTheirCanvas(t *testing.T) {
	s, err := handshake.Parse("other", "other.txtar", []byte(otherMessages))
	require.NoError(t, err)
	traces := []*handshake.Trace{playAll(t, s), played(t, "icp")}
	sim := tcell.NewSimulationScreen("UTF-8")
	require.NoError(t, sim.Init())
	t.Cleanup(sim.Fini)
	sim.SetSize(226, 46)
	rapid.Check(t, func(rt *rapid.T) {
		trace := rapid.SampledFrom(traces).Draw(rt, "trace")
		v := at(trace, rapid.IntRange(0, len(trace.Steps)).Draw(rt, "n"), rapid.SampledFrom(words.Langs()).Draw(rt, "lang"))
		v.hidden, v.bytes = rapid.Bool().Draw(rt, "hidden") && v.n > 0, rapid.Bool().Draw(rt, "bytes")
		v.scroll = rapid.IntRange(0, 3).Draw(rt, "scroll")
		w, h := rapid.IntRange(1, 220).Draw(rt, "w"), rapid.IntRange(0, 40).Draw(rt, "h")
		for _, pane := range []int{1, 3} {
			everywhere := canvas{screen: sim, w: 226, h: 46, glyphs: v.glyphs}
			for y := range everywhere.h {
				everywhere.text(0, y, everywhere.w, strings.Repeat("@", everywhere.w), tcell.StyleDefault)
			}
			panes[pane].draw(everywhere.part(3, 3, w, h), v)
			for y := range everywhere.h {
				for x := range everywhere.w {
					inside := x >= 3 && x < 3+w && y >= 3 && y < 3+h
					if got, _, _ := sim.Get(x, y); !inside && got != "@" {
						rt.Fatalf("pane %d at %dx%d drew %q at %d,%d", pane+1, w, h, got, x-3, y-3)
					}
				}
			}
		}
	})
}

// The note explains the diagram, whole.
func TestTheNotesOfTheMapsFit(t *testing.T) {
	for _, lang := range words.Langs() {
		for _, protocol := range []string{handshake.TCP, handshake.NCP} {
			require.LessOrEqual(t, width(words.For(lang).Speaking(protocol).Text("pane.map.note")), mapWidth)
		}
	}
}
