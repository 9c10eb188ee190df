package tui

import (
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
	app        *tview.Application
	comparison *compare.Comparison
	at         int // the line at the cursor
	scroll     int // rows of the explanation, or of help, that are above its upper edge
	said       string
	help       bool
	keys       *Keys
	lang       string
	glyphs     Glyphs
	palette    Palette
}

// Compare shows a comparison until the person leaves or the context ends. The terminal
// is left as it was found, also by a panic.
func Compare(ctx context.Context, c *compare.Comparison, o Options) error {
	screen, glyphs, err := openScreen(o)
	if err != nil {
		return err
	}
	s := newCompareScreen(c, o, glyphs)
	defer context.AfterFunc(ctx, s.app.Stop)()
	return s.app.SetScreen(screen).SetRoot(s, true).Run()
}

func newCompareScreen(c *compare.Comparison, o Options, glyphs Glyphs) *compareScreen {
	s := &compareScreen{
		Box: tview.NewBox(), app: tview.NewApplication(), comparison: c,
		keys: o.Config.Keys, lang: o.Lang, glyphs: glyphs,
	}
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
	why := max(5, h/4) // rows, with its title
	if s.help {
		s.drawHelp(c.part(0, 1, w, h-3))
	} else {
		s.drawLines(c.part(0, 1, w, h-3-why))
		s.drawWhy(c.part(0, h-2-why, w, why))
	}
	s.drawBar(c.part(0, h-2, w, 2))
}

func (s *compareScreen) drawTitle(c canvas) {
	t := s.comparison.Left
	title := t.Words[s.lang]["title"]
	if title == "" {
		title = t.Scenario
	}
	used := c.text(1, 0, c.w, "sockscope", tcell.StyleDefault) + 4
	used += c.text(used, 0, c.w-used, s.say("ui.compare.title"), tcell.StyleDefault) + 3
	language := s.keys.hint(actLanguage) + " " + s.say("explorer.language")
	c.text(used, 0, c.w-used-width(language)-3, title, s.palette.Now)
	c.right(0, 0, c.w-1, language, tcell.StyleDefault)
}

// compareMargin is where a line's halves begin, behind the cursor, its number and mark.
const compareMargin = 9

// drawLines shows the headings and as many lines as fit, the one at the cursor near the
// middle.
func (s *compareScreen) drawLines(c canvas) {
	half := (c.w - compareMargin - 4) / 2
	between := compareMargin + half + 1
	c.horizontal(0, 0, c.w, s.palette.Line)
	left, right := viz.Halves(s.comparison)
	c.text(compareMargin-1, 0, half, " "+left+" ", tcell.StyleDefault)
	c.text(between+1, 0, half, " "+right+" ", tcell.StyleDefault)
	type placed struct {
		viz.CompareRow
		line int
	}
	var rows []placed
	first := 0 // row of the line at the cursor
	for i := range s.comparison.Lines {
		if i == s.at {
			first = len(rows)
		}
		for _, row := range viz.CompareRows(s.comparison, i, half, s.lang) {
			rows = append(rows, placed{row, i})
		}
	}
	room := c.h - 1
	top := max(min(first-room/2, len(rows)-room), 0)
	for y, row := range rows[top:min(top+room, len(rows))] {
		style := tcell.StyleDefault
		if s.comparison.Lines[row.line].Differs != compare.Equal {
			style = s.palette.Changed
		}
		if row.line == s.at {
			style = s.palette.Now
			if row.Number != "" {
				c.text(0, y+1, 1, ">", style)
			}
		}
		room := half
		if row.Between == "" {
			room = c.w
		}
		c.text(1, y+1, compareMargin, row.Number, style)
		c.text(compareMargin, y+1, room, row.Left, style)
		c.text(between, y+1, 1, row.Between, s.palette.Line)
		c.text(between+2, y+1, half, row.Right, style)
	}
}

// drawWhy explains the line at the cursor.
func (s *compareScreen) drawWhy(c canvas) {
	place := s.say("ui.compare.line", "n", strconv.Itoa(s.at+1), "total", strconv.Itoa(len(s.comparison.Lines)))
	c.rule(0, "["+place+"]", "", s.palette.Focus, s.palette.Source)
	s.drawText(c, s.why())
}

// why is what there is to say of the line at the cursor.
func (s *compareScreen) why() []string {
	if len(s.comparison.Lines) == 0 {
		return nil
	}
	l := &s.comparison.Lines[s.at]
	if l.Differs != compare.Equal {
		return viz.CompareWhy(s.comparison, s.at, s.lang)
	}
	story := viz.Narrate(s.comparison.Left, l.Left.N, s.lang)
	return []string{s.say("ui.compare.equal", "event", story.Event), story.Main}
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
		text = viz.CompareSummary(s.comparison, s.lang)
	}
	c.text(1, 0, c.w-1, text, s.palette.Now)
	hint := func(key string, actions ...Action) string {
		var keys []string
		for _, a := range actions {
			keys = append(keys, s.keys.hint(a))
		}
		return strings.Join(keys, " ") + " " + s.say(key)
	}
	c.text(0, 1, c.w, strings.Join([]string{
		hint("ui.compare.hint.line", actForward, actBack), hint("ui.compare.hint.difference", actSearchNext, actSearchPrevious),
		hint("explorer.hint.language", actLanguage), hint("explorer.hint.help", actHelp), hint("explorer.hint.leave", actLeave),
	}, "   "), tcell.StyleDefault)
}
