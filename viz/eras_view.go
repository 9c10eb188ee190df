package viz

import (
	"bufio"
	"cmp"
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"sockscope/handshake"
	"sockscope/viz/words"
)

// ErasView writes two eras.
type ErasView func(io.Writer, *Eras, Options) error

// ErasViews are the views of two eras that need no screen, by their name on the command line.
func ErasViews() map[string]ErasView {
	return map[string]ErasView{"text": ErasText, "json": ErasJSON}
}

// erasHalf is how wide each half of the text is.
const erasHalf = 67

// ErasText writes both eras side by side: why the one needs more connections, each aim with what
// was done for it and what that takes, and what was spent.
func ErasText(w io.Writer, e *Eras, o Options) error {
	if o.Plain {
		return erasPlain(w, e, o.Lang)
	}
	b := &strings.Builder{}
	const left, between = 2, 2 + erasHalf + 1
	head, head2 := ErasHalves(e, o.Lang)
	line(b, left, head, between+2, head2)
	for i := range e.Lines {
		heads := e.Lines[i].Heads()
		if heads {
			b.WriteString("\n")
		}
		for _, row := range ErasRows(e, i, erasHalf, o.Lang) {
			line(b, left, row.Left, between, row.Between, between+2, row.Right)
		}
		if heads {
			for _, text := range ErasWhy(e, i, o.Lang) {
				indented(b, left+2, text)
			}
		}
	}
	b.WriteString("\n")
	for _, text := range append(ErasSummary(e, o.Lang), words.For(o.Lang).Text("ui.eras.again")) {
		indented(b, 0, text)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Heads reports a line that stands above others: the first of all, or of an aim.
func (l *EraLine) Heads() bool { return l.Left == nil && l.Right == nil }

// ErasHalves are the headings of the two halves.
func ErasHalves(e *Eras, lang string) (then, now string) {
	say := words.For(lang)
	name := func(key string, t *handshake.Trace) string {
		return say.Say(key, Fill("left", Name(t.Peers[0].Name, lang), "right", Name(t.Peers[1].Name, lang)))
	}
	return name("ui.eras.then", e.Then), name("ui.eras.now", e.Now)
}

// ErasRows are the rows of line i, with halves so many columns wide.
func ErasRows(e *Eras, i, half int, lang string) []CompareRow {
	l := &e.Lines[i]
	var left, right []string
	if l.Heads() {
		then, now := e.heading(l.Aim, lang)
		left, right = broken(then, half, 2), broken(now, half, 2)
	} else {
		left, right = eraLines(e.Then, l.Left, half, lang), eraLines(e.Now, l.Right, half, lang)
	}
	rows := make([]CompareRow, max(len(left), len(right)))
	for n := range rows {
		rows[n] = CompareRow{Left: nth(left, n), Between: "|", Right: nth(right, n)}
	}
	return rows
}

// heading names an aim and counts its messages; of the whole it counts connections.
func (e *Eras) heading(aim Aim, lang string) (then, now string) {
	say := words.For(lang)
	if aim == "" {
		return say.Say("ui.eras.head.then", Fill("n", strconv.Itoa(e.Cost[0].Connections))),
			say.Say("ui.eras.head.now", Fill("n", strconv.Itoa(e.Cost[1].Connections)))
	}
	cost := e.AimCost(aim)
	count := func(key string, c EraAimCost) string {
		return say.Say(key, Fill("aim", say.Text("ui.eras.aim."+string(aim)), "n", strconv.Itoa(c.New), "m", strconv.Itoa(c.Again)))
	}
	return count("ui.eras.cost.then", cost[0]), count("ui.eras.cost.now", cost[1])
}

// eraLines write a step in at most so many columns. What does not fit goes on below it.
func eraLines(t *handshake.Trace, s *EraStep, columns int, lang string) []string {
	if s == nil {
		return nil
	}
	const numbers, labels, indent = 8, 35, 12
	number := s.Number()
	if s.Again {
		number = "(" + number + ")"
	}
	text := number + strings.Repeat(" ", max(numbers-Width(number), 1)) + s.text(t, columns-indent, lang)
	detail := s.detail(lang)
	if gap := max(numbers+labels-Width(text), 0) + 1; detail != "" && Width(text)+gap+Width(detail) <= columns {
		return []string{text + strings.Repeat(" ", gap) + detail}
	}
	lines := broken(text, columns, indent)
	if detail != "" {
		lines = append(lines, broken(strings.Repeat(" ", indent)+detail, columns, indent)...)
	}
	return lines
}

// text is a message with its way, its label in pieces of so many columns, or a call with its
// program.
func (s *EraStep) text(t *handshake.Trace, columns int, lang string) string {
	say := words.For(lang)
	name := Name(t.Peers[s.From].Name, lang) + "  "
	switch {
	case s.Message:
		return []string{"--> ", "<-- "}[s.From] + inPieces(s.Label, columns)
	case s.Kind == handshake.KindTimeout:
		return name + say.Say("ui.times-out", Fill("timer", say.Our("timer", s.Label)))
	case s.Waits:
		return name + s.Label + " " + say.Text("ui.waits")
	default:
		return name + s.Label
	}
}

// inPieces puts blanks into a segment's label where it is longer than so many columns.
func inPieces(label string, columns int) string {
	if strings.Contains(label, " ") || columns < 1 {
		return label
	}
	pieces := ""
	for len(label) > columns {
		at := strings.LastIndexByte(label[:columns+1], '<')
		if at <= 0 {
			break
		}
		pieces, label = pieces+label[:at]+" ", label[at:]
	}
	return pieces + label
}

// detail is what the step achieves for its aim; mostly empty for calls.
func (s *EraStep) detail(lang string) string {
	return words.For(lang).Say(s.Detail.Key, Fill(s.Detail.Pairs...))
}

// ErasWhy says of the aim of line i what was done for it in each era, and where that is written;
// of the first line why the eras differ.
func ErasWhy(e *Eras, i int, lang string) []string {
	say := words.For(lang)
	aim := e.Lines[i].Aim
	sources := aim.Sources()
	texts := []string{say.Text("ui.eras.why.then"), say.Text("ui.eras.why.now")}
	if aim != "" {
		texts = []string{say.Text("ui.eras." + string(aim) + ".then"), say.Text("ui.eras." + string(aim) + ".now")}
	}
	return append(texts, say.Say("ui.plain.source", Fill("list", sources[0]+"; "+sources[1])))
}

// ErasSummary counts what each era spent.
func ErasSummary(e *Eras, lang string) []string {
	say := words.For(lang)
	count := func(era string, c EraCost) string {
		fill := Fill("control", strconv.Itoa(c.Control), "data", strconv.Itoa(c.Data), "rfnms", strconv.Itoa(c.RFNMs),
			"connections", strconv.Itoa(c.Connections), "before", strconv.Itoa(c.Before), "rfnms-before", strconv.Itoa(c.RFNMsBefore))
		text := say.Say("ui.eras.sum."+era, fill)
		if c.Text {
			text += " " + say.Say("ui.eras.sum.before."+era, fill)
		}
		return text
	}
	return []string{count("then", e.Cost[0]), count("now", e.Cost[1])}
}

// ErasBrief is the summary in one line of a small screen.
func ErasBrief(e *Eras, lang string) string {
	var n [4]string
	for i, c := range e.Cost {
		n[2*i], n[2*i+1] = strconv.Itoa(c.Control+c.Data), "-"
		if c.Text {
			n[2*i+1] = strconv.Itoa(c.Before)
		}
	}
	return words.For(lang).Say("ui.eras.bar", Fill("then", n[0], "then-before", n[1], "now", n[2], "now-before", n[3]))
}

// erasPlain says two eras in whole sentences.
func erasPlain(w io.Writer, e *Eras, lang string) error {
	say := words.For(lang)
	b := &strings.Builder{}
	then, now := ErasHalves(e, lang)
	sentence(b, 0, then+". "+now+".")
	for i := range e.Lines {
		l := &e.Lines[i]
		if l.Heads() {
			if cost := e.AimCost(l.Aim); l.Aim != "" {
				sentence(b, 0, say.Say("ui.eras.plain.aim", Fill("aim", say.Text("ui.eras.aim."+string(l.Aim)),
					"then", strconv.Itoa(cost[0].New), "then-again", strconv.Itoa(cost[0].Again),
					"now", strconv.Itoa(cost[1].New), "now-again", strconv.Itoa(cost[1].Again))))
			}
			for _, text := range ErasWhy(e, i, lang) {
				sentence(b, 1, text)
			}
			continue
		}
		for side, s := range []*EraStep{l.Left, l.Right} {
			if s == nil {
				continue
			}
			t := []*handshake.Trace{e.Then, e.Now}[side]
			key := "ui.eras.plain." + []string{"then", "now"}[side]
			sentence(b, 1, say.Say(key, Fill("n", s.Number(), "event", s.spoken(t, lang))))
		}
	}
	for _, text := range ErasSummary(e, lang) {
		sentence(b, 0, text)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// spoken is a step in words, of a message with what it achieves.
func (s *EraStep) spoken(t *handshake.Trace, lang string) string {
	if !s.Message {
		return Narrate(t, s.First, lang).Event
	}
	event := words.For(lang).Say("ui.eras.plain.sent", Fill("end", t.Peers[s.From].Name, "label", s.Label))
	if detail := s.detail(lang); detail != "" {
		event += " " + detail + "."
	}
	return event
}

// The JSON shapes of two eras: one header, then one object a line.
type (
	erasHeader struct {
		Schema  int         `json:"schema"`
		Eras    [2]string   `json:"eras"`
		Engines [2]string   `json:"engines"`
		Cost    [2]erasCost `json:"cost"`
		Sources [2]string   `json:"sources"`
	}
	erasCost struct {
		Control     int  `json:"control"`
		Data        int  `json:"data"`
		RFNMs       int  `json:"rfnms"`
		Connections int  `json:"connections"`
		Text        bool `json:"text"`
		Before      int  `json:"before_text"`
		RFNMsBefore int  `json:"rfnms_before_text"`
	}
	erasLine struct {
		Line    int        `json:"line"`
		Aim     Aim        `json:"aim"`
		New     *[2]int    `json:"new,omitempty"`
		Again   *[2]int    `json:"again,omitempty"`
		Sources *[2]string `json:"sources,omitempty"`
		Left    *erasStep  `json:"left,omitempty"`
		Right   *erasStep  `json:"right,omitempty"`
	}
	erasStep struct {
		N      string         `json:"n"`
		Peer   string         `json:"peer"`
		Kind   handshake.Kind `json:"kind"`
		Label  string         `json:"label"`
		Again  bool           `json:"again,omitempty"`
		Detail string         `json:"detail,omitempty"`
	}
)

// ErasJSON writes two eras as JSON Lines; docs/compare.md describes them.
func ErasJSON(w io.Writer, e *Eras, _ Options) error {
	b := bufio.NewWriter(w)
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false) // labels are full of < and >
	if err := enc.Encode(erasHeader{
		handshake.Schema,
		[2]string{e.Then.Scenario, e.Now.Scenario},
		[2]string{e.Then.Engine, e.Now.Engine},
		[2]erasCost{erasCost(e.Cost[0]), erasCost(e.Cost[1])},
		Aim("").Sources(),
	}); err != nil {
		return err
	}
	for i := range e.Lines[1:] {
		l := &e.Lines[i+1]
		out := erasLine{Line: i + 1, Aim: l.Aim, Left: toErasStep(e.Then, l.Left), Right: toErasStep(e.Now, l.Right)}
		if l.Heads() {
			cost, sources := e.AimCost(l.Aim), l.Aim.Sources()
			out.New, out.Again, out.Sources = &[2]int{cost[0].New, cost[1].New}, &[2]int{cost[0].Again, cost[1].Again}, &sources
		}
		if err := enc.Encode(out); err != nil {
			return err
		}
	}
	return b.Flush()
}

func toErasStep(t *handshake.Trace, s *EraStep) *erasStep {
	if s == nil {
		return nil
	}
	return &erasStep{s.Number(), t.Peers[s.From].Name, cmp.Or(s.Kind, handshake.KindDepart), s.Label, s.Again, s.detail("en")}
}
