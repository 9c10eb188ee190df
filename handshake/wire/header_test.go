package wire

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/statemachine/tcp"
)

// BenchmarkHeader reads a header with all options that it has room for, as gopacket does in
// BenchmarkDecode: without the checksum.
func BenchmarkHeader(b *testing.B) {
	a := netip.MustParseAddrPort("127.0.0.1:7147")
	octets := Append(nil, a, a, tcp.Segment{SEQ: 1, ACK: 2, CTL: tcp.ACK, Options: tcp.Options{
		MSS: 1460, WindowScale: true, Shift: 7, SACKPermitted: true, Timestamps: true, TSval: 1, TSecr: 2,
		SACK: [tcp.MaxSACK]tcp.Block{{Left: 3, Right: 4}, {Left: 5, Right: 6}},
	}})
	var h Header
	var s tcp.Segment
	b.ReportAllocs()
	for b.Loop() {
		if _, err := readHeader(octets, &h, &s); err != nil {
			b.Fatal(err)
		}
	}
	require.Equal(b, uint32(6), s.Options.SACK[1].Right)
}
