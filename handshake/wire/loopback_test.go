package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func newLoopback(tb testing.TB) *Loopback {
	tb.Helper()
	l, err := NewLoopback()
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, l.Close()) })
	return l
}

// Left unread in a socket, datagrams are lost silently; read at once, none is.
func TestNoneOf5000DatagramsIsLost(t *testing.T) {
	l := newLoopback(t)
	sent := make([]byte, 1000)
	for i := range 5000 {
		binary.BigEndian.PutUint32(sent, uint32(i))
		got, err := l.Carry(i%2, sent)
		require.NoError(t, err)
		require.True(t, bytes.Equal(sent, got), "datagram %d", i)
	}
}

func TestWhatWasCarriedIsTheCallersToKeep(t *testing.T) {
	for name, wire := range map[string]interface {
		Carry(int, []byte) ([]byte, error)
	}{"loopback": newLoopback(t), "memory": Memory{}} {
		t.Run(name, func(t *testing.T) {
			sent := []byte("first")
			first, err := wire.Carry(0, sent)
			require.NoError(t, err)
			copy(sent, "XXXXX")
			_, err = wire.Carry(1, []byte("other"))
			require.NoError(t, err)
			require.Equal(t, "first", string(first))
		})
	}
	require.NoError(t, Memory{}.Close())
}

func TestTheLargestDatagramIsCarriedAndNoLarger(t *testing.T) {
	l := newLoopback(t)
	sent := bytes.Repeat([]byte("RFC 768 "), maxDatagram/8+1)
	got, err := l.Carry(0, sent[:maxDatagram])
	require.NoError(t, err)
	require.True(t, bytes.Equal(sent[:maxDatagram], got))
	got, err = l.Carry(1, nil)
	require.NoError(t, err)
	require.Empty(t, got)
	_, err = l.Carry(0, sent[:maxDatagram+1])
	require.EqualError(t, err, "wire: datagram of 65508 octets, want at most 65507")
}

func TestBothEndsAreOnTheLoopbackInterface(t *testing.T) {
	a, b := newLoopback(t).Addrs()
	require.Equal(t, netip.MustParseAddr("127.0.0.1"), a.Addr())
	require.Equal(t, netip.MustParseAddr("127.0.0.1"), b.Addr())
	require.NotEqual(t, a.Port(), b.Port())
}

func TestOnlyThePeerIsHeard(t *testing.T) {
	l := newLoopback(t)
	_, b := l.Addrs()
	stranger, err := net.Dial("udp4", b.String())
	require.NoError(t, err)
	defer stranger.Close()
	_, err = stranger.Write([]byte("forged"))
	require.NoError(t, err)
	got, err := l.Carry(0, []byte("real"))
	require.NoError(t, err)
	require.Equal(t, "real", string(got))
}

// The receiving end is replaced by a socket that nobody writes to, and the second
// that a datagram may take has already passed.
func TestADatagramThatDoesNotComeIsAnError(t *testing.T) {
	l := newLoopback(t)
	require.Equal(t, time.Second, l.patience)
	elsewhere := newLoopback(t).ends[1]
	require.NoError(t, l.ends[1].Close())
	l.ends[1], l.patience = elsewhere, 0
	a, b := l.Addrs()
	_, err := l.Carry(0, []byte("lost"))
	require.EqualError(t, err, fmt.Sprintf("wire: no datagram within 0 s from %v to %v", a, b))
}

func TestClosingLeavesNoSocketAndMayBeRepeated(t *testing.T) {
	l := newLoopback(t)
	a, b := l.Addrs()
	for _, address := range []netip.AddrPort{a, b} {
		_, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(address))
		require.Error(t, err, "the socket holds its port")
	}
	require.NoError(t, l.Close())
	require.NoError(t, l.Close())
	for _, address := range []netip.AddrPort{a, b} {
		c, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(address))
		require.NoError(t, err, "the port is free again")
		require.NoError(t, c.Close())
	}
	_, err := l.Carry(0, []byte("late"))
	require.True(t, errors.Is(err, net.ErrClosed), "%v", err)
	require.ErrorContains(t, err, "wire: ")
}

func BenchmarkCarry(b *testing.B) {
	l, octets := newLoopback(b), make([]byte, 20)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.Carry(0, octets); err != nil {
			b.Fatal(err)
		}
	}
}
