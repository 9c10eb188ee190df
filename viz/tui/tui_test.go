package tui

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gdamore/tcell/v2"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"sockscope/handshake"
	"sockscope/handshake/handshaketest"
	"sockscope/handshake/model"
	"sockscope/handshake/replay"
	"sockscope/handshake/wire"
	"sockscope/viz"
)

// options are those of a dashboard on default keys; Load knows the built-in scenarios.
func options(tb testing.TB, lang string, color bool) Options {
	tb.Helper()
	c, err := ReadConfig("none", strings.NewReader(""))
	require.NoError(tb, err)
	return Options{Lang: lang, Color: color, Config: c, Load: func(name string) (*handshake.Timeline, error) {
		s, err := handshake.Load(name)
		if err != nil {
			return nil, err
		}
		return handshake.NewTimeline(context.Background(), model.Engine{Wire: wire.InMemory}, s)
	}}
}

// simulation is a screen in memory of a size.
func simulation(tb testing.TB, w, h int) tcell.SimulationScreen {
	tb.Helper()
	s := tcell.NewSimulationScreen("UTF-8")
	require.NoError(tb, s.Init())
	s.SetSize(w, h)
	tb.Cleanup(s.Fini)
	return s
}

// screenText is what a simulation screen shows, without trailing blanks.
func screenText(s tcell.Screen) string {
	w, h := s.Size()
	var b strings.Builder
	for y := range h {
		var row strings.Builder
		for x := 0; x < w; {
			text, _, width := s.Get(x, y)
			row.WriteString(text)
			x += max(width, 1)
		}
		b.WriteString(strings.TrimRight(row.String(), " ") + "\n")
	}
	return b.String()
}

// picture is what a dashboard draws at a step, without an application.
func picture(tb testing.TB, d *dashboard, w, h int) string {
	tb.Helper()
	screen := simulation(tb, w, h)
	d.fresh = false
	d.SetRect(0, 0, w, h)
	d.Draw(screen)
	return screenText(screen)
}

// TestGoldenScreens holds the whole dashboard at three sizes, in two languages, with
// lines and with ASCII, at the steps of the design.
func TestGoldenScreens(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		for _, lang := range []string{"en", "ko"} {
			for _, step := range []int{0, 9, 14, 41} {
				for name, glyphs := range map[string]Glyphs{"line": LineGlyphs(), "ascii": ASCIIGlyphs()} {
					o := options(t, lang, name == "line")
					d := newDashboard(t.Context(), play(t, "three-way"), o, glyphs)
					d.via = "UDP 127.0.0.1:***** <-> :*****"
					require.NoError(t, d.model.goTo(t.Context(), step))
					got := picture(t, d, size[0], size[1])
					requireWhole(t, got, size[0], glyphs)
					handshaketest.Golden(t, fmt.Sprintf("dashboard/%dx%d-%s-%s-%d.txt", size[0], size[1], lang, name, step), got)
				}
			}
		}
	}
}

// TestGoldenColours holds which colour each cell has, a letter for each: t teal, g green,
// y olive, r maroon, p purple, b the terminal's own in bold; in capitals if bold, # if
// reversed.
func TestGoldenColours(t *testing.T) {
	for _, step := range []int{9, 10} {
		for _, color := range []bool{true, false} {
			d := newDashboard(t.Context(), play(t, "three-way"), options(t, "en", color), LineGlyphs())
			require.NoError(t, d.model.goTo(t.Context(), step))
			d.choose()
			screen := simulation(t, 120, 40)
			d.SetRect(0, 0, 120, 40)
			d.Draw(screen)
			handshaketest.Golden(t, fmt.Sprintf("dashboard/colours-%v-%d.txt", color, step), colours(screen))
		}
	}
}

func colours(s tcell.Screen) string {
	w, h := s.Size()
	var b strings.Builder
	for y := range h {
		var row strings.Builder
		for x := range w {
			_, style, _ := s.Get(x, y)
			fg, _, attributes := style.Decompose()
			letter := map[tcell.Color]string{
				tcell.ColorTeal: "t", tcell.ColorGreen: "g", tcell.ColorOlive: "y", tcell.ColorMaroon: "r", tcell.ColorPurple: "p",
			}[fg]
			switch {
			case attributes&tcell.AttrReverse != 0:
				letter = "#"
			case attributes&tcell.AttrBold != 0 && letter == "":
				letter = "b"
			case attributes&tcell.AttrBold != 0:
				letter = strings.ToUpper(letter)
			case letter == "":
				letter = " "
			}
			row.WriteString(letter)
		}
		b.WriteString(strings.TrimRight(row.String(), " ") + "\n")
	}
	return b.String()
}

// requireWhole checks that no row is wider than the screen, that no border is broken
// and that ASCII means ASCII but for Hangul.
func requireWhole(t *testing.T, screen string, columns int, g Glyphs) {
	t.Helper()
	for row := range strings.Lines(screen) {
		row = strings.TrimSuffix(row, "\n")
		require.LessOrEqual(t, width(row), columns)
		require.NotContains(t, row, "dash.", "a sentence is missing")
		if g == ASCIIGlyphs() {
			require.False(t, strings.ContainsAny(row, "─│┌┐└┘"), row)
		}
	}
}

func TestColourIsNeverTheOnlyCarrier(t *testing.T) {
	for step := range 42 {
		var pictures []string
		for _, color := range []bool{true, false} {
			d := newDashboard(t.Context(), play(t, "three-way"), options(t, "en", color), LineGlyphs())
			require.NoError(t, d.model.goTo(t.Context(), step))
			pictures = append(pictures, picture(t, d, 200, 60))
		}
		require.Equal(t, pictures[0], pictures[1])
	}
}

// TestEverySizeCanBeDrawn: at no size and no step does anything leave the screen.
func TestEverySizeCanBeDrawn(t *testing.T) {
	d := newDashboard(t.Context(), play(t, "three-way"), options(t, "ko", true), LineGlyphs())
	require.NoError(t, d.model.goTo(t.Context(), 10))
	for w := 1; w <= 220; w += 15 {
		for h := 1; h <= 70; h += 4 {
			for _, open := range []func(){func() { d.list = nil }, d.choose, d.help} {
				open()
				got := picture(t, d, w, h)
				requireWhole(t, got, w, LineGlyphs())
				if w >= 60 && h >= 15 && (d.list == nil || d.list.count > 0) {
					require.Contains(t, got, ">9-10", "%dx%d", w, h)
				}
			}
		}
	}
}

func TestAWindowThatIsTooSmallSaysSo(t *testing.T) {
	d := newDashboard(t.Context(), play(t, "three-way"), options(t, "en", true), LineGlyphs())
	require.Equal(t, "This window has 59 columns and 15 rows; want 60 and 15.\n"+strings.Repeat("\n", 14), picture(t, d, 59, 15))
	require.Contains(t, picture(t, d, 60, 15), "next >")
}

// desk is a dashboard that runs in a bubble, and a person before it.
type desk struct {
	*testing.T
	d      *dashboard
	screen tcell.SimulationScreen
	ended  chan error
}

// atDesk runs the default lesson on a screen of a size, and what a person does.
func atDesk(t *testing.T, w, h int, o Options, person func(*desk)) {
	t.Helper()
	atDeskWith(t, w, h, o, threeWayTimeline, person)
}

func threeWayTimeline(t *testing.T) *handshake.Timeline {
	t.Helper()
	return play(t, "three-way")
}

// atDeskWith runs another timeline, made in the bubble.
func atDeskWith(t *testing.T, w, h int, o Options, timeline func(*testing.T) *handshake.Timeline, person func(*desk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		screen := tcell.NewSimulationScreen("UTF-8")
		shadow := newShadow(screen)
		require.NoError(t, shadow.Init())
		screen.SetSize(w, h)
		s := &desk{T: t, screen: screen, ended: make(chan error, 1)}
		s.d = newDashboard(t.Context(), timeline(t), o, LineGlyphs())
		go func() { s.ended <- s.d.run(shadow) }()
		synctest.Wait()
		person(s)
		s.d.app.Stop()
		synctest.Wait()
		require.NoError(t, <-s.ended)
		require.NoError(t, s.d.close())
	})
}

// press presses keys by their names in the key table, or types other words.
func (s *desk) press(keys string) string {
	s.Helper()
	for name := range strings.FieldsSeq(keys) {
		k, err := parseKey(name)
		if err != nil {
			for _, r := range name {
				s.screen.InjectKey(tcell.KeyRune, r, tcell.ModNone)
				synctest.Wait()
			}
			continue
		}
		s.screen.InjectKey(k.code, k.r, tcell.ModNone)
		synctest.Wait()
	}
	got := screenText(s.screen)
	require.NotRegexp(s, `(dash|ui|key)\.[a-z]`, got, "a sentence is missing")
	return got
}

// sees presses keys and expects what is then on the screen.
func (s *desk) sees(keys string, texts ...string) string {
	s.Helper()
	got := s.press(keys)
	for _, text := range texts {
		require.Contains(s, got, text, "after %s", keys)
	}
	return got
}

// misses expects what is not on the screen.
func (s *desk) misses(texts ...string) {
	s.Helper()
	for _, text := range texts {
		require.NotContains(s, screenText(s.screen), text)
	}
}

// running tells whether the dashboard has not ended.
func (s *desk) running() bool {
	select {
	case err := <-s.ended:
		s.ended <- err
		return false
	default:
		return true
	}
}

// times is a key pressed so many times.
func times(n int, key string) string { return strings.Repeat(key+" ", n) }

func TestItStartsPausedBeforeTheFirstStep(t *testing.T) {
	atDesk(t, 80, 24, options(t, "en", true), func(s *desk) {
		s.sees("", "step 0", "next > the server calls socket()")
		synctest.Wait()
		s.sees("", "step 0")
	})
}

func TestTenForwardAndTenBackAreTheIdenticalScreen(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		atDesk(t, size[0], size[1], options(t, "en", true), func(s *desk) {
			start := s.press("")
			require.Equal(s, start, s.press(times(10, "Space")+times(10, "<-")))
			s.press(times(14, "Space") + times(9, "<-"))
			behind := s.sees("", "step 5 of 14")
			require.Equal(s, behind, s.press(times(9, "Space")+times(9, "<-")))
		})
	}
}

func TestEachKeyOfForwardAndBack(t *testing.T) {
	atDesk(t, 80, 24, options(t, "en", true), func(s *desk) {
		n := 0
		for key := range strings.FieldsSeq("Space -> Down PgDn Enter j") {
			n++
			s.sees(key, fmt.Sprintf("step %d ", n))
		}
		for key := range strings.FieldsSeq("<- Up PgUp Backspace k") {
			n--
			s.sees(key, strings.TrimSuffix(fmt.Sprintf("step %d of 6", n), "0 of 6"))
		}
	})
}

func TestHomeEndAndGoTo(t *testing.T) {
	atDesk(t, 80, 24, options(t, "en", true), func(s *desk) {
		s.press(times(9, "Space"))
		s.sees("Home", "step 0 ")
		s.sees("End", "step 9 ")
		s.sees("g", "go to step:")
		s.sees("4 Backspace 7 Enter", "step 7 of 9")
		s.sees("g 1 2 Enter", "step 12 ")
		s.sees("g x Enter", `step "x", want a number`)
		s.sees("g 3 Esc", "step 12 ", "next >")
		s.sees("g 9 9 9 Enter", "step 41", "the script is over")
		s.sees("Space", "step 41", "the script is over")
	})
}

// Each key of the table does something, on the dashboard and in a menu.
func TestEveryActionOfTheKeyTableIsDone(t *testing.T) {
	d := standing(t, "three-way", 9)
	d.choose()
	inList := d.inList(d.list)
	for _, b := range defaultBindings() {
		if b.in&stepping != 0 && b.action != actQuit {
			require.Contains(t, d.does, b.action)
		}
		if b.in&menu != 0 && b.in&stepping == 0 {
			require.Contains(t, inList, b.action)
		}
	}
}

func TestKeysAreBoundAnewByTheConfiguration(t *testing.T) {
	o := options(t, "en", true)
	var err error
	o.Config, err = ReadConfig("config.toml", strings.NewReader("[keys]\nforward = [\"u\"]\nlose = []\n"))
	require.NoError(t, err)
	atDesk(t, 80, 24, o, func(s *desk) {
		s.sees("u", "step 1 ", "u next  <- back  c choose")
		s.sees("Space", "no key for Space; ? shows all")
	})
}

func TestStateChangesByBrackets(t *testing.T) {
	atDesk(t, 80, 24, options(t, "en", true), func(s *desk) {
		s.sees("] ]", "step 6 ", "SYN-SENT")
		s.sees("[", "step 3 of 6", "LISTEN")
	})
}

func TestTheMenuAtStep9(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		atDesk(t, size[0], size[1], options(t, "en", true), func(s *desk) {
			got := s.sees(times(9, "Space")+"c", "what may happen next?", "step 10",
				"> 1  segment 2, SYN,ACK, reaches the client             next",
				"  2  segment 2 is lost                                     x",
				"  3  segment 2 is doubled                                  d",
				"  4  the client sends its SYN again                t 1.000 s",
				"  5  the server sends its SYN,ACK again            t 1.000 s",
				"none: connect() and accept() both wait", ">9-")
			require.Equal(s, got, s.press("Space"), "Space does nothing in a menu")
			s.sees("Down PgDn", "> 3  segment 2 is doubled")
			s.sees("Up 9", "> 2  segment 2 is lost")
			s.sees("Ctrl-D Ctrl-D", "> 5  the server")
			s.sees("Ctrl-U Ctrl-U", "> 1  segment 2")
			s.sees("?", "keys", "the next step")
			s.sees("Esc c PgDn", "> 2  segment 2 is lost")
			s.sees("Esc", "step 9 ")
			s.misses("what may happen")
			s.sees("F5 2", "step 10", "9x10")
			s.sees("<- c 1", "step 10", "9-10")
			s.sees("<- c Down .", "step 10", "9x10")
		})
	}
}

func TestKeysOfTheMenusEntriesWorkInIt(t *testing.T) {
	atDesk(t, 80, 24, options(t, "en", true), func(s *desk) {
		s.sees(times(9, "Space")+"c x", "9x10")
		s.sees("<- c d", "step 10")
		s.misses("what may happen")
	})
}

func TestLoseAndDouble(t *testing.T) {
	atDesk(t, 120, 40, options(t, "en", true), func(s *desk) {
		s.sees("x", "no segment is in flight")
		s.sees(times(7, "Space")+"x", "7x8")
		s.sees("<- Del", "7x8")
		s.sees("<- d", "step 8 ", ">8-", "one more copy")
	})
}

func TestFuturesAreListedAndVisited(t *testing.T) {
	atDesk(t, 80, 24, options(t, "en", true), func(s *desk) {
		s.sees(times(12, "Space")+"f", "there is no other future yet")
		s.sees("<- x f", "how else did it go?", "segment 3 is lost", "the client's connect() returns")
		s.sees("1", "step 12")
		s.misses("how else", "11x12")
		s.sees("f 2", "11x12")
	})
}

func TestLeavingAsksOnlyIfFuturesWereMade(t *testing.T) {
	atDesk(t, 80, 24, options(t, "en", true), func(s *desk) {
		s.press(times(8, "Space") + "<- x")
		s.sees("q", "Leave? The futures you made are lost.")
		require.True(s, s.running())
		s.sees("Esc", "next >")
		s.types(":open syn-lost\r", "Open it? The futures you made are lost.")
		s.sees("Esc", "step 8")
		s.types(":open syn-lost\r", "Open it?")
		s.sees("Enter", "The SYN is lost", "step 0")
		s.press("q")
		require.False(s, s.running())
	})
	atDesk(t, 80, 24, options(t, "en", true), func(s *desk) {
		s.press(times(8, "Space") + "<- x q q")
		require.False(s, s.running())
	})
	atDesk(t, 80, 24, options(t, "en", true), func(s *desk) {
		s.press("Space q")
		require.False(s, s.running())
	})
}

func TestCtrlCLeavesAtOnce(t *testing.T) {
	for _, before := range []string{"", "c", "?", "g", "p", "x x", ": o"} {
		atDesk(t, 80, 24, options(t, "en", true), func(s *desk) {
			s.press(times(9, "Space") + before + " Ctrl-C")
			require.False(s, s.running(), before)
		})
	}
}

func TestPredictHidesStateNumbersLabelAndReason(t *testing.T) {
	atDesk(t, 120, 40, options(t, "en", true), func(s *desk) {
		s.sees(times(7, "Space")+"b", "predict: each step hides its answer first")
		s.sees("Space", "step 8 ", "????", "next > the answer")
		s.misses("RCV.NXT 101", "expects 101")
		s.sees("Space", "step 8 ", "RCV.NXT 101", "SYN-RECEIVED")
		s.misses("????")
		s.sees("Space", "????")
		s.misses("<SEQ=300>", "300 unconfirmed was")
		s.sees("<-", "step 8 of 9")
		s.misses("????")
		s.sees(".", "predict off")
		s.sees("Space", "<SEQ=300><ACK=101><CTL=SYN,ACK>")
	})
}

func TestAutoplayStepsByItselfUntilForward(t *testing.T) {
	atDesk(t, 80, 24, options(t, "en", true), func(s *desk) {
		s.sees("p", "step 0", "play >")
		s.after(speeds[2])
		s.sees("", "step 1 ")
		s.after(speeds[2])
		s.sees("", "step 2 ")
		s.sees("+", "2 steps a second")
		s.sees("- -", "0.5 steps a second")
		s.sees("Space", "step 3 ", "next >")
		s.after(10 * speeds[0])
		s.sees("", "step 3 ")
		s.sees("p 2", "play >") // to look elsewhere does not stop it
		s.sees("p", "next >")
		s.sees("p c", "what may happen next?")
		s.after(10 * speeds[0])
		s.sees("Esc", "step 3 ")
		s.press("= = = = p")
		s.after(100 * speeds[len(speeds)-1])
		s.sees("", "step 41", "the script is over")
	})
}

func TestLanguageTurnsEveryWordAndBack(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		atDesk(t, size[0], size[1], options(t, "en", true), func(s *desk) {
			english := s.press(times(9, "Space"))
			s.sees("l", "9단계", "다음 >", "클라이언트 127.0.0.1:49152", "한국어", "3-way 핸드셰이크")
			s.misses("waits", "next", "step", "CLIENT")
			require.Equal(s, english, s.press("L"))
			s.sees("c l", "다음에 무슨 일이", "세그먼트 2번(SYN,ACK)이 클라이언트에 도착")
			s.sees("F3 Esc", "next >")
		})
	}
}

func TestPanesOpenByNumberAndTurn(t *testing.T) {
	atDesk(t, 80, 24, options(t, "en", true), func(s *desk) {
		s.press(times(9, "Space"))
		for i, name := range []string{"why", "segment", "numbers", "map", "agreement", "1971", "over time"} {
			s.sees(fmt.Sprint(i+1), fmt.Sprintf("[%d %s]", i+1, name))
		}
		s.sees("Tab", "[1 why]")
		s.sees("Shift-Tab", "[7 over time]")
		s.sees("0", ">9-")
		s.misses("6 1971")
		s.sees("4 z", "[4 map]", "ESTABLISHED", "CLOSED")
		s.misses(">9-")
		s.sees("z", "[4 map]", ">9-")
		s.sees("w", "[1 why]")
		s.misses(">9-")
		s.sees("w t", "[2 segment]", ">9-")
	})
}

func TestAllPanesButTwoAreThereAt200x60EachWithItsQuestion(t *testing.T) {
	atDesk(t, 200, 60, options(t, "en", true), func(s *desk) {
		s.sees("", "[1 why]", " 2 segment: what is on the wire? ", " 4 map: where is each end? ",
			" 5 agreement: who knows what? ", " 6 1971: how would RFC 147 name two ends? ")
		s.sees("4", "[4 map: where is each end?]", " 1 why ")
		s.sees("3", "[3 numbers: ")
		s.misses("2 segment")
		s.sees("7", "[7 over time: how did it go over time?]")
		s.misses("2 segment", "3 numbers")
	})
}

func TestTheLowerPaneAt120x40HasItsQuestion(t *testing.T) {
	atDesk(t, 120, 40, options(t, "en", true), func(s *desk) {
		s.sees("", "[1 why]", " 2 segment: what is on the wire? ─ 3 numbers ─")
		s.sees("5", " 1 why ", "─ 2 segment ─ 3 numbers ─ 4 map ─[5 agreement]─ 6 1971 ─")
		s.sees("1", "[1 why]", " 5 agreement: who knows what? ")
	})
}

// RFC 9293 3.1 counts the bits above its figure; a SYN's has a word more, for its MSS.
func TestTheFigureOfASYNHasItsScaleOfBitsAt120x40(t *testing.T) {
	atDesk(t, 120, 40, options(t, "en", true), func(s *desk) {
		s.sees("g 7 Enter 2", "0 1 2 3 4 5 6 7 8 9 0 1 2 3", "Maximum Segment Size 1460", "+────")
	})
}

func TestRelativeNumbers(t *testing.T) {
	atDesk(t, 120, 40, options(t, "en", true), func(s *desk) {
		s.sees(times(9, "Space")+"#", "<SEQ=Y><ACK=X+1><CTL=SYN,ACK>", "SND.UNA Y  SND.NXT Y+1", "RCV.NXT X+1", "X = 100", "Y = 300")
		s.sees("#", "<SEQ=300><ACK=101><CTL=SYN,ACK>", "RCV.NXT 101")
	})
}

func TestSearch(t *testing.T) {
	atDesk(t, 80, 24, options(t, "en", true), func(s *desk) {
		s.press(times(14, "Space"))
		s.sees("n Esc N", "search:")
		s.sees("Esc", "next >")
		s.sees("/ syn-sent Enter", "step 6 of 14")
		s.sees("n", "step 7 of 14")
		s.sees("n", "step 10 of 14")
		s.sees("N", "step 7 of 14")
		s.sees("/ "+strings.Repeat("x", 60)+" Enter", `"`+strings.Repeat("x", 40)+`..." is in no step so far`)
		s.sees("/ nosuchthing Enter", `"nosuchthing" is in no step so far`)
	})
}

func TestCommands(t *testing.T) {
	atDesk(t, 80, 24, options(t, "en", true), func(s *desk) {
		s.types(":lang ko\r", "한국어")
		s.types(":lang en\r", "English")
		s.types(":lang de\r", `language "de", want en or ko`)
		s.types(":goto 9\r", "step 9 ")
		s.types(":nosuch\r", `"nosuch", want open NAME, do LINE, lang en|ko, goto N, export FILE, quit`)
		s.types(":goto\r", `"goto", want`)
		s.types(":open syn-lost\r", "step 0", "SYN")
		s.types(":open nosuch\r", "nosuch")
		s.types(":quit\r")
		require.False(s, s.running())
	})
}

func TestExportWritesANewFileOrSaysWhyNot(t *testing.T) {
	t.Chdir(t.TempDir())
	atDesk(t, 120, 40, options(t, "en", true), func(s *desk) {
		s.press(times(9, "Space"))
		s.types("st.json\r", "wrote 9 steps to t.json")
		s.types("st.txt\r", "wrote 9 steps to t.txt")
		s.types("st.txt\r", "t.txt: file exists")
		s.types(":export no/t.txt\r", "no/t.txt: no such file or directory")
	})
}

func TestUnknownKey(t *testing.T) {
	atDesk(t, 80, 24, options(t, "en", true), func(s *desk) {
		s.sees("v", "no key for v; ? shows all")
		s.sees("Space", "next >")
	})
}

func TestHangulKeysWorkAndSaySo(t *testing.T) {
	atDesk(t, 80, 24, options(t, "en", true), func(s *desk) {
		s.sees("ㅓ", "step 1 ", "Hangul input: letter keys come one key late.")
		s.sees("Space", "step 1 ")          // in the same read: the input method's commit
		s.sees("외", "3-way", "키", "대시보드에서") // d, h, l
	})
}

func TestHelpListsEveryActionAndScrolls(t *testing.T) {
	atDesk(t, 80, 24, options(t, "en", true), func(s *desk) {
		s.sees("?", "keys", "Space -> Down PgDn Enter j ㅓ", "the next step")
		seen := s.press("")
		for range 60 {
			seen += s.press("Down")
		}
		for _, l := range s.d.keys.help(stepping) {
			require.Contains(s, seen, l.keys)
			require.Contains(s, seen, s.d.say.Text(l.action.word())[:8])
		}
		for _, c := range commands() {
			require.Contains(s, seen, c.name)
		}
		s.sees("?", "next >")
		s.misses("Backspace k")
	})
}

func TestALineOfAScriptCanBeTyped(t *testing.T) {
	atDesk(t, 120, 40, options(t, "en", true), func(s *desk) {
		do := func(line string) string {
			return s.press(": do Space " + strings.ReplaceAll(line, " ", " Space ") + " Enter")
		}
		s.press(times(7, "Space")) // the SYN is in flight
		require.Contains(s, do("inject server"), "allowed: inject PEER <SEQ=n><CTL=SYN>")
		require.Contains(s, do("replace server <SEQ=70><CTL=SYN>"), "<SEQ=100><CTL=SYN> becomes <SEQ=70><CTL=SYN>")
		require.Contains(s, do("arrive server"), "RCV.NXT 71")
	})
}

func TestResizeAtAnyMoment(t *testing.T) {
	atDesk(t, 200, 60, options(t, "ko", true), func(s *desk) {
		s.press(times(9, "Space"))
		for _, size := range [][2]int{{80, 24}, {59, 14}, {120, 40}, {60, 15}, {201, 61}} {
			for _, keys := range []string{"c", "Esc", "?", "Esc"} {
				s.press(keys)
				s.resize(size[0], size[1])
				requireWhole(t, screenText(s.screen), size[0], LineGlyphs())
			}
			if size[0] >= 60 {
				s.sees("", ">9-")
			}
		}
	})
}

func TestTheWheelStepsAndMovesInAMenu(t *testing.T) {
	atDesk(t, 80, 24, options(t, "en", true), func(s *desk) {
		s.sees("m", "mouse on")
		s.wheel(tcell.WheelDown)
		s.wheel(tcell.WheelDown)
		s.wheel(tcell.WheelUp)
		s.sees("", "step 1 of 2")
		s.sees(times(8, "Space")+"c", "> 1  segment 2")
		s.wheel(tcell.WheelDown)
		s.sees("", "> 2  segment 2 is lost")
		s.sees("Esc m", "mouse off")
	})
}

func TestTheContextEndsTheDashboard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		screen := tcell.NewSimulationScreen("UTF-8")
		require.NoError(t, screen.Init())
		d := newDashboard(ctx, play(t, "three-way"), options(t, "en", true), LineGlyphs())
		ended := make(chan error, 1)
		go func() { ended <- d.run(newShadow(screen)) }()
		synctest.Wait()
		cancel()
		require.NoError(t, <-ended)
	})
}

// after lets time pass.
func (s *desk) after(d time.Duration) {
	<-time.After(d) // by the bubble's clock: nobody waits
	synctest.Wait()
}

// resize changes the window. SetSize tells nobody, so the event is posted too.
func (s *desk) resize(w, h int) {
	s.screen.SetSize(w, h)
	s.d.app.QueueEvent(tcell.NewEventResize(w, h))
	synctest.Wait()
}

func (s *desk) wheel(b tcell.ButtonMask) {
	s.screen.InjectMouse(1, 1, b, tcell.ModNone)
	synctest.Wait()
}

// types types a line, character by character, and expects what is then on the screen.
func (s *desk) types(line string, texts ...string) {
	s.Helper()
	for _, r := range line {
		key := tcell.KeyRune
		if r == '\r' {
			key = tcell.KeyEnter
		}
		s.screen.InjectKey(key, r, tcell.ModNone)
		synctest.Wait()
	}
	s.sees("", texts...)
}

// From step 1000 on a segment's number takes nine columns.
func TestLongStepNumbersAreNotCut(t *testing.T) {
	rows := []viz.Row{{First: 1000, Last: 1002, Segment: true}}
	require.Equal(t, 4, ladderColumns(80, rows).left-ladderColumns(80, nil).left)
	at := ladderColumns(120, rows)
	require.GreaterOrEqual(t, at.time, at.number+len(rows[0].Number()))
}

// standing is the dashboard of a scenario at a step, without an application.
func standing(t *testing.T, name string, step int) *dashboard {
	t.Helper()
	d := newDashboard(t.Context(), play(t, name), options(t, "en", true), LineGlyphs())
	if err := d.model.goTo(t.Context(), step); !errors.Is(err, handshake.ErrOver) {
		require.NoError(t, err)
	}
	return d
}

// RFC 9293 figure 8: the listener answers with 300 first and then with 400, and each
// number is counted from the one of its time.
func TestNumbersAreCountedFromTheFirstOfTheirTime(t *testing.T) {
	d := standing(t, "figure-8", 99)
	d.model.relative = true
	got := picture(t, d, 120, 40)
	require.Contains(t, got, "<SEQ=X-10><CTL=SYN>")
	require.Contains(t, got, "<SEQ=Y><ACK=X-9><CTL=SYN,ACK>")
	require.Contains(t, got, "<SEQ=Y><ACK=X+1><CTL=SYN,ACK>")
	require.Contains(t, got, "Y = 400")
}

func TestNumbersTooLongForTheirRowAreCounted(t *testing.T) {
	d := standing(t, "three-way", 9)
	trace := d.model.timeline.Trace()
	for i := range trace.Steps {
		for j, v := range trace.Steps[i].Vars {
			if v.Name == "ISS" {
				trace.Steps[i].Vars[j].Value = map[string]string{"100": "3735928559", "300": "4294967295"}[v.Value]
			}
		}
	}
	got := picture(t, d, 120, 40)
	require.Contains(t, got, "X = 3735928559")
	require.Contains(t, got, "Y = 4294967295")
}

func TestALabelWithoutRoomLosesItsNumbersAndNoneIsCut(t *testing.T) {
	require.Contains(t, picture(t, standing(t, "three-way", 9), 60, 15), "... <CTL=SYN,ACK> ")
}

func TestATimeHasALineOfItsOwnWhereThereIsNoColumn(t *testing.T) {
	require.Contains(t, picture(t, standing(t, "three-way", 41), 80, 24), "t 240.000 s                 │\n>41    CLOSED       │ time-wait timeout")
	require.Contains(t, picture(t, standing(t, "three-way", 41), 120, 40), ">41     240.000 CLOSED       │ time-wait timeout")
}

func TestASocketThatIsGoneIsNotListed(t *testing.T) {
	require.Contains(t, picture(t, standing(t, "refused", 99), 120, 40), "sockets none")
}

// A segment that arrives may cause two steps: its own, and a signal to a program that
// waits in no call. Between them there is nothing to choose.
func TestASignalIsAnnouncedInWords(t *testing.T) {
	s, err := handshake.Parse("signal", "signal.txtar", []byte(`-- setup --
peer client 127.0.0.1:49152 iss=100
peer server 127.0.0.1:7147 iss=300
-- script --
server socket
server listen 8
server accept
client socket
client connect server
arrive server <CTL=SYN>
arrive client <CTL=SYN,ACK>
arrive server <CTL=ACK>
return server
client abort
arrive server <CTL=RST
`))
	require.NoError(t, err)
	timeline, err := handshake.NewTimeline(t.Context(), model.Engine{Wire: wire.InMemory}, s)
	require.NoError(t, err)
	d := newDashboard(t.Context(), timeline, options(t, "en", true), LineGlyphs())
	for err == nil {
		err = d.model.forward(t.Context())
	}
	require.ErrorIs(t, err, handshake.ErrOver)
	require.Contains(t, picture(t, d, 120, 40), "connection reset │")
	d.model.back()
	d.choose()
	require.Contains(t, picture(t, d, 120, 40), "what just happened is not over; Space goes on with it")
	d.remark = nil
	require.Contains(t, picture(t, d, 120, 40), "the server gets a signal: connection reset")
}

// FuzzSavedTrace: whatever a step of a saved trace says, no pane of no frame panics.
func FuzzSavedTrace(f *testing.F) {
	t := play(f, "three-way")
	for err := error(nil); err == nil; err = t.Next(f.Context()) {
		require.Less(f, t.N(), handshake.MaxSteps)
	}
	f.Add(uint(8), uint(3), "<SEQ=99999999999><ACK=>", uint(0))
	f.Add(uint(9), uint(4), "-1", uint(7))
	f.Add(uint(12), uint(5), "descriptor", uint(5))
	f.Fuzz(func(t2 *testing.T, step, field uint, value string, pane uint) {
		var b bytes.Buffer
		require.NoError(t2, spoil(*t.Trace(), step, field, value).WriteJSON(&b))
		recording, err := replay.Open(&b)
		if err != nil {
			t2.Skip("not a trace")
		}
		timeline, err := handshake.NewTimeline(t2.Context(), recording, nil)
		require.NoError(t2, err)
		d := newDashboard(t2.Context(), timeline, options(t2, []string{"en", "ko"}[pane%2], true), LineGlyphs())
		d.model.open(int(pane % (panesNumber + 1)))
		d.model.relative, d.model.predict, d.model.large = pane%3 == 0, pane%5 == 0, pane%7 == 0
		size := [][2]int{{80, 24}, {120, 40}, {200, 60}}[pane%3]
		for _, n := range []int{int(step%uint(len(t.Trace().Steps))) + 1, 1000} {
			if err := d.model.goTo(t2.Context(), n); err != nil {
				require.ErrorIs(t2, err, handshake.ErrOver)
			}
			requireWhole(t2, picture(t2, d, size[0], size[1]), size[0], LineGlyphs())
		}
	})
}

// spoil is a trace with one thing of one step changed.
func spoil(trace handshake.Trace, step, field uint, value string) *handshake.Trace {
	trace.Steps = slices.Clone(trace.Steps)
	s := &trace.Steps[int(step%uint(len(trace.Steps)))]
	s.Vars = append(slices.Clone(s.Vars), handshake.Var{Name: "SND.UNA", Value: "1"})
	v := &s.Vars[int(field)%len(s.Vars)]
	for i, text := range []*string{&s.Label, &s.Before, &s.After, &s.On, &v.Name, &v.Value, &v.Unit, &s.Note} {
		if i == int(field%8) {
			*text = value
		}
	}
	return &trace
}

// TestEveryStepOfEveryScenarioHasItsWords: no key of viz/words shows instead of a
// sentence, in either language, at no step, also in the menu.
func TestEveryStepOfEveryScenarioHasItsWords(t *testing.T) {
	longPictures(t)
	for _, name := range everywhere(t) {
		d := newDashboard(t.Context(), play(t, name), options(t, "en", true), LineGlyphs())
		for err := error(nil); err == nil; err = d.model.forward(t.Context()) {
			for range 2 {
				d.turnLanguage()
				require.NotRegexp(t, `(dash|ui|key)\.[a-z]`, picture(t, d, 80, 24), "%s step %d", name, d.model.timeline.N())
				d.choose()
				require.NotRegexp(t, `(dash|ui|key)\.[a-z]`, picture(t, d, 80, 24), "%s step %d", name, d.model.timeline.N())
				d.list, d.remark = nil, nil
			}
		}
	}
}

// Issue 2: every state change names its rule and section. Below 80x24 the pane is seen
// enlarged.
func TestTheMainRuleIsCitedAtEveryWidth(t *testing.T) {
	desks := map[string]*dashboard{"en": standing(t, "three-way", 99), "ko": standing(t, "three-way", 99)}
	desks["ko"].turnLanguage()
	screen := simulation(t, 220, 60)
	rapid.Check(t, func(rt *rapid.T) {
		d := desks[rapid.SampledFrom([]string{"en", "ko"}).Draw(rt, "lang")]
		w, h := rapid.IntRange(leastWidth, 220).Draw(rt, "w"), rapid.SampledFrom([]int{24, 40, 60}).Draw(rt, "h")
		n := rapid.IntRange(1, d.model.timeline.Len()).Draw(rt, "step")
		d.model.timeline.Seek(n)
		d.model.large, d.fresh = w < 80, false
		screen.Clear()
		screen.SetSize(w, h)
		d.SetRect(0, 0, w, h)
		d.Draw(screen)
		if source := whySources(d.view()); !strings.Contains(screenText(screen), source) {
			rt.Fatalf("no %q at %dx%d, step %d", source, w, h, n)
		}
	})
}
