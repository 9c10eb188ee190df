package wire

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"

	"sockscope/handshake"
	"sockscope/statemachine/tcp"
)

// ipv4Header is figure 4 of RFC 791, its Type of Service as RFC 2474 and RFC 3168
// divide it, its Flags one by one.
var ipv4Header = []column{
	{"Version", 4, decimal},
	{"IHL", 4, decimal},
	{"DSCP", 6, decimal},
	{"ECN", 2, decimal},
	{"Total Length", 16, decimal},
	{"Identification", 16, decimal},
	{"Reserved", 1, decimal},
	{"DF", 1, decimal},
	{"MF", 1, decimal},
	{"Fragment Offset", 13, decimal},
	{"Time to Live", 8, decimal},
	{"Protocol", 8, decimal},
	{"Header Checksum", 16, checksum},
	{"Source Address", 32, dotted},
	{"Destination Address", 32, dotted},
}

// The flag bits of an IPv4 header, beside the 13 bits of the fragment offset (RFC 791
// section 3.1).
const (
	dontFragment   = 0x4000
	moreFragments  = 0x2000
	fragmentOffset = 0x1fff
)

// IPv4 is the header of an IPv4 datagram that holds one whole TCP segment. What it
// does not hold follows from what it carries.
type IPv4 struct {
	Src, Dst netip.Addr
	TOS      uint8 // DSCP and ECN, RFC 3168 section 5
	ID       uint16
	DF       bool // don't fragment
	TTL      uint8
	Options  []byte // the octets that were read, not a copy; never sent
}

// defaultTTL is the Time to Live that is recommended (RFC 1700, "IP TIME TO LIVE PARAMETER").
const defaultTTL = 64

// AppendDatagram appends s in an IPv4 datagram as it travels from src to dst. Addresses of
// another family and text that is too long are errors.
func AppendDatagram(b []byte, src, dst netip.AddrPort, s tcp.Segment) ([]byte, error) {
	head, err := appendHeader(b, IPv4{Src: src.Addr(), Dst: dst.Addr(), TTL: defaultTTL}, headerLen+s.Options.Len()+len(s.Text))
	if err != nil {
		return b, err
	}
	return Append(head, src, dst, s), nil
}

// AppendIPv4 appends the datagram that carries segment under h, with a header of 20
// octets. Addresses of another family and a segment that is too long are errors.
func AppendIPv4(b []byte, h IPv4, segment []byte) ([]byte, error) {
	head, err := appendHeader(b, h, len(segment))
	if err != nil {
		return b, err
	}
	return append(head, segment...), nil
}

// appendHeader appends the header of a datagram that carries n octets.
func appendHeader(b []byte, h IPv4, n int) ([]byte, error) {
	src, dst := h.Src.Unmap(), h.Dst.Unmap()
	total := headerLen + n
	switch {
	case !src.Is4():
		return b, fmt.Errorf("wire: source address %v, want IPv4", h.Src)
	case !dst.Is4():
		return b, fmt.Errorf("wire: destination address %v, want IPv4", h.Dst)
	case total > 0xffff:
		return b, fmt.Errorf("wire: segment of %d octets, want at most %d", n, 0xffff-headerLen)
	}
	var flags uint16
	if h.DF {
		flags = dontFragment
	}
	start := len(b)
	b = slices.Grow(b, total)[:start+headerLen]
	head, from, to := b[start:], src.As4(), dst.As4()
	head[0], head[1] = 4<<4|headerLen/4, h.TOS
	binary.BigEndian.PutUint16(head[2:], uint16(total))
	binary.BigEndian.PutUint16(head[4:], h.ID)
	binary.BigEndian.PutUint16(head[6:], flags)
	head[8], head[9], head[10], head[11] = h.TTL, protocolTCP, 0, 0
	copy(head[12:], from[:])
	copy(head[16:], to[:])
	binary.BigEndian.PutUint16(head[10:], fold(add(0, head)))
	return b, nil
}

// DecodeIPv4 reads a datagram and gives its header and the segment in it, which is
// not a copy. Octets behind the total length are padding of the link below. A
// fragment, another protocol, a wrong header checksum (the error wraps
// [ErrChecksum]) and a cut datagram are errors that say so.
func DecodeIPv4(b []byte) (IPv4, []byte, error) {
	if len(b) < headerLen {
		return IPv4{}, nil, fmt.Errorf("wire: IPv4 header of %d octets, want at least %d", len(b), headerLen)
	}
	version, head := b[0]>>4, 4*int(b[0]&0xf)
	total := int(binary.BigEndian.Uint16(b[2:]))
	flags := binary.BigEndian.Uint16(b[6:])
	switch {
	case version != 4:
		return IPv4{}, nil, fmt.Errorf("wire: IP version %d, want 4", version)
	case head < headerLen:
		return IPv4{}, nil, fmt.Errorf("wire: IHL %d, want 5 to 15", head/4)
	case total < head:
		return IPv4{}, nil, fmt.Errorf("wire: total length %d, want at least the %d of IHL %d", total, head, head/4)
	case total > len(b):
		return IPv4{}, nil, fmt.Errorf("wire: %d octets, want the %d of total length", len(b), total)
	case flags&moreFragments != 0 || flags&fragmentOffset != 0:
		return IPv4{}, nil, fmt.Errorf("wire: MF %d and fragment offset %d, want 0 and 0", flags&moreFragments/moreFragments, flags&fragmentOffset)
	case b[9] != protocolTCP:
		return IPv4{}, nil, fmt.Errorf("wire: protocol %d, want %d", b[9], protocolTCP)
	}
	src, dst := [4]byte(b[12:]), [4]byte(b[16:])
	h := IPv4{
		Src: netip.AddrFrom4(src), Dst: netip.AddrFrom4(dst),
		TOS: b[1], ID: binary.BigEndian.Uint16(b[4:]), DF: flags&dontFragment != 0, TTL: b[8],
		Options: b[headerLen:head],
	}
	if sum := add(0, b[:head]); fold(sum) != 0 {
		return h, b[head:total], refuse("IPv4 header ", sum, binary.BigEndian.Uint16(b[10:]))
	}
	return h, b[head:total], nil
}

// FieldsIPv4 names every bit of the IPv4 header at the start of b, in the group "IPv4
// header", as [Fields] does for TCP; its options are octets in the group "IPv4 options".
func FieldsIPv4(b []byte) []handshake.Field {
	if len(b) < headerLen {
		return rest(nil, "IPv4 header", "unreadable", 0, b)
	}
	fields := named(make([]handshake.Field, 0, len(ipv4Header)), "IPv4 header", ipv4Header, b[:headerLen])
	head := 4 * int(b[0]&0xf)
	if head < headerLen || head > len(b) {
		return rest(fields, "IPv4 options", "unreadable", 0, b[headerLen:])
	}
	return rest(fields, "IPv4 options", "octets", 0, b[headerLen:head])
}
