package main

import (
	"io"

	"github.com/spf13/cobra"

	"sockscope/handshake"
	"sockscope/viz"
)

func (p *program) listVerb() *cobra.Command {
	c := p.verb("list", func(*cobra.Command, []string) error {
		var all []*handshake.Scenario
		for _, name := range handshake.Names() {
			s, err := handshake.Load(name)
			if err != nil {
				return err
			}
			all = append(all, s)
		}
		return p.write(&flags{}, func(w io.Writer) error { return viz.List(w, all, engineNames(), p.lang) })
	})
	c.Args = p.args(0, 0)
	return c
}
