package viz

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"sockscope/handshake"
	"sockscope/handshake/wire"
	"sockscope/viz/words"
)

// ErrNoCapture is in the chain of what [PCAPNG] says of another protocol: no link type of a
// capture stands for messages between hosts of 1971.
var ErrNoCapture = errors.New("pcapng: the protocol has no captures, want tcp")

// PCAPNG writes the segments of a trace of TCP as a capture, one record for each
// departure and each duplicate, in raw IPv4 with nanoseconds. The trace's start is 1970.
// The comment of a record tells the step, both states, the rules of the departure and
// of what became of it. Duplicates share their packet's identity (epb_packetid).
func PCAPNG(w io.Writer, t *handshake.Trace, o Options) error {
	if t.Protocol != handshake.TCP {
		return fmt.Errorf("%w: %q", ErrNoCapture, t.Protocol)
	}
	name := "sockscope"
	file, err := pcapgo.NewNgWriterInterface(w,
		pcapgo.NgInterface{Name: name, Comment: comment(cmp.Or(t.Words[o.Lang]["title"], t.Scenario)), LinkType: layers.LinkTypeIPv4},
		pcapgo.NgWriterOptions{SectionInfo: pcapgo.NgSectionInfo{Application: name}})
	if err != nil {
		return err
	}
	ends, fates, datagrams := Ends(t, 0), segmentRows(t), map[int][]byte{}
	for i := range t.Steps {
		s := &t.Steps[i]
		if peer := PeerIndex(t, s.Peer); peer >= 0 {
			ends[peer].step(*s)
		}
		if s.Kind == handshake.KindDepart {
			if datagrams[s.Packet], err = datagram(t, s); err != nil {
				return err
			}
		}
		if s.Kind != handshake.KindDepart && s.Kind != handshake.KindDuplicate {
			continue
		}
		data, id := datagrams[s.Packet], uint64(s.Packet)
		info := gopacket.CaptureInfo{Timestamp: time.Unix(0, int64(s.At)), CaptureLength: len(data), Length: max(len(data), totalLength(data))}
		about := pcapgo.NgPacketOptions{Comments: []string{packetComment(t, s, fates[s.N], ends, o.Lang)}, PacketID: &id}
		if err := file.WritePacketWithOptions(info, data, about); err != nil {
			return err
		}
	}
	return file.Flush()
}

// segmentRows finds the row that shows how the way of a segment ended, by the step in
// which it began: of two rows, the arrival's.
func segmentRows(t *handshake.Trace) map[int]Row {
	rows := map[int]Row{}
	for _, r := range Ladder(t, len(t.Steps)) {
		if old := rows[r.First]; r.Segment && (r.Last != 0 || old.Last == 0) {
			rows[r.First] = r
		}
	}
	return rows
}

// datagram is a departing segment with its IPv4 header: the one that was seen, else one
// between the peers' addresses.
func datagram(t *handshake.Trace, s *handshake.Step) ([]byte, error) {
	if len(s.Wire) == 0 {
		return nil, fmt.Errorf("pcapng: step %d: no octets, want those of a TCP segment", s.N)
	}
	if len(s.IP) > 0 {
		return slices.Concat(s.IP, s.Wire), nil
	}
	to := destination(t, s)
	header := wire.IPv4{DF: true, TTL: 64}
	for i, addr := range []*netip.Addr{&header.Src, &header.Dst} {
		peer := t.Peers[[]int{1 - to, to}[i]]
		at, err := netip.ParseAddrPort(peer.Address)
		if err != nil {
			return nil, fmt.Errorf("pcapng: peer %s: address %q, want IPv4 and a port", peer.Name, peer.Address)
		}
		*addr = at.Addr()
	}
	return wire.AppendIPv4(nil, header, s.Wire)
}

// totalLength is what an IPv4 header says: a capture may have had less.
func totalLength(datagram []byte) int {
	if len(datagram) < 4 {
		return 0
	}
	return int(binary.BigEndian.Uint16(datagram[2:]))
}

// packetComment tells what the trace knows beside the octets.
func packetComment(t *handshake.Trace, s *handshake.Step, way Row, ends []End, lang string) string {
	say := words.For(lang)
	var standing [2]string
	for i := range standing {
		standing[i] = Name(ends[i].Peer.Name, lang) + " " + ends[i].State
	}
	lines := []string{say.Say("ui.pcapng.step", Fill("n", strconv.Itoa(s.N), "left", standing[0], "right", standing[1]))}
	rules := func(n int) {
		for i, sentence := range Narrate(t, n, lang).Sentences {
			y := t.Steps[n-1].Why[i]
			lines = append(lines, y.Rule+", "+y.Cite+": "+sentence)
		}
	}
	if onTheWire, here := sequenceNumbers(s); onTheWire != here {
		lines = append(lines, say.Say("ui.pcapng.called", Fill("wire", onTheWire, "called", here)))
	}
	rules(s.N)
	if way.Last == 0 {
		return comment(strings.Join(append(lines, say.Text("ui.pcapng.in-flight")), "\n"))
	}
	key := "ui.pcapng.arrives"
	if way.Lost {
		key = "ui.pcapng.lost"
	}
	lines = append(lines, say.Say(key, Fill("n", strconv.Itoa(way.Last))))
	rules(way.Last)
	return comment(strings.Join(lines, "\n"))
}

// sequenceNumbers are a departing segment's own number and what the trace calls it: of a
// kernel, which draws its first numbers itself, the trace's are shifted.
func sequenceNumbers(s *handshake.Step) (onTheWire, here string) {
	const at, end = 4, 8 // RFC 9293 3.1
	i := slices.IndexFunc(s.Vars, func(v handshake.Var) bool { return v.Name == "SEG.SEQ" })
	if i < 0 || len(s.Wire) < end {
		return "", ""
	}
	return strconv.FormatUint(uint64(binary.BigEndian.Uint32(s.Wire[at:end])), 10), s.Vars[i].Value
}

// comment cuts a text to what an option of pcapng has room for.
func comment(text string) string {
	const most = 1<<16 - 4
	return strings.ToValidUTF8(text[:min(len(text), most)], "")
}
