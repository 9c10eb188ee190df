package tcp

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// R4987-3.6, the bits of Appendix A. The hash was reckoned apart from this code, with
// sha256sum over the 65 octets of key, both sockets, counter 1, SYN 1 and place 4.
func TestCookieIsCounterMSSAndHash(t *testing.T) {
	const hash = 0x00f7d32b
	require.EqualValues(t, 1^(1<<27|4<<24|hash), Cookie(cookiePeriod, isnLocal, isnRemote, 1, isnKey, 1460))
	require.EqualValues(t, 1<<27|4<<24, cookieBits(1, 1460)&^cookieHash)
	require.EqualValues(t, uint32(31<<27), cookieBits(31, 0)&(31<<27))
	require.EqualValues(t, 0, cookieBits(32, 0)&(31<<27), "modulo 32")
}

// cookieBits is a cookie without the number of its SYN.
func cookieBits(counter int, mss uint16) uint32 {
	return 1 ^ Cookie(time.Duration(counter)*cookiePeriod, isnLocal, isnRemote, 1, isnKey, mss)
}

// RFC 4987, Appendix A: "the largest i for which msstab[i] <= the incoming MSS".
func TestCookieRemembersTheMSSNearly(t *testing.T) {
	for mss, want := range map[uint16]uint16{
		0: 536, 1: 64, 63: 64, 64: 64, 535: 64, 536: 536, 1219: 536, 1220: 1220, 1459: 1440, 1460: 1460, 9000: 8960, 65494: 8960, 65495: 65495, 65535: 65495,
	} {
		got, ok := CheckCookie(now, isnLocal, isnRemote, irs, Cookie(now, isnLocal, isnRemote, irs, isnKey, mss), isnKey)
		require.True(t, ok)
		require.Equal(t, want, got, "MSS %d", mss)
	}
}

func drawSocket(t *rapid.T, name string) netip.AddrPort {
	var a [4]byte
	binary.BigEndian.PutUint32(a[:], rapid.Uint32().Draw(t, name))
	return netip.AddrPortFrom(netip.AddrFrom4(a), rapid.Uint16().Draw(t, name+" port"))
}

// R4987-3.6: "to prevent replay, some time-dependent random bits must be embedded". A cookie
// is good in its own period and in the next one, then no longer.
func TestCookieIsGoodForTwoPeriods(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		local, remote := drawSocket(t, "local"), drawSocket(t, "remote")
		key := [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "key"))
		seq, mss := rapid.Uint32().Draw(t, "SYN"), rapid.Uint16().Draw(t, "MSS")
		counter := rapid.Int64Range(0, 1<<20).Draw(t, "counter")
		within := func(periods int64) time.Duration {
			return time.Duration(periods)*cookiePeriod + time.Duration(rapid.Int64Range(0, int64(cookiePeriod)-1).Draw(t, "within"))
		}
		made := Cookie(within(counter), local, remote, seq, key, mss)
		for age := range int64(32) {
			_, ok := CheckCookie(within(counter+age), local, remote, seq, made, key)
			require.Equal(t, age < 2, ok, "after %d periods", age)
		}
	})
}

// R4987-3.6: no part of a cookie can be changed, nor anything that it was made of. Each bit
// is turned alone; a forger who turns many passes once in 2^24 times, and not in these.
func TestCookieHoldsEachBit(t *testing.T) {
	good := Cookie(now, isnLocal, isnRemote, irs, isnKey, 1460)
	refused := func(why string, bit int, local, remote netip.AddrPort, seq, cookie uint32, key [16]byte) {
		_, ok := CheckCookie(now, local, remote, seq, cookie, key)
		require.False(t, ok, "%s, bit %d", why, bit)
	}
	for bit := range 32 {
		turned := uint32(1) << bit
		refused("cookie", bit, isnLocal, isnRemote, irs, good^turned, isnKey)
		refused("SYN", bit, isnLocal, isnRemote, irs^turned, good, isnKey)
		refused("SYN and cookie", bit, isnLocal, isnRemote, irs^turned, good^turned, isnKey)
		refused("local address", bit, turn(isnLocal, turned, 0), isnRemote, irs, good, isnKey)
		refused("remote address", bit, isnLocal, turn(isnRemote, turned, 0), irs, good, isnKey)
	}
	for bit := range 16 {
		refused("local port", bit, turn(isnLocal, 0, 1<<bit), isnRemote, irs, good, isnKey)
		refused("remote port", bit, isnLocal, turn(isnRemote, 0, 1<<bit), irs, good, isnKey)
	}
	for bit := range 128 {
		key := isnKey
		key[bit/8] ^= 1 << (bit % 8)
		refused("key", bit, isnLocal, isnRemote, irs, good, key)
	}
	refused("sockets exchanged", 0, isnRemote, isnLocal, irs, good, isnKey)
}

// turn changes bits of a socket.
func turn(socket netip.AddrPort, address uint32, port uint16) netip.AddrPort {
	a := socket.Addr().As4()
	binary.BigEndian.PutUint32(a[:], binary.BigEndian.Uint32(a[:])^address)
	return netip.AddrPortFrom(netip.AddrFrom4(a), socket.Port()^port)
}

// FuzzCheckCookie: what is accepted is what would be sent, now or one period ago, for the
// MSS that is remembered; and what is sent now is accepted.
func FuzzCheckCookie(f *testing.F) {
	f.Add(int64(0), uint32(0), uint32(0), uint16(0))
	f.Add(int64(now), uint32(irs), Cookie(now, isnLocal, isnRemote, irs, isnKey, 1460), uint16(1460))
	f.Add(int64(now+cookiePeriod), uint32(irs), Cookie(now, isnLocal, isnRemote, irs, isnKey, 536), uint16(536))
	f.Fuzz(func(t *testing.T, at int64, seq, guess uint32, mss uint16) {
		clock := time.Duration(at & (1<<62 - 1))
		if told, ok := CheckCookie(clock, isnLocal, isnRemote, seq, guess, isnKey); ok {
			fresh := Cookie(clock, isnLocal, isnRemote, seq, isnKey, told)
			older := Cookie(max(0, clock-cookiePeriod), isnLocal, isnRemote, seq, isnKey, told)
			require.Contains(t, []uint32{fresh, older}, guess)
		}
		_, ok := CheckCookie(clock, isnLocal, isnRemote, seq, Cookie(clock, isnLocal, isnRemote, seq, isnKey, mss), isnKey)
		require.True(t, ok)
	})
}
