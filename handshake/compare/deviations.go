package compare

import (
	"slices"
	"strings"

	"sockscope/handshake"
)

// Deviation is a place where a kernel is known to do otherwise than the model, which does
// what RFC 9293 says. Its reason is a sentence of viz/words, under `deviation.` and Name.
type Deviation struct {
	Name    string
	States  []string // of the end before the event, any of them; none: every state
	Event   string   // the event at that end: its kind and a piece of its label
	Rule    string   // of the model, from which the kernel departs
	Sources []string // what the kernel follows instead, and what was measured

	shows   pattern   // the line in which it shows
	follows []pattern // lines further down that follow from it
}

// pattern is what a line looks like. What is empty may be anything.
type pattern struct {
	differs       Difference // OnlyLeft means the model's, OnlyRight the kernel's
	kind          handshake.Kind
	model, kernel string // a piece of each half's label, or where states differ, the whole state
}

// explain names the deviations that explain the differences, where exactly one of the two
// engines ran on a kernel.
func (c *Comparison) explain() {
	if (c.Left.Host == "") == (c.Right.Host == "") {
		return
	}
	table := Deviations()
	begins := func(i int) bool { return c.Lines[i].Cause == i && c.Lines[i].Differs != Equal }
	for i := range c.Lines {
		if begins(i) {
			c.Lines[i].Known = c.known(i, table)
		}
	}
	for i := range c.Lines {
		if begins(i) && c.Lines[i].Known == nil {
			c.Lines[i].Cause = c.followed(i)
		}
	}
	for i := range c.Lines {
		l := &c.Lines[i]
		l.Cause = c.Lines[l.Cause].Cause
		l.Known = c.Lines[l.Cause].Known
	}
}

// followed is the line with the deviation that a line follows from, as the table says;
// its own if there is none. What follows may stand above: the model's end had already
// decided what it did.
func (c *Comparison) followed(i int) int {
	for cause, l := range c.Lines {
		if l.Known == nil {
			continue
		}
		if slices.ContainsFunc(l.Known.follows, func(p pattern) bool { return c.fits(p, &c.Lines[i]) }) {
			return cause
		}
	}
	return i
}

// known finds the deviation that line i shows.
func (c *Comparison) known(i int, table []Deviation) *Deviation {
	for n := range table {
		if d := &table[n]; c.fits(d.shows, &c.Lines[i]) && c.happened(d, i) {
			return d
		}
	}
	return nil
}

// happened reports whether the deviation's event led to line i: in the model the event
// in which the deviation's rule fired, in a kernel, which names no rules, the last event
// at that end.
func (c *Comparison) happened(d *Deviation, i int) bool {
	kind, label, _ := strings.Cut(d.Event, " ")
	is := func(e *handshake.Step) bool {
		return string(e.Kind) == kind && strings.Contains(e.Label, label) && (d.States == nil || slices.Contains(d.States, e.Before))
	}
	modelIsRight := c.Left.Host != ""
	model, step := c.Left, c.Lines[i].Left
	if modelIsRight {
		model, step = c.Right, c.Lines[i].Right
	}
	if step == nil {
		e := c.Event(i, !modelIsRight)
		return e != nil && is(e)
	}
	for _, e := range slices.Backward(model.Steps[:step.N]) {
		if e.Peer == step.Peer && slices.ContainsFunc(e.Why, func(y handshake.Why) bool { return y.Rule == d.Rule }) {
			return is(&e)
		}
	}
	return false
}

func (c *Comparison) fits(p pattern, l *Line) bool {
	differs, model, kernel := l.Differs, l.Left, l.Right
	if c.Left.Host != "" {
		model, kernel = kernel, model
		switch differs {
		case OnlyLeft:
			differs = OnlyRight
		case OnlyRight:
			differs = OnlyLeft
		case Equal, State, Result, Label:
		}
	}
	return p.differs == differs && (p.kind == "" || p.kind == l.Half().Kind) && p.half(p.model, model) && p.half(p.kernel, kernel)
}

// half reports whether a step is what the pattern wants of it.
func (p pattern) half(want string, s *handshake.Step) bool {
	switch {
	case want == "":
		return true
	case s == nil:
		return false
	case p.differs == State:
		return s.After == want
	default:
		return strings.Contains(s.Label, want)
	}
}
