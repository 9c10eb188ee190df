package wire_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

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

// RFC 9293 3.1: options may come in any segment (MUST-5), from any octet on (MUST-64). One
// that nobody knows is passed over by its length (MUST-6), and one whose length is illegal
// does no harm (MUST-7): 0, 1, beyond the header, or none at all. RFC 9293 3.2, MUST-4: what
// stands behind the end of the list is none.
func TestOptionsOfAnySegmentAreRead(t *testing.T) {
	for _, test := range []struct {
		octets []byte
		want   tcp.Options
	}{
		{[]byte{2, 4, 0xff, 0xd7}, tcp.Options{MSS: 65495}},
		{[]byte{1, 2, 4, 5, 0xb4, 1, 3, 3, 7, 4, 2}, tcp.Options{MSS: 1460, WindowScale: true, Shift: 7, SACKPermitted: true}},
		{[]byte{77, 6, 1, 2, 3, 4, 2, 4, 5, 0xb4}, tcp.Options{MSS: 1460}},
		{[]byte{4, 2, 0, 2, 4, 5, 0xb4}, tcp.Options{SACKPermitted: true}},
		{[]byte{2, 3, 5, 3, 4, 0, 0, 8, 2, 5, 3, 1}, tcp.Options{}},
		{[]byte{4, 2, 77, 0, 2, 4, 5, 0xb4}, tcp.Options{SACKPermitted: true}},
		{[]byte{77, 1, 2, 4, 5, 0xb4}, tcp.Options{}},
		{[]byte{77, 41, 2, 4, 5, 0xb4}, tcp.Options{}},
		{[]byte{1, 1, 1, 77}, tcp.Options{}},
		{[]byte{5, 18, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4}, tcp.Options{SACK: [4]tcp.Block{{Left: 1, Right: 2}, {Left: 3, Right: 4}}}},
		{[]byte{5, 2}, tcp.Options{}},
		{[]byte{5, 9, 0, 0, 0, 1, 0, 0, 0}, tcp.Options{}},
	} {
		options := test.octets
		for ctl := range 256 {
			s := tcp.Segment{SEQ: 100, ACK: 300, WND: 65535, CTL: tcp.CTL(ctl), Text: "LOGIN"}
			b := behind(options, s)
			_, got, err := wire.Decode(b, client.Addr(), server.Addr())
			require.NoError(t, err)
			s.Options = test.want
			require.Equal(t, s, got)
			require.Contains(t, lines(wire.Fields(b)), `data | data | 0+40 | "LOGIN"`)
		}
	}
	unknown := lines(wire.Fields(behind([]byte{77, 6, 1, 2, 3, 4, 2, 4, 5, 0xb4}, tcp.Segment{})))
	require.Contains(t, unknown, "option MSS | Maximum Segment Size | 16+16 | 1460", "behind it")
	require.False(t, strings.Contains(unknown, "unreadable"))
}

// RFC 9293 3.1: every option that is sent has its length but EOL (MUST-68), and behind EOL
// stand zeros (MUST-69). What is sent is what is read.
func TestOptionsAreSentAsTheyAreRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := anyOptions(t)
		s := tcp.Segment{SEQ: 100, CTL: tcp.SYN, Options: o, Text: "LOGIN"}
		b := wire.Append(nil, client, server, s)
		header, got, err := wire.Decode(b, client.Addr(), server.Addr())
		require.NoError(t, err)
		require.Equal(t, s, got)
		require.Len(t, header.Options, o.Len())
		require.LessOrEqual(t, o.Len(), 40)
		names := lines(wire.Fields(b))
		require.NotContains(t, names, "unreadable")
		if _, padding, ends := strings.Cut(names, "option End of Option List"); ends {
			require.Regexp(t, `^ \| Kind \| 0\+8 \| 0\n(options \| padding \| 0\+(8|16) \| (0000|00)\n)?data`, padding)
		}
	})
}

func anyOptions(t *rapid.T) tcp.Options {
	o := tcp.Options{
		MSS: rapid.Uint16().Draw(t, "MSS"), WindowScale: rapid.Bool().Draw(t, "window scale"), SACKPermitted: rapid.Bool().Draw(t, "SACK permitted"),
		Timestamps: rapid.Bool().Draw(t, "timestamps"),
	}
	if o.WindowScale {
		o.Shift = rapid.Uint8().Draw(t, "shift")
	}
	if o.Timestamps {
		o.TSval, o.TSecr = rapid.Uint32().Draw(t, "TSval"), rapid.Uint32().Draw(t, "TSecr")
	}
	if o.MSS == 0 && !o.WindowScale && !o.SACKPermitted { // a SYN says no blocks
		most := 4
		if o.Timestamps {
			most = 3
		}
		for i := range rapid.IntRange(0, most).Draw(t, "blocks") {
			o.SACK[i] = tcp.Block{Left: rapid.Uint32Min(1).Draw(t, "left"), Right: rapid.Uint32().Draw(t, "right")}
		}
	}
	return o
}
