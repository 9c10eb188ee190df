package tui

import (
	"strings"
	"testing"

	"github.com/gdamore/tcell/v2"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// sheet is a canvas that covers a simulation screen, seen through a shadow.
func sheet(t *testing.T, w, h int, glyphs Glyphs) (canvas, func() string) {
	t.Helper()
	sim := tcell.NewSimulationScreen("UTF-8")
	s := newShadow(sim)
	require.NoError(t, s.Init())
	t.Cleanup(s.Fini)
	sim.SetSize(w, h)
	s.Clear()
	return canvas{screen: s, w: w, h: h, glyphs: glyphs}, func() string {
		s.Show()
		return simulated(sim)
	}
}

func TestBoxWithHangulAsInTheDesign(t *testing.T) {
	c, show := sheet(t, 60, 5, LineGlyphs())
	plain := tcell.StyleDefault
	inside := c.part(1, 1, 58, 3).box(" 클라이언트 127.0.0.1:49152 ", " SYN-SENT ", plain, plain)
	inside.text(1, 0, inside.w, "보냄      SND.UNA 100  SND.NXT 101    100번 미확인", plain)
	require.Equal(t, ""+
		"\n"+
		" ┌ 클라이언트 127.0.0.1:49152 ────────────────── SYN-SENT ┐\n"+
		" │ 보냄      SND.UNA 100  SND.NXT 101    100번 미확인     │\n"+
		" └────────────────────────────────────────────────────────┘\n"+
		"\n", show())
}

func TestRuleInBothGlyphSets(t *testing.T) {
	for name, c := range map[string]struct {
		glyphs Glyphs
		want   string
	}{
		"line":  {LineGlyphs(), "─[1 이유]───────── RFC 9293 3.4.1 ─\n─[1 이유]─ 2 세그먼트 ─────────────\n"},
		"ascii": {ASCIIGlyphs(), "-[1 이유]--------- RFC 9293 3.4.1 -\n-[1 이유]- 2 세그먼트 -------------\n"},
	} {
		t.Run(name, func(t *testing.T) {
			sheet, show := sheet(t, 35, 2, c.glyphs)
			sheet.rule(0, "[1 이유]", " RFC 9293 3.4.1 ", tcell.StyleDefault, tcell.StyleDefault)
			sheet.rule(1, "[1 이유]"+c.glyphs.Horizontal+" 2 세그먼트 ", " RFC 9293 3.4.1 ", tcell.StyleDefault, tcell.StyleDefault)
			require.Equal(t, c.want, show(), "a note that does not fit gives way to the title")
		})
	}
}

func TestTextStaysInsideTheCanvas(t *testing.T) {
	c, show := sheet(t, 12, 3, ASCIIGlyphs())
	inner := c.part(2, 1, 7, 1)
	require.Equal(t, 6, inner.text(0, 0, 100, "세그먼트", tcell.StyleDefault), "the fourth would be split")
	require.Zero(t, inner.text(0, 1, 100, "below", tcell.StyleDefault))
	require.Zero(t, inner.text(-1, 0, 100, "left", tcell.StyleDefault))
	require.Zero(t, inner.text(7, 0, 100, "right", tcell.StyleDefault))
	inner.vertical(6, -5, 20, tcell.StyleDefault)
	inner.horizontal(-5, 3, 20, tcell.StyleDefault)
	inner.part(5, 0, 50, 50).fill(tcell.StyleDefault)
	require.Equal(t, "\n  세그\n\n", show())
}

func TestTagsAreText(t *testing.T) {
	c, show := sheet(t, 20, 1, ASCIIGlyphs())
	c.text(0, 0, 20, "[SYN] [red]a[-][::b]", tcell.StyleDefault)
	require.Equal(t, "[SYN] [red]a[-][::b]\n", show())
}

func TestCentre(t *testing.T) {
	c, show := sheet(t, 9, 1, ASCIIGlyphs())
	require.Equal(t, 4, c.centre(0, 0, 9, "번호", tcell.StyleDefault))
	require.Equal(t, "  번호\n", show())
}

func TestPadCountsColumns(t *testing.T) {
	require.Equal(t, "상태 ", pad("상태도", 5))
	require.Equal(t, "e\u0301  ", pad("e\u0301", 3))
	require.Equal(t, "", pad("상태", -1))
	require.Equal(t, 8, width("ACK 비트\u0301"), "a mark takes no column")
}

func TestWrapBreaksAtBlanks(t *testing.T) {
	require.Equal(t, []string{"서버가 자신의", "ISN 300번과", "확인"}, wrap("서버가 자신의 ISN 300번과 확인", 13))
	require.Equal(t, []string{"네트워", "크제어", "a"}, wrap("네트워크제어 a", 7))
	require.Equal(t, []string{"one", "", "two"}, wrap("one\n\ntwo", 10))
	require.Nil(t, wrap("가", 1))
}

func TestWrapLosesNothingAndFits(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("ab 서버─é\u0301漢"))).Draw(r, "text")
		columns := rapid.IntRange(2, 20).Draw(r, "columns")
		lines := wrap(text, columns)
		for _, line := range lines {
			require.LessOrEqual(r, width(line), columns)
		}
		squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
		require.Equal(r, squeeze(text), squeeze(strings.Join(lines, "")))
	})
}

// Colour is never the only carrier, so the zero Palette must be plain everywhere.
func TestZeroPaletteIsMonochrome(t *testing.T) {
	c, _ := sheet(t, 20, 3, LineGlyphs())
	c.box("[1 why]", " RFC 147 ", c.palette.Focus, c.palette.Source)
	for y := range 3 {
		for x := range 20 {
			_, style, _ := c.screen.Get(x, y)
			require.Equal(t, tcell.StyleDefault, style)
		}
	}
}
