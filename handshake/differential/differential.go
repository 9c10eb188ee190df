// Package differential plays scenarios on gVisor's netstack, so that our machine can be
// held against another TCP at any number of random schedules. [Engine] joins two stacks
// by two links that hold every segment, under one virtual clock: with the same scenario
// and the same choices the same happens.
//
// Netstack's goroutines are at rest whenever the session looks: see netstack.rest. What
// has no counterpart in RFC 9293's machine is turned off (settings), and the wire takes
// the options out of a SYN that it offers all the same (plain). It is a module of its
// own: nobody who uses sockscope carries gVisor.
package differential

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"time"

	"sockscope/handshake"
	"sockscope/handshake/calls"
)

// Name is the engine's name in traces. It plays the lines of [Lines].
const Name = "netstack"

// Lines is the engine whose lines of a scenario are played: like this one it has a
// virtual clock, and timers that end when they are told to.
const Lines = "model"

// Engine plays scenarios between two netstacks.
type Engine struct{}

// Start makes the stacks.
func (Engine) Start(_ context.Context, s *handshake.Scenario) (handshake.Session, error) {
	if err := check(s); err != nil {
		return nil, err
	}
	w := &Session{scenario: s, clock: &clock{}}
	draw := rand.New(rand.NewPCG(s.Seed, 0))
	for i, p := range s.Peers {
		a, err := address(s, p, draw)
		if err != nil {
			return nil, err
		}
		w.hosts[i] = &host{
			name: p.Name, shown: a, iss: p.ISS, nextFD: firstFD,
			address: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), a.Port()),
		}
		for _, l := range s.Program(Lines, p.Name) {
			w.hosts[i].program = append(w.hosts[i].program, l.Choice)
		}
		if w.hosts[i].stack, err = newNetstack(w.clock, w.hosts[i].address.Addr()); err != nil {
			return nil, errors.Join(err, w.Close())
		}
	}
	return w, nil
}

// noDelay is the one socket option that both know.
const noDelay = "TCP_NODELAY"

// check reports what this engine cannot play beyond what the model cannot.
func check(s *handshake.Scenario) error {
	if err := s.Playable(Lines); err != nil {
		return err
	}
	if len(s.Peers) != 2 {
		return s.Mistake(s.Peers[len(s.Peers)-1].Line, fmt.Sprintf("%d peers", len(s.Peers)), "two")
	}
	for _, y := range s.Sysctls { // what the model heeds and netstack does otherwise
		if y.Name == "net.ipv4.tcp_syncookies" || strings.HasPrefix(y.Name, "net.ipv4.tcp_") && y.Value == "1" {
			return s.Mistake(y.Line, "sysctl "+y.Name+" "+y.Value, "none of Linux's listeners and options, with netstack")
		}
	}
	for _, p := range s.Peers {
		if p.Profile == handshake.Linux {
			return s.Mistake(p.Line, "profile="+string(p.Profile), "the values of the RFCs, with netstack")
		}
	}
	for _, l := range s.Script {
		c := l.Choice
		if c.Verb != handshake.Call || !l.On(Lines) {
			continue
		}
		if name, _, ok := calls.Option(c.Args); c.What == "setsockopt" && ok && name != noDelay {
			return s.Mistake(l.Number, "setsockopt "+name, noDelay+", with netstack")
		}
		if err := calls.Check(s, l, known); err != nil {
			return err
		}
		if c.What == "connect" && (s.Peer(c.Args) == nil || c.Args == c.Peer) { // the wire joins two ends
			return s.Mistake(l.Number, "connect "+c.Args, "the other peer's name")
		}
	}
	return nil
}

// address reads a peer's address; a port that is left out is drawn.
func address(s *handshake.Scenario, p handshake.PeerSetup, draw *rand.Rand) (netip.AddrPort, error) {
	if a, err := netip.ParseAddrPort(p.Address); err == nil && a.Addr().Is4() && a.Port() != 0 {
		return a, nil
	}
	if a, err := netip.ParseAddr(p.Address); err == nil && a.Is4() {
		const first, count = 49152, 65536 - 49152 // the dynamic ports, RFC 6335 section 6
		return netip.AddrPortFrom(a, uint16(first+draw.IntN(count))), nil
	}
	return netip.AddrPort{}, s.Mistake(p.Line, "address "+p.Address, "an IPv4 address with or without :PORT")
}

// Session is a scenario being played on two stacks.
type Session struct {
	scenario *handshake.Scenario
	clock    *clock
	hosts    [2]*host
	flights  []flight // on the wire, in the order of departure
	packets  int      // how many have departed: the last one's number
	order    int      // counts what was put into an outbox: the smaller, the older
}

// Header begins the trace.
func (w *Session) Header() handshake.Trace {
	t := handshake.Trace{
		Scenario: w.scenario.Name, Engine: Name, Protocol: "tcp",
		Words: w.scenario.Words, Source: w.scenario.Source,
	}
	for i, p := range w.scenario.Peers {
		t.Peers = append(t.Peers, handshake.Peer{Name: p.Name, Address: w.hosts[i].shown.String(), State: closed, Cast: p.Cast})
	}
	return t
}

// Close ends the stacks.
func (w *Session) Close() error {
	for _, h := range w.hosts {
		if h != nil && h.stack != nil {
			h.stack.close()
		}
	}
	return nil
}

// Choices lists what can happen, in the order of an undisturbed world, as the model does.
func (w *Session) Choices() []handshake.Choice {
	list := w.waiting()
	due, timers := w.due()
	end := w.end()
	now := w.clock.now
	for _, f := range w.flights {
		peer := w.hosts[f.to].name
		if at := max(now, f.at); (len(timers) == 0 || at <= due) && at <= end {
			list = append(list, handshake.Choice{Verb: handshake.Arrive, Peer: peer, Packet: f.packet, What: f.label})
		}
		list = append(list, handshake.Choice{Verb: handshake.Drop, Peer: peer, Packet: f.packet, What: f.label})
		if f.copies < maxCopies {
			list = append(list, handshake.Choice{Verb: handshake.Duplicate, Peer: peer, Packet: f.packet, What: f.label})
		}
	}
	for _, h := range w.hosts {
		if h.next < len(h.program) && h.blocked == nil {
			list = append(list, h.program[h.next])
		}
	}
	if due <= end {
		for _, t := range timers {
			c := handshake.Choice{Verb: handshake.Timeout, Peer: t.host.name, What: t.name}
			if !slices.Contains(list, c) {
				list = append(list, c)
			}
		}
	}
	return list
}

// waiting lists the outboxes: of each host the oldest departure and the return;
// departures first.
func (w *Session) waiting() []handshake.Choice {
	type entry struct {
		item
		peer string
	}
	var items []entry
	for _, h := range w.hosts {
		departs := false
		for _, it := range h.outbox {
			if it.is == handshake.Depart && departs {
				continue // one end's segments leave in order
			}
			departs = departs || it.is == handshake.Depart
			items = append(items, entry{it, h.name})
		}
	}
	slices.SortFunc(items, func(a, b entry) int {
		if a.is != b.is {
			if a.is == handshake.Depart {
				return -1
			}
			return 1
		}
		return a.order - b.order
	})
	list := make([]handshake.Choice, len(items))
	for i, it := range items {
		list[i] = handshake.Choice{Verb: it.is, Peer: it.peer, What: it.what}
	}
	return list
}

// ending is a timer of an end that is due first.
type ending struct {
	host *host
	end  *end
	name string
	at   *timer
}

// due lists the timers that are due first, and when.
func (w *Session) due() (time.Duration, []ending) {
	var due time.Duration
	var list []ending
	w.eachTimer(func(h *host, e *end, r running, t *timer) {
		switch {
		case len(list) > 0 && r.due > due:
		case len(list) > 0 && r.due == due:
			list = append(list, ending{h, e, r.name, t})
		default:
			due, list = r.due, []ending{{h, e, r.name, t}}
		}
	})
	return due, list
}

// eachTimer goes through the timers that end with an effect.
func (w *Session) eachTimer(do func(*host, *end, running, *timer)) {
	w.clock.mu.Lock()
	all := slices.Clone(w.clock.timers)
	w.clock.mu.Unlock()
	for _, h := range w.hosts {
		for _, e := range h.ends {
			for _, r := range timers(e.ep) {
				at := slices.IndexFunc(all, func(t *timer) bool { return t.is(r.timer) })
				if at < 0 {
					continue
				}
				r.due = max(r.due, all[at].due)
				do(h, e, r, all[at])
			}
		}
	}
}

// pass moves the clock on. What ends on the way has no effect: a timer that was given
// up, or one that is told to begin again.
func (w *Session) pass(to time.Duration) {
	effective := map[*timer]time.Duration{}
	w.eachTimer(func(_ *host, _ *end, r running, t *timer) { effective[t] = r.due })
	for {
		t := w.clock.next(to, func(t *timer) bool {
			due, ok := effective[t]
			return ok && t.due >= due
		})
		if t == nil {
			w.clock.set(to)
			return
		}
		w.clock.fire(t)
		w.rest()
	}
}

func (w *Session) rest() {
	for _, h := range w.hosts {
		h.stack.rest()
	}
}

// ErrNotNow is in the chain of what Do says to a choice that is not possible.
var ErrNotNow = errors.New("not possible now")

// Do lets one choice happen and records it.
func (w *Session) Do(_ context.Context, c handshake.Choice) ([]handshake.Step, error) {
	i := slices.IndexFunc(w.hosts[:], func(h *host) bool { return h.name == c.Peer })
	switch c.Verb {
	case handshake.Wait:
		return w.wait(c)
	case handshake.Begin:
		return nil, w.begin()
	case handshake.Inject:
		return w.inject(c, i)
	case handshake.Replace:
		return w.replace(c, i)
	case handshake.Call, handshake.Depart, handshake.Return, handshake.Arrive,
		handshake.Drop, handshake.Duplicate, handshake.Timeout:
	}
	if !slices.Contains(w.Choices(), c) {
		return nil, fmt.Errorf("differential: %q: %w", c, ErrNotNow)
	}
	switch c.Verb {
	case handshake.Call:
		return w.call(i)
	case handshake.Depart:
		return w.depart(i), nil
	case handshake.Return:
		return w.comeBack(i), nil
	case handshake.Arrive:
		return w.arrive(c.Packet), nil
	case handshake.Drop:
		return w.drop(c.Packet), nil
	case handshake.Duplicate:
		return w.duplicate(c.Packet), nil
	case handshake.Timeout:
		return w.timeout(i, c.What), nil
	case handshake.Wait, handshake.Begin, handshake.Inject, handshake.Replace:
	}
	return nil, fmt.Errorf("differential: %q, want a verb of a scenario file", c.Verb)
}

// wait lets the clock run on, but not past a timer.
func (w *Session) wait(c handshake.Choice) ([]handshake.Step, error) {
	d, err := time.ParseDuration(c.Args)
	if err != nil || d <= 0 {
		return nil, fmt.Errorf("differential: wait %q, want a length of time such as 1s", c.Args)
	}
	to := w.clock.now + d
	if due, timers := w.due(); len(timers) > 0 && to > due || to > w.end() {
		return nil, fmt.Errorf("differential: wait %s: %w: a timer, or the end of a segment's life, comes first", d, ErrNotNow)
	}
	w.pass(to)
	return []handshake.Step{{
		At: to, Peer: handshake.WirePeer, Kind: handshake.KindNote, Label: "wait " + c.Args,
		Why: []handshake.Why{calls.TimePasses.Why()},
	}}, nil
}

// begin makes what came before invisible. Nothing may be under way then.
func (w *Session) begin() error {
	if n := len(w.flights) + len(w.hosts[0].outbox) + len(w.hosts[1].outbox); n > 0 {
		return fmt.Errorf("differential: begin with %d segments and returns under way, want none", n)
	}
	w.packets = 0
	return nil
}

// timeout ends the named timer of the first connection of a host where it is due.
func (w *Session) timeout(i int, name string) []handshake.Step {
	due, _ := w.due()
	w.pass(due)
	_, timers := w.due() // the clock may have started them anew on the way
	at := slices.IndexFunc(timers, func(t ending) bool { return t.host == w.hosts[i] && t.name == name })
	t := timers[at]
	w.clock.fire(t.at)
	return w.observe(i, t.end, handshake.Step{Peer: t.host.name, Kind: handshake.KindTimeout, Label: name})
}
