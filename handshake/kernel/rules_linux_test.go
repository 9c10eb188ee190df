package kernel

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/statemachine/tcp"
)

// Nobody waits a minute for it here: TIME-WAIT that is gone has ended by its timer.
func TestTheEndOfTimeWaitIsItsTimers(t *testing.T) {
	w := world{hosts: [2]host{{ends: []end{{on: "3", handle: -1, state: "TIME-WAIT"}}}}}
	require.NoError(t, w.notice())
	require.Len(t, w.alone, 1)
	require.Equal(t, forgetsTimeWait, w.alone[0].rule)
	require.Equal(t, timeWait, w.alone[0].timer)
}

// What a kernel sends unasked tells by its numbers which timer sent it; what is neither
// old nor an ACK that was owed is the kernel's own affair.
func TestWhatTheKernelSendsUnaskedHasACause(t *testing.T) {
	was := sent{next: 201, ack: 301, acked: true}
	here, there := netip.MustParseAddrPort("127.0.0.1:1"), netip.MustParseAddrPort("127.0.0.1:2")
	for _, c := range []struct {
		segment tcp.Segment
		queue   uint32
		again   bool
		timer   string
		rule    rule
	}{
		{tcp.Segment{SEQ: 101, ACK: 301, CTL: tcp.ACK, Text: "hello"}, 5, true, retransmission, retransmits},
		{tcp.Segment{SEQ: 201, ACK: 301, CTL: tcp.ACK | tcp.RST}, 0, false, retransmission, givesUp},
		{tcp.Segment{SEQ: 200, ACK: 301, CTL: tcp.ACK}, 5, false, persist, probesWindow},
		{tcp.Segment{SEQ: 200, ACK: 301, CTL: tcp.ACK}, 0, false, keepAlive, probesPeer},
		{tcp.Segment{SEQ: 201, ACK: 306, CTL: tcp.ACK}, 0, false, delayedACK, delaysACK},
		{tcp.Segment{SEQ: 201, ACK: 301, CTL: tcp.ACK, Text: "more"}, 4, false, retransmission, speaksByItself},
	} {
		h := host{ends: []end{{on: "3", local: here, remote: there, sendQueue: c.queue}}}
		timer, r := (&world{}).cause(&h, &item{on: "3", again: c.again}, was, c.segment)
		require.Equal(t, c.timer, timer, c.segment.String())
		require.Equal(t, c.rule, r, c.segment.String())
	}
}
