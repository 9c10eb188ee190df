package model_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"sockscope/handshake"
	"sockscope/handshake/calls"
	"sockscope/handshake/model"
	"sockscope/handshake/wire"
)

var ctx = context.Background()

const peers = "-- setup --\npeer client 127.0.0.1:49152 iss=100\npeer server 127.0.0.1:7147 iss=300\n"

func scenario(t require.TestingT, text string) *handshake.Scenario {
	s, err := handshake.Parse("test", "test.txtar", []byte(text))
	require.NoError(t, err)
	return s
}

// session starts a scenario in memory.
func session(t require.TestingT, text string) handshake.Session {
	s, err := model.Engine{Wire: wire.InMemory}.Start(ctx, scenario(t, text))
	require.NoError(t, err)
	return s
}

// do makes the listed choices whose lines begin so, one after the other, and gives
// the steps of the last.
func do(t require.TestingT, s handshake.Session, lines ...string) []handshake.Step {
	var steps []handshake.Step
	for _, line := range lines {
		steps = nil
		for _, c := range s.Choices() {
			if strings.HasPrefix(c.String(), line) {
				var err error
				steps, err = s.Do(ctx, c)
				require.NoError(t, err)
				break
			}
		}
		require.NotEmptyf(t, steps, "no choice %q among %v", line, s.Choices())
	}
	return steps
}

func lines(s handshake.Session) []string {
	var all []string
	for _, c := range s.Choices() {
		all = append(all, c.String())
	}
	return all
}

const programs = peers + `-- script --
server socket
server bind :7147
server listen 8
server accept
server recv
server close
client socket
client connect server
client send "hello"
client close
`

// connected takes both ends to ESTABLISHED, with every call returned.
func connected(t require.TestingT) handshake.Session {
	s := session(t, programs)
	do(t, s, "server socket", "server bind", "server listen", "server accept", "client socket", "client connect",
		"depart client", "arrive server", "depart server", "arrive client", "depart client", "return client", "arrive server", "return server")
	return s
}

func TestChoicesComeInTheOrderOfAnUndisturbedWorld(t *testing.T) {
	s := session(t, programs)
	require.Equal(t, []string{"client socket", "server socket"}, lines(s), "each end has its own program")
	do(t, s, "server socket", "server bind", "server listen", "server accept", "client socket", "client connect")
	require.Equal(t, []string{"depart client <SEQ=100><CTL=SYN>", "timeout client retransmission"}, lines(s))
	do(t, s, "depart client", "arrive server", "depart server")
	const synack = "client 2 <SEQ=300><ACK=101><CTL=SYN,ACK>"
	require.Equal(t, []string{
		"arrive " + synack, "drop " + synack, "duplicate " + synack,
		"timeout client retransmission", "timeout server retransmission",
	}, lines(s), "four other things may happen at step 9")
	do(t, s, "arrive client")
	require.Equal(t, []string{"depart client <SEQ=101><ACK=301><CTL=ACK>", "return client connect"}, lines(s)[:2], "departures before returns")
}

func TestTheWireIsRealAndGivenBack(t *testing.T) {
	engine, err := model.Engine{}.Start(ctx, scenario(t, programs))
	require.NoError(t, err)
	s := engine.(*model.Session)
	require.Regexp(t, `^UDP 127\.0\.0\.1:\d+ <-> :\d+$`, s.Via())
	do(t, s, "client socket", "client connect", "depart client")
	require.NoError(t, s.Close())
	_, err = s.Do(ctx, handshake.Choice{Verb: handshake.Inject, Peer: "server", What: "<SEQ=1><CTL=SYN>"})
	require.Error(t, err, "a closed wire carries nothing")
}

// garbler turns one bit of every datagram that it is told to.
type garbler struct {
	wire.Loopback
	next bool
}

func (g *garbler) Carry(from int, b []byte) ([]byte, error) {
	if g.next {
		b = bytes.Clone(b)
		b[4] ^= 0x10 // in the sequence number
		g.next = false
	}
	return g.Loopback.Carry(from, b)
}

// MUST-3: what has a wrong checksum is dropped, and nobody is told.
func TestRFC9293_3_1_AGarbledDatagramIsRefusedByItsChecksum(t *testing.T) {
	loopback, err := wire.NewLoopback()
	require.NoError(t, err)
	g := &garbler{Loopback: *loopback}
	s, err := model.Engine{Wire: func() (wire.Line, error) { return g, nil }}.Start(ctx, scenario(t, programs))
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	do(t, s, "server socket", "server bind", "server listen", "client socket", "client connect")
	g.next = true
	left := do(t, s, "depart client")[0]
	got := do(t, s, "arrive server")[0]
	require.Equal(t, "checksum-refused", got.Why[0].Rule)
	require.Equal(t, "RFC 9293 3.1", got.Why[0].Cite)
	require.Equal(t, got.Before, got.After, "the machine never saw it")
	require.NotEqual(t, left.Wire, got.Wire)
	require.NotContains(t, strings.Join(lines(s), "\n"), "depart server", "and does not answer")
	require.Equal(t, "timeout client retransmission", lines(s)[len(lines(s))-1], "so the client will have to send it again")
	do(t, s, "timeout client retransmission", "depart client")
	require.Equal(t, "SYN-RECEIVED", do(t, s, "arrive server")[0].After)
}

func TestAWireThatFailsIsAnError(t *testing.T) {
	broken := errors.New("no datagram")
	s, err := model.Engine{Wire: func() (wire.Line, error) { return failing{broken}, nil }}.Start(ctx, scenario(t, programs))
	require.NoError(t, err)
	do(t, s, "client socket", "client connect")
	_, err = s.Do(ctx, s.Choices()[0])
	require.ErrorIs(t, err, broken)
	_, err = model.Engine{Wire: func() (wire.Line, error) { return nil, broken }}.Start(ctx, scenario(t, programs))
	require.ErrorIs(t, err, broken)
}

type failing struct{ err error }

func (f failing) Carry(int, []byte) ([]byte, error) { return nil, f.err }
func (f failing) Close() error                      { return nil }

func TestADoubledSegmentArrivesTwiceUnderOneIdentity(t *testing.T) {
	s := session(t, programs)
	do(t, s, "server socket", "server bind", "server listen", "server accept", "client socket", "client connect", "depart client")
	require.Equal(t, 1, do(t, s, "duplicate server")[0].Packet)
	do(t, s, "duplicate server")
	require.NotContains(t, lines(s), "duplicate server 1 <SEQ=100><CTL=SYN>", "there is a bound")
	require.Equal(t, "SYN-RECEIVED", do(t, s, "arrive server 1")[0].After)
	again := do(t, s, "arrive server 1")[0]
	require.Equal(t, 1, again.Packet)
	require.Equal(t, "old-segment", again.Why[0].Rule)
	require.Equal(t, handshake.KindDrop, do(t, s, "drop server 1")[0].Kind)
	require.NotContains(t, strings.Join(lines(s), " "), "server 1 ")
}

func TestSegmentsCanOvertakeEachOther(t *testing.T) {
	s := session(t, peers+"-- script --\nserver socket\nserver listen 8\nserver accept\nserver recv\nclient socket\nclient setsockopt TCP_NODELAY 1\nclient connect server\nclient send \"one\"\nclient send \"two\"\n")
	do(t, s, "server socket", "server listen", "server accept", "client socket", "client setsockopt", "client connect", "depart client", "arrive server",
		"depart server", "arrive client", "depart client", "return client", "arrive server", "return server", "server recv",
		"client send", "client send", "depart client", "depart client")
	require.Equal(t, "held", do(t, s, "arrive server 5")[0].Why[0].Rule, "it waits for what came before it")
	do(t, s, "arrive server 4")
	do(t, s, "depart server", "depart server")
	require.Equal(t, `recv(4) = 6 "onetwo"`, do(t, s, "return server")[0].Label)
}

func TestDelayMovesTheClockAndTimersComeFirst(t *testing.T) {
	s := session(t, "-- setup --\npeer client 127.0.0.1:49152 iss=100\npeer server 127.0.0.1:7147 iss=300\ndelay 600ms\n-- script --\nserver socket\nserver listen 1\nclient socket\nclient connect server\n")
	do(t, s, "server socket", "server listen", "client socket", "client connect", "depart client")
	require.Equal(t, 600*time.Millisecond, do(t, s, "arrive server")[0].At)
	do(t, s, "depart server")
	require.NotContains(t, strings.Join(lines(s), "\n"), "arrive client", "the SYN,ACK needs until 1.2 s, and the timer ends at 1 s")
	require.Equal(t, time.Second, do(t, s, "timeout client retransmission")[0].At)
	require.Equal(t, 1200*time.Millisecond, do(t, s, "arrive client")[0].At)
}

func TestRFC9293_3_4_2_NoSegmentOutlivesItsMSL(t *testing.T) {
	s := connected(t)
	do(t, s, "client send", "depart client", "duplicate server", "arrive server", "depart server", "arrive client", "client close", "depart client",
		"arrive server 6", "depart server", "arrive client", "server recv", "server close", "depart server", "arrive client", "depart client", "arrive server 9")
	require.NotContains(t, strings.Join(lines(s), "\n"), "time-wait", "2 MSL cannot be over while a copy is on its way")
	_, err := s.Do(ctx, handshake.Choice{Verb: handshake.Wait, Args: "3m"})
	require.ErrorContains(t, err, "model: wait 3m0s, want at most 2m0s: a segment on the wire lives no longer than its MSL, 2m0s")
	do(t, s, "drop server 4")
	do(t, s, "timeout client time-wait")
}

func TestWaitingStopsAtTheNextTimer(t *testing.T) {
	s := session(t, programs)
	do(t, s, "client socket", "client connect")
	_, err := s.Do(ctx, handshake.Choice{Verb: handshake.Wait, Args: "2s"})
	require.ErrorContains(t, err, `model: wait 2s, want at most 1s: then comes "timeout client retransmission"`)
	steps, err := s.Do(ctx, handshake.Choice{Verb: handshake.Wait, Args: "999ms"})
	require.NoError(t, err)
	require.Equal(t, 999*time.Millisecond, steps[0].At)
	_, err = s.Do(ctx, handshake.Choice{Verb: handshake.Wait, Args: "never"})
	require.ErrorContains(t, err, `wait "never", want a length of time`)
}

func TestWhatIsNotPossibleNowChangesNothing(t *testing.T) {
	s := session(t, programs)
	for _, c := range []handshake.Choice{
		{Verb: handshake.Arrive, Peer: "server", Packet: 1, What: "<SEQ=100><CTL=SYN>"},
		{Verb: handshake.Call, Peer: "client", What: "close"},
		{Verb: handshake.Timeout, Peer: "client", What: "retransmission"},
	} {
		_, err := s.Do(ctx, c)
		require.ErrorIs(t, err, model.ErrNotNow)
	}
	_, err := s.Do(ctx, handshake.Choice{Verb: handshake.Arrive, Peer: "nobody"})
	require.ErrorContains(t, err, `peer "nobody", want client or server`)
	_, err = s.Do(ctx, handshake.Choice{Verb: handshake.Inject, Peer: "client", What: "<SEQ=x>"})
	require.ErrorContains(t, err, `SEQ "x", want 0 to 4294967295`)
	require.Equal(t, []string{"client socket", "server socket"}, lines(s))
}

func TestTheListenerGoesOnListeningAndItsChildHasNoDescriptorUntilAccept(t *testing.T) {
	s := session(t, programs)
	do(t, s, "server socket", "server bind", "server listen", "client socket", "client connect", "depart client")
	syn := do(t, s, "arrive server")[0]
	require.Equal(t, "3.1", syn.On)
	require.Equal(t, "LISTEN", syn.Before)
	do(t, s, "depart server", "arrive client", "depart client")
	require.Equal(t, "ESTABLISHED", do(t, s, "arrive server")[0].After, "before accept() is called")
	accepted := do(t, s, "server accept")[0]
	require.Equal(t, "accept(3) = 4", accepted.Label)
	require.Equal(t, "3.1", accepted.On)
	require.Equal(t, []handshake.Var{{Name: "descriptor", Value: "4"}}, accepted.Vars)
}

func TestRFC9293_3_10_7_4_AChildThatFallsBackToListenIsForgotten(t *testing.T) {
	s := session(t, programs)
	do(t, s, "server socket", "server bind", "server listen", "server accept")
	for range 2 { // the second time from the beginning: nothing is left of the first
		_, err := s.Do(ctx, handshake.Choice{Verb: handshake.Inject, Peer: "server", What: "<SEQ=90><CTL=SYN>"})
		require.NoError(t, err)
		require.Equal(t, "SYN-RECEIVED", do(t, s, "arrive server")[0].After)
		do(t, s, "depart server", "drop client")
		_, err = s.Do(ctx, handshake.Choice{Verb: handshake.Inject, Peer: "server", What: "<SEQ=91><CTL=RST>"})
		require.NoError(t, err)
		require.Equal(t, "LISTEN", do(t, s, "arrive server")[0].After)
	}
}

func TestSocketCallsFailAsPOSIXSays(t *testing.T) {
	for name, c := range map[string]struct{ script, label string }{
		"a call without a descriptor":      {"client send \"x\"", "send() = -1 EBADF"},
		"recv without a descriptor":        {"client recv", "recv() = -1 EBADF"},
		"bind without a descriptor":        {"client bind :1", "bind() = -1 EBADF"},
		"listen without a descriptor":      {"client listen 1", "listen() = -1 EBADF"},
		"connect without a descriptor":     {"client connect server", "connect() = -1 EBADF"},
		"close without a descriptor":       {"client close", "close() = -1 EBADF"},
		"shutdown without a descriptor":    {"client shutdown", "shutdown() = -1 EBADF"},
		"abort without a descriptor":       {"client abort", "abort() = -1 EBADF"},
		"status without a descriptor":      {"client status", "status() = -1 EBADF"},
		"accept without a listener":        {"client socket\nclient accept", "accept(3) = -1 EINVAL"},
		"send before connect":              {"client socket\nclient send \"x\"", `send(3, "x") = -1 ENOTCONN`},
		"recv before connect":              {"client socket\nclient recv", "recv(3) = -1 ENOTCONN"},
		"an address that is taken":         {"client socket\nclient bind :7\nclient socket\nclient bind :7", "bind(4, :7) = -1 EADDRINUSE"},
		"close of what never was anything": {"client socket\nclient close", "close(3) = 0"},
		"a listener that is closed":        {"client socket\nclient listen 1\nclient close", "close(3) = 0"},
		"status of a listener":             {"client socket\nclient listen 1\nclient status", "status(3) = LISTEN"},
		"listening twice":                  {"client socket\nclient listen 1\nclient listen 5", "listen(3, 5) = 0"},
		"binding twice":                    {"client socket\nclient bind :7\nclient bind :8", "bind(3, :8) = -1 EINVAL"},
		"connect on a listener":            {"client socket\nclient listen 1\nclient connect server", "connect(3, 127.0.0.1:7147) = -1 EOPNOTSUPP"},
		"send on a listener":               {"client socket\nclient listen 1\nclient send \"x\"", `send(3, "x") = -1 ENOTCONN`},
		"recv on a listener":               {"client socket\nclient listen 1\nclient recv", "recv(3) = -1 ENOTCONN"},
		"shutdown of a listener":           {"client socket\nclient listen 1\nclient shutdown", "shutdown(3, SHUT_WR) = -1 ENOTCONN"},
		"shutdown before connect":          {"client socket\nclient shutdown", "shutdown(3, SHUT_WR) = -1 ENOTCONN"},
	} {
		t.Run(name, func(t *testing.T) {
			s := session(t, peers+"-- script --\n"+c.script+"\n")
			var last handshake.Step
			for range strings.SplitSeq(c.script, "\n") {
				last = do(t, s, "client")[0]
			}
			require.Equal(t, c.label, last.Label)
		})
	}
}

func TestCallsOnAConnectionThatIsThere(t *testing.T) {
	s := session(t, strings.Replace(programs, "server recv\nserver close\n", "server listen 3\nserver connect client\nserver bind :9\nserver shutdown\nserver shutdown\nserver send \"x\"\nserver recv\nserver recv\nserver send \"x\"\n", 1))
	do(t, s, "server socket", "server bind", "server listen", "server accept", "client socket", "client connect",
		"depart client", "arrive server", "depart server", "arrive client", "depart client", "return client", "arrive server", "return server")
	for _, label := range []string{
		"listen(4, 3) = -1 EINVAL", "connect(4, 127.0.0.1:49152) = -1 EISCONN", "bind(4, :9) = -1 EINVAL",
		"shutdown(4, SHUT_WR) = 0", "shutdown(4, SHUT_WR) = 0", `send(4, "x") = -1 EPIPE`,
	} {
		require.Equal(t, label, do(t, s, "server")[0].Label)
	}
	do(t, s, "depart server", "arrive client", "client send", "client close",
		"depart client", "depart client", "depart client", "arrive server", "arrive server", "arrive server")
	require.Equal(t, `recv(4) = 5 "hello"`, do(t, s, "server recv")[0].Label)
	do(t, s, "depart server", "depart server", "arrive client", "arrive client", "timeout server time-wait")
	require.Equal(t, "recv(4) = 0", do(t, s, "server recv")[0].Label, "also when the TCB is gone")
	require.Equal(t, `send(4, "x") = -1 EPIPE`, do(t, s, "server send")[0].Label)
}

func TestAResetBeforeAcceptIsToldAfterIt(t *testing.T) {
	s := session(t, strings.Replace(programs, "client send \"hello\"\nclient close\n", "client abort\n", 1))
	do(t, s, "server socket", "server bind", "server listen", "client socket", "client connect", "depart client", "arrive server",
		"depart server", "arrive client", "depart client", "arrive server", "return client", "client abort", "depart client", "arrive server", "server accept")
	require.Equal(t, "recv(4) = -1 ECONNRESET", do(t, s, "server recv")[0].Label)
}

func TestUrgentDataDoesNotKeepTheWindowShut(t *testing.T) {
	s := connected(t)
	_, err := s.Do(ctx, handshake.Choice{Verb: handshake.Inject, Peer: "server", What: "<SEQ=101><ACK=301><UP=30><DATA=10><CTL=URG,ACK>"})
	require.NoError(t, err)
	do(t, s, "arrive server", "depart server")
	require.Contains(t, do(t, s, "server recv")[0].Vars, handshake.Var{Name: "receive queue", Value: "0", Unit: "B"})
}

func TestSNDWNDIsUnknownUntilItIsSet(t *testing.T) {
	s := session(t, programs)
	do(t, s, "server socket", "server bind", "server listen", "client socket", "client connect", "depart client")
	for _, v := range do(t, s, "arrive server")[0].Vars {
		require.NotEqual(t, "SND.WND", v.Name, "RFC 9293 3.10.7.2 does not set it")
	}
	do(t, s, "depart server", "arrive client", "depart client")
	require.Contains(t, do(t, s, "arrive server")[0].Vars, handshake.Var{Name: "SND.WND", Value: "65535", Unit: "B"})
}

func TestASendIntoAClosedConnectionFails(t *testing.T) {
	s := session(t, peers+"-- script --\nserver socket\nserver listen 8\nserver accept\nclient socket\nclient connect server\nclient shutdown\nclient send \"x\"\n")
	do(t, s, "server socket", "server listen", "server accept", "client socket", "client connect", "depart client", "arrive server",
		"depart server", "arrive client", "depart client", "return client", "client shutdown")
	require.Equal(t, `send(3, "x") = -1 EPIPE`, do(t, s, "client send")[0].Label)
}

func TestASignalThatNoCallWaitsForIsAStepOfItsOwnAndTheNextCallIsTold(t *testing.T) {
	s := session(t, peers+"-- script --\nserver socket\nserver listen 8\nserver accept\nserver recv\nserver recv\nclient socket\nclient connect server\nclient abort\n")
	do(t, s, "server socket", "server listen", "server accept", "client socket", "client connect", "depart client", "arrive server",
		"depart server", "arrive client", "depart client", "return client", "arrive server", "return server", "client abort", "depart client")
	steps := do(t, s, "arrive server")
	require.Len(t, steps, 2)
	require.Equal(t, handshake.KindSignal, steps[1].Kind)
	require.Equal(t, "connection reset", steps[1].Label)
	require.Equal(t, "recv(4) = -1 ECONNRESET", do(t, s, "server recv")[0].Label)
	require.Equal(t, "recv(4) = -1 ENOTCONN", do(t, s, "server recv")[0].Label, "the error is told once")
}

func TestWhatArrivesBeforeRecvIsKept(t *testing.T) {
	s := connected(t)
	do(t, s, "client send", "depart client", "arrive server", "depart server")
	require.Equal(t, `recv(4) = 5 "hello"`, do(t, s, "server recv")[0].Label)
}

func TestTextThatCameBeforeTheCloseIsStillReceived(t *testing.T) {
	s := session(t, strings.Replace(programs, "server recv\nserver close\n", "server shutdown\nserver recv\nserver recv\n", 1))
	do(t, s, "server socket", "server bind", "server listen", "server accept", "client socket", "client connect",
		"depart client", "arrive server", "depart server", "arrive client", "depart client", "return client", "arrive server", "return server",
		"client send", "depart client", "arrive server", "client close", "depart client", "arrive server", "server shutdown")
	got := do(t, s, "server recv")[0]
	require.Equal(t, "LAST-ACK", got.After)
	require.Equal(t, `recv(4) = 5 "hello"`, got.Label)
	require.Equal(t, "recv(4) = 0", do(t, s, "server recv")[0].Label)
}

func TestGivingUpAListenerAbortsWhatNobodyCanAccept(t *testing.T) {
	for _, call := range []string{"close", "abort"} {
		s := session(t, peers+"-- script --\nserver socket\nserver listen 8\nserver "+call+"\nclient socket\nclient connect server\n")
		do(t, s, "server socket", "server listen", "client socket", "client connect", "depart client", "arrive server",
			"depart server", "arrive client", "depart client", "arrive server")
		steps := do(t, s, "server "+call)
		require.Len(t, steps, 2)
		require.Equal(t, "close-orphan", steps[1].Why[0].Rule)
		require.Equal(t, "CLOSED", steps[1].After)
		require.Contains(t, lines(s)[0], "<CTL=RST>")
	}
}

func TestWhatWasResetBeforeAcceptNeedsNoAbort(t *testing.T) {
	s := session(t, peers+"-- script --\nserver socket\nserver listen 8\nserver close\nclient socket\nclient connect server\nclient abort\n")
	do(t, s, "server socket", "server listen", "client socket", "client connect", "depart client", "arrive server",
		"depart server", "arrive client", "depart client", "arrive server", "return client", "client abort", "depart client", "arrive server")
	require.Len(t, do(t, s, "server close"), 1)
}

// POSIX recv(): 0 says that the other end sends no more, and that has been so before the
// reset. Only send() is told of that, with EPIPE.
func TestAResetBehindTheEndOfTheTextIsNoErrorOfRecv(t *testing.T) {
	s := session(t, peers+"-- script --\nserver socket\nserver listen 8\nserver accept\nserver recv\nserver send \"x\"\nclient socket\nclient connect server\nclient close\n")
	do(t, s, "server socket", "server listen", "server accept", "client socket", "client connect", "depart client", "arrive server",
		"depart server", "arrive client", "depart client", "return client", "arrive server", "return server", "client close", "depart client", "arrive server")
	_, err := s.Do(ctx, handshake.Choice{Verb: handshake.Inject, Peer: "server", What: "<SEQ=102><CTL=RST>"})
	require.NoError(t, err)
	require.Equal(t, "CLOSED", do(t, s, "arrive server 5")[0].After)
	require.Equal(t, "recv(4) = 0", do(t, s, "server recv")[0].Label)
	require.Equal(t, `send(4, "x") = -1 EPIPE`, do(t, s, "server send")[0].Label)
}

// RFC 9293 3.10.5: "connection does not exist" is no news of an end that was reset before.
func TestClosingAListenerSaysNothingOfWhatWasResetBefore(t *testing.T) {
	s := session(t, peers+"-- script --\nserver socket\nserver listen 8\nserver close\nclient socket\nclient connect server\nclient abort\n")
	do(t, s, "server socket", "server listen", "client socket", "client connect", "depart client", "arrive server",
		"depart server", "arrive client", "depart client", "arrive server", "return client", "client abort", "depart client", "arrive server")
	require.Len(t, do(t, s, "server close"), 1)
}

func TestNobodyAnswersAndConnectTimesOut(t *testing.T) {
	s := session(t, programs)
	do(t, s, "client socket", "client connect")
	for {
		if c := lines(s)[0]; strings.HasPrefix(c, "return client") {
			break
		}
		switch c := lines(s)[0]; {
		case strings.HasPrefix(c, "arrive"):
			do(t, s, "drop server")
		case strings.HasPrefix(c, "depart"):
			do(t, s, "depart client")
		default:
			do(t, s, "timeout client")
		}
	}
	require.Equal(t, "connect(3) = -1 ETIMEDOUT", do(t, s, "return client")[0].Label)
}

func TestTheSeedDrawsWhatTheSetupLeavesOpenAndNothingElse(t *testing.T) {
	open := "-- setup --\npeer client 127.0.0.1\npeer server 127.0.0.1:7147 iss=300\nseed %\n-- script --\nclient socket\nclient connect server\n"
	label := func(seed string) (string, string) {
		s := session(t, strings.Replace(open, "%", seed, 1))
		do(t, s, "client socket", "client connect")
		return s.Header().Peers[0].Address, do(t, s, "depart client")[0].Label
	}
	a1, l1 := label("1")
	again, l1again := label("1")
	a2, l2 := label("2")
	require.Equal(t, a1, again)
	require.Equal(t, l1, l1again)
	require.NotEqual(t, a1, a2)
	require.NotEqual(t, l1, l2)
}

func TestTheFirstNumberAfterTheSetupsLastOneFollowsIt(t *testing.T) {
	s := session(t, programs)
	do(t, s, "server socket", "server bind", "server listen", "server accept")
	for _, first := range []string{"300", "64300", "128300"} {
		for _, label := range []string{"<SEQ=90><CTL=SYN>", "<SEQ=91><CTL=RST>"} {
			_, err := s.Do(ctx, handshake.Choice{Verb: handshake.Inject, Peer: "server", What: label})
			require.NoError(t, err)
			do(t, s, "arrive server")
		}
		require.Equal(t, "<SEQ="+first+"><ACK=91><CTL=SYN,ACK>", do(t, s, "depart server")[0].Label)
		do(t, s, "drop client")
	}
}

func TestAScenarioThatCannotBePlayedSaysWhere(t *testing.T) {
	for text, want := range map[string]string{
		peers + "-- script --\n-- en --\ntitle: {client.NOPE}\n":                    "test.txtar:6: found variable NOPE, allowed: ISS, SND.UNA",
		peers + "-- script --\nclient lisen 3\n":                                    "test.txtar:5: found call lisen, allowed: abort, accept, bind, close, connect, listen, reboot, recv, send, setsockopt, shutdown, socket, status",
		peers + "-- script --\nclient socket 3\n":                                   "found socket 3, allowed: the call alone, without arguments",
		peers + "-- script --\nclient bind 7\n":                                     "found bind 7, allowed: :PORT or ADDRESS:PORT",
		peers + "-- script --\nclient bind :0\n":                                    "found bind :0, allowed: :PORT",
		peers + "-- script --\nclient listen\n":                                     "found listen, allowed: listen N",
		peers + "-- script --\nclient connect\n":                                    "found connect, allowed: connect PEER or ADDRESS:PORT",
		peers + "-- script --\nclient send hello\n":                                 `found send hello, allowed: send "text" or send N`,
		peers + "-- script --\nclient send 0\n":                                     "found send 0, allowed",
		peers + "-- script --\nclient send \"\"\n":                                  "allowed: send \"text\"",
		peers + "-- script --\ntimeout client tea\n":                                "found timer tea, allowed: delayed-ACK, retransmission, persist, keep-alive, time-wait, user",
		peers + "-- script --\nuntil client ESTABLISED\n":                           "found state ESTABLISED, allowed: CLOSED, LISTEN",
		peers + "-- script --\ninject client <CTL=SYN>\n":                           "found <CTL=SYN>, allowed: segment",
		"-- setup --\npeer a 1\npeer b 2\n-- script --\n":                           "test.txtar:2: found address 1, allowed: an IPv4 address",
		"-- setup --\npeer a 1.1.1.1:1\npeer b 1.1.1.1:1\n-- script --\n":           "test.txtar:3: found two peers at 1.1.1.1:1, allowed: an address for each",
		"-- setup --\npeer a 1.1.1.1:1\npeer b 1.1.1.1:2\ndelay 3m\n-- script --\n": "found delay 3m0s, allowed: up to 2m0s",
		"-- setup --\npeer a [::1]:1\npeer b 2\n-- script --\n":                     "found address [::1]:1, allowed: an IPv4 address",
		peers + "peer third 127.0.0.1:9\n-- script --\n":                            "found 3 peers, allowed: two, with the model engine",
		peers + "not model why\n-- script --\n-- en --\nwhy: no.\n":                 "model: test cannot be played here: no.",
	} {
		_, err := model.Engine{}.Start(ctx, scenario(t, text))
		require.ErrorContains(t, err, want)
	}
}

func TestBeginAmongSegmentsUnderWayIsRefused(t *testing.T) {
	s := session(t, programs)
	do(t, s, "client socket", "client connect")
	_, err := s.Do(ctx, handshake.Choice{Verb: handshake.Begin})
	require.ErrorContains(t, err, "model: begin with 1 segments and returns under way, want none")
}

// Whatever is chosen: no panic, no dead end while something is unacknowledged, every
// change of state with its source, and every choice reads back.
func TestAnyOrderOfChoicesLeavesATrueTrace(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := session(rt, programs)
		for range rapid.IntRange(0, 120).Draw(rt, "choices") {
			choices := s.Choices()
			if len(choices) == 0 {
				return
			}
			c := rapid.SampledFrom(choices).Draw(rt, "choice")
			back, err := handshake.ParseChoice(c.String())
			require.NoError(rt, err)
			require.Equal(rt, c, back)
			steps, err := s.Do(ctx, c)
			require.NoError(rt, err)
			require.NotEmpty(rt, steps)
			for _, step := range steps {
				require.NotEmpty(rt, step.Why, "%+v", step)
				for _, y := range step.Why {
					require.NotEmpty(rt, y.Cite)
					if step.Before != step.After {
						require.Regexp(rt, "^(RFC|NIC) ", y.Cite)
					}
				}
				if step.Kind == handshake.KindDepart {
					require.NotEmpty(rt, step.Wire)
					require.NotEmpty(rt, step.Fields)
				}
			}
		}
	})
}

func TestAMarkIsNotChangedByWhatFollows(t *testing.T) {
	s := connected(t).(*model.Session)
	mark := s.Mark()
	before := lines(s)
	do(t, s, "client send", "depart client", "duplicate server", "arrive server", "depart server", "client close", "depart client", "arrive server")
	s.Rewind(mark)
	require.Equal(t, before, lines(s))
	do(t, s, "client send", "depart client", "arrive server")
	s.Rewind(mark)
	require.Equal(t, before, lines(s))
	require.Panics(t, func() { s.Rewind("a mark of nothing") })
}

func TestNothingIsLeftOfASession(t *testing.T) {
	files := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skipf("no /proc/self/fd: %v", err)
		}
		return len(entries)
	}
	before := files()
	for range 20 {
		s, err := model.Engine{}.Start(ctx, scenario(t, programs))
		require.NoError(t, err)
		do(t, s, "client socket", "client connect", "depart client")
		require.NoError(t, s.Close())
	}
	require.LessOrEqual(t, files(), before+1)
}

// reach plays a script to its end and collects the rules that fired.
func reach(t *testing.T, fired map[string]bool, text string) {
	t.Helper()
	tl, err := handshake.NewTimeline(ctx, model.Engine{Wire: wire.InMemory}, scenario(t, text))
	require.NoError(t, err)
	finish(t, tl)
	for _, step := range tl.Trace().Steps {
		for _, y := range step.Why {
			fired[y.Rule] = true
		}
	}
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

// RFC 9293 3.6.1: TIME-WAIT waits for old segments; that a program has not read all the
// text does not cut it short, and there is nobody left to be told.
func TestRFC9293_3_6_1_TextLeftUnreadDoesNotEndTimeWait(t *testing.T) {
	s := session(t, peers+"-- script --\nserver socket\nserver listen 8\nserver accept\nserver send \"bye\"\nserver close\nclient socket\nclient connect server\nclient shutdown\nclient close\n")
	do(t, s, "server socket", "server listen", "client socket", "client connect", "depart client", "arrive server",
		"depart server", "arrive client", "depart client", "return client", "arrive server",
		"client shutdown", "depart client", "arrive server", "depart server", "arrive client",
		"server accept", "server send", "depart server", "arrive client", "depart client", "arrive server",
		"server close", "depart server", "arrive client", "depart client")
	steps := do(t, s, "client close")
	require.Equal(t, [...]string{"TIME-WAIT", "TIME-WAIT"}, [...]string{steps[0].Before, steps[0].After})
}

// RFC 9293 3.6.1 SHLD-3: who closes with text pending, or gets text after the CLOSE,
// "SHOULD send a RST to show that data was lost".
func TestRFC9293_3_6_1_TextThatNobodyReadsIsAnsweredByARST(t *testing.T) {
	const open = peers + "-- script --\nserver socket\nserver bind :7147\nserver listen 8\nserver accept\nclient socket\nclient connect server\nuntil server ESTABLISHED\nreturn server\n"
	for wish, test := range map[string]struct{ script, want string }{
		"pending at the CLOSE": {"client send \"a\"\narrive server <DATA=1>\ndepart server <CTL=ACK>\nserver close\n", "call close(4) = 0 CLOSED, depart <SEQ=301><CTL=RST>"},
		"after the CLOSE":      {"server close\narrive client <CTL=FIN,ACK>\nclient send \"a\"\narrive server <DATA=1>\n", "arrive <SEQ=101><ACK=302><DATA=1><CTL=PSH,ACK> CLOSED, depart <SEQ=302><CTL=RST>"},
		"a FIN alone is none":  {"server close\narrive client <CTL=FIN,ACK>\nclient close\narrive server <CTL=FIN,ACK>\n", "arrive <SEQ=101><ACK=302><CTL=FIN,ACK>"},
	} {
		tl, err := handshake.NewTimeline(ctx, model.Engine{Wire: wire.InMemory}, scenario(t, open+test.script))
		require.NoError(t, err)
		finish(t, tl)
		var told []string
		for _, s := range tl.Trace().Steps {
			if s.Peer == "server" && s.Kind != handshake.KindSignal {
				line := string(s.Kind) + " " + s.Label
				if s.Before != s.After && s.After == "CLOSED" {
					line += " CLOSED"
				}
				told = append(told, line)
			}
		}
		require.Contains(t, strings.Join(told, ", "), test.want, wish)
	}
}

func TestEveryRuleOfTheHostIsReached(t *testing.T) {
	const server = peers + "-- script --\nserver socket\nserver bind :7147\nserver listen 8\n"
	const open = server + "server accept\nclient socket\nclient connect server\nuntil server ESTABLISHED\nreturn server\n"
	fired := map[string]bool{
		"checksum-refused": true, // TestRFC9293_3_1_AGarbledDatagramIsRefusedByItsChecksum
		"send-returns":     true, // here no send() waits: a kernel's does
	}
	for _, text := range []string{
		open + "client setsockopt TCP_NODELAY 1\nserver recv\nclient send \"a\"\narrive server <DATA=1>\nreturn server\nclient send \"b\"\narrive server <DATA=1>\nserver recv\nserver recv\nclient close\narrive server <CTL=FIN,ACK>\nreturn server\n",
		open + "client close\narrive server <CTL=FIN,ACK>\n",
		open + "client send \"a\"\ndepart client <DATA=1>\nreplace server <SEQ=101><CTL=RST>\narrive server <CTL=RST>\n",
		open + "client recv\nserver abort\narrive client <CTL=RST>\nreturn client\nclient close\nserver reboot\nwait 1s\n",
		open + "server abort\narrive client <CTL=RST>\nclient recv\n",
		open + "inject server <SEQ=101><ACK=301><UP=1><CTL=URG,ACK>\narrive server <CTL=URG,ACK>\n",
		open + "client send \"a\"\nduplicate server <DATA=1>\ndrop server <DATA=1>\ndrop server <DATA=1>\n" + strings.Repeat("timeout client retransmission\ndrop server <DATA=1>\n", 9) + "timeout client user\n",
		server + "server socket\nserver bind :7147\nserver close\nserver listen 4\n",
		open + "client shutdown\narrive server <CTL=FIN,ACK>\nserver shutdown\narrive client <CTL=FIN,ACK>\narrive server <CTL=ACK>\nserver recv\nserver recv\n",
		peers + "-- script --\nclient socket\nclient connect 224.0.0.1:7147\nclient bind 224.0.0.1:5555\nclient connect server\narrive server <CTL=SYN>\n",
		peers + "-- script --\nclient socket\nclient connect server\nserver socket\nserver connect client\narrive client <CTL=SYN>\ninject client <SEQ=301><CTL=RST>\narrive client <CTL=RST>\n",
		server + "client socket\nclient connect server\nuntil server ESTABLISHED\nserver accept\n",
		open + "client send \"a\"\narrive server <DATA=1>\nserver close\narrive client <CTL=RST>\n",
		open + "server close\narrive client <CTL=FIN,ACK>\nclient send \"a\"\narrive server <DATA=1>\narrive client <CTL=RST>\nclient recv\n",
		server + "client socket\nclient connect server\nuntil server ESTABLISHED\nserver close\n",
		peers + "-- script --\nclient socket\nclient connect server\narrive server <CTL=SYN>\narrive client <CTL=RST,ACK>\n",
		peers + "-- script --\nclient socket\nclient connect server\ndrop server <CTL=SYN>\n" + strings.Repeat("timeout client retransmission\ndrop server <CTL=SYN>\n", 9) + "timeout client user\n",
	} {
		reach(t, fired, text)
	}
	for _, rule := range calls.Rules() {
		require.True(t, fired[rule.Rule], rule.Rule)
	}
}

// RFC 6298: the trace shows SRTT, RTTVAR and RTO when they change: after the first round trip
// (2.2), after a timeout (5.5), and when data begins after a lost SYN (5.7).
func TestRFC6298_TheTraceShowsTheTimes(t *testing.T) {
	s := session(t, "-- setup --\npeer client 127.0.0.1:49152 iss=100\npeer server 127.0.0.1:7147 iss=300\ndelay 100ms\n-- script --\nserver socket\nserver listen 1\nclient socket\nclient connect server\n")
	times := func(steps []handshake.Step) (all []string) {
		for _, v := range steps[0].Vars {
			if slices.Contains([]string{"SRTT", "RTTVAR", "RTO"}, v.Name) {
				all = append(all, v.Name+" "+v.Value+" "+v.Unit)
			}
		}
		return all
	}
	do(t, s, "server socket", "server listen", "client socket")
	require.Equal(t, []string{"RTO 1000000000 ns"}, times(do(t, s, "client connect")))
	do(t, s, "depart client", "drop server")
	require.Equal(t, []string{"RTO 2000000000 ns"}, times(do(t, s, "timeout client retransmission")))
	do(t, s, "depart client", "arrive server", "depart server")
	require.Equal(t, []string{"RTO 3000000000 ns"}, times(do(t, s, "arrive client")))
	do(t, s, "depart client")
	require.Equal(t, []string{"SRTT 200000000 ns", "RTTVAR 100000000 ns"}, times(do(t, s, "arrive server")))
}
