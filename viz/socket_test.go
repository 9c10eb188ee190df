package viz_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/handshaketest"
	"sockscope/rfc147"
	"sockscope/viz"
	"sockscope/viz/words"
)

func written(t *testing.T, write func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, write(&b))
	return b.String()
}

func TestASocketIsTakenApart(t *testing.T) {
	for name, s := range map[string]rfc147.Socket{"logger": 0x0A000001, "range": 64, "unlisted": 0x01000502} {
		for _, lang := range words.Langs() {
			handshaketest.Golden(t, "socket-"+name+"-"+lang+".txt", written(t, func(w io.Writer) error { return viz.Socket(w, s, lang) }))
		}
	}
}

// The number of RFC 147, and one that was made by another rule: a TIP's port 1.
func TestASocketUnderEachProposal(t *testing.T) {
	for name, s := range map[string]rfc147.Socket{"logger": 0x0A000001, "tip": 65538} {
		for _, lang := range words.Langs() {
			text := written(t, func(w io.Writer) error { return viz.Structures(w, 10, s, lang) })
			for line := range strings.Lines(text) {
				require.LessOrEqual(t, viz.Width(strings.TrimSuffix(line, "\n")), 80, line)
			}
			handshaketest.Golden(t, "structures-"+name+"-"+lang+".txt", text)
		}
	}
	handshaketest.Golden(t, "structures.jsonl", written(t, func(w io.Writer) error { return viz.StructuresJSON(w, 10, 0x0A000001) }))
}

// RFC 147 p.2: a connection has one sending and one receiving socket.
func TestAPairIsJoinedOrNotAndWhy(t *testing.T) {
	pair := func(a, b rfc147.Socket, lang string) string {
		text := strings.TrimSpace(written(t, func(w io.Writer) error { return viz.Pair(w, a, b, lang) }))
		return text[strings.LastIndex(text, "\n")+1:]
	}
	const yes = "Yes: a connection can join them, from x'00000003' to x'00000002'."
	require.Equal(t, yes, pair(3, 2, "en"))
	require.Equal(t, yes, pair(2, 3, "en"))
	require.Contains(t, pair(1, 3, "en"), "No: both send.")
	require.Contains(t, pair(2, 4, "en"), "No: both receive.")
	require.Contains(t, pair(2, 4, "ko"), "둘 다 받는다")
}

func TestTheDirectoriesCiteAnRFCOnEveryLine(t *testing.T) {
	for _, lang := range words.Langs() {
		all := written(t, func(w io.Writer) error { return viz.Sockets(w, rfc147.Sockets(""), lang) }) +
			written(t, func(w io.Writer) error { return viz.Hosts(w, rfc147.Hosts(""), lang) })
		for line := range strings.Lines(all) {
			require.Regexp(t, ` RFC \d+\n$`, line)
			require.LessOrEqual(t, viz.Width(line), 80, line)
		}
		require.Equal(t, len(rfc147.Sockets(""))+len(rfc147.Hosts("")), strings.Count(all, "\n"))
		handshaketest.Golden(t, "host-10-"+lang+".txt", written(t, func(w io.Writer) error { return viz.Hosts(w, rfc147.Hosts("10"), lang) }))
		handshaketest.Golden(t, "sockets-19-"+lang+".txt", written(t, func(w io.Writer) error { return viz.Sockets(w, rfc147.Sockets("19"), lang) }))
	}
}

// Each entry is an object of its own, so that a program may read line by line.
func TestTheDirectoriesAsJSON(t *testing.T) {
	sockets, hosts := 0, 0
	for _, l := range rfc147.Sockets("") {
		sockets += len(l.Entries)
	}
	for _, l := range rfc147.Hosts("") {
		hosts += len(l.Entries)
	}
	for want, write := range map[int]func(io.Writer) error{
		sockets: func(w io.Writer) error { return viz.SocketsJSON(w, rfc147.Sockets("")) },
		hosts:   func(w io.Writer) error { return viz.HostsJSON(w, rfc147.Hosts("")) },
		1:       func(w io.Writer) error { return viz.SocketJSON(w, 0x0A000001) },
	} {
		lines := 0
		for line := range strings.Lines(written(t, write)) {
			var object map[string]any
			require.NoError(t, json.Unmarshal([]byte(line), &object))
			lines++
		}
		require.Equal(t, want, lines)
	}
	require.Equal(t, `{"sockets":[1,2],"joined":true}`+"\n", written(t, func(w io.Writer) error { return viz.PairJSON(w, 1, 2) }))
}

type full struct{}

var errFull = errors.New("full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestEveryWriterReportsAFullDisk(t *testing.T) {
	trace := played(t, "refused")
	s, err := handshake.Load("refused")
	require.NoError(t, err)
	for name, write := range map[string]func(io.Writer) error{
		"text":            func(w io.Writer) error { return viz.Text(w, trace, viz.Options{Lang: "en"}) },
		"plain":           func(w io.Writer) error { return viz.Plain(w, trace, "en") },
		"plain step":      func(w io.Writer) error { return viz.PlainStep(w, trace, 1, "en") },
		"json":            func(w io.Writer) error { return viz.JSON(w, trace, viz.Options{}) },
		"list":            func(w io.Writer) error { return viz.List(w, []*handshake.Scenario{s}, nil, "en") },
		"socket":          func(w io.Writer) error { return viz.Socket(w, 1, "en") },
		"pair":            func(w io.Writer) error { return viz.Pair(w, 1, 2, "en") },
		"hosts":           func(w io.Writer) error { return viz.Hosts(w, rfc147.Hosts("10"), "en") },
		"sockets":         func(w io.Writer) error { return viz.Sockets(w, rfc147.Sockets("1"), "en") },
		"structures":      func(w io.Writer) error { return viz.Structures(w, 1, 1, "en") },
		"socket json":     func(w io.Writer) error { return viz.SocketJSON(w, 1) },
		"structures json": func(w io.Writer) error { return viz.StructuresJSON(w, 1, 1) },
		"pair json":       func(w io.Writer) error { return viz.PairJSON(w, 1, 2) },
		"hosts json":      func(w io.Writer) error { return viz.HostsJSON(w, rfc147.Hosts("10")) },
		"sockets json":    func(w io.Writer) error { return viz.SocketsJSON(w, rfc147.Sockets("1")) },
	} {
		require.ErrorIs(t, write(full{}), errFull, name)
	}
}

// A scenario is listed with the engines that can play it.
func TestTheListNamesWhatEachScenarioIs(t *testing.T) {
	s := &handshake.Scenario{
		Name: "mine", Protocol: handshake.TCP, Figure: "RFC 9293 figure 6", Not: map[string]string{"kernel": "why"},
		Words: map[string]map[string]string{"en": {"title": "A title", "shows": "what it shows"}},
	}
	require.Equal(t, `mine                A title
                    what it shows
                    RFC 9293 figure 6; engines: model
`, written(t, func(w io.Writer) error {
		return viz.List(w, []*handshake.Scenario{s}, []string{"model", "kernel"}, "en")
	}))
}
