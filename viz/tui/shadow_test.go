package tui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gdamore/tcell/v2"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// fakeTty joins a real tcell terminal screen to a vt without a kernel in between.
type fakeTty struct {
	vt      *vt
	deaf    bool // only count what is written
	resized func()
	closed  chan struct{}
}

func (f *fakeTty) Start() error           { f.closed = make(chan struct{}); return nil }
func (f *fakeTty) Stop() error            { return nil }
func (f *fakeTty) Drain() error           { close(f.closed); return nil }
func (f *fakeTty) Close() error           { return nil }
func (f *fakeTty) NotifyResize(cb func()) { f.resized = cb }

func (f *fakeTty) Read([]byte) (int, error) {
	<-f.closed
	return 0, nil
}

func (f *fakeTty) Write(p []byte) (int, error) {
	if f.deaf {
		f.vt.written += len(p)
		return len(p), nil
	}
	return f.vt.Write(p)
}

func (f *fakeTty) WindowSize() (tcell.WindowSize, error) {
	w, h := f.vt.size()
	return tcell.WindowSize{Width: w, Height: h}, nil
}

// terminal is a shadow on a tcell screen on a terminal of a size.
func terminal(t interface {
	Cleanup(func())
	Helper()
	Fatal(...any)
}, w, h int) (*shadow, *fakeTty,
) {
	t.Helper()
	info, err := tcell.LookupTerminfo("xterm-256color")
	if err != nil {
		t.Fatal(err)
	}
	tty := &fakeTty{vt: newVT(w, h)}
	screen, err := tcell.NewTerminfoScreenFromTtyTerminfo(tty, info)
	if err != nil {
		t.Fatal(err)
	}
	s := newShadow(screen)
	if err := s.Init(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Fini)
	return s, tty
}

func utf8Locale(tb testing.TB) {
	tb.Helper()
	tb.Setenv("LC_ALL", "C.UTF-8")
	tb.Setenv("NO_COLOR", "")
	tb.Setenv("COLUMNS", "")
	tb.Setenv("LINES", "")
}

// frame draws a made-up dashboard: rows of text, Hangul and boxes, and one value.
func frame(s tcell.Screen, value string) {
	s.Clear()
	w, h := s.Size()
	c := canvas{screen: s, w: w, h: h, glyphs: LineGlyphs(), palette: Colours()}
	c.text(1, 0, w, "sockscope    three-way handshake", c.palette.Now)
	inside := c.part(0, 1, w, h-1).box(" 서버 127.0.0.1:7147 ", " SYN-RECEIVED ", c.palette.Server, c.palette.Server)
	for y := range inside.h {
		inside.text(0, y, inside.w/2, strings.Repeat("번호 SND.NXT 101  미확인 ", 8), c.palette.Client)
		inside.text(inside.w/2, y, inside.w, strings.Repeat("<SEQ=300><ACK=101>[SYN] ", 8), c.palette.InFlight)
	}
	inside.text(3, 5, 12, value, c.palette.Changed)
	s.Show()
}

func TestNothingChangedSendsNothing(t *testing.T) {
	utf8Locale(t)
	s, tty := terminal(t, 200, 60)
	frame(s, "서버 101")
	require.Contains(t, tty.vt.String(), "서버 101")
	require.Contains(t, tty.vt.String(), "[SYN]")

	before := tty.vt.written
	frame(s, "서버 101")
	require.Zero(t, tty.vt.written-before)
}

func TestOneValueChangedSendsAtMost250Bytes(t *testing.T) {
	utf8Locale(t)
	s, tty := terminal(t, 200, 60)
	frame(s, "서버 101")
	before := tty.vt.written
	frame(s, "클라이언트 65535")
	require.Contains(t, tty.vt.String(), "클라이언트 6")
	sent := tty.vt.written - before
	require.Positive(t, sent)
	require.LessOrEqual(t, sent, 250)
	t.Logf("one value: %d bytes", sent)
}

func TestCursorAloneIsSent(t *testing.T) {
	utf8Locale(t)
	s, tty := terminal(t, 80, 24)
	s.Show()
	require.False(t, tty.vt.cursor)
	s.ShowCursor(7, 3)
	s.Show()
	require.True(t, tty.vt.cursor)
	require.Equal(t, [2]int{7, 3}, [2]int{tty.vt.x, tty.vt.y})
	before := tty.vt.written
	s.Show()
	require.Equal(t, before, tty.vt.written)
	s.HideCursor()
	s.Show()
	require.False(t, tty.vt.cursor)
}

func TestHalfCoveredHangulLeavesABlank(t *testing.T) {
	utf8Locale(t)
	for _, c := range []struct {
		name string
		draw func(*shadow)
		want string
	}{
		{"left half", func(s *shadow) { s.PutStr(0, 0, "|") }, "| 버"},
		{"right half", func(s *shadow) { s.PutStr(1, 0, "|") }, " |버"},
		{"both halves of two", func(s *shadow) { s.PutStr(1, 0, "국") }, " 국"},
		{"a mark", func(s *shadow) { s.PutStr(2, 0, "é") }, "서é"},
		{"last column", func(s *shadow) { s.PutStr(9, 0, "가") }, "서버"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, tty := terminal(t, 10, 2)
			s.PutStr(0, 0, "서버")
			s.Show()
			c.draw(s)
			s.Show()
			require.Equal(t, c.want, strings.SplitN(tty.vt.String(), "\n", 2)[0])
		})
	}
}

func TestTextFromOutsideCannotReachTheTerminal(t *testing.T) {
	utf8Locale(t)
	s, tty := terminal(t, 40, 2)
	s.PutStr(0, 0, "a\x1b[2Jb\u0301\xffc\u202ed\u009be")
	s.PutStr(0, 1, "\U0001F3FB\x1b[H") // tcell joins the two into one cell
	s.Show()
	require.Equal(t, "a?[2Jb\u0301?cd?e\n?[H\n", tty.vt.String())
}

func TestResizeRepaints(t *testing.T) {
	utf8Locale(t)
	s, tty := terminal(t, 80, 24)
	require.IsType(t, &tcell.EventResize{}, s.PollEvent()) // tcell tells the first size too
	frame(s, "서버 101")
	for _, size := range [][2]int{{120, 40}, {61, 15}, {200, 60}} {
		resize(t, s, tty, size[0], size[1])
		frame(s, "서버 101")
		fresh, freshTty := terminal(t, size[0], size[1])
		frame(fresh, "서버 101")
		require.Equal(t, freshTty.vt.cells, tty.vt.cells)
	}
}

func TestResizeThereAndBackRepaints(t *testing.T) {
	utf8Locale(t)
	s, tty := terminal(t, 80, 24)
	s.PollEvent()
	frame(s, "서버 101")
	want := tty.vt.String()
	resize(t, s, tty, 40, 24)
	resize(t, s, tty, 80, 24)
	frame(s, "서버 101")
	require.Equal(t, want, tty.vt.String())
}

// resize changes the terminal's size and waits until tcell has seen it.
func resize(t *testing.T, s *shadow, tty *fakeTty, w, h int) {
	t.Helper()
	tty.vt.resize(w, h)
	tty.resized()
	event := s.PollEvent()
	gotW, gotH := event.(*tcell.EventResize).Size()
	require.Equal(t, [2]int{w, h}, [2]int{gotW, gotH})
}

func TestSyncAndResumeSendEverything(t *testing.T) {
	utf8Locale(t)
	s, tty := terminal(t, 80, 24)
	frame(s, "서버 101")
	want := tty.vt.String()
	_, err := tty.vt.Write([]byte("\x1b[H\x1b[Janother program")) // straight to the terminal
	require.NoError(t, err)
	s.Sync()
	require.Equal(t, want, tty.vt.String())

	require.NoError(t, s.Suspend())
	require.NotEqual(t, want, tty.vt.String())
	require.NoError(t, s.Resume())
	frame(s, "서버 101")
	require.Equal(t, want, tty.vt.String())
}

// tview initialises the screen that it is given and ignores the error, so the
// program does it first.
func TestSecondInitDoesNothing(t *testing.T) {
	utf8Locale(t)
	s, tty := terminal(t, 80, 24)
	frame(s, "서버 101")
	before := tty.vt.written
	require.NoError(t, s.Init())
	frame(s, "서버 101")
	require.Equal(t, before, tty.vt.written)
}

func TestGetGivesWhatWasPut(t *testing.T) {
	s := newShadow(tcell.NewSimulationScreen("UTF-8"))
	require.NoError(t, s.Init())
	defer s.Fini()
	red := tcell.StyleDefault.Foreground(tcell.ColorRed).Background(tcell.ColorBlue)
	s.Fill('.', red)
	s.SetContent(0, 0, 'e', []rune{'\u0301'}, tcell.StyleDefault)
	s.SetCell(1, 0, red, '한')
	s.PutStrStyled(3, 0, "x", tcell.StyleDefault.Background(tcell.ColorNone).Foreground(tcell.ColorNone))

	r, marks, style, width := s.GetContent(0, 0)
	require.Equal(t, []any{'e', []rune{'\u0301'}, tcell.StyleDefault, 1}, []any{r, marks, style, width})
	text, style, width := s.Get(1, 0)
	require.Equal(t, []any{"한", red, 2}, []any{text, style, width})
	text, style, width = s.Get(2, 0)
	require.Equal(t, []any{" ", red, 1}, []any{text, style, width})
	text, style, _ = s.Get(3, 0)
	require.Equal(t, []any{"x", red}, []any{text, style}, "a style without colours lets those below shine through")
	text, _, width = s.Get(-1, 0)
	require.Equal(t, []any{"", 0}, []any{text, width})
	s.SetCell(5, 0, red)
	text, _, _ = s.Get(5, 0)
	require.Equal(t, " ", text)
	r, _, _, width = s.GetContent(-1, 0)
	require.Equal(t, []any{rune(0), 0}, []any{r, width})
	s.Fill('한', tcell.StyleDefault.Background(tcell.ColorNone))
	text, style, width = s.Get(0, 1)
	require.Equal(t, []any{" ", tcell.StyleDefault.Background(tcell.ColorBlue), 1}, []any{text, style, width})
	rest, width := s.Put(200, 0, "out", red)
	require.Equal(t, []any{"out", 0}, []any{rest, width})
	rest, width = s.Put(0, 0, "한글", red)
	require.Equal(t, []any{"글", 2}, []any{rest, width})
}

// Whatever was drawn before, the terminal shows the same as after one full paint.
func TestAnyWritesShowTheSameAsAFullPaint(t *testing.T) {
	utf8Locale(t)
	words := []string{"a", " ", "서버", "한", "│", "e\u0301", "나\u0301", "SYN", "ㅎ", "漢字", "\u0301", "-"}
	styles := []tcell.Style{
		tcell.StyleDefault, tcell.StyleDefault.Bold(true), tcell.StyleDefault.Foreground(tcell.ColorRed),
		tcell.StyleDefault.Background(tcell.ColorNone).Foreground(tcell.ColorNone),
	}
	rapid.Check(t, func(r *rapid.T) {
		s, tty := terminal(r, 12, 4)
		for range rapid.IntRange(1, 6).Draw(r, "frames") {
			if rapid.Bool().Draw(r, "clear") {
				s.Clear()
			}
			for range rapid.IntRange(0, 8).Draw(r, "writes") {
				s.PutStrStyled(rapid.IntRange(-1, 12).Draw(r, "x"), rapid.IntRange(-1, 4).Draw(r, "y"),
					rapid.SampledFrom(words).Draw(r, "word"), rapid.SampledFrom(styles).Draw(r, "style"))
			}
			s.Show()

			fresh, freshTty := terminal(r, 12, 4)
			sim := tcell.NewSimulationScreen("UTF-8")
			require.NoError(r, sim.Init())
			sim.SetSize(12, 4)
			for i, c := range s.back {
				if c.width > 0 {
					fresh.Put(i%12, i/12, c.text, c.style)
					sim.Put(i%12, i/12, c.text, c.style)
				}
			}
			fresh.Show()
			sim.Show()
			require.Equal(r, freshTty.vt.cells, tty.vt.cells)
			require.Equal(r, simulated(sim), tty.vt.String())
		}
	})
}

// simulated is what a simulation screen shows, as text.
func simulated(sim tcell.SimulationScreen) string {
	cells, w, h := sim.GetContents()
	var b strings.Builder
	for y := range h {
		row := ""
		for x := 0; x < w; x++ {
			_, _, width := sim.Get(x, y)
			row += string(cells[y*w+x].Runes)
			x += width - 1
		}
		fmt.Fprintln(&b, strings.TrimRight(row, " "))
	}
	return b.String()
}
