package wire_test

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"sockscope/handshake/wire"
	"sockscope/statemachine/tcp"
)

var (
	client = netip.MustParseAddrPort("127.0.0.1:49152")
	server = netip.MustParseAddrPort("127.0.0.1:7147")
)

// sample is one segment in both of its forms.
type sample struct {
	name     string
	src, dst netip.AddrPort
	segment  tcp.Segment
	header   wire.Header
	octets   [][]byte // one line per field of RFC 9293 3.1
}

func (s sample) bytes() []byte { return bytes.Join(s.octets, nil) }

// samples are without options, so that emitting gives what was parsed.
var samples = []sample{
	{
		name: "the SYN,ACK of a three-way handshake, RFC 9293 3.5 figure 6",
		src:  server, dst: client,
		segment: tcp.Segment{SEQ: 300, ACK: 101, WND: 65535, CTL: tcp.SYN | tcp.ACK},
		header:  wire.Header{SrcPort: 7147, DstPort: 49152, DataOffset: 5, Checksum: 0xd453, Options: []byte{}},
		octets: [][]byte{
			{0x1b, 0xeb},             // Source Port
			{0xc0, 0x00},             // Destination Port
			{0x00, 0x00, 0x01, 0x2c}, // Sequence Number
			{0x00, 0x00, 0x00, 0x65}, // Acknowledgment Number
			{0x50},                   // Data Offset, Rsrvd
			{0x12},                   // control bits
			{0xff, 0xff},             // Window
			{0xd4, 0x53},             // Checksum
			{0x00, 0x00},             // Urgent Pointer
		},
	},
	{
		name: "five octets of text: an odd one is padded for the sum, RFC 9293 3.1",
		src:  client, dst: server,
		segment: tcp.Segment{SEQ: 0xffffffff, ACK: 301, WND: 1024, UP: 2, CTL: tcp.URG | tcp.PSH | tcp.ACK, Text: "hello"},
		header:  wire.Header{SrcPort: 49152, DstPort: 7147, DataOffset: 5, Checksum: 0x8cb8, Options: []byte{}},
		octets: [][]byte{
			{0xc0, 0x00},
			{0x1b, 0xeb},
			{0xff, 0xff, 0xff, 0xff},
			{0x00, 0x00, 0x01, 0x2d},
			{0x50},
			{0x38},
			{0x04, 0x00},
			{0x8c, 0xb8},
			{0x00, 0x02},
			[]byte("hello"),
		},
	},
	{
		name: "the reset that Linux sent for a refused connection, captured with its checksum",
		src:  netip.MustParseAddrPort("127.0.0.1:7001"), dst: netip.MustParseAddrPort("127.0.0.1:6001"),
		segment: tcp.Segment{ACK: 0x402b0d7d, CTL: tcp.RST | tcp.ACK},
		header:  wire.Header{SrcPort: 7001, DstPort: 6001, DataOffset: 5, Checksum: 0x315c, Options: []byte{}},
		octets: [][]byte{
			{0x1b, 0x59},
			{0x17, 0x71},
			{0x00, 0x00, 0x00, 0x00},
			{0x40, 0x2b, 0x0d, 0x7d},
			{0x50},
			{0x14},
			{0x00, 0x00},
			{0x31, 0x5c},
			{0x00, 0x00},
		},
	},
}

// withOptions is a SYN such as kernels send it: MSS, SACK-Permitted, Timestamps, No-Operation,
// Window Scale; data ride on it, so that every part of a segment is there.
func withOptions(t require.TestingT) []byte {
	return serialize(t, &layers.TCP{
		SrcPort: 49152, DstPort: 7147, Seq: 100, SYN: true, Window: 65495,
		Options: []layers.TCPOption{
			{OptionType: layers.TCPOptionKindMSS, OptionLength: 4, OptionData: []byte{0xff, 0xd7}},
			{OptionType: layers.TCPOptionKindSACKPermitted, OptionLength: 2},
			{OptionType: layers.TCPOptionKindTimestamps, OptionLength: 10, OptionData: []byte{0, 0, 0, 7, 0, 0, 0, 9}},
			{OptionType: layers.TCPOptionKindNop, OptionLength: 1},
			{OptionType: layers.TCPOptionKindWindowScale, OptionLength: 3, OptionData: []byte{10}},
		},
	}, []byte("LOGIN"), client.Addr(), server.Addr())
}

// serialize lets gopacket make the octets of a segment, checksum included.
func serialize(t require.TestingT, segment *layers.TCP, text []byte, src, dst netip.Addr) []byte {
	require.NoError(t, segment.SetNetworkLayerForChecksum(&layers.IPv4{SrcIP: src.AsSlice(), DstIP: dst.AsSlice(), Protocol: layers.IPProtocolTCP}))
	buffer := gopacket.NewSerializeBuffer()
	require.NoError(t, gopacket.SerializeLayers(buffer, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, segment, gopacket.Payload(text)))
	return buffer.Bytes()
}

func TestSegmentsAreParsed(t *testing.T) {
	for _, s := range samples {
		t.Run(s.name, func(t *testing.T) {
			header, segment, err := wire.Decode(s.bytes(), s.src.Addr(), s.dst.Addr())
			require.NoError(t, err)
			require.Equal(t, s.header, header)
			require.Equal(t, s.segment, segment)
		})
	}
}

func TestSegmentsAreEmitted(t *testing.T) {
	for _, s := range samples {
		t.Run(s.name, func(t *testing.T) {
			require.Equal(t, s.bytes(), wire.Append(nil, s.src, s.dst, s.segment))
			require.Equal(t, append([]byte("before"), s.bytes()...), wire.Append([]byte("before"), s.src, s.dst, s.segment), "what stands before it stays")
		})
	}
}

func TestOptionsAndReservedBitsAreRead(t *testing.T) {
	b := withOptions(t)
	header, segment, err := wire.Decode(b, client.Addr(), server.Addr())
	require.NoError(t, err)
	require.EqualValues(t, 10, header.DataOffset)
	require.Equal(t, b[20:40], header.Options)
	require.Equal(t, tcp.Segment{SEQ: 100, WND: 65495, CTL: tcp.SYN, Options: segment.Options, Text: "LOGIN"}, segment)
	require.Equal(t, tcp.Options{MSS: 65495, WindowScale: true, Shift: 10, SACKPermitted: true, Timestamps: true, TSval: 7, TSecr: 9}, segment.Options)

	b[12] |= 0xd // RFC 9293 3.1: reserved bits "must be ignored in received segments"
	reseal(b, client.Addr(), server.Addr())
	header, again, err := wire.Decode(b, client.Addr(), server.Addr())
	require.NoError(t, err)
	require.EqualValues(t, 0xd, header.Reserved)
	require.Equal(t, segment, again)
}

// reseal gives b the right checksum again, the slow way: RFC 1071, two octets at a time.
func reseal(b []byte, src, dst netip.Addr) {
	b[16], b[17] = 0, 0
	pseudo := append(append(src.AsSlice(), dst.AsSlice()...), 0, 6, byte(len(b)>>8), byte(len(b)))
	binary.BigEndian.PutUint16(b[16:], plainSum(append(pseudo, b...)))
}

// plainSum is the Internet checksum as RFC 1071 section 4.1 writes it.
func plainSum(b []byte) uint16 {
	var sum uint32
	for i := 0; i < len(b); i += 2 {
		sum += uint32(b[i]) << 8
		if i+1 < len(b) {
			sum += uint32(b[i+1])
		}
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}

func TestRefusalsSayWhatWasFoundAndWanted(t *testing.T) {
	good := samples[0].bytes()
	for _, c := range []struct {
		name, want string
		change     func(b []byte) []byte
	}{
		{"nothing", "wire: 0 octets, want at least 20", func([]byte) []byte { return nil }},
		{"cut in the header", "wire: 12 octets, want at least 20", func(b []byte) []byte { return b[:12] }},
		{"data begin inside the header", "wire: data offset 3, want 5 to 15", func(b []byte) []byte { b[12] = 0x30; return b }},
		{"cut in the options", "wire: 20 octets, want at least the 32 of data offset 8", func(b []byte) []byte { b[12] = 0x80; return b }},
		{"garbled checksum", "wire: checksum 0x1234, want 0xd453", func(b []byte) []byte { b[16], b[17] = 0x12, 0x34; return b }},
		{"garbled number", "wire: checksum 0xd453, want 0xd353", func(b []byte) []byte { b[6]++; return b }},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := wire.Decode(c.change(bytes.Clone(good)), server.Addr(), client.Addr())
			require.EqualError(t, err, c.want)
		})
	}
}

func TestARefusedChecksumLeavesTheSegmentReadable(t *testing.T) {
	b := samples[1].bytes()
	b[20] = 'j'
	header, segment, err := wire.Decode(b, client.Addr(), server.Addr())
	require.ErrorIs(t, err, wire.ErrChecksum)
	require.EqualError(t, err, "wire: checksum 0x8cb8, want 0x8ab8")
	require.Equal(t, samples[1].header, header)
	require.Equal(t, "jello", segment.Text)

	_, _, err = wire.Decode(b[:12], client.Addr(), server.Addr())
	require.NotErrorIs(t, err, wire.ErrChecksum, "cut is not garbled")
}

func TestEveryTruncationIsRefused(t *testing.T) {
	for _, b := range [][]byte{samples[0].bytes(), samples[1].bytes(), samples[2].bytes(), withOptions(t)} {
		src, dst := client.Addr(), server.Addr()
		_, _, err := wire.Decode(b, src, dst)
		require.NoError(t, err)
		for n := range b {
			_, _, err := wire.Decode(b[:n], src, dst)
			require.ErrorContains(t, err, "want", "%d of %d octets", n, len(b))
		}
	}
}

// RFC 9293 3.1, MUST-3: the checksum covers header, text and the addresses. One bit changes a
// ones' complement sum by a power of two, which is never a multiple of 65535.
func TestEveryFlippedBitIsRefused(t *testing.T) {
	b, src, dst := withOptions(t), client.Addr(), server.Addr()
	for bit := range 8 * len(b) {
		flipped := bytes.Clone(b)
		flipped[bit/8] ^= 0x80 >> (bit % 8)
		_, _, err := wire.Decode(flipped, src, dst)
		require.Error(t, err, "bit %d", bit)
	}
	for bit := range 32 {
		address := src.As4()
		address[bit/8] ^= 0x80 >> (bit % 8)
		_, _, err := wire.Decode(b, netip.AddrFrom4(address), dst)
		require.ErrorIs(t, err, wire.ErrChecksum, "bit %d of the source address", bit)
		_, _, err = wire.Decode(b, src, netip.AddrFrom4(address))
		require.ErrorIs(t, err, wire.ErrChecksum, "bit %d of the destination address", bit)
	}
}

func anySegment(t *rapid.T) tcp.Segment {
	return tcp.Segment{
		SEQ:  rapid.Uint32().Draw(t, "SEQ"),
		ACK:  rapid.Uint32().Draw(t, "ACK"),
		WND:  rapid.Uint16().Draw(t, "WND"),
		UP:   rapid.Uint16().Draw(t, "UP"),
		CTL:  tcp.CTL(rapid.Byte().Draw(t, "CTL")),
		Text: string(rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "text")),
	}
}

func anyAddr(t *rapid.T, name string) netip.AddrPort {
	var a [4]byte
	binary.BigEndian.PutUint32(a[:], rapid.Uint32().Draw(t, name))
	return netip.AddrPortFrom(netip.AddrFrom4(a), rapid.Uint16().Draw(t, name+" port"))
}

// RFC 9293 3.1, MUST-2: the checksum of what is sent is right.
func TestGopacketReadsWhatIsEmitted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src, dst, s := anyAddr(t, "source"), anyAddr(t, "destination"), anySegment(t)
		b := wire.Append(nil, src, dst, s)
		var g layers.TCP
		require.NoError(t, g.DecodeFromBytes(b, gopacket.NilDecodeFeedback))
		require.Equal(t, []uint32{uint32(src.Port()), uint32(dst.Port()), s.SEQ, s.ACK, 5, uint32(s.WND), uint32(s.UP)},
			[]uint32{uint32(g.SrcPort), uint32(g.DstPort), g.Seq, g.Ack, uint32(g.DataOffset), uint32(g.Window), uint32(g.Urgent)})
		require.Equal(t, []bool{
			s.CTL.Has(tcp.FIN), s.CTL.Has(tcp.SYN), s.CTL.Has(tcp.RST), s.CTL.Has(tcp.PSH),
			s.CTL.Has(tcp.ACK), s.CTL.Has(tcp.URG), s.CTL.Has(tcp.ECE), s.CTL.Has(tcp.CWR), false,
		}, []bool{g.FIN, g.SYN, g.RST, g.PSH, g.ACK, g.URG, g.ECE, g.CWR, g.NS})
		require.Equal(t, s.Text, string(g.Payload))

		require.NoError(t, g.SetNetworkLayerForChecksum(&layers.IPv4{SrcIP: src.Addr().AsSlice(), DstIP: dst.Addr().AsSlice(), Protocol: layers.IPProtocolTCP}))
		err, sum := g.VerifyChecksum()
		require.NoError(t, err)
		require.True(t, sum.Valid, "checksum %#04x, gopacket wants %#04x", sum.Actual, sum.Correct)
	})
}

func TestWhatGopacketEmitsIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src, dst, s := anyAddr(t, "source"), anyAddr(t, "destination"), anySegment(t)
		// Option kind 253 is for experiments (RFC 4727), and so gopacket has no opinion of it.
		experiment := rapid.SliceOfN(rapid.Byte(), 0, 38).Draw(t, "option")
		g := &layers.TCP{
			SrcPort: layers.TCPPort(src.Port()), DstPort: layers.TCPPort(dst.Port()), Seq: s.SEQ, Ack: s.ACK,
			FIN: s.CTL.Has(tcp.FIN), SYN: s.CTL.Has(tcp.SYN), RST: s.CTL.Has(tcp.RST), PSH: s.CTL.Has(tcp.PSH),
			ACK: s.CTL.Has(tcp.ACK), URG: s.CTL.Has(tcp.URG), ECE: s.CTL.Has(tcp.ECE), CWR: s.CTL.Has(tcp.CWR),
			Window: s.WND, Urgent: s.UP, Options: []layers.TCPOption{{OptionType: 253, OptionData: experiment}},
		}
		header, segment, err := wire.Decode(serialize(t, g, []byte(s.Text), src.Addr(), dst.Addr()), src.Addr(), dst.Addr())
		require.NoError(t, err)
		require.Equal(t, s, segment)
		require.Equal(t, []uint16{src.Port(), dst.Port(), uint16(g.DataOffset), g.Checksum},
			[]uint16{header.SrcPort, header.DstPort, uint16(header.DataOffset), header.Checksum})
		require.True(t, bytes.HasPrefix(header.Options, append([]byte{253, byte(2 + len(experiment))}, experiment...)))
	})
}

// RFC 8200 8.1 puts the same things into the pseudo-header of IPv6.
func TestOneSumServesIPv6Too(t *testing.T) {
	src, dst := netip.MustParseAddrPort("[2001:db8::1]:49152"), netip.MustParseAddrPort("[2001:db8::2]:7147")
	b := wire.Append(nil, src, dst, samples[1].segment)
	var g layers.TCP
	require.NoError(t, g.DecodeFromBytes(b, gopacket.NilDecodeFeedback))
	require.NoError(t, g.SetNetworkLayerForChecksum(&layers.IPv6{SrcIP: src.Addr().AsSlice(), DstIP: dst.Addr().AsSlice(), NextHeader: layers.IPProtocolTCP}))
	err, sum := g.VerifyChecksum()
	require.NoError(t, err)
	require.True(t, sum.Valid)
}

// RFC 9293 3.1, MUST-2: an odd last octet is padded for the sum.
func TestTheSumIsThatOfRFC1071ForEveryLength(t *testing.T) {
	text := strings.Repeat("\xff\xfe\x00\x01\x80", 20)
	for n := range len(text) {
		b := wire.Append(nil, client, server, tcp.Segment{SEQ: 0xfffffff0, Text: text[:n]})
		want := bytes.Clone(b)
		reseal(want, client.Addr(), server.Addr())
		require.Equal(t, want, b, "%d octets of text", n)
	}
}

// packets reads the IPv4 datagrams of a capture in the classic format, little-endian, taken
// on Ethernet: a file header of 24 octets, then 16 before each frame, the third word its length.
func packets(tb testing.TB, name string) [][]byte {
	tb.Helper()
	b, err := os.ReadFile("../replay/testdata/captures/" + name + ".pcap")
	require.NoError(tb, err)
	require.Equal(tb, []byte{0xd4, 0xc3, 0xb2, 0xa1}, b[:4])
	require.EqualValues(tb, layers.LinkTypeEthernet, b[20])
	var all [][]byte
	for b = b[24:]; len(b) > 0; {
		frame := 16 + int(binary.LittleEndian.Uint32(b[8:]))
		all, b = append(all, b[16+14:frame]), b[frame:]
	}
	require.NotEmpty(tb, all)
	return all
}

// Thirty segments to closed ports and the resets that Linux answered with: all
// carry their checksums, none an option, and so each is emitted as it was captured.
func TestCapturedDatagramsAreEmittedAsTheyWere(t *testing.T) {
	all := packets(t, "36-closed-port-segments")
	require.Len(t, all, 30)
	for _, datagram := range all {
		ip, b, err := wire.DecodeIPv4(datagram)
		require.NoError(t, err)
		header, segment, err := wire.Decode(b, ip.Src, ip.Dst)
		require.NoError(t, err)
		src, dst := netip.AddrPortFrom(ip.Src, header.SrcPort), netip.AddrPortFrom(ip.Dst, header.DstPort)
		again, err := wire.AppendIPv4(nil, ip, wire.Append(nil, src, dst, segment))
		require.NoError(t, err)
		require.Equal(t, datagram, again)
	}
}

// Linux leaves the checksum of most that crosses loopback to hardware that is not there:
// the field holds the sum of the pseudo-header alone. Such a capture still tells its story.
func TestACaptureWithoutChecksumsIsReadable(t *testing.T) {
	refused, carried := 0, ""
	for _, datagram := range packets(t, "23-ack-range") {
		ip, b, err := wire.DecodeIPv4(datagram)
		require.NoError(t, err)
		_, segment, err := wire.Decode(b, ip.Src, ip.Dst)
		if err != nil {
			require.ErrorIs(t, err, wire.ErrChecksum)
			refused++
		}
		carried += segment.Text
	}
	require.Equal(t, 7, refused)
	require.Equal(t, "xxxxx", carried)
}

func FuzzDecode(f *testing.F) {
	for _, s := range samples {
		f.Add(s.bytes())
	}
	f.Add(withOptions(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		src, dst := client.Addr(), server.Addr()
		header, segment, err := wire.Decode(b, src, dst)
		if header.DataOffset == 0 {
			require.Error(t, err)
			return
		}
		require.Equal(t, plainSumHolds(b, src, dst), err == nil)
		emitted := wire.Append(nil, netip.AddrPortFrom(src, header.SrcPort), netip.AddrPortFrom(dst, header.DstPort), segment)
		again, same, err := wire.Decode(emitted, src, dst)
		require.NoError(t, err)
		require.Equal(t, segment, same)
		require.Equal(t, []uint16{header.SrcPort, header.DstPort}, []uint16{again.SrcPort, again.DstPort})
	})
}

func plainSumHolds(b []byte, src, dst netip.Addr) bool {
	pseudo := append(append(src.AsSlice(), dst.AsSlice()...), 0, 6, byte(len(b)>>8), byte(len(b)))
	return plainSum(append(pseudo, b...)) == 0
}

func BenchmarkAppend(b *testing.B) {
	buffer, s := make([]byte, 0, 64), samples[0]
	b.ReportAllocs()
	for b.Loop() {
		buffer = wire.Append(buffer[:0], s.src, s.dst, s.segment)
	}
}

// A header without options, and one with all that a header has room for. gopacket stands
// beside it: it neither checks the checksum nor reads what the options say.
func BenchmarkDecode(b *testing.B) {
	src, dst := server.Addr(), client.Addr()
	full := samples[0].segment
	full.Options = tcp.Options{
		MSS: 1460, WindowScale: true, Shift: 7, SACKPermitted: true, Timestamps: true, TSval: 1, TSecr: 2,
		SACK: [tcp.MaxSACK]tcp.Block{{Left: 3, Right: 4}, {Left: 5, Right: 6}},
	}
	for _, k := range []struct {
		name   string
		octets []byte
	}{
		{"no options", samples[0].bytes()},
		{"all options", wire.Append(nil, server, client, full)},
	} {
		b.Run(k.name+"/wire", func(b *testing.B) {
			var header wire.Header
			var segment tcp.Segment
			b.ReportAllocs()
			for b.Loop() {
				if _, err := wire.Read(k.octets, src, dst, &header, &segment); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(k.name+"/gopacket", func(b *testing.B) {
			var segment layers.TCP
			parser := gopacket.NewDecodingLayerParser(layers.LayerTypeTCP, &segment)
			var decoded []gopacket.LayerType
			b.ReportAllocs()
			for b.Loop() {
				if err := parser.DecodeLayers(k.octets, &decoded); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
