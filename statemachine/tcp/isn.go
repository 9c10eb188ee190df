package tcp

import (
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
	"time"
)

// isnTick is how often the clock of [ISN] moves on by one (RFC 9293 3.4.1). It comes
// round after 2^32 ticks, 4.77 hours: far longer than an MSL.
const isnTick = 4 * time.Microsecond

// ISN is the initial sequence number of a connection between two sockets, by RFC 6528
// section 3 (RFC 9293 3.4.1):
//
//	ISN = M + F(localip, localport, remoteip, remoteport, secretkey)
//
// M is now in ticks of 4 microseconds: each pair of sockets has numbers of its own that rise
// with the clock. F parts the pairs, so that the number of one tells nobody without the
// key that of another. It is the first 32 bits of SHA-256 over the key and both sockets:
// a pseudorandom function of the standard library. All of that has a fixed length and
// fits one block of the hash, so that neither an extended message nor a second reading
// of the same octets is possible. An IPv4 address counts as its IPv4-mapped IPv6 address.
func ISN(now time.Duration, local, remote netip.AddrPort, key [16]byte) uint32 {
	b := make([]byte, 0, 16+2*(16+2))
	b = append(b, key[:]...)
	f := sha256.Sum256(appendSocket(appendSocket(b, local), remote))
	return uint32(now/isnTick) + binary.BigEndian.Uint32(f[:])
}

// appendSocket appends what is hashed of a socket, always 18 octets.
func appendSocket(b []byte, socket netip.AddrPort) []byte {
	address := socket.Addr().As16()
	return binary.BigEndian.AppendUint16(append(b, address[:]...), socket.Port())
}
