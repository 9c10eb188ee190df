package handshake

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// patience is how long a [Timeline] waits for what a running clock has not brought
// yet: longer than the first two retransmissions of a SYN, after 1 and 3 seconds
// (RFC 6298 2.1 and 5.5), and short enough for a person to sit through.
const patience = 5 * time.Second

// bare is the wait without a length: until something happens by itself.
var bare = Choice{Verb: Wait}

// errBehind is what [Timeline.Wait] says where nothing can come about.
var errBehind = errors.New("handshake: nothing comes about here, want the newest step of a live session")

// Live reports whether the session runs on a clock of its own, as a kernel does: it
// does not stop while a person thinks, acts unasked, and cannot be rewound.
func (t *Timeline) Live() bool { return t.scenario != nil && t.header.Host != "" }

// Edge reports whether the cursor is at the newest step of a live session: where
// [Timeline.Wait] can wait.
func (t *Timeline) Edge() bool {
	return t.Live() && t.live == t.at && t.at.next == nil && t.shown == len(t.at.steps)
}

// Wait waits at the [Timeline.Edge] until something happens by itself, and goes behind
// all of it. The script goes on as if nobody had chosen anything. If the context ends
// first, nothing happened and the error is the context's.
func (t *Timeline) Wait(ctx context.Context) error {
	if !t.Edge() {
		return errBehind
	}
	p := t.at.script
	p.note, p.asked = "", 0
	if err := t.do(ctx, bare, p); err != nil {
		return err
	}
	t.shown = len(t.at.steps)
	return nil
}

// mayCome reports whether what [Timeline.plan] did not find may come about by itself.
func (t *Timeline) mayCome(p place) bool {
	return t.Live() && (p.strayed || p.line < len(t.scenario.Script))
}

// await waits for something to happen by itself, with patience; without it the plan
// stays as it is.
func (t *Timeline) await(ctx context.Context, p place, planned error) error {
	if t.live != t.at {
		if err := t.restart(ctx); err != nil {
			return err
		}
	}
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := t.do(limited, bare, p)
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		return planned
	}
	return err
}

// restart starts a new session in the place of one that cannot go back, and makes the
// choices that led to the cursor again. What was recorded of them stays as it was.
func (t *Timeline) restart(ctx context.Context) error {
	if err := t.Close(); err != nil {
		return err
	}
	session, err := t.engine.Start(ctx, t.scenario)
	if err != nil {
		return err
	}
	t.session, t.anew = session, nil
	t.starts++
	for _, c := range t.hidden {
		if _, err := t.again(ctx, c, patience); err != nil {
			return err
		}
	}
	t.anew = &repetition{names: map[int]int{}, seen: map[int]bool{}}
	for _, n := range t.way() {
		limit := patience
		if n.choice == bare {
			limit += n.steps[0].At // so long it may have been
		}
		steps, err := t.again(ctx, n.choice, limit)
		if err != nil {
			return err
		}
		t.anew.learn(n.steps, steps)
	}
	t.live = t.at
	return nil
}

// way is the choices from the root to the cursor.
func (t *Timeline) way() []*node {
	var way []*node
	for n := t.at; n.parent != nil; n = n.parent {
		way = append(way, n)
	}
	slices.Reverse(way)
	return way
}

// again makes a choice in a session that was started anew. What is not possible yet is
// waited for; what happens meanwhile comes first in what is given back.
func (t *Timeline) again(ctx context.Context, c Choice, limit time.Duration) ([]Step, error) {
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var steps []Step
	for {
		next, listed := t.anew.find(c, t.session.Choices())
		doing := ctx
		if next == bare {
			doing = limited
		}
		more, err := t.session.Do(doing, next)
		steps = append(steps, more...)
		switch {
		case err != nil:
			t.live = nil // it stands somewhere else
			return nil, t.unrepeatable(ctx, c, err)
		case listed:
			return steps, nil
		}
	}
}

// unrepeatable says which line could not be done again, and what can be done.
func (t *Timeline) unrepeatable(ctx context.Context, c Choice, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = errors.New("it did not become possible")
	}
	return fmt.Errorf("handshake: started anew: found %q, which cannot be done again, allowed: %s: %w", c, possible(t.session.Choices()), err)
}

// repetition joins a session that was started anew to the trace of the one before: the
// same segment may have another number there, and the clock begins again.
type repetition struct {
	names    map[int]int   // the session's number of a segment: the trace's; 0: not found yet
	seen     map[int]bool  // the trace's numbers
	recorded []Step        // in which segments first appeared that are not found again yet
	met      []Step        // likewise in the new session
	shift    time.Duration // from the session's clock to the trace's
	last     int           // the highest of the trace's numbers
}

// learn compares what a choice caused the first time and again.
func (r *repetition) learn(recorded, again []Step) {
	for _, s := range recorded {
		if s.Packet != 0 && !r.seen[s.Packet] {
			r.seen[s.Packet], r.last = true, max(r.last, s.Packet)
			r.recorded = append(r.recorded, s)
		}
	}
	for _, s := range again {
		if _, known := r.names[s.Packet]; s.Packet != 0 && !known {
			r.names[s.Packet], r.met = 0, append(r.met, s)
		}
	}
	r.recorded = slices.DeleteFunc(r.recorded, func(old Step) bool {
		i := slices.IndexFunc(r.met, func(s Step) bool { return s.Peer == old.Peer && s.Label == old.Label })
		if i < 0 {
			return false
		}
		r.names[r.met[i].Packet] = old.Packet
		r.met = slices.Delete(r.met, i, i+1)
		return true
	})
	if len(recorded) > 0 && len(again) > 0 {
		r.shift = max(recorded[len(recorded)-1].At-again[len(again)-1].At, 0)
	}
}

// beyond makes steps part of the trace that came behind what was done again. What left
// its sender only now, but is in the trace, is not shown twice.
func (r *repetition) beyond(steps []Step) []Step {
	r.learn(nil, steps)
	return r.toTrace(slices.DeleteFunc(steps, func(s Step) bool {
		return s.Kind == KindDepart && r.names[s.Packet] != 0
	}))
}

// packet is the trace's number of the session's segment: a new one if the trace does
// not know it.
func (r *repetition) packet(n int) int {
	if r == nil || n == 0 {
		return n
	}
	if r.names[n] == 0 {
		r.last++
		r.names[n] = r.last
	}
	return r.names[n]
}

// toTrace makes steps of the session part of the trace.
func (r *repetition) toTrace(steps []Step) []Step {
	if r == nil {
		return steps
	}
	for i := range steps {
		s := &steps[i]
		s.Packet = r.packet(s.Packet)
		s.At += r.shift
		s.Vars = slices.Clone(s.Vars)
		for j := range s.Vars {
			s.Vars[j] = r.later(s.Vars[j])
		}
	}
	return steps
}

// later moves a timer's end to the trace's clock; other lengths of time are no points
// in it.
func (r *repetition) later(v Var) Var {
	ns, err := strconv.ParseInt(v.Value, 10, 64)
	if err == nil && v.Unit == "ns" && strings.HasSuffix(v.Name, " timer") {
		v.Value = strconv.FormatInt(ns+int64(r.shift), 10)
	}
	return v
}

// toSession is the trace's choice in the numbers of the session.
func (r *repetition) toSession(c Choice) Choice {
	if r == nil || c.Packet == 0 {
		return c
	}
	for session, trace := range r.names {
		if trace == c.Packet {
			c.Packet = session
			return c
		}
	}
	c.Packet = 0 // the oldest that fits
	return c
}

// find is the choice of before among what can happen now, whatever number its segment
// has; while it is not there, a wait and false.
func (r *repetition) find(c Choice, choices []Choice) (Choice, bool) {
	c = r.toSession(c)
	if slices.Contains(choices, c) {
		return c, true
	}
	c.Packet = 0
	line := Line{Choice: c}
	if now, ok := line.now(choices); ok {
		return now, true
	}
	return bare, false
}
