// Package hosthost turns what hosts and IMPs of the ARPANET said to one another into
// octets and back, bit by bit: the control commands and the 72-bit header of the
// Host/Host protocol, the 32-bit leader of the interface between host and IMP, and the
// UDP datagrams in which the H316 simulators carry that interface. It knows no state.
//
// "NIC 8246 p.N" is the Host/Host Protocol for the ARPA Network of January 1972, by the
// pages of the original (RFC 6529 reproduces it); the leader is that of BBN Report 1822
// as RFC 208, 381, 394, 533 and 611 tell of it. Names are those of the documents.
//
// Every value offers its bits to a view through a method Bits: it calls visit once for
// each field, in the order of the octets and without a gap, with the field's name, its
// first bit (0 is the most significant of the first octet), its length in bits and what
// it holds.
//
// # Limitations
//
// Leaders of 96 bits (type 15, from 1976 on) are not read beyond their type. Putting the
// datagrams of one message together is left to whoever receives them.
package hosthost

// Links, as NIC 8246 p.21 assigns them.
const (
	ControlLink = 0  // control messages
	FirstLink   = 2  // the first link for connections
	LastLink    = 71 // the last link for connections
)

// Limits of lengths, with their sources.
const (
	// MaxControl is how many octets of text a control message has at most (NIC 8246 p.21).
	MaxControl = 120
	// MaxTextBits is what the longest message, 8095 bits with its leader (RFC 381), leaves
	// for text behind a header of 72 bits.
	MaxTextBits = 8095 - 8*HeaderLen
)

// visitor walks over fields and keeps count of the bits.
type visitor struct {
	visit func(name string, bit, n int, value uint64)
	bit   int
}

func (v *visitor) field(name string, n int, value uint64) {
	v.visit(name, v.bit, n, value)
	v.bit += n
}

// flag is a field of one bit.
func (v *visitor) flag(name string, on bool) {
	var value uint64
	if on {
		value = 1
	}
	v.field(name, 1, value)
}
