package hosthost

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// DatagramLen is how long the header of a datagram is, in octets, its flags included.
const DatagramLen = 12

// h316 is what every datagram begins with.
const h316 = "H316"

// Where the fields of a datagram begin, in octets.
const (
	atSequence = 4
	atCount    = 8
	atFlags    = 10
)

// MaxWords is how many words a datagram counts at most: the simulator drops longer ones.
const MaxWords = 16384

// Datagram is the header of one transfer between a host and an IMP in the encapsulation
// of the H316 simulator (h316_udp.c and h316_hi.c of simh), one UDP datagram each. All is
// big-endian, in 16-bit words.
type Datagram struct {
	Sequence uint32 // per direction, from 0, one more for each; a 0 that nobody expects says that the sender has begun again
	Count    uint16 // how many words follow, the flags' included
	Flags    DatagramFlags
}

// DatagramFlags are the last word of a datagram's header.
type DatagramFlags uint16

// The flags.
const (
	Last  DatagramFlags = 1 << iota // the message ends here
	Ready                           // the sender's ready line is up
)

// Has reports whether every flag of f is on.
func (d DatagramFlags) Has(f DatagramFlags) bool { return d&f == f }

// AppendDatagram appends a datagram to b: its header, which counts for itself, and message,
// filled up to a whole word with a zero octet. No message at all is news of the ready line,
// or the end of a message that came before. A message longer than [MaxWords] allows is not
// its business.
func AppendDatagram(b []byte, sequence uint32, flags DatagramFlags, message []byte) []byte {
	words := (len(message) + 1) / 2
	b = append(slices.Grow(b, DatagramLen+2*words), h316...)
	b = binary.BigEndian.AppendUint32(b, sequence)
	b = binary.BigEndian.AppendUint16(b, uint16(words+1))
	b = binary.BigEndian.AppendUint16(b, uint16(flags))
	b = append(b, message...)
	if len(message)%2 != 0 {
		b = append(b, 0)
	}
	return b
}

// ReadDatagram reads the datagram b and gives what it carries where it lies, an even number
// of octets.
func ReadDatagram(b []byte) (d Datagram, message []byte, err error) {
	if len(b) < DatagramLen {
		return d, nil, fmt.Errorf("hosthost: datagram of %d octets, want at least %d", len(b), DatagramLen)
	}
	if magic := b[:atSequence]; string(magic) != h316 {
		return d, nil, fmt.Errorf("hosthost: datagram begins %q, want %q", magic, h316)
	}
	d.Sequence, d.Count = binary.BigEndian.Uint32(b[atSequence:]), binary.BigEndian.Uint16(b[atCount:])
	d.Flags = DatagramFlags(binary.BigEndian.Uint16(b[atFlags:]))
	if d.Count < 1 || d.Count > MaxWords {
		return d, nil, fmt.Errorf("hosthost: count %d, want 1 to %d words", d.Count, MaxWords)
	}
	if want := atFlags + 2*int(d.Count); len(b) != want {
		return d, nil, fmt.Errorf("hosthost: datagram of %d octets, want the %d of count %d", len(b), want, d.Count)
	}
	return d, b[DatagramLen:], nil
}

// Bits visits the header's 96 bits.
func (d Datagram) Bits(visit func(name string, bit, n int, value uint64)) {
	v := visitor{visit: visit}
	v.field("magic", 32, uint64(binary.BigEndian.Uint32([]byte(h316))))
	v.field("sequence", 32, uint64(d.Sequence))
	v.field("count", 16, uint64(d.Count))
	v.field("unassigned", 14, uint64(d.Flags>>2))
	v.flag("READY", d.Flags.Has(Ready))
	v.flag("LAST", d.Flags.Has(Last))
}
