package tui

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/gdamore/tcell/v2"
)

// The costs of a 200x60 frame of made-up content, from drawing to the bytes for the
// terminal. Aims for the whole dashboard: nothing changed 0 B, one value changed
// 250 B, every value changed 2 ms, full repaint 3.6 ms.

func BenchmarkFrameNothingChanged(b *testing.B) {
	benchmarkFrame(b, func(s *shadow, _ int) { frame(s, "서버 101") })
}

func BenchmarkFrameOneValueChanged(b *testing.B) {
	benchmarkFrame(b, func(s *shadow, i int) { frame(s, strconv.Itoa(i)) })
}

func BenchmarkFrameEveryValueChanged(b *testing.B) {
	benchmarkFrame(b, values)
}

func BenchmarkFrameFullRepaint(b *testing.B) {
	benchmarkFrame(b, func(s *shadow, _ int) {
		s.whole = true
		frame(s, "서버 101")
	})
}

// What tview and tcell cost without a shadow between them.
func BenchmarkFrameNothingChangedWithoutShadow(b *testing.B) {
	benchmarkFrame(b, func(s *shadow, _ int) { frame(s.Screen, "서버 101") })
}

// From a key typed to the change seen, on a pty; the aim is 2.5 ms.
func BenchmarkKeyToScreen(b *testing.B) {
	c := run(b, "counter", 200, 60)
	c.see("step 0 ")
	for i := 1; b.Loop(); i++ {
		c.keys("j")
		c.see(fmt.Sprintf("step %d ", i))
	}
}

// From the start of the program to its first whole frame, on a pty; the aim is 20 ms.
func BenchmarkFirstFrame(b *testing.B) {
	for b.Loop() {
		c := run(b, "counter", 200, 60)
		c.see("끝")
		c.keys("q")
		c.exit()
	}
}

func benchmarkFrame(b *testing.B, draw func(*shadow, int)) {
	b.Helper()
	b.Setenv("LC_ALL", "C.UTF-8")
	b.Setenv("NO_COLOR", "")
	s, tty := terminal(b, 200, 60)
	tty.deaf = true
	draw(s, 0)
	before := tty.vt.written
	b.ReportAllocs()
	for i := 1; b.Loop(); i++ {
		draw(s, i)
	}
	b.ReportMetric(float64(tty.vt.written-before)/float64(b.N), "B/frame")
}

// values draws 300 labels, each with a value that differs from frame to frame.
func values(s *shadow, i int) {
	s.Clear()
	c := canvas{screen: s, w: 200, h: 60, glyphs: LineGlyphs(), palette: Colours()}
	inside := c.box("[1 why]", " RFC 9293 ", tcell.StyleDefault, tcell.StyleDefault)
	for y := range 58 {
		for x := 0; x < 195; x += 33 {
			inside.text(x, y, 20, "번호 SND.NXT", tcell.StyleDefault)
			inside.text(x+14, y, 10, strconv.Itoa(100000+i*7919%900000), c.palette.Changed)
		}
	}
	s.Show()
}
