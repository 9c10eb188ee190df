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

// add continues a ones' complement sum over b, eight octets at a time: such a sum is the
// same whatever the width of its words, and with the octets of all words swapped it is the
// same, swapped (RFC 1071 section 2 B). So they are read as a processor likes to, and fold
// swaps once. An odd last octet is followed by a zero one.
func add(sum uint64, b []byte) uint64 {
	var carry uint64
	for len(b) >= 64 {
		w := (*[64]byte)(b)
		sum, carry = bits.Add64(sum, word(w[0:]), carry)
		sum, carry = bits.Add64(sum, word(w[8:]), carry)
		sum, carry = bits.Add64(sum, word(w[16:]), carry)
		sum, carry = bits.Add64(sum, word(w[24:]), carry)
		sum, carry = bits.Add64(sum, word(w[32:]), carry)
		sum, carry = bits.Add64(sum, word(w[40:]), carry)
		sum, carry = bits.Add64(sum, word(w[48:]), carry)
		sum, carry = bits.Add64(sum, word(w[56:]), carry)
		b = b[64:]
	}
	if len(b) >= 32 {
		w := (*[32]byte)(b)
		sum, carry = bits.Add64(sum, word(w[0:]), carry)
		sum, carry = bits.Add64(sum, word(w[8:]), carry)
		sum, carry = bits.Add64(sum, word(w[16:]), carry)
		sum, carry = bits.Add64(sum, word(w[24:]), carry)
		b = b[32:]
	}
	if len(b) >= 16 {
		w := (*[16]byte)(b)
		sum, carry = bits.Add64(sum, word(w[0:]), carry)
		sum, carry = bits.Add64(sum, word(w[8:]), carry)
		b = b[16:]
	}
	if len(b) >= 8 {
		sum, carry = bits.Add64(sum, word(b), carry)
		b = b[8:]
	}
	if len(b) >= 4 {
		sum, carry = bits.Add64(sum, uint64(binary.LittleEndian.Uint32(b)), carry)
		b = b[4:]
	}
	last := uint64(0)
	for i, octet := range b {
		last |= uint64(octet) << (8 * i)
	}
	sum, carry = bits.Add64(sum, last, carry)
	return sum + carry // never overflows: a sum that carried is at most 2^64 - 2
}

func word(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

// fold makes a checksum of a sum: its 16 bits, complemented.
func fold(sum uint64) uint16 {
	sum = sum>>32 + sum&0xffffffff
	sum = sum>>32 + sum&0xffffffff
	sum = sum>>16 + sum&0xffff
	sum = sum>>16 + sum&0xffff
	return ^bits.ReverseBytes16(uint16(sum))
}

// pseudo sums the pseudo-header in front of length octets of TCP (RFC 9293 section
// 3.1; RFC 8200 section 8.1 of IPv6).
func pseudo(src, dst netip.Addr, length int) uint64 {
	sum, carry := bits.Add64(bits.ReverseBytes64(protocolTCP+uint64(length)), address(src), 0)
	sum, carry = bits.Add64(sum, address(dst), carry)
	return sum + carry
}

// address sums an address. An IPv4-mapped one has the sum of its IPv4 address: the FFFF in
// it is a zero of this arithmetic.
func address(a netip.Addr) uint64 {
	if a.Is4() || a.Is4In6() {
		b := a.As4()
		return uint64(binary.LittleEndian.Uint32(b[:]))
	}
	b := a.As16()
	return add(0, b[:])
}

// refuse says of a checksum that was found, and is among the octets that give sum, whose it
// is and what it should be.
func refuse(whose string, sum uint64, found uint16) error {
	want := fold(add(sum, []byte{byte(^found >> 8), byte(^found)}))
	return fmt.Errorf("wire: %s%w 0x%04x, want 0x%04x", whose, ErrChecksum, found, want)
}
