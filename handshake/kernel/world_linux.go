package kernel

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"sockscope/handshake"
	"sockscope/handshake/calls"
	"sockscope/handshake/wire"
	"sockscope/statemachine/tcp"
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

// flight is a segment that has departed and is held.
type flight struct {
	packet  int
	to      int
	on      string // of its sender
	label   string
	flow    flow
	octets  []byte   // as it departed
	copies  []uint32 // what the queue calls them, oldest first
	changed []byte   // what is to arrive instead
	at      time.Time
}

// sent is what a flow has sent so far, in real numbers.
type sent struct {
	next  uint32 // behind the highest
	ack   uint32 // the last ACK
	acked bool
}

// alone is something that the kernel has done by itself: a timer's end, usually with
// segments that follow.
type alone struct {
	peer  int
	on    string
	timer string
	label string // if it is not the timer's name
	rule  rule
	items []item
	at    time.Time
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
	for _, y := range s.Sysctls {
		if err := sysctl(y.Name, y.Value); err != nil {
			why := err
			if errno, ok := errors.AsType[unix.Errno](err); ok {
				why = errno
			}
			return s.Mistake(y.Line, fmt.Sprintf("sysctl %s %s, which this kernel refuses (%v)", y.Name, y.Value, why), "a setting and a value that it takes")
		}
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

// depart lets a host's oldest segment enter the trace: it has left and is held.
func (w *world) depart(i int) []handshake.Step {
	h := &w.hosts[i]
	it := h.outbox[0]
	h.outbox = slices.Delete(h.outbox, 0, 1)
	step := w.launch(it, 1-i)
	step.Peer, step.On = h.name, it.on
	step.Before = h.stateOf(it.on)
	step.After = step.Before
	r := tcp.Departs(it.segment, it.again)
	step.Why = []handshake.Why{{Rule: r.String(), Cite: r.Cite()}}
	if it.segment.CTL == tcp.RST|tcp.ACK && it.segment.SEQ != 0 { // it refuses nothing
		step.Why = []handshake.Why{resetsWithACK.why()}
	}
	return []handshake.Step{step}
}

// launch makes a flight of a held segment.
func (w *world) launch(it item, to int) handshake.Step {
	w.packets++
	w.flights = append(w.flights, flight{
		packet: w.packets, to: to, on: it.on, label: it.label, flow: it.flow, octets: it.octets,
		copies: []uint32{it.id}, at: time.Now(),
	})
	step := handshake.Step{At: w.now(), Kind: handshake.KindDepart, Packet: w.packets, Label: it.label}
	step.Vars = segmentVars(it.segment)
	w.picture(&step, it.octets)
	return step
}

// picture gives a step the octets, and what each bit of them means.
func (w *world) picture(step *handshake.Step, octets []byte) {
	header := int(octets[0]&0x0f) * 4
	step.IP, step.Wire = octets[:header], octets[header:]
	step.Fields = wire.Fields(step.Wire)
}

func segmentVars(s tcp.Segment) []handshake.Var {
	return []handshake.Var{
		number("SEG.SEQ", s.SEQ, "seq"), number("SEG.LEN", s.LEN(), "seq"), number("SEG.ACK", s.ACK, "seq"),
	}
}

func (w *world) flight(packet int) int {
	return slices.IndexFunc(w.flights, func(f flight) bool { return f.packet == packet })
}

// takeCopy takes the oldest copy of a segment off the wire.
func (w *world) takeCopy(packet int) (flight, uint32) {
	at := w.flight(packet)
	f := w.flights[at]
	id := f.copies[0]
	if len(f.copies) == 1 {
		w.flights = slices.Delete(w.flights, at, at+1)
	} else {
		w.flights[at].copies = f.copies[1:]
		w.flights[at].changed = nil
	}
	return f, id
}

// drop loses one copy.
func (w *world) drop(packet int) ([]handshake.Step, error) {
	f, id := w.takeCopy(packet)
	return []handshake.Step{w.onTheWire(&f, handshake.KindDrop, calls.Lost)}, w.lo.drop(id)
}

func (w *world) onTheWire(f *flight, kind handshake.Kind, r calls.Rule) handshake.Step {
	return handshake.Step{
		At: w.now(), Peer: handshake.WirePeer, Kind: kind, Packet: f.packet, Label: f.label,
		Why: []handshake.Why{r.Why()},
	}
}

// duplicate sends the same octets once more, through the raw socket.
func (w *world) duplicate(packet int) ([]handshake.Step, error) {
	f := &w.flights[w.flight(packet)]
	own, err := w.emit(f.octets)
	if err != nil {
		return nil, err
	}
	f = &w.flights[w.flight(packet)]
	f.copies = append(slices.Clip(f.copies), own.id)
	return []handshake.Step{w.onTheWire(f, handshake.KindDuplicate, calls.Doubled)}, nil
}

// emit sends octets of our own and waits until they are held.
func (w *world) emit(octets []byte) (held, error) {
	if err := w.lo.send(octets); err != nil {
		return held{}, err
	}
	for range 100 { // they are there at once; a busy machine may need a moment
		own, err := w.drain(true)
		if err != nil {
			return held{}, err
		}
		if own != nil {
			return *own, nil
		}
		if err := w.lo.wait(10*time.Millisecond, -1); err != nil {
			return held{}, err
		}
	}
	return held{}, errors.New("kernel: a segment of our own did not come back from the queue")
}

// inject puts a segment on the wire that neither end has sent.
func (w *world) inject(c handshake.Choice, to int) ([]handshake.Step, error) {
	s, f, err := w.forge(c, to)
	if err != nil {
		return nil, err
	}
	if len(w.numbers[f]) == 0 {
		w.numbers.begin(f, s.SEQ, s.SEQ)
	}
	own, err := w.emit(datagram(f, w.numbers.draw(f, s)))
	if err != nil {
		return nil, err
	}
	step := w.launch(item{segment: s, label: s.String(), flow: f, octets: own.octets, id: own.id}, to)
	step.Peer = handshake.WirePeer
	step.Why = []handshake.Why{calls.Injected.Why()}
	return []handshake.Step{step}, nil
}

// forge reads the label of a segment that is to come from the other end.
func (w *world) forge(c handshake.Choice, to int) (tcp.Segment, flow, error) {
	if w.lo == nil {
		return tcp.Segment{}, flow{}, fmt.Errorf("kernel: %q: %w: nothing can be sent without a namespace", c, errNotNow)
	}
	s, err := tcp.ParseSegment(c.What)
	if s.WND == 0 {
		s.WND = 65535
	}
	return s, flow{w.hosts[1-to].address, w.hosts[to].address}, err
}

// datagram is a segment from the IPv4 header on.
func datagram(f flow, s tcp.Segment) []byte {
	b, err := wire.AppendIPv4(nil, wire.IPv4{Src: f.from.Addr(), Dst: f.to.Addr(), TTL: 64}, wire.Append(nil, f.from, f.to, s))
	if err != nil {
		panic("kernel: a datagram that cannot be: " + err.Error())
	}
	return b
}

// replace lets other octets arrive in a segment's place.
func (w *world) replace(c handshake.Choice, to int) ([]handshake.Step, error) {
	s, _, err := w.forge(c, to)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(w.flights, func(f flight) bool { return f.to == to && (c.Packet == 0 || f.packet == c.Packet) })
	if at < 0 {
		return nil, fmt.Errorf("kernel: %q: %w", c, errNotNow)
	}
	f := &w.flights[at]
	step := w.onTheWire(f, handshake.KindNote, calls.Replaced)
	f.changed = datagram(f.flow, w.numbers.draw(f.flow, s))
	step.Label = f.label + " becomes " + s.String()
	f.label = s.String()
	return []handshake.Step{step}, nil
}

// arrive lets a held segment go, and records what its receiver makes of it.
func (w *world) arrive(packet int, c *child) ([]handshake.Step, error) {
	if err := w.delay(packet, c); err != nil {
		return nil, err
	}
	f, id := w.takeCopy(packet)
	h := &w.hosts[f.to]
	if f.to == w.other {
		return w.handOver(f, id, handshake.Step{At: w.now(), Peer: h.name, Kind: handshake.KindArrive, Packet: packet, Label: f.label})
	}
	segment, octets := w.arriving(&f)
	at := h.receiver(f.flow)
	ask := w.question(h, at, tcp.SegmentArrives{Now: w.now(), ISS: h.peekISS(), Segment: segment})
	if segment.CTL.Has(tcp.SYN) && (at < 0 || h.ends[at].wantsSYN()) {
		w.syns[f.flow] = segment.SEQ
	}
	if err := w.release(f, id); err != nil {
		return nil, err
	}
	if _, err := w.drain(true); err != nil {
		return nil, err
	}
	step := handshake.Step{At: w.now(), Peer: h.name, Kind: handshake.KindArrive, Packet: packet, Label: f.label, Vars: segmentVars(segment)}
	if f.changed != nil {
		w.picture(&step, octets)
	}
	if at >= 0 && h.ends[at].state == "LISTEN" { // a request, or a child that a cookie made
		if err := w.look(); err != nil {
			return nil, err
		}
		at, step.Before = h.receiver(f.flow), "LISTEN"
	}
	steps, err := w.observe(f.to, at, step)
	if err != nil {
		return nil, err
	}
	w.explain(&steps[0], ask)
	return append(steps, w.tell(f.to)...), nil
}

// arriving is the segment as its receiver will see it.
func (w *world) arriving(f *flight) (tcp.Segment, []byte) {
	octets := f.octets
	if f.changed != nil {
		octets = f.changed
	}
	_, s := parse(octets)
	return w.numbers.show(f.flow, s), octets
}

// release gives the verdict. When it returns, the receiver has processed the segment.
func (w *world) release(f flight, id uint32) error {
	if f.changed == nil {
		return w.lo.accept(id)
	}
	return w.lo.replace(id, f.changed)
}

// delay waits until the segment may arrive.
func (w *world) delay(packet int, c *child) error {
	f := w.flights[w.flight(packet)]
	return w.until(f.at.Add(w.scenario.Delay), c, func() bool { return false })
}

// parse reads a datagram of the queue. Its checksum has been made by the kernel.
func parse(octets []byte) (flow, tcp.Segment) {
	ip, b, err := wire.DecodeIPv4(octets)
	if err != nil {
		return flow{}, tcp.Segment{}
	}
	header, s, err := wire.Decode(b, ip.Src, ip.Dst)
	if err != nil && !errors.Is(err, wire.ErrChecksum) {
		return flow{}, tcp.Segment{}
	}
	return flow{netip.AddrPortFrom(ip.Src, header.SrcPort), netip.AddrPortFrom(ip.Dst, header.DstPort)}, s
}

// drain takes all that is queued: what our own raw socket sent is given back, what the
// kernel sent goes to the outboxes if an event of ours has caused it, else it was alone.
func (w *world) drain(caused bool) (*held, error) {
	if w.lo == nil {
		return nil, nil
	}
	var err error
	if w.taken, err = w.lo.take(w.taken[:0]); err != nil {
		return nil, err
	}
	if len(w.taken) == 0 {
		return nil, nil
	}
	if err := w.look(); err != nil {
		return nil, err
	}
	var own *held
	for _, p := range w.taken {
		if p.mark == ownMark {
			own = &p
			continue
		}
		if err := w.takeIn(p, caused); err != nil {
			return nil, err
		}
	}
	return own, nil
}

// takeIn finds a held segment's sender, and its place in what that one has sent.
func (w *world) takeIn(p held, caused bool) error {
	f, s := parse(p.octets)
	i := w.sender(f)
	if i < 0 { // nobody of ours: let it pass
		return w.lo.accept(p.id)
	}
	h := &w.hosts[i]
	if s.CTL.Has(tcp.SYN) && !w.numbers.known(f, s.SEQ) {
		w.numbers.begin(f, s.SEQ, h.takeISS())
		w.sent[f] = sent{next: s.SEQ}
	}
	was := w.sent[f]
	it := w.item(i, f, s, p)
	it.again = s.LEN() > 0 && int32(s.SEQ+s.LEN()-was.next) <= 0
	if !caused && w.fold(i, &it, it.again) {
		return w.lo.drop(p.id)
	}
	now := was
	if end := s.SEQ + s.LEN(); int32(end-was.next) > 0 {
		now.next = end
	}
	if s.CTL.Has(tcp.ACK) {
		now.ack, now.acked = s.ACK, true
	}
	w.sent[f] = now
	if caused {
		w.post(i, it)
		return nil
	}
	timer, r := w.cause(h, &it, was, s)
	if w.program != nil && (r == speaksByItself || s.CTL.Has(tcp.RST)) {
		w.acts(alone{on: it.on, rule: programActs, items: []item{it}})
		return nil
	}
	w.alone = append(w.alone, alone{peer: i, on: it.on, timer: timer, rule: r, items: []item{it}, at: p.at})
	return nil
}

func (w *world) item(i int, f flow, s tcp.Segment, p held) item {
	shown := w.numbers.show(f, s)
	return item{on: w.hosts[i].owner(f), flow: f, segment: shown, label: shown.String(), octets: p.octets, id: p.id}
}

// sender is the host whose address a flow comes from.
func (w *world) sender(f flow) int {
	if w.other >= 0 && f.to.Addr() == w.hosts[w.other].address.Addr() {
		return 1 - w.other
	}
	for i := range w.hosts {
		if w.hosts[i].has(f.from) {
			return i
		}
	}
	return -1
}

// repeat is a segment that the kernel has sent again while a person holds it, or holds
// what acknowledges it: the kernel's clock does not stop while a person thinks.
type repeat struct {
	peer  int
	it    item
	times int
}

// fold counts a segment that only the person's pause has made the kernel send. It goes
// no further: else a class that talks about a SYN would have to look at ten of them.
func (w *world) fold(peer int, it *item, again bool) bool {
	if !w.under(func(f flow, s tcp.Segment) bool { return it.repeats(f, s) || again && it.answeredBy(f, s) }) {
		return false
	}
	for i := range w.repeats {
		if r := &w.repeats[i]; r.it.flow == it.flow && r.it.label == it.label {
			r.times++
			return true
		}
	}
	w.repeats = append(w.repeats, repeat{peer: peer, it: *it, times: 1})
	return true
}

// repeats reports whether it is a segment again.
func (it *item) repeats(f flow, s tcp.Segment) bool { return f == it.flow && s.String() == it.label }

// answeredBy reports whether a segment acknowledges it.
func (it *item) answeredBy(f flow, s tcp.Segment) bool {
	return f == it.flow.back() && s.CTL.Has(tcp.ACK) && int32(s.ACK-it.segment.SEQ-it.segment.LEN()) >= 0
}

// under looks for a segment among all that are held.
func (w *world) under(is func(flow, tcp.Segment) bool) bool {
	for i := range w.flights {
		f := &w.flights[i]
		if s, _ := w.arriving(f); is(f.flow, s) {
			return true
		}
	}
	for i := range w.hosts {
		for _, it := range w.hosts[i].outbox {
			if is(it.flow, it.segment) {
				return true
			}
		}
	}
	return false
}

// again says how often a segment that is held no more was sent again meanwhile, or one
// that it acknowledges.
func (w *world) again(f *flight) []handshake.Step {
	s, _ := w.arriving(f)
	var steps []handshake.Step
	w.repeats = slices.DeleteFunc(w.repeats, func(r repeat) bool {
		if !r.it.repeats(f.flow, s) && !r.it.answeredBy(f.flow, s) {
			return false
		}
		h := &w.hosts[r.peer]
		step := handshake.Step{
			At: w.now(), Peer: h.name, On: r.it.on, Kind: handshake.KindNote, Label: fmt.Sprintf("%s sent again, %d times", r.it.label, r.times),
			Before: h.stateOf(r.it.on), Why: []handshake.Why{heldAgain.why()},
		}
		step.After = step.Before
		if e := h.end(r.it.on); e != nil {
			w.update(e, &step) // its timer has begun again, and waits longer
		}
		steps = append(steps, step)
		return true
	})
	return steps
}

// cause says which timer made a segment leave that nothing else has caused.
func (w *world) cause(h *host, it *item, was sent, s tcp.Segment) (string, rule) {
	e := h.end(it.on)
	switch {
	case it.again:
		return retransmission, retransmits
	case s.CTL.Has(tcp.RST) && e != nil && e.shown[keepAlive+" timer"] != "":
		return keepAlive, givesUp
	case s.CTL.Has(tcp.RST):
		return retransmission, givesUp
	case s.LEN() == 0 && int32(s.SEQ-was.next) < 0 && e != nil && e.sendQueue > 0:
		return persist, probesWindow
	case s.LEN() == 0 && int32(s.SEQ-was.next) < 0:
		return keepAlive, probesPeer
	case s.LEN() == 0 && s.ACK != was.ack:
		return delayedACK, delaysACK
	default:
		return retransmission, speaksByItself
	}
}
