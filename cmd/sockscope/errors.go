package main

import (
	"cmp"
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"sockscope/handshake"
	"sockscope/handshake/kernel"
	"sockscope/viz"
	"sockscope/viz/tui"
)

// The exit codes.
const (
	done     = 0
	failed   = 1 // it ran and failed
	misused  = 2 // wrong usage or input
	unusable = 3 // this machine cannot do it
)

// exit is an error that knows its code.
type exit struct {
	code int
	error
}

func (e *exit) Unwrap() error { return e.error }

// fail says something in the reader's language and ends with a code.
func (p *program) fail(code int, key string, pairs ...string) error {
	return &exit{code, errors.New(p.say.Say(key, viz.Fill(pairs...)))}
}

// misuse is a mistake of the command line.
func (p *program) misuse(key string, pairs ...string) error { return p.fail(misused, key, pairs...) }

// explain gives an error's one line and its exit code.
func (p *program) explain(err error) (string, int) {
	code := failed
	if known, ok := errors.AsType[*exit](err); ok {
		code = known.code
	}
	if mistake, ok := errors.AsType[*handshake.Mistake](err); ok {
		return p.say.Say("ui.error.mistake", viz.Fill("file", mistake.File, "line", strconv.Itoa(mistake.Line),
			"found", mistake.Found, "allowed", mistake.Allowed)), misused
	}
	if not, ok := errors.AsType[*handshake.Unplayable](err); ok && not.Why == nil {
		return p.say.Say("ui.error.protocol", viz.Fill("engine", not.Engine, "scenario", not.Scenario,
			"protocol", strings.ToUpper(not.Protocol), "engines", strings.Join(not.On, ", "))), misused
	} else if ok {
		return p.say.Say("ui.error.unplayable", viz.Fill("engine", not.Engine, "scenario", not.Scenario,
			"why", not.Why[p.lang], "engines", cmp.Or(strings.Join(not.On, ", "), "-"))), misused
	}
	if errors.Is(err, viz.ErrNoGraphs) {
		return p.say.Text("ui.error.no-graphs"), misused
	}
	if errors.Is(err, viz.ErrNoCapture) {
		return p.say.Text("ui.error.no-capture"), misused
	}
	why := strings.ReplaceAll(err.Error(), "\n", "; ")
	if errors.Is(err, tui.ErrScreen) {
		return p.say.Say("ui.error.screen", viz.Fill("why", why)), unusable
	}
	return why, code
}

// input makes an error in what was given to the program one of exit code 2.
func input(err error) error {
	if err == nil {
		return nil
	}
	return &exit{misused, err}
}

// told is an error in the reader's words.
type told struct {
	text string
	error
}

func (t *told) Error() string { return t.text }
func (t *told) Unwrap() error { return t.error }

// cause is the key of the sentences that say why the kernel engine cannot run here, and
// what helps.
func cause(err error) string {
	if unable, ok := errors.AsType[*kernel.Unable](err); ok && unable.Cause != "" {
		return unable.Cause
	}
	return "linux"
}

// start judges what an engine says at the start: without loopback sockets, or what the
// kernel engine needs, it is the machine, else the scenario.
func (p *program) start(err error) error {
	if errors.Is(err, kernel.ErrMachine) {
		key := cause(err)
		return &exit{unusable, &told{p.say.Say("ui.error.kernel", viz.Fill(
			"cause", p.say.Text("ui.doctor.cause."+key), "why", err.Error(), "remedy", p.say.Text("ui.doctor.remedy."+key))), err}}
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return p.fail(unusable, "ui.error.machine", "why", err.Error())
	}
	return input(err)
}

// closedPipe reports that the reader of the output has gone: no failure of ours.
func closedPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }

// nearest asks whether something else was meant, if there is something near.
func (p *program) nearest(word string, among []string) string {
	list := &cobra.Command{SuggestionsMinimumDistance: min(2, (len(word)+1)/2)}
	for _, name := range among {
		list.AddCommand(&cobra.Command{Use: name, Run: func(*cobra.Command, []string) {}})
	}
	meant := list.SuggestionsFor(word)
	if word == "" || len(meant) == 0 || slices.Contains(meant, word) { // it is a word, but not here
		return ""
	}
	return "; " + p.say.Say("ui.error.meant", viz.Fill("meant", strings.Join(meant, ", ")))
}
