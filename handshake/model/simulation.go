package model

import (
	"net/netip"
	"time"

	"sockscope/handshake"
	"sockscope/handshake/calls"
	"sockscope/handshake/wire"
	"sockscope/statemachine/tcp"
)

// Plan says what a [Simulation] plays: the calls of RFC 9293 3.10 that the users of two
// TCPs make, and what the network does with each segment. It is for many lives, fast; what
// a person steps through is a [World].
type Plan struct {
	// Calls are in the order of their Now. Those of one time come behind the segments that
	// arrive then, and before the timers that end then.
	Calls []PlannedCall
	ISS   [2]uint32 // of each end, where a SYN begins its connection
	// Line says of each segment, numbered from 1, how long it is on its way, or that it is
	// lost. It says the same whenever it is asked. Without it all arrive, at once.
	Line func(packet uint32) (delay time.Duration, lost bool)
	// Octets has segments travel as IPv4 datagrams, whose checksums are made and verified.
	Octets    bool
	Addresses [2]netip.AddrPort // of each end, for Octets
	Until     time.Duration     // where it ends; 0: when nothing can happen any more
}

// PlannedCall is a call of the user of an end, 0 or 1.
type PlannedCall struct {
	End  int
	Call tcp.Event // no arrival and no timeout: those happen by themselves
}

// Record is one event of a Simulation, in 64 octets. [Plan.Steps] makes the steps of it.
type Record struct {
	At            time.Duration
	Packet        uint32       // the segment that arrived; 0: none did
	Sent          uint32       // how many segments have left when it is over
	Verb          RecordVerb   // what let it happen
	What          uint8        // of a timeout: which timer, in the order of its names in a scenario
	End           uint8        // whose event
	Before, After tcp.State    // of the end
	Fired         uint8        // how many rules fired
	Rules         [42]tcp.Rule // the first of them, in order
}

// RecordVerb is a [handshake.Verb] in one octet.
type RecordVerb uint8

// The verbs of a Record.
const (
	Calls RecordVerb = iota
	Arrives
	TimesOut
)

// Simulation is two TCPs, the segments between them in a queue of events, and a clock that
// jumps from one event to the next. The zero Simulation is ready; one that runs again
// keeps its memory.
type Simulation struct {
	Records  []Record
	Received [2]int // octets that each end's user has got, or will

	plan     *Plan
	clock    time.Duration
	ends     [2]tcp.Outcome
	due      [2]time.Duration // when each end's next timer ends; 0: none runs
	queue    []arrival        // a heap: the next one first
	segments []tcp.Segment    // of the queue, by slot
	octets   [][]byte         // likewise
	free     []int32          // slots
	next     int              // call
	sent     uint32           // segments
	watch    func(Record)     // is told of each event, if there is one
}

// arrival is a segment on its way.
type arrival struct {
	at     time.Duration
	packet uint32
	slot   int32
	to     int
}

// earlier orders arrivals: of two at one time, that which left first.
func (a *arrival) earlier(b *arrival) bool {
	return a.at < b.at || a.at == b.at && a.packet < b.packet
}

// Run plays a plan from the start to where it ends.
func (s *Simulation) Run(p *Plan) {
	s.plan, s.clock, s.next, s.sent = p, 0, 0, 0
	s.Records, s.queue, s.free, s.segments = s.Records[:0], s.queue[:0], s.free[:0], s.segments[:0]
	for i := range s.ends {
		s.ends[i].TCB, s.due[i], s.Received[i] = tcp.TCB{}, 0, 0
	}
	for s.happen() {
	}
}

// happen lets the next event happen. It reports false where none is left.
func (s *Simulation) happen() bool {
	const never = time.Duration(1<<63 - 1)
	at, timer := never, -1
	for i, due := range s.due {
		if due != 0 && due < at {
			at, timer = due, i
		}
	}
	calls := s.next < len(s.plan.Calls)
	if calls {
		if now, _ := userCall(s.plan.Calls[s.next].Call); now <= at {
			at, timer = now, -1
		} else {
			calls = false
		}
	}
	arrives := len(s.queue) > 0 && s.queue[0].at <= at
	if arrives {
		at = s.queue[0].at
	}
	if at == never || s.plan.Until != 0 && at > s.plan.Until {
		return false
	}
	s.clock = max(s.clock, at)
	switch {
	case arrives:
		s.arrive()
	case calls:
		c := s.plan.Calls[s.next]
		s.next++
		s.step(c.End, c.Call, Record{Verb: Calls})
	default:
		s.timeout(timer)
	}
	return true
}

// userCall gives when a call is made, and what RFC 9293 3.9.1 calls it.
func userCall(e tcp.Event) (now time.Duration, name string) {
	switch e := e.(type) {
	case tcp.Open:
		return e.Now, "OPEN"
	case tcp.Send:
		return e.Now, "SEND"
	case tcp.Receive:
		return e.Now, "RECEIVE"
	case tcp.Close:
		return e.Now, "CLOSE"
	case tcp.Abort:
		return e.Now, "ABORT"
	case tcp.Status:
		return e.Now, "STATUS"
	case tcp.Set:
		return e.Now, "SET"
	case tcp.SegmentArrives, tcp.RetransmissionTimeout, tcp.TimeWaitTimeout, tcp.UserTimeout,
		tcp.PersistTimeout, tcp.DelayedACKTimeout, tcp.KeepAliveTimeout: // nobody's call
	}
	panic("model: a plan with an event that is no call")
}

// timeout ends the timer of an end that is due.
func (s *Simulation) timeout(i int) {
	for t, deadline := range deadlines(&s.ends[i].TCB) {
		if deadline == s.due[i] {
			s.step(i, timeoutEvent(timerNames[t], s.clock), Record{Verb: TimesOut, What: uint8(t)})
			return
		}
	}
}

// arrive gives the next segment to its receiver.
func (s *Simulation) arrive() {
	a := s.pop()
	e := tcp.SegmentArrives{Now: s.clock, ISS: s.plan.ISS[a.to], Segment: s.segments[a.slot]}
	if s.plan.Octets && !s.read(a.slot, &e.Segment) {
		return
	}
	s.free = append(s.free, a.slot)
	s.step(a.to, e, Record{Verb: Arrives, Packet: a.packet})
}

// read reads a segment from its octets, as a receiver does. Text that is what was sent
// needs no copy.
func (s *Simulation) read(slot int32, segment *tcp.Segment) bool {
	ip, octets, err := wire.DecodeIPv4(s.octets[slot])
	if err != nil {
		return false
	}
	sent := segment.Text
	var header wire.Header
	text, err := wire.Read(octets, ip.Src, ip.Dst, &header, segment)
	if err != nil || string(text) != sent {
		return false
	}
	segment.Text = sent
	return true
}

// step takes an end through an event and records it.
func (s *Simulation) step(i int, e tcp.Event, r Record) {
	o := &s.ends[i]
	r.At, r.End, r.Before = s.clock, uint8(i), o.TCB.State
	o.Step(e)
	s.Received[i] += len(o.Text)
	s.due[i] = first(&o.TCB.Timers)
	first := s.sent
	for k := range o.Segments {
		s.send(i, &o.Segments[k])
	}
	r.After, r.Sent, r.Fired = o.TCB.State, s.sent-first, uint8(len(o.Rules))
	copy(r.Rules[:], o.Rules)
	s.Records = append(s.Records, r)
	if s.watch != nil {
		s.watch(r)
	}
}

// first is the earliest deadline; 0 if no timer runs.
func first(t *tcp.Timers) time.Duration {
	due := ^uint64(0)
	for _, at := range [...]time.Duration{t.DelayedACK, t.Retransmission, t.Persist, t.KeepAlive, t.TimeWait, t.User} {
		due = min(due, uint64(at)-1) // 0, which is none, becomes the latest
	}
	return time.Duration(due + 1)
}

// send puts a segment on the line.
func (s *Simulation) send(from int, segment *tcp.Segment) {
	s.sent++
	delay, lost := time.Duration(0), false
	if s.plan.Line != nil {
		delay, lost = s.plan.Line(s.sent)
	}
	if lost {
		return
	}
	slot := s.slot()
	if s.plan.Octets {
		b, err := wire.AppendDatagram(s.octets[slot][:0], s.plan.Addresses[from], s.plan.Addresses[1-from], *segment)
		if err != nil {
			return // no datagram holds it
		}
		s.octets[slot] = b
	}
	s.segments[slot] = *segment
	s.push(arrival{at: s.clock + delay, packet: s.sent, slot: slot, to: 1 - from})
}

// slot is a place for a segment that is on its way.
func (s *Simulation) slot() int32 {
	if n := len(s.free); n > 0 {
		slot := s.free[n-1]
		s.free = s.free[:n-1]
		return slot
	}
	s.segments = append(s.segments, tcp.Segment{})
	if len(s.octets) < len(s.segments) {
		s.octets = append(s.octets, nil)
	}
	return int32(len(s.segments) - 1)
}

// push and pop keep the queue a heap: each arrival is no later than the two that stand
// below it.

func (s *Simulation) push(a arrival) {
	s.queue = append(s.queue, a)
	q := s.queue
	for i := len(q) - 1; i > 0; {
		above := (i - 1) / 2
		if !q[i].earlier(&q[above]) {
			return
		}
		q[i], q[above] = q[above], q[i]
		i = above
	}
}

func (s *Simulation) pop() arrival {
	a := s.queue[0]
	n := len(s.queue) - 1
	s.queue[0] = s.queue[n]
	s.queue = s.queue[:n]
	q := s.queue
	for i := 0; ; {
		least := i
		for _, below := range [2]int{2*i + 1, 2*i + 2} {
			if below < n && q[below].earlier(&q[least]) {
				least = below
			}
		}
		if least == i {
			return a
		}
		q[i], q[least] = q[least], q[i]
		i = least
	}
}

// Steps plays the plan once more and gives the steps of its trace, as a [World] would
// record them: what is too much to keep of a million lives is made for the one that
// somebody looks at.
func (p *Plan) Steps() []handshake.Step {
	var s Simulation
	r := recorder{plan: p, simulation: &s}
	s.watch = r.event
	s.Run(p)
	for i := range r.steps {
		r.steps[i].N = i + 1
	}
	return r.steps
}

// recorder makes the steps of a simulation.
type recorder struct {
	plan       *Plan
	simulation *Simulation
	before     [2]tcp.TCB
	sent       []tcp.Segment // by packet, from 1 on
	steps      []handshake.Step
}

// planEnds are the names of a plan's ends, which has none.
var planEnds = [2]string{"A", "B"}

func (r *recorder) event(e Record) {
	o, before := &r.simulation.ends[e.End], r.before[e.End]
	step := handshake.Step{At: e.At, Peer: planEnds[e.End], Packet: int(e.Packet)}
	switch e.Verb {
	case Arrives:
		segment := r.sent[e.Packet-1]
		step.Kind, step.Label, step.Vars = handshake.KindArrive, segment.String(), segmentVars(nil, segment)
	case TimesOut:
		step.Kind, step.Label = handshake.KindTimeout, timerNames[e.What]
	case Calls:
		_, name := userCall(r.plan.Calls[r.simulation.next-1].Call)
		step.Kind, step.Label = handshake.KindCall, name
	}
	record(&step, &socket{on: planEnds[e.End], tcb: before}, o)
	r.steps, r.before[e.End] = append(r.steps, step), o.TCB
	for _, segment := range o.Segments {
		r.departs(e, segment, &before)
	}
}

// departs records that a segment leaves, and that the line loses it.
func (r *recorder) departs(e Record, segment tcp.Segment, before *tcp.TCB) {
	r.sent = append(r.sent, segment)
	again := sends(before.State) && segment.LEN() > 0 && int32(segment.SEQ-before.SND.NXT) < 0
	octets := wire.Append(nil, r.plan.Addresses[e.End], r.plan.Addresses[1-e.End], segment)
	step := handshake.Step{
		At: e.At, Peer: planEnds[e.End], On: planEnds[e.End], Kind: handshake.KindDepart, Packet: len(r.sent), Label: segment.String(),
		Before: e.After.String(), After: e.After.String(), Vars: segmentVars(nil, segment), Why: []handshake.Why{why(tcp.Departs(segment, again))},
		Wire: octets, Fields: wire.Fields(octets),
	}
	r.steps = append(r.steps, step)
	if r.plan.Line == nil {
		return
	}
	if _, lost := r.plan.Line(uint32(len(r.sent))); lost {
		r.steps = append(r.steps, handshake.Step{
			At: e.At, Peer: handshake.WirePeer, Kind: handshake.KindDrop, Packet: step.Packet, Label: step.Label, Why: []handshake.Why{calls.Lost.Why()},
		})
	}
}
