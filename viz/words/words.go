// Package words holds every sentence that a person reads, in English and Korean:
// why a rule fired, the words of the panes, what a key does. A sentence says what
// happened and why, then what to look at; it is true each time its rule fires.
package words

import (
	_ "embed" // the two files
	"fmt"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// The sentences, "key: sentence" a line, continued by indentation. One line in en.txt
// lists the quiet rules, see [Words.Quiet].
var (
	//go:embed en.txt
	enFile string
	//go:embed ko.txt
	koFile string
)

// A language is read when it is first asked for.
var (
	english = sync.OnceValue(func() *Words { return parse("en.txt", enFile) })
	korean  = sync.OnceValue(func() *Words { return parse("ko.txt", koFile) })
)

// Words are the sentences of one language.
type Words struct {
	sentences map[string]string
	protocol  string // behind a dot; see Speaking
}

// Langs lists the languages, the default first.
func Langs() []string { return []string{"en", "ko"} }

// For gives the words of a language, English if it is not one of [Langs].
func For(lang string) *Words {
	if lang == "ko" {
		return korean()
	}
	return english()
}

// parse reads a file of this package. Its mistakes are ours, so they panic.
func parse(name, text string) *Words {
	sentences := make(map[string]string, strings.Count(text, "\n"))
	last, n := "", 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimRight(line, " \n")
		rest := strings.TrimLeft(line, " ")
		key, sentence, ok := strings.Cut(line, ": ")
		switch {
		case rest == "" || rest[0] == '#':
		case rest != line && last != "":
			sentences[last] += " " + rest
		case rest != line || !ok || strings.Contains(key, " ") || sentences[key] != "":
			panic(fmt.Sprintf("words: %s:%d: %q, want a new \"key: sentence\" or an indented continuation", name, n, line))
		default:
			last, sentences[key] = key, strings.TrimSpace(sentence)
		}
	}
	return &Words{sentences: sentences}
}

// Speaking gives the words for a protocol: where a key has a sentence of its own for it, as
// ui.event.arrive.ncp beside ui.event.arrive, that one is said.
func (w *Words) Speaking(protocol string) *Words {
	return &Words{sentences: w.sentences, protocol: "." + protocol}
}

// Has reports whether there is a sentence with this key.
func (w *Words) Has(key string) bool { return w.sentences[key] != "" }

// Text is a sentence as it stands, for words without placeholders; a key that has
// none stands for itself.
func (w *Words) Text(key string) string {
	if s, ok := w.sentences[key+w.protocol]; ok && w.protocol != "" {
		return s
	}
	if s, ok := w.sentences[key]; ok {
		return s
	}
	return key
}

// Our is a name of ours in the language: a timer's, a signal's, a variable's. The
// RFC's own names are in no group and stay as they are.
func (w *Words) Our(group, name string) string {
	if key := "ui." + group + "." + strings.ReplaceAll(name, " ", "-"); w.Has(key) {
		return w.Text(key)
	}
	return name
}

// Peer is what the language calls a peer of a scenario: "the client". Names that are
// not known here stay as they are.
func (w *Words) Peer(name string) string {
	if s, ok := w.sentences["peer."+name]; ok {
		return s
	}
	return name
}

// Quiet reports a rule that yields to any other of its step: the sentence of a step
// is that of its last rule that is not quiet, or of its last rule if all are.
func (w *Words) Quiet(rule string) bool {
	for quiet := range strings.FieldsSeq(english().sentences["quiet"]) {
		if quiet == rule {
			return true
		}
	}
	return false
}

// Say gives a sentence with its placeholders filled; one that fill does not know
// becomes "?". Rules use the names
//
//	end, other                 the peer whose step it is, and the opposite one, by name
//	state, was                 the connection's state after the step and before it
//	SEG.SEQ SEG.ACK SEG.LEN    of the step's segment
//	SND.UNA RCV.NXT ISS ...    the connection's variables after the step
//	link, byte size ...        the same of an NCP's connection
//	MSG.my MSG.link ...        of the ARPANET message that departs
//
// {End} and {Other} are the same with a capital, for a sentence's beginning. Behind a
// bar stand the two forms of a Korean particle, {end|이/가}: the first follows a
// consonant.
func (w *Words) Say(key string, fill func(name string) (string, bool)) string {
	var b strings.Builder
	rest := w.Text(key)
	for {
		before, after, found := strings.Cut(rest, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		placeholder, tail, _ := strings.Cut(after, "}")
		name, particles, _ := strings.Cut(placeholder, "|")
		value := w.value(name, fill)
		b.WriteString(value)
		b.WriteString(particle(value, particles))
		rest = tail
	}
}

// value fills one placeholder.
func (w *Words) value(name string, fill func(string) (string, bool)) string {
	lower := name
	if name == "End" || name == "Other" {
		lower = strings.ToLower(name)
	}
	value, ok := fill(lower)
	switch {
	case !ok:
		return "?"
	case lower != "end" && lower != "other":
		return value
	}
	value = w.Peer(value)
	if lower != name {
		first, size := utf8.DecodeRuneInString(value)
		value = string(unicode.ToUpper(first)) + value[size:]
	}
	return value
}
