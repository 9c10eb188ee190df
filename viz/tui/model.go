package tui

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"sockscope/handshake"
	"sockscope/viz"
)

// stepper is where the dashboard stands, without a screen. It drives a timeline; the
// panels see its [view] of it.
type stepper struct {
	timeline *handshake.Timeline
	seen     *sight // what is shown while another goroutine has the timeline; nil: none has
	pane     int    // which pane has the focus, 1 to 7; 0: the ladder alone
	lower    int    // the pane below pane 1, where there is room for both
	large    bool   // the pane has all the room
	bytes    bool   // pane 2 shows the octets
	graph    int    // which graph pane 7 shows where it has room for one
	scroll   int
	relative bool
	predict  bool // forward first hides a step's answer
	hidden   bool // it does so now
	playing  bool
	speed    int // an index of speeds
	query    string
}

// sight is what the screen shows of the timeline.
type sight struct {
	trace   *handshake.Trace
	n       int
	choices []handshake.Choice // that can happen
	coming  handshake.Choice
	comes   bool // there is one coming
}

// likely is what is coming: of a wait the timer that it is likely to bring.
func (s sight) likely() handshake.Choice {
	if s.coming == (handshake.Choice{Verb: handshake.Wait}) {
		for _, c := range s.choices {
			if c.Verb == handshake.Timeout {
				return c
			}
		}
	}
	return s.coming
}

// look takes what is to be seen at the cursor.
func (m *stepper) look() sight {
	if m.seen != nil {
		return *m.seen
	}
	t := m.timeline
	s := sight{trace: t.Trace(), n: t.N(), choices: t.Choices()}
	s.coming, s.comes = t.Coming()
	return s
}

// panesNumber is how many panes there are.
const panesNumber = 7

// speeds are how long autoplay stays on a step.
var speeds = [...]time.Duration{
	4 * time.Second, 2 * time.Second, time.Second, 500 * time.Millisecond, 250 * time.Millisecond,
}

var (
	errInFlight = errors.New("no segment is in flight")
	errRecorded = errors.New("a saved trace can only be stepped")
	errNotFound = errors.New("not found")
)

func newStepper(t *handshake.Timeline) *stepper {
	return &stepper{timeline: t, pane: 1, lower: 2, speed: 2}
}

// forward goes one step on. To predict, it shows the step without its answer first.
func (m *stepper) forward(ctx context.Context) error {
	if m.hidden {
		m.hidden = false
		return nil
	}
	if err := m.timeline.Next(ctx); err != nil {
		return err
	}
	m.hidden = m.predict
	return nil
}

// back goes one step back.
func (m *stepper) back() {
	m.hidden = false
	m.timeline.Back()
}

// nextChange goes on to the next step that changes a state, or to the end.
func (m *stepper) nextChange(ctx context.Context) error {
	known := m.timeline.Len()
	m.hidden = false
	defer m.predicts(known)
	for moved := false; ; moved = true {
		err := m.timeline.Next(ctx)
		switch {
		case moved && errors.Is(err, handshake.ErrOver):
			return nil
		case err != nil:
			return err
		case m.changes(m.timeline.N()):
			return nil
		}
	}
}

// previousChange goes back to the last step that changed a state, or to the start.
func (m *stepper) previousChange() {
	m.hidden = false
	for m.timeline.Back() {
		if n := m.timeline.N(); n == 0 || m.changes(n) {
			return
		}
	}
}

// changes reports whether step n changed a state.
func (m *stepper) changes(n int) bool {
	s := m.timeline.Trace().Steps[n-1]
	return s.Before != s.After
}

// goTo goes to a step, playing on where it has not been played yet.
func (m *stepper) goTo(ctx context.Context, n int) error {
	m.hidden = false
	defer m.predicts(m.timeline.Len())
	m.timeline.Seek(n)
	for m.timeline.N() < n {
		if err := m.timeline.Next(ctx); err != nil {
			return err
		}
	}
	return nil
}

// do lets a choice happen.
func (m *stepper) do(ctx context.Context, c handshake.Choice) error {
	m.hidden = false
	return m.timeline.Do(ctx, c)
}

// disturb loses or doubles the segment that is coming, or else the oldest in flight.
func (m *stepper) disturb(ctx context.Context, verb handshake.Verb) error {
	coming, _ := m.timeline.Coming()
	var oldest *handshake.Choice
	for _, c := range m.timeline.Choices() {
		switch {
		case c.Verb != verb:
		case coming.Verb == handshake.Arrive && coming.Peer == c.Peer && coming.Packet == c.Packet:
			return m.do(ctx, c)
		case oldest == nil || c.Packet < oldest.Packet:
			oldest = &c
		}
	}
	switch {
	case oldest != nil:
		return m.do(ctx, *oldest)
	case m.recorded():
		return errRecorded
	default:
		return errInFlight
	}
}

// recorded reports a saved trace: it has no script, and what happened in it is all that
// can happen.
func (m *stepper) recorded() bool { return m.timeline.Scenario() == nil }

// visit takes up another future.
func (m *stepper) visit(f handshake.Future) {
	m.hidden = false
	m.timeline.Visit(f)
}

// group is a kind of things that may happen next.
type group string

// The groups of the menu, in its order.
const (
	groupSegments group = "segments"
	groupTimers   group = "timers"
	groupCalls    group = "calls"
)

func groupOf(v handshake.Verb) group {
	switch v {
	case handshake.Timeout, handshake.Wait:
		return groupTimers
	case handshake.Call, handshake.Return:
		return groupCalls
	default:
		return groupSegments
	}
}

// choices lists what may happen, the coming one first and its group before the
// others. A segment that was lost or doubled there before comes second: first is that
// it arrives. In the midst of what a choice caused there is nothing to choose.
func (m *stepper) choices() []handshake.Choice {
	at := m.look()
	choices := slices.Clone(at.choices)
	first := at.coming
	if first.Verb == handshake.Drop || first.Verb == handshake.Duplicate {
		first.Verb = handshake.Arrive
	}
	order := []group{groupOf(first.Verb), groupSegments, groupTimers, groupCalls}
	rank := func(c handshake.Choice) int {
		if c == first {
			return -1
		}
		return slices.Index(order, groupOf(c.Verb))
	}
	slices.SortStableFunc(choices, func(a, b handshake.Choice) int { return cmp.Compare(rank(a), rank(b)) })
	return choices
}

// open gives a pane the focus; 0 leaves the ladder alone. Opened again, the pane of
// graphs turns to the next one.
func (m *stepper) open(pane int) {
	if pane == graphPane && pane == m.pane {
		m.graph++
	}
	m.pane, m.scroll = pane, 0
	if pane == 0 {
		m.large = false
	}
	if pane > 1 {
		m.lower = pane
	}
}

// turn opens the next pane, or the one before.
func (m *stepper) turn(by int) {
	m.open((max(m.pane, 1)+by+panesNumber-1)%panesNumber + 1)
}

// why opens the first pane with all its rules, or puts it back.
func (m *stepper) why() {
	large := m.pane != 1 || !m.large
	m.open(1)
	m.large = large
}

// octets shows the segment as bytes, or as bits again.
func (m *stepper) octets() {
	bytes := m.pane != 2 || !m.bytes
	m.open(2)
	m.bytes = bytes
}

// predicts hides the step at the cursor if nobody has seen it: it is none of the known.
func (m *stepper) predicts(known int) {
	m.hidden = m.predict && m.timeline.N() > known
}

// shown is the trace without the step that is hidden.
func (m *stepper) shown() *handshake.Trace {
	t := m.timeline.Trace()
	if m.hidden {
		t.Steps = t.Steps[:m.timeline.N()-1]
	}
	return t
}

// find goes to the next step, or with by -1 to the one before, that says what is
// looked for; after the last comes the first.
func (m *stepper) find(by int, says func(n int) string) error {
	total := m.timeline.Len()
	query := strings.ToLower(m.query)
	at := m.timeline.N()
	for range total {
		at = (at+by-1+total)%total + 1
		if m.hidden && at == m.timeline.N() {
			continue // what is asked for is not given away
		}
		if strings.Contains(strings.ToLower(says(at)), query) {
			m.hidden = false
			m.timeline.Seek(at)
			return nil
		}
	}
	return errNotFound
}

// faster plays faster, or slower.
func (m *stepper) faster(by int) { m.speed = min(max(m.speed+by, 0), len(speeds)-1) }

// deadline is when a peer's timer ends; false if it is off.
func deadline(e *viz.End, timer string) (time.Duration, bool) {
	var earliest time.Duration
	for i := range e.Conns {
		if v, ok := e.Conns[i].Var(timer + " timer"); ok {
			if at, err := strconv.ParseInt(v.Value, 10, 64); err == nil && (earliest == 0 || time.Duration(at) < earliest) {
				earliest = time.Duration(at)
			}
		}
	}
	return earliest, earliest > 0
}
