package compare

import (
	"slices"
	"strconv"
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

	theirs  bool               // the event is the other TCP's alone
	orphan  bool               // no descriptor names the end any more
	when    func(arrival) bool // what the segment must be like that the event is the arrival of; nil: anything
	shows   []pattern          // the lines in which it shows, any of them
	follows []pattern          // lines further down that follow from it
	parts   bool               // from the event on the two connections are not in one state, or other segments on the wire: all further differences follow
}

// arrival is a segment and what its receiver expects next, by numbers of one kind.
type arrival struct{ seq, text, next int }

// ahead reports a segment that something is missing before.
func ahead(a arrival) bool { return a.seq > a.next }

// beyond reports a segment with something new, or with a gap before it.
func beyond(a arrival) bool { return a.seq+a.text > a.next }

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

// onOneClock reports that both traces tell all in the order in which it happened: those of
// the model and of netstack. A kernel tells its numbers late, or not at all, and what it
// sends is seen when it is looked for.
func onOneClock(left, right *handshake.Trace) bool { return other(left)+other(right) == Netstack }

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
	for i := range c.Lines {
		if begins(i) {
			c.Lines[i].Known, c.Lines[i].since = c.known(i, table)
		}
	}
	for i := range c.Lines {
		if begins(i) {
			c.Lines[i].Cause = c.followed(i)
		}
	}
	for i := range c.Lines {
		l := &c.Lines[i]
		for c.Lines[l.Cause].Cause != l.Cause {
			l.Cause = c.Lines[l.Cause].Cause
		}
	}
	for i := range c.Lines {
		c.Lines[i].Known = c.Lines[c.Lines[i].Cause].Known
	}
}

// followed is the line with the deviation that a line follows from, as the table says: of
// those that part the connections the one whose event came first, be the line known itself
// or not; the line's own if there is none. What follows may stand above: the model's end
// had already decided what it did.
func (c *Comparison) followed(i int) int {
	l, cause := &c.Lines[i], i
	for other := range c.Lines {
		o := &c.Lines[other]
		switch {
		case other == i || o.Known == nil:
		case l.Known == nil && slices.ContainsFunc(o.Known.follows, func(p pattern) bool { return c.fits(p, l) }):
			return other
		case o.Known.parts && c.after(i, o.since) && (l.Known == nil || o.since < l.since) && (cause == i || o.since < c.Lines[cause].since):
			cause = other
		}
	}
	return cause
}

// after reports whether line i came after another: below it, or in the order of one of
// the two traces, which merging may have changed.
func (c *Comparison) after(i, other int) bool {
	l, o := &c.Lines[i], &c.Lines[other]
	return i > other || l.Left != nil && o.Left != nil && l.Left.N > o.Left.N || l.Right != nil && o.Right != nil && l.Right.N > o.Right.N
}

// known finds the deviation that line i shows, and the line of its event.
func (c *Comparison) known(i int, table []Deviation) (d *Deviation, since int) {
	for n := range table {
		d := &table[n]
		fits := func(p pattern) bool { return c.fits(p, &c.Lines[i]) }
		if slices.ContainsFunc(d.shows, fits) {
			if since, ok := c.happened(d, i); ok {
				return d, since
			}
		}
	}
	return nil, 0
}

// is reports whether a step of a trace is the deviation's event.
func (d *Deviation) is(e *handshake.Step, steps []handshake.Step) bool {
	kind, label, _ := strings.Cut(d.Event, " ")
	return string(e.Kind) == kind && strings.Contains(e.Label, label) && (d.States == nil || slices.Contains(d.States, e.Before)) &&
		(!d.orphan || orphaned(e, steps)) && (d.when == nil || d.when(arriving(e, steps)))
}

// orphaned reports whether no descriptor named an end any more when something came to it.
func orphaned(e *handshake.Step, steps []handshake.Step) (gone bool) {
	for i := range steps[:e.N] {
		for _, v := range steps[i].Vars {
			if v.Name == "descriptor" && steps[i].Peer == e.Peer && steps[i].On == e.On {
				gone = v.Value == ""
			}
		}
	}
	return gone
}

// arriving reads what arrives in a step, and what its receiver has said last of RCV.NXT.
func arriving(e *handshake.Step, steps []handshake.Step) (a arrival) {
	a.seq, _ = strconv.Atoi(part(e.Label, "SEQ"))
	a.text, _ = strconv.Atoi(part(e.Label, "DATA"))
	for i := range steps[:e.N-1] {
		if s := &steps[i]; s.Peer == e.Peer && s.On == e.On {
			for _, v := range s.Vars {
				if v.Name == "RCV.NXT" {
					a.next, _ = strconv.Atoi(v.Value)
				}
			}
		}
	}
	return a
}

// happened reports whether the deviation's event led to line i, and gives the event's line:
// the last one at that end in which the deviation's rule fired, in the model. The other TCP
// names no rules of its own; where only it has a step, the last event at that end may be
// the one, if the rule fired in the model there, or if the event is the other TCP's alone.
// A segment that the model alone has sent may answer the first such event: it left when its
// turn came, and of equal ones it cannot be told which is missing.
func (c *Comparison) happened(d *Deviation, i int) (line int, ok bool) {
	model, another, last := c.Left, c.Right, 0
	if c.modelIsRight {
		model, another = another, model
	}
	l, step := &c.Lines[i], c.ofModel(i)
	if step != nil {
		last = step.N
	} else {
		if e := c.Event(i, !c.modelIsRight); e != nil && d.is(e, another.Steps) {
			at := c.line(e)
			if m := c.ofModel(at); d.theirs || m != nil && slices.ContainsFunc(m.Why, d.departs) {
				return at, true
			}
		}
		for above := range i {
			if s := c.ofModel(above); s != nil {
				last = max(last, s.N)
			}
		}
	}
	if l.Differs == State && step.Kind != handshake.KindDepart || l.Differs == Numbers { // what it led to shows in the event itself
		return i, slices.ContainsFunc(step.Why, d.departs) && d.is(step, model.Steps)
	}
	alone := step != nil && step.Kind == handshake.KindDepart && (l.Left == nil || l.Right == nil)
	for n := range slices.Backward(model.Steps[:last]) {
		e := &model.Steps[n]
		if e.Peer != l.Half().Peer || !slices.ContainsFunc(e.Why, d.departs) {
			continue
		}
		if d.is(e, model.Steps) {
			line, ok = c.line(e), true
		}
		if !alone {
			break
		}
	}
	return line, ok
}

// line is that of a step of either trace.
func (c *Comparison) line(s *handshake.Step) int {
	return slices.IndexFunc(c.Lines, func(l Line) bool { return l.Left == s || l.Right == s })
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
		case Equal, State, Numbers, Result, Label:
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
