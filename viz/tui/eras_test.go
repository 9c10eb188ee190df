package tui

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gdamore/tcell/v2"
	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/arpanet"
	"sockscope/handshake/handshaketest"
	"sockscope/handshake/wire"
	"sockscope/viz"
)

// plainICP is RFC 165 without anything beside it.
const plainICP = `-- setup --
protocol ncp
peer user   1
peer server 10
-- script --
server serve 10/0/0/s 10/0/1/r
user contact server 10/0/0/s 1/5/0/r
arrive server RTS
arrive user STR
arrive server ALL
arrive user DATA
arrive user RTS
arrive user STR
arrive server CLS
arrive server STR
arrive server RTS
arrive user CLS
server receive
arrive user ALL
user send "LOGIN WINETT\r\n"
arrive server DATA
server close
arrive user CLS
arrive user CLS
arrive server CLS
arrive server CLS
`

// icpTimeline is [plainICP] before its first step.
func icpTimeline(t *testing.T) *handshake.Timeline {
	t.Helper()
	s, err := handshake.Parse("icp", "icp.txtar", []byte(plainICP))
	require.NoError(t, err)
	timeline, err := handshake.NewTimeline(t.Context(), arpanet.Engine{Wire: wire.InMemory}, s)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, timeline.Close()) })
	return timeline
}

// toTheEnd plays a timeline.
func toTheEnd(t *testing.T, timeline *handshake.Timeline) *handshake.Trace {
	t.Helper()
	var err error
	for err == nil {
		err = timeline.Next(t.Context())
	}
	require.ErrorIs(t, err, handshake.ErrOver)
	return timeline.Trace()
}

func twoEras(t *testing.T) *viz.Eras {
	t.Helper()
	e, err := viz.AlignEras(toTheEnd(t, icpTimeline(t)), toTheEnd(t, play(t, "three-way")))
	require.NoError(t, err)
	return e
}

// erasOn is the screen of two eras at a size, and what it shows.
func erasOn(t *testing.T, w, h int, lang string, glyphs Glyphs) (*compareScreen, func() string) {
	t.Helper()
	sim := tcell.NewSimulationScreen("UTF-8")
	s := newShadow(sim)
	require.NoError(t, s.Init())
	t.Cleanup(s.Fini)
	sim.SetSize(w, h)
	c := newCompareScreen(erasSide{twoEras(t)}, Options{Lang: lang, Config: Config{Keys: defaultKeys(t)}}, glyphs)
	c.SetRect(0, 0, w, h)
	return c, func() string {
		s.Clear()
		c.Draw(s)
		s.Show()
		return simulated(sim)
	}
}

func TestErasAtThreeSizes(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		for _, lang := range []string{"en", "ko"} {
			for name, glyphs := range map[string]Glyphs{"line": LineGlyphs(), "ascii": ASCIIGlyphs()} {
				golden := fmt.Sprintf("eras/%dx%d-%s-%s.txt", size[0], size[1], lang, name)
				t.Run(golden, func(t *testing.T) {
					c, show := erasOn(t, size[0], size[1], lang, glyphs)
					c.press("n", "n")
					handshaketest.Golden(t, golden, show())
				})
			}
		}
	}
}

func TestErasNeedNoColour(t *testing.T) {
	c, show := erasOn(t, 120, 40, "en", LineGlyphs())
	c.palette = Colours()
	coloured := show()
	c.palette = Palette{}
	require.Equal(t, coloured, show())
}

func TestErasStepLineByLineAndByAim(t *testing.T) {
	c, show := erasOn(t, 80, 24, "en", LineGlyphs())
	left := 0
	c.leave = func() { left++ }
	for _, step := range []struct{ keys, want string }{
		{"", "[why: line 1 of 49]"},
		{"", "Why is one exchange enough today"},
		{"PgDn", "[rendezvous: line 2 of 49]"},
		{"Down ->", "[rendezvous: line 4 of 49]"},
		{"n", "[identity: line 14 of 49]"},
		{"Space", "home host and his number there"},
		{"n N", "[identity: line 14 of 49]"},
		{"PgUp", "[rendezvous: line 13 of 49]"},
		{"End", "[close: line 49 of 49]"},
		{"n", "no further aim"},
		{"Home l", "[이유: 49줄 중 1번 줄]"},
		{"l ?", "n ㅜ"},
		{"Esc", "[why: line 1 of 49]"},
	} {
		c.press(strings.Fields(step.keys)...)
		require.Contains(t, strings.Join(strings.Fields(show()), " "), step.want, step.keys)
	}
	require.Zero(t, left, "Esc has closed help")
	c.press("Esc", "q")
	require.Equal(t, 2, left)
}

// Every line, and every word that is said of it, can be seen at every size.
func TestErasFitEverySize(t *testing.T) {
	longPictures(t)
	for _, size := range [][2]int{{60, 15}, {80, 24}, {133, 31}, {200, 60}} {
		for _, lang := range []string{"en", "ko"} {
			c, show := erasOn(t, size[0], size[1], lang, LineGlyphs())
			for i := range c.len() {
				seen := show()
				require.Regexp(t, `(?m)^> `, seen, "%v line %d", size, i+1)
				texts := c.why(i, lang)
				for range 9 {
					c.press("Ctrl-D")
					seen += show()
				}
				last := strings.Fields(texts[len(texts)-1])
				require.Contains(t, seen, last[len(last)-1], "%v line %d", size, i+1)
				c.press("Space")
			}
		}
	}
}

// bothEras plays what the dashboard's other side needs.
func bothEras(t *testing.T, asked *[]bool) func(context.Context, *handshake.Trace, bool) (*viz.Eras, error) {
	t.Helper()
	other := map[string]*handshake.Trace{handshake.NCP: toTheEnd(t, icpTimeline(t)), handshake.TCP: toTheEnd(t, play(t, "three-way"))}
	return func(_ context.Context, trace *handshake.Trace, whole bool) (*viz.Eras, error) {
		*asked = append(*asked, whole)
		if !whole {
			trace = other[trace.Protocol]
		}
		return viz.AlignEras(trace, other[map[string]string{handshake.NCP: handshake.TCP, handshake.TCP: handshake.NCP}[trace.Protocol]])
	}
}

func TestErasOpenOverTheDashboardAndReturnToTheSameStep(t *testing.T) {
	var asked []bool
	o := options(t, "en", true)
	o.Eras = bothEras(t, &asked)
	atDesk(t, 80, 24, o, func(s *desk) {
		before := s.sees(times(9, "Space"), "step 9 ")
		s.sees("y", "1971: user --> server", "today: client --> server", "[why: line 1 of 49]", "as the script goes to its end")
		s.sees("Space n", "[identity: line 14 of 49]")
		require.Equal(s, before, s.press("Esc"), "as it was")
		s.sees("y l", "오늘: 클라이언트 --> 서버")
		s.sees("q", "9단계", "한국어")
		require.True(s, s.running(), "q left the screen above, not the program")
		s.sees("l ? Ctrl-D", "1971 beside today")
		s.press("Esc")
		s.press("y Ctrl-C")
		require.False(s, s.running())
	})
	require.Equal(t, []bool{false, false, false}, asked)
}

func TestErasTakeATraceThatIsWholeAsItIs(t *testing.T) {
	var asked []bool
	o := options(t, "en", true)
	o.Eras = bothEras(t, &asked)
	icp := func(t *testing.T) *handshake.Timeline { t.Helper(); return icpTimeline(t) }
	atDeskWith(t, 80, 24, o, icp, func(s *desk) {
		s.press(times(90, "Space"))
		s.sees("y", "1971: messages 16, before text 11   today: segments 11, before text 3")
		s.sees("Esc", "step 90 ")
	})
	require.Equal(t, []bool{true}, asked)
}

func TestErasThatCannotBeShownSayWhy(t *testing.T) {
	atDesk(t, 80, 24, options(t, "en", true), func(s *desk) {
		s.sees("y", "there is nothing here to put 1971 beside")
	})
	o := options(t, "en", true)
	o.Eras = func(context.Context, *handshake.Trace, bool) (*viz.Eras, error) {
		return nil, errors.New("fake: no sockets")
	}
	atDesk(t, 80, 24, o, func(s *desk) {
		s.sees("y", "fake: no sockets")
	})
}
