package viz_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/arpanet"
	"sockscope/handshake/model"
	"sockscope/handshake/wire"
	"sockscope/viz"
	"sockscope/viz/words"
)

var ctx = context.Background()

// own is the engine of a scenario, in memory; nil if it needs a kernel.
func own(s *handshake.Scenario) handshake.Engine {
	switch s.Engine() {
	case model.Name:
		return model.Engine{Wire: wire.InMemory}
	case arpanet.Name:
		return arpanet.Engine{Wire: wire.InMemory}
	}
	return nil
}

// onModel names those of TCP that need no kernel.
func onModel(tb testing.TB) []string {
	tb.Helper()
	return slices.DeleteFunc(scenarios(tb), func(name string) bool {
		s, err := handshake.Load(name)
		require.NoError(tb, err)
		return s.Protocol != handshake.TCP
	})
}

// scenarios names those of the built-in ones that need no kernel.
func scenarios(tb testing.TB) []string {
	tb.Helper()
	return slices.DeleteFunc(handshake.Names(), func(name string) bool {
		s, err := handshake.Load(name)
		require.NoError(tb, err)
		return own(s) == nil
	})
}

// played runs a built-in scenario to its end.
func played(tb testing.TB, name string) *handshake.Trace {
	tb.Helper()
	s, err := handshake.Load(name)
	require.NoError(tb, err)
	tl := timeline(tb, s)
	finish(tb, tl)
	return tl.Trace()
}

func timeline(tb testing.TB, s *handshake.Scenario) *handshake.Timeline {
	tb.Helper()
	tl, err := handshake.NewTimeline(ctx, own(s), s)
	require.NoError(tb, err)
	return tl
}

func finish(tb testing.TB, tl *handshake.Timeline) {
	tb.Helper()
	for {
		if err := tl.Next(ctx); err != nil {
			require.ErrorIs(tb, err, handshake.ErrOver)
			return
		}
	}
}

func scripted(tb testing.TB, lines string) *handshake.Trace {
	tb.Helper()
	s, err := handshake.Parse("test", "test", []byte(
		"-- setup --\npeer client 127.0.0.1:49152 iss=100\npeer server 127.0.0.1:7147 iss=300\n-- script --\nserver socket\nserver listen 8\nserver accept\nclient socket\nclient connect server\n"+lines))
	require.NoError(tb, err)
	tl := timeline(tb, s)
	finish(tb, tl)
	return tl.Trace()
}

func text(tb testing.TB, trace *handshake.Trace, o viz.Options) string {
	tb.Helper()
	var b bytes.Buffer
	require.NoError(tb, viz.Text(&b, trace, o))
	return b.String()
}

// segments gives the rows of segments, as "number from>to label".
func segments(trace *handshake.Trace) []string {
	var all []string
	for _, r := range viz.Ladder(trace, len(trace.Steps)) {
		if !r.Segment {
			continue
		}
		s := r.Number()
		if r.Late {
			s += " ..."
		}
		s += " " + trace.Peers[r.From].Name + ">" + trace.Peers[r.To].Name + " " + r.Label
		all = append(all, s+" "+strings.Join(r.States[:], "/"))
	}
	return all
}

func TestASegmentKeepsItsRowUnlessAnotherBegins(t *testing.T) {
	require.Equal(t, []string{
		"5- a>b <SEQ=100><CTL=SYN> SYN-SENT/",
		"6-7 b>a <SEQ=300><CTL=SYN> SYN-RECEIVED/SYN-SENT",
		"5-8 ... a>b <SEQ=100><CTL=SYN> /SYN-RECEIVED",
		"9- a>b <SEQ=100><ACK=301><CTL=SYN,ACK> SYN-RECEIVED/",
		"10-11 b>a <SEQ=300><ACK=101><CTL=SYN,ACK> ESTABLISHED/SYN-RECEIVED",
		"9-12 ... a>b <SEQ=100><ACK=301><CTL=SYN,ACK> /ESTABLISHED",
	}, segments(played(t, "figure-7"))[:6], "as RFC 9293 figure 7 draws it")
}

func TestTheArrivalOfALostSegmentIsAnX(t *testing.T) {
	rows := segments(played(t, "syn-lost"))
	require.Equal(t, "7x8 client>server <SEQ=100><CTL=SYN> SYN-SENT/", rows[0])
	require.Contains(t, text(t, played(t, "syn-lost"), viz.Options{}), " 7x8    SYN-SENT      --> <SEQ=100><CTL=SYN>                  x\n")
}

func TestEachCopyOfADoubledSegmentHasARow(t *testing.T) {
	rows := segments(scripted(t, "depart client\nduplicate server\narrive server\ndrop server\n"))
	require.Equal(t, "6-8 ... client>server <SEQ=100><CTL=SYN> /SYN-RECEIVED", rows[2], "the copy's row had begun when the first arrived")
	require.Equal(t, "7x9 ... client>server <SEQ=100><CTL=SYN> /", rows[1])
}

func TestAnInjectedSegmentComesFromNowhere(t *testing.T) {
	rows := segments(scripted(t, "inject server <SEQ=90><CTL=SYN>\narrive server <SEQ=90>\n"))
	require.Equal(t, "6-7 ... client>server <SEQ=90><CTL=SYN> /SYN-RECEIVED", rows[0])
}

func TestTheLadderOfAFewStepsIsTheBeginningOfTheWhole(t *testing.T) {
	trace := played(t, "three-way")
	whole := viz.Ladder(trace, len(trace.Steps))
	for n := range len(trace.Steps) {
		rows := viz.Ladder(trace, n)
		require.LessOrEqual(t, len(rows), len(whole))
		for i, r := range rows {
			require.Equal(t, whole[i].First, r.First)
		}
	}
}

func TestEndsSayWhereEachPeerStands(t *testing.T) {
	trace := played(t, "three-way")
	nine := viz.Ends(trace, 9)
	client, server := nine[0], nine[1]
	require.Equal(t, "SYN-SENT", client.State)
	require.Equal(t, "connect(3, 127.0.0.1:7147)", client.Call)
	require.Equal(t, 6, client.Since)
	require.Equal(t, "SYN-RECEIVED", server.State)
	require.Equal(t, "LISTEN", server.Conn("3").State, "the listener goes on listening")
	child := server.Conn("3.1")
	require.Empty(t, child.Descriptor, "no descriptor until accept()")
	nxt, ok := child.Var("SND.NXT")
	require.True(t, ok)
	require.Equal(t, handshake.Var{Name: "SND.NXT", Value: "301", Unit: "seq"}, nxt)
	_, known := client.Conn("3").Var("RCV.NXT")
	require.False(t, known, "the client knows nothing of the server's number yet")

	fourteen := viz.Ends(trace, 14)[1]
	require.Equal(t, "4", fourteen.Conn("3.1").Descriptor)
	require.Empty(t, fourteen.Call)
	_, runs := fourteen.Conn("3.1").Var("retransmission timer")
	require.False(t, runs, "a timer that is off has no value")

	done := viz.Ends(trace, len(trace.Steps))
	require.Equal(t, "CLOSED", done[0].State)
	require.Nil(t, done[1].Conn("4"))
}

func TestEndsOfATraceWithABeginStartWhereItDoes(t *testing.T) {
	ends := viz.Ends(played(t, "figure-12"), 0)
	require.Equal(t, "ESTABLISHED", ends[0].State)
	v, ok := ends[0].Conn(ends[0].On).Var("SND.NXT")
	require.True(t, ok)
	require.Equal(t, "100", v.Value)
}

func TestARebootForgetsEveryConnection(t *testing.T) {
	trace := played(t, "figure-9")
	require.Equal(t, "reboot()", trace.Steps[0].Label)
	end := viz.Ends(trace, 1)[0]
	require.Empty(t, end.Conns)
	require.Equal(t, "CLOSED", end.State)
}

func TestTextIsTheRFCsOwnLadder(t *testing.T) {
	got := strings.Split(text(t, played(t, "three-way"), viz.Options{Lang: "en"}), "\n")
	require.Equal(t, "        CLIENT 127.0.0.1:49152                                     SERVER 127.0.0.1:7147", got[0])
	require.Equal(t, " 1      CLOSED                                                     socket() = 3", got[1])
	require.Equal(t, " 6      connect(3, 127.0.0.1:7147) waits", got[6])
	require.Equal(t, " 7-8    SYN-SENT      --> <SEQ=100><CTL=SYN>                  -->  SYN-RECEIVED", got[7])
	require.Equal(t, " 9-10   ESTABLISHED   <-- <SEQ=300><ACK=101><CTL=SYN,ACK>     <--  SYN-RECEIVED", got[8])
	require.Equal(t, " 11-13  ESTABLISHED   --> <SEQ=101><ACK=301><CTL=ACK>         -->  ESTABLISHED", got[9])
	require.Contains(t, got, "-- 240.000 s --")
}

// A timer, a signal and a call that waits are told in the reader's language; labels of
// segments and calls are the trace's own.
func TestTheLadderSpeaksBothLanguages(t *testing.T) {
	for name, lines := range map[string][2]string{
		"three-way": {" 41     time-wait timeout: CLOSED", " 41     TIME-WAIT 타이머 만료: CLOSED"},
		"syn-lost":  {" 9      retransmission timeout", " 9      재전송 타이머 만료"},
		"figure-10": {" 7" + strings.Repeat(" ", 65) + "connection reset", " 7" + strings.Repeat(" ", 65) + "연결이 리셋되었다"},
	} {
		trace := played(t, name)
		for i, lang := range words.Langs() {
			require.Contains(t, strings.Split(text(t, trace, viz.Options{Lang: lang}), "\n"), lines[i])
		}
	}
}

func TestWhyFollowsEachLine(t *testing.T) {
	got := text(t, played(t, "three-way"), viz.Options{Lang: "en", Why: true})
	require.Contains(t, got, "listen-syn")
	require.Contains(t, got, "RFC 9293 3.10.7.2 third")
}

func BenchmarkText(b *testing.B) {
	trace := played(b, "three-way")
	for b.Loop() {
		if err := viz.Text(&bytes.Buffer{}, trace, viz.Options{Lang: "en"}); err != nil {
			b.Fatal(err)
		}
	}
}

func TestAClockThatDoesNotStopIsToldOnlyWhereItMattersToAReader(t *testing.T) {
	trace := &handshake.Trace{Host: "Linux 6.18", Peers: []handshake.Peer{{Name: "client"}, {Name: "server"}}}
	for i, at := range []time.Duration{9 * time.Microsecond, 10 * time.Millisecond, 20 * time.Millisecond, time.Second} {
		trace.Steps = append(trace.Steps, handshake.Step{N: i + 1, At: at, Peer: "client", Kind: handshake.KindCall, Label: "socket() = 3"})
	}
	moved := func() (all []bool) {
		for _, r := range viz.Ladder(trace, len(trace.Steps)) {
			all = append(all, r.Moved)
		}
		return all
	}
	require.Equal(t, []bool{false, false, true, true}, moved())
	trace.Host = ""
	require.Equal(t, []bool{false, true, true, true}, moved(), "a simulated clock stands still between steps; 9 microseconds read 0.000")
}
