package main

import (
	"context"
	"errors"

	"sockscope/handshake"
)

// show opens the dashboard on a timeline, or renders it, and ends its session.
func (p *program) show(ctx context.Context, t *handshake.Timeline, f *flags) error {
	if f.view == viewTUI {
		return errors.Join(p.dashboard(ctx, t, f), t.Close())
	}
	return errors.Join(p.render(ctx, t, f), t.Close())
}

func (p *program) dashboard(context.Context, *handshake.Timeline, *flags) error {
	return errors.New("no dashboard yet")
}

func (p *program) explore(context.Context, *flags) error {
	return errors.New("no explorer yet")
}
