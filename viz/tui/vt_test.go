package tui

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// vt is a terminal: what is written to it changes its cells as on xterm. It knows the
// sequences that tcell sends, and panics on a control sequence it does not know.
// It judges widths by itself, so that it can prove tcell and the shadow wrong.
type vt struct {
	mu        sync.Mutex // tcell repaints after a resize in a goroutine of its own
	w, h      int
	cells     []vtCell
	x, y      int
	wrap      bool // the last column is written: the next character goes to the next row
	style     string
	cursor    bool // visible
	alternate bool
	ambiguous int          // the width of ─ and its like; 0 means 1
	reply     func(string) // what the terminal answers; may be nil
	pending   []byte       // the beginning of a sequence or of a rune
	written   int          // bytes so far
}

// vtCell is empty where the right half of a wide character stands.
type vtCell struct{ text, style string }

func newVT(w, h int) *vt {
	t := &vt{cursor: true}
	t.resize(w, h)
	return t
}

// resize keeps the upper left part, as xterm does.
func (t *vt) resize(w, h int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	cells := make([]vtCell, w*h)
	for i := range cells {
		cells[i] = vtCell{text: " "}
		if x, y := i%w, i/w; x < t.w && y < t.h {
			cells[i] = t.cells[y*t.w+x]
		}
	}
	t.w, t.h, t.cells, t.wrap = w, h, cells, false
	t.x, t.y = min(t.x, w-1), min(t.y, h-1)
}

// String is the screen as text, without trailing blanks.
func (t *vt) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	for y := range t.h {
		var row strings.Builder
		for x := range t.w {
			row.WriteString(t.cells[y*t.w+x].text)
		}
		b.WriteString(strings.TrimRight(row.String(), " ") + "\n")
	}
	return b.String()
}

// size is the terminal's width and height.
func (t *vt) size() (w, h int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.w, t.h
}

func (t *vt) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.written += len(p)
	t.pending = append(t.pending, p...)
	for len(t.pending) > 0 {
		n := t.next(t.pending)
		if n == 0 {
			break
		}
		t.pending = t.pending[n:]
	}
	return len(p), nil
}

// next takes one character or sequence off and gives its length, 0 if it is not whole.
func (t *vt) next(p []byte) int {
	switch c := p[0]; {
	case c == '\x1b':
		return t.escape(p)
	case c == '\b':
		t.x, t.wrap = max(t.x-1, 0), false
	case c == '\r':
		t.x, t.wrap = 0, false
	case c == '\n':
		t.y = min(t.y+1, t.h-1)
	case c < ' ' || c == 0x7f: // bell, shift in and out
	case !utf8.FullRune(p):
		return 0
	default:
		r, n := utf8.DecodeRune(p)
		t.put(r)
		return n
	}
	return 1
}

func (t *vt) escape(p []byte) int {
	if len(p) < 2 {
		return 0
	}
	switch p[1] {
	case '[':
		for i := 2; i < len(p); i++ {
			if p[i] >= '@' && p[i] <= '~' {
				t.control(string(p[2:i]), p[i])
				return i + 1
			}
		}
		return 0
	case ']': // a string, ended by BEL or ESC \
		for i := 2; i < len(p); i++ {
			if p[i] == '\a' {
				return i + 1
			}
			if p[i] == '\\' && p[i-1] == '\x1b' {
				return i + 1
			}
		}
		return 0
	case '(', ')':
		if len(p) < 3 {
			return 0
		}
		return 3
	}
	return 2
}

func (t *vt) control(args string, final byte) {
	number := func(i, or int) int {
		parts := strings.Split(args, ";")
		if i < len(parts) && parts[i] != "" {
			n, err := strconv.Atoi(parts[i])
			if err != nil {
				panic(fmt.Sprintf("terminal got CSI %q %c", args, final))
			}
			return n
		}
		return or
	}
	switch final {
	case 'H':
		t.y, t.x = min(number(0, 1), t.h)-1, min(number(1, 1), t.w)-1
	case 'J':
		t.erase(map[int][2]int{0: {t.y*t.w + t.x, len(t.cells)}, 2: {0, len(t.cells)}}[number(0, 0)])
	case 'K':
		t.erase([2]int{t.y*t.w + t.x, (t.y + 1) * t.w})
	case 'm':
		t.sgr(args)
	case 'n':
		if args == "6" && t.reply != nil {
			t.reply(fmt.Sprintf("\x1b[%d;%dR", t.y+1, t.x+1))
		}
	case 'h', 'l':
		switch args {
		case "?25":
			t.cursor = final == 'h'
		case "?1049":
			t.alternate = final == 'h'
			t.erase([2]int{0, len(t.cells)})
		}
	case 't', 'u', 'q', 'r': // window, keyboard, cursor shape, margins
	default:
		panic(fmt.Sprintf("terminal got CSI %q %c", args, final))
	}
	if final != 'm' {
		t.wrap = false
	}
}

// sgr keeps a style as the text of its sequences since the last reset.
func (t *vt) sgr(args string) {
	if strings.HasPrefix(args, ">") { // which keys it reports
		return
	}
	if args == "" || args == "0" {
		t.style = ""
		return
	}
	t.style += args + " "
}

func (t *vt) erase(span [2]int) {
	for i := span[0]; i < span[1]; i++ {
		t.cells[i] = vtCell{text: " "}
	}
}

func (t *vt) put(r rune) {
	width := t.width(r)
	if width == 0 {
		i := t.y*t.w + t.x
		if !t.wrap {
			i--
		}
		for i > 0 && t.cells[i].text == "" {
			i--
		}
		t.cells[i].text += string(r)
		return
	}
	if t.wrap || t.x+width > t.w {
		t.x, t.y, t.wrap = 0, min(t.y+1, t.h-1), false
	}
	for i := range width {
		t.halve(t.x + i)
		t.cells[t.y*t.w+t.x+i] = vtCell{style: t.style}
	}
	t.cells[t.y*t.w+t.x].text = string(r)
	t.x += width
	if t.x >= t.w {
		t.x, t.wrap = t.w-1, true
	}
}

// halve blanks what is left of a wide character when one of its halves is overwritten.
func (t *vt) halve(x int) {
	row := t.cells[t.y*t.w : (t.y+1)*t.w]
	if row[x].text == "" && x > 0 && row[x-1].text != "" {
		row[x-1].text, row[x].text = " ", " "
	}
	if x+1 < t.w && row[x+1].text == "" {
		row[x+1].text = " "
	}
}

func (t *vt) width(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case r >= 0x1100 && r <= 0x115f, r >= 0x2e80 && r <= 0x303e, r >= 0x3041 && r <= 0xa4cf,
		r >= 0xac00 && r <= 0xd7a3, r >= 0xf900 && r <= 0xfaff, r >= 0xff00 && r <= 0xff60, r >= 0x1f300 && r <= 0x1faff:
		return 2
	case r >= 0x2500 && r <= 0x257f:
		return max(t.ambiguous, 1)
	}
	return 1
}
