package compare

import (
	"slices"
	"strings"

	"sockscope/handshake"
)

// Deviation is a place where another TCP is known to do otherwise than the model, which
// does what RFC 9293 says. Its reason is a sentence of viz/words, under `deviation.` and
// Name.
type Deviation struct {
	Name    string
	Stacks  []string // which do so: Linux, Netstack
	States  []string // of the end before the event, any of them; none: every state
	Event   string   // the event at that end: its kind and a piece of its label
	Rule    string   // of the model, from which the other TCP departs; several with commas
	Sources []string // what that follows instead, and what was measured

	shows   pattern   // the line in which it shows
	follows []pattern // lines further down that follow from it
	parts   bool      // the two connections are not in one state from there on: all further differences follow
	orphan  bool      // the end's program has closed it
	certain bool      // whenever the event comes, even if no line shows it: as good as shown for what differs behind it
}

// The TCPs of which the table speaks.
const (
	Linux    = "Linux"
	Netstack = "netstack" // gVisor's, the engine of handshake/differential
)

// other names the TCP that a trace shows; empty if it is the model's.
func other(t *handshake.Trace) string {
	switch {
	case t.Engine == Netstack:
		return Netstack
	case t.Host != "":
		return Linux
	default:
		return ""
	}
}

// pattern is what a line looks like. What is empty may be anything.
type pattern struct {
	differs      Difference // OnlyLeft means the model's, OnlyRight the other's
	kind         handshake.Kind
	model, other string // a piece of each half's label, or where states differ, the whole state
}

// explain names the deviations that explain the differences, where exactly one of the two
// traces is the model's.
func (c *Comparison) explain() {
	left, right := other(c.Left), other(c.Right)
	if (left == "") == (right == "") {
		return
	}
	c.modelIsRight = left != ""
	table := slices.DeleteFunc(Deviations(), func(d Deviation) bool { return !slices.Contains(d.Stacks, left+right) })
	begins := func(i int) bool { return c.Lines[i].Cause == i && c.Lines[i].Differs != Equal }
	began := map[int]int{} // by the line that shows a deviation, that of its event
	for i := range c.Lines {
		if begins(i) {
			c.Lines[i].Known, began[i] = c.known(i, table)
		}
	}
	for i := range c.Lines {
		if begins(i) && c.Lines[i].Known == nil {
			c.Lines[i].Cause = c.followed(i, began)
		}
		if begins(i) && c.Lines[i].Known == nil {
			c.Lines[i].Known = c.certain(i, table)
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
// decided what it did, or what the other did at the event shows only later.
func (c *Comparison) followed(i int, began map[int]int) int {
	for cause, l := range c.Lines {
		if l.Known == nil {
			continue
		}
		fits := func(p pattern) bool { return c.fits(p, &c.Lines[i]) }
		if slices.ContainsFunc(l.Known.follows, fits) || l.Known.parts && (c.after(i, cause) || c.after(i, began[cause])) {
			return cause
		}
	}
	return i
}

// after reports whether line i came after another: below it, or in the order of one of
// the two traces, which merging may have changed.
func (c *Comparison) after(i, other int) bool {
	l, o := &c.Lines[i], &c.Lines[other]
	return i > other || l.Left != nil && o.Left != nil && l.Left.N > o.Left.N || l.Right != nil && o.Right != nil && l.Right.N > o.Right.N
}

// known finds the deviation that line i shows, and the line of its event.
func (c *Comparison) known(i int, table []Deviation) (*Deviation, int) {
	for n := range table {
		d := &table[n]
		if !c.fits(d.shows, &c.Lines[i]) {
			continue
		}
		if e := c.event(d, i); e != nil {
			return d, slices.IndexFunc(c.Lines, func(l Line) bool { return l.Left == e || l.Right == e })
		}
	}
	return nil, i
}

// certain finds a deviation whose event came before line i, at either end, and whose
// effect no other line shows: a segment that was not sent looks like any that is lost.
func (c *Comparison) certain(i int, table []Deviation) *Deviation {
	for above := range i {
		e := c.ofModel(above)
		for n := range table {
			if d := &table[n]; d.certain && e != nil && c.is(d, e) && slices.ContainsFunc(e.Why, d.departs) {
				return d
			}
		}
	}
	return nil
}

// is reports whether a step is the deviation's event.
func (c *Comparison) is(d *Deviation, e *handshake.Step) bool {
	kind, label, _ := strings.Cut(d.Event, " ")
	return string(e.Kind) == kind && strings.Contains(e.Label, label) &&
		(d.States == nil || slices.Contains(d.States, e.Before)) && (!d.orphan || c.orphaned(e))
}

// orphaned reports whether no descriptor named the model's end when something came to it.
func (c *Comparison) orphaned(e *handshake.Step) bool {
	gone := false
	for _, s := range c.model().Steps {
		if s.N > e.N {
			break
		}
		for _, v := range s.Vars {
			if v.Name == "descriptor" && s.Peer == e.Peer && s.On == e.On {
				gone = v.Value == ""
			}
		}
	}
	return gone
}

// model is the trace of the model.
func (c *Comparison) model() *handshake.Trace {
	if c.modelIsRight {
		return c.Right
	}
	return c.Left
}

// event is the deviation's event, if it led to line i: in the model the last event at that
// end in which the deviation's rule fired. The other TCP names no rules of its own; where
// only it has a step, the last event at that end may be the one, too.
func (c *Comparison) event(d *Deviation, i int) *handshake.Step {
	model, last := c.model(), 0
	if step := c.ofModel(i); step != nil {
		last = step.N
		if l := &c.Lines[i]; l.Differs == State && step.Kind != handshake.KindDepart { // it is the event
			if slices.ContainsFunc(step.Why, d.departs) && c.is(d, step) {
				return step
			}
			return nil
		}
	} else {
		if e := c.Event(i, !c.modelIsRight); e != nil && d.shows != (pattern{}) && c.is(d, e) {
			return e
		}
		for above := range i {
			if step := c.ofModel(above); step != nil {
				last = max(last, step.N)
			}
		}
	}
	for n := range slices.Backward(model.Steps[:last]) {
		if e := &model.Steps[n]; e.Peer == c.Lines[i].Half().Peer && slices.ContainsFunc(e.Why, d.departs) {
			if c.is(d, e) {
				return e
			}
			return nil
		}
	}
	return nil
}

// ofModel is the model's half of a line; nil if it has none.
func (c *Comparison) ofModel(i int) *handshake.Step {
	if c.modelIsRight {
		return c.Lines[i].Right
	}
	return c.Lines[i].Left
}

// departs reports whether a rule is one from which the other TCP departs.
func (d *Deviation) departs(y handshake.Why) bool {
	return slices.Contains(strings.Split(d.Rule, ", "), y.Rule)
}

func (c *Comparison) fits(p pattern, l *Line) bool {
	differs, model, other := l.Differs, l.Left, l.Right
	if c.modelIsRight {
		model, other = other, model
		switch differs {
		case OnlyLeft:
			differs = OnlyRight
		case OnlyRight:
			differs = OnlyLeft
		case Equal, State, Result, Label:
		}
	}
	return (p.differs == differs || p.differs == Equal) && (p.kind == "" || p.kind == l.Half().Kind) && p.half(p.model, model) && p.half(p.other, other)
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
