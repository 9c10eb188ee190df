package tui

import (
	"cmp"
	"fmt"
	"strconv"

	"github.com/gdamore/tcell/v2"

	"sockscope/viz"
)

// Diagnose tries what the dashboard needs of the terminal that the program has, and
// leaves it as it was. Where there is no terminal, that is said, and only the locale
// is looked at.
func Diagnose(getenv func(string) string, terminal bool) []viz.Finding {
	locale := viz.Finding{
		Name: "locale", OK: isUTF8(getenv), Cause: "charset",
		How: cmp.Or(getenv("LC_ALL"), getenv("LC_CTYPE"), getenv("LANG"), "UTF-8"),
	}
	if !terminal {
		return []viz.Finding{{Name: "terminal", Cause: "no-terminal"}, locale}
	}
	tty, err := tcell.NewDevTty()
	if err != nil {
		return []viz.Finding{{Name: "terminal", Cause: "no-terminal", Err: err.Error()}, locale}
	}
	defer tty.Close() //nolint:errcheck // nothing is lost in it
	return []viz.Finding{kindOf(getenv), coloursOf(getenv), sizeOf(tty), widthOf(tty, getenv), locale}
}

// kindOf looks the terminal up.
func kindOf(getenv func(string) string) viz.Finding {
	f := viz.Finding{Name: "terminal", How: getenv("TERM"), Cause: "unknown-terminal"}
	_, err := tcell.LookupTerminfo(f.How)
	f.OK = err == nil && f.How != "dumb"
	if err != nil {
		f.Err = err.Error()
	}
	return f
}

// coloursOf counts the terminal's colours.
func coloursOf(getenv func(string) string) viz.Finding {
	f := viz.Finding{Name: "colours", Cause: "no-colours"}
	if info, err := tcell.LookupTerminfo(getenv("TERM")); err == nil {
		f.OK, f.How = info.Colors >= 8, strconv.Itoa(info.Colors)
	}
	return f
}

// sizeOf compares the terminal's size with the smallest that shows everything.
func sizeOf(tty tcell.Tty) viz.Finding {
	f := viz.Finding{Name: "size", Cause: "small"}
	size, err := tty.WindowSize()
	if err != nil {
		f.Err = err.Error()
		return f
	}
	f.OK, f.How = size.Width >= 80 && size.Height >= 24, fmt.Sprintf("%dx%d", size.Width, size.Height)
	if !f.OK {
		f.Err = f.How
	}
	return f
}

// widthOf finds out how wide the terminal draws what may be one column or two.
func widthOf(tty tcell.Tty, getenv func(string) string) viz.Finding {
	f := viz.Finding{Name: "ambiguous", Cause: "wide"}
	if !isUTF8(getenv) || getenv("TERM") == "dumb" {
		f.Cause = "not-asked"
		return f
	}
	probed, glyphs, err := probe(tty, probeTime)
	if err != nil {
		f.Err = err.Error()
		return f
	}
	if err := probed.Stop(); err != nil {
		f.Err = err.Error()
		return f
	}
	f.OK = glyphs == LineGlyphs()
	if f.OK {
		f.How = "1"
	}
	return f
}
