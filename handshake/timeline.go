package handshake

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// MaxSteps bounds a run: far beyond any lesson, and small enough that a script that
// goes round in circles ends in a message and not in a full memory.
const MaxSteps = 10000

// ErrOver is what [Timeline.Next] says when the script is done and nothing waits.
var ErrOver = errors.New("handshake: the scenario is over")

// Timeline plays a scenario and walks what was played, forward and back. Going back
// is an index; choosing otherwise after going back starts a new future, and the old
// one is kept. The dashboard, run and open all drive this one thing. One goroutine
// at a time may use it.
type Timeline struct {
	scenario *Scenario
	engine   Engine
	session  Session
	starts   int
	anew     *repetition // what joins a session that was started anew to the trace
	header   Trace
	hidden   []Choice // what was played before the root
	root     *node
	live     *node // where the session stands; nil: nowhere that is known
	at       *node // the choice that the cursor is in
	shown    int   // how many of at's steps are before the cursor
	path     []Step
}

// node is a choice that was made, with what it caused. Its children are the choices
// that were made after it.
type node struct {
	parent  *node
	kids    []*node
	next    *node // the child last visited
	choice  Choice
	steps   []Step
	choices []Choice // what can happen now
	script  place
	mark    any // the session as it was then, for a rewinder
}

// rewinder is a session that can go back to where it was, as a simulated world can.
type rewinder interface {
	Session
	Mark() any
	Rewind(mark any)
}

// NewTimeline starts a scenario on an engine. What stands before the script's begin
// is played and not shown. A nil scenario is a recorded trace's (see replay).
//
// The engine is kept: a session that cannot go back is started anew for another
// future, and everything up to there is done again. The context ends only what it is
// given to, never a session.
func NewTimeline(ctx context.Context, e Engine, s *Scenario) (*Timeline, error) {
	session, err := e.Start(ctx, s)
	if err != nil {
		return nil, err
	}
	t := &Timeline{scenario: s, engine: e, session: session, starts: 1, header: session.Header()}
	if err := t.begin(ctx); err != nil {
		return nil, errors.Join(err, session.Close())
	}
	return t, nil
}

// begin plays up to the script's begin, if it has one, and makes the root.
func (t *Timeline) begin(ctx context.Context) error {
	t.reset(place{states: map[string]string{}, made: map[string]int{}, strayed: t.scenario != nil && t.scenario.Loose})
	if t.scenario == nil || !slices.ContainsFunc(t.scenario.Script, func(l Line) bool {
		return l.Choice.Verb == Begin && l.On(t.header.Engine)
	}) {
		return nil
	}
	for {
		c, _, err := t.plan()
		if err != nil || c.Verb != Begin {
			if err := t.Next(ctx); err != nil {
				return err
			}
			continue
		}
		if _, err := t.session.Do(ctx, c); err != nil {
			return err
		}
		start(&t.header, t.path)
		for _, n := range t.way() {
			t.hidden = append(t.hidden, n.choice)
		}
		t.hidden = append(t.hidden, c)
		p := t.at.script
		p.line++
		t.reset(p)
		return nil
	}
}

// reset makes the present the root: nothing was shown yet.
func (t *Timeline) reset(p place) {
	t.root = &node{choices: t.choices(), script: p, mark: t.mark()}
	t.live, t.at, t.shown, t.path = t.root, t.root, 0, nil
}

// start writes into the header what the hidden steps led to: of each peer the state
// and the variables of the connection that moved last.
func start(header *Trace, steps []Step) {
	for i := range header.Peers {
		p := &header.Peers[i]
		for _, s := range steps {
			if s.Peer == p.Name && s.Leads() {
				p.On, p.State = s.On, s.After
			}
		}
		known := map[string]int{}
		for _, s := range steps {
			if s.Peer != p.Name || s.On != p.On {
				continue
			}
			for _, v := range s.Vars {
				if at, ok := known[v.Name]; ok {
					p.Vars[at] = v
				} else if !v.Passing() {
					known[v.Name] = len(p.Vars)
					p.Vars = append(p.Vars, v)
				}
			}
		}
	}
}

func (t *Timeline) mark() any {
	if r, ok := t.session.(rewinder); ok {
		return r.Mark()
	}
	return nil
}

// Close ends the session.
func (t *Timeline) Close() error {
	if t.session == nil {
		return nil
	}
	ended := t.session
	t.session, t.live = nil, nil
	return ended.Close()
}

// Session gives access to what an engine's session can tell beyond the trace; nil
// when it is closed, and after one could not be started anew.
func (t *Timeline) Session() Session { return t.session }

// Starts is how many sessions were started: one, and one more for each future that
// the session before could not go back to.
func (t *Timeline) Starts() int { return t.starts }

// Scenario is what is being played; nil for a recorded trace.
func (t *Timeline) Scenario() *Scenario { return t.scenario }

// N is the number of the last step before the cursor; 0 at the start.
func (t *Timeline) N() int {
	if t.shown == 0 {
		return 0
	}
	return t.at.steps[t.shown-1].N
}

// Len is the number of the last step of the future that the cursor is in.
func (t *Timeline) Len() int { return len(t.path) }

// Trace is the future that the cursor is in, whole; the first N steps are before
// the cursor. The steps are shared: do not change them.
func (t *Timeline) Trace() *Trace {
	trace := t.header
	trace.Steps = slices.Clip(t.path)
	return &trace
}

// Choices is what can happen at the cursor.
func (t *Timeline) Choices() []Choice {
	if t.shown < len(t.at.steps) {
		return nil // in the midst of what one choice caused
	}
	return t.at.choices
}

// Meant is what a line of a script would choose at the cursor: the first choice that it
// fits, else just what it says.
func (t *Timeline) Meant(c Choice) Choice {
	for _, o := range t.Choices() {
		if c.fits(o) {
			return o
		}
	}
	return c
}

// Coming is the choice that Next would make or replay; false when it is over.
func (t *Timeline) Coming() (Choice, bool) {
	switch {
	case t.shown < len(t.at.steps):
		return t.at.choice, true
	case t.at.next != nil:
		return t.at.next.choice, true
	}
	c, p, err := t.plan()
	if err != nil && t.mayCome(p) {
		return bare, true
	}
	return c, err == nil
}

// Next goes one step forward: through the future last visited where there is one,
// else by the script's next line, else by the oldest thing that waits. A live session
// is given some seconds in which what the script asks for becomes possible. It is
// [ErrOver] when there is nothing more. If the context ends first, nothing happened.
func (t *Timeline) Next(ctx context.Context) error {
	switch {
	case t.shown < len(t.at.steps):
		t.shown++
		return nil
	case t.at.next != nil:
		t.at, t.shown = t.at.next, 1
		return nil
	}
	c, p, err := t.plan()
	switch {
	case err == nil:
		return t.do(ctx, c, p)
	case t.mayCome(p):
		return t.await(ctx, p, err)
	}
	return err
}

// Back goes one step back; false at the start.
func (t *Timeline) Back() bool {
	if t.at == t.root {
		return false
	}
	if t.shown--; t.shown == 0 {
		t.at = t.at.parent
		t.shown = len(t.at.steps)
	}
	return true
}

// Seek goes to step n of the future that the cursor is in, as near as there are steps.
func (t *Timeline) Seek(n int) {
	t.at, t.shown = t.root, 0
	for t.at.next != nil && t.N() < n {
		t.at = t.at.next
		t.shown = min(len(t.at.steps), n-t.at.steps[0].N+1)
	}
}

// Do makes a choice of a person's own at the cursor. If it is what was chosen there
// before, that future is taken up again; else a new one begins.
func (t *Timeline) Do(ctx context.Context, c Choice) error {
	t.shown = len(t.at.steps) // a choice is made behind all that the last one caused
	for _, kid := range t.at.kids {
		if kid.choice == c {
			t.visit(kid)
			t.at, t.shown = kid, 1
			return nil
		}
	}
	planned, p, err := t.plan()
	if err != nil || planned != c {
		p = t.at.script.stray(t.scenario, t.header.Engine, c)
	}
	return t.do(ctx, c, p)
}

// do lets the choice happen in the session and hangs what it caused behind the cursor.
func (t *Timeline) do(ctx context.Context, c Choice, p place) error {
	if len(t.path) >= MaxSteps {
		return fmt.Errorf("handshake: %d steps, allowed: %d; does the script go round in circles?", len(t.path), MaxSteps)
	}
	steps, err := t.act(ctx, c)
	if err != nil {
		return t.where(p, err)
	}
	if len(steps) == 0 {
		return fmt.Errorf("handshake: %s caused nothing", c)
	}
	n := t.N()
	for i := range steps {
		steps[i].N = n + 1 + i
		if steps[i].Peer != WirePeer && steps[i].Leads() {
			p = p.state(steps[i].Peer, steps[i].After)
		}
	}
	if t.scenario != nil { // a recording has them
		steps[0].Choice, steps[0].Note = c.String(), p.note
	}
	if c.Verb == Call {
		p = p.call(c.Peer)
	}
	kid := &node{parent: t.at, choice: c, steps: steps, script: p, choices: t.choices(), mark: t.mark()}
	t.at.kids = append(t.at.kids, kid)
	t.visit(kid)
	t.live, t.at, t.shown = kid, kid, 1
	return nil
}

// act takes the session to the cursor and lets the choice happen there.
func (t *Timeline) act(ctx context.Context, c Choice) ([]Step, error) {
	if t.live == t.at {
		steps, err := t.session.Do(ctx, t.anew.toSession(c))
		if err != nil && t.Live() {
			t.at.choices = t.choices() // it has gone while the person was thinking
		}
		return t.anew.toTrace(steps), err
	}
	if r, ok := t.session.(rewinder); ok {
		r.Rewind(t.at.mark)
		t.live = t.at
		return t.session.Do(ctx, c)
	}
	if err := t.restart(ctx); err != nil {
		return nil, err
	}
	steps, err := t.again(ctx, c, patience)
	return t.anew.beyond(steps), err
}

// choices is what can happen now, in the words of the trace.
func (t *Timeline) choices() []Choice {
	choices := slices.Clone(t.session.Choices())
	for i := range choices {
		choices[i].Packet = t.anew.packet(choices[i].Packet)
	}
	return choices
}

// where adds the script's line to an error, if a line asked for what failed.
func (t *Timeline) where(p place, err error) error {
	if p.asked == 0 {
		return err
	}
	return fmt.Errorf("%s:%d: %w", t.scenario.File, p.asked, err)
}

// visit makes the way to n the one that forward takes, and the path of the trace.
func (t *Timeline) visit(n *node) {
	for at := n; at.parent != nil; at = at.parent {
		at.parent.next = at
	}
	if last := len(t.path); last > 0 && n.steps[0].N == last+1 && n.parent.steps[len(n.parent.steps)-1].N == last && n.next == nil {
		t.path = append(t.path, n.steps...) // the usual case: the newest step
		return
	}
	t.path = nil
	for at := t.root.next; at != nil; at = at.next {
		t.path = append(t.path, at.steps...)
	}
}

// Future is one of the ways that things went: the steps from the start to a leaf.
type Future struct {
	From    int    // the step behind which it parts from the others; 0: the start
	Choice  Choice // what was chosen there
	Steps   int    // the number of its last step
	Current bool   // the cursor's own
	leaf    *node
}

// Futures lists every way that things went, oldest first.
func (t *Timeline) Futures() []Future {
	current := t.at
	for current.next != nil {
		current = current.next
	}
	var all []Future
	var walk func(n, fork *node)
	walk = func(n, fork *node) {
		if len(n.kids) == 0 && n != t.root {
			all = append(all, Future{
				From: fork.steps[0].N - 1, Choice: fork.choice,
				Steps: n.steps[len(n.steps)-1].N, Current: n == current, leaf: n,
			})
		}
		for _, kid := range n.kids {
			if len(n.kids) > 1 || fork == nil {
				walk(kid, kid)
			} else {
				walk(kid, fork)
			}
		}
	}
	walk(t.root, nil)
	return all
}

// Visit takes up a future again, at its end.
func (t *Timeline) Visit(f Future) {
	f.leaf.next = nil
	t.path = nil
	for at := f.leaf; at.parent != nil; at = at.parent {
		at.parent.next = at
	}
	for at := t.root.next; at != nil; at = at.next {
		t.path = append(t.path, at.steps...)
	}
	t.at, t.shown = f.leaf, len(f.leaf.steps)
}
