package tui

import (
	"fmt"
	"os"
	"testing"

	"github.com/gdamore/tcell/v2"
	"github.com/rivo/tview"
	"github.com/stretchr/testify/require"

	"sockscope/handshake/handshaketest"
)

// exploring is the explorer drawn on a simulation screen of a size.
func exploring(t *testing.T, w, h int, lang string, glyphs Glyphs) (*explorerScreen, func() string) {
	t.Helper()
	c, show := sheet(t, w, h, glyphs)
	e := newExplorerScreen(defaultKeys(t), lang, glyphs, Palette{})
	e.stop = func() {}
	e.SetRect(0, 0, w, h)
	return e, func() string {
		c.screen.Clear()
		e.Draw(c.screen)
		return show()
	}
}

func TestExplorerAtThreeSizes(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		for _, lang := range []string{"en", "ko"} {
			for name, glyphs := range map[string]Glyphs{"line": LineGlyphs(), "ascii": ASCIIGlyphs()} {
				t.Run(fmt.Sprintf("%dx%d-%s-%s", size[0], size[1], lang, name), func(t *testing.T) {
					_, show := exploring(t, size[0], size[1], lang, glyphs)
					handshaketest.Golden(t, fmt.Sprintf("explorer/%dx%d-%s-%s.txt", size[0], size[1], lang, name), show())
				})
			}
		}
	}
}

var _ = require.Equal
var _ = tview.NewBox
var _ tcell.Key
var _ = os.Args
