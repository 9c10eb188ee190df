package viz

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"sockscope/handshake"
	"sockscope/handshake/compare"
	"sockscope/viz/words"
)

// CompareView writes a comparison.
type CompareView func(io.Writer, *compare.Comparison, Options) error

// CompareViews are the views of a comparison that need no screen, by their name on the
// command line.
func CompareViews() map[string]CompareView {
	return map[string]CompareView{"text": CompareText, "json": CompareJSON}
}

// compareHalf is how wide each half of the text is: the longest label of a lesson and a state.
const compareHalf = 70

// compareIndent is where a line's halves begin, behind its number and its mark.
const compareIndent = 8

// CompareText writes both ladders side by side: what is equal once, what differs in two
// halves, and below each difference what explains it.
func CompareText(w io.Writer, c *compare.Comparison, o Options) error {
	if o.Plain {
		return comparePlain(w, c, o.Lang)
	}
	b := &strings.Builder{}
	left, right := Halves(c)
	line(b, compareIndent, left, compareIndent+compareHalf+3, right)
	told := map[*compare.Deviation]bool{}
	for i := range c.Lines {
		for _, row := range CompareRows(c, i, compareHalf, o.Lang) {
			line(b, 0, row.Number, compareIndent, row.Left, compareIndent+compareHalf+1, row.Between, compareIndent+compareHalf+3, row.Right)
		}
		if l := &c.Lines[i]; l.Differs == compare.Equal || l.Cause != i || l.Known != nil && told[l.Known] {
			continue
		}
		told[c.Lines[i].Known] = true
		for _, text := range CompareWhy(c, i, o.Lang) {
			indented(b, compareIndent+2, text)
		}
	}
	b.WriteString(CompareSummary(c, o.Lang) + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// Halves are the headings of the two halves: each engine, and the system that it ran on.
func Halves(c *compare.Comparison) (left, right string) {
	name := func(t *handshake.Trace) string {
		if t.Host == "" {
			return t.Engine
		}
		return t.Engine + " (" + t.Host + ")"
	}
	return name(c.Left), name(c.Right)
}

// CompareSummary counts: "equal lines 31, known deviations 2, unexplained 0".
func CompareSummary(c *compare.Comparison, lang string) string {
	equal, known, unexplained := c.Counts()
	return words.For(lang).Say("ui.compare.summary", Fill("equal", strconv.Itoa(equal),
		"known", strconv.Itoa(known), "unexplained", strconv.Itoa(unexplained)))
}

// CompareRow is one row of a comparison on a screen.
type CompareRow struct {
	Number               string // the line's number and its mark; empty on a line's further rows
	Left, Between, Right string // Between is empty where both engines did the same: Left goes over both halves
}

// The marks of a line, before any colour.
var compareMarks = map[compare.Difference]string{
	compare.Equal: "=", compare.OnlyLeft: "<", compare.OnlyRight: ">",
	compare.State: "!", compare.Numbers: "!", compare.Result: "!", compare.Label: "!",
}

// CompareRows are the rows of line i, with halves so many columns wide.
func CompareRows(c *compare.Comparison, i, half int, lang string) []CompareRow {
	l := &c.Lines[i]
	number := fmt.Sprintf("%4d %s", i+1, compareMarks[l.Differs])
	if l.Differs == compare.Equal {
		return []CompareRow{{Number: number, Left: strings.Join(halfLines(c.Left, l.Left, 2*half, lang), " ")}}
	}
	left, right := halfLines(c.Left, l.Left, half, lang), halfLines(c.Right, l.Right, half, lang)
	rows := make([]CompareRow, max(len(left), len(right)))
	for n := range rows {
		rows[n] = CompareRow{Left: nth(left, n), Between: "|", Right: nth(right, n)}
	}
	rows[0].Number = number
	if l.Cause != i {
		rows[0].Number = number + "."
	}
	return rows
}

func nth(list []string, n int) string {
	if n < len(list) {
		return list[n]
	}
	return ""
}

// halfLines write a step in at most so many columns: the end, what happened as the ladder
// draws it, the state that it led to. What does not fit goes on in further lines.
func halfLines(t *handshake.Trace, s *handshake.Step, columns int, lang string) []string {
	if s == nil {
		return nil
	}
	names := 0
	for _, p := range t.Peers {
		names = max(names, Width(Name(p.Name, lang)))
	}
	const labels, states = 43, 12
	name := Name(s.Peer, lang)
	name += strings.Repeat(" ", max(names-Width(name), 0))
	what, state := drawn(t, s, lang), s.After
	if s.Kind == handshake.KindDrop || s.Kind == handshake.KindDuplicate {
		state = ""
	}
	if names+2+labels+1+states <= columns {
		return []string{strings.TrimRight(name+"  "+what+strings.Repeat(" ", max(labels-Width(what), 0))+" "+state, " ")}
	}
	return broken(name+"  "+what+" "+state, columns, 2)
}

// drawn is a step as the ladder draws half of it.
func drawn(t *handshake.Trace, s *handshake.Step, lang string) string {
	say := words.For(lang)
	switch s.Kind {
	case handshake.KindDepart:
		if destination(t, s) == 1 {
			return "--> " + s.Label + " ..."
		}
		return "... " + s.Label + " <--"
	case handshake.KindArrive:
		if PeerIndex(t, s.Peer) == 1 {
			return "... " + s.Label + " -->"
		}
		return "<-- " + s.Label + " ..."
	case handshake.KindDrop:
		return "x " + s.Label
	case handshake.KindDuplicate:
		return "x2 " + s.Label
	case handshake.KindTimeout:
		return say.Say("ui.times-out", Fill("timer", say.Our("timer", s.Label)))
	case handshake.KindSignal:
		return say.Our("signal", s.Label)
	case handshake.KindNote:
		return say.Note(s.Label)
	default:
		if Waits(*s) {
			return s.Label + " " + say.Text("ui.waits")
		}
		return s.Label
	}
}

// broken breaks a text at its blanks, further lines indented; what has none is cut.
func broken(text string, columns, indent int) []string {
	fill := strings.Repeat(" ", indent)
	var lines []string
	out := ""
	for i, word := range strings.Split(text, " ") {
		switch {
		case i == 0:
			out = word
		case word == "" && len(lines) == 0:
			out += " "
		case strings.TrimSpace(out) != "" && Width(out)+1+Width(word) > columns:
			lines, out = append(lines, strings.TrimRight(out, " ")), fill+word
		default:
			out += " " + word
		}
	}
	return append(lines, strings.TrimRight(out, " "))
}

// CompareWhy says of the difference in line i what explains it: its name, the reason and
// the sources of a known deviation; of any other, the model's rule.
func CompareWhy(c *compare.Comparison, i int, lang string) []string {
	say := words.For(lang)
	l := &c.Lines[i]
	switch {
	case l.Differs == compare.Equal:
		return nil
	case l.Cause != i:
		return append([]string{say.Say("ui.compare.follows", Fill("n", strconv.Itoa(l.Cause+1)))}, CompareWhy(c, l.Cause, lang)...)
	case l.Known == nil:
		return unexplained(c, i, lang)
	}
	sources := make([]string, len(l.Known.Sources))
	for i, source := range l.Known.Sources {
		sources[i] = say.Our("source", source)
	}
	return []string{
		say.Say("ui.compare.known", Fill("name", l.Known.Name, "rule", l.Known.Rule)) + " " + say.Text("deviation."+l.Known.Name),
		say.Say("ui.plain.source", Fill("list", strings.Join(sources, "; "))),
	}
}

// unexplained says in what the halves of line i differ, and by which rules the engines
// that name them came there.
func unexplained(c *compare.Comparison, i int, lang string) []string {
	say := words.For(lang)
	l := &c.Lines[i]
	texts := []string{say.Text("ui.compare.unknown") + " " +
		say.Say("ui.compare.differs."+string(l.Differs), Fill("state", stateOf(l.Left), "other-state", stateOf(l.Right)))}
	for n, t := range []*handshake.Trace{c.Left, c.Right} {
		event := c.Event(i, n == 1)
		if t.Host != "" || event == nil || len(event.Why) == 0 {
			continue
		}
		story := Narrate(t, event.N, lang)
		why, _ := Look(story.Main, lang)
		texts = append(texts, say.Say("ui.compare.rule", Fill("engine", t.Engine,
			"rule", event.Why[len(event.Why)-1].Rule, "why", why, "list", story.Source)))
	}
	return texts
}

func stateOf(s *handshake.Step) string {
	if s == nil {
		return ""
	}
	return s.After
}

// indented writes a text in lines, each so far to the right.
func indented(b *strings.Builder, column int, text string) {
	const columns = 130
	for _, part := range broken(text, columns-column, 0) {
		b.WriteString(strings.Repeat(" ", column) + part + "\n")
	}
}

// comparePlain says a comparison in whole sentences.
func comparePlain(w io.Writer, c *compare.Comparison, lang string) error {
	say := words.For(lang)
	b := &strings.Builder{}
	left, right := Halves(c)
	sentence(b, 0, say.Say("ui.compare.plain", Fill("scenario", cmp.Or(c.Left.Words[lang]["title"], c.Left.Scenario), "left", left, "right", right)))
	for i := 0; i < len(c.Lines); {
		l := &c.Lines[i]
		if l.Differs == compare.Equal {
			end := i + slices.IndexFunc(c.Lines[i:], func(l compare.Line) bool { return l.Differs != compare.Equal })
			if end < i {
				end = len(c.Lines)
			}
			sentence(b, 0, say.Say("ui.compare.plain.equal", Fill("from", strconv.Itoa(i+1), "to", strconv.Itoa(end))))
			i = end
			continue
		}
		sentence(b, 0, say.Say("ui.compare.plain.line", Fill("n", strconv.Itoa(i+1))))
		sentence(b, 1, half(c.Left, l.Left, left, lang))
		sentence(b, 1, half(c.Right, l.Right, right, lang))
		why := CompareWhy(c, i, lang)
		if l.Cause != i {
			why = why[:1] // the rest is said there
		}
		for _, text := range why {
			sentence(b, 1, text)
		}
		i++
	}
	sentence(b, 0, CompareSummary(c, lang)+".")
	_, err := io.WriteString(w, b.String())
	return err
}

// half says what one engine did in a line.
func half(t *handshake.Trace, s *handshake.Step, engine, lang string) string {
	say := words.For(lang)
	if s == nil {
		return say.Say("ui.compare.plain.none", Fill("engine", engine))
	}
	event := Narrate(t, s.N, lang).Event
	if s.Packet > 0 {
		event += " " + s.Label + "." // the halves may differ in nothing else
	}
	return say.Say("ui.compare.plain.half", Fill("engine", engine, "event", event, "state", s.After))
}

// The JSON shapes of a comparison: one header, then one object a line.
type (
	compareHeader struct {
		Schema      int       `json:"schema"`
		Compare     [2]string `json:"compare"`
		Hosts       [2]string `json:"hosts"`
		Scenario    string    `json:"scenario"`
		Equal       int       `json:"equal"`
		Known       int       `json:"known"`
		Unexplained int       `json:"unexplained"`
	}
	compareLine struct {
		Line      int                `json:"line"`
		Differs   compare.Difference `json:"differs,omitempty"`
		Left      *compareStep       `json:"left,omitempty"`
		Right     *compareStep       `json:"right,omitempty"`
		Cause     int                `json:"cause,omitempty"`
		Deviation string             `json:"deviation,omitempty"`
		Rule      string             `json:"rule,omitempty"`
		Sources   []string           `json:"sources,omitempty"`
	}
	compareStep struct {
		N      int            `json:"n"`
		Peer   string         `json:"peer"`
		On     string         `json:"on,omitempty"`
		Kind   handshake.Kind `json:"kind"`
		Label  string         `json:"label"`
		Before string         `json:"before,omitempty"`
		After  string         `json:"after,omitempty"`
	}
)

// CompareJSON writes a comparison as JSON Lines; docs/compare.md describes them.
func CompareJSON(w io.Writer, c *compare.Comparison, _ Options) error {
	b := bufio.NewWriter(w)
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false) // labels are full of < and >
	equal, known, unexplained := c.Counts()
	if err := enc.Encode(compareHeader{
		handshake.Schema,
		[2]string{c.Left.Engine, c.Right.Engine},
		[2]string{c.Left.Host, c.Right.Host},
		c.Left.Scenario, equal, known, unexplained,
	}); err != nil {
		return err
	}
	for i := range c.Lines {
		if err := enc.Encode(toCompareLine(c, i)); err != nil {
			return err
		}
	}
	return b.Flush()
}

func toCompareLine(c *compare.Comparison, i int) compareLine {
	l := &c.Lines[i]
	out := compareLine{Line: i + 1, Differs: l.Differs, Left: toCompareStep(l.Left), Right: toCompareStep(l.Right)}
	if l.Differs != compare.Equal {
		out.Cause = l.Cause + 1
	}
	if d := l.Known; d != nil {
		out.Deviation, out.Rule, out.Sources = d.Name, d.Rule, d.Sources
	}
	return out
}

func toCompareStep(s *handshake.Step) *compareStep {
	if s == nil {
		return nil
	}
	return &compareStep{s.N, s.Peer, s.On, s.Kind, s.Label, s.Before, s.After}
}
