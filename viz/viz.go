// Package viz shows a trace: as rows, as text, as JSON, as graphs. A view is a function of a
// trace and nothing else; it does not know which engine recorded it.
package viz

import (
	"io"
	"unicode"

	"sockscope/handshake"
)

// Options are what a reader can choose of a view.
type Options struct {
	Lang  string // "en" or "ko"
	Why   bool   // text: the rules and citations behind each line
	Plain bool   // text: whole sentences, step by step, for ears and for pipes
}

// View writes a trace.
type View func(io.Writer, *handshake.Trace, Options) error

// Views are the views that need no screen, by their name on the command line.
func Views() map[string]View {
	return map[string]View{"text": Text, "json": JSON, "pcapng": PCAPNG, "svg": SVG}
}

// JSON writes the trace as JSON Lines.
func JSON(w io.Writer, t *handshake.Trace, _ Options) error { return t.WriteJSON(w) }

// Width is how many columns a text takes on a terminal: Hangul and other wide
// characters two, combining marks none.
func Width(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case unicode.Is(unicode.Mn, r):
		case wide(r):
			n += 2
		default:
			n++
		}
	}
	return n
}

// wide reports whether a character takes two columns (Unicode UAX 11, W and F), of
// those that a peer's name or a Korean sentence can hold.
func wide(r rune) bool {
	return r >= 0x1100 && r <= 0x115f || // Hangul Jamo
		r >= 0x2e80 && r <= 0xa4cf || // CJK
		r >= 0xac00 && r <= 0xd7a3 || // Hangul syllables
		r >= 0xf900 && r <= 0xfaff || // compatibility ideographs
		r >= 0xfe30 && r <= 0xfe6f ||
		r >= 0xff00 && r <= 0xff60 || r >= 0xffe0 && r <= 0xffe6 || // full-width forms
		r >= 0x1f300 && r <= 0x1faff || r >= 0x20000 && r <= 0x3fffd
}
