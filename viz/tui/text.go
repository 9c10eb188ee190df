package tui

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gdamore/tcell/v2"
)

// ruler takes text apart into the characters that a terminal shows. It asks tcell
// for their widths, so that the two never disagree. The zero ruler is ready.
type ruler struct{ buffer tcell.CellBuffer }

// first splits off the first character of a text that is not empty, with the marks
// that combine with it, and gives its width in columns: 1, or 2 for Hangul. What
// could move the cursor, what is not UTF-8 and what is wider than two columns becomes
// a question mark. A mark with nothing to stand on has width 0 and is not drawn.
func (r *ruler) first(s string) (first, rest string, width int) {
	one, n := utf8.DecodeRuneInString(s)
	if width := plainWidth(one); width > 0 {
		if next, _ := utf8.DecodeRuneInString(s[n:]); len(s) == n || plainWidth(next) > 0 {
			return s[:n], s[n:], width
		}
	}
	switch {
	case one == utf8.RuneError && n == 1, unicode.IsControl(one):
		return "?", s[n:], 1
	case unicode.In(one, unicode.M, unicode.Cf, unicode.Zl, unicode.Zp):
		return "", s[n:], 0
	}
	if w, _ := r.buffer.Size(); w == 0 {
		r.buffer.Resize(1, 1)
	}
	rest, width = r.buffer.Put(0, 0, s, tcell.StyleDefault)
	first = s[:len(s)-len(rest)]
	switch {
	case width == 0, strings.ContainsFunc(first, unicode.IsControl): // tcell joins what has no width with what follows
		return "", s[n:], 0
	case width > 2:
		return "?", rest, 1
	}
	return first, rest, width
}

// plainWidth is the width of the runes that never combine with one another, ASCII
// and Hangul syllables; 0 for all others.
func plainWidth(r rune) int {
	switch {
	case ' ' <= r && r <= '~':
		return 1
	case '가' <= r && r <= '힣':
		return 2
	}
	return 0
}

// width is the number of columns that a text takes.
func width(s string) int {
	_, used := cut(s, len(s)*2)
	return used
}

// cut is the beginning of a text that fits into so many columns, and the columns it
// takes; one fewer where a wide character would have been split.
func cut(s string, columns int) (text string, used int) {
	var r ruler
	for rest := s; rest != ""; {
		_, after, w := r.first(rest)
		if used+w > columns {
			return s[:len(s)-len(rest)], used
		}
		rest, used = after, used+w
	}
	return s, used
}

// pad makes a text exactly so many columns wide: cut, or with blanks behind it.
func pad(s string, columns int) string {
	text, used := cut(s, columns)
	return text + strings.Repeat(" ", max(columns-used, 0))
}

// wrap breaks a text into lines of at most so many columns, at blanks; a word that is
// longer is cut. Its own line breaks stay. A width below 2 gives no lines, since a
// wide character would never fit.
func wrap(s string, columns int) []string {
	if columns < 2 {
		return nil
	}
	var lines []string
	for paragraph := range strings.SplitSeq(s, "\n") {
		line, used := "", 0
		for word := range strings.FieldsSeq(paragraph) {
			if w := width(word); line != "" && used+1+w <= columns {
				line, used = line+" "+word, used+1+w
				continue
			}
			if line != "" {
				lines = append(lines, line)
			}
			line, used = cut(word, columns)
			for line != word {
				lines, word = append(lines, line), word[len(line):]
				line, used = cut(word, columns)
			}
		}
		lines = append(lines, line)
	}
	return lines
}
