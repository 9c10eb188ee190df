package wire_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake/wire"
	"sockscope/statemachine/tcp"
)

// behind puts options, padded to whole words, between the header of a segment and its text.
func behind(options []byte, s tcp.Segment) []byte {
	options = append(bytes.Clone(options), make([]byte, -len(options)&3)...)
	plain := wire.Append(nil, client, server, s)
	b := append(append(bytes.Clone(plain[:20]), options...), plain[20:]...)
	b[12] += byte(len(options) / 4 << 4)
	reseal(b, client.Addr(), server.Addr())
	return b
}

// RFC 9293 3.1: options may come in any segment (MUST-5). One that nobody knows is passed
// over by its length (MUST-6), and one whose length is illegal does no harm (MUST-7): 0, 1,
// beyond the header, or none at all.
func TestOptionsOfAnySegmentArePassedOver(t *testing.T) {
	for _, options := range [][]byte{
		{2, 4, 0xff, 0xd7},
		{77, 6, 1, 2, 3, 4, 2, 4, 5, 0xb4},
		{77, 0, 2, 4},
		{77, 1, 2, 4},
		{77, 41, 2, 4},
		{1, 1, 1, 77},
	} {
		for ctl := range 256 {
			s := tcp.Segment{SEQ: 100, ACK: 300, WND: 65535, CTL: tcp.CTL(ctl), Text: "LOGIN"}
			b := behind(options, s)
			_, got, err := wire.Decode(b, client.Addr(), server.Addr())
			require.NoError(t, err)
			require.Equal(t, s, got)
			require.Contains(t, lines(wire.Fields(b)), `data | data | 0+40 | "LOGIN"`)
		}
	}
	unknown := lines(wire.Fields(behind([]byte{77, 6, 1, 2, 3, 4, 2, 4, 5, 0xb4}, tcp.Segment{})))
	require.Contains(t, unknown, "option MSS | Maximum Segment Size | 16+16 | 1460", "behind it")
	require.False(t, strings.Contains(unknown, "unreadable"))
}
