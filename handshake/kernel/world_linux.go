package kernel

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"sockscope/handshake"
)

// world is the namespace: two programs, their sockets, and the segments that are held.
type world struct {
	scenario *handshake.Scenario
	lo       *loopback // nil if the segments cannot be held
	diag     *diag     // likewise
	began    time.Time
	last     time.Duration // of the step before
	hosts    [2]host
	flights  []flight
	alone    []alone // what the kernel has done by itself and no choice has brought yet
	packets  int
	order    int // counts what was put into an outbox: the smaller, the older
	numbers  numbers
	sent     map[flow]sent
	syns     map[flow]uint32 // the first number of the SYN that last reached a receiver who wanted one, as shown
	repeats  []repeat
	socks    []sock
	taken    []held
	engine   string
	program  *program // nil: each end makes the calls of the scenario
	other    int      // the host that is not the kernel's; -1: both are
	arrived  []byte   // what the last choice has handed to it
}

var (
	errNotNow  = errors.New("not possible now")
	errStopped = errors.New("stopped")
)

// newWorld makes the world in which nothing has happened.
func newWorld(o opening) (*world, error) {
	w := &world{scenario: o.Scenario, engine: o.Other.Engine, numbers: numbers{}, sent: map[flow]sent{}, syns: map[flow]uint32{}}
	if !o.Bare {
		var err error
		if w.lo, err = openLoopback(); err != nil {
			return nil, err
		}
		if w.diag, err = openDiag(); err != nil {
			return nil, because("states", err)
		}
		if err := adjust(o.Scenario); err != nil {
			return nil, err
		}
	}
	for i, p := range o.Scenario.Peers {
		w.hosts[i] = newHost(o, p)
	}
	w.other = w.peer(o.Other.Peer)
	if len(o.Other.Program) > 0 {
		if err := w.run(o.Other.Program); err != nil {
			return nil, err
		}
	}
	w.began = time.Now()
	return w, nil
}

// adjust makes the settings that a scenario asks for.
func adjust(s *handshake.Scenario) error {
	least := parked
	for _, y := range s.Sysctls {
		if err := sysctl(y.Name, y.Value); err != nil {
			why := err
			if errno, ok := errors.AsType[unix.Errno](err); ok {
				why = errno
			}
			return s.Mistake(y.Line, fmt.Sprintf("sysctl %s %s, which this kernel refuses (%v)", y.Name, y.Value, why), "a setting and a value that it takes")
		}
		if y.Name == rtoMinSetting {
			least = y.Value
		}
	}
	if s.Quick || s.Window != 0 {
		return setRoutes(metrics{least, s.Quick, s.Window})
	}
	return nil
}

func (w *world) header() handshake.Trace {
	t := handshake.Trace{
		Scenario: w.scenario.Name, Engine: w.engine, Protocol: "tcp", Host: system(w.lo == nil),
		Words: w.scenario.Words, Source: w.scenario.Source,
	}
	for i, p := range w.scenario.Peers {
		if h := &w.hosts[i]; w.program != nil && len(h.ends) > 0 { // which has not asked the setup
			p.Address = h.ends[0].local.String()
		}
		t.Peers = append(t.Peers, handshake.Peer{Name: p.Name, Address: p.Address, State: "CLOSED", Cast: p.Cast})
	}
	return t
}

// system names the kernel, and says if its segments cannot be held.
func system(bare bool) string {
	var u unix.Utsname
	_ = unix.Uname(&u) // it cannot fail
	release, _, _ := strings.Cut(unix.ByteSliceToString(u.Release[:]), "-")
	name := unix.ByteSliceToString(u.Sysname[:]) + " " + release
	if bare {
		name += ", calls only"
	}
	return name
}

// now is the time since the start. It never runs back.
func (w *world) now() time.Duration {
	w.last = max(w.last, time.Since(w.began))
	return w.last
}

func (w *world) peer(name string) int {
	return slices.IndexFunc(w.hosts[:], func(h host) bool { return h.name == name })
}

// choices lists what can happen: what waits, what the kernel has done by itself,
// segments, calls, and timers that run.
func (w *world) choices() []handshake.Choice {
	if w.nextAct() >= 0 {
		return []handshake.Choice{w.act()}
	}
	return w.possible()
}

// possible lists what could be done, whether a program has acted meanwhile or not.
func (w *world) possible() []handshake.Choice {
	list := w.waiting()
	for _, a := range w.alone {
		if a.timer != Acts {
			list = append(list, handshake.Choice{Verb: handshake.Timeout, Peer: w.hosts[a.peer].name, What: a.timer})
		}
	}
	for _, f := range w.flights {
		peer := w.hosts[f.to].name
		for _, verb := range []handshake.Verb{handshake.Arrive, handshake.Drop, handshake.Duplicate} {
			if verb != handshake.Duplicate || len(f.copies) < maxCopies {
				list = append(list, handshake.Choice{Verb: verb, Peer: peer, Packet: f.packet, What: f.label})
			}
		}
	}
	for i := range w.hosts {
		if h := &w.hosts[i]; h.next < len(h.program) && h.blocked == nil {
			list = append(list, h.program[h.next])
		}
	}
	for _, c := range w.timers() {
		if !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	return list
}

// maxCopies bounds how often one segment can be doubled, as the model does.
const maxCopies = 3

// waiting lists the outboxes: of each host the oldest departure and the return.
func (w *world) waiting() []handshake.Choice {
	var departs, returns []handshake.Choice
	for i := range w.hosts {
		h := &w.hosts[i]
		if len(h.outbox) > 0 {
			departs = append(departs, handshake.Choice{Verb: handshake.Depart, Peer: h.name, What: h.outbox[0].label})
		}
		if h.blocked != nil && h.blocked.answered {
			returns = append(returns, handshake.Choice{Verb: handshake.Return, Peer: h.name, What: h.blocked.call})
		}
	}
	if len(departs) == 2 && w.hosts[1].outbox[0].order < w.hosts[0].outbox[0].order {
		slices.Reverse(departs)
	}
	if len(returns) == 2 && w.hosts[1].blocked.order < w.hosts[0].blocked.order {
		slices.Reverse(returns)
	}
	return append(departs, returns...)
}

// timers lists those of the kernel's timers that run.
func (w *world) timers() []handshake.Choice {
	var list []handshake.Choice
	for i := range w.hosts {
		h := &w.hosts[i]
		for j := range h.ends {
			for _, name := range h.ends[j].timers(w.owes(&h.ends[j])) {
				list = append(list, handshake.Choice{Verb: handshake.Timeout, Peer: h.name, What: name})
			}
		}
	}
	return list
}

// owes reports whether an end has taken something that it has not acknowledged yet.
func (w *world) owes(e *end) bool {
	s := w.sent[flow{e.local, e.remote}]
	return s.acked && e.known && s.ack != w.numbers.real(flow{e.remote, e.local}, e.rcvNXT)
}

// do lets one choice happen and records it. c can end a wait.
func (w *world) do(choice handshake.Choice, c *child) ([]handshake.Step, error) {
	if err := w.notice(); err != nil {
		return nil, err
	}
	i := w.peer(choice.Peer)
	if i < 0 && choice.Verb != handshake.Wait && choice.Verb != handshake.Begin {
		return nil, fmt.Errorf("kernel: peer %q, want %s or %s", choice.Peer, w.hosts[0].name, w.hosts[1].name)
	}
	freed := w.flight(choice.Packet)
	var f flight
	if freed >= 0 {
		f = w.flights[freed]
	}
	steps, err := w.let(choice, i, c)
	if err != nil {
		return nil, err
	}
	if freed >= 0 && w.flight(choice.Packet) < 0 {
		steps = append(steps, w.again(&f)...)
	}
	if w.lo == nil {
		return w.returns(steps)
	}
	return steps, nil
}

// returns lets the calls come back that can: where segments cannot be held, nothing
// else has to happen first.
func (w *world) returns(steps []handshake.Step) ([]handshake.Step, error) {
	for i := range w.hosts {
		steps = append(steps, w.tell(i)...)
	}
	for i := range w.hosts {
		if b := w.hosts[i].blocked; b != nil && b.answered {
			more, err := w.comeBack(i)
			if err != nil {
				return steps, err
			}
			steps = append(steps, more...)
		}
	}
	return steps, nil
}

func (w *world) let(choice handshake.Choice, i int, c *child) ([]handshake.Step, error) {
	switch choice.Verb {
	case handshake.Wait:
		return w.wait(choice, c)
	case handshake.Timeout:
		return w.timeout(i, choice.What, c)
	case handshake.Begin:
		return nil, w.begin()
	case handshake.Inject:
		return w.inject(choice, i)
	case handshake.Replace:
		return w.replace(choice, i)
	case handshake.Call, handshake.Depart, handshake.Return, handshake.Arrive, handshake.Drop, handshake.Duplicate:
	}
	if w.nextAct() >= 0 && choice == w.act() {
		return w.record(w.nextAct())
	}
	if !slices.Contains(w.possible(), choice) {
		return nil, fmt.Errorf("kernel: %q: %w", choice, errNotNow)
	}
	switch choice.Verb {
	case handshake.Call:
		return w.call(i)
	case handshake.Return:
		return w.comeBack(i)
	case handshake.Depart:
		return w.depart(i), nil
	case handshake.Arrive:
		return w.arrive(choice.Packet, c)
	case handshake.Drop:
		return w.drop(choice.Packet)
	case handshake.Duplicate:
		return w.duplicate(choice.Packet)
	case handshake.Wait, handshake.Timeout, handshake.Begin, handshake.Inject, handshake.Replace:
	}
	return nil, fmt.Errorf("kernel: %q, want a verb of a scenario file", choice.Verb)
}

// begin makes what came before invisible.
func (w *world) begin() error {
	if n := len(w.flights) + len(w.waiting()); n > 0 {
		return fmt.Errorf("kernel: begin with %d segments and returns under way, want none", n)
	}
	w.packets = 0
	return nil
}
