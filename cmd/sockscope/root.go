package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"sockscope/handshake"
)

// root is sockscope without a verb: the dashboard on the default scenario.
func (p *program) root() *cobra.Command {
	f := &flags{}
	c := p.verb("sockscope", func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return p.misuse("ui.error.verb", "found", args[0], "meant", p.nearest(args[0], verbNames(c)))
		}
		return p.step(c, f, handshake.Default)
	})
	c.Args = cobra.ArbitraryArgs
	p.dashboardFlags(c, f)
	c.PersistentFlags().String("lang", "", p.say.Text("ui.flag.lang"))
	c.PersistentFlags().BoolP("help", "h", false, p.say.Text("ui.flag.help"))
	c.SetOut(p.out)
	c.SetErr(io.Discard) // what cobra would say there is said by run
	c.SilenceErrors, c.SilenceUsage = true, true
	c.CompletionOptions.DisableDefaultCmd = true
	c.SetUsageTemplate(p.template())
	c.SetHelpTemplate("{{.Long}}\n\n" + p.template())
	c.SetFlagErrorFunc(p.flagError)
	cobra.EnableCommandSorting = false
	c.AddCommand(p.stepVerb(), p.runVerb(), p.listVerb(), p.socketVerb(), p.hostsVerb(), p.socketsVerb(), p.usersVerb(), p.accountsVerb(),
		p.openVerb(), p.compareVerb(), p.arpanetVerb(), p.doctorVerb(), p.versionVerb(), p.completionVerb())
	c.SetHelpCommand(p.helpVerb())
	return c
}

// verb makes a command; its words stand under its name.
func (p *program) verb(use string, do func(*cobra.Command, []string) error) *cobra.Command {
	name, _, _ := strings.Cut(use, " ")
	return &cobra.Command{
		Use:                   use,
		Short:                 p.say.Text("ui.verb." + name + ".short"),
		Long:                  p.say.Text("ui.verb." + name + ".long"),
		DisableFlagsInUseLine: true,
		RunE:                  do,
	}
}

// args limits how many arguments a verb takes.
func (p *program) args(least, most int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return p.misuse("ui.error.few", "usage", c.UseLine())
		case len(args) > most:
			return p.misuse("ui.error.many", "found", args[most], "usage", c.UseLine())
		}
		return nil
	}
}

func verbNames(root *cobra.Command) []string {
	var names []string
	for _, c := range root.Commands() {
		names = append(names, c.Name())
	}
	return names
}

// flagError puts what the flag parser says into the reader's language.
func (p *program) flagError(c *cobra.Command, err error) error {
	usage := c.CommandPath() + " --help"
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "unknown flag: --"); ok {
		return p.misuse("ui.error.flag", "found", "--"+name, "help", usage, "meant", p.nearest("--"+name, flagNames()))
	}
	if _, name, ok := strings.Cut(text, "unknown shorthand flag: "); ok {
		return p.misuse("ui.error.flag", "found", name, "help", usage, "meant", "")
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: "); ok {
		return p.misuse("ui.error.argument", "flag", name, "help", usage)
	}
	var value, flag string
	if n, _ := fmt.Sscanf(text, "invalid argument %q for %q flag:", &value, &flag); n == 2 {
		return p.misuse("ui.error.value", "flag", strings.TrimPrefix(flag, "--"), "found", value,
			"allowed", cmp.Or(numbersOf(flag), "true, false"), "meant", "")
	}
	return p.misuse("ui.error.badflag", "why", text, "help", usage)
}

// template is cobra's usage text in the reader's language.
func (p *program) template() string {
	heading := func(key string) string { return p.say.Text("ui.help." + key) }
	return heading("usage") + `:
  {{.UseLine}}{{if .HasAvailableSubCommands}}
  {{.CommandPath}} ` + heading("verb") + ` ...

` + heading("verbs") + `:{{range .Commands}}{{if (or .IsAvailableCommand (eq .Name "help"))}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

` + heading("flags") + `:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableInheritedFlags}}

` + heading("everywhere") + `:
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}
`
}
