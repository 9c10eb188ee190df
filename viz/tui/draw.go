// Package tui is the dashboard: a connection stepped forward and back on a terminal,
// with both its ends, and the explorer of RFC 147's socket numbers. It reads traces and
// drives a timeline; it knows no protocol of its own. No other package imports tview
// or tcell.
package tui

import "github.com/gdamore/tcell/v2"

// Glyphs are the characters that lines are drawn with. Arrows end in > and < and
// lines cross in + in every set.
type Glyphs struct {
	Horizontal, Vertical, TopLeft, TopRight, BottomLeft, BottomRight string
}

// LineGlyphs need a terminal that draws each of them one column wide.
func LineGlyphs() Glyphs { return Glyphs{"─", "│", "┌", "┐", "└", "┘"} }

// ASCIIGlyphs are for every other terminal.
func ASCIIGlyphs() Glyphs { return Glyphs{"-", "|", "+", "+", "+", "+"} }

// Palette gives each role of the dashboard its style. The zero Palette is monochrome:
// no role is told by its colour alone, each has a carrier in the text beside it.
type Palette struct {
	Now       tcell.Style // carried by > in the margin
	Changed   tcell.Style // by "was ..." behind the value
	Client    tcell.Style // by its place, left, and C
	Server    tcell.Style // by its place, right, and S
	Waiting   tcell.Style // by the word waits
	InFlight  tcell.Style // by ...
	Lost      tcell.Style // by x
	Hidden    tcell.Style // by ????
	Edge      tcell.Style // the edge just taken, by #
	Cast      tcell.Style // the roles of 1971, by the word cast
	Error     tcell.Style // by the errno's name
	Source    tcell.Style // by RFC at the right edge
	Focus     tcell.Style // by [ ] around the title
	Inferred  tcell.Style // by ~ before the value
	Line      tcell.Style // boxes and rules
	Highlight tcell.Style // the entry a menu stands on, by > before it
}

// Colours uses the terminal's own sixteen colours, which its owner chose to be
// readable on his background. Nothing is dim: a class must read all of it.
func Colours() Palette {
	colour := func(c tcell.Color) tcell.Style { return tcell.StyleDefault.Foreground(c) }
	return Palette{
		Now:       tcell.StyleDefault.Bold(true),
		Changed:   colour(tcell.ColorOlive).Bold(true),
		Client:    colour(tcell.ColorTeal),
		Server:    colour(tcell.ColorGreen),
		Waiting:   colour(tcell.ColorOlive),
		InFlight:  colour(tcell.ColorOlive),
		Lost:      colour(tcell.ColorMaroon).Bold(true),
		Hidden:    tcell.StyleDefault.Reverse(true),
		Edge:      colour(tcell.ColorOlive).Bold(true),
		Cast:      colour(tcell.ColorPurple),
		Error:     colour(tcell.ColorMaroon).Bold(true),
		Source:    colour(tcell.ColorTeal),
		Focus:     tcell.StyleDefault.Bold(true),
		Inferred:  colour(tcell.ColorPurple),
		Line:      tcell.StyleDefault,
		Highlight: tcell.StyleDefault.Reverse(true),
	}
}

// canvas is a rectangle of the screen to draw on. Positions count from its own upper
// left corner, and nothing is drawn outside it. Text is shown as it is: no part of
// it, such as [SYN], is taken for a colour tag.
type canvas struct {
	screen  tcell.Screen
	x, y    int
	w, h    int
	edge    int  // the row of the screen above which nothing is drawn
	reach   *int // the row of the screen behind the last that text was meant for; nil: nobody asks
	glyphs  Glyphs
	palette Palette
}

func newCanvas(screen tcell.Screen, x, y, w, h int, g Glyphs, p Palette) canvas {
	return canvas{screen: screen, x: x, y: y, w: w, h: h, glyphs: g, palette: p}
}

// part is a rectangle of a canvas, as far as it lies inside. What is above counts, and
// is not drawn.
func (c canvas) part(x, y, w, h int) canvas {
	left := max(x, 0)
	c.w, c.h = max(min(x+w, c.w)-left, 0), max(min(y+h, c.h)-y, 0)
	c.edge = max(c.edge, c.y)
	c.x, c.y = c.x+left, c.y+y
	return c
}

// shows reports whether a row is inside the canvas.
func (c canvas) shows(y int) bool { return y >= 0 && y < c.h && c.y+y >= c.edge }

// text writes into at most so many columns and gives the columns used. It starts
// inside the canvas or not at all.
func (c canvas) text(x, y, columns int, s string, style tcell.Style) int {
	columns = min(columns, c.w-x)
	if c.reach != nil && s != "" && columns > 0 {
		*c.reach = max(*c.reach, c.y+y+1)
	}
	if x < 0 || !c.shows(y) {
		return 0
	}
	var r ruler
	used := 0
	for s != "" {
		first, rest, w := r.first(s)
		if used+w > columns {
			break
		}
		if w > 0 {
			c.screen.Put(c.x+x+used, c.y+y, first, style)
		}
		s, used = rest, used+w
	}
	return used
}

// right writes so that the text ends where so many columns end; what does not fit is
// cut behind. It gives the columns used.
func (c canvas) right(x, y, columns int, s string, style tcell.Style) int {
	columns = max(min(columns, c.w-x), 0)
	s, used := cut(s, columns)
	return c.text(x+columns-used, y, used, s, style)
}

// centre writes in the middle of so many columns and gives the columns used.
func (c canvas) centre(x, y, columns int, s string, style tcell.Style) int {
	s, used := cut(s, columns)
	return c.text(x+(columns-used)/2, y, used, s, style)
}

// horizontal and vertical draw n cells of a line.
func (c canvas) horizontal(x, y, n int, style tcell.Style) {
	for i := range n {
		c.glyph(x+i, y, c.glyphs.Horizontal, style)
	}
}

func (c canvas) vertical(x, y, n int, style tcell.Style) {
	for i := range n {
		c.glyph(x, y+i, c.glyphs.Vertical, style)
	}
}

func (c canvas) glyph(x, y int, glyph string, style tcell.Style) {
	if x >= 0 && x < c.w && c.shows(y) {
		c.screen.Put(c.x+x, c.y+y, glyph, style)
	}
}

// fill writes a blank into every cell, in a style.
func (c canvas) fill(style tcell.Style) {
	for y := range c.h {
		for x := range c.w {
			c.screen.Put(c.x+x, c.y+y, " ", style)
		}
	}
}

// rule draws a line across the canvas, with a title at its left and a note at its
// right end, which the title may push out: `─[1 why]──── RFC 9293 3.4.1 ─`. A title
// without brackets brings its own blanks.
func (c canvas) rule(y int, title, note string, titleStyle, noteStyle tcell.Style) {
	c.horizontal(0, y, c.w, c.palette.Line)
	c.ends(y, title, note, titleStyle, noteStyle)
}

// ends writes the title and the note of an upper edge.
func (c canvas) ends(y int, title, note string, titleStyle, noteStyle tcell.Style) {
	used := c.text(1, y, c.w-2, title, titleStyle)
	if w := width(note); used+w+2 < c.w {
		c.right(1, y, c.w-2, note, noteStyle)
	}
}

// box draws a border around the canvas, with a title and a note in its upper edge,
// and gives the canvas inside it.
func (c canvas) box(title, note string, titleStyle, noteStyle tcell.Style) canvas {
	style := c.palette.Line
	right, bottom := c.w-1, c.h-1
	c.horizontal(1, 0, c.w-2, style)
	c.horizontal(1, bottom, c.w-2, style)
	c.vertical(0, 1, c.h-2, style)
	c.vertical(right, 1, c.h-2, style)
	c.glyph(0, 0, c.glyphs.TopLeft, style)
	c.glyph(right, 0, c.glyphs.TopRight, style)
	c.glyph(0, bottom, c.glyphs.BottomLeft, style)
	c.glyph(right, bottom, c.glyphs.BottomRight, style)
	c.ends(0, title, note, titleStyle, noteStyle)
	return c.part(1, 1, c.w-2, c.h-2)
}
