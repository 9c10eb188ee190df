package viz

import (
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"sockscope/handshake"
	"sockscope/viz/words"
)

// Plain writes a trace in whole sentences, step by step, for ears and for pipes:
// nothing is drawn, and no character needs to be spelled out.
func Plain(w io.Writer, t *handshake.Trace, lang string) error {
	say := words.For(lang).Speaking(t.Protocol)
	b := &strings.Builder{}
	title := t.Words[lang]["title"]
	if title == "" {
		title = t.Scenario
	}
	sentence(b, 0, title+".")
	for i := range t.Peers {
		plainEnd(b, t, 0, i, say, lang)
	}
	for n := range t.Steps {
		plainStep(b, t, n+1, lang)
	}
	recordTables(b, t, say, lang)
	_, err := io.WriteString(w, b.String())
	return err
}

// PlainStep writes step n of a trace in whole sentences.
func PlainStep(w io.Writer, t *handshake.Trace, n int, lang string) error {
	b := &strings.Builder{}
	plainStep(b, t, n, lang)
	_, err := io.WriteString(w, b.String())
	return err
}

func plainStep(b *strings.Builder, t *handshake.Trace, n int, lang string) {
	say := words.For(lang).Speaking(t.Protocol)
	s := t.Steps[n-1]
	story := Narrate(t, n, lang)
	sentence(b, 0, say.Say("ui.plain.step", Fill("n", strconv.Itoa(n), "event", spoken(story.Event, say))))
	if n > 1 && t.Steps[n-2].At != s.At || n == 1 && s.At != 0 {
		sentence(b, 1, say.Say("ui.plain.clock", Fill("time", seconds(s.At))))
	}
	if s.Kind == handshake.KindDepart {
		sentence(b, 1, segment(t, s, say))
	}
	for i := range t.Peers {
		plainEnd(b, t, n, i, say, lang)
	}
	if text := changes(t, n, say, lang); text != "" {
		sentence(b, 1, say.Say("ui.plain.changed", Fill("list", text)))
	}
	if story.Note != "" {
		sentence(b, 1, say.Say("ui.plain.lesson", Fill("text", story.Note)))
	}
	why, look := Look(story.Main, lang)
	if why != "" {
		sentence(b, 1, say.Say("ui.plain.why", Fill("text", why)))
	}
	if look != "" {
		sentence(b, 1, say.Text("ui.look")+" "+look)
	}
	if story.Source != "" {
		sentence(b, 1, say.Say("ui.plain.source", Fill("list", story.Source)))
	}
}

// segment says in words what a segment's label draws with brackets. A message of 1971 is
// already words.
func segment(t *handshake.Trace, s handshake.Step, say *words.Words) string {
	if t.Protocol == handshake.NCP {
		return say.Say("ui.plain.message", Fill("packet", strconv.Itoa(s.Packet), "label", spoken(s.Label, say)))
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(strings.Trim(s.Label, "<>"), "><") {
		name, value, _ := strings.Cut(part, "=")
		parts[name] = value
	}
	text := []string{say.Say("ui.plain.segment", Fill(
		"packet", strconv.Itoa(s.Packet),
		"flags", strings.ReplaceAll(parts["CTL"], ",", " "+say.Text("ui.plain.and")+" "),
		"seq", parts["SEQ"]))}
	for _, name := range []string{"ACK", "DATA"} {
		if parts[name] != "" {
			text = append(text, say.Say("ui.plain.segment."+strings.ToLower(name), Fill("value", parts[name])))
		}
	}
	return strings.Join(text, ", ") + "."
}

// spoken has words where the name of a connection of 1971 has an arrow.
func spoken(text string, say *words.Words) string {
	return strings.NewReplacer(" >", " "+say.Text("ui.plain.to"), " <", " "+say.Text("ui.plain.from")).Replace(text)
}

// plainEnd says where an end stands after step n.
func plainEnd(b *strings.Builder, t *handshake.Trace, n, peer int, say *words.Words, lang string) {
	end := Ends(t, n)[peer]
	key := "ui.plain.end"
	if end.Call != "" {
		key = "ui.plain.end.waits"
	}
	sentence(b, 1, say.Say(key, Fill(
		"name", capital(Name(end.Peer.Name, lang)), "state", end.State, "call", shortCall(end.Call), "since", strconv.Itoa(end.Since))))
}

// shortCall is a call without what follows its descriptor.
func shortCall(call string) string {
	if name, _, ok := strings.Cut(call, ","); ok {
		return name + ")"
	}
	return call
}

// changes lists the variables that the step changed, each with what it was.
func changes(t *handshake.Trace, n int, say *words.Words, lang string) string {
	s := t.Steps[n-1]
	peer := PeerIndex(t, s.Peer)
	if peer < 0 {
		return ""
	}
	before := Ends(t, n-1)[peer]
	var list []string
	for _, v := range s.Vars {
		if v.Passing() || v.Name == "descriptor" {
			continue
		}
		var was handshake.Var
		if c := before.Conn(s.On); c != nil {
			was, _ = c.Var(v.Name)
		}
		key := "ui.plain.change"
		if was.Value == "" {
			key = "ui.plain.new"
		}
		list = append(list, say.Say(key, Fill(
			"name", say.Our("var", v.Name), "value", orNone(v, say), "was", Value(was, say))))
	}
	if len(list) == 0 {
		return ""
	}
	return Name(s.Peer, lang) + " " + strings.Join(list, "; ")
}

func orNone(v handshake.Var, say *words.Words) string {
	if v.Value == "" {
		return say.Text("ui.none")
	}
	return Value(v, say)
}

func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// sentence writes a text in lines of at most 72 columns: what belongs to a step is
// indented once, what continues a line once more.
func sentence(b *strings.Builder, depth int, text string) {
	const columns = 72
	indent := strings.Repeat("  ", depth)
	out := indent
	for word := range strings.FieldsSeq(text) {
		switch {
		case strings.TrimSpace(out) == "":
			out += word
		case Width(out)+1+Width(word) > columns:
			b.WriteString(out + "\n")
			out = indent + "  " + word
		default:
			out += " " + word
		}
	}
	b.WriteString(out + "\n")
}
