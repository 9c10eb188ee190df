package model

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"sockscope/handshake"
	"sockscope/handshake/calls"
	"sockscope/handshake/wire"
	"sockscope/statemachine/tcp"
)

// World is two hosts and the wire between them, and nothing else: with the same
// scenario and the same choices it becomes the same World. clone makes a copy that
// shares nothing that changes.
type World struct {
	clock   time.Duration
	delay   time.Duration
	hosts   [2]host
	flights []flight    // on the wire, in the order of departure
	packets int         // how many have departed: the last one's number
	order   int         // counts what was put into an outbox: the smaller, the older
	random  rand.PCG    // draws what the scenario leaves open
	cookies tcp.Cookies // net.ipv4.tcp_syncookies of both hosts
}

// flight is a segment on the wire.
type flight struct {
	packet   int
	to       int
	src, dst netip.AddrPort
	label    string
	at       time.Duration // it may arrive from then on
	dies     time.Duration // and until then
	copies   [][]byte      // the octets as they were read from the wire, one for each datagram
}

// msl is how long a segment can live in the network: 2 minutes (RFC 9293 3.4.2). The
// clock cannot pass a segment's end: it arrives or is lost before. TIME-WAIT, twice
// as long, rests on that.
const msl = 2 * time.Minute

// maxCopies bounds how often one segment can be doubled: two old copies are enough
// for every lesson, and the menu stays short.
const maxCopies = 3

// NewWorld makes the world of a scenario in which nothing has happened.
func NewWorld(s *handshake.Scenario) (World, error) { return newWorld(s, Name, "") }

// newWorld makes the world of an engine whose other end, if it has a name, is not ours.
func newWorld(s *handshake.Scenario, engine, other string) (World, error) {
	if err := check(s, engine, other); err != nil {
		return World{}, err
	}
	cookies, settings := asked(s)
	w := World{delay: s.Delay, random: *rand.NewPCG(s.Seed, 0), cookies: cookies}
	for i, p := range s.Peers {
		a, err := address(s, p, w.random.Uint64)
		if err != nil {
			return World{}, err
		}
		if i > 0 && a == w.hosts[0].address {
			return World{}, s.Mistake(p.Line, "two peers at "+a.String(), "an address for each")
		}
		settings.Profile = profile(p)
		w.hosts[i] = host{name: p.Name, address: a, iss: p.ISS, settings: settings, nextFD: firstFD}
		binary.BigEndian.PutUint64(w.hosts[i].key[:8], w.random.Uint64())
		binary.BigEndian.PutUint64(w.hosts[i].key[8:], w.random.Uint64())
		if p.Name == other {
			continue
		}
		for _, l := range s.Program(engine, p.Name) {
			w.hosts[i].program = append(w.hosts[i].program, l.Choice)
		}
	}
	return w, nil
}

func (w World) clone() World {
	w.flights = slices.Clone(w.flights)
	for i := range w.hosts {
		w.hosts[i].sockets = slices.Clone(w.hosts[i].sockets)
		w.hosts[i].outbox = slices.Clone(w.hosts[i].outbox)
	}
	return w
}

// peer finds a host by name.
func (w *World) peer(name string) int {
	for i := range w.hosts {
		if w.hosts[i].name == name {
			return i
		}
	}
	return -1
}

// Choices lists what can happen, in the order of an undisturbed world: what events
// have caused and what still waits (departures first), then segments, calls, timers.
func (w *World) Choices() []handshake.Choice {
	list := w.waiting()
	due, timers := w.timers()
	end := w.end()
	for _, f := range w.flights {
		peer := w.hosts[f.to].name
		if at := max(w.clock, f.at); (due == 0 || at <= due) && at <= end {
			list = append(list, handshake.Choice{Verb: handshake.Arrive, Peer: peer, Packet: f.packet, What: f.label})
		}
		list = append(list, handshake.Choice{Verb: handshake.Drop, Peer: peer, Packet: f.packet, What: f.label})
		if len(f.copies) < maxCopies {
			list = append(list, handshake.Choice{Verb: handshake.Duplicate, Peer: peer, Packet: f.packet, What: f.label})
		}
	}
	for i := range w.hosts {
		if h := &w.hosts[i]; h.next < len(h.program) && !h.blocked.is {
			list = append(list, h.program[h.next])
		}
	}
	if due <= end {
		list = append(list, timers...)
	}
	return list
}

// end is how far the clock can go before some segment on the wire dies.
func (w *World) end() time.Duration {
	end := time.Duration(math.MaxInt64)
	for _, f := range w.flights {
		end = min(end, f.dies)
	}
	return end
}

// waiting lists the outboxes: of each host the oldest departure and the return.
func (w *World) waiting() []handshake.Choice {
	var items []item
	owner := map[int]string{}
	for i := range w.hosts {
		departs := false
		for _, it := range w.hosts[i].outbox {
			if it.is == handshake.Depart && departs {
				continue // one end's segments leave in order
			}
			departs = departs || it.is == handshake.Depart
			items = append(items, it)
			owner[it.order] = w.hosts[i].name
		}
	}
	slices.SortFunc(items, func(a, b item) int {
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
		list[i] = handshake.Choice{Verb: it.is, Peer: owner[it.order], What: it.what}
	}
	return list
}

// timers lists the timers that are due first, and when; 0 when none runs. A later one
// cannot end before an earlier one has.
func (w *World) timers() (time.Duration, []handshake.Choice) {
	var due time.Duration
	var list []handshake.Choice
	for i := range w.hosts {
		h := &w.hosts[i]
		for _, s := range h.sockets {
			for t, at := range deadlines(&s.tcb) {
				c := handshake.Choice{Verb: handshake.Timeout, Peer: h.name, What: timerNames[t]}
				switch {
				case at == 0 || due != 0 && at > due:
				case at == due:
					if !slices.Contains(list, c) {
						list = append(list, c)
					}
				default:
					due, list = at, []handshake.Choice{c}
				}
			}
		}
	}
	return due, list
}

// timerNames are the names in scenario files, in the order of deadlines.
var timerNames = [...]string{"delayed-ACK", "retransmission", "persist", "keep-alive", "time-wait", "user"}

func deadlines(t *tcp.TCB) [len(timerNames)]time.Duration {
	m := &t.Timers
	return [...]time.Duration{m.DelayedACK, m.Retransmission, m.Persist, m.KeepAlive, m.TimeWait, m.User}
}

// ErrNotNow is in the chain of what Do says to a choice that is not possible.
var ErrNotNow = errors.New("not possible now")

// Do lets one choice happen and records it.
func (w *World) Do(c handshake.Choice, carrier wire.Line) ([]handshake.Step, error) {
	i := w.peer(c.Peer)
	if i < 0 && c.Verb != handshake.Wait && c.Verb != handshake.Begin {
		return nil, fmt.Errorf("model: peer %q, want %s or %s", c.Peer, w.hosts[0].name, w.hosts[1].name)
	}
	switch c.Verb {
	case handshake.Wait:
		return w.wait(c)
	case handshake.Begin:
		return nil, w.begin()
	case handshake.Inject:
		return w.inject(c, i, carrier)
	case handshake.Replace:
		return w.replace(c, i, carrier)
	case handshake.Call, handshake.Depart, handshake.Return, handshake.Arrive,
		handshake.Drop, handshake.Duplicate, handshake.Timeout:
	}
	if !slices.Contains(w.Choices(), c) {
		return nil, fmt.Errorf("model: %q: %w", c, ErrNotNow)
	}
	switch c.Verb {
	case handshake.Call:
		return w.call(i), nil
	case handshake.Depart:
		return w.depart(i, func(it item) (handshake.Step, error) { return w.launch(it.segment, i, it.src, it.dst, carrier) })
	case handshake.Return:
		return w.comeBack(i), nil
	case handshake.Arrive:
		return w.arrive(c.Packet), nil
	case handshake.Drop:
		return w.drop(c.Packet), nil
	case handshake.Duplicate:
		return w.duplicate(c.Packet, carrier)
	case handshake.Timeout:
		return w.timeout(i, c.What), nil
	case handshake.Wait, handshake.Begin, handshake.Inject, handshake.Replace:
	}
	return nil, fmt.Errorf("model: %q, want a verb of a scenario file", c.Verb)
}

// wait lets the clock run on, but not past a timer.
func (w *World) wait(c handshake.Choice) ([]handshake.Step, error) {
	d, err := time.ParseDuration(c.Args)
	if err != nil || d <= 0 {
		return nil, fmt.Errorf("model: wait %q, want a length of time such as 1s", c.Args)
	}
	if due, timers := w.timers(); due != 0 && w.clock+d > due {
		return nil, fmt.Errorf("model: wait %s, want at most %s: then comes %q", d, due-w.clock, timers[0])
	}
	if end := w.end(); w.clock+d > end {
		return nil, fmt.Errorf("model: wait %s, want at most %s: a segment on the wire lives no longer than its MSL, %s", d, end-w.clock, msl)
	}
	w.clock += d
	return []handshake.Step{{
		At: w.clock, Peer: handshake.WirePeer, Kind: handshake.KindNote, Label: "wait " + c.Args,
		Why: []handshake.Why{calls.TimePasses.Why()},
	}}, nil
}

// begin makes what came before invisible. Nothing may be under way then: it would
// arrive without ever having departed.
func (w *World) begin() error {
	if n := len(w.flights) + len(w.hosts[0].outbox) + len(w.hosts[1].outbox); n > 0 {
		return fmt.Errorf("model: begin with %d segments and returns under way, want none", n)
	}
	w.packets = 0
	return nil
}

// depart sends a host's oldest segment and completes the step that sending it gives.
func (w *World) depart(i int, send func(item) (handshake.Step, error)) ([]handshake.Step, error) {
	h := &w.hosts[i]
	at := slices.IndexFunc(h.outbox, func(it item) bool { return it.is == handshake.Depart })
	it := h.outbox[at]
	step, err := send(it)
	if err != nil {
		return nil, err
	}
	h.outbox = slices.Delete(h.outbox, at, at+1)
	step.Peer, step.On = h.name, it.on
	step.Before = h.stateOf(it.on)
	step.After = step.Before
	step.Why = []handshake.Why{why(tcp.Departs(it.segment, it.again))}
	return []handshake.Step{step}, nil
}

// inject puts a segment on the wire that neither end sent.
func (w *World) inject(c handshake.Choice, to int, carrier wire.Line) ([]handshake.Step, error) {
	segment, err := parseInjected(c.What)
	if err != nil {
		return nil, err
	}
	from := 1 - to
	step, err := w.launch(segment, from, w.hosts[from].address, w.hosts[to].address, carrier)
	if err != nil {
		return nil, err
	}
	step.Peer = handshake.WirePeer
	step.Why = []handshake.Why{calls.Injected.Why()}
	return []handshake.Step{step}, nil
}

// replace puts other octets into a segment's place on the wire, and into that of each
// copy.
func (w *World) replace(c handshake.Choice, to int, carrier wire.Line) ([]handshake.Step, error) {
	segment, err := parseInjected(c.What)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(w.flights, func(f flight) bool {
		return f.to == to && (c.Packet == 0 || f.packet == c.Packet)
	})
	if at < 0 {
		return nil, fmt.Errorf("model: %q: %w", c, ErrNotNow)
	}
	f := &w.flights[at]
	read, err := carrier.Carry(1-to, wire.Append(nil, f.src, f.dst, segment))
	if err != nil {
		return nil, err
	}
	f.copies = slices.Repeat([][]byte{read}, len(f.copies))
	step := w.onTheWire(f, handshake.KindNote, calls.Replaced)
	step.Label = f.label + " becomes " + segment.String()
	f.label = segment.String()
	return []handshake.Step{step}, nil
}

// parseInjected reads a segment's label; one that says no window has an open one.
func parseInjected(label string) (tcp.Segment, error) {
	s, err := tcp.ParseSegment(label)
	if err == nil && s.WND == 0 {
		s.WND = 65535
	}
	return s, err
}

// launch carries a segment's octets over the wire and leaves them there.
func (w *World) launch(s tcp.Segment, from int, src, dst netip.AddrPort, carrier wire.Line) (handshake.Step, error) {
	sent := wire.Append(nil, src, dst, s)
	read, err := carrier.Carry(from, sent)
	if err != nil {
		return handshake.Step{}, err
	}
	w.packets++
	label := s.String()
	w.flights = append(w.flights, flight{
		packet: w.packets, to: 1 - from, src: src, dst: dst, label: label,
		at: w.clock + w.delay, dies: w.clock + msl, copies: [][]byte{read},
	})
	return handshake.Step{
		At: w.clock, Kind: handshake.KindDepart, Packet: w.packets, Label: label,
		Vars: segmentVars(nil, s), Wire: sent, Fields: wire.Fields(sent),
	}, nil
}

// duplicate sends a second datagram with the same octets.
func (w *World) duplicate(packet int, carrier wire.Line) ([]handshake.Step, error) {
	f := &w.flights[w.flight(packet)]
	read, err := carrier.Carry(1-f.to, f.copies[0])
	if err != nil {
		return nil, err
	}
	f.copies = append(slices.Clip(f.copies), read)
	return []handshake.Step{w.onTheWire(f, handshake.KindDuplicate, calls.Doubled)}, nil
}

// drop loses one copy.
func (w *World) drop(packet int) []handshake.Step {
	f := w.flights[w.flight(packet)]
	w.take(packet)
	return []handshake.Step{w.onTheWire(&f, handshake.KindDrop, calls.Lost)}
}

func (w *World) onTheWire(f *flight, kind handshake.Kind, r calls.Rule) handshake.Step {
	return handshake.Step{
		At: w.clock, Peer: handshake.WirePeer, Kind: kind, Packet: f.packet, Label: f.label,
		Why: []handshake.Why{r.Why()},
	}
}

func (w *World) flight(packet int) int {
	return slices.IndexFunc(w.flights, func(f flight) bool { return f.packet == packet })
}

// take takes the oldest copy of a segment off the wire.
func (w *World) take(packet int) (flight, []byte) {
	at := w.flight(packet)
	f := w.flights[at]
	b := f.copies[0]
	if len(f.copies) == 1 {
		w.flights = slices.Delete(w.flights, at, at+1)
	} else {
		w.flights[at].copies = f.copies[1:]
	}
	return f, b
}

// arrive gives a segment to its receiver, decoded from the octets that were read.
func (w *World) arrive(packet int) []handshake.Step {
	f, b := w.take(packet)
	w.clock = max(w.clock, f.at)
	step := handshake.Step{At: w.clock, Peer: w.hosts[f.to].name, Kind: handshake.KindArrive, Packet: packet, Label: f.label}
	_, segment, err := wire.Decode(b, f.src.Addr(), f.dst.Addr())
	if err != nil {
		step.Before = w.hosts[f.to].state()
		step.After = step.Before
		step.Wire, step.Why = b, []handshake.Why{calls.ChecksumRefused.Why()}
		return []handshake.Step{step}
	}
	step.Vars = segmentVars(nil, segment)
	return w.segmentArrives(f, segment, step)
}

// timeout ends the named timer of the first connection of a host where it is due.
func (w *World) timeout(i int, name string) []handshake.Step {
	due, _ := w.timers()
	w.clock = max(w.clock, due)
	for at := range w.hosts[i].sockets {
		for t, deadline := range deadlines(&w.hosts[i].sockets[at].tcb) {
			if deadline == due && timerNames[t] == name {
				step := handshake.Step{At: w.clock, Peer: w.hosts[i].name, Kind: handshake.KindTimeout, Label: name}
				return w.event(i, at, timeoutEvent(name, w.clock), step)
			}
		}
	}
	panic("model: a timer that was listed is not there")
}

func timeoutEvent(name string, now time.Duration) tcp.Event {
	switch name {
	case "retransmission":
		return tcp.RetransmissionTimeout{Now: now}
	case "time-wait":
		return tcp.TimeWaitTimeout{Now: now}
	case "persist":
		return tcp.PersistTimeout{Now: now}
	case "delayed-ACK":
		return tcp.DelayedACKTimeout{Now: now}
	case "keep-alive":
		return tcp.KeepAliveTimeout{Now: now}
	default:
		return tcp.UserTimeout{Now: now}
	}
}

// segmentVars are the variables of the segment itself.
func segmentVars(vars []handshake.Var, s tcp.Segment) []handshake.Var {
	return append(vars,
		handshake.Var{Name: "SEG.SEQ", Value: decimal(s.SEQ), Unit: "seq"},
		handshake.Var{Name: "SEG.LEN", Value: decimal(s.LEN()), Unit: "seq"},
		handshake.Var{Name: "SEG.ACK", Value: decimal(s.ACK), Unit: "seq"},
	)
}

func decimal(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

func why(r tcp.Rule) handshake.Why { return handshake.Why{Rule: r.String(), Cite: r.Cite()} }
