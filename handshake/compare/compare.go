// Package compare puts two traces of one scenario side by side, usually the model's and
// a kernel's, and says in what they differ and which differences are known.
//
// Steps are aligned by what happened, not by number or by time: a segment by its
// direction, its label with sequence numbers relative to each side's first one, and its
// order among equals; a call by its name and arguments; a timeout by its timer. The order
// of two steps may differ where it cannot matter; their states are compared. Notes are
// left out: what a kernel's pause made it repeat, and how full its queues are, is no more
// a difference than the time that passed.
package compare

import (
	"slices"
	"strconv"
	"strings"

	"sockscope/handshake"
)

// Difference says in what the two halves of a line differ.
type Difference string

// The differences, as the comparison's JSON names them.
const (
	Equal     Difference = ""
	OnlyLeft  Difference = "left"    // the right engine has no such step
	OnlyRight Difference = "right"   // the left engine has no such step
	State     Difference = "state"   // the same happened and led to another state
	Numbers   Difference = "numbers" // the same happened, and from here on the end counts otherwise
	Result    Difference = "result"  // a call came back otherwise, or waits in one engine only
	Label     Difference = "label"   // another segment or timer in the same place
)

// Line is a step of the left trace beside its partner of the right one.
type Line struct {
	Left, Right *handshake.Step // nil where that engine has none
	Differs     Difference
	Cause       int        // the line in which this difference began: its own index, or another line's
	Known       *Deviation // what explains it; nil: nothing does

	since int // the line of the event that Known is about
}

// Half is a line's left step, or the right one where there is none.
func (l *Line) Half() *handshake.Step {
	if l.Left != nil {
		return l.Left
	}
	return l.Right
}

// Comparison is two traces, without notes and with relative sequence numbers, and their
// aligned steps. A step's number counts within these traces.
type Comparison struct {
	Left, Right *handshake.Trace
	Lines       []Line

	modelIsRight bool // and the other trace is another TCP's
}

// Align compares two traces of one scenario.
func Align(left, right *handshake.Trace) *Comparison {
	c := &Comparison{Left: relative(left, right), Right: relative(right, left)}
	c.Lines = merge(c.Left, c.Right, partners(c.Left, c.Right))
	for i := range c.Lines {
		l := &c.Lines[i]
		l.Cause, l.Differs = i, l.differs()
	}
	if onOneClock(left, right) {
		c.count()
	}
	c.carry()
	c.explain()
	return c
}

// Counts gives the equal lines, the differences that are known, and those that are not.
// What follows from a difference is part of it.
func (c *Comparison) Counts() (equal, known, unexplained int) {
	for i, l := range c.Lines {
		switch {
		case l.Differs == Equal:
			equal++
		case l.Cause != i:
		case l.Known != nil:
			known++
		default:
			unexplained++
		}
	}
	return equal, known, unexplained
}

// Event is what led to line i in the left trace or in the right one: the line's own step,
// or where that is a departure or missing, the last thing that happened to its end before.
// It is nil if nothing did.
func (c *Comparison) Event(i int, right bool) *handshake.Step {
	half := func(l *Line) *handshake.Step {
		if right {
			return l.Right
		}
		return l.Left
	}
	peer, s := c.Lines[i].Half().Peer, half(&c.Lines[i])
	if s != nil && (s.Kind != handshake.KindDepart || s.Peer == handshake.WirePeer) {
		return s
	}
	events := []handshake.Kind{handshake.KindArrive, handshake.KindCall, handshake.KindTimeout}
	for ; i >= 0; i-- {
		if e := half(&c.Lines[i]); e != nil && e.Peer == peer && slices.Contains(events, e.Kind) && (s == nil || e.N < s.N) {
			return e
		}
	}
	return nil
}

// differs compares the two halves of a line.
func (l *Line) differs() Difference {
	switch {
	case l.Right == nil:
		return OnlyLeft
	case l.Left == nil:
		return OnlyRight
	case l.Left.Label == l.Right.Label:
	case l.Left.Kind == handshake.KindCall || l.Left.Kind == handshake.KindReturn:
		return Result
	default:
		return Label
	}
	if l.Left.After != l.Right.After {
		return State
	}
	return Equal
}

// carry finds the lines that only go on with a difference that began above: a segment
// that one engine alone has sent arrives; a call that one engine alone lets wait comes
// back; two connections that had come to differ in their state are still in it.
func (c *Comparison) carry() {
	began := map[string]int{} // by what was different there
	apart := map[string]int{} // by connection, while its states differ
	for i := range c.Lines {
		l := &c.Lines[i]
		s := l.Half()
		if thing := l.thing(); thing != "" {
			first, ok := began[thing]
			switch {
			case !ok || s.Kind == handshake.KindCall:
				began[thing] = i
			case l.turns():
				l.Differs = State
			default:
				l.Cause = first
			}
		}
		connection := s.Peer + " " + s.On
		first, ok := apart[connection]
		if ok && l.Differs == State && l.Left.Before == l.Left.After && l.Right.Before == l.Right.After {
			l.Cause = first
		}
		switch {
		case l.Left == nil || l.Right == nil:
			if s.Before != s.After {
				apart[connection] = l.Cause
			}
		case l.Left.After == l.Right.After:
			delete(apart, connection)
		default:
			apart[connection] = l.Cause
		}
	}
}

// turns reports whether what arrived led from one state to two.
func (l *Line) turns() bool {
	return l.Left != nil && l.Right != nil && l.Left.Before == l.Right.Before && l.Left.After != l.Right.After
}

// thing names the segment or the call in which a line differs, of which other lines may
// tell, too.
func (l *Line) thing() string {
	s := l.Half()
	if l.Differs == Equal || l.Differs == State {
		return ""
	}
	switch s.Kind {
	case handshake.KindDepart, handshake.KindArrive, handshake.KindDrop, handshake.KindDuplicate:
		if l.Left != nil { // each engine has its own numbers
			return "left packet " + strconv.Itoa(s.Packet)
		}
		return "right packet " + strconv.Itoa(s.Packet)
	case handshake.KindCall, handshake.KindReturn:
		call, _, _ := strings.Cut(s.Label, "(")
		return s.Peer + " call " + call
	default:
		return ""
	}
}
