package tui

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/handshaketest"
	engine "sockscope/handshake/model"
	"sockscope/viz"
	"sockscope/viz/words"
)

// played is a scenario's trace, to its end.
func played(tb testing.TB, name string) *handshake.Trace {
	tb.Helper()
	s, err := handshake.Load(name)
	require.NoError(tb, err)
	tl, err := handshake.NewTimeline(tb.Context(), engine.Engine{Wire: engine.InMemory}, s)
	require.NoError(tb, err)
	for err == nil {
		err = tl.Next(tb.Context())
	}
	require.True(tb, errors.Is(err, handshake.ErrOver), err)
	return tl.Trace()
}

// at is what a frame shows at step n of a trace.
func at(t *handshake.Trace, n int, lang string) *view {
	return &view{
		trace: t, n: n, lang: lang, say: words.For(lang), glyphs: LineGlyphs(),
		ends: viz.Ends(t, n), before: viz.Ends(t, max(n-1, 0)), rows: viz.Ladder(t, n),
	}
}

// The sizes that the three layouts give a pane.
var paneSizes = map[string][6][2]int{
	"80x24":  {{80, 6}, {80, 6}, {80, 6}, {80, 6}, {80, 6}, {80, 6}},
	"120x40": {{120, 2}, {120, 10}, {120, 10}, {120, 10}, {120, 10}, {120, 10}},
	"200x60": {{200, 6}, {66, 24}, {66, 24}, {78, 24}, {52, 10}, {52, 11}},
}

// drawn is a pane as text, with | at its right edge.
func drawn(t *testing.T, pane, w, h int, v *view) string {
	t.Helper()
	c, show := sheet(t, w, h, v.glyphs)
	c.palette = v.colours
	panes[pane].draw(c, v)
	var b strings.Builder
	for line := range strings.Lines(show()) {
		line = strings.TrimRight(line, "\n")
		fmt.Fprintf(&b, "%s|\n", pad(line, w))
	}
	return b.String()
}

func TestPanesOfTheDefaultLesson(t *testing.T) {
	trace := played(t, "three-way")
	for pane := range panes {
		for _, lang := range words.Langs() {
			t.Run(fmt.Sprintf("%d-%s", pane+1, lang), func(t *testing.T) {
				var b strings.Builder
				for _, size := range []string{"80x24", "120x40", "200x60"} {
					for _, n := range []int{0, 6, 9, 10, 13, 18, len(trace.Steps)} {
						fmt.Fprintf(&b, "== %s, step %d\n", size, n)
						wh := paneSizes[size][pane]
						b.WriteString(drawn(t, pane, wh[0], wh[1], at(trace, n, lang)))
					}
				}
				handshaketest.Golden(t, fmt.Sprintf("panes/%d-%s.txt", pane+1, lang), b.String())
			})
		}
	}
}
