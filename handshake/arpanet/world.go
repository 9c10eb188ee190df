package arpanet

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"sockscope/handshake"
	"sockscope/handshake/wire"
	"sockscope/rfc147/hosthost"
	"sockscope/statemachine/ncp"
)

// World is hosts with their NCPs and programs, and the network between them: with the
// same scenario and the same choices it becomes the same World. clone makes a copy that
// shares nothing that changes.
type World struct {
	scenario *handshake.Scenario
	clock    time.Duration
	delay    time.Duration
	hosts    []site
	network  Network
	flights  []flight         // in the order of departure
	packets  int              // how many have departed: the last one's number
	order    int              // counts what was put into an outbox: the smaller, the older
	ended    []handshake.Step // messages that a choice has ended by the way, for its last steps
}

// lines are those between hosts and IMPs, as the scenario orders its peers.
type lines []wire.Line

// The ends of a line.
const hostEnd, impEnd = 0, 1

// flight is a message that the IMPs have, or what they say of one.
type flight struct {
	packet int
	from   int           // of a message: the end that it comes from
	to     int           // the end that it is going to, or the one at the IMP where it ends
	host   uint8         // of a message: its destination, which may be no end of ours
	at     time.Duration // it may arrive from then on
	label  string
	number int    // the network's number of the message; 0: it waits at the interface, or is spoken
	answer bool   // it is the RFNM of that message, or spoken
	spoken []byte // a datagram that the IMP has already made: these reach a host in their order
}

// patience is how long a message may be under way: an IMP gives up after 30 s (RFC 270).
const patience = 30 * time.Second

// NewWorld makes the world of a scenario in which nothing has happened.
func NewWorld(s *handshake.Scenario) (World, error) {
	if err := check(s); err != nil {
		return World{}, err
	}
	w := World{scenario: s, delay: s.Delay, hosts: make([]site, len(s.Peers))}
	ports := make([]Port, len(s.Peers))
	for i, p := range s.Peers {
		n, _ := strconv.ParseUint(p.Address, 10, 8) // it was checked
		ports[i] = Port{Host: uint8(n)}
		w.hosts[i] = site{name: p.Name, number: uint8(n), other: several, ncp: ncp.New(ncp.Settings{})}
		for _, l := range s.Program(Name, p.Name) {
			w.hosts[i].calls = append(w.hosts[i].calls, l.Choice)
		}
	}
	if len(w.hosts) == 2 {
		w.hosts[0].other, w.hosts[1].other = int(w.hosts[1].number), int(w.hosts[0].number)
	}
	var err error
	w.network, err = NewNetwork(ports...)
	return w, err
}

func (w World) clone() World {
	w.flights, w.hosts = slices.Clone(w.flights), slices.Clone(w.hosts)
	for i := range w.hosts {
		w.hosts[i] = w.hosts[i].clone()
	}
	return w
}

// peer finds a host by its name, at by its number; -1 if there is none.
func (w *World) peer(name string) int {
	return slices.IndexFunc(w.hosts, func(h site) bool { return h.name == name })
}

func (w *World) at(number uint8) int {
	return slices.IndexFunc(w.hosts, func(h site) bool { return h.number == number })
}

// Choices lists what can happen, in the order of an undisturbed world: what the IMPs answer,
// what events have caused, then messages, calls and time-outs.
func (w *World) Choices() []handshake.Choice {
	list := append(w.answers(), w.waiting()...)
	list = append(list, w.messages()...)
	for i := range w.hosts {
		if h := &w.hosts[i]; h.next < len(h.calls) && (!h.blocked.is || !h.blocked.answered && befalls(h.calls[h.next].What)) {
			list = append(list, h.calls[h.next])
		}
	}
	_, timers := w.timers()
	return append(list, timers...)
}

// timely reports that a flight can end before any time-out does.
func (w *World) timely(f flight) bool {
	due, timers := w.timers()
	return len(timers) == 0 || max(w.clock, f.at) <= due
}

// answers lists what the IMPs say to hosts, of each host the oldest. What was spoken already
// has its place on the line, before what will be.
func (w *World) answers() (list []handshake.Choice) {
	heard := make([]bool, len(w.hosts))
	for _, f := range w.flights {
		if f.answer && !heard[f.to] && (f.spoken != nil || !w.spoken(f.to)) && w.timely(f) {
			heard[f.to] = true
			list = append(list, w.choice(handshake.Answer, f))
		}
	}
	return list
}

func (w *World) choice(v handshake.Verb, f flight) handshake.Choice {
	return handshake.Choice{Verb: v, Peer: w.hosts[f.to].name, Packet: f.packet, What: f.label}
}

// messages lists what the network can do with what it has. It delivers in order, and only to
// a host that is there and ready: of any other it can only find that out.
func (w *World) messages() (list []handshake.Choice) {
	type way struct {
		from int
		host uint8
	}
	begun := map[way]bool{}
	for _, f := range w.flights {
		if f.spoken != nil || f.number == 0 || !w.timely(f) {
			continue
		}
		on, ready := way{f.from, f.host}, w.network.Ready(f.host)
		switch {
		case f.answer:
		case begun[on] && !ready:
			continue // of the first of them it finds that out first
		case !begun[on] && ready && !w.spoken(f.to):
			list = append(list, w.choice(handshake.Arrive, f))
		}
		begun[on] = begun[on] || !f.answer
		list = append(list, w.choice(handshake.Drop, f))
	}
	return list
}

// spoken reports that a host's IMP has said something that has not reached the host yet: it
// comes before anything else.
func (w *World) spoken(to int) bool {
	return slices.ContainsFunc(w.flights, func(f flight) bool { return f.to == to && f.spoken != nil })
}

// waiting lists the outboxes: of each host the oldest departure and the return.
func (w *World) waiting() (list []handshake.Choice) {
	type owned struct {
		item

		owner string
	}
	var items []owned
	for i := range w.hosts {
		departs := false
		for _, it := range w.hosts[i].outbox {
			if it.is == handshake.Depart && departs {
				continue // one host's messages leave in order
			}
			departs = departs || it.is == handshake.Depart
			items = append(items, owned{it, w.hosts[i].name})
		}
	}
	slices.SortFunc(items, func(a, b owned) int {
		if a.is != b.is {
			if a.is == handshake.Depart {
				return -1
			}
			return 1
		}
		return a.order - b.order
	})
	for _, it := range items {
		list = append(list, handshake.Choice{Verb: it.is, Peer: it.owner, What: it.what})
	}
	return list
}

// timers lists the time-outs that are due first, and when.
func (w *World) timers() (due time.Duration, list []handshake.Choice) {
	for i := range w.hosts {
		h := &w.hosts[i]
		what, when, ok := h.ncp.Due()
		c := handshake.Choice{Verb: handshake.Timeout, Peer: h.name, What: what.String()}
		switch {
		case !ok || len(list) > 0 && when > due:
		case len(list) > 0 && when == due:
			list = append(list, c)
		default:
			due, list = when, []handshake.Choice{c}
		}
	}
	return due, list
}

// ErrNotNow is in the chain of what Do says to a choice that is not possible.
var ErrNotNow = errors.New("not possible now")

// Do lets one choice happen and records it.
func (w *World) Do(c handshake.Choice, l lines) ([]handshake.Step, error) {
	steps, err := w.do(c, l)
	steps, w.ended = append(steps, w.ended...), nil
	return steps, err
}

func (w *World) do(c handshake.Choice, l lines) ([]handshake.Step, error) {
	i := w.peer(c.Peer)
	switch {
	case c.Verb == handshake.Wait:
		return w.wait(c)
	case c.Verb == handshake.Begin:
		return nil, w.begin()
	case i < 0:
		var names []string
		for _, p := range w.scenario.Peers {
			names = append(names, p.Name)
		}
		return nil, fmt.Errorf("arpanet: peer %q, want %s", c.Peer, strings.Join(names, ", "))
	case c.Verb == handshake.Inject:
		return w.inject(c, i)
	case !slices.Contains(w.Choices(), c):
		return nil, fmt.Errorf("arpanet: %q: %w", c, ErrNotNow)
	}
	switch c.Verb {
	case handshake.Call:
		return w.call(i, l)
	case handshake.Depart:
		return w.depart(i, l)
	case handshake.Return:
		return w.comeBack(i), nil
	case handshake.Arrive:
		return w.arrive(w.take(c.Packet), l)
	case handshake.Answer:
		return w.answer(w.take(c.Packet), l)
	case handshake.Drop:
		return w.drop(w.take(c.Packet)), nil
	case handshake.Timeout:
		return w.timeout(i, c.What), nil
	case handshake.Wait, handshake.Begin, handshake.Inject, handshake.Replace, handshake.Duplicate:
	}
	return nil, fmt.Errorf("arpanet: %q, want what an IMP or a host can do", c)
}

// take takes a flight off the list, and lets the clock run to where it can end.
func (w *World) take(packet int) flight {
	at := slices.IndexFunc(w.flights, func(f flight) bool { return f.packet == packet })
	f := w.flights[at]
	w.flights = slices.Delete(w.flights, at, at+1)
	w.clock = max(w.clock, f.at)
	return f
}

// century bounds the clock, which has no room for three.
const century = 100 * 365 * 24 * time.Hour

// wait lets the clock run on, but not past a time-out.
func (w *World) wait(c handshake.Choice) ([]handshake.Step, error) {
	d, err := time.ParseDuration(c.Args)
	if err != nil || d <= 0 {
		return nil, fmt.Errorf("arpanet: wait %q, want a length of time such as 1s", c.Args)
	}
	if due, timers := w.timers(); len(timers) > 0 && d > due-w.clock {
		return nil, fmt.Errorf("arpanet: wait %s, want at most %s: then comes %q", d, due-w.clock, timers[0])
	}
	if d > century-w.clock {
		return nil, fmt.Errorf("arpanet: wait %s, want at most %s", d, century-w.clock)
	}
	w.clock += d
	return []handshake.Step{{
		At: w.clock, Peer: handshake.WirePeer, Kind: handshake.KindNote, Label: "wait " + c.Args, Why: []handshake.Why{TimeGoesOn.Why()},
	}}, nil
}

// begin makes what came before invisible. Nothing may be under way then.
func (w *World) begin() error {
	n := len(w.flights)
	for i := range w.hosts {
		n += len(w.hosts[i].outbox)
	}
	if n > 0 {
		return fmt.Errorf("arpanet: begin with %d messages and returns under way, want none", n)
	}
	w.packets = 0
	return nil
}

// step lets the network take an event, and keeps what it says to hosts for them, but for the
// end to which the caller carries it at once. A host that is down hears nothing.
func (w *World) step(e Event, atOnce int) (now []Sent, rules []handshake.Why) {
	o := Step(w.network, e)
	w.network = o.Network
	for _, r := range o.Rules {
		rules = append(rules, r.Why())
	}
	for _, s := range o.Sent {
		switch to := w.at(s.Host); {
		case to == atOnce:
			now = append(now, s)
		case !w.hosts[to].down:
			w.speak(to, s)
		}
	}
	for i := range w.hosts {
		w.admitted(i)
	}
	return now, rules
}

// speak puts on its way what an IMP has said to its host.
func (w *World) speak(to int, s Sent) {
	w.packets++
	_, message, _ := hosthost.ReadDatagram(s.Datagram) // our own
	w.flights = append(w.flights, flight{packet: w.packets, to: to, at: w.clock + w.delay, label: Label(message), answer: true, spoken: s.Datagram})
}

// nobody is an end that nothing is carried to at once.
const nobody = -1

// admitted finds the messages that have waited at a host's interface and no longer do. Those
// for an IMP that is there have the last numbers now; of the others, the host is told.
func (w *World) admitted(i int) {
	waiting, number := len(w.network.at(w.hosts[i].number).waiting), w.network.accepted
	for n := len(w.flights) - 1; n >= 0; n-- {
		f := &w.flights[n]
		switch {
		case f.answer || f.from != i || f.number != 0:
		case waiting > 0:
			waiting--
		case w.network.reaches(f.host):
			f.number, f.at = number, w.clock+w.delay
			number--
		default:
			w.ended = append(w.ended, w.lost(*f, []handshake.Why{IMPUnreachable.Why()}))
			w.flights = slices.Delete(w.flights, n, n+1)
		}
	}
}

// carry takes datagrams to a host, and gives the messages that are whole there.
func (w *World) carry(i int, sent []Sent, l lines) (messages [][]byte, err error) {
	for _, s := range sent {
		read, err := l[i].Carry(impEnd, s.Datagram)
		if err != nil {
			return nil, err
		}
		if a, _ := w.hosts[i].in.take(read); a.ended {
			messages = append(messages, []byte(a.message))
		}
	}
	return messages, nil
}

// depart gives a host's oldest message to its IMP.
func (w *World) depart(i int, l lines) ([]handshake.Step, error) {
	h := &w.hosts[i]
	at := slices.IndexFunc(h.outbox, func(it item) bool { return it.is == handshake.Depart })
	it := h.outbox[at]
	h.outbox = slices.Delete(h.outbox, at, at+1)
	f := w.flight(i, it.what, it.octets)
	step := w.departure(f, it.octets, hosthost.ToIMP)
	step.Peer, step.On, step.Why = h.name, it.on, []handshake.Why{departs(it.octets).Why()}
	if it.on != "" {
		step.Before = h.state(it.on)
		step.After = step.Before
	}
	var rules []handshake.Why
	for _, d := range h.out.message(it.octets) {
		read, err := l[i].Carry(hostEnd, d)
		if err != nil {
			return nil, err
		}
		_, rules = w.step(FromHost{h.number, read}, nobody)
	}
	return append([]handshake.Step{step}, w.given(f, rules)...), nil
}

// flight is a message that is about to leave an end.
func (w *World) flight(from int, label string, octets []byte) flight {
	l, _ := hosthost.ReadLeader(octets) // our own
	w.packets++
	return flight{packet: w.packets, from: from, to: w.towards(l), host: l.Host, at: w.clock + w.delay, label: label}
}

// towards finds the end that a message goes to, or the one at the IMP where it ends.
func (w *World) towards(l hosthost.Leader) int {
	if i := w.at(l.Host); i >= 0 {
		return i
	}
	return slices.IndexFunc(w.hosts, func(h site) bool { return hosthost.Leader{Host: h.number}.IMP() == l.IMP() })
}

// given puts a message under way, if the IMP to which it was given has taken it or lets it
// wait; else it is at its end.
func (w *World) given(f flight, rules []handshake.Why) []handshake.Step {
	switch {
	case slices.Contains(rules, MessageAccepted.Why()):
		f.number = w.network.accepted
	case !slices.Contains(rules, FourOutstanding.Why()):
		return []handshake.Step{w.lost(f, rules)}
	}
	w.flights = append(w.flights, f)
	return nil
}

func (w *World) departure(f flight, octets []byte, d hosthost.Direction) handshake.Step {
	return handshake.Step{
		At: w.clock, Peer: handshake.WirePeer, Kind: handshake.KindDepart, Packet: f.packet, Label: f.label,
		Wire: octets, Fields: Fields(octets, d), Vars: messageVars(octets),
	}
}

func (w *World) lost(f flight, why []handshake.Why) handshake.Step {
	return handshake.Step{At: w.clock, Peer: handshake.WirePeer, Kind: handshake.KindDrop, Packet: f.packet, Label: f.label, Why: why}
}

// arrive delivers a message. Its RFNM is then on its way back, if there is anybody to hear it.
func (w *World) arrive(f flight, l lines) ([]handshake.Step, error) {
	sent, _ := w.step(Deliver{f.number}, f.to)
	messages, err := w.carry(f.to, sent, l)
	if err != nil {
		return nil, err
	}
	if w.hosts[f.from].down {
		w.step(Return{f.number}, nobody)
	} else {
		w.packets++
		w.flights = append(w.flights, flight{
			packet: w.packets, to: f.from, at: w.clock + w.delay, number: f.number, answer: true, label: Label(w.rfnm(f.number)),
		})
	}
	return w.heard(f, messages), nil
}

// rfnm is what the IMP will say of a message that has been delivered.
func (w *World) rfnm(number int) []byte {
	for _, m := range w.network.transit {
		if m.Number == number {
			l := m.leader()
			return hosthost.Leader{Type: hosthost.RFNM, Host: l.Host, Link: l.Link, ID: l.ID}.Append(nil)
		}
	}
	panic(fmt.Sprintf("arpanet: message %d has an RFNM and is not in transit", number))
}

// heard lets a host's NCP take the messages that have become whole.
func (w *World) heard(f flight, messages [][]byte) (steps []handshake.Step) {
	for _, m := range messages {
		step := handshake.Step{
			At: w.clock, Peer: w.hosts[f.to].name, Kind: handshake.KindArrive, Packet: f.packet, Label: f.label,
			Wire: m, Fields: Fields(m, hosthost.FromIMP), Vars: messageVars(m),
		}
		steps = append(steps, w.arrives(f.to, m, step)...)
	}
	return steps
}

// answer lets a host hear what its IMP says: an RFNM, or why there is none. What the IMP
// says to a message that has waited for that RFNM comes by itself.
func (w *World) answer(f flight, l lines) ([]handshake.Step, error) {
	sent, why := []Sent{{w.hosts[f.to].number, f.spoken}}, []handshake.Why(nil) // the step in which it was spoken says why
	if f.spoken == nil {
		sent, why = w.step(Return{f.number}, f.to)
		for _, s := range sent[1:] {
			w.speak(f.to, s)
		}
	}
	messages, err := w.carry(f.to, sent[:1], l)
	if err != nil {
		return nil, err
	}
	step := w.departure(f, messages[0], hosthost.FromIMP)
	step.Why = why
	return append([]handshake.Step{step}, w.heard(f, messages)...), nil
}

// drop loses a message or its RFNM, or finds that the host is not there.
func (w *World) drop(f flight) (steps []handshake.Step) {
	var e Event = Lose{f.number}
	switch {
	case f.answer:
		steps = []handshake.Step{w.departure(f, w.rfnm(f.number), hosthost.FromIMP)}
	case !w.network.Ready(f.host):
		e = Deliver{f.number}
	}
	_, why := w.step(e, nobody)
	return append(steps, w.lost(f, why))
}

// inject lets a control message appear that no host has sent. It seems to come from the
// other one, of several from the first.
func (w *World) inject(c handshake.Choice, to int) ([]handshake.Step, error) {
	text, err := parseInjected(c.What)
	if err != nil {
		return nil, err
	}
	m := hosthost.Header{Leader: hosthost.Leader{Host: w.hosts[to].number}, S: 8, C: uint16(len(text))}
	octets := append(m.Append(nil), text...)
	from := 0
	if to == from {
		from = 1
	}
	f := w.flight(from, Label(octets), octets)
	step := w.departure(f, octets, hosthost.ToIMP)
	step.Why = []handshake.Why{Injected.Why()}
	_, rules := w.step(Inject{w.hosts[from].number, string(octets)}, nobody)
	return append([]handshake.Step{step}, w.given(f, rules)...), nil
}
