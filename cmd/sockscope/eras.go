package main

import (
	"context"
	"io"
	"strconv"
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
		if len(s.Peers) != 2 {
			return p.misuse("ui.error.peers", "n", strconv.Itoa(len(s.Peers)), "file", name)
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
		t, err := p.byItself(ctx, f, name)
		if err != nil {
			return nil, err
		}
		traces = append(traces, t)
	}
	return viz.AlignEras(traces[0], traces[1])
}

// byItself plays a scenario to its end on its own engine.
func (p *program) byItself(ctx context.Context, f *flags, name string) (*handshake.Trace, error) {
	own := *f
	own.engine, own.kernelEnd, own.kernelProgram = "", "", ""
	return p.whole(ctx, &own, name)
}

// besides puts a trace beside the lesson that best shows the other era. One that is not whole is
// played anew.
func (p *program) besides(ctx context.Context, f *flags, t *handshake.Trace, whole bool) (*viz.Eras, error) {
	name := initial
	if t.Protocol == handshake.NCP {
		name = handshake.Default
	}
	if !whole {
		return p.eras(ctx, f, t.Scenario, name)
	}
	other, err := p.byItself(ctx, f, name)
	if err != nil {
		return nil, err
	}
	return viz.AlignEras(t, other)
}

// initial is the scenario of the initial connection of 1971.
const initial = "icp"
