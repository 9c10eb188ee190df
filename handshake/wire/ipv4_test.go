package wire_test

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"sockscope/handshake/wire"
)

// The header of the reset that Linux sent for a refused connection, RFC 791 3.1.
var (
	refusedIP = wire.IPv4{
		Src: netip.MustParseAddr("127.0.0.1"), Dst: netip.MustParseAddr("127.0.0.1"),
		DF: true, TTL: 64, Options: []byte{},
	}
	refusedOctets = bytes.Join([][]byte{
		{0x45},             // Version, IHL
		{0x00},             // DSCP, ECN
		{0x00, 0x28},       // Total Length
		{0x00, 0x00},       // Identification
		{0x40, 0x00},       // Flags, Fragment Offset
		{0x40},             // Time to Live
		{0x06},             // Protocol
		{0x3c, 0xce},       // Header Checksum
		{0x7f, 0, 0, 1},    // Source Address
		{0x7f, 0, 0, 1},    // Destination Address
		samples[2].bytes(), // the segment
	}, nil)
)

func TestIPv4IsParsedAndEmitted(t *testing.T) {
	require.Equal(t, packets(t, "02-refused")[1], refusedOctets, "as it was captured")
	ip, segment, err := wire.DecodeIPv4(refusedOctets)
	require.NoError(t, err)
	require.Equal(t, refusedIP, ip)
	require.Equal(t, samples[2].bytes(), segment)
	emitted, err := wire.AppendIPv4([]byte("before"), refusedIP, segment)
	require.NoError(t, err)
	require.Equal(t, append([]byte("before"), refusedOctets...), emitted)
}

func TestTheIPv4HeaderIsTakenApart(t *testing.T) {
	require.Equal(t, `IPv4 header | Version | 0+4 | 4
IPv4 header | IHL | 4+4 | 5
IPv4 header | DSCP | 8+6 | 0
IPv4 header | ECN | 14+2 | 0
IPv4 header | Total Length | 16+16 | 40
IPv4 header | Identification | 32+16 | 0
IPv4 header | Reserved | 48+1 | 0
IPv4 header | DF | 49+1 | 1
IPv4 header | MF | 50+1 | 0
IPv4 header | Fragment Offset | 51+13 | 0
IPv4 header | Time to Live | 64+8 | 64
IPv4 header | Protocol | 72+8 | 6
IPv4 header | Header Checksum | 80+16 | 3cce
IPv4 header | Source Address | 96+32 | 127.0.0.1
IPv4 header | Destination Address | 128+32 | 127.0.0.1
`, lines(wire.FieldsIPv4(refusedOctets)))
}

// withRouterAlert has the option of RFC 2113, four octets long.
func withRouterAlert() []byte {
	b := append(bytes.Clone(refusedOctets[:20]), 0x94, 0x04, 0x00, 0x00)
	b = append(b, refusedOctets[20:]...)
	b[0], b[3] = 0x46, 44
	return resealIPv4(b)
}

func resealIPv4(b []byte) []byte {
	b[10], b[11] = 0, 0
	binary.BigEndian.PutUint16(b[10:], plainSum(b[:4*(b[0]&0xf)]))
	return b
}

func TestIPv4OptionsAndPaddingOfTheLinkAreAccepted(t *testing.T) {
	b := append(withRouterAlert(), 0, 0) // Ethernet pads short frames
	ip, segment, err := wire.DecodeIPv4(b)
	require.NoError(t, err)
	require.Equal(t, []byte{0x94, 0x04, 0x00, 0x00}, ip.Options)
	require.Equal(t, samples[2].bytes(), segment)
	require.Equal(t, "IPv4 options | octets | 0+32 | 94040000\n", lines(wire.FieldsIPv4(b)[15:]))
	b[0] = 0x4f
	require.Equal(t, "IPv4 options | unreadable", lines(wire.FieldsIPv4(b[:40])[15:])[:25])
}

func TestIPv4RefusalsSayWhatWasFoundAndWanted(t *testing.T) {
	for _, c := range []struct {
		want string
		at   int
		put  byte
	}{
		{"wire: IP version 6, want 4", 0, 0x65},
		{"wire: IHL 4, want 5 to 15", 0, 0x44},
		{"wire: total length 19, want at least the 20 of IHL 5", 3, 19},
		{"wire: 40 octets, want the 41 of total length", 3, 41},
		{"wire: MF 1 and fragment offset 0, want 0 and 0", 6, 0x20},
		{"wire: MF 0 and fragment offset 256, want 0 and 0", 6, 0x01},
		{"wire: protocol 17, want 6", 9, 17},
		{"wire: IPv4 header checksum 0x3dce, want 0x3cce", 10, 0x3d},
	} {
		t.Run(c.want, func(t *testing.T) {
			b := bytes.Clone(refusedOctets)
			b[c.at] = c.put
			_, _, err := wire.DecodeIPv4(b)
			require.EqualError(t, err, c.want)
		})
	}
}

func TestAppendIPv4RefusesWhatIPv4CannotCarry(t *testing.T) {
	v6 := netip.MustParseAddr("::1")
	for _, c := range []struct {
		want   string
		change func(*wire.IPv4) []byte
	}{
		{"wire: source address ::1, want IPv4", func(h *wire.IPv4) []byte { h.Src = v6; return nil }},
		{"wire: destination address invalid IP, want IPv4", func(h *wire.IPv4) []byte { h.Dst = netip.Addr{}; return nil }},
		{"wire: segment of 65516 octets, want at most 65515", func(*wire.IPv4) []byte { return make([]byte, 65516) }},
	} {
		h := refusedIP
		segment := c.change(&h)
		b, err := wire.AppendIPv4([]byte("before"), h, segment)
		require.EqualError(t, err, c.want)
		require.Equal(t, "before", string(b))
	}
}

// The checksum of TCP alone would let some truncations pass: with an end of FFFD, what
// is cut off and the length that shrinks by two make up for each other. The total length sees it.
func TestEveryTruncationOfADatagramIsRefused(t *testing.T) {
	segment := samples[1].segment
	segment.Text = "abcd\xff\xfd"
	b := wire.Append(nil, client, server, segment)
	_, short, err := wire.Decode(b[:len(b)-2], client.Addr(), server.Addr())
	require.NoError(t, err)
	require.Equal(t, "abcd", short.Text)

	datagram, err := wire.AppendIPv4(nil, refusedIP, b)
	require.NoError(t, err)
	for _, datagram := range [][]byte{datagram, withRouterAlert()} {
		for n := range datagram {
			_, _, err := wire.DecodeIPv4(datagram[:n])
			require.ErrorContains(t, err, "want", "%d of %d octets", n, len(datagram))
		}
	}
}

func TestIPv4AgreesWithGopacket(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src, dst := anyAddr(t, "source").Addr(), anyAddr(t, "destination").Addr()
		h := wire.IPv4{
			Src: src, Dst: dst, TOS: rapid.Byte().Draw(t, "TOS"), ID: rapid.Uint16().Draw(t, "ID"),
			DF: rapid.Bool().Draw(t, "DF"), TTL: rapid.Byte().Draw(t, "TTL"), Options: []byte{},
		}
		payload := rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "payload")
		emitted, err := wire.AppendIPv4(nil, h, payload)
		require.NoError(t, err)

		var g layers.IPv4
		require.NoError(t, g.DecodeFromBytes(emitted, gopacket.NilDecodeFeedback))
		require.Equal(t, h, wire.IPv4{
			Src: netip.AddrFrom4([4]byte(g.SrcIP)), Dst: netip.AddrFrom4([4]byte(g.DstIP)), TOS: g.TOS, ID: g.Id,
			DF: g.Flags == layers.IPv4DontFragment, TTL: g.TTL, Options: []byte{},
		})
		buffer := gopacket.NewSerializeBuffer()
		require.NoError(t, gopacket.SerializeLayers(buffer, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, &g, gopacket.Payload(payload)))
		require.Equal(t, buffer.Bytes(), emitted)

		back, segment, err := wire.DecodeIPv4(buffer.Bytes())
		require.NoError(t, err)
		require.Equal(t, h, back)
		require.True(t, bytes.Equal(payload, segment))
	})
}

func FuzzIPv4(f *testing.F) {
	f.Add(refusedOctets)
	f.Add(withRouterAlert())
	f.Fuzz(func(t *testing.T, b []byte) {
		if fields := wire.FieldsIPv4(b); len(fields) > 0 {
			rebuilt := rebuild(t, fields)
			require.True(t, bytes.Equal(b[:len(rebuilt)], rebuilt))
		}
		h, segment, err := wire.DecodeIPv4(b)
		if err != nil {
			require.ErrorContains(t, err, "wire: ")
			return
		}
		h.Options = []byte{}
		emitted, err := wire.AppendIPv4(nil, h, segment)
		require.NoError(t, err)
		back, same, err := wire.DecodeIPv4(emitted)
		require.NoError(t, err)
		require.Equal(t, h, back)
		require.True(t, bytes.Equal(segment, same))
	})
}
