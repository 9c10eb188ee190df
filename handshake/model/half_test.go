package model_test

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/model"
	"sockscope/statemachine/tcp"
)

const halves = `-- setup --
peer client 127.0.0.1:49152 iss=100
peer server 127.0.0.2:7147  iss=300
-- script --
server socket
server bind :7147
server listen 8
client socket
client connect server
[model] client close
`

func half(tb testing.TB, other string) *model.Half {
	tb.Helper()
	h, err := model.NewHalf(scenario(tb, halves), "mixed", other)
	require.NoError(tb, err)
	return h
}

// called lets a half make all calls that it can.
func called(tb testing.TB, h *model.Half, now time.Duration) {
	tb.Helper()
	for choices := h.Choices(); len(choices) > 0 && choices[0].Verb == handshake.Call; choices = h.Choices() {
		_, err := h.Do(now, choices[0])
		require.NoError(tb, err)
	}
}

// carry brings the oldest segment of one half to the other.
func carry(tb testing.TB, from, to *model.Half, at time.Duration) (departure, arrival handshake.Step) {
	tb.Helper()
	sent, err := from.Depart(from.Choices()[0], func(s tcp.Segment, src, dst netip.AddrPort) (handshake.Step, error) {
		arrival = to.Arrive(handshake.Step{At: at, Kind: handshake.KindArrive, Label: s.String()}, s, src, dst)[0]
		return handshake.Step{At: at, Kind: handshake.KindDepart, Packet: 7, Label: s.String()}, nil
	})
	require.NoError(tb, err)
	return sent[0], arrival
}

func TestTwoHalvesAreAWhole(t *testing.T) {
	client, server := half(t, "server"), half(t, "client")
	called(t, server, 0)
	called(t, client, time.Second)
	out, in := carry(t, client, server, 2*time.Second)
	require.Equal(t, "client", out.Peer)
	require.Equal(t, "<SEQ=100><CTL=SYN>", out.Label)
	require.Equal(t, 7, out.Packet, "the wire's own part of the step stays")
	require.NotEmpty(t, out.Why)
	require.Equal(t, "SYN-RECEIVED", in.After)
	require.Equal(t, 2*time.Second, in.At)
	_, in = carry(t, server, client, 3*time.Second)
	require.Equal(t, "ESTABLISHED", in.After)
	_, in = carry(t, client, server, 3*time.Second)
	require.Equal(t, "ESTABLISHED", in.After)
	steps, err := client.Do(3*time.Second, client.Choices()[0])
	require.NoError(t, err)
	require.Equal(t, "connect(3) = 0", steps[0].Label)
	require.Empty(t, client.Choices(), "a line of another engine is not in the program")
}

func TestAHalfsClockIsSomebodyElsesAndItsTimersSayWhen(t *testing.T) {
	client := half(t, "server")
	_, runs := client.Due()
	require.False(t, runs)
	called(t, client, 5*time.Second)
	due, runs := client.Due()
	require.True(t, runs)
	require.Equal(t, 6*time.Second, due)
	steps, err := client.Do(6200*time.Millisecond, handshake.Choice{Verb: handshake.Timeout, Peer: "client", What: "retransmission"})
	require.NoError(t, err)
	require.Equal(t, 6200*time.Millisecond, steps[0].At, "it was late")
	due, _ = client.Due()
	require.Equal(t, 8200*time.Millisecond, due)
	steps, err = client.Do(time.Second, handshake.Choice{Verb: handshake.Timeout, Peer: "client", What: "retransmission"})
	require.NoError(t, err)
	require.Equal(t, due, steps[0].At, "the clock never runs back")
}

func TestAHalfHasNoWire(t *testing.T) {
	client := half(t, "server")
	for _, line := range []string{"arrive client <SYN>", "wait 1s", "inject client <SEQ=1><CTL=SYN>", "depart client <SYN>"} {
		c, err := handshake.ParseChoice(line)
		require.NoError(t, err)
		_, err = client.Do(0, c)
		require.ErrorContains(t, err, "want a call, a return, a timeout, or begin", line)
	}
	_, err := client.Depart(handshake.Choice{Verb: handshake.Depart, Peer: "client", What: "x"}, nil)
	require.ErrorIs(t, err, model.ErrNotNow)
	called(t, client, 0)
	broken := errors.New("broken")
	departs := client.Choices()[0]
	_, err = client.Depart(departs, func(tcp.Segment, netip.AddrPort, netip.AddrPort) (handshake.Step, error) {
		return handshake.Step{}, broken
	})
	require.ErrorIs(t, err, broken)
	require.Equal(t, departs, client.Choices()[0], "it has not left")
}
