package handshake_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
)

func TestATraceReadBackIsTheSame(t *testing.T) {
	for _, name := range onModel(t) {
		tl := play(t, name)
		end(t, tl)
		written := text(t, tl)
		back, err := handshake.ReadJSON(strings.NewReader(written))
		require.NoError(t, err)
		require.Equal(t, tl.Trace().Steps, back.Steps)
		require.Equal(t, tl.Trace().Peers, back.Peers)
		var again bytes.Buffer
		require.NoError(t, back.WriteJSON(&again))
		require.Equal(t, written, again.String())
	}
}

func TestAWrongTraceSaysLineFoundAndWanted(t *testing.T) {
	header := `{"schema":1,"peers":[{"name":"a"},{"name":"b"}]}` + "\n"
	for text, want := range map[string]string{
		"":                                     "trace: empty, want a header line",
		"x":                                    "trace: line 1: not JSON",
		"[]":                                   "trace: line 1: found JSON's array, want one object",
		`{"schema":1,"peers":{}}`:              "field peers is JSON's object, want an array",
		`{"schema":1,"scenario":1}`:            "field scenario is JSON's number, want a string",
		`{"schema":1,"words":[]}`:              "field words is JSON's array, want an object",
		`{"schema":1,"scenario":"\u001b[31m"}`: "trace: line 1: character U+001B, want text without control characters",
		`{"schema":2}`:                         "trace: line 1: schema 2, want 1",
		`{"schema":"1"}`:                       "trace: line 1: field schema is JSON's string, want a whole number",
		`{"schema":1}`:                         "trace: line 1: 0 peers, want 2, or more of protocol ncp",
		`{"schema":1,"peers":[{"name":"a"},{"name":"a"}]}`:                      `peer "a", want a name of its own`,
		`{"schema":1,"peers":[{"name":"a"},{"name":"wire"}]}`:                   `peer "wire", want a name of its own`,
		`{"schema":1,"peers":[{"name":"a"},{"name":"b","cast":{"plugs":[1]}}]}`: `cast of b has 1 plugs, want 2`,
		header + `{"n":2}`:                                                "trace: line 2: step n 2, want 1",
		header + `{"n":1,"kind":"sing"}`:                                  `trace: line 2: kind "sing", want one of call, return`,
		header + `{"n":1,"kind":"call","peer":"c"}`:                       `trace: line 2: peer "c", want a peer of the header, or wire`,
		header + `{"n":1,"kind":"call","peer":"a","at_ns":-1}`:            `trace: line 2: at_ns -1, want 0 or later`,
		header + `{"n":1,"kind":"arrive","peer":"a","packet":4}`:          `trace: line 2: packet 4 in arrive, want one that has departed`,
		header + `{"n":1,"kind":"depart","peer":"a","wire":"0"}`:          `trace: line 2: wire: `,
		header + `{"n":1,"kind":"call","peer":"a","fields":[{"bit":-1}]}`: `bit -1, length 0, want none below 0`,
		header + `{"n":1,"kind":"call","peer":"wire"}`:                    `call at peer wire, want a peer of the header`,
		header + `{"n":true}`:                                             `trace: line 2: field n is JSON's bool, want a whole number`,
	} {
		_, err := handshake.ReadJSON(strings.NewReader(text))
		require.ErrorContains(t, err, want, text)
	}
}

func TestWhatANewerSockscopeAddedIsPassedOver(t *testing.T) {
	trace, err := handshake.ReadJSON(strings.NewReader(`{"schema":1,"mood":"good","peers":[{"name":"a"},{"name":"b"}]}

{"n":1,"kind":"note","peer":"wire","label":"x","colour":"red"}
`))
	require.NoError(t, err)
	require.Len(t, trace.Steps, 1)
}

func FuzzReadJSON(f *testing.F) {
	tl := play(f, "syn-lost")
	end(f, tl)
	f.Add([]byte(text(f, tl)))
	f.Add([]byte(`{"schema":1,"peers":[{"name":"a"},{"name":"b"}]}` + "\n" + `{"n":1,"kind":"call","peer":"a"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		trace, err := handshake.ReadJSON(bytes.NewReader(data))
		if err != nil {
			return
		}
		var once, twice bytes.Buffer
		require.NoError(t, trace.WriteJSON(&once))
		back, err := handshake.ReadJSON(bytes.NewReader(once.Bytes()))
		require.NoError(t, err)
		require.NoError(t, back.WriteJSON(&twice))
		require.Equal(t, once.String(), twice.String())
	})
}

func TestAFullDiskIsAnError(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("no /dev/full: %v", err)
	}
	defer func() { require.NoError(t, full.Close()) }()
	tl := play(t, "refused")
	end(t, tl)
	require.Error(t, tl.Trace().WriteJSON(full))
}
