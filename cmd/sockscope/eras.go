package main

import (
	"context"
	"io"
	"strings"

	"sockscope/handshake"
	"sockscope/viz"
	"sockscope/viz/tui"
)

// compareEras puts a scenario of NCP beside one of TCP, whichever is named first.
func (p *program) compareEras(ctx context.Context, f *flags, names []string) error {
	var protocols []string
	for _, name := range names {
		s, err := p.scenario(name, f)
		if err != nil {
			return err
		}
		protocols = append(protocols, s.Protocol)
	}
	if protocols[0] == protocols[1] {
		return p.misuse("ui.error.eras", "left", names[0], "right", names[1], "protocol", strings.ToUpper(protocols[0]))
	}
	e, err := p.eras(ctx, f, names[0], names[1])
	if err != nil {
		return err
	}
	if f.view == viewTUI && !f.plain {
		o, err := p.screen(f)
		if err != nil {
			return err
		}
		return untilSignal(ctx, func(ctx context.Context) error { return tui.CompareEras(ctx, e, o) })
	}
	view := viz.ErasViews()[strings.Replace(f.view, viewTUI, viewText, 1)]
	return p.write(f, func(w io.Writer) error { return view(w, e, viz.Options{Lang: p.lang, Plain: f.plain}) })
}

// eras plays two scenarios, each on its own engine, and puts them beside each other.
func (p *program) eras(ctx context.Context, f *flags, names ...string) (*viz.Eras, error) {
	var traces []*handshake.Trace
	for _, name := range names {
		own := *f
		own.engine = ""
		t, err := p.whole(ctx, &own, name)
		if err != nil {
			return nil, err
		}
		traces = append(traces, t)
	}
	return viz.AlignEras(traces[0], traces[1])
}
