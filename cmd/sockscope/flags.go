package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sockscope/handshake"
	"sockscope/handshake/arpanet"
	"sockscope/handshake/kernel"
	"sockscope/handshake/mixed"
	"sockscope/handshake/model"
	"sockscope/viz/words"
)

// flags are what a person may choose beside the verb. A verb knows some of them.
type flags struct {
	engine, view, file string // engine: empty is the scenario's own
	plain, mouse, why  bool
	proposals          bool // of a socket's structure, in [program.socketVerb]
	seed               uint64
	seeded             bool // --seed was given
	stream             int  // which connection of a capture
	color              bool

	kernelEnd, kernelProgram string // of the mixed engine
}

// The values of --view.
const (
	viewTUI    = "tui"
	viewText   = "text"
	viewJSON   = "json"
	viewPCAPNG = "pcapng"
	viewSVG    = "svg"
)

// flagNames are what could have been meant by a flag that there is not.
func flagNames() []string {
	return []string{
		"--engine", "--view", "--output", "--lang", "--plain", "--seed", "--mouse", "--why", "--proposals", "--stream", "--kernel-end", "--kernel-program",
		"--host", "--at", "--attach", "--imp", "--hosts", "--framing", "--contact", "--by", "--of", "--table", "--help",
	}
}

// engines are the values of --engine.
func engines() map[string]handshake.Engine {
	return map[string]handshake.Engine{model.Name: model.Engine{}, kernel.Name: kernel.Engine{}, mixed.Name: mixed.Engine{}, arpanet.Name: arpanet.Engine{}}
}

// engineNames are the names of [engines] in the order of the help text.
func engineNames() []string {
	return []string{model.Name, kernel.Name, mixed.Name, arpanet.Name}
}

// flag gives a verb one of the flags, with its words.
func (p *program) flag(c *cobra.Command, f *flags, names ...string) {
	set := c.Flags()
	for _, name := range names {
		text := p.say.Text("ui.flag." + name)
		switch name {
		case "engine":
			set.StringVar(&f.engine, name, "", text)
		case "view":
			set.StringVar(&f.view, name, "", text)
		case "output":
			set.StringVarP(&f.file, name, "o", "", text)
		case "plain":
			set.BoolVar(&f.plain, name, false, text)
		case "mouse":
			set.BoolVar(&f.mouse, name, false, text)
		case "why":
			set.BoolVar(&f.why, name, false, text)
		case "proposals":
			set.BoolVar(&f.proposals, name, false, text)
		case "seed":
			set.Uint64Var(&f.seed, name, 0, text)
		case "kernel-end":
			set.StringVar(&f.kernelEnd, name, "", text)
		case "kernel-program":
			set.StringVar(&f.kernelProgram, name, "", text)
		case "stream":
			set.IntVar(&f.stream, name, 1, text)
		}
	}
	for name, none := range map[string]string{"engine": "", "stream": "0"} {
		if known := set.Lookup(name); known != nil {
			known.DefValue = none // so none is printed: the words say it, in their language
		}
	}
}

// settle checks the values of a verb's flags, and gives --view its default: the
// dashboard where the verb has one and a person can see it, else text.
func (p *program) settle(c *cobra.Command, f *flags, views ...string) error {
	if c.Flags().Changed("engine") {
		if err := p.among("engine", f.engine, engineNames()); err != nil {
			return err
		}
	}
	if c.Flags().Changed("output") && f.file == "" {
		return p.misuse("ui.error.argument", "flag", "-o", "help", c.CommandPath()+" --help")
	}
	if c.Flags().Changed("view") {
		if err := p.among("view", f.view, views); err != nil {
			return err
		}
	} else {
		f.view = views[0]
	}
	if f.view == viewTUI && (f.file != "" || !p.terminal()) {
		f.view = viewText
	}
	if f.view == viewPCAPNG && (f.file == "" || f.file == "-") && p.out.terminal() {
		return p.misuse("ui.error.binary", "view", f.view)
	}
	f.plain = f.plain || f.view == viewTUI && p.env("TERM") == "dumb" // which cannot move the cursor
	f.seeded = c.Flags().Changed("seed")
	f.color = p.env("NO_COLOR") == "" && p.env("CLICOLOR") != "0"
	return nil
}

// among reports a flag's value that is not one of those allowed.
func (p *program) among(flag, found string, allowed []string) error {
	if slices.Contains(allowed, found) {
		return nil
	}
	return p.misuse("ui.error.value", "flag", flag, "found", found, "allowed", strings.Join(allowed, ", "),
		"meant", p.nearest(found, allowed))
}

// scenario loads what a person named.
func (p *program) scenario(name string, f *flags) (*handshake.Scenario, error) {
	s, err := handshake.Load(name)
	if errors.Is(err, handshake.ErrNoScenario) {
		return nil, p.misuse("ui.error.scenario", "found", name, "meant", p.nearest(name, handshake.Names()))
	}
	if err != nil {
		return nil, input(err)
	}
	if f.seeded {
		s.Seed = f.seed
	}
	return s, nil
}

// language is that of --lang, else of LC_ALL, LC_MESSAGES or LANG. It is needed before
// there are verbs and flags to parse, for these have words.
func language(args []string, env func(string) string) (string, error) {
	lang := words.Langs()[0]
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := env(name); value != "" {
			if code := strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune("_.@", r) }); len(code) > 0 && slices.Contains(words.Langs(), code[0]) {
				lang = code[0]
			}
			break
		}
	}
	for i, arg := range args {
		value, ok := strings.CutPrefix(arg, "--lang=")
		if arg == "--lang" && i+1 < len(args) {
			value, ok = args[i+1], true
		}
		switch {
		case arg == "--":
			return lang, nil
		case ok && !slices.Contains(words.Langs(), value):
			p := program{say: words.For(lang)}
			return lang, p.among("lang", value, words.Langs())
		case ok:
			lang = value
		}
	}
	return lang, nil
}
