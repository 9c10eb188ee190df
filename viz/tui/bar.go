package tui

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gdamore/tcell/v2"
)

// drawTitle is the first line: what is played, by which engine, over which sockets,
// and where in it we are. What has no room is left out, the least needed first.
func (d *dashboard) drawTitle(c canvas, v *view) {
	step := v.words("dash.step", "n", strconv.Itoa(v.n))
	if total := len(v.trace.Steps); 0 < v.n && v.n < total { // at the start nothing is behind, nor said to be
		step = v.words("dash.step-of", "n", strconv.Itoa(v.n), "total", strconv.Itoa(total))
	}
	gap := "    "
	if c.w < wideLadder {
		gap = "  "
	}
	right := []string{step, v.words("dash.time", "t", seconds(d.clock(v))), d.keys.hint(actLanguage) + " " + v.say.Text("dash.language")}
	left := []string{"sockscope", title(v), v.trace.Engine, v.say.Note(d.via)}
	used := c.right(0, 0, c.w-1, strings.Join(right, gap), c.palette.Now)
	if width(strings.Join(left, gap))+used+4 > c.w && v.trace.Host != "" {
		left[3] = release(d.via)
	}
	for len(left) > 2 && width(strings.Join(left, gap))+used+4 > c.w {
		left = left[:len(left)-1]
	}
	if width(strings.Join(left, gap))+used+4 > c.w {
		left = left[1:]
	}
	c.text(1, 0, c.w-used-3, strings.Join(left, gap), c.palette.Now)
}

// release is a kernel's name without what a distribution adds to its number, nor the
// number of its last repair: Linux 6.18.
func release(host string) string {
	system, number, _ := strings.Cut(host, " ")
	if parts := strings.SplitN(number, ".", 3); len(parts) == 3 {
		number = parts[0] + "." + parts[1]
	}
	return strings.TrimSpace(system + " " + number)
}

// title is the scenario's name for a person.
func title(v *view) string {
	if t := v.trace.Words[v.lang]["title"]; t != "" {
		return t
	}
	return v.trace.Scenario
}

// drawNext is the line above the last: what forward would do, and how much else could
// happen; or for one key a remark, or what is being typed.
func (d *dashboard) drawNext(c canvas, v *view) {
	if d.prompt != nil {
		used := c.text(1, 0, c.w-2, v.say.Text(d.prompt.ask)+": "+d.prompt.text, c.palette.Now)
		c.screen.ShowCursor(c.x+min(used+1, c.w-1), c.y)
		return
	}
	c.screen.HideCursor()
	if d.remark != nil {
		c.text(1, 0, c.w-2, d.remark(v), c.palette.Now)
		return
	}
	if d.offer != nil {
		c.text(1, 0, c.w-2, d.offer.Why(v.lang), c.palette.Error)
		return
	}
	if d.job != nil && d.job.what != nil {
		c.text(1, 0, c.w-2, v.words("dash.waits-for", "what", d.job.what(v), "key", d.keys.hint(actClose)), c.palette.Waiting)
		return
	}
	word, coming := "dash.next", d.comingText(v)
	if d.model.playing {
		word = "dash.play"
	}
	others := ""
	switch n := len(d.model.choices()) - 1; {
	case n == 1:
		others = d.keys.hint(actChoose) + " " + v.say.Text("dash.other")
	case n > 1:
		others = d.keys.hint(actChoose) + " " + v.words("dash.others", "n", strconv.Itoa(n))
	}
	used := c.right(0, 0, c.w-1, others, tcell.StyleDefault)
	c.text(1, 0, c.w-used-3, v.say.Text(word)+" > "+coming, c.palette.Now)
}

// comingText says what the next step forward shows.
func (d *dashboard) comingText(v *view) string {
	if v.hidden {
		return v.say.Text("dash.reveal")
	}
	if v.n < len(v.trace.Steps) {
		return v.sentence(choiceOf(v.trace.Steps[v.n]), false)
	}
	seen := d.model.look()
	switch {
	case seen.comes:
		return v.sentence(seen.likely(), false)
	case d.model.recorded():
		return v.say.Text("dash.trace-over")
	case len(seen.choices) > 0:
		return v.words("dash.over-choices", "key", d.keys.hint(actChoose))
	}
	return v.say.Text("dash.over")
}

// hint is an action that the last line offers; rank says which go first where there is
// little room, the highest.
type hint struct {
	action Action
	rank   int
}

// drawHints fits what can be pressed to the width.
func (d *dashboard) drawHints(c canvas, v *view) {
	if d.offer != nil && d.list == nil && d.prompt == nil {
		d.drawOffer(c, v)
		return
	}
	hints := []hint{
		{actForward, 0},
		{actBack, 0},
		{actNextChange, 6},
		{actLose, 3},
		{actDouble, 7},
		{actChoose, 1},
		{actPredict, 4},
		{actPane, 3},
		{actLanguage, 5},
		{actHelp, 0},
		{actLeave, 2},
	}
	if d.model.recorded() {
		hints = slices.DeleteFunc(hints, func(h hint) bool {
			return h.action == actLose || h.action == actDouble || h.action == actChoose
		})
	}
	switch {
	case d.list != nil || d.prompt != nil:
		hints = []hint{{actClose, 0}}
	case d.model.playing:
		hints = []hint{{actPlay, 0}, {actFaster, 1}, {actSlower, 1}, {actForward, 2}, {actHelp, 0}}
	}
	gap := "   "
	if c.w < wideLadder {
		gap = "  "
	}
	for limit := 9; limit >= 0; limit-- {
		var shown []string
		for _, h := range hints {
			if key := d.keyOf(h.action); key != "" && h.rank <= limit {
				shown = append(shown, key+" "+v.say.Text("dash.hint."+string(h.action)))
			}
		}
		if line := strings.Join(shown, gap); width(line) <= c.w || limit == 0 {
			c.text(0, 0, c.w, line, tcell.StyleDefault)
			return
		}
	}
}

// keyOf is how a hint names an action's key.
func (d *dashboard) keyOf(a Action) string {
	if a == actPane {
		for _, l := range d.keys.help(stepping) {
			if l.action == a {
				return l.keys
			}
		}
	}
	return d.keys.hint(a)
}
