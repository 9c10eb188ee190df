package main

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"sockscope/handshake"
	"sockscope/handshake/compare"
	"sockscope/viz"
	"sockscope/viz/tui"
)

func (p *program) compareVerb() *cobra.Command {
	f := &flags{}
	engines := ""
	c := p.verb("compare SCENARIO [SCENARIO]", func(c *cobra.Command, args []string) error {
		if err := p.settle(c, f, viewTUI, viewText, viewJSON); err != nil {
			return err
		}
		switch {
		case len(args) == 1:
			return p.compare(c.Context(), f, args[0], engines)
		case c.Flags().Changed("engines"):
			return p.misuse("ui.error.engines", "found", args[1], "usage", c.UseLine())
		}
		return p.compareEras(c.Context(), f, args)
	})
	c.Args = p.args(1, 2)
	c.ValidArgs = handshake.Names()
	c.Flags().StringVar(&engines, "engines", "model,kernel", p.say.Text("ui.flag.engines"))
	c.Flags().Lookup("engines").DefValue = "" // the words say it
	p.flag(c, f, "view", "output", "plain", "seed")
	return c
}

// compare plays a scenario on two engines and shows in what they differ. What nothing
// explains makes it fail.
func (p *program) compare(ctx context.Context, f *flags, name, pair string) error {
	two := strings.Split(pair, ",")
	if len(two) != 2 {
		return p.misuse("ui.error.value", "flag", "engines", "found", pair,
			"allowed", p.say.Say("ui.compare.two", viz.Fill("engines", strings.Join(engineNames(), ", "))), "meant", "")
	}
	var traces [2]*handshake.Trace
	for i, engine := range two {
		if err := p.among("engines", engine, engineNames()); err != nil {
			return err
		}
		f.engine = engine
		var err error
		if traces[i], err = p.whole(ctx, f, name); err != nil {
			return err
		}
	}
	c := compare.Align(traces[0], traces[1])
	if err := p.showCompared(ctx, f, c); err != nil {
		return err
	}
	if _, _, unexplained := c.Counts(); unexplained > 0 {
		return p.fail(failed, "ui.error.unexplained", "n", strconv.Itoa(unexplained))
	}
	return nil
}

// whole plays a scenario to its end on the engine that the flags name.
func (p *program) whole(ctx context.Context, f *flags, name string) (*handshake.Trace, error) {
	t, err := p.timeline(ctx, f, name)
	if err != nil {
		return nil, err
	}
	for err == nil {
		err = t.Next(ctx)
	}
	if errors.Is(err, handshake.ErrOver) {
		err = nil
	}
	return t.Trace(), errors.Join(err, t.Close())
}

func (p *program) showCompared(ctx context.Context, f *flags, c *compare.Comparison) error {
	if f.view == viewTUI && !f.plain {
		o, err := p.screen(f)
		if err != nil {
			return err
		}
		return untilSignal(ctx, func(ctx context.Context) error { return tui.Compare(ctx, c, o) })
	}
	view := viz.CompareViews()[strings.Replace(f.view, viewTUI, viewText, 1)]
	return p.write(f, func(w io.Writer) error { return view(w, c, viz.Options{Lang: p.lang, Plain: f.plain}) })
}
