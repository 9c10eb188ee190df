package wire_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/big"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/wire"
	"sockscope/statemachine/tcp"
)

// lines writes fields one a line, as a person would check them.
func lines(fields []handshake.Field) string {
	var b strings.Builder
	for _, f := range fields {
		fmt.Fprintf(&b, "%s | %s | %d+%d | %s\n", f.Group, f.Name, f.Bit, f.Len, f.Value)
	}
	return b.String()
}

// The picture of the second segment of figure 6, RFC 9293 3.1 figure 1.
func TestTheTCPHeaderIsTakenApart(t *testing.T) {
	require.Equal(t, `TCP header | Source Port | 0+16 | 7147
TCP header | Destination Port | 16+16 | 49152
TCP header | Sequence Number | 32+32 | 300
TCP header | Acknowledgment Number | 64+32 | 101
TCP header | Data Offset | 96+4 | 5
TCP header | Rsrvd | 100+4 | 0
TCP header | CWR | 104+1 | 0
TCP header | ECE | 105+1 | 0
TCP header | URG | 106+1 | 0
TCP header | ACK | 107+1 | 1
TCP header | PSH | 108+1 | 0
TCP header | RST | 109+1 | 0
TCP header | SYN | 110+1 | 1
TCP header | FIN | 111+1 | 0
TCP header | Window | 112+16 | 65535
TCP header | Checksum | 128+16 | d453
TCP header | Urgent Pointer | 144+16 | 0
`, lines(wire.Fields(samples[0].bytes())))
}

func TestOptionsAndDataAreTakenApart(t *testing.T) {
	require.Equal(t, `option MSS | Kind | 0+8 | 2
option MSS | Length | 8+8 | 4
option MSS | Maximum Segment Size | 16+16 | 65495
option SACK-Permitted | Kind | 0+8 | 4
option SACK-Permitted | Length | 8+8 | 2
option Timestamps | Kind | 0+8 | 8
option Timestamps | Length | 8+8 | 10
option Timestamps | TSval | 16+32 | 7
option Timestamps | TSecr | 48+32 | 9
option No-Operation | Kind | 0+8 | 1
option Window Scale | Kind | 0+8 | 3
option Window Scale | Length | 8+8 | 3
option Window Scale | shift.cnt | 16+8 | 10
data | data | 0+40 | "LOGIN"
`, lines(wire.Fields(withOptions(t))[17:]))
}

// Each case is what stands behind a header of 20 octets; n words of it are options. RFC 9293
// 3.1, MUST-68: whatever is no EOL and no NOP has a length, also a kind without a name.
func TestWhatStandsBehindTheHeader(t *testing.T) {
	for _, c := range []struct {
		name  string
		words byte
		rest  string
		want  string
	}{
		{"RFC 2018 3: two blocks", 5, "010105120000000a0000001400000100ffffffff", `option No-Operation | Kind | 0+8 | 1
option No-Operation | Kind | 0+8 | 1
option SACK | Kind | 0+8 | 5
option SACK | Length | 8+8 | 18
option SACK | Left Edge of 1st Block | 16+32 | 10
option SACK | Right Edge of 1st Block | 48+32 | 20
option SACK | Left Edge of 2nd Block | 80+32 | 256
option SACK | Right Edge of 2nd Block | 112+32 | 4294967295
`},
		{"RFC 9293 3.1: the end of the list, and padding", 2, "0204ffd700000000", `option MSS | Kind | 0+8 | 2
option MSS | Length | 8+8 | 4
option MSS | Maximum Segment Size | 16+16 | 65495
option End of Option List | Kind | 0+8 | 0
options | padding | 0+24 | 000000
`},
		{"the end of the list in the last octet", 1, "01010100", `option No-Operation | Kind | 0+8 | 1
option No-Operation | Kind | 0+8 | 1
option No-Operation | Kind | 0+8 | 1
option End of Option List | Kind | 0+8 | 0
`},
		{"kinds without a name: 254, and 6, which lies between named ones", 3, "fe06cafe0102" + "060400ff" + "0101", `option 254 | Kind | 0+8 | 254
option 254 | Length | 8+8 | 6
option 254 | octets | 16+32 | cafe0102
option 6 | Kind | 0+8 | 6
option 6 | Length | 8+8 | 4
option 6 | octets | 16+16 | 00ff
option No-Operation | Kind | 0+8 | 1
option No-Operation | Kind | 0+8 | 1
`},
		{"a known kind too short for its value", 1, "0203ff01", `option MSS | Kind | 0+8 | 2
option MSS | Length | 8+8 | 3
option MSS | octets | 16+8 | ff
option No-Operation | Kind | 0+8 | 1
`},
		{"a known kind longer than its value", 2, "0206ffd7aabb0101", `option MSS | Kind | 0+8 | 2
option MSS | Length | 8+8 | 6
option MSS | Maximum Segment Size | 16+16 | 65495
option MSS | octets | 32+16 | aabb
option No-Operation | Kind | 0+8 | 1
option No-Operation | Kind | 0+8 | 1
`},
		{"a length that is too small", 1, "01020100", `option No-Operation | Kind | 0+8 | 1
options | unreadable | 0+24 | 020100
`},
		{"a length that leads out of the options", 1, "0205aabb" + "cc", `options | unreadable | 0+32 | 0205aabb
data | data | 0+8 | cc
`},
		{"a kind without room for its length", 1, "01010108", `option No-Operation | Kind | 0+8 | 1
option No-Operation | Kind | 0+8 | 1
option No-Operation | Kind | 0+8 | 1
options | unreadable | 0+8 | 08
`},
		{"a data offset that leads out of the segment", 10, "01010101", "options | unreadable | 0+32 | 01010101\n"},
		{"a data offset that leads into the header", 14, "01010101", "options | unreadable | 0+32 | 01010101\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rest, err := hex.DecodeString(c.rest)
			require.NoError(t, err)
			b := append(samples[0].bytes(), rest...)
			b[12] = (5 + c.words) << 4 // 14 words more wrap around to 3
			require.Equal(t, c.want, lines(wire.Fields(b)[17:]))
		})
	}
}

func TestACutHeaderIsOneUnreadableField(t *testing.T) {
	require.Equal(t, "TCP header | unreadable | 0+24 | 1bebc0\n", lines(wire.Fields(samples[0].bytes()[:3])))
	require.Equal(t, "IPv4 header | unreadable | 0+8 | 45\n", lines(wire.FieldsIPv4([]byte{0x45})))
	require.Empty(t, wire.Fields(nil))
	require.Empty(t, wire.FieldsIPv4(nil))
}

func TestDataAreWrittenForPeople(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"text", "HELLO\r\n", `"HELLO\r\n"`},
		{"Korean text", "안녕", `"안녕"`},
		{"quotes", `say "hi"`, `"say \"hi\""`},
		{"octets", "\x00\x01\xff", "0001ff"},
		{"half a character", "안"[:2], "ec95"},
		{"as much as is shown", strings.Repeat("a", 64), `"` + strings.Repeat("a", 64) + `"`},
		{"more than is shown", strings.Repeat("a", 65), `"` + strings.Repeat("a", 64) + `"...`},
		{"more octets than are shown", strings.Repeat("\x80", 65), strings.Repeat("80", 60) + "..."},
		{"cut between characters, not inside one", strings.Repeat("안", 30), `"` + strings.Repeat("안", 21) + `"...`},
	} {
		t.Run(c.name, func(t *testing.T) {
			fields := wire.Fields(wire.Append(nil, client, server, tcp.Segment{Text: c.text}))
			require.Equal(t, handshake.Field{Group: "data", Name: "data", Len: 8 * len(c.text), Value: c.want}, fields[len(fields)-1])
		})
	}
}

// rebuild writes the fields' values back into octets, and requires on the way that in every
// group they follow each other without a gap. Data that were cut short come out short.
func rebuild(t *testing.T, fields []handshake.Field) []byte {
	t.Helper()
	all, bits, next := new(big.Int), 0, 0
	for i, f := range fields {
		if f.Bit == 0 {
			next = 0
		} else {
			require.Equal(t, fields[i-1].Group, f.Group)
		}
		require.Equal(t, next, f.Bit, "%s: %s", f.Group, f.Name)
		require.Positive(t, f.Len)
		next += f.Len
		octets := value(t, f)
		if len(octets) == 0 {
			octets = []byte{0}
		}
		v := new(big.Int).SetBytes(octets)
		require.LessOrEqual(t, v.BitLen(), f.Len, "%s: %s", f.Group, f.Name)
		all.Or(all.Lsh(all, uint(f.Len)), v)
		bits += f.Len
	}
	require.Zero(t, bits%8)
	return all.FillBytes(make([]byte, bits/8))
}

// value is what a field holds, as octets.
func value(t *testing.T, f handshake.Field) []byte {
	t.Helper()
	cut, short := strings.CutSuffix(f.Value, "...")
	switch {
	case strings.HasPrefix(cut, `"`):
		text, err := strconv.Unquote(cut)
		require.NoError(t, err)
		if short {
			text += strings.Repeat("\x00", f.Len/8-len(text))
		}
		return []byte(text)
	case f.Name == "data" || f.Name == "octets" || f.Name == "unreadable" || f.Name == "padding" || strings.HasSuffix(f.Name, "Checksum"):
		octets, err := hex.DecodeString(cut)
		require.NoError(t, err)
		return append(octets, make([]byte, f.Len/8-len(octets))...)
	case strings.HasSuffix(f.Name, "Address"):
		return netip.MustParseAddr(f.Value).AsSlice()
	}
	n, ok := new(big.Int).SetString(f.Value, 10)
	require.True(t, ok, "%s %q, want decimal digits", f.Name, f.Value)
	return n.Bytes()
}

func TestTheFieldsOfCapturesHoldEveryBit(t *testing.T) {
	for _, name := range []string{"02-refused", "23-ack-range", "36-closed-port-segments"} {
		for _, datagram := range packets(t, name) {
			_, segment, err := wire.DecodeIPv4(datagram)
			require.NoError(t, err)
			require.Equal(t, datagram, append(rebuild(t, wire.FieldsIPv4(datagram)), hidden(rebuild(t, wire.Fields(segment)), segment)...))
		}
	}
}

// hidden puts the octets back that a bounded value of data does not show.
func hidden(rebuilt, b []byte) []byte {
	if len(b) < 20 {
		return rebuilt
	}
	if text := 4 * int(b[12]>>4); text >= 20 && len(b) > text+64 {
		shown := len(bytes.TrimRight(rebuilt[text:], "\x00"))
		return append(rebuilt[:text+shown], b[text+shown:]...)
	}
	return rebuilt
}

func FuzzFields(f *testing.F) {
	for _, s := range samples {
		f.Add(s.bytes())
	}
	f.Add(withOptions(f))
	for _, datagram := range packets(f, "23-ack-range") {
		f.Add(datagram[20:])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		require.True(t, bytes.Equal(b, hidden(rebuild(t, wire.Fields(b)), b)))
	})
}

// The aim is 1.5 µs.
func BenchmarkFields(b *testing.B) {
	for _, octets := range [][]byte{samples[0].bytes(), withOptions(b)} {
		b.Run(fmt.Sprintf("%d fields", len(wire.Fields(octets))), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				wire.Fields(octets)
			}
		})
	}
}
