package kernel

import (
	"net/netip"

	"sockscope/statemachine/tcp"
)

// numbers shows the kernel's sequence numbers as if its initial ones had been those of
// the scenario: a person reads 100 and 101, the octets have what the kernel drew.
type numbers map[flow][]origin

// flow is one direction of a connection.
type flow struct{ from, to netip.AddrPort }

func (f flow) back() flow { return flow{f.to, f.from} }

// origin is a first number, as the kernel drew it and as it is shown.
type origin struct{ drawn, shown uint32 }

// begin notes the first number of a connection. Earlier ones of the same flow stay: old
// segments may still come.
func (n numbers) begin(f flow, drawn, shown uint32) { n[f] = append(n[f], origin{drawn, shown}) }

// known reports whether a connection of the flow began with a number.
func (n numbers) known(f flow, drawn uint32) bool {
	for _, o := range n[f] {
		if o.drawn == drawn {
			return true
		}
	}
	return false
}

// shown is a real number of the flow as it is shown: counted from the nearest first
// number, for those of two connections lie far apart.
func (n numbers) shown(f flow, seq uint32) uint32 {
	best := n.nearest(f, func(o origin) uint32 { return seq - o.drawn })
	return seq - best.drawn + best.shown
}

// real is what a shown number stands for.
func (n numbers) real(f flow, seq uint32) uint32 {
	best := n.nearest(f, func(o origin) uint32 { return seq - o.shown })
	return seq - best.shown + best.drawn
}

// nearest is the origin that is nearest, of those as near the latest; none is no shift.
func (n numbers) nearest(f flow, distance func(origin) uint32) (best origin) {
	least := uint32(1 << 31)
	for _, o := range n[f] {
		d := distance(o)
		if d = min(d, -d); d <= least {
			best, least = o, d
		}
	}
	return best
}

// show gives the segment that is shown for a real one.
func (n numbers) show(f flow, s tcp.Segment) tcp.Segment { return convert(s, f, n.shown) }

// draw gives the real segment for one that is shown.
func (n numbers) draw(f flow, s tcp.Segment) tcp.Segment { return convert(s, f, n.real) }

// convert leaves alone what counts from nothing: the 0 of a RST that answers a segment
// without ACK (RFC 9293 3.10.7.1), and the field of an ACK that is none.
func convert(s tcp.Segment, f flow, number func(flow, uint32) uint32) tcp.Segment {
	if !s.CTL.Has(tcp.RST|tcp.ACK) || s.SEQ != 0 {
		s.SEQ = number(f, s.SEQ)
	}
	if s.CTL.Has(tcp.ACK) {
		s.ACK = number(f.back(), s.ACK)
	}
	for i := range s.Options.Blocks() { // edges are sequence numbers, too (RFC 2018 3)
		b := &s.Options.SACK[i]
		b.Left, b.Right = number(f.back(), b.Left), number(f.back(), b.Right)
	}
	return s
}
