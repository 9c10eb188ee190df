package hosthost

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// HeaderLen is how long a message's header is, in octets: 72 bits (NIC 8246 p.19).
const HeaderLen = 9

// Where the fields of the header begin, in octets (NIC 8246 p.20, figure 1).
const (
	atM1 = 4
	atS  = 5
	atC  = 6
	atM2 = 8
)

// Header is what every regular message begins with (NIC 8246 p.19).
type Header struct {
	Leader Leader
	M1     uint8  // must be zero
	S      uint8  // byte size, in bits: that of the connection's STR, or 8 on the control link
	C      uint16 // byte count: so many bytes of S bits are the text; zero is permitted
	M2     uint8  // must be zero
}

// TextBits is the text's length in bits, S times C (NIC 8246 p.15).
func (h Header) TextBits() int { return int(h.S) * int(h.C) }

// TextLen is in how many octets the text lies; the last may have bits of M3 behind it.
func (h Header) TextLen() int { return (h.TextBits() + 7) / 8 }

// Append appends the header's nine octets to b.
func (h Header) Append(b []byte) []byte {
	b = append(h.Leader.Append(b), h.M1, h.S)
	return append(binary.BigEndian.AppendUint16(b, h.C), h.M2)
}

// AppendMessage appends the header and the header's C bytes of text to b. The text's bytes
// are those of text from number first on, packed without gaps; what fills the last octet
// is zero (M3). There must be so many.
func (h Header) AppendMessage(b, text []byte, first int) []byte {
	b = h.Append(b)
	bits := h.TextBits()
	if bits == 0 {
		return b
	}
	at, n := first*int(h.S), h.TextLen()
	if shift := at % 8; shift != 0 {
		b = appendShifted(b, text[at/8:], shift, n)
	} else {
		b = append(b, text[at/8:at/8+n]...)
	}
	if rest := bits % 8; rest != 0 {
		b[len(b)-1] &= 0xff << (8 - rest)
	}
	return b
}

// appendShifted appends n octets, the first of which begins at bit shift of text.
func appendShifted(b, text []byte, shift, n int) []byte {
	b = slices.Grow(b, n)
	for i := range n {
		octet := text[i] << shift
		if i+1 < len(text) {
			octet |= text[i+1] >> (8 - shift)
		}
		b = append(b, octet)
	}
	return b
}

// ReadHeader reads the header that b begins with. Only b that is too short is an error:
// what it holds is judged by whoever knows the connection.
func ReadHeader(b []byte) (Header, error) {
	if len(b) < HeaderLen {
		return Header{}, fmt.Errorf("hosthost: header of %d octets, want %d", len(b), HeaderLen)
	}
	h := Header{M1: b[atM1], S: b[atS], C: binary.BigEndian.Uint16(b[atC:]), M2: b[atM2]}
	h.Leader, _ = ReadLeader(b) // long enough
	return h, nil
}

// ReadMessage reads the message b and gives its text where it lies: [Header.TextLen] octets,
// never more, for behind the text stand M3 and whatever fills a word. If text is cut off, the
// error says so, and header and text are given as far as they go.
func ReadMessage(b []byte) (h Header, text []byte, err error) {
	if h, err = ReadHeader(b); err != nil {
		return h, nil, err
	}
	text = b[HeaderLen:]
	if n := h.TextLen(); len(text) > n {
		text = text[:n:n]
	} else if len(text) < n {
		err = fmt.Errorf("hosthost: %d octets of text, want the %d of %d bytes of %d bits", len(text), n, h.C, h.S)
	}
	return h, text, err
}

// Bits visits the header's 72 bits, the leader's as they are named in the direction d.
func (h Header) Bits(d Direction, visit func(name string, bit, n int, value uint64)) {
	h.Leader.Bits(d, visit)
	v := visitor{visit: visit, bit: 8 * LeaderLen}
	v.field("M1", 8, uint64(h.M1))
	v.field("S", 8, uint64(h.S))
	v.field("C", 16, uint64(h.C))
	v.field("M2", 8, uint64(h.M2))
}
