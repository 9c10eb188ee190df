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
	for i := range c.Lines {
		l := &c.Lines[i]
		if l.Same() {
			continue
		}
		if l.Cause == i && !c.follow(i) {
			l.Known = c.known(l)
		}
		l.Known = c.Lines[l.Cause].Known
	}
}

// follow reports whether a line follows from a deviation above, as the table says.
func (c *Comparison) follow(i int) bool {
	l := &c.Lines[i]
	for above := i - 1; above >= 0; above-- {
		cause := &c.Lines[above]
		if cause.Cause != above || cause.Known == nil {
			continue
		}
		if slices.ContainsFunc(cause.Known.follows, func(p pattern) bool { return c.fits(p, l) }) {
			l.Cause = above
			return true
		}
	}
	return false
}

// known finds the deviation that a line shows.
func (c *Comparison) known(l *Line) *Deviation {
	table := Deviations()
	for i := range table {
		if d := &table[i]; c.fits(d.shows, l) && c.happened(d, l) {
			return d
		}
	}
	return nil
}

// happened reports whether the deviation's event led to the line, in the engine that has it.
func (c *Comparison) happened(d *Deviation, l *Line) bool {
	event := c.Event(l, l.Left == nil)
	kind, label, _ := strings.Cut(d.Event, " ")
	return (d.States == nil || slices.Contains(d.States, event.Before)) && string(event.Kind) == kind && strings.Contains(event.Label, label)
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
		case Equal, State, Result, Label, Remark:
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
