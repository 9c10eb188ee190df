package tui

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/gdamore/tcell/v2"

	"sockscope/handshake"
	"sockscope/viz"
	"sockscope/viz/words"
)

// prompt is a line being typed in the place of the next line.
type prompt struct {
	ask  string // key of what is asked
	text string
	done func(text string)
}

// ask opens a prompt.
func (d *dashboard) ask(key string, done func(string)) {
	d.list, d.prompt = nil, &prompt{ask: key, done: done}
}

// typed takes a key for the prompt.
func (d *dashboard) typed(event *tcell.EventKey) {
	if p := d.prompt; p.over(event) {
		d.prompt = nil
		p.enter()
	}
}

// over takes a key and reports whether it ended the line: Enter did, or Esc, which
// empties it.
func (p *prompt) over(event *tcell.EventKey) bool {
	switch event.Key() {
	case tcell.KeyEnter:
		return true
	case tcell.KeyEsc:
		p.text = ""
		return true
	case tcell.KeyBackspace, tcell.KeyBackspace2:
		if runes := []rune(p.text); len(runes) > 0 {
			p.text = string(runes[:len(runes)-1])
		}
	case tcell.KeyCtrlU:
		p.text = ""
	case tcell.KeyRune:
		if r := event.Rune(); unicode.IsPrint(r) && len(p.text) < maxTyped {
			p.text += string(r)
		}
	}
	return false
}

// enter uses the line, unless it is empty.
func (p *prompt) enter() {
	if text := strings.TrimSpace(p.text); text != "" {
		p.done(text)
	}
}

// maxTyped bounds a line that is typed: the longest path of Linux.
const maxTyped = 4096

func (d *dashboard) goTo(text string) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		d.mention("dash.not-a-step", "found", quote(text))
		return
	}
	d.goToStep(n)
}

func (d *dashboard) search(text string) {
	d.model.query = text
	d.find(1)
}

func (d *dashboard) find(by int) {
	if d.model.query == "" {
		d.ask("dash.ask-search", d.search)
		return
	}
	err := d.model.find(by, d.says)
	switch {
	case errors.Is(err, errNotFound):
		d.mention("dash.not-found", "query", quote(d.model.query))
	default:
		d.mention("dash.found", "query", quote(d.model.query), "n", strconv.Itoa(d.model.timeline.N()))
	}
}

// says is all that the screen says of step n: label, states, sentences.
func (d *dashboard) says(n int) string {
	trace := d.model.timeline.Trace()
	s := &trace.Steps[n-1]
	story := viz.Narrate(trace, n, d.lang)
	return strings.Join(append(story.Sentences, s.Label, s.Before, s.After, story.Event, story.Note, story.Source), "\n")
}

// export writes the trace to a new file, as JSON Lines, as a capture, as an SVG or as
// text by the name's ending.
func (d *dashboard) export(name string) {
	trace := d.model.shown()
	if err := writeTrace(name, trace, d.lang); err != nil {
		d.fail(err)
		return
	}
	d.mention("dash.wrote", "n", strconv.Itoa(len(trace.Steps)), "file", name)
}

func writeTrace(name string, trace *handshake.Trace, lang string) error {
	write := viz.Text
	switch strings.ToLower(filepath.Ext(name)) {
	case ".json":
		write = viz.JSON
	case ".pcapng":
		write = viz.PCAPNG
	case ".svg":
		write = viz.SVG
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666) // never over a file that is there
	if err != nil {
		return err
	}
	return cmp.Or(write(f, trace, viz.Options{Lang: lang}), f.Close())
}

// command is what can be typed behind a colon.
type command struct {
	name, argument string
	do             func(d *dashboard, argument string)
}

func commands() []command {
	return []command{
		{"open", "NAME", (*dashboard).open},
		{"do", "LINE", (*dashboard).doLine},
		{"lang", "en|ko", (*dashboard).speak},
		{"goto", "N", (*dashboard).goTo},
		{"export", "FILE", (*dashboard).export},
		{"quit", "", func(d *dashboard, _ string) { d.leave() }},
	}
}

// command does what was typed behind a colon.
func (d *dashboard) command(text string) {
	name, argument, _ := strings.Cut(text, " ")
	argument = strings.TrimSpace(argument)
	var allowed []string
	for _, c := range commands() {
		if c.name == name && (c.argument == "") == (argument == "") {
			c.do(d, argument)
			return
		}
		allowed = append(allowed, strings.TrimSpace(c.name+" "+c.argument))
	}
	d.mention("dash.bad-command", "found", quote(text), "allowed", strings.Join(allowed, ", "))
}

// doLine does a line of a script: what no list of choices can hold, such as a segment
// that is to be injected or to take another's place.
func (d *dashboard) doLine(line string) {
	c, err := handshake.ParseChoice(line)
	if err != nil {
		d.fail(err)
		return
	}
	d.do(d.model.timeline.Meant(c))
}

func (d *dashboard) speak(lang string) {
	if !slices.Contains(words.Langs(), lang) {
		d.mention("dash.bad-lang", "found", quote(lang))
		return
	}
	d.lang, d.say = lang, words.For(lang)
}

// open puts another scenario in the place of this one.
func (d *dashboard) open(name string) {
	d.unlessFutures("dash.ask-open", func() {
		d.replace(d.load(name))
	})
}

// replace shows another timeline, if there is one.
func (d *dashboard) replace(t *handshake.Timeline, err error) {
	if err != nil {
		d.fail(err)
		return
	}
	if err := d.close(); err != nil {
		d.fail(err)
	}
	d.loaded = t
	d.begin(t)
}

// quote shows what was typed, no more of it than a line has room for.
func quote(text string) string {
	if short, used := cut(text, 40); used < width(text) {
		text = short + "..."
	}
	return fmt.Sprintf("%q", text)
}
