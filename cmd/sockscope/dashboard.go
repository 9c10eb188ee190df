package main

import (
	"context"
	"errors"

	"sockscope/handshake"
	"sockscope/viz/tui"
)

// show opens the dashboard on a timeline, or renders it, and ends its session.
func (p *program) show(ctx context.Context, t *handshake.Timeline, f *flags) error {
	if f.view == viewTUI {
		return errors.Join(p.dashboard(ctx, t, f), t.Close())
	}
	return errors.Join(p.render(ctx, t, f), t.Close())
}

// dashboard shows a timeline to a person at a terminal.
func (p *program) dashboard(ctx context.Context, t *handshake.Timeline, f *flags) error {
	config, err := tui.LoadConfig(tui.ConfigFile(p.env))
	if err != nil {
		return input(err)
	}
	return tui.Run(ctx, t, tui.Options{
		Lang: p.lang, Mouse: f.mouse, Color: f.color, Config: config,
		Load: func(name string) (*handshake.Timeline, error) { return p.timeline(ctx, f, name) },
	})
}

func (p *program) explore(context.Context, *flags) error {
	return errors.New("no explorer yet")
}
