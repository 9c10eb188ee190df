package tui

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"github.com/gdamore/tcell/v2"
	"github.com/rivo/tview"

	"sockscope/handshake/compare"
	"sockscope/viz"
	"sockscope/viz/words"
)

// compareScreen shows two engines' ladders side by side and walks their lines:
//
//	 sockscope   comparison   The three-way handshake                 l 한국어
//	─ model ─────────────────────────────── kernel (Linux 6.18.44) ──────────
//	    7 =  client  --> <SEQ=0><CTL=SYN> ...           SYN-SENT
//	 >  8 !  server  ... <SEQ=0><CTL=SYN> -->  LISTEN | server  ...
//	─[line 8 of 41]──────────────────────────────────────────────────────────
//	 what explains the difference, or what happened in both
//	 equal lines 40, known deviations 1, unexplained 0
//	Space next   <- back   n differences   ...
type compareScreen struct {
	*tview.Box
	sides
	at      int // the line at the cursor
	scroll  int // rows of the explanation, or of help, that are above its upper edge
	said    string
	help    bool
	leave   func() // of the screen
	quit    func() // of the program
	keys    *Keys
	lang    string
	glyphs  Glyphs
	palette Palette
}

// sides are two traces that stand side by side: two engines', or two eras'.
type sides interface {
	len() int
	title(lang string) (kind, name string)
	halves(lang string) (left, right string)
	// rows are those of line i with halves so many columns wide, and how they are drawn.
	rows(i, half int, lang string, p Palette) ([]viz.CompareRow, tcell.Style)
	// margin is where a line's halves begin, behind the cursor and what stands before them.
	margin() int
	// whyRows is how many rows the explanation has, with its title, on a screen of so many.
	whyRows(h int) int
	// place says which line i is, and why what there is to say of it.
	place(i int, lang string) string
	why(i int, lang string) []string
	// leap reports whether the keys for going further go to line i; word is the key of what
	// they go to, none of the sentence that there is no more of it.
	leap(i int) bool
	leaps() (word, none string)
	summary(lang string) string
}

// Compare shows a comparison until the person leaves or the context ends. The terminal
// is left as it was found, also by a panic.
func Compare(ctx context.Context, c *compare.Comparison, o Options) error {
	return side(ctx, enginesSide{c}, o)
}

// side shows two sides on a screen of their own.
func side(ctx context.Context, two sides, o Options) error {
	screen, glyphs, err := openScreen(o)
	if err != nil {
		return err
	}
	app := tview.NewApplication()
	s := newCompareScreen(two, o, glyphs)
	s.leave, s.quit = app.Stop, app.Stop
	defer context.AfterFunc(ctx, app.Stop)()
	return app.SetScreen(screen).SetRoot(s, true).Run()
}

func newCompareScreen(two sides, o Options, glyphs Glyphs) *compareScreen {
	s := &compareScreen{Box: tview.NewBox(), sides: two, keys: o.Config.Keys, lang: o.Lang, glyphs: glyphs}
	if o.Color {
		s.palette = Colours()
	}
	return s
}

func (s *compareScreen) say(key string, pairs ...string) string {
	return words.For(s.lang).Say(key, viz.Fill(pairs...))
}

// Draw implements [tview.Primitive].
func (s *compareScreen) Draw(screen tcell.Screen) {
	x, y, w, h := s.GetRect()
	c := newCanvas(screen, x, y, w, h, s.glyphs, s.palette)
	screen.HideCursor()
	if w < leastWidth || h < leastHeight {
		c.text(0, 0, w, s.say("dash.too-small", "w", strconv.Itoa(w), "h", strconv.Itoa(h)), tcell.StyleDefault)
		return
	}
	s.drawTitle(c)
	why := s.whyRows(h)
	if s.help {
		s.drawHelp(c.part(0, 1, w, h-3))
	} else {
		s.drawLines(c.part(0, 1, w, h-3-why))
		s.drawWhy(c.part(0, h-2-why, w, why))
	}
	s.drawBar(c.part(0, h-2, w, 2))
}

func (s *compareScreen) drawTitle(c canvas) {
	kind, title := s.title(s.lang)
	used := c.text(1, 0, c.w, "sockscope", tcell.StyleDefault) + 4
	used += c.text(used, 0, c.w-used, kind, tcell.StyleDefault) + 3
	language := s.keys.hint(actLanguage) + " " + s.say("explorer.language")
	c.text(used, 0, c.w-used-width(language)-3, title, s.palette.Now)
	c.right(0, 0, c.w-1, language, tcell.StyleDefault)
}

// placedRow is a row of a line, as it is drawn.
type placedRow struct {
	viz.CompareRow
	line  int
	first bool // of its line
	style tcell.Style
}

// placed are the rows of all lines, and which begins the line at the cursor.
func (s *compareScreen) placed(half int) (rows []placedRow, at int) {
	for i := range s.len() {
		if i == s.at {
			at = len(rows)
		}
		of, style := s.rows(i, half, s.lang, s.palette)
		for n, row := range of {
			rows = append(rows, placedRow{row, i, n == 0, style})
		}
	}
	return rows, at
}

// drawLines shows the headings and as many lines as fit, the one at the cursor near the
// middle.
func (s *compareScreen) drawLines(c canvas) {
	margin := s.margin()
	half := (c.w - margin - 4) / 2
	between := margin + half + 1
	c.horizontal(0, 0, c.w, s.palette.Line)
	left, right := s.halves(s.lang)
	c.text(margin-1, 0, half, " "+left+" ", tcell.StyleDefault)
	c.text(between+1, 0, half, " "+right+" ", tcell.StyleDefault)
	rows, first := s.placed(half)
	room := c.h - 1
	top := max(min(first-room/2, len(rows)-room), 0)
	for y, row := range rows[top:min(top+room, len(rows))] {
		style := row.style
		if row.line == s.at {
			style = s.palette.Now
			if row.first {
				c.text(0, y+1, 1, ">", style)
			}
		}
		room := half
		if row.Between == "" {
			room = c.w
		}
		c.text(1, y+1, margin, row.Number, style)
		c.text(margin, y+1, room, row.Left, style)
		c.text(between, y+1, 1, row.Between, s.palette.Line)
		c.text(between+2, y+1, half, row.Right, style)
	}
}

// drawWhy explains the line at the cursor.
func (s *compareScreen) drawWhy(c canvas) {
	c.rule(0, "["+s.place(s.at, s.lang)+"]", "", s.palette.Focus, s.palette.Source)
	if s.len() > 0 {
		s.drawText(c, s.why(s.at, s.lang))
	}
}

func (s *compareScreen) drawHelp(c canvas) {
	c.rule(0, "["+s.say("explorer.help")+"]", "", s.palette.Focus, s.palette.Source)
	var lines []string
	for _, line := range s.keys.help(comparing) {
		lines = append(lines, pad(line.keys, 26)+" "+pad(line.hangul, 6)+s.say(line.action.word()))
	}
	s.drawText(c, lines)
}

// drawText shows texts below a rule; of what does not fit, the rule says by which key.
func (s *compareScreen) drawText(c canvas, texts []string) {
	var rows []string
	for _, text := range texts {
		if s.help {
			rows = append(rows, text)
		} else {
			rows = append(rows, wrap(text, c.w-2)...)
		}
	}
	room := c.h - 1
	s.scroll = max(min(s.scroll, len(rows)-room), 0)
	if len(rows) > room {
		c.right(1, 0, c.w-2, " "+s.say("explorer.more", "key", s.keys.hint(actScrollDown))+" ", tcell.StyleDefault)
	}
	for y, row := range rows[s.scroll:min(s.scroll+room, len(rows))] {
		c.text(1, y+1, c.w-2, row, tcell.StyleDefault)
	}
}

// drawBar counts, or says what the last key could not, and lists keys.
func (s *compareScreen) drawBar(c canvas) {
	text := s.said
	if text == "" {
		text = s.summary(s.lang)
	}
	c.text(1, 0, c.w-1, text, s.palette.Now)
	hint := func(key string, actions ...Action) string {
		var keys []string
		for _, a := range actions {
			keys = append(keys, s.keys.hint(a))
		}
		return strings.Join(keys, " ") + " " + s.say(key)
	}
	leaps, _ := s.leaps()
	c.text(0, 1, c.w, strings.Join([]string{
		hint("ui.compare.hint.line", actForward, actBack), hint(leaps, actSearchNext, actSearchPrevious),
		hint("explorer.hint.language", actLanguage), hint("explorer.hint.help", actHelp), hint("explorer.hint.leave", actLeave),
	}, "   "), tcell.StyleDefault)
}

// enginesSide are two engines that played one scenario.
type enginesSide struct{ *compare.Comparison }

func (e enginesSide) len() int { return len(e.Lines) }

func (e enginesSide) title(lang string) (kind, name string) {
	return words.For(lang).Text("ui.compare.title"), cmp.Or(e.Left.Words[lang]["title"], e.Left.Scenario)
}

func (e enginesSide) halves(string) (left, right string) { return viz.Halves(e.Comparison) }

func (e enginesSide) rows(i, half int, lang string, p Palette) ([]viz.CompareRow, tcell.Style) {
	style := tcell.StyleDefault
	if e.Lines[i].Differs != compare.Equal {
		style = p.Changed
	}
	return viz.CompareRows(e.Comparison, i, half, lang), style
}

func (e enginesSide) margin() int { return 9 }

func (e enginesSide) whyRows(h int) int { return max(5, h/4) }

func (e enginesSide) place(i int, lang string) string {
	return words.For(lang).Say("ui.compare.line", viz.Fill("n", strconv.Itoa(i+1), "total", strconv.Itoa(len(e.Lines))))
}

func (e enginesSide) why(i int, lang string) []string {
	l := &e.Lines[i]
	if l.Differs != compare.Equal {
		return viz.CompareWhy(e.Comparison, i, lang)
	}
	story := viz.Narrate(e.Left, l.Left.N, lang)
	return []string{words.For(lang).Say("ui.compare.equal", viz.Fill("event", story.Event)), story.Main}
}

func (e enginesSide) leap(i int) bool {
	return e.Lines[i].Differs != compare.Equal && e.Lines[i].Cause == i
}

func (e enginesSide) leaps() (word, none string) {
	return "ui.compare.hint.difference", "ui.compare.none"
}

func (e enginesSide) summary(lang string) string { return viz.CompareSummary(e.Comparison, lang) }
