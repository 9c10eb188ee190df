package differential

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/header"

	"sockscope/handshake"
	"sockscope/handshake/calls"
	"sockscope/handshake/wire"
	"sockscope/statemachine/tcp"
)

// msl and maxCopies are the model's.
const (
	msl       = 2 * time.Minute
	maxCopies = 3
)

// flow is one direction of a connection.
type flow struct{ from, to netip.AddrPort }

func (f flow) back() flow { return flow{f.to, f.from} }

// flight is a segment on the wire.
type flight struct {
	packet   int
	to       int
	flow     flow
	label    string
	at, dies time.Duration
	copies   int
	octets   []byte // the datagram
}

// end is how far the clock can go before some segment on the wire dies.
func (w *Session) end() time.Duration {
	end := time.Duration(math.MaxInt64)
	for _, f := range w.flights {
		end = min(end, f.dies)
	}
	return end
}

// parse reads a datagram.
func parse(octets []byte) (flow, []byte, tcp.Segment) {
	ip, b, err := wire.DecodeIPv4(octets)
	if err != nil {
		panic("differential: a datagram of netstack's: " + err.Error())
	}
	header, s, err := wire.Decode(b, ip.Src, ip.Dst)
	if err != nil {
		panic("differential: a segment of netstack's: " + err.Error())
	}
	return flow{netip.AddrPortFrom(ip.Src, header.SrcPort), netip.AddrPortFrom(ip.Dst, header.DstPort)}, b, s
}

// plain takes the options but the MSS out of a SYN, as the model sends none: netstack
// offers timestamps and window scaling whatever its settings say. No-operations come in
// their place, and the checksum is made anew.
func plain(octets []byte) {
	_, b, s := parse(octets)
	if !s.CTL.Has(tcp.SYN) {
		return
	}
	const mss, end, nop = 2, 0, 1 // RFC 9293 3.1, kinds of options
	options := b[20 : 4*(b[12]>>4)]
	for i := 0; i < len(options); {
		length := 1
		if options[i] != nop && options[i] != end {
			length = int(options[i+1])
		}
		if options[i] != mss {
			copy(options[i:i+length], slices.Repeat([]byte{nop}, length))
		}
		i += length
	}
	t := header.TCP(b)
	t.SetChecksum(0)
	ip := header.IPv4(octets)
	t.SetChecksum(^t.CalculateChecksum(header.PseudoHeaderChecksum(header.TCPProtocolNumber, ip.SourceAddress(), ip.DestinationAddress(), uint16(len(b)))))
}

// depart sends a host's oldest segment.
func (w *Session) depart(i int) []handshake.Step {
	h := w.hosts[i]
	at := slices.IndexFunc(h.outbox, func(it item) bool { return it.is == handshake.Depart })
	it := h.outbox[at]
	h.outbox = slices.Delete(h.outbox, at, at+1)
	step := w.launch(it, 1-i)
	step.Peer, step.On = h.name, it.on
	step.Before = h.stateOf(it.on)
	step.After = step.Before
	return []handshake.Step{step}
}

// launch leaves a segment on the wire.
func (w *Session) launch(it item, to int) handshake.Step {
	w.packets++
	now := w.clock.now
	w.flights = append(w.flights, flight{
		packet: w.packets, to: to, flow: it.flow, label: it.what, at: now + w.scenario.Delay, dies: now + msl, copies: 1, octets: it.octets,
	})
	_, b, _ := parse(it.octets)
	return handshake.Step{
		At: now, Kind: handshake.KindDepart, Packet: w.packets, Label: it.what, Vars: segmentVars(it.segment),
		Wire: b, IP: it.octets[:len(it.octets)-len(b)], Fields: wire.Fields(b),
	}
}

// segmentVars are the variables of the segment itself.
func segmentVars(s tcp.Segment) []handshake.Var {
	return []handshake.Var{
		{Name: "SEG.SEQ", Value: decimal(s.SEQ), Unit: "seq"},
		{Name: "SEG.LEN", Value: decimal(s.LEN()), Unit: "seq"},
		{Name: "SEG.ACK", Value: decimal(s.ACK), Unit: "seq"},
	}
}

func decimal(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

func (w *Session) flight(packet int) int {
	return slices.IndexFunc(w.flights, func(f flight) bool { return f.packet == packet })
}

// take takes one copy of a segment off the wire.
func (w *Session) take(packet int) flight {
	at := w.flight(packet)
	f := w.flights[at]
	if f.copies == 1 {
		w.flights = slices.Delete(w.flights, at, at+1)
	} else {
		w.flights[at].copies--
	}
	return f
}

func (w *Session) onTheWire(f *flight, kind handshake.Kind, r calls.Rule) handshake.Step {
	return handshake.Step{
		At: w.clock.now, Peer: handshake.WirePeer, Kind: kind, Packet: f.packet, Label: f.label,
		Why: []handshake.Why{r.Why()},
	}
}

// drop loses one copy.
func (w *Session) drop(packet int) []handshake.Step {
	f := w.take(packet)
	return []handshake.Step{w.onTheWire(&f, handshake.KindDrop, calls.Lost)}
}

// duplicate lets a segment arrive once more.
func (w *Session) duplicate(packet int) []handshake.Step {
	f := &w.flights[w.flight(packet)]
	f.copies++
	return []handshake.Step{w.onTheWire(f, handshake.KindDuplicate, calls.Doubled)}
}

// forge makes a segment that neither end has sent.
func (w *Session) forge(c handshake.Choice, to int) (item, error) {
	s, err := tcp.ParseSegment(c.What)
	if s.WND == 0 {
		s.WND = 65535
	}
	f := flow{w.hosts[1-to].address, w.hosts[to].address}
	return item{what: s.String(), segment: s, flow: f, octets: datagram(f, s)}, err
}

// datagram is a segment from the IPv4 header on.
func datagram(f flow, s tcp.Segment) []byte {
	octets, err := wire.AppendDatagram(nil, f.from, f.to, s)
	if err != nil {
		panic("differential: a datagram that cannot be: " + err.Error())
	}
	return octets
}

// inject puts a segment on the wire that neither end sent.
func (w *Session) inject(c handshake.Choice, to int) ([]handshake.Step, error) {
	it, err := w.forge(c, to)
	if err != nil {
		return nil, err
	}
	step := w.launch(it, to)
	step.Peer = handshake.WirePeer
	step.Why = []handshake.Why{calls.Injected.Why()}
	return []handshake.Step{step}, nil
}

// replace puts other octets into a segment's place on the wire, and into that of each
// copy.
func (w *Session) replace(c handshake.Choice, to int) ([]handshake.Step, error) {
	at := slices.IndexFunc(w.flights, func(f flight) bool { return f.to == to && (c.Packet == 0 || f.packet == c.Packet) })
	if at < 0 {
		return nil, fmt.Errorf("differential: %q: %w", c, ErrNotNow)
	}
	it, err := w.forge(c, to)
	if err != nil {
		return nil, err
	}
	f := &w.flights[at]
	step := w.onTheWire(f, handshake.KindNote, calls.Replaced)
	step.Label = f.label + " becomes " + it.what
	f.label, f.octets = it.what, it.octets
	return []handshake.Step{step}, nil
}

// arrive gives a segment to its receiver.
func (w *Session) arrive(packet int) []handshake.Step {
	f := w.take(packet)
	w.pass(max(w.clock.now, f.at))
	h := w.hosts[f.to]
	_, _, s := parse(f.octets)
	step := handshake.Step{
		Peer: h.name, Kind: handshake.KindArrive, Packet: packet, Label: f.label,
		Vars: segmentVars(s),
	}
	receiver := h.receiver(f.flow)
	h.stack.view.presume(f.flow.back(), h.peekISS())
	h.stack.receive(f.octets)
	h.stack.rest()
	return w.observe(f.to, h.adopt(receiver, f.flow, &step), step)
}
