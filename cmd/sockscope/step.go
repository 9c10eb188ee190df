package main

import (
	"github.com/spf13/cobra"

	"sockscope/handshake"
)

func (p *program) stepVerb() *cobra.Command {
	f := &flags{}
	c := p.verb("step [SCENARIO]", func(c *cobra.Command, args []string) error {
		return p.step(c, f, append(args, handshake.Default)[0])
	})
	c.Args = p.args(0, 1)
	c.ValidArgs = handshake.Names()
	p.dashboardFlags(c, f)
	return c
}

// dashboardFlags are those of the verbs that open the dashboard on a scenario.
func (p *program) dashboardFlags(c *cobra.Command, f *flags) {
	p.flag(c, f, "engine", "view", "output", "plain", "seed", "mouse", "kernel-end", "kernel-program")
}

// step opens the dashboard on a scenario, paused before its first step.
func (p *program) step(c *cobra.Command, f *flags, name string) error {
	if err := p.settle(c, f, viewTUI, viewText, viewJSON, viewPCAPNG, viewSVG); err != nil {
		return err
	}
	return p.play(c.Context(), f, name)
}
