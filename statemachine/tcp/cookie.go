package tcp

import (
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
	"time"
)

const (
	// cookiePeriod is how often the counter in a cookie moves on (RFC 4987, Appendix A:
	// "increases every 64 seconds"; Linux's does every 60).
	cookiePeriod = 64 * time.Second
	// cookieAges is how many counters are good: the one of now and the one before it, as
	// in Linux. So a cookie lives for more than one period and at most two.
	cookieAges = 2
	// cookieHash are the bits of a cookie that a forger has to guess.
	cookieHash = 1<<24 - 1
)

// cookieMSS is what the three bits of a cookie say of the MSS: the defaults of IPv4 and
// IPv6 (RFC 9293 3.7.1), what fits Ethernet with and without IPv6 and jumbo frames, an old
// ATM, and Linux's loopback; the first is for whatever is less.
var cookieMSS = [8]uint16{64, 536, 1220, 1440, 1460, 4312, 8960, 65495}

// Cookie is the first number of a SYN,ACK that stands for all that a request would keep
// (RFC 4987 3.6): seq, the first number of the SYN, XOR these bits of Appendix A:
//
//	 31     27 26 24 23                     0
//	+---------+-----+------------------------+
//	| counter | MSS |          hash          |
//	+---------+-----+------------------------+
//
// The counter is that of the time, in periods of 64 s, modulo 32. MSS is the place, in a
// table of 8, of the largest that does not exceed mss; 0 means 536, as where a SYN says
// none. The hash is 24 bits of SHA-256 over key, both sockets, counter, seq and MSS: who
// does not know the key guesses right once in 2^24 times, and can change none of them.
func Cookie(now time.Duration, local, remote netip.AddrPort, seq uint32, key [16]byte, mss uint16) uint32 {
	if mss == 0 {
		mss = defaultMSS
	}
	place := uint32(len(cookieMSS) - 1)
	for place > 0 && cookieMSS[place] > mss {
		place--
	}
	return cookie(uint64(now/cookiePeriod), place, local, remote, seq, key)
}

// cookie lays the bits out. What is hashed is longer than what [ISN] hashes under the same
// key, and of a fixed length: no first number tells anything of a cookie.
func cookie(counter uint64, place uint32, local, remote netip.AddrPort, seq uint32, key [16]byte) uint32 {
	b := make([]byte, 0, 16+2*(16+2)+8+4+1)
	b = append(b, key[:]...)
	b = appendSocket(appendSocket(b, local), remote)
	b = binary.BigEndian.AppendUint64(b, counter)
	b = binary.BigEndian.AppendUint32(b, seq)
	b = append(b, byte(place))
	sum := sha256.Sum256(b)
	return seq ^ (uint32(counter%32)<<27 | place<<24 | binary.BigEndian.Uint32(sum[:])&cookieHash)
}

// CheckCookie says whether a first number is the cookie that was sent for a SYN numbered
// seq, in this period of 64 s or the one before; and which MSS it remembers, in octets.
func CheckCookie(now time.Duration, local, remote netip.AddrPort, seq, iss uint32, key [16]byte) (mss uint16, ok bool) {
	place := (iss ^ seq) >> 24 % uint32(len(cookieMSS))
	for age := range uint64(cookieAges) {
		if cookie(uint64(now/cookiePeriod)-age, place, local, remote, seq, key) == iss {
			return cookieMSS[place], true
		}
	}
	return 0, false
}
