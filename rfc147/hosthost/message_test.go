package hosthost_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/rfc147/hosthost"
)

// NIC 8246 p.20, figure 1, with text that ends inside an octet and M3 behind it.
func TestAMessageBothWays(t *testing.T) {
	h := hosthost.Header{Leader: hosthost.Leader{Host: 69, Link: 42}, S: 12, C: 3}
	require.Equal(t, 36, h.TextBits())
	require.Equal(t, 5, h.TextLen())
	b := h.AppendMessage(nil, octets(t, "123456789abcdef0"), 0)
	require.Equal(t, octets(t, "00452a00"+"00"+"0c"+"0003"+"00"+"1234567890"), b)
	for first, text := range map[int]string{1: "456789abc0", 2: "789abcdef0"} {
		require.Equal(t, octets(t, text), h.AppendMessage(nil, octets(t, "123456789abcdef0"), first)[hosthost.HeaderLen:], "from byte %d on", first)
	}

	got, text, err := hosthost.ReadMessage(append(b, 0x6f, 0x6c)) // what fills a word may be anything
	require.NoError(t, err)
	require.Equal(t, h, got)
	require.Equal(t, octets(t, "1234567890"), text)
	require.Equal(t, b[:hosthost.HeaderLen], rebuilt(t, func(visit func(string, int, int, uint64)) { h.Bits(hosthost.ToIMP, visit) }))
}

// NIC 8246 p.15: "messages with a zero byte count" have no text.
func TestAMessageWithoutText(t *testing.T) {
	h := hosthost.Header{Leader: hosthost.Leader{Host: 2, Link: 71}, S: 255}
	b := h.AppendMessage(nil, nil, 0)
	require.Equal(t, octets(t, "0002470000ff000000"), b)
	got, text, err := hosthost.ReadMessage(b)
	require.NoError(t, err)
	require.Equal(t, h, got)
	require.Empty(t, text)
}

// Bytes of each size, taken from each place, are those that one by one stand there.
func TestBytesOfEverySizeArePackedWithoutGaps(t *testing.T) {
	text := make([]byte, 400)
	for i := range text {
		text[i] = byte(i*i*31 + i)
	}
	bit := func(b []byte, i int) byte { return b[i/8] >> (7 - i%8) & 1 }
	for size := 1; size <= 255; size++ {
		for first := range 9 {
			h := hosthost.Header{S: uint8(size), C: 3}
			b := h.AppendMessage(nil, text, first)[hosthost.HeaderLen:]
			require.Len(t, b, h.TextLen())
			for i := range 8 * len(b) {
				want := byte(0)
				if i < 3*size {
					want = bit(text, first*size+i)
				}
				if got := bit(b, i); got != want {
					t.Fatalf("size %d, first %d: bit %d is %d, want %d", size, first, i, got, want)
				}
			}
		}
	}
}

func TestEveryTruncatedMessageIsRefused(t *testing.T) {
	b := hosthost.Header{S: 8, C: 4}.AppendMessage(nil, []byte("text"), 0)
	for n := range b {
		_, text, err := hosthost.ReadMessage(b[:n])
		require.ErrorContains(t, err, "want", "%d of %d octets", n, len(b))
		require.Equal(t, max(n-hosthost.HeaderLen, 0), len(text))
	}
	_, _, err := hosthost.ReadMessage(b[:10])
	require.EqualError(t, err, "hosthost: 1 octets of text, want the 4 of 4 bytes of 8 bits")
	_, err = hosthost.ReadHeader(b[:8])
	require.EqualError(t, err, "hosthost: header of 8 octets, want 9")
}

func FuzzReadMessage(f *testing.F) {
	f.Add(hosthost.Header{Leader: hosthost.Leader{Host: 2, Link: 42}, S: 36, C: 3}.AppendMessage(nil, make([]byte, 20), 1))
	f.Add([]byte{0, 2, 0, 0, 0, 8, 0, 1, 0, 12})
	f.Fuzz(func(t *testing.T, b []byte) {
		h, text, err := hosthost.ReadMessage(b)
		if len(b) < hosthost.HeaderLen {
			require.Error(t, err)
			return
		}
		require.Equal(t, b[:hosthost.HeaderLen], h.Append(nil))
		require.Equal(t, b[:hosthost.HeaderLen], rebuilt(t, func(visit func(string, int, int, uint64)) { h.Bits(hosthost.FromIMP, visit) }))
		require.True(t, bytes.Equal(text, b[hosthost.HeaderLen:hosthost.HeaderLen+len(text)]))
		if err != nil {
			require.Less(t, len(text), h.TextLen())
			return
		}
		again := h.AppendMessage(nil, text, 0)
		if rest := h.TextBits() % 8; rest != 0 {
			again[len(again)-1] |= text[len(text)-1] & (0xff >> rest) // M3, which is written as zeros
		}
		require.True(t, bytes.Equal(b[:len(again)], again))
	})
}

func TestMessagesAreNotAllocated(t *testing.T) {
	h, text, b := hosthost.Header{S: 36, C: 20}, make([]byte, 100), make([]byte, 0, 200)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		b = h.AppendMessage(b[:0], text, 1)
		_, _, _ = hosthost.ReadMessage(b)
	}))
}

func BenchmarkMessage(b *testing.B) {
	h, text, octets := hosthost.Header{S: 8, C: 179}, make([]byte, 179), make([]byte, 0, 200)
	b.ReportAllocs()
	for b.Loop() {
		octets = h.AppendMessage(octets[:0], text, 0)
		if _, _, err := hosthost.ReadMessage(octets); err != nil {
			b.Fatal(err)
		}
	}
}
