package viz

import (
	"fmt"
	"io"
	"strings"

	"sockscope/handshake"
	"sockscope/viz/words"
)

// The columns of the text ladder, as RFC 9293 3.5 sets its figures.
const (
	leftColumn    = 8
	arrowColumn   = 22
	segmentColumn = 26
	arrow2Column  = 62
	rightColumn   = 67
)

// Text writes the trace as the RFC's own ladder. It is stable: goldens and lessons
// quote it.
func Text(w io.Writer, t *handshake.Trace, o Options) error {
	if o.Plain {
		return Plain(w, t, o.Lang)
	}
	b := &strings.Builder{}
	say := words.For(o.Lang).Speaking(t.Protocol)
	if len(t.Peers) != 2 {
		manyLines(b, t, o)
		recordTables(b, t, say, o.Lang)
		_, err := io.WriteString(w, b.String())
		return err
	}
	line(b, leftColumn, heading(t.Peers[0], o.Lang), rightColumn, heading(t.Peers[1], o.Lang))
	for i, r := range Ladder(t, len(t.Steps)) {
		if r.Moved {
			fmt.Fprintf(b, "-- %.3f s --\n", r.At.Seconds())
		}
		if r.Segment {
			segmentLine(b, r)
		} else {
			localLine(b, t, r, say, i == 0)
		}
		if o.Why {
			whyLines(b, t, r)
		}
	}
	recordTables(b, t, say, o.Lang)
	_, err := io.WriteString(w, b.String())
	return err
}

// heading is a peer's name and address at the head of its column.
func heading(p handshake.Peer, lang string) string {
	return strings.ToUpper(Name(p.Name, lang)) + " " + Address(p, lang)
}

// Address is where a peer is: an address of today, or which host of 1971.
func Address(p handshake.Peer, lang string) string {
	if host, ok := strings.CutPrefix(p.Address, "host "); ok {
		return words.For(lang).Say("ui.host", Fill("n", host))
	}
	return p.Address
}

// Name is a peer's name in a language, without an article.
func Name(peer, lang string) string {
	if lang == "ko" {
		return words.For(lang).Peer(peer)
	}
	return peer
}

// line prints pairs of column and text.
func line(w *strings.Builder, at ...any) {
	var b strings.Builder
	column := 0
	for i := 0; i < len(at); i += 2 {
		text := at[i+1].(string)
		if text == "" {
			continue
		}
		pad := at[i].(int) - column
		if column > 0 {
			pad = max(pad, 1)
		}
		b.WriteString(strings.Repeat(" ", max(pad, 0)))
		b.WriteString(text)
		column = max(at[i].(int), column) + Width(text)
	}
	w.WriteString(strings.TrimRight(b.String(), " ") + "\n")
}

// manyLines print a trace of more than two peers, which no ladder has room for: who, to whom,
// and what.
func manyLines(b *strings.Builder, t *handshake.Trace, o Options) {
	say := words.For(o.Lang).Speaking(t.Protocol)
	names := []string{Name(handshake.WirePeer, o.Lang)}
	for _, p := range t.Peers {
		line(b, leftColumn, heading(p, o.Lang))
		names = append(names, Name(p.Name, o.Lang))
	}
	columns := 0
	for _, n := range names {
		columns = max(columns, Width(n))
	}
	second := leftColumn + columns + 1
	third := second + 2 + columns + 2
	for _, r := range Ladder(t, len(t.Steps)) {
		if r.Moved {
			fmt.Fprintf(b, "-- %.3f s --\n", r.At.Seconds())
		}
		to, label := "", localLabel(r, say)
		if r.Segment {
			to, label = "> "+names[r.To+1], r.Label+arrows(r)
		}
		line(b, 1, r.Number(), leftColumn, names[r.From+1], second, to, third, label)
		if o.Why {
			whyLines(b, t, r)
		}
	}
}

// arrows are the states behind a message, of its sender and its receiver.
func arrows(r Row) string {
	var shown []string
	for _, i := range []int{r.From, r.To} {
		if i >= 0 && r.States[i] != "" {
			shown = append(shown, r.States[i])
		}
	}
	switch end := strings.Join(shown, " > "); {
	case r.Lost:
		return "  x"
	case r.Last == 0:
		return "  ..."
	case end != "":
		return "  " + end
	}
	return ""
}

func segmentLine(w *strings.Builder, r Row) {
	left, right := "-->", "-->"
	if r.From == 1 {
		left, right = "<--", "<--"
	}
	near, far := &left, &right
	if r.From == 1 {
		near, far = far, near
	}
	if r.Late {
		*near = "..."
	}
	switch {
	case r.Lost:
		*far = "x"
	case r.Last == 0:
		*far = "..."
	}
	line(w, 1, r.Number(), leftColumn, r.States[0], arrowColumn, left, segmentColumn, r.Label, arrow2Column, right, rightColumn, r.States[1])
}

// localLabel is what happened at one end.
func localLabel(r Row, say *words.Words) string {
	label := r.Label
	switch {
	case r.Waits:
		label += " " + say.Text("ui.waits")
	case r.Kind == handshake.KindSignal:
		label = say.Our("signal", label)
	case r.Kind == handshake.KindNote:
		label = say.Note(label)
	case r.Kind == handshake.KindTimeout:
		label = say.Say("ui.times-out", Fill("timer", say.Our("timer", label)))
		if s := r.States[r.From]; s != "" {
			label += ": " + s
		}
	}
	return label
}

// localLine prints what happened at one end, under that end. On the first line the
// other end's state stands under its own name.
func localLine(w *strings.Builder, t *handshake.Trace, r Row, say *words.Words, first bool) {
	label := localLabel(r, say)
	left, right := "", ""
	if first {
		left, right = t.Peers[0].State, t.Peers[1].State
	}
	switch r.From {
	case 0:
		left = label
	case 1:
		right = label
	default:
		line(w, 1, r.Number(), arrowColumn, label)
		return
	}
	line(w, 1, r.Number(), leftColumn, left, rightColumn, right)
}

// whyLines print the rules and citations of a row's steps.
func whyLines(w *strings.Builder, t *handshake.Trace, r Row) {
	rules := func(n int) {
		for _, y := range t.Steps[n-1].Why {
			fmt.Fprintf(w, "%*s%-28s %s\n", segmentColumn, "", y.Rule, y.Cite)
		}
	}
	if !r.Late || r.Last == 0 {
		rules(r.First)
	}
	if r.Last != 0 && r.Last != r.First {
		rules(r.Last)
	}
}
