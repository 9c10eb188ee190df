package wire

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"

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
	start, text := len(b), headerLen+s.Options.Len()
	b = slices.Grow(b, text+len(s.Text))[:start+text+len(s.Text)]
	segment := b[start:]
	h := segment[:headerLen:text]
	binary.BigEndian.PutUint16(h[atSource:], src.Port())
	binary.BigEndian.PutUint16(h[atDestination:], dst.Port())
	binary.BigEndian.PutUint32(h[atSequence:], s.SEQ)
	binary.BigEndian.PutUint32(h[atAck:], s.ACK)
	h[atOffset], h[atControl] = byte(text)/4<<4, byte(s.CTL)
	binary.BigEndian.PutUint16(h[atWindow:], s.WND)
	binary.BigEndian.PutUint16(h[atChecksum:], 0)
	binary.BigEndian.PutUint16(h[atUrgent:], s.UP)
	if text > headerLen {
		appendOptions(h, &s.Options)
	}
	copy(segment[text:], s.Text)
	sum := fold(add(pseudo(src.Addr(), dst.Addr(), len(segment)), segment))
	binary.BigEndian.PutUint16(h[atChecksum:], sum)
	return b
}

// appendOptions appends the options one behind the other, then End of Option List and
// zeros up to the end of the word (RFC 9293 section 3.1).
func appendOptions(b []byte, p *tcp.Options) {
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
	for len(b)%4 != 0 {
		b = append(b, endOfOptionList)
	}
}

// readOptions reads what the machine understands, wherever it begins; what it does not
// is passed over by its length, and one that has not its kind's length says nothing. One
// whose length cannot be ends the reading: what stands behind it has no known beginning
// (RFC 9293 section 3.1, MUST-6, MUST-7).
func readOptions(p *tcp.Options, b []byte) {
	for at := 0; at < len(b); {
		kind, left := b[at], len(b)-at
		switch {
		case kind == endOfOptionList:
			return
		case kind == noOperation:
			at++
			continue
		case left < 2 || b[at+1] < 2 || int(b[at+1]) > left:
			return
		}
		o := b[at : at+int(b[at+1])]
		at += len(o)
		switch {
		case kind == kindTimestamps && len(o) == lenTimestamps:
			p.Timestamps = true
			p.TSval, p.TSecr = binary.BigEndian.Uint32(o[2:]), binary.BigEndian.Uint32(o[6:])
		case kind == kindMSS && len(o) == lenMSS:
			p.MSS = binary.BigEndian.Uint16(o[2:])
		case kind == kindWindowScale && len(o) == lenWindowScale:
			p.WindowScale, p.Shift = true, o[2]
		case kind == kindSACKPermitted && len(o) == lenSACKPermitted:
			p.SACKPermitted = true
		case kind == kindSACK && len(o)%lenBlock == 2 && len(o) <= 2+tcp.MaxSACK*lenBlock:
			for i := range len(o) / lenBlock {
				edges := (*[lenBlock]byte)(o[2+i*lenBlock:])
				p.SACK[i] = tcp.Block{Left: binary.BigEndian.Uint32(edges[:4]), Right: binary.BigEndian.Uint32(edges[4:])}
			}
		}
	}
}

// Decode reads the segment b that came from src to dst, as [Read] does, and copies its
// text.
func Decode(b []byte, src, dst netip.Addr) (h Header, s tcp.Segment, err error) {
	text, err := Read(b, src, dst, &h, &s)
	if len(text) > 0 {
		s.Text = string(text)
	}
	return h, s, err
}

// Read reads the segment b that came from src to dst into h and s, and leaves its text
// and its options where they are. An error says what was found and what was wanted. If it
// wraps [ErrChecksum], header and segment are given all the same: a capture taken where
// the hardware was to fill in the checksum is still worth reading. Text that was cut
// fails by its checksum, unless what was cut off happens to sum up to the length it took
// away: only a length from outside, as IP has it, shows that.
func Read(b []byte, src, dst netip.Addr, h *Header, s *tcp.Segment) (text []byte, err error) {
	text, err = readHeader(b, h, s)
	if err != nil {
		return nil, err
	}
	if sum := add(pseudo(src, dst, len(b)), b); fold(sum) != 0 {
		err = refuse("", sum, h.Checksum)
	}
	return text, err
}

// readHeader is Read without the checksum.
func readHeader(b []byte, h *Header, s *tcp.Segment) (text []byte, err error) {
	*h = Header{}
	*s = tcp.Segment{}
	at, err := textAt(b)
	if err != nil {
		return nil, err
	}
	h.SrcPort, h.DstPort = binary.BigEndian.Uint16(b[atSource:]), binary.BigEndian.Uint16(b[atDestination:])
	h.DataOffset, h.Reserved = b[atOffset]>>4, b[atOffset]&0xf
	h.Checksum = binary.BigEndian.Uint16(b[atChecksum:])
	s.SEQ, s.ACK = binary.BigEndian.Uint32(b[atSequence:]), binary.BigEndian.Uint32(b[atAck:])
	s.WND, s.UP = binary.BigEndian.Uint16(b[atWindow:]), binary.BigEndian.Uint16(b[atUrgent:])
	s.CTL = tcp.CTL(b[atControl])
	h.Options = b[headerLen:at]
	if at > headerLen {
		readOptions(&s.Options, h.Options)
	}
	return b[at:], nil
}

// textAt is where the text of a segment begins: behind a header that is whole.
func textAt(b []byte) (int, error) {
	if len(b) < headerLen {
		return 0, fmt.Errorf("wire: %d octets, want at least %d", len(b), headerLen)
	}
	words := b[atOffset] >> 4
	if words < headerLen/4 {
		return 0, fmt.Errorf("wire: data offset %d, want 5 to 15", words)
	}
	text := 4 * int(words)
	if len(b) < text {
		return 0, fmt.Errorf("wire: %d octets, want at least the %d of data offset %d", len(b), text, words)
	}
	return text, nil
}
