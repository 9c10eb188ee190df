package tui

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"sockscope/handshake"
	"sockscope/handshake/arpanet"
	"sockscope/handshake/handshaketest"
	"sockscope/handshake/wire"
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

// playAll is the trace of a scenario of 1971, to its end.
func playAll(tb testing.TB, s *handshake.Scenario) *handshake.Trace {
	tb.Helper()
	tl, err := handshake.NewTimeline(tb.Context(), arpanet.Engine{Wire: wire.InMemory}, s)
	require.NoError(tb, err)
	for err == nil {
		err = tl.Next(tb.Context())
	}
	require.True(tb, errors.Is(err, handshake.ErrOver), err)
	return tl.Trace()
}

// A request as it left and as it came, an RFNM, an ALL, the socket of the ICP, a text, a CLS.
func TestMessagesOfTheInitialConnection(t *testing.T) {
	trace := played(t, "icp")
	for _, lang := range words.Langs() {
		var b strings.Builder
		for _, size := range []string{"80x24", "120x40", "200x60"} {
			for _, n := range []int{0, 3, 4, 6, 8, 12, 20, 62, 70} {
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
 drop server RTS
 answer user INCOMPLETE
 server down
 drop server ERR
 answer user DEAD
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

// A request as it left and as it came: the IMP has changed one octet of the leader and
// added one behind the text. Then an RFNM, and a text.
func TestMessageAsOctets(t *testing.T) {
	trace := played(t, "icp")
	var b strings.Builder
	for _, size := range [][2]int{{80, 6}, {120, 10}, {66, 24}} {
		for _, n := range []int{3, 4, 6, 62} {
			v := at(trace, n, "en")
			v.bytes = true
			b.WriteString(drawn(t, 1, size[0], size[1], v))
		}
	}
	handshaketest.Golden(t, "panes/message-octets.txt", b.String())
}

func TestAMessageToPredictIsHidden(t *testing.T) {
	v := at(played(t, "icp"), 3, "en")
	v.hidden = true
	require.Contains(t, drawn(t, 1, 80, 7, v), unknown)
	require.NotContains(t, drawn(t, 1, 80, 7, v), "1/5/0/r")
}

// A trace may come from a file that anybody wrote: with fields missing, and with numbers
// that are none.
func TestAMessageWithoutSenseIsDrawn(t *testing.T) {
	s, err := handshake.Parse("other", "other.txtar", []byte(otherMessages))
	require.NoError(t, err)
	trace := playAll(t, s)
	rapid.Check(t, func(rt *rapid.T) {
		changed := *trace
		changed.Steps = slices.Clone(trace.Steps)
		n := rapid.IntRange(1, len(trace.Steps)).Draw(rt, "n")
		for i := range changed.Steps {
			s := &changed.Steps[i]
			s.Fields = slices.Clone(s.Fields[:rapid.IntRange(0, len(s.Fields)).Draw(rt, "fields")])
			for j := range s.Fields {
				s.Fields[j].Value = rapid.SampledFrom([]string{s.Fields[j].Value, "", "x", "4294967295", "00"}).Draw(rt, "value")
			}
			s.Wire = s.Wire[:rapid.IntRange(0, len(s.Wire)).Draw(rt, "wire")]
		}
		v := at(&changed, n, "ko")
		v.bytes = rapid.Bool().Draw(rt, "bytes")
		_ = drawn(t, 1, 120, 10, v)
	})
}
