package main

import (
	"github.com/spf13/cobra"
)

func (p *program) helpVerb() *cobra.Command {
	c := p.verb("help [VERB [VERB]]", func(c *cobra.Command, args []string) error {
		about, rest, err := c.Root().Find(args)
		if err != nil || len(rest) > 0 {
			return p.misuse("ui.error.verb", "found", rest[0], "meant", p.nearest(rest[0], verbNames(about)))
		}
		return about.Help()
	})
	c.Args = p.args(0, 2)
	return c
}
