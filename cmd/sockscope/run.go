package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"sockscope/handshake"
	"sockscope/handshake/kernel"
)

func (p *program) runVerb() *cobra.Command {
	f := &flags{}
	c := p.verb("run SCENARIO", func(c *cobra.Command, args []string) error {
		if err := p.settle(c, f, viewText, viewJSON, viewPCAPNG, viewSVG); err != nil {
			return err
		}
		return p.play(c.Context(), f, args[0])
	})
	c.Args = p.args(1, 1)
	c.ValidArgs = handshake.Names()
	p.flag(c, f, "engine", "view", "output", "plain", "why", "seed", "kernel-end", "kernel-program")
	return c
}

// play starts a scenario and shows it.
func (p *program) play(ctx context.Context, f *flags, name string) error {
	t, err := p.timeline(ctx, f, name)
	switch {
	case errors.Is(err, kernel.ErrMachine) && f.view == viewTUI && !f.plain:
		return p.offer(ctx, f, name, err)
	case err != nil:
		return err
	}
	return p.show(ctx, t, f)
}

// timeline starts a scenario on the engine that the flags name.
func (p *program) timeline(ctx context.Context, f *flags, name string) (*handshake.Timeline, error) {
	s, err := p.scenario(name, f)
	if err != nil {
		return nil, err
	}
	on := *f
	if on.engine == "" { // the scenario's own: another one that is opened later may have another
		on.engine = s.Engine()
	}
	e, s, err := p.engine(&on, s)
	if err != nil {
		return nil, err
	}
	t, err := handshake.NewTimeline(ctx, e, s)
	return t, p.start(err)
}
