package tui

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/gdamore/tcell/v2"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"sockscope/handshake/handshaketest"
)

// drawer is what a test needs to draw on a simulation screen.
type drawer interface {
	Helper()
	Cleanup(func())
	Fatal(...any)
}

// exploring is the explorer on a simulation screen of a size, and what it shows.
func exploring(t drawer, keys *Keys, w, h int, lang string, glyphs Glyphs) (*explorerScreen, func() string) {
	t.Helper()
	sim := tcell.NewSimulationScreen("UTF-8")
	s := newShadow(sim)
	if err := s.Init(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Fini)
	sim.SetSize(w, h)
	e := newExplorerScreen(Options{Lang: lang, Config: Config{Keys: keys}}, glyphs)
	e.SetRect(0, 0, w, h)
	return e, func() string {
		s.Clear()
		e.Draw(s)
		s.Show()
		return simulated(sim)
	}
}

// press types keys by their names, a rune for each other word's letters.
func (e *explorerScreen) press(names ...string) {
	for _, name := range names {
		k, err := parseKey(name)
		if err != nil {
			for _, r := range name {
				e.InputHandler()(tcell.NewEventKey(tcell.KeyRune, r, tcell.ModNone), nil)
			}
			continue
		}
		e.InputHandler()(tcell.NewEventKey(k.code, k.r, tcell.ModNone), nil)
	}
}

func TestExplorerAtThreeSizes(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		for _, lang := range []string{"en", "ko"} {
			for name, glyphs := range map[string]Glyphs{"line": LineGlyphs(), "ascii": ASCIIGlyphs()} {
				golden := fmt.Sprintf("explorer/%dx%d-%s-%s.txt", size[0], size[1], lang, name)
				t.Run(golden, func(t *testing.T) {
					_, show := exploring(t, defaultKeys(t), size[0], size[1], lang, glyphs)
					handshaketest.Golden(t, golden, show())
				})
			}
		}
	}
}

// The panes that a small screen shows one at a time, and help.
func TestExplorerPanesOnASmallScreen(t *testing.T) {
	for _, lang := range []string{"en", "ko"} {
		for _, c := range []struct{ name, keys string }{{"partner", "3"}, {"directory", "4"}, {"history", "5"}, {"proposals", "6"}, {"help", "?"}} {
			t.Run(c.name+"-"+lang, func(t *testing.T) {
				e, show := exploring(t, defaultKeys(t), 80, 24, lang, LineGlyphs())
				e.press(c.keys)
				handshaketest.Golden(t, "explorer/"+c.name+"-80x24-"+lang+".txt", show())
			})
		}
	}
}

// Pane 6 has all the room below pane 1, on any screen; leaving it brings the others back.
func TestExplorerLaysTheNumberOutUnderEachProposal(t *testing.T) {
	for _, size := range [][2]int{{60, 15}, {80, 24}, {120, 40}, {200, 60}} {
		for _, lang := range []string{"en", "ko"} {
			for name, glyphs := range map[string]Glyphs{"line": LineGlyphs(), "ascii": ASCIIGlyphs()} {
				golden := fmt.Sprintf("explorer/proposals-%dx%d-%s-%s.txt", size[0], size[1], lang, name)
				t.Run(golden, func(t *testing.T) {
					e, show := exploring(t, defaultKeys(t), size[0], size[1], lang, glyphs)
					before := show()
					e.press(":", "144 : 0xFFFEFFFF", "Enter", "6")
					handshaketest.Golden(t, golden, show())
					e.palette = Colours()
					coloured := show()
					e.palette = Palette{}
					require.Equal(t, coloured, show(), "colour is never the only carrier")
					e.press(":", "10 : 0x0A000001", "Enter", "2", "1")
					require.Equal(t, before, show())
				})
			}
		}
	}
}

func TestTheProposalsScrollToTheStandard(t *testing.T) {
	for _, lang := range []string{"en", "ko"} {
		e, show := exploring(t, defaultKeys(t), 80, 24, lang, LineGlyphs())
		e.press("6")
		require.Contains(t, show(), "Ctrl-D")
		e.press("Ctrl-D", "Ctrl-D", "Ctrl-D", "Ctrl-D", "Ctrl-D", "Ctrl-D")
		require.Contains(t, show(), "NIC 8246 p.9, RFC 433 p.1, RFC 503 p.1")
		require.NotContains(t, show(), "Ctrl-D")
		e.press("Space")
		require.Contains(t, show(), "x'0A000000'", "the bits stay in reach")
		require.Contains(t, show(), "NIC 8246 p.9")
	}
}

// Whatever divides a proposal's fields stands below what divides the bits.
func TestTheFieldsOfAProposalStandBelowTheirBits(t *testing.T) {
	for _, w := range []int{80, 120} {
		e, _ := exploring(t, defaultKeys(t), w, 40, "ko", ASCIIGlyphs())
		e.model.end = hostSocket{255, 0xFFFFFFFF}
		at := bitColumns(w)
		rows, textAt := e.structures(w)
		require.Equal(t, at[1], textAt)
		for _, row := range rows {
			for i, r := range row.text {
				if r == '|' {
					require.Contains(t, []int{at[9] - 2, at[25] - 2, at[32] - 2}, textAt+width(row.text[:i]), row.text)
				}
			}
		}
	}
}

func TestExplorerNeedsNoColour(t *testing.T) {
	e, show := exploring(t, defaultKeys(t), 120, 40, "en", LineGlyphs())
	e.palette = Colours()
	coloured := show()
	e.palette = Palette{}
	require.Equal(t, coloured, show(), "colour is never the only carrier")
}

func TestExplorerSaysWhatTheNextKeyDoes(t *testing.T) {
	e, _ := exploring(t, defaultKeys(t), 120, 40, "en", LineGlyphs())
	for _, c := range []struct {
		keys []string
		want string
	}{
		{nil, "next > bit 32 to 0: the mate"},
		{[]string{"Space"}, "next > bit 32 to 1: the mate"},
		{[]string{"<-"}, "next > bit 31 to 1: plug 1"},
		{[]string{"Space"}, "next > bit 31 to 0: plug 0"},
		{[]string{"Tab"}, "next > home: type 0 to 255"},
		{[]string{"2", "5", "6"}, "home 256, want 0 to 255"},
		{[]string{"v"}, "no key for v; ? shows all"},
		{[]string{"Esc", "9"}, "Tab chooses the field first"},
		{[]string{":", "1/2", "Enter"}, `"1/2", want home 0-255/user 0-65535/plug 0-127/send or receive`},
		{[]string{":", "0x", "Enter"}, `socket "0x", want x'0A000001', 0x, 0o, decimal or 10/0/0/send`},
		{[]string{"/", "256:7", "Enter"}, `host "256", want 0 to 255`},
		{[]string{"ㅁ"}, "Hangul input: letter keys come one key late. Arrows, Space and digits work at once."},
	} {
		e.press(c.keys...)
		require.Equal(t, c.want, e.next(), "%v", c.keys)
	}
}

func TestSourcesBreakBehindTheirCommas(t *testing.T) {
	require.Equal(t, []string{"RFC 165 (25 May 1971),", "RFC 204, RFC 308,", "RFC 322"}, wrapSources("RFC 165 (25 May 1971), RFC 204, RFC 308, RFC 322", 24))
	require.Empty(t, wrapSources("", 24))
}

func TestEveryKeyOfTheExplorerDoesSomething(t *testing.T) {
	e, _ := exploring(t, defaultKeys(t), 80, 24, "en", LineGlyphs())
	listed := e.keys.help(explorer)
	for _, line := range listed {
		require.Contains(t, e.actions(), line.action)
	}
	require.Len(t, e.actions(), len(listed))
}

// Every word of the screen turns Korean and back.
func TestExplorerChangesItsLanguage(t *testing.T) {
	e, show := exploring(t, defaultKeys(t), 120, 40, "en", LineGlyphs())
	english := show()
	e.press("l")
	_, korean := exploring(t, defaultKeys(t), 120, 40, "ko", LineGlyphs())
	require.Equal(t, korean(), show())
	e.press("ㅣ") // the same key under Hangul
	e.press("Tab", "Esc")
	e.press("End") // any key that ends the remark on Hangul
	e.model.said = nil
	e.model.bit = lastBit
	require.Equal(t, english, show())
}

func TestExplorerReadsALine(t *testing.T) {
	e, show := exploring(t, defaultKeys(t), 80, 24, "en", LineGlyphs())
	e.press(":", "1 : x'01000503", "Backspace", "3", "'")
	require.Contains(t, show(), "1 : x'01000503'\nEnter take   Esc close")
	e.press("Enter")
	require.Equal(t, hostSocket{1, 0x01000503}, e.model.end)
	e.press(":", "7", "Esc")
	require.Equal(t, hostSocket{1, 0x01000503}, e.model.end, "Esc gives up")
	e.press(":", "12", "Ctrl-U", "check 3 : 9", "Enter")
	require.Equal(t, hostSocket{3, 9}, e.model.other)
	require.Contains(t, show(), "[3 partner]")
	require.Contains(t, show(), "x'00000009' at host 3: no, both would send")
}

func TestExplorerScrollsALongPane(t *testing.T) {
	e, show := exploring(t, defaultKeys(t), 70, 18, "en", LineGlyphs())
	e.press(":", "1", "Enter", "4", "1")
	require.Contains(t, show(), " 4: more ", "4 gives it the focus")
	e.press("4")
	require.Contains(t, show(), "Ctrl-D: more")
	require.NotContains(t, show(), "no list has a host")
	e.press("Ctrl-D", "Ctrl-D", "Ctrl-D", "Ctrl-D", "Ctrl-D", "Ctrl-D")
	require.Contains(t, show(), "no list has a host", "home 0 is no host")
	require.NotContains(t, show(), "Ctrl-D: more")
	bottom := show()
	e.press("Ctrl-D")
	require.Equal(t, bottom, show())
	e.press("Ctrl-U", "Ctrl-D")
	require.Equal(t, bottom, show())
}

func TestExplorerTooSmallSaysSo(t *testing.T) {
	_, show := exploring(t, defaultKeys(t), 59, 15, "en", LineGlyphs())
	require.Equal(t, "This window has 59 columns and 15 rows; want 60 and 15.\n"+strings.Repeat("\n", 14), show())
}

// At any size from 60x15 on, in any language, after any keys: no panic, each line
// across is whole, and the two last rows are in place.
func TestExplorerAtAnySizeAfterAnyKeys(t *testing.T) {
	keys := defaultKeys(t)
	names := []string{
		"Space", "<-", "->", "Tab", "Shift-Tab", "0", "1", "2", "3", "4", "5", "6", "9", "Backspace", ":", "/", "m", "]", "[", "Ctrl-D", "Ctrl-U",
		"l", "?", "Esc", "Enter", "v", "한", "0xFFFFFFFF", "1/2/3/send", "check 7",
	}
	rapid.Check(t, func(r *rapid.T) {
		w, h := rapid.IntRange(60, 220).Draw(r, "w"), rapid.IntRange(15, 70).Draw(r, "h")
		glyphs := rapid.SampledFrom([]Glyphs{LineGlyphs(), ASCIIGlyphs()}).Draw(r, "glyphs")
		e, show := exploring(r, keys, w, h, rapid.SampledFrom([]string{"en", "ko"}).Draw(r, "lang"), glyphs)
		for range rapid.IntRange(0, 12).Draw(r, "keys") {
			e.press(rapid.SampledFrom(names).Draw(r, "key"))
		}
		rows := strings.Split(show(), "\n")
		require.Contains(r, rows[0], e.model.end.socket.String())
		for y, row := range rows {
			require.LessOrEqual(r, width(row), w)
			if strings.HasPrefix(row, glyphs.Horizontal) && !strings.Contains(row, "  "+glyphs.Horizontal) {
				require.Equal(r, w, width(row), "the line across row %d", y)
				require.True(r, strings.HasSuffix(row, glyphs.Horizontal), row)
			}
		}
		require.NotEmpty(r, strings.TrimSpace(rows[h-1]))
	})
}

func TestExplorerRunsAsAnApplication(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := tcell.NewSimulationScreen("UTF-8")
		s := newShadow(sim)
		require.NoError(t, s.Init())
		sim.SetSize(80, 24)
		e := newExplorerScreen(Options{Lang: "en", Config: Config{Keys: defaultKeys(t)}}, LineGlyphs())
		done := make(chan error)
		go func() { done <- e.run(t.Context(), s) }()
		synctest.Wait()
		first := simulated(sim)
		require.Contains(t, first, "x'0A000001'")

		sim.InjectKey(tcell.KeyRune, 'm', tcell.ModNone)
		synctest.Wait()
		require.Contains(t, simulated(sim), "10/0/0/receive")
		sim.InjectKey(tcell.KeyRune, ' ', tcell.ModNone)
		synctest.Wait()
		require.Equal(t, first, simulated(sim))

		sim.SetSize(120, 40)
		e.app.QueueEvent(tcell.NewEventResize(120, 40)) // the simulation sends none
		synctest.Wait()
		require.Contains(t, simulated(sim), "─ 5 history: what became of the idea? ─")
		sim.InjectKey(tcell.KeyRune, 'q', tcell.ModNone)
		require.NoError(t, <-done)
	})
}

func TestExplorerEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShadow(tcell.NewSimulationScreen("UTF-8"))
		require.NoError(t, s.Init())
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		e := newExplorerScreen(Options{Config: Config{Keys: defaultKeys(t)}}, ASCIIGlyphs())
		go func() { done <- e.run(ctx, s) }()
		synctest.Wait()
		cancel()
		require.NoError(t, <-done)
	})
}

// exploreChild is the explorer as a program of its own.
func exploreChild() int {
	config, err := ReadConfig("none", strings.NewReader(""))
	if err == nil {
		err = Explore(context.Background(), Options{Lang: os.Getenv("LANGUAGE"), Color: true, Config: config})
	}
	if err != nil {
		return 1
	}
	return 0
}

func TestExploreOnATerminal(t *testing.T) {
	c := run(t, "explorer", 80, 24, "LANGUAGE=ko")
	c.see("소켓 탐색기")
	c.keys("\t\t66")
	c.see("10/66/0/send")
	c.keys(":x'01000503'\r")
	c.see("1/5/1/send")
	c.keys("lㅡ ") // m, committed by a Space that flips nothing
	c.see("1/5/1/receive")
	c.resize(120, 40)
	c.see("─ 5 history: what became of the idea? ─")
	c.resize(50, 10)
	c.see("This window has 50 columns and 10 rows")
	c.keys("q")
	require.Zero(t, c.exit())
	require.True(t, c.clean())
}
