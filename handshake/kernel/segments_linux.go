package kernel

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"sockscope/handshake"
	"sockscope/handshake/calls"
	"sockscope/handshake/wire"
	"sockscope/statemachine/tcp"
)

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
	picture(&step, it.octets)
	return step
}

// picture gives a step the octets, and what each bit of them means.
func picture(step *handshake.Step, octets []byte) {
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
	_, octets := w.arriving(f)
	own, err := w.emit(octets)
	if err != nil {
		return nil, err
	}
	f.copies = append(slices.Clip(f.copies), own.id)
	return []handshake.Step{w.onTheWire(f, handshake.KindDuplicate, calls.Doubled)}, nil
}

// emit sends octets of our own and waits until they are held.
func (w *world) emit(octets []byte) (held, error) {
	if err := w.lo.send(octets); err != nil {
		return held{}, err
	}
	for range 100 { // they are there at once; a busy machine may need a moment
		own, err := w.drain(nobody)
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
	b, err := wire.AppendDatagram(nil, f.from, f.to, s)
	if err != nil {
		panic("kernel: a datagram that cannot be: " + err.Error())
	}
	return b
}

// replace lets other octets arrive in a segment's place, and in that of each copy.
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
	if _, err := w.drain(nobody); err != nil { // else it would seem to be this segment's doing
		return nil, err
	}
	if err := w.release(f, id); err != nil {
		return nil, err
	}
	if _, err := w.drain(f.to); err != nil {
		return nil, err
	}
	step := handshake.Step{At: w.now(), Peer: h.name, Kind: handshake.KindArrive, Packet: packet, Label: f.label, Vars: segmentVars(segment)}
	if f.changed != nil {
		picture(&step, octets)
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
