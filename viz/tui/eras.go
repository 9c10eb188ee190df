package tui

import (
	"context"
	"slices"
	"strconv"

	"github.com/gdamore/tcell/v2"

	"sockscope/viz"
	"sockscope/viz/words"
)

// CompareEras shows a connection of 1971 beside one of today until the person leaves or the
// context ends. The terminal is left as it was found, also by a panic.
func CompareEras(ctx context.Context, e *viz.Eras, o Options) error { return side(ctx, erasSide{e}, o) }

// erasSide are two eras, their lines in the sections of what they achieve.
type erasSide struct{ *viz.Eras }

func (e erasSide) len() int { return len(e.Lines) }

func (e erasSide) title(lang string) (kind, name string) {
	return words.For(lang).Text("ui.eras.title"), e.Then.Scenario + " | " + e.Now.Scenario
}

func (e erasSide) halves(lang string) (left, right string) { return viz.ErasHalves(e.Eras, lang) }

func (e erasSide) rows(i, half int, lang string, p Palette) ([]viz.CompareRow, tcell.Style) {
	style := tcell.StyleDefault
	if e.Lines[i].Heads() {
		style = p.Focus
	}
	return viz.ErasRows(e.Eras, i, half, lang), style
}

func (e erasSide) margin() int { return 2 }

// whyRows leaves room for the sentences of both eras.
func (e erasSide) whyRows(h int) int { return max(min(h/3, 11), 5) }

func (e erasSide) place(i int, lang string) string {
	say := words.For(lang)
	n, total := strconv.Itoa(i+1), strconv.Itoa(len(e.Lines))
	if aim := e.Lines[i].Aim; aim != "" {
		return say.Say("ui.eras.line", viz.Fill("aim", say.Text("ui.eras.aim."+string(aim)), "n", n, "total", total))
	}
	return say.Say("ui.eras.all", viz.Fill("n", n, "total", total))
}

func (e erasSide) why(i int, lang string) []string {
	texts := viz.ErasWhy(e.Eras, i, lang)
	if e.Lines[i].Aim == "" {
		texts = slices.Concat(texts, viz.ErasSummary(e.Eras, lang))
	}
	return append(texts, words.For(lang).Text("ui.eras.again"))
}

func (e erasSide) leap(i int) bool { return e.Lines[i].Heads() }

func (e erasSide) leaps() (word, none string) { return "ui.eras.hint.aim", "ui.eras.none" }

func (e erasSide) summary(lang string) string { return viz.ErasBrief(e.Eras, lang) }

// eras shows the timeline's connection beside one of the other era, over the dashboard. One that
// is not over yet is played to its end first, elsewhere.
func (d *dashboard) eras() {
	if d.erasOf == nil {
		d.mention("dash.no-eras")
		return
	}
	seen := d.model.look()
	whole := !seen.comes || d.model.recorded()
	e, err := d.erasOf(d.ctx, seen.trace, whole)
	if err != nil {
		d.fail(err)
		return
	}
	s := newCompareScreen(erasSide{e}, Options{Lang: d.lang, Config: Config{Keys: d.keys}}, d.glyphs)
	s.palette, s.quit = d.colours, d.app.Stop
	s.leave = func() {
		d.over = nil
		d.speak(s.lang)
	}
	if !whole && seen.n > 0 {
		s.said = s.say("ui.eras.anew")
	}
	d.over = s
}
