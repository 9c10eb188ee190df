package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"net/netip"
)

// ErrChecksum is wrapped by the errors of [Decode] and [DecodeIPv4] when the
// checksum that was found is not the one that the octets give.
var ErrChecksum = errors.New("checksum")

// add continues a ones' complement sum over b, eight octets at a time: such a sum
// is the same whatever the width of its words (RFC 1071 section 2). An odd last
// octet is followed by a zero one.
func add(sum uint64, b []byte) uint64 {
	var carry uint64
	for len(b) >= 16 {
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(b), carry)
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(b[8:]), carry)
		b = b[16:]
	}
	if len(b) >= 8 {
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(b), carry)
		b = b[8:]
	}
	if len(b) > 0 {
		var last [8]byte
		copy(last[:], b)
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(last[:]), carry)
	}
	return sum + carry // never overflows: a sum that carried is at most 2^64 - 2
}

// fold makes a checksum of a sum: its 16 bits, complemented.
func fold(sum uint64) uint16 {
	sum = sum>>32 + sum&0xffffffff
	sum = sum>>32 + sum&0xffffffff
	sum = sum>>16 + sum&0xffff
	sum = sum>>16 + sum&0xffff
	return ^uint16(sum)
}

// pseudo sums the pseudo-header in front of length octets of TCP (RFC 9293 section
// 3.1). IPv4 addresses are summed in their IPv4-mapped form: the FFFF in it is a
// zero of this arithmetic, and so one sum serves both families (RFC 8200 section 8.1).
func pseudo(src, dst netip.Addr, length int) uint64 {
	s, d := src.As16(), dst.As16()
	return add(add(protocolTCP+uint64(length), s[:]), d[:])
}

// check gives an error unless sum, taken over octets with the checksum found among
// them, says that all is well; it says whose checksum it is and what it should be.
func check(whose string, sum uint64, found uint16) error {
	if fold(sum) == 0 {
		return nil
	}
	want := fold(add(sum, []byte{byte(^found >> 8), byte(^found)}))
	return fmt.Errorf("wire: %s%w 0x%04x, want 0x%04x", whose, ErrChecksum, found, want)
}
