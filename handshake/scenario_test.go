package handshake_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
)

const small = `Words for the author.
-- setup --
peer client 127.0.0.1:49152 iss=100,200 profile=linux
peer server 127.0.0.1:7147 # no iss: the seed draws it
delay 10ms
seed 7
figure RFC 9293 figure 6
not model why
quickack
initcwnd 4
-- script --
  open: server listen 8   # the backlog

[model] ask:  client send "a # b"
        until server ESTABLISHED
        wait 1s
-- en --
title: A title
shows: a first line
  and a second
open: The server waits; it expects {server.RCV.NXT}.
why: It is too slow.
-- 1971 --
client host=1 home=1 user=5 plugs=0,1
source RFC 33
-- ladder --
as it is
`

func TestAScenarioFileIsReadWhole(t *testing.T) {
	s, err := handshake.Parse("small", "small.txtar", []byte(small))
	require.NoError(t, err)
	require.Equal(t, []uint32{100, 200}, s.Peers[0].ISS)
	require.Equal(t, handshake.Linux, s.Peers[0].Profile)
	require.Equal(t, "127.0.0.1:7147", s.Peers[1].Address)
	require.Empty(t, s.Peers[1].ISS)
	require.Equal(t, 10*time.Millisecond, s.Delay)
	require.EqualValues(t, 7, s.Seed)
	require.Equal(t, "RFC 9293 figure 6", s.Figure)
	require.True(t, s.Quick)
	require.EqualValues(t, 4, s.Window)
	require.Equal(t, map[string]string{"model": "why"}, s.Not)
	require.Len(t, s.Script, 4)
	require.Equal(t, "open", s.Script[0].Label)
	require.Equal(t, "8", s.Script[0].Choice.Args, "the comment is cut off")
	require.Equal(t, 12, s.Script[0].Number, "lines are counted from the file's first")
	require.Equal(t, "model", s.Script[1].Engine)
	require.Equal(t, `"a # b"`, s.Script[1].Choice.Args, "inside quotes # is no comment")
	require.Equal(t, "a first line and a second", s.Words["en"]["shows"])
	require.Equal(t, &handshake.Cast{Host: 1, Home: 1, User: 5, Plugs: []int{0, 1}}, s.Peers[0].Cast)
	require.Equal(t, "RFC 33", s.Source)
	require.Equal(t, "as it is\n", s.Ladder)
	require.Len(t, s.Program("kernel", "client"), 0, "a line for another engine is not in the program")
	require.Len(t, s.Program("model", "client"), 1)
}

// Only the numbers of its lines may be others.
func TestAScenarioIsWrittenAsItIsRead(t *testing.T) {
	s, err := handshake.Parse("small", "small.txtar", []byte(small))
	require.NoError(t, err)
	all := []*handshake.Scenario{s}
	for _, name := range handshake.Names() {
		s, err := handshake.Load(name)
		require.NoError(t, err)
		all = append(all, s)
	}
	for _, s := range all {
		read, err := handshake.Parse(s.Name, s.File, []byte(s.String()))
		require.NoError(t, err, s)
		require.Equal(t, s.String(), read.String())
		for i := range read.Script {
			read.Script[i].Number = s.Script[i].Number
		}
		require.Equal(t, s.Script, read.Script, s.Name)
		require.Equal(t, s.Words, read.Words, s.Name)
		require.Equal(t, s.Not, read.Not, s.Name)
		require.Equal(t, s.Quick, read.Quick, s.Name)
		require.Equal(t, s.Window, read.Window, s.Name)
		require.Equal(t, s.Ladder, read.Ladder, s.Name)
		require.Len(t, read.Sysctls, len(s.Sysctls), s.Name)
		for i, p := range read.Peers {
			p.Line = s.Peers[i].Line
			require.Equal(t, s.Peers[i], p, s.Name)
		}
	}
}

func TestALineIsPlayedByTheEnginesThatItNames(t *testing.T) {
	s, err := handshake.Parse("x", "x", []byte("-- setup --\npeer a 1\npeer b 2\n-- script --\n[model,mixed] a close\na recv\n"))
	require.NoError(t, err)
	require.Len(t, s.Program("model", "a"), 2)
	require.Len(t, s.Program("mixed", "a"), 2)
	require.Len(t, s.Program("kernel", "a"), 1)
}

func TestAMistakeNamesFileLineFoundAndAllowed(t *testing.T) {
	setup := "-- setup --\npeer a 1\npeer b 2\n"
	for text, want := range map[string]string{
		"":          `x:1: found no section setup, allowed: -- setup -- and -- script --`,
		"\x1b[31m":  `x:1: found character U+001B, allowed: text in UTF-8 without control characters`,
		"a\n\xff\n": `x:2: found octet 0xff, allowed: text in UTF-8`,
		setup + "-- script --\n[kernal] a listen 1\n":               `x:5: found [kernal], allowed: [model]`,
		setup + "-- script --\n[model,kernal] a listen 1\n":         `x:5: found [model,kernal], allowed: [model], [kernel], [mixed], [arpanet], or two of them, as in [model,kernel]`,
		setup + "-- script --\n[model,] a listen 1\n":               `x:5: found [model,], allowed: [model]`,
		setup + "-- script --\nl: a listen 1\nl: b listen 1\n":      `x:6: found label l twice, allowed: each label once`,
		setup + "-- script --\ntitle: a listen 1\n":                 `x:5: found label title twice, allowed: each label once, and none called title or shows`,
		setup + "-- script --\n-- en --\ntitle: {c.ISS}\n":          `x:6: found "{c.ISS", allowed: {PEER.VARIABLE}, such as {a.SND.NXT}`,
		setup + "-- script --\n-- en --\ntitle: {a.ISS\n":           `x:6: found "{a.ISS", allowed: {PEER.VARIABLE}`,
		setup + "not mars far\n-- script --\n":                      `x:4: found not mars, allowed: not, and one of model`,
		setup + "not model far\n-- script --\n-- en --\ntitle: x\n": `x:4: found no sentence far in en, allowed: far: why it cannot be played there`,
		"-- nosuch --\n":                                     `x:1: found section nosuch, allowed: setup, script, en, ko, 1971, ladder`,
		"-- setup --\n-- setup --\n":                         `x:2: found section setup twice, allowed: each section once`,
		"-- setup --\npeer a\n":                              `x:2: found "peer a", allowed: peer NAME ADDR [iss=N,N]`,
		"-- setup --\npeer a 1\npeer a 2\n":                  `x:3: found peer a twice, allowed: each peer once`,
		"-- setup --\npeer arrive 1\n":                       `x:2: found a peer called arrive, allowed: any name but`,
		"-- setup --\npeer a 1 iss=-1\n":                     `x:2: found iss=-1, allowed: 0 to 4294967295`,
		"-- setup --\npeer a 1 is=1\n":                       `x:2: found is=1, allowed: iss=N,N and profile=NAME, each once`,
		"-- setup --\npeer a 1 iss=1 iss=2\n":                `x:2: found iss=2, allowed: iss=N,N and profile=NAME, each once`,
		"-- setup --\npeer a 1 profile=bsd\n":                `x:2: found profile=bsd, allowed: profile=strict or profile=linux`,
		"-- setup --\npeer a 1 profile=\n":                   `x:2: found profile=, allowed: profile=strict or profile=linux`,
		"-- setup --\ndelay long\n":                          `x:2: found delay long, allowed: a length of time`,
		"-- setup --\ninitcwnd 11\n":                         `x:2: found initcwnd 11, allowed: 1 to 10 segments (RFC 6928 2)`,
		"-- setup --\ninitcwnd 0\n":                          `x:2: found initcwnd 0, allowed: 1 to 10 segments`,
		"-- setup --\nseed x\n":                              `x:2: found seed x, allowed: a whole number from 0 on`,
		"-- setup --\npeer a 1\npeer b 2\n":                  `found no section script, allowed: -- setup -- and -- script --`,
		"-- setup --\npeer a 1\n-- script --\n":              `found 1 peers, allowed: two or more`,
		setup + "-- script --\nc listen 1\n":                 `x:5: found "c", allowed: a, b, or depart`,
		setup + "-- script --\n[model a listen 1\n":          `x:5: found "[model a listen 1", allowed: [ENGINE] LINE`,
		setup + "-- script --\nbegin\nbegin\n":               `x:6: found begin twice, allowed: begin once`,
		setup + "-- script --\nwait x\n":                     `x:5: found wait "x", allowed: a length of time`,
		setup + "-- script --\n-- en --\nnokey: x\n":         `x:6: found key nokey in en, allowed: title, shows, and the labels of the script`,
		setup + "-- script --\n-- en --\ntitle: x\ntitle: y": `x:7: found key title twice, allowed: each key once`,
		setup + "-- script --\n-- en --\n  x\n":              `x:6: found "  x", allowed: key: sentence`,
		setup + "-- script --\n-- en --\nx\n":                `x:6: found "x", allowed: key: sentence`,
		setup + "-- script --\n-- 1971 --\nz host=1\n":       `x:6: found z, allowed: PEER host=N`,
		setup + "-- script --\n-- 1971 --\na host=256\n":     `x:6: found host=256, allowed: host=0 to host=255`,
		setup + "-- script --\n-- 1971 --\na plugs=0,128\n":  `x:6: found plug 128, allowed: 0 to 127`,
		setup + "-- script --\n-- 1971 --\na plugs=0\n":      `x:6: found 1 plugs, allowed: plugs=N,N`,
		setup + "-- script --\n-- 1971 --\na age=5\n":        `x:6: found age=5, allowed: PEER host=N`,
	} {
		_, err := handshake.Parse("x", "x", []byte(text))
		require.ErrorContains(t, err, want, text)
		var m *handshake.Mistake
		require.ErrorAs(t, err, &m)
	}
}

func TestAByteOrderMarkIsNoMistake(t *testing.T) {
	_, err := handshake.Parse("small", "small.txtar", []byte("\ufeff"+small))
	require.NoError(t, err)
}

func TestUsersOwnFilesWorkFromDisk(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.txtar")
	require.NoError(t, os.WriteFile(file, []byte(small), 0o600))
	s, err := handshake.Load(file)
	require.NoError(t, err)
	require.Equal(t, file, s.Name)
	_, err = handshake.Load("nosuch")
	require.ErrorIs(t, err, handshake.ErrNoScenario)
	require.ErrorContains(t, err, "three-way")
	_, err = handshake.Load(t.TempDir())
	require.Error(t, err, "a folder is not a scenario")
}

func TestTheDefaultComesFirstThenLessonsThenFiguresThen1971(t *testing.T) {
	names := handshake.Names()
	require.Equal(t, handshake.Default, names[0])
	require.Equal(t, []string{"figure-6", "figure-7", "figure-8", "figure-9", "figure-10", "figure-11", "figure-12", "figure-13"}, names[len(names)-16:len(names)-8])
	require.Equal(t, []string{"allocation", "dead-host", "gender", "icp", "icp-queued", "icp-refused", "ncp-reset", "telnet-1971"}, names[len(names)-8:])
	for _, name := range names {
		_, err := handshake.Load(name)
		require.NoError(t, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := handshake.Parse("x", "x", data)
		if err == nil {
			require.NotEmpty(t, s.Peers)
		}
	})
}
