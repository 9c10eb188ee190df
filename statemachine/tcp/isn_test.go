package tcp

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var (
	isnLocal  = netip.MustParseAddrPort("127.0.0.1:49152")
	isnRemote = netip.MustParseAddrPort("127.0.0.2:7147")
	isnKey    = [16]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
)

// RFC 6528 3 (SHLD-1): ISN = M + F. F was reckoned apart from this code, with sha256sum
// over the 52 octets of key, ::ffff:127.0.0.1, 49152, ::ffff:127.0.0.2 and 7147.
func TestISNIsClockPlusHash(t *testing.T) {
	const f = 0x014eaf14
	require.EqualValues(t, f, ISN(0, isnLocal, isnRemote, isnKey))
	require.EqualValues(t, f+250_000, ISN(time.Second, isnLocal, isnRemote, isnKey))
}

// RFC 9293 3.4.1 (MUST-8): for one pair of sockets the number rises by one every 4
// microseconds, modulo 2^32.
func TestISNRisesWithTheClock(t *testing.T) {
	require.Equal(t, ISN(4*time.Microsecond, isnLocal, isnRemote, isnKey), ISN(7999*time.Nanosecond, isnLocal, isnRemote, isnKey))
	const round = (1 << 32) * isnTick
	require.Equal(t, ISN(0, isnLocal, isnRemote, isnKey), ISN(round, isnLocal, isnRemote, isnKey))
	rapid.Check(t, func(t *rapid.T) {
		now := time.Duration(rapid.Int64Range(0, int64(3*round)).Draw(t, "now"))
		ticks := rapid.Uint32().Draw(t, "ticks")
		key := [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "key"))
		later := ISN(now+time.Duration(ticks)*isnTick, isnLocal, isnRemote, key)
		require.Equal(t, ticks, later-ISN(now, isnLocal, isnRemote, key))
	})
}

// RFC 6528 3 (MUST-9): every part of the pair and every bit of the key makes another
// space of numbers, and the distance between two spaces depends on the key.
func TestISNTellsNothingWithoutTheKey(t *testing.T) {
	pairs := [][2]netip.AddrPort{
		{isnLocal, isnRemote},
		{isnRemote, isnLocal},
		{netip.MustParseAddrPort("127.0.0.3:49152"), isnRemote},
		{netip.MustParseAddrPort("127.0.0.1:49153"), isnRemote},
		{isnLocal, netip.MustParseAddrPort("127.0.0.4:7147")},
		{isnLocal, netip.MustParseAddrPort("127.0.0.2:7148")},
	}
	seen := map[uint32]bool{}
	for _, p := range pairs {
		seen[ISN(0, p[0], p[1], isnKey)] = true
	}
	distances := map[uint32]bool{}
	for bit := range 128 {
		key := isnKey
		key[bit/8] ^= 1 << (bit % 8)
		first := ISN(0, isnLocal, isnRemote, key)
		seen[first] = true
		distances[ISN(0, pairs[3][0], isnRemote, key)-first] = true
	}
	require.Len(t, seen, len(pairs)+128)
	require.Len(t, distances, 128)
}

func BenchmarkISN(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		ISN(time.Second, isnLocal, isnRemote, isnKey)
	}
}
