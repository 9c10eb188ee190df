package kernel

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/handshaketest"
)

const peers = `-- setup --
peer client 127.0.0.1:49152 iss=100
peer server 127.0.0.1:7147  iss=300
`

const opened = peers + `-- script --
server socket
server bind :7147
server listen 8
server accept
client socket
client connect server
arrive server <CTL=SYN>
arrive client <CTL=SYN,ACK>
arrive server <CTL=ACK>
return client
return server
`

func begin(tb testing.TB, e Engine, text string) *handshake.Timeline {
	tb.Helper()
	s, err := handshake.Parse("test", "test.txtar", []byte(text))
	require.NoError(tb, err)
	t, err := handshake.NewTimeline(tb.Context(), e, s)
	privilege(tb, err)
	tb.Cleanup(func() { require.NoError(tb, t.Close()) })
	return t
}

// story is what a trace tells without its times: each step's peer, label and state.
func story(t *handshake.Trace) []string {
	var lines []string
	for _, s := range t.Steps {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", s.Peer, s.Kind, s.Label, s.After)))
	}
	return lines
}

func TestTheKernelShakesHandsAsTheRFCSays(t *testing.T) {
	timeline := begin(t, Engine{}, opened)
	trace := handshaketest.ToTheEnd(t, timeline)
	require.Contains(t, trace.Host, "Linux ")
	require.Equal(t, []string{
		"server call socket() = 3 CLOSED",
		"server call bind(3, :7147) = 0 CLOSED",
		"server call listen(3, 8) = 0 LISTEN",
		"server call accept(3) LISTEN",
		"client call socket() = 3 CLOSED",
		"client call connect(3, 127.0.0.1:7147) SYN-SENT",
		"client depart <SEQ=100><CTL=SYN> SYN-SENT",
		"server arrive <SEQ=100><CTL=SYN> SYN-RECEIVED",
		"server depart <SEQ=300><ACK=101><CTL=SYN,ACK> SYN-RECEIVED",
		"client arrive <SEQ=300><ACK=101><CTL=SYN,ACK> ESTABLISHED",
		"client depart <SEQ=101><ACK=301><CTL=ACK> ESTABLISHED",
		"server arrive <SEQ=101><ACK=301><CTL=ACK> ESTABLISHED",
		"server note accept queue 1 of 8 LISTEN",
		"client return connect(3) = 0 ESTABLISHED",
		"server return accept(3) = 4 ESTABLISHED",
		"server note accept queue 0 of 8 LISTEN",
	}, story(trace))
	for _, s := range trace.Steps {
		if s.Before != s.After {
			require.NotEmpty(t, s.Why, s.Label)
			require.True(t, strings.HasPrefix(s.Why[0].Cite, "RFC "), "%s: %v", s.Label, s.Why)
		}
		for _, y := range s.Why {
			require.NotEqual(t, "kernel-otherwise", y.Rule, s.Label)
		}
	}
}

func TestADroppedSYNACKIsRepeatedByBothEnds(t *testing.T) {
	timeline := begin(t, Engine{}, strings.Replace(opened, "arrive client <CTL=SYN,ACK>", `drop client <CTL=SYN,ACK>
timeout client retransmission
timeout server retransmission
arrive server <CTL=SYN>
arrive client <CTL=SYN,ACK>`, 1))
	told := strings.Join(story(handshaketest.ToTheEnd(t, timeline)), "\n")
	require.Contains(t, told, "client timeout retransmission SYN-SENT\nserver timeout retransmission SYN-RECEIVED\n")
	require.Equal(t, 2, strings.Count(told, "client depart <SEQ=100><CTL=SYN> SYN-SENT"))
	require.Equal(t, 3, strings.Count(told, "server depart <SEQ=300><ACK=101><CTL=SYN,ACK>"), "one was lost, one is the timer's, one answers the second SYN")
	require.Contains(t, told, "server return accept(3) = 4 ESTABLISHED")
}

// The kernel's clock does not stop while a person holds its SYN.
func TestWhatIsRepeatedWhileItIsHeldIsOneLineWithACount(t *testing.T) {
	timeline := begin(t, Engine{}, peers+`-- script --
client socket
client connect server
depart client <CTL=SYN>
wait 1200ms
arrive server <CTL=SYN>
arrive client <CTL=RST,ACK>
return client
`)
	told := strings.Join(story(handshaketest.ToTheEnd(t, timeline)), "\n")
	require.Contains(t, told, "server arrive <SEQ=100><CTL=SYN> CLOSED\nclient note <SEQ=100><CTL=SYN> sent again, 1 in all SYN-SENT")
	require.Contains(t, told, "client return connect(3) = -1 ECONNREFUSED CLOSED")
	require.Equal(t, 1, strings.Count(told, "client depart"))
}

func TestAWaitThatIsGivenUpLeavesTheWorldAsItWas(t *testing.T) {
	timeline := begin(t, Engine{}, opened)
	handshaketest.ToTheEnd(t, timeline)
	n := timeline.Len()
	soon, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, timeline.Wait(soon), context.DeadlineExceeded)
	require.Equal(t, n, timeline.Len())
	require.ErrorIs(t, timeline.Next(t.Context()), handshake.ErrOver)
}

func TestAnotherFutureIsPlayedByAnotherChild(t *testing.T) {
	timeline := begin(t, Engine{}, opened)
	handshaketest.ToTheEnd(t, timeline)
	timeline.Seek(7) // the SYN is in flight
	at := slices.IndexFunc(timeline.Choices(), func(c handshake.Choice) bool { return c.Verb == handshake.Drop })
	require.NotEqual(t, -1, at)
	require.NoError(t, timeline.Do(t.Context(), timeline.Choices()[at]))
	require.NoError(t, timeline.Wait(t.Context()))
	told := story(timeline.Trace())
	require.Equal(t, "client timeout retransmission SYN-SENT", told[len(told)-1])
	require.Len(t, timeline.Futures(), 2)
}

func TestAKilledChildIsSaidAndLeavesNothing(t *testing.T) {
	timeline := begin(t, Engine{}, opened)
	for range 8 {
		require.NoError(t, timeline.Next(t.Context()))
	}
	child := timeline.Session().(*session).child.cmd.Process
	require.NoError(t, child.Kill())
	err := errors.New("none yet")
	for range 20 {
		if err = timeline.Next(t.Context()); err != nil {
			break
		}
	}
	require.ErrorContains(t, err, "the child process has ended: signal: killed")
	require.ErrorIs(t, syscall.Kill(child.Pid, 0), syscall.ESRCH)
}

func TestTheParentsDescriptorsAreThoseBefore(t *testing.T) {
	count := func() int {
		open, err := os.ReadDir("/proc/self/fd")
		require.NoError(t, err)
		return len(open)
	}
	before := count()
	for range 3 {
		s, err := handshake.Parse("test", "test.txtar", []byte(opened))
		require.NoError(t, err)
		timeline, err := handshake.NewTimeline(t.Context(), Engine{}, s)
		privilege(t, err)
		handshaketest.ToTheEnd(t, timeline)
		require.NoError(t, timeline.Close())
	}
	require.LessOrEqual(t, count(), before+1) // the runtime's own epoll
}

func TestWithoutNamespacesTheCallsAreRealAllTheSame(t *testing.T) {
	s, err := handshake.Parse("test", "test.txtar", []byte(strings.ReplaceAll(opened, "7147", "17147")+"client close\nserver recv\nserver close\n"))
	require.NoError(t, err)
	timeline, err := handshake.NewTimeline(t.Context(), Engine{Bare: true}, OnlyCalls(s))
	require.NoError(t, err)
	defer timeline.Close()
	told := strings.Join(story(handshaketest.ToTheEnd(t, timeline)), "\n")
	require.Contains(t, told, "client return connect(3) = 0 ESTABLISHED")
	require.Contains(t, told, "server return accept(3) = 4 ESTABLISHED")
	require.Contains(t, told, "server call recv(4) = 0")
	require.Contains(t, timeline.Trace().Host, "calls only")
}

func TestAHundredLivesHaveSevenSegmentsEach(t *testing.T) {
	trace := handshaketest.ToTheEnd(t, begin(t, Engine{}, handshaketest.HundredLives()))
	departed := 0
	for _, s := range trace.Steps {
		if s.Kind == handshake.KindDepart {
			departed++
		}
	}
	require.Equal(t, 700, departed)
}

// The aim is 100 lives, unattended, in 2 s.
func BenchmarkAHundredLives(b *testing.B) {
	text := handshaketest.HundredLives()
	for b.Loop() {
		trace := handshaketest.ToTheEnd(b, begin(b, Engine{}, text))
		b.ReportMetric(float64(len(trace.Steps)), "steps/op")
	}
}

// The aim is 10 ms for a step, at the median: from the choice to its steps.
func BenchmarkStep(b *testing.B) {
	var took []time.Duration
	for b.Loop() {
		timeline := begin(b, Engine{}, opened)
		for {
			before := time.Now()
			if timeline.Next(b.Context()) != nil {
				break
			}
			took = append(took, time.Since(before))
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "us-median")
}

// What arrives first need not have left first: the second text waits behind the hole.
func TestHeldSegmentsCanOvertakeEachOther(t *testing.T) {
	timeline := begin(t, Engine{}, opened+`server recv
client setsockopt TCP_NODELAY 1
client send "a"
depart client <DATA=1>
client send "b"
depart client <DATA=1>
arrive server <SEQ=102>
arrive server <SEQ=101>
return server
`)
	told := strings.Join(story(handshaketest.ToTheEnd(t, timeline)), "\n")
	require.Contains(t, told, "server depart <SEQ=301><ACK=101><CTL=ACK> ESTABLISHED\nserver depart <SEQ=301><ACK=103><CTL=ACK> ESTABLISHED")
	require.Contains(t, told, `server return recv(4) = 2 "ab" ESTABLISHED`)
}

// A segment on the wire can become another, and so do its copies: the octets are the
// new ones, and the kernel takes them for what they say.
func TestASegmentBecomesAnotherAndSoDoItsCopies(t *testing.T) {
	timeline := begin(t, Engine{}, strings.Replace(opened, "arrive server <CTL=SYN>\n", `depart client <CTL=SYN>
duplicate server <CTL=SYN>
replace server <SEQ=70><CTL=SYN>
arrive server <SEQ=70>
arrive server <SEQ=70>
drop client <ACK=71>
drop client <ACK=71>
timeout client retransmission
`, 1))
	for range 18 {
		require.NoError(t, timeline.Next(t.Context()))
	}
	told := story(timeline.Trace())
	require.Contains(t, told, "wire note <SEQ=100><CTL=SYN> becomes <SEQ=70><CTL=SYN>")
	require.Contains(t, told, "server arrive <SEQ=70><CTL=SYN> SYN-RECEIVED")
	require.Contains(t, told, "server depart <SEQ=300><ACK=71><CTL=SYN,ACK> SYN-RECEIVED")
	arrived := 0
	for _, s := range timeline.Trace().Steps {
		if s.Kind == handshake.KindArrive && s.Label == "<SEQ=70><CTL=SYN>" {
			arrived++
			require.NotEmpty(t, s.Wire, "the octets differ from those that departed")
		}
	}
	require.Equal(t, 2, arrived)
}

// RFC 9293 3.10.1: once connect() has returned, the program has a connection.
func TestAConnectedSocketIsConnected(t *testing.T) {
	trace := handshaketest.ToTheEnd(t, begin(t, Engine{}, opened+"client connect server\n"))
	require.Contains(t, story(trace), "client call connect(3, 127.0.0.1:7147) = -1 EISCONN ESTABLISHED")
}

// What comes after a call has its answer, and before it returns, is told; what came before
// accept() is not.
func TestEachProgramIsToldWhatNoCallBrings(t *testing.T) {
	const script = `-- script --
server socket
server bind :7147
server listen 8
client socket
client connect server
arrive server <CTL=SYN>
arrive client <CTL=SYN,ACK>
arrive server <CTL=ACK>
inject client <SEQ=301><ACK=101><CTL=FIN,ACK>
arrive client <CTL=FIN,ACK>
return client
inject server <SEQ=101><ACK=301><CTL=FIN,ACK>
arrive server <CTL=FIN,ACK>
server accept
`
	told := story(handshaketest.ToTheEnd(t, begin(t, Engine{}, peers+"quickack\n"+script)))
	require.Contains(t, told, "client signal connection closing CLOSE-WAIT")
	require.NotContains(t, told, "server signal connection closing CLOSE-WAIT")
	require.Contains(t, told, "server call accept(3) = 4 CLOSE-WAIT", "it is about the connection")
}

// RFC 9293 3.8.6.3: an end need not delay its acknowledgments, not even that of a FIN.
func TestAQuickEndAcknowledgesAFINAtOnce(t *testing.T) {
	trace := handshaketest.ToTheEnd(t, begin(t, Engine{}, strings.Replace(opened, "-- script --", "quickack\n-- script --", 1)+"client close\narrive server <CTL=FIN,ACK>\n"))
	require.NotContains(t, story(trace), "server timeout delayed-ACK CLOSE-WAIT")
	require.Equal(t, "server depart <SEQ=301><ACK=102><CTL=ACK> CLOSE-WAIT", story(trace)[len(trace.Steps)-1])
}

// RFC 9293 3.4, RFC 5961 5: what the kernel does with text, with its acknowledgment and with
// one that is too old is what the RFC says, and so explained by it, wherever the numbers lie.
func TestTextAndItsAcknowledgmentsAreTheRFCs(t *testing.T) {
	text := strings.Replace(opened, "iss=100", "iss=4294967290", 1) + `client send "hello"
arrive server <DATA=5>
arrive client <ACK=0>
inject server <SEQ=0><ACK=3000000000><DATA=5><CTL=PSH,ACK>
arrive server <SEQ=0>
arrive client <ACK=0>
`
	rules := map[string]bool{}
	for _, s := range handshaketest.ToTheEnd(t, begin(t, Engine{}, text)).Steps {
		for _, y := range s.Why {
			require.False(t, strings.HasPrefix(y.Rule, "kernel-"), "%s: %s", s.Label, y.Rule)
			rules[y.Rule] = true
		}
	}
	for _, r := range []string{"send-text", "text", "ack-new", "ack-too-old", "ack-duplicate"} {
		require.True(t, rules[r], r)
	}
}
