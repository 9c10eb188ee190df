package tui

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/arpanet"
	"sockscope/handshake/handshaketest"
	"sockscope/viz/words"
)

// onArpanet are the scenarios of 1971.
func onArpanet(tb testing.TB) []string {
	tb.Helper()
	return slices.DeleteFunc(handshake.Names(), func(name string) bool {
		s, err := handshake.Load(name)
		require.NoError(tb, err)
		return s.Playable(arpanet.Name) != nil
	})
}

// playedIn1971 is a scenario's trace, to its end.
func playedIn1971(tb testing.TB, name string) *handshake.Trace {
	tb.Helper()
	s, err := handshake.Load(name)
	require.NoError(tb, err)
	return playAll(tb, s)
}

func playAll(tb testing.TB, s *handshake.Scenario) *handshake.Trace {
	tb.Helper()
	tl, err := handshake.NewTimeline(tb.Context(), arpanet.Engine{Wire: arpanet.InMemory}, s)
	require.NoError(tb, err)
	for err == nil {
		err = tl.Next(tb.Context())
	}
	require.True(tb, errors.Is(err, handshake.ErrOver), err)
	return tl.Trace()
}

// A request as it left and as it came, an RFNM, an ALL, the socket of the ICP, a text, a CLS.
func TestMessagesOfTheInitialConnection(t *testing.T) {
	trace := playedIn1971(t, "icp")
	for _, lang := range words.Langs() {
		var b strings.Builder
		for _, size := range []string{"80x24", "120x40", "200x60"} {
			for _, n := range []int{0, 3, 4, 6, 8, 12, 20, 61, 69} {
				fmt.Fprintf(&b, "== %s, step %d\n", size, n)
				wh := paneSizes[size][1]
				b.WriteString(drawn(t, 1, wh[0], wh[1], at(trace, n, lang)))
			}
		}
		handshaketest.Golden(t, "panes/message-"+lang+".txt", b.String())
	}
}

// What an ICP does not send: every other command, two in one message, what is no command,
// and what the IMP says when it cannot deliver.
const otherMessages = `Every kind of message.
-- setup --
protocol ncp
peer user   1
peer server 64
-- script --
 user listen 1/5/0/r
 inject user STR 64/0/0/s > 1/5/0/r size 8
 arrive user STR
 inject user INS link 2
 arrive user INS
 inject user GVB link 2 fm 128 fb 64
 arrive user GVB
 inject user RET link 2 msgs 1 bits 8000
 inject user octets 0904000c0a07
 inject user octets 0b0403400000030100050200
 inject user octets 0b0500400200000800020048
 inject user octets 63
 inject user RST
 user init 1/5/1/s server 64/0/1/r
 drop server RTS
 answer user INCOMPLETE
 server down
 drop server STR
-- en --
title: Every kind of message
shows: what an ICP does not send
-- ko --
title: 모든 메시지
shows: ICP가 보내지 않는 것
`

func TestEveryMessageIsExplained(t *testing.T) {
	s, err := handshake.Parse("other", "other.txtar", []byte(otherMessages))
	require.NoError(t, err)
	trace := playAll(t, s)
	for _, lang := range words.Langs() {
		var b strings.Builder
		for n, s := range trace.Steps {
			if s.Kind == handshake.KindDepart {
				fmt.Fprintf(&b, "== step %d: %s %s\n", n+1, s.Peer, s.Label)
				b.WriteString(drawn(t, 1, 120, 12, at(trace, n+1, lang)))
			}
		}
		handshaketest.Golden(t, "panes/messages-"+lang+".txt", b.String())
	}
}
