package replay

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"sockscope/handshake"
	"sockscope/handshake/wire"
	"sockscope/statemachine/tcp"
)

// Engine is the name that the trace of a capture has in its header.
const Engine = "capture"

// Capture says what a file of captured packets holds beside the connection that was
// opened.
type Capture struct {
	Stream, Streams int // which connection was opened, and of how many; the first is 1
	Packets         int // in the file
	Skipped         int // of them: not TCP over IPv4 between two ends, or unreadable
	Cut             int // segments of the connection whose text the file holds only in part
	Left            int // segments of the connection that are beyond what a trace holds
}

// A trace has two steps for a segment, and a screen shows it whole: what is beyond
// these many segments or octets is left out.
const (
	maxSegments = handshake.MaxSteps / 2
	maxOctets   = 64 << 20
)

// IsCapture reports whether a file that begins so is one of captured packets: the magic
// numbers of pcap, in both orders of octets and with both kinds of time, and of pcapng.
func IsCapture(head []byte) bool {
	for _, magic := range []string{
		"\xa1\xb2\xc3\xd4", "\xd4\xc3\xb2\xa1", "\xa1\xb2\x3c\x4d", "\x4d\x3c\xb2\xa1", pcapng,
	} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return false
}

// pcapng is the type of a section header block, the same in both orders of octets.
const pcapng = "\x0a\x0d\x0d\x0a"

// OpenCapture reads one connection out of a pcap or pcapng file: the stream-th pair of
// address and port that is seen in it, 1 for the first; a later connection between the
// same two belongs to it. The numbers in the trace are the wire's. What has no record
// in the file is inferred and says so: what arrived, what was lost, the states.
// Fragments, VLANs, IPv6 and an end that speaks to itself are skipped and counted.
func OpenCapture(r io.Reader, stream int) (*Recording, Capture, error) {
	found := Capture{Stream: stream}
	file, err := newSource(r)
	if err != nil {
		return nil, found, fmt.Errorf("capture: %w, want a pcap or pcapng file", err)
	}
	c := collector{found: &found, streams: map[[2]netip.AddrPort]int{}}
	for {
		frame, link, at, err := file.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, found, fmt.Errorf("capture: packet %d: %w, want a whole file", found.Packets+1, err)
		}
		found.Packets++
		c.take(frame, link, at)
	}
	switch {
	case found.Streams == 0:
		return nil, found, fmt.Errorf("capture: %d packets, link type %d: no TCP over IPv4 found, want some on Ethernet, raw IPv4, Linux cooked or loopback", found.Packets, c.link)
	case stream < 1 || stream > found.Streams:
		return nil, found, fmt.Errorf("capture: connection %d, want 1 to %d", stream, found.Streams)
	}
	rec, err := record(c.trace())
	return rec, found, err
}

// source reads packets from a file of either kind.
type source struct {
	packets interface {
		ReadPacketData() ([]byte, gopacket.CaptureInfo, error)
	}
	link   func(gopacket.CaptureInfo) layers.LinkType
	ration *ration
}

// maxPacket bounds what is read for one packet, whatever the file says of its length:
// far beyond what any link carries, and room for what pcapng has between packets.
const maxPacket = 16 << 20

// ration reads on only as far as it is allowed to.
type ration struct {
	from io.Reader
	left int
}

func (r *ration) Read(b []byte) (int, error) {
	if r.left <= 0 {
		return 0, fmt.Errorf("more than %d octets, want fewer", maxPacket)
	}
	n, err := r.from.Read(b[:min(len(b), r.left)])
	r.left -= n
	return n, err
}

func newSource(r io.Reader) (*source, error) {
	magic := make([]byte, len(pcapng))
	if _, err := io.ReadFull(r, magic); err != nil {
		return nil, err
	}
	s := &source{ration: &ration{io.MultiReader(bytes.NewReader(magic), r), maxPacket}}
	if string(magic) == pcapng {
		file, err := pcapgo.NewNgReader(s.ration, pcapgo.NgReaderOptions{WantMixedLinkType: true})
		s.packets = file
		s.link = func(info gopacket.CaptureInfo) layers.LinkType {
			link, _ := info.AncillaryData[0].(layers.LinkType)
			return link
		}
		return s, err
	}
	file, err := pcapgo.NewReader(s.ration)
	s.packets = file
	s.link = func(gopacket.CaptureInfo) layers.LinkType { return file.LinkType() }
	return s, err
}

func (s *source) next() ([]byte, layers.LinkType, time.Time, error) {
	s.ration.left = maxPacket
	frame, info, err := s.packets.ReadPacketData()
	if errors.Is(err, io.EOF) && info.CaptureLength > 0 {
		err = io.ErrUnexpectedEOF // behind a packet's header
	}
	if err != nil {
		return nil, 0, time.Time{}, err
	}
	return frame, s.link(info), info.Timestamp, nil
}

// collector gathers the segments of one stream and counts the others.
type collector struct {
	found   *Capture
	streams map[[2]netip.AddrPort]int
	link    layers.LinkType
	ends    [2]netip.AddrPort // the first segment's source and destination
	start   time.Time
	octets  int
	list    []segment
}

func (c *collector) take(frame []byte, link layers.LinkType, at time.Time) {
	c.link = link
	s, src, dst, cut, err := decode(datagram(frame, link))
	if err != nil || src == dst {
		c.found.Skipped++
		return
	}
	key := [2]netip.AddrPort{src, dst}
	if dst.Compare(src) < 0 {
		key = [2]netip.AddrPort{dst, src}
	}
	if c.streams[key] == 0 {
		c.found.Streams++
		c.streams[key] = c.found.Streams
	}
	if c.streams[key] != c.found.Stream {
		return
	}
	if len(c.list) == maxSegments || c.octets+len(s.wire) > maxOctets {
		c.found.Left++
		return
	}
	if len(c.list) == 0 {
		c.ends, c.start = [2]netip.AddrPort{src, dst}, at
	} else {
		s.at = max(at.Sub(c.start), c.list[len(c.list)-1].at) // a clock that was set back
	}
	if cut {
		c.found.Cut++
	}
	if src != c.ends[0] {
		s.from = 1
	}
	c.octets += len(s.wire)
	c.list = append(c.list, s)
}

// trace is what the segments tell. The left end is the one that opened: the sender of
// the first SYN, or, if the capture began too late for it, the one with the higher port.
func (c *collector) trace() *handshake.Trace {
	first := &c.list[0]
	swap := c.ends[0].Port() < c.ends[1].Port()
	if first.ctl.Has(tcp.SYN) {
		swap = first.ctl.Has(tcp.ACK)
	}
	if swap {
		c.ends[0], c.ends[1] = c.ends[1], c.ends[0]
		for i := range c.list {
			c.list[i].from = 1 - c.list[i].from
		}
	}
	t := &handshake.Trace{
		Scenario: Engine, Engine: Engine, Protocol: "tcp",
		Words: map[string]map[string]string{
			"en": {"title": "A capture; the states are inferred from what crossed the wire"},
			"ko": {"title": "캡처한 기록. 상태는 회선을 지나간 것에서 추론했다"},
		},
	}
	for i, name := range names {
		t.Peers = append(t.Peers, handshake.Peer{Name: name, Address: c.ends[i].String()})
	}
	infer(t, c.list)
	return t
}

// datagram takes the IPv4 datagram out of a frame; nil if there is none.
func datagram(frame []byte, link layers.LinkType) []byte {
	const openBSDRaw, bsdRaw = 14, 12 // what DLT_RAW is there
	const inet = "\x02"               // the address family, everywhere
	behind := func(header, at int, want string) []byte {
		if len(frame) < header || string(frame[at:at+len(want)]) != want {
			return nil
		}
		return frame[header:]
	}
	const ethertype = "\x08\x00"
	switch link {
	case layers.LinkTypeEthernet:
		return behind(14, 12, ethertype)
	case layers.LinkTypeLinuxSLL:
		return behind(16, 14, ethertype)
	case layers.LinkTypeLinuxSLL2:
		return behind(20, 0, ethertype)
	case layers.LinkTypeNull, layers.LinkTypeLoop: // in the order of the host that wrote it, or of the net
		if b := behind(4, 0, inet+"\x00\x00\x00"); b != nil {
			return b
		}
		return behind(4, 0, "\x00\x00\x00"+inet)
	case layers.LinkTypeRaw, layers.LinkTypeIPv4, bsdRaw, openBSDRaw:
		return frame
	default:
		return nil
	}
}

// decode reads a datagram of TCP. A capture may hold only its beginning: then the octets
// that are there are the segment's, and its length is what the IPv4 header says.
// Checksums are not judged: where hardware fills them in, or nothing does on loopback,
// the capture has others.
func decode(b []byte) (s segment, src, dst netip.AddrPort, cut bool, err error) {
	whole := b
	if len(b) >= 4 {
		if total := int(b[2])<<8 | int(b[3]); total > len(b) {
			whole, cut = append(bytes.Clone(b), make([]byte, total-len(b))...), true
		}
	}
	ip, octets, err := wire.DecodeIPv4(whole)
	if err != nil && !errors.Is(err, wire.ErrChecksum) {
		return s, src, dst, cut, err
	}
	h, seg, err := wire.Decode(octets, ip.Src, ip.Dst)
	if err != nil && !errors.Is(err, wire.ErrChecksum) {
		return s, src, dst, cut, err
	}
	head := 4 * int(b[0]&0xf)
	text := head + 4*int(h.DataOffset)
	if len(b) < text {
		return s, src, dst, cut, fmt.Errorf("capture: %d octets of %d, want at least the %d of both headers", len(b), len(whole), text)
	}
	s = segment{
		label: seg.String(), ctl: seg.CTL, seq: seg.SEQ, end: seg.SEQ + seg.LEN(), ack: seg.ACK, wnd: uint32(seg.WND),
		ip: bytes.Clone(b[:head]), wire: bytes.Clone(b[head:min(len(b), head+len(octets))]),
	}
	s.fields = wire.Fields(s.wire)
	if cut {
		s.fields = uncut(s.fields, len(seg.Text))
	}
	s.shift = shift(s.fields)
	return s, netip.AddrPortFrom(ip.Src, h.SrcPort), netip.AddrPortFrom(ip.Dst, h.DstPort), cut, nil
}

// uncut gives the text of a cut segment the length that it had; dots stand for the rest.
func uncut(fields []handshake.Field, octets int) []handshake.Field {
	text := handshake.Field{Group: "data", Name: "data"}
	if last := len(fields) - 1; fields[last].Group == "data" {
		text, fields = fields[last], fields[:last]
	}
	text.Len, text.Value = 8*octets, strings.TrimSuffix(text.Value, "...")+"..."
	return append(fields, text)
}
