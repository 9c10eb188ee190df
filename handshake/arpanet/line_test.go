package arpanet

import (
	"bytes"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/rfc147/hosthost"
)

const (
	last  = hosthost.Last
	ready = hosthost.Ready
)

// taken takes one datagram and wants exactly these rules.
func taken(t *testing.T, r *receiver, number uint32, flags hosthost.DatagramFlags, carried string, want ...Rule) arrival {
	t.Helper()
	a, fired := r.take(hosthost.AppendDatagram(nil, number, flags, []byte(carried)))
	require.Equal(t, want, fired)
	return a
}

// h316_udp.c: a 0 out of turn begins again, what is lower is old, what is higher is taken.
func TestDatagramsAreTakenByTheirNumbers(t *testing.T) {
	var r receiver
	taken(t, &r, 0, last|ready, "", ReadyRaised)
	require.True(t, taken(t, &r, 1, last|ready, "\x04\x00\x00\x00").ended)
	require.False(t, taken(t, &r, 1, last|ready, "\x04\x00\x00\x00", SequenceOld).ended)
	require.True(t, taken(t, &r, 9, last|ready, "\x04\x00\x00\x00", SequenceGap).ended)
	require.False(t, taken(t, &r, 8, last|ready, "\x04\x00\x00\x00", SequenceOld).ended)
	require.False(t, taken(t, &r, 10, ready, "half", MessageGoesOn).ended)
	a := taken(t, &r, 0, last|ready, "\x04\x00\x00\x00", SequenceRestarted, ReadyRaised)
	require.Equal(t, arrival{restarted: true, ended: true, message: "\x04\x00\x00\x00"}, a, "nothing is left of what had begun")
	require.EqualValues(t, 1, r.expected)
}

func TestNumbersWrapAroundWithoutA0(t *testing.T) {
	s := sender{next: math.MaxUint32}
	r := receiver{expected: math.MaxUint32, ready: true}
	for _, want := range []uint32{math.MaxUint32, 1} {
		b := s.datagram(last|ready, []byte("\x04\x00\x00\x00"))
		d, _, err := hosthost.ReadDatagram(b)
		require.NoError(t, err)
		require.Equal(t, want, d.Sequence)
		a, fired := r.take(b)
		require.True(t, a.ended)
		require.NotContains(t, fired, SequenceRestarted)
	}
}

// Every length of a message, in both framings, comes out as it went in, and the datagrams are
// cut where the real IMP cut them.
func TestBothFramingsArePutTogether(t *testing.T) {
	for _, framing := range []Framing{OneDatagram, Packets} {
		r, s := receiver{}, sender{framing: framing}
		for n := 4; n <= MaxMessage; n += 2 {
			message := append([]byte{0, 2, 0, 0}, bytes.Repeat([]byte{7}, n-4)...)
			datagrams := s.message(message)
			if framing == OneDatagram {
				require.Len(t, datagrams, 1)
			} else {
				require.Len(t, datagrams, 2+max(0, n-130+125)/126)
				require.Len(t, datagrams[0], 12+min(n, 130))
				require.Len(t, datagrams[len(datagrams)-1], 12)
			}
			for i, b := range datagrams {
				a, fired := r.take(b)
				require.NotContains(t, fired, SequenceGap)
				require.Equal(t, i == len(datagrams)-1, a.ended)
				if a.ended {
					require.Equal(t, arrival{ended: true, message: string(message)}, a)
				}
			}
		}
		for _, b := range [][]byte{{4, 0, 0, 0}, {5, 3, 0, 0}, {7, 4, 0, 1}} {
			require.Len(t, s.message(b), 1, "only regular messages have packets")
		}
	}
}

func TestAnEmptyDatagramIsNewsOrTheEnd(t *testing.T) {
	var r receiver
	require.False(t, taken(t, &r, 0, last, "").ended, "the ready line was down")
	require.False(t, taken(t, &r, 1, last|ready, "", ReadyRaised).ended)
	taken(t, &r, 2, ready, "\x00\x02\x00\x00", MessageGoesOn)
	taken(t, &r, 3, ready, "", MessageGoesOn)
	require.Equal(t, arrival{ended: true, message: "\x00\x02\x00\x00"}, taken(t, &r, 4, last|ready, ""))
	require.False(t, taken(t, &r, 5, last, "", ReadyDropped).ended)
}

// RFC 381 types 1 and 8: the error flip-flop, before the leader's end and after it.
func TestWhatBefallsAMessageIsKept(t *testing.T) {
	for _, c := range []struct {
		name string
		say  func(*receiver) arrival
		want flaw
	}{
		{"ready line down, leader not come", func(r *receiver) arrival {
			return taken(t, r, 1, last, "\x00\x02\x00\x00", ReadyDropped)
		}, inLeader},
		{"ready line drops behind the leader", func(r *receiver) arrival {
			taken(t, r, 1, ready, "\x00\x02\x00\x00", MessageGoesOn)
			return taken(t, r, 2, last, "", ReadyDropped)
		}, inData},
		{"a piece behind the leader is lost", func(r *receiver) arrival {
			taken(t, r, 1, ready, "\x00\x02\x00\x00", MessageGoesOn)
			return taken(t, r, 3, last|ready, "text", SequenceGap)
		}, inData},
		{"a piece of the leader is lost", func(r *receiver) arrival {
			taken(t, r, 1, ready, "\x00\x02", MessageGoesOn)
			return taken(t, r, 3, last|ready, "text", SequenceGap)
		}, inLeader},
		{"too long", func(r *receiver) arrival {
			taken(t, r, 1, ready, string(make([]byte, MaxMessage)), MessageGoesOn)
			return taken(t, r, 2, last|ready, "xx")
		}, tooLong},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := receiver{expected: 1, ready: true}
			a := c.say(&r)
			require.True(t, a.ended)
			require.Equal(t, c.want, a.flaw)
			require.LessOrEqual(t, len(a.message), MaxMessage)
			require.False(t, r.underWay())
		})
	}
}

func TestEveryCutOfADatagramIsRefused(t *testing.T) {
	b := hosthost.AppendDatagram(nil, 0, last|ready, []byte{4, 0, 0, 0})
	for n := range b {
		var r receiver
		a, fired := r.take(b[:n])
		require.Equal(t, []Rule{DatagramMalformed}, fired)
		require.Zero(t, a)
		require.Zero(t, r)
	}
}
