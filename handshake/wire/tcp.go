package wire

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"sockscope/statemachine/tcp"
)

// Where the fields of the TCP header begin, in octets (RFC 9293 section 3.1).
const (
	atSource      = 0
	atDestination = 2
	atSequence    = 4
	atAck         = 8
	atOffset      = 12
	atControl     = 13
	atWindow      = 14
	atChecksum    = 16
	atUrgent      = 18
	headerLen     = 20 // without options
)

// The kinds of the options that a [tcp.Segment] has, and how long they are (RFC 9293
// section 3.2, RFC 7323, RFC 2018).
const (
	kindMSS, lenMSS                     = 2, 4
	kindWindowScale, lenWindowScale     = 3, 3
	kindSACKPermitted, lenSACKPermitted = 4, 2
	kindSACK, lenBlock                  = 5, 8
	kindTimestamps, lenTimestamps       = 8, 10
)

// protocolTCP is TCP's number in an IP header (RFC 9293 section 3.1).
const protocolTCP = 6

// Header is the part of a TCP header that a [tcp.Segment] does not hold.
type Header struct {
	SrcPort, DstPort uint16
	DataOffset       uint8 // where the data begin, in 32-bit words: 5 to 15
	Reserved         uint8 // four bits; zero when sent, ignored when received
	Checksum         uint16
	Options          []byte // the octets that were read, not a copy
}

// Append appends s to b as it travels from src to dst: a header of 20 octets, the
// options, and the text. Text longer than a datagram holds is not its business.
func Append(b []byte, src, dst netip.AddrPort, s tcp.Segment) []byte {
	start := len(b)
	b = binary.BigEndian.AppendUint16(b, src.Port())
	b = binary.BigEndian.AppendUint16(b, dst.Port())
	b = binary.BigEndian.AppendUint32(b, s.SEQ)
	b = binary.BigEndian.AppendUint32(b, s.ACK)
	b = append(b, byte(headerLen+s.Options.Len())/4<<4, byte(s.CTL))
	b = binary.BigEndian.AppendUint16(b, s.WND)
	b = binary.BigEndian.AppendUint16(b, 0)
	b = binary.BigEndian.AppendUint16(b, s.UP)
	b = appendOptions(b, &s.Options)
	b = append(b, s.Text...)
	segment := b[start:]
	sum := fold(add(pseudo(src.Addr(), dst.Addr(), len(segment)), segment))
	binary.BigEndian.PutUint16(segment[atChecksum:], sum)
	return b
}

// appendOptions appends the options one behind the other, then End of Option List and
// zeros up to the end of the word (RFC 9293 section 3.1).
func appendOptions(b []byte, p *tcp.Options) []byte {
	start := len(b)
	if p.MSS != 0 {
		b = binary.BigEndian.AppendUint16(append(b, kindMSS, lenMSS), p.MSS)
	}
	if p.WindowScale {
		b = append(b, kindWindowScale, lenWindowScale, p.Shift)
	}
	if p.SACKPermitted {
		b = append(b, kindSACKPermitted, lenSACKPermitted)
	}
	if p.Timestamps {
		b = append(b, kindTimestamps, lenTimestamps)
		b = binary.BigEndian.AppendUint32(b, p.TSval)
		b = binary.BigEndian.AppendUint32(b, p.TSecr)
	}
	if n := p.Blocks(); n > 0 {
		b = append(b, kindSACK, byte(2+n*lenBlock))
		for _, k := range p.SACK[:n] {
			b = binary.BigEndian.AppendUint32(b, k.Left)
			b = binary.BigEndian.AppendUint32(b, k.Right)
		}
	}
	for (len(b)-start)%4 != 0 {
		b = append(b, endOfOptionList)
	}
	return b
}

// readOptions reads what the machine understands, wherever it begins; what it does not
// is passed over by its length. One whose length cannot be ends the reading: what stands
// behind it has no known beginning (RFC 9293 section 3.1, MUST-6, MUST-7).
func readOptions(b []byte) (p tcp.Options) {
	for len(b) > 0 && b[0] != endOfOptionList {
		if b[0] == noOperation {
			b = b[1:]
			continue
		}
		if len(b) < 2 || b[1] < 2 || int(b[1]) > len(b) {
			return p
		}
		readOption(&p, b[:b[1]])
		b = b[b[1]:]
	}
	return p
}

// readOption reads one option. One that has not its kind's length says nothing.
func readOption(p *tcp.Options, b []byte) {
	switch {
	case b[0] == kindTimestamps && len(b) == lenTimestamps:
		p.Timestamps = true
		p.TSval, p.TSecr = binary.BigEndian.Uint32(b[2:]), binary.BigEndian.Uint32(b[6:])
	case b[0] == kindMSS && len(b) == lenMSS:
		p.MSS = binary.BigEndian.Uint16(b[2:])
	case b[0] == kindWindowScale && len(b) == lenWindowScale:
		p.WindowScale, p.Shift = true, b[2]
	case b[0] == kindSACKPermitted && len(b) == lenSACKPermitted:
		p.SACKPermitted = true
	case b[0] == kindSACK && len(b)%lenBlock == 2 && len(b) <= 2+tcp.MaxSACK*lenBlock:
		for i := range len(b) / lenBlock {
			at := b[2+i*lenBlock:]
			p.SACK[i] = tcp.Block{Left: binary.BigEndian.Uint32(at), Right: binary.BigEndian.Uint32(at[4:])}
		}
	}
}

// Decode reads the segment b that came from src to dst. The text is a copy; the
// header's options are not. An error says what was found and what was wanted. If
// it wraps [ErrChecksum], header and segment are given all the same: a capture
// taken where the hardware was to fill in the checksum is still worth reading.
// Text that was cut fails by its checksum, unless what was cut off happens to sum up
// to the length it took away: only a length from outside, as IP has it, shows that.
func Decode(b []byte, src, dst netip.Addr) (Header, tcp.Segment, error) {
	if len(b) < headerLen {
		return Header{}, tcp.Segment{}, fmt.Errorf("wire: %d octets, want at least %d", len(b), headerLen)
	}
	words := b[atOffset] >> 4
	if words < headerLen/4 {
		return Header{}, tcp.Segment{}, fmt.Errorf("wire: data offset %d, want 5 to 15", words)
	}
	text := 4 * int(words)
	if len(b) < text {
		return Header{}, tcp.Segment{}, fmt.Errorf("wire: %d octets, want at least the %d of data offset %d", len(b), text, words)
	}
	h := Header{
		SrcPort:    binary.BigEndian.Uint16(b[atSource:]),
		DstPort:    binary.BigEndian.Uint16(b[atDestination:]),
		DataOffset: words,
		Reserved:   b[atOffset] & 0xf,
		Checksum:   binary.BigEndian.Uint16(b[atChecksum:]),
		Options:    b[headerLen:text],
	}
	s := tcp.Segment{
		SEQ:     binary.BigEndian.Uint32(b[atSequence:]),
		ACK:     binary.BigEndian.Uint32(b[atAck:]),
		WND:     binary.BigEndian.Uint16(b[atWindow:]),
		UP:      binary.BigEndian.Uint16(b[atUrgent:]),
		CTL:     tcp.CTL(b[atControl]),
		Options: readOptions(h.Options),
		Text:    string(b[text:]),
	}
	return h, s, check("", add(pseudo(src, dst, len(b)), b), h.Checksum)
}
