package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"sockscope/handshake"
	"sockscope/handshake/kernel"
	"sockscope/handshake/model"
	"sockscope/viz"
	"sockscope/viz/tui"
	"sockscope/viz/words"
)

// show opens the dashboard on a timeline, or renders it, and ends its session.
func (p *program) show(ctx context.Context, t *handshake.Timeline, f *flags) error {
	see := p.render
	switch {
	case f.view == viewTUI && (f.plain || len(t.Trace().Peers) != 2): // the dashboard has room for two
		see = p.listen
	case f.view == viewTUI:
		see = p.dashboard
	}
	return errors.Join(see(ctx, t, f), t.Close())
}

// listen steps a timeline with words for a person who is to see nothing drawn.
func (p *program) listen(ctx context.Context, t *handshake.Timeline, _ *flags) error {
	return tui.Plain(ctx, t, p.lang, p.in, p.out)
}

// dashboard shows a timeline to a person at a terminal.
func (p *program) dashboard(ctx context.Context, t *handshake.Timeline, f *flags) error {
	return p.offering(ctx, t, f, nil)
}

// offer opens the dashboard on the model where the kernel cannot be stepped: it says why,
// and offers the calls alone, which need no namespaces.
func (p *program) offer(ctx context.Context, f *flags, name string, why error) error {
	on := *f
	on.engine, on.kernelEnd, on.kernelProgram = model.Name, "", ""
	t, err := p.timeline(ctx, &on, name)
	if err != nil {
		return why
	}
	return errors.Join(p.offering(ctx, t, &on, &tui.Offer{
		Why: func(lang string) string {
			say := words.For(lang)
			return say.Say("dash.no-kernel", viz.Fill("cause", say.Text("ui.doctor.cause."+cause(why))))
		},
		Calls: func() (*handshake.Timeline, error) {
			s, err := p.scenario(name, f)
			if err != nil {
				return nil, err
			}
			return handshake.NewTimeline(ctx, kernel.Engine{Bare: true}, kernel.OnlyCalls(s))
		},
	}), t.Close())
}

// offering shows a timeline with what else there is.
func (p *program) offering(ctx context.Context, t *handshake.Timeline, f *flags, offer *tui.Offer) error {
	o, err := p.screen(f)
	if err != nil {
		return err
	}
	o.Offer = offer
	o.Eras = func(ctx context.Context, t *handshake.Trace, whole bool) (*viz.Eras, error) {
		return p.besides(ctx, f, t, whole)
	}
	o.Load = func(name string) (*handshake.Timeline, error) {
		t, err := p.timeline(ctx, f, name)
		if err == nil && len(t.Trace().Peers) != 2 {
			return nil, errors.Join(p.misuse("ui.error.peers", "n", strconv.Itoa(len(t.Trace().Peers)), "file", name), t.Close())
		}
		return t, err
	}
	return untilSignal(ctx, func(ctx context.Context) error { return tui.Run(ctx, t, o) })
}

// explore opens the explorer of RFC 147's sockets.
func (p *program) explore(ctx context.Context, f *flags) error {
	o, err := p.screen(f)
	if err != nil {
		return err
	}
	return untilSignal(ctx, func(ctx context.Context) error { return tui.Explore(ctx, o) })
}

// untilSignal shows a screen until the person leaves it or a signal comes, which else would
// end the program with the terminal in its hands. Without a screen signals do as ever.
func untilSignal(ctx context.Context, see func(context.Context) error) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	return errors.Join(see(ctx), context.Cause(ctx))
}

// screen is what a person chose of the screen, on the command line and in config.toml.
func (p *program) screen(f *flags) (tui.Options, error) {
	config, err := tui.LoadConfig(tui.ConfigFile(p.env))
	return tui.Options{Lang: p.lang, Mouse: f.mouse, Color: f.color, Config: config}, input(err)
}
