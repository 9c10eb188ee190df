package main

import (
	"errors"
	"fmt"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/kernel"
	"sockscope/viz/tui"
	"sockscope/viz/words"
)

// 0 done; 1 it ran and failed; 2 wrong usage or input; 3 this machine cannot do it.
func TestEveryErrorIsOneLineWithItsExitCode(t *testing.T) {
	noSockets := fmt.Errorf("model: %w", &net.OpError{Op: "listen", Net: "udp4", Err: errors.New("too many open files")})
	mistake := &handshake.Mistake{File: "my.txtar", Line: 7, Found: "arive", Allowed: "arrive"}
	for _, lang := range words.Langs() {
		p := &program{lang: lang, say: words.For(lang)}
		for _, c := range []struct {
			err  error
			code int
			says string
		}{
			{errors.Join(errors.New("one"), errors.New("two")), failed, "one; two"},
			{input(errors.New("what was given")), misused, "what was given"},
			{fmt.Errorf("scenario: %w", mistake), misused, "my.txtar:7: "},
			{p.start(mistake), misused, "my.txtar:7: "},
			{p.start(&handshake.Unplayable{Scenario: "mine", Engine: "kernel", Why: map[string]string{lang: "그래서 so"}}), misused, "그래서 so"},
			{p.start(noSockets), unusable, "too many open files"},
			{p.start(fmt.Errorf("kernel: %w", &kernel.Unable{Cause: "apparmor", Err: errors.New("permission denied")})), unusable, "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"},
			{p.start(fmt.Errorf("kernel: %w", kernel.ErrMachine)), unusable, "sockscope doctor"},
			{errors.Join(fmt.Errorf("%w: TERM is unknown", tui.ErrScreen), nil), unusable, "--plain"},
			{p.misuse("ui.error.socket", "why", "plug 200"), misused, "plug 200"},
			{p.fail(failed, "ui.error.unlisted", "found", "nosuch"), failed, `"nosuch"`},
		} {
			message, code := p.explain(c.err)
			require.Equal(t, c.code, code, message)
			require.Contains(t, message, c.says)
			require.NotContains(t, message, "\n")
		}
	}
	p := &program{say: words.For("en")}
	require.NoError(t, p.start(nil))
	require.NoError(t, input(nil))
}

// https://no-color.org and CLICOLOR; an empty NO_COLOR is none.
func TestColourIsTheReadersChoice(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want bool
	}{
		{nil, true},
		{map[string]string{"NO_COLOR": "1"}, false},
		{map[string]string{"NO_COLOR": ""}, true},
		{map[string]string{"CLICOLOR": "0"}, false},
		{map[string]string{"CLICOLOR": "1"}, true},
	} {
		p := &program{say: words.For("en"), env: func(name string) string { return c.env[name] }}
		f := &flags{}
		require.NoError(t, p.settle(p.versionVerb(), f, viewText))
		require.Equal(t, c.want, f.color, "%v", c.env)
	}
}
