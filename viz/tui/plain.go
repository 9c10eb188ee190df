package tui

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"sockscope/handshake"
	"sockscope/viz"
	"sockscope/viz/words"
)

// Plain steps a timeline with words, for ears, braille and pipes: each line that is
// read is a command, what it led to is said in whole sentences, and nothing is drawn.
// It ends at the word quit, at the end of the input, or with the context. A goroutine
// reads ahead by one line, since reading has no time limit.
func Plain(ctx context.Context, t *handshake.Timeline, lang string, in io.Reader, out io.Writer) error {
	p := &speaker{ctx: ctx, model: newStepper(t), lang: lang, out: &onceWriter{w: out}}
	p.line(title(p.view()) + ".")
	p.again("")
	lines, stop := make(chan string), make(chan struct{})
	defer close(stop)
	var failed error
	go func() {
		defer close(lines)
		scanner := bufio.NewScanner(in)
		for scanner.Scan() {
			select {
			case lines <- scanner.Text():
			case <-stop:
				return
			}
		}
		if err := scanner.Err(); err != nil {
			failed = fmt.Errorf("tui: input: %w", err)
		}
	}()
	for p.out.err == nil && !p.left {
		p.ask()
		select {
		case line, more := <-lines:
			if !more {
				return errors.Join(p.out.err, failed)
			}
			p.do(line)
		case <-ctx.Done():
			return p.out.err
		}
	}
	return p.out.err
}

// speaker is plain mode: it hears words and answers in sentences.
type speaker struct {
	ctx   context.Context
	model *stepper
	lang  string
	out   *onceWriter
	left  bool
}

// onceWriter keeps the first error, so that it is asked for once.
type onceWriter struct {
	w   io.Writer
	err error
}

func (w *onceWriter) Write(b []byte) (int, error) {
	if w.err == nil {
		_, w.err = w.w.Write(b)
	}
	return len(b), w.err
}

func (w *onceWriter) line(text string) {
	if w.err == nil {
		_, w.err = io.WriteString(w.w, text+"\n")
	}
}

// word is a command. Its names are in viz/words, in each language.
type word struct {
	key      string
	argument bool
	do       func(p *speaker, argument string)
}

// plainWords are the commands in the order of help. The first is also the empty line.
func plainWords() []word {
	return []word{
		{"next", false, (*speaker).next},
		{"back", false, (*speaker).back},
		{"lose", false, func(p *speaker, _ string) { p.step(func() error { return p.model.disturb(p.ctx, handshake.Drop) }) }},
		{"double", false, func(p *speaker, _ string) {
			p.step(func() error { return p.model.disturb(p.ctx, handshake.Duplicate) })
		}},
		{"choose", false, (*speaker).choose},
		{"again", false, (*speaker).again},
		{"go", true, (*speaker).goTo},
		{"futures", false, (*speaker).futures},
		{"future", true, (*speaker).visit},
		{"language", false, (*speaker).language},
		{"help", false, (*speaker).help},
		{"quit", false, func(p *speaker, _ string) { p.left = true }},
	}
}

// do does what a line says: a command in either language, or the number of a choice.
func (p *speaker) do(line string) {
	name, argument, _ := strings.Cut(strings.ToLower(strings.TrimSpace(line)), " ")
	argument = strings.TrimSpace(argument)
	if n, err := strconv.Atoi(name); err == nil && argument == "" {
		p.pick(n)
		return
	}
	for _, w := range plainWords() {
		if w.argument == (argument != "") && (w.named(name) || name == "" && w.key == "next") {
			w.do(p, argument)
			return
		}
	}
	p.say("plain.unknown", "found", quote(strings.TrimSpace(line)), "allowed", p.names(plainWords()))
}

// named reports whether a word is the command's name in one of the languages.
func (w word) named(name string) bool {
	return slices.ContainsFunc(words.Langs(), func(lang string) bool { return w.name(lang) == name })
}

func (w word) name(lang string) string { return words.For(lang).Text("plain.word." + w.key) }

// names lists commands, with N where a number follows.
func (p *speaker) names(list []word) string {
	names := make([]string, len(list))
	for i, w := range list {
		names[i] = w.name(p.lang)
		if w.argument {
			names[i] += " N"
		}
	}
	return strings.Join(names, ", ")
}

// ask says what would come next and what can be typed.
func (p *speaker) ask() {
	short := slices.DeleteFunc(plainWords(), func(w word) bool {
		return !slices.Contains([]string{"back", "lose", "choose", "again", "help", "quit"}, w.key)
	})
	if coming := p.coming(); coming != "" {
		p.say("plain.ask", "what", coming, "words", p.names(short))
		return
	}
	p.say("plain.ask-over", "words", p.names(short))
}

// coming is what the next step would be; empty when the script is over.
func (p *speaker) coming() string {
	v, t := p.view(), p.model.timeline
	if v.n < t.Len() {
		return v.sentence(choiceOf(v.trace.Steps[v.n]), false)
	}
	if c, ok := t.Coming(); ok {
		return v.sentence(c, false)
	}
	return ""
}

func (p *speaker) next(string) {
	t := p.model.timeline
	if c, ok := t.Coming(); ok && t.Edge() && c == (handshake.Choice{Verb: handshake.Wait}) {
		p.say("plain.waits")
	}
	p.step(func() error { return p.model.forward(p.ctx) })
}

// step moves the timeline, and tells if a session was started anew for it.
func (p *speaker) step(do func() error) {
	t := p.model.timeline
	starts, n := t.Starts(), t.N()
	err := do()
	if err == nil && t.Starts() > starts {
		p.say("plain.anew", "n", strconv.Itoa(n))
	}
	p.try(err)
}

func (p *speaker) back(string) {
	p.model.back()
	p.again("")
}

// again tells the step at the cursor.
func (p *speaker) again(string) {
	t := p.model.timeline
	if t.N() == 0 {
		p.say("plain.start")
		return
	}
	if err := viz.PlainStep(p.out, t.Trace(), t.N(), p.lang); err != nil {
		p.out.err = err
	}
}

// try tells the step that was made, or why there is none.
func (p *speaker) try(err error) {
	switch {
	case err == nil:
		p.again("")
	case errors.Is(err, handshake.ErrOver):
		p.say("plain.over")
	case errors.Is(err, errInFlight):
		p.say("plain.in-flight")
	case errors.Is(err, errRecorded):
		p.say("dash.recorded")
	default:
		p.line(err.Error())
	}
}

// choose lists what may happen, with numbers to type.
func (p *speaker) choose(string) {
	choices := p.model.choices()
	if len(choices) == 0 {
		p.say("plain.no-choice")
		return
	}
	v := p.view()
	p.say("plain.choices")
	for i, c := range choices {
		p.line(fmt.Sprintf("  %d: %s", i+1, v.sentence(c, true)))
	}
}

func (p *speaker) pick(n int) {
	choices := p.model.choices()
	switch {
	case len(choices) == 0:
		p.say("plain.no-choice")
	case n < 1 || n > len(choices):
		p.say("plain.number", "found", strconv.Itoa(n), "most", strconv.Itoa(len(choices)))
	default:
		p.step(func() error { return p.model.do(p.ctx, choices[n-1]) })
	}
}

func (p *speaker) goTo(argument string) {
	n, err := strconv.Atoi(argument)
	if err != nil || n < 0 {
		p.say("plain.no-step", "found", quote(argument))
		return
	}
	p.step(func() error { return p.model.goTo(p.ctx, n) })
}

// futures lists every way that things went.
func (p *speaker) futures(string) {
	v, all := p.view(), p.model.timeline.Futures()
	if len(all) < 2 {
		p.say("plain.one-future")
		return
	}
	for i, f := range all {
		key := "plain.future"
		if f.Current {
			key = "plain.future-current"
		}
		p.line(v.words(key, "n", strconv.Itoa(i+1), "what", v.future(f)))
	}
}

func (p *speaker) visit(argument string) {
	all := p.model.timeline.Futures()
	n, err := strconv.Atoi(argument)
	if err != nil || n < 1 || n > len(all) {
		p.say("plain.no-future", "found", quote(argument), "most", strconv.Itoa(len(all)))
		return
	}
	p.model.visit(all[n-1])
	p.again("")
}

// language goes on to the next language and tells the step in it.
func (p *speaker) language(string) {
	langs := words.Langs()
	p.lang = langs[(slices.Index(langs, p.lang)+1)%len(langs)]
	p.again("")
}

func (p *speaker) help(string) {
	for _, w := range plainWords() {
		p.line(p.names([]word{w}) + ": " + words.For(p.lang).Text("plain.help."+w.key))
	}
	p.say("plain.help.number")
}

// view is what sentences about choices need to know.
func (p *speaker) view() *view {
	trace, n := p.model.timeline.Trace(), p.model.timeline.N()
	return &view{trace: trace, n: n, ends: viz.Ends(trace, n), lang: p.lang, say: words.For(p.lang).Speaking(trace.Protocol)}
}

func (p *speaker) say(key string, pairs ...string) { p.line(p.view().words(key, pairs...)) }

// line writes a text in lines of at most 72 columns, as viz does for a step.
func (p *speaker) line(text string) {
	indent := text[:len(text)-len(strings.TrimLeft(text, " "))]
	for _, line := range wrap(text, 72-len(indent)) {
		p.out.line(indent + line)
	}
}
