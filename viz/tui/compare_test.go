package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gdamore/tcell/v2"
	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/compare"
	"sockscope/handshake/handshaketest"
)

// comparison puts the model's trace of a scenario beside one that a kernel might have
// left: the RST of its abort has an ACK, and connect() does not come back.
func comparison(t *testing.T) *compare.Comparison {
	t.Helper()
	d := standing(t, "abort", 100)
	left := d.model.timeline.Trace()
	right := *left
	right.Engine, right.Host = "kernel", "Linux 6.18.44"
	right.Steps = slices.DeleteFunc(slices.Clone(left.Steps), func(s handshake.Step) bool { return strings.HasPrefix(s.Label, "connect(3) =") })
	for i := range right.Steps {
		s := &right.Steps[i]
		s.N = i + 1
		s.Label = strings.ReplaceAll(s.Label, "<SEQ=101><CTL=RST>", "<SEQ=101><ACK=301><CTL=RST,ACK>")
	}
	return compare.Align(left, &right)
}

// comparingOn is the comparison on a simulation screen of a size, and what it shows.
func comparingOn(t *testing.T, w, h int, lang string, glyphs Glyphs) (*compareScreen, func() string) {
	t.Helper()
	sim := tcell.NewSimulationScreen("UTF-8")
	s := newShadow(sim)
	require.NoError(t, s.Init())
	t.Cleanup(s.Fini)
	sim.SetSize(w, h)
	c := newCompareScreen(enginesSide{comparison(t)}, Options{Lang: lang, Config: Config{Keys: defaultKeys(t)}}, glyphs)
	c.SetRect(0, 0, w, h)
	return c, func() string {
		s.Clear()
		c.Draw(s)
		s.Show()
		return simulated(sim)
	}
}

func (s *compareScreen) press(names ...string) {
	for _, name := range names {
		k, err := parseKey(name)
		if err != nil {
			k = key{tcell.KeyRune, []rune(name)[0]}
		}
		s.InputHandler()(tcell.NewEventKey(k.code, k.r, tcell.ModNone), nil)
	}
}

func TestComparisonAtThreeSizes(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		for _, lang := range []string{"en", "ko"} {
			for name, glyphs := range map[string]Glyphs{"line": LineGlyphs(), "ascii": ASCIIGlyphs()} {
				golden := fmt.Sprintf("compare/%dx%d-%s-%s.txt", size[0], size[1], lang, name)
				t.Run(golden, func(t *testing.T) {
					c, show := comparingOn(t, size[0], size[1], lang, glyphs)
					c.press("n", "n")
					handshaketest.Golden(t, golden, show())
				})
			}
		}
	}
}

func TestComparisonNeedsNoColour(t *testing.T) {
	c, show := comparingOn(t, 120, 40, "en", LineGlyphs())
	c.palette = Colours()
	coloured := show()
	c.palette = Palette{}
	require.Equal(t, coloured, show(), "colour is never the only carrier")
}

func TestComparisonStepsLineByLineAndByDifference(t *testing.T) {
	c, show := comparingOn(t, 80, 24, "en", LineGlyphs())
	last := c.len()
	for _, step := range []struct{ key, want string }{
		{"", "[line 1 of 19]"},
		{"<-", "[line 1 of 19]"},
		{"Space", "[line 2 of 19]"},
		{"n", "[line 13 of 19]"},
		{"n", "Known deviation reset-acknowledges"},
		{"Space", "This follows from line 17."},
		{"n", "no further difference"},
		{"N", "[line 17 of 19]"},
		{"N", "Only the engine on the left has this step."},
		{"N", "no further difference"},
		{"End", fmt.Sprintf("[line %d of 19]", last)},
		{"Space", fmt.Sprintf("[line %d of 19]", last)},
		{"Home", "Both engines do the same."},
		{"v", "no key for v; ? shows all"},
		{"?", "n ㅜ"},
		{"l", "다음"},
		{"l", "the next step"},
		{"Esc", "[line 1 of 19]"},
		{"ㅜ", "Hangul input"},
	} {
		if step.key != "" {
			c.press(step.key)
		}
		require.Contains(t, strings.Join(strings.Fields(show()), " "), step.want, "%s", step.key)
	}
}

func TestEveryKeyOfTheComparisonDoesSomething(t *testing.T) {
	c, _ := comparingOn(t, 80, 24, "en", LineGlyphs())
	listed := c.keys.help(comparing)
	for _, line := range listed {
		require.Contains(t, c.actions(), line.action)
	}
	require.Len(t, c.actions(), len(listed))
}

func TestComparisonSaysThatAWindowIsTooSmall(t *testing.T) {
	_, show := comparingOn(t, 50, 10, "en", LineGlyphs())
	require.Contains(t, show(), "This window has 50 columns and 10 rows")
}

// Every line can be shown, at every size, and of nothing there is nothing to show.
func TestComparisonFitsEverySize(t *testing.T) {
	for _, size := range [][2]int{{60, 15}, {80, 24}, {133, 31}, {200, 60}} {
		for _, lang := range []string{"en", "ko"} {
			c, show := comparingOn(t, size[0], size[1], lang, LineGlyphs())
			for i := range c.len() {
				require.Regexp(t, fmt.Sprintf(`(?m)^> +%d [=<>!]`, i+1), show(), "%v", size)
				c.press("Space", "Ctrl-D")
			}
			whole := c.sides.(enginesSide)
			c.sides = enginesSide{&compare.Comparison{Left: whole.Left, Right: whole.Right}}
			c.press("Home", "n", "End")
			show()
		}
	}
}
