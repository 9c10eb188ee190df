package replay_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/handshaketest"
	"sockscope/handshake/model"
	"sockscope/handshake/replay"
	"sockscope/handshake/wire"
)

// A person plays something, goes back, chooses otherwise, plays on, and saves.
const lesson = `-- setup --
peer a 127.0.0.1:49152 iss=100
peer b 127.0.0.1:7147 iss=300
-- script --
b socket
b bind :7147
b listen 8
a socket
begin
ask: a connect b
arrive b <CTL=SYN>
send: wait 20ms
arrive a <CTL=SYN,ACK>
arrive b <CTL=ACK>
b accept
talk: a send "two  blanks"
arrive b <CTL=PSH,ACK>
-- en --
title: Begins in the midst
ask: The client picks {a.ISS}.
send: Time passes.
talk: Text.
`

func record(t *testing.T) []byte {
	t.Helper()
	s, err := handshake.Parse("lesson", "lesson.txtar", []byte(lesson))
	require.NoError(t, err)
	timeline, err := handshake.NewTimeline(t.Context(), model.Engine{Wire: wire.InMemory}, s)
	require.NoError(t, err)
	for timeline.Len() < 4 {
		require.NoError(t, timeline.Next(t.Context()))
	}
	timeline.Back()
	timeline.Back() // to where the SYN is in flight
	at := slices.IndexFunc(timeline.Choices(), func(c handshake.Choice) bool { return c.Verb == handshake.Drop })
	require.NotEqual(t, -1, at)
	require.NoError(t, timeline.Do(t.Context(), timeline.Choices()[at]))
	return save(t, handshaketest.ToTheEnd(t, timeline))
}

func save(t *testing.T, trace *handshake.Trace) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, trace.WriteJSON(&b))
	return b.Bytes()
}

func open(t *testing.T, saved []byte) *handshake.Timeline {
	t.Helper()
	recording, err := replay.Open(bytes.NewReader(saved))
	require.NoError(t, err)
	timeline, err := handshake.NewTimeline(t.Context(), recording, nil)
	require.NoError(t, err)
	return timeline
}

func TestASavedTraceThatIsSteppedAndSavedAgainIsTheSame(t *testing.T) {
	saved := record(t)
	require.Contains(t, string(saved), `"choice":"drop b 1`)
	require.Contains(t, string(saved), `"note":"talk"`)
	timeline := open(t, saved)
	require.Zero(t, timeline.N(), "it opens before its first step")
	require.Empty(t, timeline.Trace().Steps, "the future is hidden until it is stepped to")
	require.Equal(t, "LISTEN", timeline.Trace().Peers[1].State, "what was played before begin")
	require.Equal(t, string(saved), string(save(t, handshaketest.ToTheEnd(t, timeline))))
}

func TestARecordingGoesBackAndForwardAndNoOtherWay(t *testing.T) {
	saved := record(t)
	timeline := open(t, saved)
	handshaketest.ToTheEnd(t, timeline)
	last := timeline.N()
	for timeline.Back() {
	}
	require.Zero(t, timeline.N())
	err := timeline.Do(t.Context(), handshake.Choice{Verb: handshake.Call, Peer: "b", What: "close", Args: ""})
	require.ErrorContains(t, err, "a recorded trace goes only as it went")
	require.Equal(t, string(saved), string(save(t, handshaketest.ToTheEnd(t, timeline))))
	require.Equal(t, last, timeline.N())
	require.Len(t, timeline.Futures(), 1)
	require.NoError(t, timeline.Close())
}

func TestTwoSessionsOfARecordingDoNotDisturbEachOther(t *testing.T) {
	saved := record(t)
	recording, err := replay.Open(bytes.NewReader(saved))
	require.NoError(t, err)
	for range 2 {
		timeline, err := handshake.NewTimeline(context.Background(), recording, nil)
		require.NoError(t, err)
		require.Equal(t, string(saved), string(save(t, handshaketest.ToTheEnd(t, timeline))))
	}
}

func TestWhatCannotBeSteppedIsRefusedWithItsPlace(t *testing.T) {
	const header = `{"schema":1,"scenario":"s","engine":"model","protocol":"tcp","peers":[{"name":"a","address":"","state":"CLOSED"},{"name":"b","address":"","state":"CLOSED"}]}` + "\n"
	for _, c := range []struct{ name, saved, want string }{
		{"nothing", "", "trace: empty, want a header line"},
		{"not JSON", "a ladder", "trace: line 1: not JSON"},
		{"another schema", strings.Replace(header, `"schema":1`, `"schema":9`, 1), "trace: line 1: schema 9, want 1"},
		{"a step that nothing caused", header + `{"n":1,"peer":"a","kind":"call","label":"x"}`, "trace: step 1: no choice, want the line that caused it"},
		{"a choice that is no line", header + `{"n":1,"peer":"a","kind":"call","label":"x","choice":"wait long"}`, `trace: step 1: choice: found wait "long", allowed: a length of time`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := replay.Open(strings.NewReader(c.saved))
			require.ErrorContains(t, err, c.want)
		})
	}
}

// A header alone is a trace that was saved before its first step.
func TestATraceWithoutStepsIsOver(t *testing.T) {
	saved := []byte(strings.SplitAfter(string(record(t)), "\n")[0])
	timeline := open(t, saved)
	require.ErrorIs(t, timeline.Next(t.Context()), handshake.ErrOver)
	require.Equal(t, string(saved), string(save(t, timeline.Trace())))
}

// Whatever is in the file: an error or a trace that can be stepped to its end.
func FuzzOpen(f *testing.F) {
	f.Add([]byte(`{"schema":1,"scenario":"s","engine":"model","protocol":"tcp","peers":[{"name":"a","address":"","state":"CLOSED"},{"name":"b","address":"","state":"CLOSED"}]}
{"n":1,"peer":"a","kind":"call","label":"socket() = 3","on":"3","after":"CLOSED","choice":"a socket","note":"x"}
{"n":2,"peer":"a","kind":"signal","label":"x"}`))
	f.Fuzz(func(t *testing.T, saved []byte) {
		recording, err := replay.Open(bytes.NewReader(saved))
		if err != nil {
			return
		}
		timeline, err := handshake.NewTimeline(t.Context(), recording, nil)
		require.NoError(t, err)
		for err == nil {
			err = timeline.Next(t.Context())
		}
		require.ErrorIs(t, err, handshake.ErrOver)
	})
}
