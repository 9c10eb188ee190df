package replay_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/handshaketest"
	"sockscope/handshake/replay"
	"sockscope/statemachine/tcp"
)

const captures = "testdata/captures"

// captured plays one connection of a capture to its end.
func captured(t *testing.T, name string, stream int) (*handshake.Trace, replay.Capture) {
	t.Helper()
	file, err := os.ReadFile(filepath.Join(captures, name+".pcap"))
	require.NoError(t, err)
	recording, found, err := replay.OpenCapture(bytes.NewReader(file), stream)
	require.NoError(t, err)
	timeline, err := handshake.NewTimeline(t.Context(), recording, nil)
	require.NoError(t, err)
	return handshaketest.ToTheEnd(t, timeline), found
}

// event is a line of the record that was made beside a capture: what was done with a
// segment at which millisecond, and the kernel's sockets after it.
type event struct {
	line   int
	Ev     string   `json:"ev"`
	K      string   `json:"k"`
	Seg    string   `json:"seg"`
	States []string `json:"states"`
	T      float64  `json:"t_ms"`
}

func events(t *testing.T, name string) []event {
	t.Helper()
	file, err := os.ReadFile(filepath.Join(captures, name+".jsonl"))
	require.NoError(t, err)
	var all []event
	for line := range bytes.Lines(file) {
		e := event{line: len(all) + 1}
		require.NoError(t, json.Unmarshal(line, &e))
		all = append(all, e)
	}
	return all
}

// kernelState is what the kernel says of the connection from one port to another. It
// lists no connection that is CLOSED or still in LISTEN.
func (e *event) kernelState(local, remote string) string {
	for _, s := range e.States {
		if rest, ok := strings.CutPrefix(s, local+">"+remote+" "); ok {
			state, _, _ := strings.Cut(rest, " ")
			return strings.Replace(state, "SYN-RECV", "SYN-RECEIVED", 1)
		}
	}
	return "none"
}

// packet is a captured segment as the record writes it.
type packet struct {
	step       *handshake.Step
	key        string // ports and control bits, as in the record
	left       int    // octets of its text that the record has not yet mentioned
	held, done bool
}

var written = regexp.MustCompile(`^(\d+>\d+) (\S*) ?\d+:\d+\((\d+)\)`)

// segment reads what a line of the record is about: its ports and control bits, and its
// octets. PSH is left out: of a segment that lo carried whole and the kernel took in
// parts, only the last has it.
func (e *event) segment(t *testing.T) (key string, octets int) {
	t.Helper()
	m := written.FindStringSubmatch(e.Seg)
	require.NotNil(t, m, e.Seg)
	octets, err := strconv.Atoi(m[3])
	require.NoError(t, err)
	bits := []byte(strings.ReplaceAll(m[2], "P", ""))
	slices.Sort(bits)
	return m[1] + " " + string(bits), octets
}

func port(address string) string { return address[strings.LastIndex(address, ":")+1:] }

func packets(t *testing.T, trace *handshake.Trace) []*packet {
	t.Helper()
	var all []*packet
	for i := range trace.Steps {
		s := &trace.Steps[i]
		if s.Kind != handshake.KindDepart {
			continue
		}
		ports := [2]string{port(trace.Peers[0].Address), port(trace.Peers[1].Address)}
		if s.Peer == trace.Peers[1].Name {
			slices.Reverse(ports[:])
		}
		segment, err := tcp.ParseSegment(s.Label)
		require.NoError(t, err)
		p := &packet{step: s, key: ports[0] + ">" + ports[1] + " ", left: len(segment.Text)}
		for _, bit := range []struct {
			is   tcp.CTL
			name string
		}{{tcp.ACK, "."}, {tcp.FIN, "F"}, {tcp.RST, "R"}, {tcp.SYN, "S"}} {
			if segment.CTL.Has(bit.is) {
				p.key += bit.name
			}
		}
		all = append(all, p)
	}
	return all
}

// find the captured packet that a line is about: the oldest of its kind that has left by
// then; one that is held, or that is longer, only if there is no other.
func find(all []*packet, key string, octets int, by time.Duration) *packet {
	var held, longer *packet
	for _, p := range all {
		switch {
		case p.done || p.key != key || p.step.At > by || p.left < octets:
		case p.left > octets && octets > 0:
			longer = cmp.Or(longer, p)
		case p.left > octets:
		case !p.held:
			return p
		default:
			held = cmp.Or(held, p)
		}
	}
	return cmp.Or(held, longer)
}

// after are the inferred states of both ends once a packet's way is over.
func after(trace *handshake.Trace, p *packet) [2]string {
	last := p.step.N
	for _, s := range trace.Steps[last:] {
		if s.Packet == p.step.Packet {
			last = s.N
		}
	}
	return states(trace, last)
}

func states(trace *handshake.Trace, n int) [2]string {
	now := [2]string{trace.Peers[0].State, trace.Peers[1].State}
	for _, s := range trace.Steps[:n] {
		for i := range now {
			if s.Peer == trace.Peers[i].Name {
				now[i] = s.After
			}
		}
	}
	return now
}

// agree reports whether an inferred state is the kernel's.
func agree(inferred, kernel string) bool {
	return inferred == kernel || kernel == "none" && (inferred == "CLOSED" || inferred == "LISTEN")
}

// disagreements compares each line of the record that delivers or drops a segment, and
// the last, with what is inferred: "file:line end kernel/inferred".
func disagreements(t *testing.T, name string, compared *int) []string {
	t.Helper()
	var all []string
	_, found := captured(t, name, 1)
	for stream := 1; stream <= found.Streams; stream++ {
		trace, _ := captured(t, name, stream)
		ports := [2]string{port(trace.Peers[0].Address), port(trace.Peers[1].Address)}
		record, sent, start := events(t, name), packets(t, trace), -1.0
		judge := func(e *event, now [2]string) {
			for i := range now {
				*compared++
				if kernel := e.kernelState(ports[i], ports[1-i]); !agree(now[i], kernel) {
					all = append(all, fmt.Sprintf("%s:%d %s %s/%s", name, e.line, ports[i], kernel, now[i]))
				}
			}
		}
		for i := range record {
			e := &record[i]
			if e.Ev == "states" && i == len(record)-1 {
				judge(e, states(trace, len(trace.Steps)))
			}
			if e.Seg == "" || e.Ev == "emit" || e.Ev == "inject" {
				continue
			}
			key, octets := e.segment(t)
			if !strings.HasPrefix(key, ports[0]+">"+ports[1]+" ") && !strings.HasPrefix(key, ports[1]+">"+ports[0]+" ") {
				continue
			}
			if start < 0 {
				start = e.T
			}
			p := find(sent, key, octets, time.Duration((e.T-start+5)*float64(time.Millisecond)))
			require.NotNil(t, p, "%s:%d: no packet for %s", name, e.line, e.Seg)
			if e.Ev == "hold" {
				p.held = true
				continue
			}
			p.left -= octets
			p.done = p.left == 0
			if e.Ev == "deliver" || e.Ev == "DROP" {
				judge(e, after(trace, p))
			}
		}
		if len(record) > 0 && strings.Contains(fmt.Sprint(record), "deliver") {
			for _, p := range sent {
				require.True(t, p.done || p.held, "%s: nothing in the record for step %d %s", name, p.step.N, p.step.Label)
			}
		}
	}
	return all
}

// known are the disagreements of capture and kernel, each with why an observer of the
// wire cannot know better.
var known = []struct{ why, line string }{
	{"connect gave up after its last SYN: a timeout sends nothing", "03-syn-blackhole:14 6001 none/SYN-SENT"},
	{
		"the experiment held this ACK until the SYN,ACK had been sent again: it looks lost, and the next ACK completes the handshake",
		"04-synack-lost-once:7 7001 ESTABLISHED/SYN-RECEIVED",
	},
	{
		"so does the SYN,ACK that was sent again meanwhile",
		"04-synack-lost-once:8 7001 ESTABLISHED/SYN-RECEIVED",
	},
	{"connect gave up: a timeout sends nothing", "05-synack-blackhole:31 6001 none/SYN-SENT"},
	{"the listener forgot the request: that sends nothing", "05-synack-blackhole:31 7001 none/SYN-RECEIVED"},
	{"the listener forgot the request: that sends nothing", "05b-synack-blackhole-one-syn:19 7001 none/SYN-RECEIVED"},
	{
		"the ACK was lost, and the text behind it completed the handshake: nothing tells that from an ACK that came",
		"06b-final-ack-lost-data:5 7001 SYN-RECEIVED/ESTABLISHED",
	},
	{
		"the experiment held the FIN, which is acknowledged later: nothing shows that it had not arrived yet",
		"21b-challenge-syn-all-states:10 7001 ESTABLISHED/CLOSE-WAIT",
	},
	{"the FIN is still held", "21b-challenge-syn-all-states:11 7001 ESTABLISHED/CLOSE-WAIT"},
	{
		"the RST was forged: it has the very number that the client's own would have, and the client is silent after it",
		"22-challenge-rst:21 6001 ESTABLISHED/CLOSED",
	},
	{"as above, at the end", "22-challenge-rst:23 6001 ESTABLISHED/CLOSED"},
	{"the sender gave up (TCP_USER_TIMEOUT): that sends nothing", "24-data-blackhole:17 6001 none/ESTABLISHED"},
	{
		"the experiment held this SYN until the connection had been made by its second copy: it looks lost, when it was sent",
		"30-fig8-old-dup-syn:19 6001 ESTABLISHED/SYN-SENT",
	},
	{"likewise, its other end", "30-fig8-old-dup-syn:19 7001 ESTABLISHED/LISTEN"},
	{"the SYN was forged: no socket sent it, and the answer refuses it", "36-closed-port-segments:2 6001 none/SYN-SENT"},
	{"the RST was lost: nothing acknowledges a RST", "38-keepalive:15 7001 ESTABLISHED/CLOSED"},
	{"as above, at the end", "38-keepalive:17 7001 ESTABLISHED/CLOSED"},
	{"the client was forged, one segment after the other: no socket is there", "40-syn-with-data:3 6001 none/SYN-SENT"},
	{"the forged text acknowledges the SYN,ACK, so it looks as if that had arrived", "40-syn-with-data:4 6001 none/ESTABLISHED"},
	{"as above, still", "40-syn-with-data:6 6001 none/ESTABLISHED"},
	{"as above, still", "40-syn-with-data:7 6001 none/ESTABLISHED"},
	{"as above, at the end", "40-syn-with-data:10 6001 none/ESTABLISHED"},
}

// unopened are the captures that hold no connection of two ends.
var unopened = map[string]string{
	"08-self-connect":        "capture: 7 packets, link type 1: no TCP over IPv4 found", // one socket, connected to itself
	"51-connect-on-listener": "capture: 0 packets",                                      // no call of it sends anything
}

func captureNames(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(captures + "/*.pcap")
	require.NoError(t, err)
	require.Len(t, files, 39)
	var all []string
	for _, file := range files {
		all = append(all, strings.TrimSuffix(filepath.Base(file), ".pcap"))
	}
	return all
}

func TestInferredStatesAreTheKernelsExceptWhereTheWireDoesNotShowThem(t *testing.T) {
	var want []string
	for _, k := range known {
		require.NotEmpty(t, k.why)
		want = append(want, k.line)
	}
	var got []string
	compared := 0
	for _, name := range captureNames(t) {
		if unopened[name] == "" {
			got = append(got, disagreements(t, name, &compared)...)
		}
	}
	require.Equal(t, want, got)
	require.Equal(t, 994, compared)
}

func TestACaptureWithoutAConnectionOfTwoEndsSaysSo(t *testing.T) {
	for name, want := range unopened {
		file, err := os.ReadFile(filepath.Join(captures, name+".pcap"))
		require.NoError(t, err)
		_, _, err = replay.OpenCapture(bytes.NewReader(file), 1)
		require.ErrorContains(t, err, want)
	}
}
