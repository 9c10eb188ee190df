package tui

import (
	"sync/atomic"

	"github.com/gdamore/tcell/v2"
)

// cell is one column of one row. A wide character is a cell of width 2 and, to its
// right, a cell of width 0 without text.
type cell struct {
	text  string
	style tcell.Style
	width int
}

// shadow stands between tview and the terminal: it collects a frame, compares it
// with the one before and passes on only the cells that differ. tview clears the
// screen before every frame, and tcell takes each cell written after that for a
// change, although the terminal shows it already.
//
// Who writes last wins. Over half of a wide character the other half becomes a
// blank, so a border drawn over Hangul stays whole; tcell alone would hide it.
//
// Only the goroutine that draws may use it, except for the events' methods.
// After a resize the frame is blank until it is drawn again, as tview does.
type shadow struct {
	tcell.Screen
	ruler       ruler
	w, h        int
	back, front []cell // the frame being drawn; the frame on the terminal
	cursor      [2]int
	shown       [2]int // where the terminal has its cursor
	whole       bool   // the terminal may show anything: send every cell
	polled      [2]int // the size that the last resize event told
	resized     atomic.Bool
}

// newShadow puts a shadow before a screen that is not initialised yet.
func newShadow(screen tcell.Screen) *shadow {
	return &shadow{Screen: screen, cursor: [2]int{-1, -1}, shown: [2]int{-1, -1}}
}

// Init works once: tview calls it again, and would drop its error.
func (s *shadow) Init() error {
	if s.back != nil {
		return nil
	}
	if err := s.Screen.Init(); err != nil {
		return err
	}
	s.polled[0], s.polled[1] = s.Screen.Size()
	s.fit()
	return nil
}

// PollEvent notes each change of size. Two that cancel out between two frames would
// else go unseen, and tcell has by then forgotten the columns that were cut off.
func (s *shadow) PollEvent() tcell.Event {
	event := s.Screen.PollEvent()
	if resize, ok := event.(*tcell.EventResize); ok {
		w, h := resize.Size()
		if size := [2]int{w, h}; size != s.polled {
			s.polled = size
			s.resized.Store(true)
		}
	}
	return event
}

// fit follows the terminal's size.
func (s *shadow) fit() {
	w, h := s.Screen.Size()
	if w == s.w && h == s.h {
		return
	}
	s.w, s.h = w, h
	s.back, s.front = make([]cell, w*h), make([]cell, w*h)
	s.whole = true
	s.fill(cell{text: " ", width: 1})
}

func (s *shadow) Size() (width, height int) {
	s.fit()
	return s.w, s.h
}

func (s *shadow) Clear() { s.Fill(' ', tcell.StyleDefault) }

// Fill takes narrow runes only, as tcell does; any other becomes a blank.
func (s *shadow) Fill(r rune, style tcell.Style) {
	s.fit()
	text, _, width := s.ruler.first(string(r))
	if width != 1 {
		text = " "
	}
	s.fill(cell{text: text, style: style, width: 1})
}

func (s *shadow) fill(c cell) {
	if !seeThrough(c.style) {
		for i := range s.back {
			s.back[i] = c
		}
		return
	}
	style := c.style
	for i := range s.back {
		c.style = over(s.back[i].style, style)
		s.back[i] = c
	}
}

// seeThrough says whether a style leaves a colour to what is below it.
func seeThrough(style tcell.Style) bool {
	fg, bg, _ := style.Decompose()
	return fg == tcell.ColorNone || bg == tcell.ColorNone
}

// over is a style drawn over another.
func over(below, style tcell.Style) tcell.Style {
	fg, bg, _ := style.Decompose()
	belowFg, belowBg, _ := below.Decompose()
	if fg == tcell.ColorNone {
		style = style.Foreground(belowFg)
	}
	if bg == tcell.ColorNone {
		style = style.Background(belowBg)
	}
	return style
}

// Put writes the first character of text, with the marks that combine with it, and
// gives what is left and the columns used.
func (s *shadow) Put(x, y int, text string, style tcell.Style) (rest string, width int) {
	if x < 0 || y < 0 || x >= s.w || y >= s.h {
		return text, 0
	}
	var first string
	for rest = text; rest != "" && width == 0; {
		first, rest, width = s.ruler.first(rest)
	}
	switch {
	case width == 2 && x+1 == s.w:
		s.set(y*s.w+x, cell{" ", style, 1})
	case width > 0:
		s.set(y*s.w+x, cell{first, style, width})
	}
	return rest, width
}

func (s *shadow) set(i int, c cell) {
	s.free(i)
	if seeThrough(c.style) {
		c.style = over(s.back[i].style, c.style)
	}
	s.back[i] = c
	if c.width == 2 {
		s.free(i + 1)
		s.back[i+1] = cell{style: c.style}
	}
}

// free blanks the other half of the wide character, if any, that stands on cell i.
func (s *shadow) free(i int) {
	switch s.back[i].width {
	case 0:
		s.back[i-1].text, s.back[i-1].width = " ", 1
	case 2:
		s.back[i+1].text, s.back[i+1].width = " ", 1
	}
}

func (s *shadow) PutStr(x, y int, text string) { s.PutStrStyled(x, y, text, tcell.StyleDefault) }

func (s *shadow) PutStrStyled(x, y int, text string, style tcell.Style) {
	for width := 0; text != "" && x < s.w; x += width {
		if text, width = s.Put(x, y, text, style); width == 0 {
			return
		}
	}
}

func (s *shadow) SetCell(x, y int, style tcell.Style, ch ...rune) {
	if len(ch) == 0 {
		ch = []rune{' '}
	}
	s.Put(x, y, string(ch), style)
}

func (s *shadow) SetContent(x, y int, primary rune, combining []rune, style tcell.Style) {
	text := string(primary)
	if len(combining) > 0 {
		text += string(combining)
	}
	s.Put(x, y, text, style)
}

func (s *shadow) Get(x, y int) (text string, style tcell.Style, width int) {
	if x < 0 || y < 0 || x >= s.w || y >= s.h {
		return "", tcell.StyleDefault, 0
	}
	c := s.back[y*s.w+x]
	if c.width == 0 {
		return " ", c.style, 1
	}
	return c.text, c.style, c.width
}

func (s *shadow) GetContent(x, y int) (primary rune, combining []rune, style tcell.Style, width int) {
	text, style, width := s.Get(x, y)
	runes := []rune(text)
	if len(runes) == 0 {
		return 0, nil, style, width
	}
	return runes[0], runes[1:], style, width
}

func (s *shadow) ShowCursor(x, y int) {
	s.cursor = [2]int{x, y}
	s.Screen.ShowCursor(x, y)
}

func (s *shadow) HideCursor() { s.ShowCursor(-1, -1) }

// Show sends what changed since the last time: nothing, if nothing did.
func (s *shadow) Show() {
	if s.resized.Swap(false) {
		s.whole = true
	}
	changed := s.whole || s.cursor != s.shown
	for i := range s.back {
		c := &s.back[i]
		if !s.whole && *c == s.front[i] {
			continue
		}
		changed = true
		if c.width > 0 {
			s.Screen.Put(i%s.w, i/s.w, c.text, c.style)
		}
		s.front[i] = *c
	}
	switch {
	case s.whole:
		s.Screen.Sync()
	case changed:
		s.Screen.Show()
	}
	s.shown, s.whole = s.cursor, false
}

// Sync sends every cell, whatever the terminal shows.
func (s *shadow) Sync() {
	s.whole = true
	s.Show()
}

// Resume repaints: while the screen was suspended others wrote on the terminal.
func (s *shadow) Resume() error {
	s.whole = true
	return s.Screen.Resume()
}
