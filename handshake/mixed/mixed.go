// Package mixed is the engine that puts our TCP to the test: one end is
// statemachine/tcp, as in the model engine, and the other is the Linux kernel, as in the
// kernel engine, in a network namespace of its own. Each segment between them is held.
//
// The kernel believes our end to be at 127.0.0.2. What it sends there is taken from it
// before it could answer itself; what our end sends comes to it from there. The clock
// runs, and our end's timers are real ones; but while a person holds a segment they wait
// to be chosen, as the kernel's wait for a minute. Sequence numbers are shown as if both ends
// had drawn those of the scenario; the octets of a step are the real ones.
package mixed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"sockscope/handshake"
	"sockscope/handshake/kernel"
	"sockscope/handshake/model"
	"sockscope/statemachine/tcp"
)

// Name is the engine's name on the command line, in traces and in scenario files.
const Name = "mixed"

// Engine plays scenarios between our TCP and the kernel's.
type Engine struct {
	// KernelEnd is the peer that the kernel plays; empty means the first.
	KernelEnd string
	// Program, with its arguments, runs in the namespace instead of the calls of the
	// kernel's end. See [Loose].
	Program []string
}

// ourAddress is where the kernel believes our end to be.
var ourAddress = netip.AddrFrom4([4]byte{127, 0, 0, 2})

// Start checks the scenario and starts the child that has the kernel's end.
func (e Engine) Start(ctx context.Context, s *handshake.Scenario) (handshake.Session, error) {
	if err := s.Playable(Name); err != nil {
		return nil, err
	}
	if len(s.Peers) != 2 {
		return nil, s.Mistake(s.Peers[len(s.Peers)-1].Line, fmt.Sprintf("%d peers", len(s.Peers)), "two, with the mixed engine")
	}
	ours, theirs, err := e.ends(s)
	if err != nil {
		return nil, err
	}
	moved, err := move(s, ours)
	if err != nil {
		return nil, err
	}
	half, err := model.NewHalf(moved, Name, s.Peers[theirs].Name)
	if err != nil {
		return nil, err
	}
	other, err := kernel.StartHalf(ctx, moved, kernel.Other{Engine: Name, Peer: s.Peers[ours].Name, Program: e.Program})
	if err != nil {
		return nil, err
	}
	return &session{ours: s.Peers[ours].Name, first: s.Peers[0].Name, model: half, kernel: other}, nil
}

// ends says which peer is ours, and which the kernel's.
func (e Engine) ends(s *handshake.Scenario) (ours, theirs int, err error) {
	for i, p := range s.Peers {
		if p.Name == cmp.Or(e.KernelEnd, s.Peers[0].Name) {
			return 1 - i, i, nil
		}
	}
	return 0, 0, fmt.Errorf("mixed: the kernel's end %q, want %s or %s", e.KernelEnd, s.Peers[0].Name, s.Peers[1].Name)
}

// move gives our end its address.
func move(s *handshake.Scenario, ours int) (*handshake.Scenario, error) {
	moved := *s
	moved.Peers = slices.Clone(s.Peers)
	p := &moved.Peers[ours]
	a, err := netip.ParseAddrPort(p.Address)
	if err != nil {
		return nil, s.Mistake(p.Line, "address "+p.Address, "127.0.0.1:PORT, with the mixed engine")
	}
	p.Address = netip.AddrPortFrom(ourAddress, a.Port()).String()
	return &moved, nil
}

// Loose is the scenario for a program of the user's own at the kernel's end: nobody
// knows what it will do, so the lines of its peer are left out, and the others wait
// until they fit.
func (e Engine) Loose(s *handshake.Scenario) *handshake.Scenario {
	_, theirs, err := e.ends(s)
	if err != nil {
		return s // Start says so
	}
	loose := *s
	loose.Loose, loose.Ladder = true, ""
	loose.Script = slices.DeleteFunc(slices.Clone(s.Script), func(l handshake.Line) bool {
		own := []handshake.Verb{handshake.Call, handshake.Return, handshake.Timeout}
		return l.Choice.Peer == s.Peers[theirs].Name && slices.Contains(own, l.Choice.Verb)
	})
	return &loose
}

// session joins the two halves.
type session struct {
	ours   string // the peer that is ours
	first  string // the first of both
	model  *model.Half
	kernel kernel.Half
	before []handshake.Choice // what could happen before the last choice
}

// Header begins the trace.
func (s *session) Header() handshake.Trace { return s.kernel.Header() }

// Choices lists what either half can do: what waits first, the older of two before the
// other, then segments, calls, and timers.
func (s *session) Choices() []handshake.Choice {
	list := s.kernel.Choices()
	if len(list) > 0 && list[0].What == kernel.Acts {
		return list
	}
	list = slices.Concat(list, s.model.Choices())
	slices.SortStableFunc(list, func(a, b handshake.Choice) int {
		return cmp.Or(cmp.Compare(turn(a), turn(b)), cmp.Compare(s.rank(a), s.rank(b)))
	})
	return list
}

// turn orders the verbs.
func turn(c handshake.Choice) int {
	switch c.Verb {
	case handshake.Depart:
		return 0
	case handshake.Return:
		return 1
	case handshake.Call:
		return 3
	case handshake.Timeout:
		return 4
	case handshake.Arrive, handshake.Drop, handshake.Duplicate, handshake.Wait, handshake.Inject, handshake.Replace:
	}
	return 2
}

// rank orders choices of one verb: what has waited before the last choice is older, and
// the first peer calls first.
func (s *session) rank(c handshake.Choice) int {
	waits := c.Verb == handshake.Depart || c.Verb == handshake.Return
	if waits && slices.Contains(s.before, c) || c.Verb == handshake.Call && c.Peer == s.first {
		return 0
	}
	if waits || c.Verb == handshake.Call {
		return 1
	}
	return 0
}

// Do lets one choice happen in the half that it belongs to.
func (s *session) Do(ctx context.Context, c handshake.Choice) ([]handshake.Step, error) {
	before := s.Choices()
	steps, err := s.let(ctx, c)
	if err == nil {
		s.before = before
	}
	return steps, err
}

func (s *session) let(ctx context.Context, c handshake.Choice) ([]handshake.Step, error) {
	switch c.Verb {
	case handshake.Wait:
		if c.Args == "" {
			return s.wait(ctx, c)
		}
	case handshake.Begin:
		if _, err := s.model.Do(s.kernel.Now(), c); err != nil {
			return nil, err
		}
	case handshake.Arrive:
		return s.arrive(ctx, c)
	case handshake.Call, handshake.Return, handshake.Depart, handshake.Timeout:
		if c.Peer == s.ours {
			return s.our(ctx, c)
		}
	case handshake.Drop, handshake.Duplicate, handshake.Inject, handshake.Replace:
	}
	return s.kernel.Do(ctx, c)
}

// our lets our end do something.
func (s *session) our(ctx context.Context, c handshake.Choice) ([]handshake.Step, error) {
	switch {
	case c.Verb == handshake.Depart:
		return s.model.Depart(c, func(out tcp.Segment, from, to netip.AddrPort) (handshake.Step, error) {
			return s.kernel.Emit(ctx, kernel.Segment{From: from, To: to, Segment: out})
		})
	case c.Verb == handshake.Timeout && slices.Contains(s.model.Choices(), c):
		if err := s.due(ctx); err != nil {
			return nil, err
		}
	}
	return s.model.Do(s.kernel.Now(), c)
}

// arrive lets a segment arrive. One for our end is handed over by the kernel's half.
func (s *session) arrive(ctx context.Context, c handshake.Choice) ([]handshake.Step, error) {
	steps, err := s.kernel.Do(ctx, c)
	in, ours := s.kernel.Arrived()
	if err != nil || !ours {
		return steps, err
	}
	at := slices.IndexFunc(steps, func(step handshake.Step) bool { return step.Kind == handshake.KindArrive })
	return slices.Replace(steps, at, at+1, s.model.Arrive(steps[at], in.Segment, in.From, in.To)...), nil
}

// due waits until our end's first timer is due.
func (s *session) due(ctx context.Context) error {
	due, _ := s.model.Due()
	timer := time.NewTimer(due - s.kernel.Now())
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// wait waits until the kernel does something by itself, or a timer of ours ends; not
// while a segment is held, or who thinks for a minute finds it repeated five times.
func (s *session) wait(ctx context.Context, c handshake.Choice) ([]handshake.Step, error) {
	due, runs := s.model.Due()
	if !runs || s.holds() {
		return s.kernel.Do(ctx, c)
	}
	limited, cancel := context.WithTimeout(ctx, due-s.kernel.Now())
	defer cancel()
	steps, err := s.kernel.Do(limited, c)
	if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
		return steps, err
	}
	choices := s.model.Choices()
	return s.model.Do(s.kernel.Now(), choices[len(choices)-1])
}

// holds reports whether a segment is on the wire.
func (s *session) holds() bool {
	return slices.ContainsFunc(s.kernel.Choices(), func(c handshake.Choice) bool { return c.Verb == handshake.Arrive })
}

// Close ends the child, and with it the kernel's end.
func (s *session) Close() error { return s.kernel.Close() }
