package tui

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gdamore/tcell/v2"
	"github.com/rivo/tview"

	"sockscope/rfc147"
	"sockscope/viz"
	"sockscope/viz/words"
)

// explorerScreen shows RFC 147's number and takes the keys that change it:
//
//	 sockscope    socket explorer     x'0A000001'     RFC 147    l English
//	─[1 number]─────────────────────────────────────────────── 6 proposals ─
//	  bits, fields, values, and what is not inside
//	─ 2 writing ────────────────────  ─ 3 partner ────────────────────────
//	  every notation                    mate, what can join, a check
//	─ 4 directory ────────────────────────────────────────────────────────
//	  who used the number
//	─ 5 history ──────────────────────────────────────────────────────────
//	  what became of it
//	 next > what Space will do, or what the last key could not
//	Space flip bit   <- -> bit   ...
//
// On a small screen pane 1 is above, and one of the others below. So it is on any while
// pane 6 is open, which lays the number out by other rules and needs all the room.
type explorerScreen struct {
	*tview.Box
	app     *tview.Application
	model   explorerModel
	keys    *Keys
	lang    string
	glyphs  Glyphs
	palette Palette
	prompt  *prompt // what is being typed
	help    bool
	tall    int // how many rows the pane that scrolls had in the last frame
}

// The sizes at which the explorer changes its layout.
const (
	roomyWidth, roomyHeight = 100, 38 // all panes
	broadWidth              = 160     // panes 4 and 5 side by side
)

// entry is a row of a pane: a label, a text, and its source at the right edge.
type entry struct{ label, text, source string }

// Explore shows the socket explorer until the person leaves or the context ends. The
// terminal is left as it was found, also by a panic.
func Explore(ctx context.Context, o Options) error {
	screen, glyphs, err := openScreen(o)
	if err != nil {
		return err
	}
	return newExplorerScreen(o, glyphs).run(ctx, screen)
}

func newExplorerScreen(o Options, glyphs Glyphs) *explorerScreen {
	e := &explorerScreen{
		Box: tview.NewBox(), app: tview.NewApplication(), model: newExplorer(),
		keys: o.Config.Keys, lang: o.Lang, glyphs: glyphs,
	}
	if o.Color {
		e.palette = Colours()
	}
	return e
}

func (e *explorerScreen) run(ctx context.Context, screen tcell.Screen) error {
	defer context.AfterFunc(ctx, e.app.Stop)()
	return e.app.SetScreen(screen).SetRoot(e, true).Run()
}

func (e *explorerScreen) words() *words.Words { return words.For(e.lang) }

func (e *explorerScreen) say(key string, pairs ...string) string {
	return e.words().Say("explorer."+key, viz.Fill(pairs...))
}

// Draw implements [tview.Primitive].
func (e *explorerScreen) Draw(screen tcell.Screen) {
	x, y, w, h := e.GetRect()
	c := newCanvas(screen, x, y, w, h, e.glyphs, e.palette)
	if w < leastWidth || h < leastHeight {
		screen.HideCursor()
		size := []string{"w", strconv.Itoa(w), "h", strconv.Itoa(h)}
		c.text(0, 0, w, e.words().Say("dash.too-small", viz.Fill(size...)), tcell.StyleDefault)
		return
	}
	e.drawTitle(c)
	body := c.part(0, 1, w, h-3)
	switch {
	case e.help:
		body.rule(0, "["+e.say("help")+"]", "", e.palette.Focus, e.palette.Source)
		e.drawEntries(body, 0, paneHelp, body.part(0, 1, w, h))
	case w >= roomyWidth && h >= roomyHeight && e.model.lower != paneStructures:
		e.drawRoomy(body.part(0, 1, w, h-4))
	default:
		e.drawCompact(body)
	}
	e.drawBar(c.part(0, h-2, w, 2))
}

func (e *explorerScreen) drawTitle(c canvas) {
	title, number, origin := 14, 41, 59
	if c.w < roomyWidth {
		title, number, origin = 11, 29, 42
	}
	c.text(1, 0, c.w, "sockscope", tcell.StyleDefault)
	c.text(title, 0, c.w, e.say("title"), tcell.StyleDefault)
	c.text(number, 0, c.w, e.model.end.socket.String(), e.palette.Now)
	language := e.keys.hint(actLanguage) + " " + e.say("language")
	room := c.w - origin - width(language) - 3
	if text := e.say("origin"); width(text) <= room {
		c.text(origin, 0, room, text, e.palette.Source)
	}
	c.right(0, 0, c.w-1, language, tcell.StyleDefault)
}

// drawRoomy shows all panes.
func (e *explorerScreen) drawRoomy(c canvas) {
	number := e.numberRows(c.w)
	e.drawRule(c, 0, 1)
	sixth, style := e.title(paneStructures, e.say("pane.6"))
	c.right(1, 0, c.w-2, sixth, style)
	e.drawNumber(c.part(0, 2, c.w, len(number)), number)
	half := (c.w - 2) / 2
	left, right := c.part(0, len(number)+3, half, c.h), c.part(half+2, len(number)+3, c.w-half-2, c.h)
	rows := len(e.entries(2))
	e.drawPane(left.part(0, 0, half, rows+1), 2)
	e.drawPane(right.part(0, 0, right.w, rows+1), 3)
	if c.w >= broadWidth {
		e.drawPane(left.part(0, rows+2, half, left.h), 4)
		e.drawPane(right.part(0, rows+2, right.w, right.h), 5)
		return
	}
	rowsOfHistory, _ := e.rows(5, c.w)
	history := 1 + len(rowsOfHistory)
	lower := c.part(0, len(number)+rows+5, c.w, c.h)
	e.drawPane(lower.part(0, 0, c.w, lower.h-history-1), 4)
	e.drawPane(lower.part(0, lower.h-history, c.w, history), 5)
}

// drawCompact shows pane 1 and one more, below a line of all their titles. That one
// gets the room that it needs while it has the focus.
func (e *explorerScreen) drawCompact(c canvas) {
	below := 6
	if e.model.pane != 1 {
		lower, _ := e.rows(e.model.lower, c.w)
		below = max(below, len(lower))
	}
	rows := fewer(e.numberRows(c.w), c.h-2-below)
	e.drawRule(c, 0, 1)
	e.drawNumber(c.part(0, 1, c.w, len(rows)), rows)
	at := len(rows) + 1
	c.horizontal(0, at, c.w, e.palette.Line)
	e.drawTitles(c, at)
	e.drawEntries(c, at, e.model.lower, c.part(0, at+1, c.w, c.h))
}

// drawTitles draws the titles of the panes 2 to 6 in one line, with the names that there
// is room for beside the note on more rows: at least that of the pane that is shown.
func (e *explorerScreen) drawTitles(c canvas, y int) {
	columns := 1 + width(" "+e.say("more", "key", e.keys.hint(actScrollDown))+" ") + 1
	for n := 2; n <= explorerPanes; n++ {
		columns += width(e.paneName(n)) + 5
	}
	x := 1
	for n := 2; n <= explorerPanes; n++ {
		name := e.paneName(n)
		if n != e.model.lower && columns > c.w {
			name = ""
		}
		title, style := e.title(n, name)
		x += c.text(x, y, c.w-x-1, title, style) + 1
	}
}

// paneName is the short name of a pane, without its question.
func (e *explorerScreen) paneName(n int) string {
	name, _, _ := strings.Cut(e.say("pane."+strconv.Itoa(n)), ":")
	return name
}

// title is a pane's title, in brackets where the focus is.
func (e *explorerScreen) title(n int, text string) (string, tcell.Style) {
	text = strings.TrimSpace(strconv.Itoa(n) + " " + text)
	if n == e.model.pane {
		return "[" + text + "]", e.palette.Focus
	}
	return " " + text + " ", tcell.StyleDefault
}

func (e *explorerScreen) drawRule(c canvas, y, n int) {
	title, style := e.title(n, e.say("pane."+strconv.Itoa(n)))
	c.rule(y, title, "", style, e.palette.Source)
}

// drawPane shows one of the panes 2 to 5 below its title.
func (e *explorerScreen) drawPane(c canvas, n int) {
	e.drawRule(c, 0, n)
	e.drawEntries(c, 0, n, c.part(0, 1, c.w, c.h))
}

// drawEntries shows the rows of a pane. If there are more, its title line says so, and
// the key that leads to them.
func (e *explorerScreen) drawEntries(c canvas, ruleAt, n int, inside canvas) {
	rows, textAt := e.rows(n, c.w)
	key := strconv.Itoa(n) // which opens it
	if n == e.model.pane || n == paneHelp {
		key = e.keys.hint(actScrollDown)
		e.tall = inside.h
		e.model.scroll = max(min(e.model.scroll, len(rows)-inside.h), 0)
		rows = rows[e.model.scroll:]
	}
	if len(rows) > inside.h {
		c.right(1, ruleAt, c.w-2, " "+e.say("more", "key", key)+" ", tcell.StyleDefault)
	}
	for y, row := range rows {
		inside.text(2, y, textAt-3, row.label, tcell.StyleDefault)
		inside.text(textAt, y, inside.w, row.text, tcell.StyleDefault)
		inside.right(0, y, c.w-1, row.source, e.palette.Source)
	}
}

// rows are those of a pane in a width, and the column where their texts begin.
func (e *explorerScreen) rows(n, w int) (rows []entry, textAt int) {
	if n == paneStructures {
		return e.structures(w)
	}
	entries := e.entries(n)
	textAt = 15
	for _, next := range entries {
		textAt = max(textAt, width(next.label)+4)
	}
	return lay(entries, textAt, w), textAt
}

// lay breaks entries to a width, their texts from a column on. A source stands behind
// its text, or in rows of its own where there is no room.
func lay(entries []entry, textAt, w int) (rows []entry) {
	room := w - textAt - 1
	for _, next := range entries {
		text := wrap(next.text, room)
		for i, line := range text {
			rows = append(rows, entry{"", line, ""})
			if i == 0 {
				rows[len(rows)-1].label = next.label
			}
		}
		last := &rows[len(rows)-1]
		if next.source != "" && width(last.text)+2+width(next.source) <= room {
			last.source = next.source
			continue
		}
		for _, line := range wrapSources(next.source, room) {
			rows = append(rows, entry{"", "", line})
		}
	}
	return rows
}

// wrapSources breaks a list of sources behind its commas.
func wrapSources(list string, columns int) []string {
	if list == "" {
		return nil
	}
	var lines []string
	for source := range strings.SplitSeq(list, ", ") {
		if n := len(lines); n > 0 && width(lines[n-1])+2+width(source)+1 <= columns {
			lines[n-1] += ", " + source
			continue
		} else if n > 0 {
			lines[n-1] += ","
		}
		lines = append(lines, source)
	}
	return lines
}

// entries are what a pane says.
func (e *explorerScreen) entries(n int) []entry {
	switch n {
	case paneHelp:
		return e.keysHelp()
	case 2:
		return e.writing()
	case panePartner:
		return e.partner()
	case 4:
		return e.directory()
	}
	return e.history()
}

// keysHelp lists every key, from the table that binds them.
func (e *explorerScreen) keysHelp() []entry {
	var entries []entry
	for _, line := range e.keys.help(explorer) {
		entries = append(entries, entry{pad(line.keys, 14) + pad(line.hangul, 2), e.words().Text(line.action.word()), ""})
	}
	return entries
}

func (e *explorerScreen) writing() []entry {
	s := e.model.end.socket
	return []entry{
		{"RFC 147", s.String(), ""},
		{e.say("hex"), s.Hex(), ""},
		{e.say("decimal"), s.Decimal(), ""},
		{e.say("octal"), s.Octal(), ""},
		{e.say("fields"), s.Fields(), ""},
		{e.say("with-host"), fmt.Sprintf("%d : %s", e.model.end.host, s.Fields()), ""},
	}
}

func (e *explorerScreen) partner() []entry {
	s, other := e.model.end.socket, e.model.other
	polarity := s.Polarity().String()
	verdict := "check.yes"
	if rfc147.Joins(s, other.socket) != nil {
		verdict = "check.no." + polarity
	}
	return []entry{
		{e.say("mate"), s.Mate().String() + ", " + e.say("mate."+s.Mate().Polarity().String()), ""},
		{e.say("can-join"), e.say("can-join." + polarity), ""},
		{e.say("cannot-join"), e.say("cannot-join." + polarity), ""},
		{e.say("check"), e.say(verdict, "socket", other.socket.String(), "host", strconv.Itoa(int(other.host))), ""},
	}
}

func (e *explorerScreen) directory() []entry {
	s := e.model.end.socket
	var entries []entry
	label := s.String()
	for _, u := range e.model.uses() {
		entries = append(entries, entry{label, e.say("service", "service", u.service, "where", e.where(u)), e.cite(u.sources)})
		label = ""
	}
	if entries == nil {
		entries = append(entries, entry{label, e.say("unknown"), ""})
	}
	home := strconv.Itoa(int(s.Home()))
	label = e.say("socket", "number", strconv.Itoa(int(s.Tag())))
	tagUses := e.model.tagUses()
	for _, u := range tagUses {
		entries = append(entries, entry{label, e.say("service", "service", u.service, "where", e.say("where.home")), e.cite(u.sources)})
		label = ""
	}
	if tagUses == nil {
		entries = append(entries, entry{label, e.say("tag-unknown", "host", home), ""})
	}
	label = e.say("home-host", "number", home)
	if listing, ok := rfc147.LookupHost(s.Home()); ok {
		host := listing.Headline()
		return append(entries, entry{label, joined(", ", host.Name, host.Machine, host.Site), e.cite([]rfc147.Source{host.Source})})
	}
	return append(entries, entry{label, e.say("no-home"), ""})
}

// where says for whom a use of a number holds.
func (e *explorerScreen) where(u socketUse) string {
	switch u.scope {
	case rfc147.Range:
		return e.say("where.range", "first", u.first.String(), "last", u.last.String())
	case rfc147.Network, rfc147.Experimental, rfc147.Proposal:
		return e.say("where." + string(u.scope))
	case rfc147.HostSpecific, rfc147.Tabulation:
	}
	if len(u.hosts) == 1 {
		return e.say("where.host", "host", strconv.Itoa(int(u.hosts[0])))
	}
	return e.say("where.hosts", "count", strconv.Itoa(len(u.hosts)))
}

// cite lists sources, the first with its day.
func (e *explorerScreen) cite(sources []rfc147.Source) string {
	list := make([]string, len(sources))
	for i, s := range sources {
		list[i] = s.String()
	}
	list[0] += " (" + day(sources[0].Date, e.lang) + ")"
	return strings.Join(list, ", ")
}

// day writes a date as the language does.
func day(date time.Time, lang string) string {
	if lang == "ko" {
		return date.Format("2006.1.2")
	}
	return date.Format("2 January 2006")
}

// joined joins the texts that are not empty.
func joined(between string, texts ...string) string {
	var some []string
	for _, text := range texts {
		if text != "" {
			some = append(some, text)
		}
	}
	return strings.Join(some, between)
}

func (e *explorerScreen) history() []entry {
	sources := []string{"RFC 147", "RFC 167", "NIC 8246 p.9", "RFC 9293 4", "RFC 147, RFC 9293 4, POSIX"}
	entries := make([]entry, len(sources))
	for i, source := range sources {
		n := strconv.Itoa(i + 1)
		entries[i] = entry{e.say("when." + n), e.say("what." + n), source}
	}
	return entries
}
