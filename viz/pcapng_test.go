package viz_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/replay"
	"sockscope/viz"
)

// record is a packet of a capture as another program reads it.
type record struct {
	at      time.Duration
	data    []byte
	length  int
	id      uint64
	comment string
}

func capture(t *testing.T, trace *handshake.Trace, lang string) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, viz.PCAPNG(&b, trace, viz.Options{Lang: lang}))
	return b.Bytes()
}

func readBack(t *testing.T, file []byte) []record {
	t.Helper()
	r, err := pcapgo.NewNgReader(bytes.NewReader(file), pcapgo.NgReaderOptions{})
	require.NoError(t, err)
	require.Equal(t, layers.LinkTypeIPv4, r.LinkType())
	in, err := r.Interface(0)
	require.NoError(t, err)
	require.EqualValues(t, 9, in.TimestampResolution, "nanoseconds")
	var all []record
	for {
		data, info, about, err := r.ReadPacketDataWithOptions()
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		require.Len(t, about.Comments, 1)
		all = append(all, record{time.Duration(info.Timestamp.UnixNano()), data, info.Length, *about.PacketID, about.Comments[0]})
	}
}

func TestACaptureHasARecordForEachDepartureAndDuplicate(t *testing.T) {
	for _, name := range onModel(t) {
		trace := played(t, name)
		var want []handshake.Step
		for _, s := range trace.Steps {
			if s.Kind == handshake.KindDepart || s.Kind == handshake.KindDuplicate {
				want = append(want, s)
			}
		}
		got := readBack(t, capture(t, trace, "en"))
		require.Len(t, got, len(want), name)
		octets := map[uint64]string{}
		for i, r := range got {
			s := want[i]
			require.Equal(t, s.At, r.at, name)
			require.EqualValues(t, s.Packet, r.id, name)
			require.Len(t, r.data, r.length, name)
			require.True(t, strings.HasPrefix(r.comment, "step "+strconv.Itoa(s.N)+": "), "%s: %s", name, r.comment)
			if s.Kind == handshake.KindDuplicate {
				require.Equal(t, octets[r.id], string(r.data), "%s: a duplicate is the same packet", name)
				continue
			}
			require.Equal(t, string(s.Wire), string(r.data[20:]), name)
			octets[r.id] = string(r.data)
		}
	}
}

func TestACommentTellsStatesRulesAndTheEnd(t *testing.T) {
	file := readBack(t, capture(t, played(t, "syn-lost"), "en"))
	require.Regexp(t, `^step \d+: client SYN-SENT, server LISTEN\ndepart-syn, RFC 9293 3\.4\.1: The client sent .*\nlost in step \d+\nlost, .*$`, file[0].comment)
	require.Regexp(t, `\narrives in step \d+\nlisten-syn, RFC 9293 3\.10\.7\.2 third: .*`, file[1].comment)
	require.Equal(t, file[0].data, file[1].data, "sent again")
	require.NotEqual(t, file[0].id, file[1].id, "a packet of its own")
	require.Regexp(t, `^\d+단계: 클라이언트 SYN-SENT, 서버 LISTEN\n`, readBack(t, capture(t, played(t, "syn-lost"), "ko"))[0].comment)
}

func TestWhatIsInFlightWhenTheTraceEndsIsNotSaidToArrive(t *testing.T) {
	trace := played(t, "three-way")
	for i, s := range trace.Steps {
		if s.Kind == handshake.KindDepart {
			trace.Steps = trace.Steps[:i+1]
			break
		}
	}
	require.Contains(t, readBack(t, capture(t, trace, "en"))[0].comment, "\nnot seen to arrive")
}

// A kernel draws its first numbers itself; its trace counts as if the scenario had.
func TestShiftedNumbersAreToldApart(t *testing.T) {
	trace := played(t, "three-way")
	for _, r := range readBack(t, capture(t, trace, "en")) {
		require.NotContains(t, r.comment, "is called")
	}
	for i := range trace.Steps {
		if s := &trace.Steps[i]; s.Kind == handshake.KindDepart {
			s.Wire[7]++
		}
	}
	require.Contains(t, readBack(t, capture(t, trace, "en"))[0].comment, "\nsequence number 101 is called 100 here\n")
}

// The header that was seen is written, and a segment that was cut keeps its length.
func TestASeenHeaderIsKept(t *testing.T) {
	trace := played(t, "three-way")
	var s *handshake.Step
	for i := range trace.Steps {
		if s = &trace.Steps[i]; s.Kind == handshake.KindDepart {
			break
		}
	}
	s.IP = []byte("\x45\x10\x01\x00\x12\x34\x00\x00\x07\x06\x00\x00\x7f\x00\x00\x01\x7f\x00\x00\x01")
	first := readBack(t, capture(t, trace, "en"))[0]
	require.Equal(t, string(s.IP)+string(s.Wire), string(first.data))
	require.Equal(t, 0x100, first.length)
}

func TestWhatIsNoTCPHasNoCapture(t *testing.T) {
	for want, spoil := range map[string]func(*handshake.Trace){
		"want tcp": func(t *handshake.Trace) { t.Protocol = "ncp" },
		"no octets, want those of a TCP segment": func(t *handshake.Trace) {
			for i := range t.Steps {
				t.Steps[i].Wire = nil
			}
		},
		`address "host 70", want IPv4 and a port`: func(t *handshake.Trace) { t.Peers[0].Address = "host 70" },
		"want IPv4": func(t *handshake.Trace) { t.Peers[0].Address = "[::1]:7" },
	} {
		trace := played(t, "three-way")
		spoil(trace)
		require.ErrorContains(t, viz.PCAPNG(io.Discard, trace, viz.Options{}), want)
	}
}

// A comment longer than an option may be is cut between two characters.
func TestALongCommentIsCut(t *testing.T) {
	trace := played(t, "three-way")
	trace.Peers[0].Name = strings.Repeat("가", 40000)
	for i := range trace.Steps {
		if trace.Steps[i].Peer == "client" {
			trace.Steps[i].Peer = trace.Peers[0].Name
		}
	}
	for _, r := range readBack(t, capture(t, trace, "en")) {
		require.True(t, strings.HasSuffix(r.comment, "가"))
	}
}

// Written as a capture and opened again, a trace shows the same segments going the same
// way and arriving. Where it has several connections, a recording is one of them.
func TestACaptureOpenedAgainShowsTheSameLadder(t *testing.T) {
	several := map[string]int{"accept-queue": 3, "syn-queue": 2, "syn-cookies": 2}
	for _, name := range onModel(t) {
		trace := played(t, name)
		recording, found, err := replay.OpenCapture(bytes.NewReader(capture(t, trace, "en")), 1)
		require.NoError(t, err, name)
		require.Equal(t, replay.Capture{Stream: 1, Streams: max(1, several[name]), Packets: found.Packets}, found, name)
		if found.Streams > 1 {
			continue
		}
		timeline, err := handshake.NewTimeline(t.Context(), recording, nil)
		require.NoError(t, err, name)
		finish(t, timeline)
		require.Equal(t, sent(trace), sent(timeline.Trace()), name)
		requireSameEnd(t, name, trace, timeline.Trace())
	}
}

// requireSameEnd asks that the inferred states are those that were played, but for what
// sends nothing: the end of TIME-WAIT, and who listens without being asked; and but for a
// forged RST, which a capture takes for its sender's.
func requireSameEnd(t *testing.T, name string, played, inferred *handshake.Trace) {
	t.Helper()
	was, is := viz.Ends(played, len(played.Steps)), viz.Ends(inferred, len(inferred.Steps))
	if was[0].Peer.Address != is[0].Peer.Address {
		slices.Reverse(is)
	}
	for i := range was {
		switch {
		case was[i].State == "CLOSED" && is[i].State == "TIME-WAIT":
		case name == "keep-alive" && i == 1: // nobody sees that the RST was lost
			require.Equal(t, []string{"ESTABLISHED", "CLOSED"}, []string{was[i].State, is[i].State})
		case name == "time-wait-assassination" && i == 1: // the listener is not in the recording
			require.Equal(t, []string{"LISTEN", "CLOSED"}, []string{was[i].State, is[i].State})
		case name == "challenge-ack" && i == 0:
			require.Equal(t, []string{"ESTABLISHED", "CLOSED"}, []string{was[i].State, is[i].State})
		case name == "figure-11" && i == 0:
			require.Equal(t, []string{"LISTEN", "CLOSED"}, []string{was[i].State, is[i].State})
		default:
			require.Equal(t, was[i].State, is[i].State, "%s: %s", name, was[i].Peer.Name)
		}
	}
}

// sent are the departures and duplicates of a ladder, each with where it goes.
func sent(trace *handshake.Trace) []string {
	var all []string
	for _, r := range viz.Ladder(trace, len(trace.Steps)) {
		if r.Kind == handshake.KindDepart || r.Kind == handshake.KindDuplicate {
			all = append(all, trace.Peers[r.To].Address+" "+r.Label)
		}
	}
	return all
}

// What Wireshark thinks of it.
func TestTsharkReadsACapture(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal("no tshark: .ci/run installs it")
	} else if err != nil {
		t.Skip("no tshark: .ci/run installs it")
	}
	for _, name := range onModel(t) {
		file := capture(t, played(t, name), "ko")
		path := filepath.Join(t.TempDir(), "trace.pcapng")
		require.NoError(t, os.WriteFile(path, file, 0o666))
		run := exec.CommandContext(t.Context(), tshark, "-r", path, "-T", "json", "-e", "frame.protocols", "-e", "frame.packet_id",
			"-e", "frame.comment", "-e", "tcp.checksum.status", "-e", "ip.checksum.status", "-e", "_ws.malformed",
			"-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE")
		var stderr strings.Builder
		run.Stderr = &stderr
		out, err := run.Output()
		require.NoError(t, err, &stderr)
		var frames []struct {
			Source struct {
				Layers map[string][]string `json:"layers"`
			} `json:"_source"`
		}
		require.NoError(t, json.Unmarshal(out, &frames))
		want := readBack(t, file)
		require.Len(t, frames, len(want), name)
		for i, f := range frames {
			got := f.Source.Layers
			require.Regexp(t, `^ip:tcp`, got["frame.protocols"][0], name)
			require.Equal(t, []string{strconv.FormatUint(want[i].id, 10)}, got["frame.packet_id"], name)
			require.Equal(t, []string{want[i].comment}, got["frame.comment"], name)
			require.Equal(t, []string{"1"}, got["tcp.checksum.status"], "%s: good", name)
			require.Equal(t, []string{"1"}, got["ip.checksum.status"], "%s: good", name)
			require.Empty(t, got["_ws.malformed"], name)
		}
	}
}
