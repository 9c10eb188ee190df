package replay_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/handshaketest"
	"sockscope/handshake/replay"
	"sockscope/handshake/wire"
	"sockscope/statemachine/tcp"
)

var (
	a = netip.MustParseAddrPort("127.0.0.1:49152")
	b = netip.MustParseAddrPort("127.0.0.1:7147")
)

// datagram is an IPv4 datagram with the segment of a label.
func datagram(tb testing.TB, src, dst netip.AddrPort, label string) []byte {
	tb.Helper()
	s, err := tcp.ParseSegment(label)
	require.NoError(tb, err)
	d, err := wire.AppendDatagram(nil, src, dst, s)
	require.NoError(tb, err)
	return d
}

// handshakeOf are three datagrams that make a connection.
func handshakeOf(tb testing.TB, a, b netip.AddrPort) [][]byte {
	tb.Helper()
	return [][]byte{
		datagram(tb, a, b, "<SEQ=100><CTL=SYN>"), datagram(tb, b, a, "<SEQ=300><ACK=101><CTL=SYN,ACK>"), datagram(tb, a, b, "<SEQ=101><ACK=301><CTL=ACK>"),
	}
}

// pcap is a file of frames, a millisecond apart.
func pcap(tb testing.TB, link layers.LinkType, frames ...[]byte) []byte {
	tb.Helper()
	var file bytes.Buffer
	w := pcapgo.NewWriterNanos(&file)
	require.NoError(tb, w.WriteFileHeader(1<<18, link))
	for i, f := range frames {
		at := time.Unix(1700000000, int64(i)*int64(time.Millisecond)+7)
		require.NoError(tb, w.WritePacket(gopacket.CaptureInfo{Timestamp: at, CaptureLength: len(f), Length: len(f)}, f))
	}
	return file.Bytes()
}

func steps(tb testing.TB, file []byte, stream int) (*handshake.Trace, replay.Capture) {
	tb.Helper()
	recording, found, err := replay.OpenCapture(bytes.NewReader(file), stream)
	require.NoError(tb, err)
	timeline, err := handshake.NewTimeline(tb.Context(), recording, nil)
	require.NoError(tb, err)
	return handshaketest.ToTheEnd(tb, timeline), found
}

// way is a trace in short: who, what, and the state after it.
func way(trace *handshake.Trace) []string {
	var all []string
	for _, s := range trace.Steps {
		all = append(all, strings.TrimSpace(s.Peer+" "+string(s.Kind)+" "+s.Label+" "+s.After))
	}
	return all
}

var threeWay = []string{
	"client depart <SEQ=100><CTL=SYN> SYN-SENT", "server arrive <SEQ=100><CTL=SYN> SYN-RECEIVED",
	"server depart <SEQ=300><ACK=101><CTL=SYN,ACK> SYN-RECEIVED", "client arrive <SEQ=300><ACK=101><CTL=SYN,ACK> ESTABLISHED",
	"client depart <SEQ=101><ACK=301><CTL=ACK> ESTABLISHED", "server arrive <SEQ=101><ACK=301><CTL=ACK> ESTABLISHED",
}

func TestEveryLinkTypeThatTcpdumpWritesHere(t *testing.T) {
	zeros := make([]byte, 20)
	for name, link := range map[string]struct {
		kind   layers.LinkType
		header []byte
	}{
		"Ethernet":            {layers.LinkTypeEthernet, append(zeros[:12:12], 8, 0)},
		"raw":                 {layers.LinkTypeRaw, nil},
		"raw, of BSD":         {12, nil},
		"raw, of OpenBSD":     {14, nil},
		"raw IPv4":            {layers.LinkTypeIPv4, nil},
		"Linux cooked v1":     {layers.LinkTypeLinuxSLL, append(zeros[:14:14], 8, 0)},
		"Linux cooked v2":     {layers.LinkTypeLinuxSLL2, append([]byte{8, 0}, zeros[:18]...)},
		"null, little-endian": {layers.LinkTypeNull, []byte{2, 0, 0, 0}},
		"null, big-endian":    {layers.LinkTypeNull, []byte{0, 0, 0, 2}},
		"loop":                {layers.LinkTypeLoop, []byte{0, 0, 0, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			var frames [][]byte
			for _, d := range handshakeOf(t, a, b) {
				frames = append(frames, slices.Concat(link.header, d, []byte("padding")))
			}
			frames = append(frames, []byte{1}, nil) // too short for anything
			trace, found := steps(t, pcap(t, link.kind, frames...), 1)
			require.Equal(t, threeWay, way(trace))
			require.Equal(t, replay.Capture{Stream: 1, Streams: 1, Packets: 5, Skipped: 2}, found)
			require.Equal(t, handshakeOf(t, a, b)[1], slices.Concat(trace.Steps[2].IP, trace.Steps[2].Wire))
			require.Equal(t, 2*time.Millisecond, trace.Steps[4].At)
		})
	}
	_, _, err := replay.OpenCapture(bytes.NewReader(pcap(t, layers.LinkTypeIEEE802_11, handshakeOf(t, a, b)...)), 1)
	require.EqualError(t, err, "capture: 3 packets, link type 105: no TCP over IPv4 found, want some on Ethernet, raw IPv4, Linux cooked or loopback")
}

func TestAllMagicNumbers(t *testing.T) {
	file := pcap(t, layers.LinkTypeRaw, handshakeOf(t, a, b)...)
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		for _, magic := range []uint32{0xa1b2c3d4, 0xa1b23c4d} {
			turned := bytes.Clone(file)
			turn := func(at int) { order.PutUint32(turned[at:], binary.LittleEndian.Uint32(file[at:])) }
			order.PutUint32(turned, magic)
			order.PutUint16(turned[4:], 2)
			order.PutUint16(turned[6:], 4)
			for at := 8; at < 24; at += 4 {
				turn(at)
			}
			for at := 24; at < len(turned); at += 16 + int(binary.LittleEndian.Uint32(file[at+8:])) {
				for i := range 4 {
					turn(at + 4*i)
				}
			}
			require.True(t, replay.IsCapture(turned))
			trace, _ := steps(t, turned, 1)
			require.Equal(t, threeWay, way(trace))
		}
	}
	for _, no := range []string{"", "\xa1\xb2", `{"schema":1`, "\x1f\x8b\x08\x00"} {
		require.False(t, replay.IsCapture([]byte(no)), "%q", no)
	}
}

// A pcapng file may have several interfaces, each with its own link type.
func TestInterfacesOfDifferentKinds(t *testing.T) {
	var file bytes.Buffer
	w, err := pcapgo.NewNgWriter(&file, layers.LinkTypeRaw)
	require.NoError(t, err)
	second, err := w.AddInterface(pcapgo.NgInterface{LinkType: layers.LinkTypeNull})
	require.NoError(t, err)
	for i, d := range handshakeOf(t, a, b) {
		info := gopacket.CaptureInfo{Timestamp: time.Unix(1, int64(9-i)), InterfaceIndex: 0}
		if i == 1 {
			info.InterfaceIndex, d = second, append([]byte{2, 0, 0, 0}, d...)
		}
		info.CaptureLength, info.Length = len(d), len(d)
		require.NoError(t, w.WritePacket(info, d))
	}
	require.NoError(t, w.Flush())
	trace, _ := steps(t, file.Bytes(), 1)
	require.Equal(t, threeWay, way(trace))
	require.Zero(t, trace.Steps[5].At, "a clock that was set back stands still")
}

func TestWhatIsSkippedIsCounted(t *testing.T) {
	ethernet := func(kind string, d []byte) []byte { return slices.Concat(make([]byte, 12), []byte(kind), d) }
	good := handshakeOf(t, a, b)
	spoil := func(at int, value byte) []byte {
		d := bytes.Clone(good[0])
		d[at] = value
		return ethernet("\x08\x00", d)
	}
	frames := [][]byte{
		ethernet("\x81\x00\x00\x07\x08\x00", good[0]), // VLAN
		ethernet("\x86\xdd", make([]byte, 60)),        // IPv6
		ethernet("\x08\x06", make([]byte, 28)),        // ARP
		spoil(9, 17),                                  // UDP
		spoil(6, 0x20),                                // a fragment
		spoil(32, 0),                                  // no data offset
		ethernet("\x08\x00", good[0][:39]),            // cut inside of the TCP header
		ethernet("\x08\x00", datagram(t, a, a, "<SEQ=100><CTL=SYN>")), // an end that speaks to itself
	}
	n := len(frames)
	for _, d := range good {
		frames = append(frames, ethernet("\x08\x00", d))
	}
	trace, found := steps(t, pcap(t, layers.LinkTypeEthernet, frames...), 1)
	require.Equal(t, threeWay, way(trace))
	require.Equal(t, replay.Capture{Stream: 1, Streams: 1, Packets: n + 3, Skipped: n}, found)
}

// On loopback nothing fills in checksums; some hardware does it behind the capture.
func TestWrongChecksumsAreNoReasonToSkip(t *testing.T) {
	frames := handshakeOf(t, a, b)
	for _, d := range frames {
		d[10], d[11], d[36], d[37] = 0, 0, 0xfe, 0x28
	}
	trace, found := steps(t, pcap(t, layers.LinkTypeRaw, frames...), 1)
	require.Equal(t, threeWay, way(trace))
	require.Zero(t, found.Skipped)
}

func TestACutSegmentKeepsItsLength(t *testing.T) {
	text := datagram(t, a, b, "<SEQ=101><ACK=301><DATA=988><CTL=PSH,ACK>")
	for octets, shown := range map[int]string{0: "...", 3: "000000...", 64: strings.Repeat("00", 64) + "...", 900: strings.Repeat("00", 64) + "..."} {
		trace, found := steps(t, pcap(t, layers.LinkTypeRaw, append(handshakeOf(t, a, b), text[:40+octets])...), 1)
		require.Equal(t, 1, found.Cut)
		last := trace.Steps[len(trace.Steps)-1]
		require.Equal(t, "<SEQ=101><ACK=301><DATA=988><CTL=PSH,ACK>", last.Label)
		require.Contains(t, last.Vars, handshake.Var{Name: "SEG.LEN", Value: "988", Unit: "seq"})
		require.Len(t, last.Wire, 20+octets, "no octet is made up")
		require.Equal(t, handshake.Field{Group: "data", Name: "data", Len: 8 * 988, Value: shown}, last.Fields[len(last.Fields)-1])
		require.Equal(t, handshake.KindDepart, last.Kind, "nothing shows that it arrived")
	}
}

func TestStreamsAreCountedAsTheyAppear(t *testing.T) {
	c := netip.MustParseAddrPort("127.0.0.1:49153")
	first, second := handshakeOf(t, a, b), handshakeOf(t, c, b)
	file := pcap(t, layers.LinkTypeRaw, first[0], second[0], second[1], first[1], first[2], second[2])
	for stream, peer := range map[int]netip.AddrPort{1: a, 2: c} {
		trace, found := steps(t, file, stream)
		require.Equal(t, replay.Capture{Stream: stream, Streams: 2, Packets: 6}, found)
		require.Equal(t, threeWay, way(trace))
		require.Equal(t, []string{peer.String(), b.String()}, []string{trace.Peers[0].Address, trace.Peers[1].Address})
	}
	for _, none := range []int{-1, 0, 3} {
		_, _, err := replay.OpenCapture(bytes.NewReader(file), none)
		require.ErrorContains(t, err, "want 1 to 2")
	}
}

// Who began is seen from a SYN or a SYN,ACK; else the higher port is taken for a client's.
func TestACaptureThatBeginsTooLate(t *testing.T) {
	all := append(handshakeOf(t, a, b), datagram(t, b, a, "<SEQ=301><ACK=101><DATA=5><CTL=PSH,ACK>"), datagram(t, a, b, "<SEQ=101><ACK=306><CTL=ACK>"))
	trace, _ := steps(t, pcap(t, layers.LinkTypeRaw, all[1:]...), 1)
	require.Equal(t, []string{"SYN-SENT", "SYN-RECEIVED"}, []string{trace.Peers[0].State, trace.Peers[1].State})
	require.Equal(t, threeWay[2:], way(trace)[:4])
	trace, _ = steps(t, pcap(t, layers.LinkTypeRaw, all[3:]...), 1)
	require.Equal(t, a.String(), trace.Peers[0].Address)
	require.Equal(t, []string{"ESTABLISHED", "ESTABLISHED"}, []string{trace.Peers[0].State, trace.Peers[1].State})
	require.Equal(t, "client arrive <SEQ=301><ACK=101><DATA=5><CTL=PSH,ACK> ESTABLISHED", way(trace)[1])
	trace, _ = steps(t, pcap(t, layers.LinkTypeRaw, datagram(t, a, b, "<SEQ=7><CTL=RST>")), 1)
	require.Equal(t, []string{"CLOSED", "CLOSED"}, []string{trace.Peers[0].State, trace.Peers[1].State})
}

// RFC 9293 3.5, figure 9: the answer of an old connection is refused, whatever its
// numbers are, and the SYN goes on.
func TestAHalfOpenConnectionIsSeen(t *testing.T) {
	for _, old := range []string{"50", "90000"} {
		again := datagram(t, a, b, "<SEQ=1000><CTL=SYN>")
		frames := append(handshakeOf(t, a, b), again,
			datagram(t, b, a, "<SEQ=301><ACK="+old+"><CTL=ACK>"), datagram(t, a, b, "<SEQ="+old+"><CTL=RST>"), again,
			datagram(t, b, a, "<SEQ=7000><ACK=1001><CTL=SYN,ACK>"), datagram(t, a, b, "<SEQ=1001><ACK=7001><CTL=ACK>"))
		trace, _ := steps(t, pcap(t, layers.LinkTypeRaw, frames...), 1)
		require.Equal(t, "client arrive <SEQ=301><ACK="+old+"><CTL=ACK> SYN-SENT", way(trace)[9])
		require.Equal(t, [2]string{"ESTABLISHED", "ESTABLISHED"}, states(trace, len(trace.Steps)))
	}
}

// RFC 7323 2.2: windows are scaled if both SYNs say so, those of the SYNs never.
func TestWindowsAreScaled(t *testing.T) {
	trace, _ := captured(t, "01-normal", 1)
	var windows []string
	for _, s := range trace.Steps[:6] {
		for _, v := range s.Vars {
			if strings.HasSuffix(v.Name, ".WND") {
				windows = append(windows, s.Peer+" "+v.Name+" "+v.Value)
			}
		}
	}
	require.Equal(t, []string{
		"server SND.WND 65495", "server RCV.WND 65483", "client SND.WND 65483", "client RCV.WND 65536", "server SND.WND 65536",
	}, windows)
}

func TestEveryInferenceIsMarked(t *testing.T) {
	reached := map[handshake.Why]bool{}
	for _, name := range captureNames(t) {
		if unopened[name] != "" {
			continue
		}
		trace, _ := captured(t, name, 1)
		require.Equal(t, replay.Engine, trace.Engine)
		require.Empty(t, trace.Host)
		for _, s := range trace.Steps {
			for _, y := range s.Why {
				reached[y] = true
			}
			marked := slices.ContainsFunc(s.Why, func(y handshake.Why) bool { return y.Rule == "state-inferred" })
			require.Equal(t, s.Before != s.After, marked, "%s: step %d", name, s.N)
			if s.Kind != handshake.KindDepart {
				require.NotEmpty(t, s.Why, "%s: step %d", name, s.N)
			}
		}
	}
	for _, y := range replay.Rules() {
		require.True(t, reached[y], "%s is reached by no capture", y.Rule)
	}
	require.Len(t, reached, len(replay.Rules()))
}

// A capture that becomes a trace can be saved, opened and stepped as any other.
func TestACaptureSavedAsJSONIsTheSame(t *testing.T) {
	trace, _ := captured(t, "25-fast-retransmit", 1)
	saved := save(t, trace)
	require.Equal(t, string(saved), string(save(t, handshaketest.ToTheEnd(t, open(t, saved)))))
}

func TestALongCaptureIsCutToWhatATraceHolds(t *testing.T) {
	frames := handshakeOf(t, a, b)
	for range handshake.MaxSteps / 2 {
		frames = append(frames, frames[2])
	}
	trace, found := steps(t, pcap(t, layers.LinkTypeRaw, frames...), 1)
	require.Len(t, trace.Steps, handshake.MaxSteps)
	require.Equal(t, 3, found.Left)
}

// The lengths in a file may say anything: no memory is spent on what is not there, and
// little on what no link carries.
func TestAbsurdLengthsAreRefused(t *testing.T) {
	file := pcap(t, layers.LinkTypeRaw, handshakeOf(t, a, b)...)
	for _, length := range []uint32{1 << 18, 1 << 30, math.MaxUint32} {
		long := bytes.Clone(file)
		binary.LittleEndian.PutUint32(long[16:], math.MaxUint32)
		binary.LittleEndian.PutUint32(long[32:], length)
		binary.LittleEndian.PutUint32(long[36:], length)
		_, _, err := replay.OpenCapture(bytes.NewReader(long), 1)
		require.ErrorContains(t, err, "capture: packet 1: ")
		_, _, err = replay.OpenCapture(io.MultiReader(bytes.NewReader(long), endless{}), 1)
		require.ErrorContains(t, err, "capture: packet ")
	}
	const header, packet = 24, 16 + 40
	for cut := range file {
		_, _, err := replay.OpenCapture(bytes.NewReader(file[:cut]), 1)
		if between := cut > header && (cut-header)%packet == 0; between {
			require.NoError(t, err, "the first %d octets", cut)
		} else {
			require.ErrorContains(t, err, "capture: ", "the first %d octets", cut)
		}
	}
	_, _, err := replay.OpenCapture(failing{}, 1)
	require.EqualError(t, err, "capture: out of order, want a pcap or pcapng file")
}

// endless is a file that never ends.
type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 0xff
	}
	return len(b), nil
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("out of order") }

// Whatever the octets: an error or a trace that can be saved, opened and stepped.
func FuzzCapture(f *testing.F) {
	for _, name := range []string{"02-refused", "07-simultaneous-open", "31-fig9-half-open", "36-closed-port-segments"} {
		file, err := os.ReadFile(filepath.Join(captures, name+".pcap"))
		require.NoError(f, err)
		f.Add(file, 1)
	}
	f.Add(pcap(f, layers.LinkTypeRaw, handshakeOf(f, a, b)...), 1)
	var ng bytes.Buffer
	w, err := pcapgo.NewNgWriter(&ng, layers.LinkTypeIPv4)
	require.NoError(f, err)
	for _, d := range handshakeOf(f, a, b) {
		require.NoError(f, w.WritePacket(gopacket.CaptureInfo{Timestamp: time.Unix(1, 0), CaptureLength: len(d), Length: len(d)}, d))
	}
	require.NoError(f, w.Flush())
	f.Add(ng.Bytes(), 1)
	f.Fuzz(func(t *testing.T, file []byte, stream int) {
		if _, _, err := replay.OpenCapture(bytes.NewReader(file), stream); err != nil {
			return
		}
		trace, found := steps(t, file, stream)
		require.LessOrEqual(t, found.Skipped, found.Packets)
		saved := save(t, trace)
		require.Equal(t, string(saved), string(save(t, handshaketest.ToTheEnd(t, open(t, saved)))))
	})
}

// A capture as long as a trace can be, all of one connection.
func BenchmarkOpenCapture(b *testing.B) {
	frames := handshakeOf(b, a, netip.MustParseAddrPort("127.0.0.1:7147"))
	for range handshake.MaxSteps/2 - len(frames) {
		frames = append(frames, frames[2])
	}
	file := pcap(b, layers.LinkTypeRaw, frames...)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		_, _, err := replay.OpenCapture(bytes.NewReader(file), 1)
		require.NoError(b, err)
	}
}
