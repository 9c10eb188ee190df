package kernel

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"sockscope/handshake/wire"
	"sockscope/statemachine/tcp"
)

// A lab is a namespace's loopback with sockets that never block.
type lab struct {
	testing.TB
	*loopback
	diag *diag
}

func openLab(tb testing.TB) *lab {
	tb.Helper()
	l, err := openLoopback()
	require.NoError(tb, err)
	d, err := openDiag()
	require.NoError(tb, err)
	tb.Cleanup(func() {
		require.NoError(tb, l.close())
		require.NoError(tb, d.close())
	})
	return &lab{tb, l, d}
}

// socket makes one that does not block, as the test ends with it.
func (l *lab) socket(port int) int {
	l.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	require.NoError(l, err)
	require.NoError(l, unix.Bind(fd, at(port)))
	return fd
}

func at(port int) *unix.SockaddrInet4 {
	return &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}
}

// one takes what is held, which must be one segment with these flags.
func (l *lab) one(flags tcp.CTL) held {
	l.Helper()
	all, err := l.take(nil)
	require.NoError(l, err)
	require.Len(l, all, 1)
	require.Equal(l, flags.String(), l.segment(all[0]).CTL.String())
	return all[0]
}

// segment decodes what is held, and so checks both checksums.
func (l *lab) segment(h held) tcp.Segment {
	l.Helper()
	header, octets, err := wire.DecodeIPv4(h.octets)
	require.NoError(l, err)
	_, seg, err := wire.Decode(octets, header.Src, header.Dst)
	require.NoError(l, err)
	return seg
}

// states are the kernel's states of the sockets that are bound to a port, except
// listeners.
func (l *lab) states(port int) []uint8 {
	l.Helper()
	all, err := l.diag.dump(nil)
	require.NoError(l, err)
	var found []uint8
	for _, s := range all {
		if int(s.local.Port()) == port && s.state != unix.BPF_TCP_LISTEN {
			found = append(found, s.state)
		}
	}
	return found
}

// connection is one on which a three-way handshake has been stepped, from a port to the
// one a thousand above.
func (l *lab) connection(port int) (listener, client, server int) {
	l.Helper()
	listener, client = l.socket(port+1000), l.socket(port)
	require.NoError(l, unix.Listen(listener, 8))
	require.ErrorIs(l, unix.Connect(client, at(port+1000)), unix.EINPROGRESS)
	require.NoError(l, l.accept(l.one(tcp.SYN).id))
	require.NoError(l, l.accept(l.one(tcp.SYN|tcp.ACK).id))
	require.NoError(l, l.accept(l.one(tcp.ACK).id))
	server, _, err := unix.Accept4(listener, unix.SOCK_NONBLOCK)
	require.NoError(l, err)
	return listener, client, server
}

// RFC 9293 3.5: each of the three segments waits until it is let through, and the
// reply to it is held when the verdict returns.
func TestTheKernelsHandshakeIsStepped(t *testing.T) {
	inNamespace(t, func() {
		l := openLab(t)
		listener, client := l.socket(7001), l.socket(6001)
		require.NoError(t, unix.Listen(listener, 8))
		require.ErrorIs(t, unix.Connect(client, at(7001)), unix.EINPROGRESS)
		syn := l.one(tcp.SYN)
		require.Zero(t, syn.mark)
		require.Equal(t, []uint8{unix.BPF_TCP_SYN_SENT}, l.states(6001))
		require.Empty(t, l.states(7001))

		require.NoError(t, l.accept(syn.id))
		synAck := l.one(tcp.SYN | tcp.ACK)
		require.Equal(t, []uint8{unix.BPF_TCP_SYN_RECV}, l.states(7001), "a request socket")

		require.NoError(t, l.accept(synAck.id))
		ack := l.one(tcp.ACK)
		require.Equal(t, []uint8{unix.BPF_TCP_ESTABLISHED}, l.states(6001))
		require.Equal(t, []uint8{unix.BPF_TCP_SYN_RECV}, l.states(7001))

		require.NoError(t, l.accept(ack.id))
		require.Equal(t, []uint8{unix.BPF_TCP_ESTABLISHED}, l.states(7001))
		none, err := l.take(nil)
		require.NoError(t, err)
		require.Empty(t, none)
	})
}

// RFC 9293 3.6: who closes first stays in TIME-WAIT; of the other end nothing is left.
func TestTheKernelsCloseIsStepped(t *testing.T) {
	inNamespace(t, func() {
		l := openLab(t)
		_, client, server := l.connection(6001)
		require.NoError(t, unix.Close(client))
		fin := l.one(tcp.FIN | tcp.ACK)
		require.Equal(t, []uint8{unix.BPF_TCP_FIN_WAIT1}, l.states(6001))
		require.NoError(t, l.accept(fin.id))
		require.Equal(t, []uint8{unix.BPF_TCP_CLOSE_WAIT}, l.states(7001))
		require.NoError(t, l.wait(5*time.Second, -1)) // for the delayed ACK
		require.NoError(t, l.accept(l.one(tcp.ACK).id))
		require.Equal(t, []uint8{unix.BPF_TCP_FIN_WAIT2}, l.states(6001))
		require.NoError(t, unix.Close(server))
		require.Equal(t, []uint8{unix.BPF_TCP_LAST_ACK}, l.states(7001))
		require.NoError(t, l.accept(l.one(tcp.FIN|tcp.ACK).id))
		require.Equal(t, []uint8{unix.BPF_TCP_TIME_WAIT}, l.states(6001))
		require.NoError(t, l.accept(l.one(tcp.ACK).id))
		require.Empty(t, l.states(7001))
	})
}

// RFC 9293 3.8.1: a SYN that is lost is sent again, as a segment of its own.
func TestALostSYNComesAgain(t *testing.T) {
	inNamespace(t, func() {
		l := openLab(t)
		listener, client := l.socket(7001), l.socket(6001)
		require.NoError(t, unix.Listen(listener, 8))
		require.ErrorIs(t, unix.Connect(client, at(7001)), unix.EINPROGRESS)
		first := l.one(tcp.SYN)
		require.NoError(t, l.drop(first.id))
		start := time.Now()
		require.NoError(t, l.wait(10*time.Second, -1))
		second := l.one(tcp.SYN)
		require.NotEqual(t, first.id, second.id)
		require.Equal(t, l.segment(first).SEQ, l.segment(second).SEQ)
		require.Greater(t, time.Since(start), 500*time.Millisecond)
		require.Empty(t, l.states(7001), "it never arrived")
	})
}

// Nothing that is held is sent again for a minute, on kernels with the setting and,
// by their routes, on those without.
func TestRetransmissionsAreParked(t *testing.T) {
	inNamespace(t, func() {
		l := openLab(t)
		rtoMin := func(fd int) time.Duration {
			var i info
			require.NoError(t, tcpInfo(fd, &i))
			return time.Duration(i.Rto) * time.Microsecond
		}
		_, client, _ := l.connection(6001)
		require.GreaterOrEqual(t, rtoMin(client), time.Minute)
		require.NoError(t, sysctl(rtoMinSetting, "200000"))
		_, client, _ = l.connection(6002)
		require.Less(t, rtoMin(client), time.Second)
		require.NoError(t, setRoutes(metrics{rtoMin: parked}))
		_, client, server := l.connection(6003)
		require.GreaterOrEqual(t, rtoMin(client), time.Minute)
		require.GreaterOrEqual(t, rtoMin(server), time.Minute)
	})
}

// Only what the namespace has of its own can be set.
func TestASettingOfTheHost(t *testing.T) {
	for _, name := range []string{
		"kernel.hostname", "net.ipv4.ip_forward", "net.ipv4.tcp_", "net.ipv4.tcp_/../../../kernel/hostname", "net.ipv4.tcp_..x", "",
	} {
		require.Error(t, sysctl(name, "1"), name)
	}
}

// What we send ourselves is held like all else, and known by its mark.
func TestARawCopyIsKnownByItsMark(t *testing.T) {
	inNamespace(t, func() {
		l := openLab(t)
		listener, client := l.socket(7001), l.socket(6001)
		require.NoError(t, unix.Listen(listener, 8))
		require.ErrorIs(t, unix.Connect(client, at(7001)), unix.EINPROGRESS)
		syn := l.one(tcp.SYN)
		require.NoError(t, l.send(syn.octets))
		again := l.one(tcp.SYN)
		require.Equal(t, uint32(ownMark), again.mark)
		require.Equal(t, syn.octets, again.octets)
		require.NoError(t, l.accept(again.id))
		require.Zero(t, l.one(tcp.SYN|tcp.ACK).mark, "the kernel's own")
	})
}

func TestReplacingChangesWhatArrives(t *testing.T) {
	inNamespace(t, func() {
		l := openLab(t)
		_, client, server := l.connection(6001)
		_, err := unix.Write(client, []byte("wasinaps"))
		require.NoError(t, err)
		data := l.one(tcp.PSH | tcp.ACK)
		text := len(data.octets) - 8
		other := append(data.octets[:text:text], "naps"...) // in words of 16 bits: the sum is the same
		require.NoError(t, l.replace(data.id, append(other, "wasi"...)))
		got := make([]byte, 16)
		n, err := unix.Read(server, got)
		require.NoError(t, err)
		require.Equal(t, "napswasi", string(got[:n]))
	})
}

// More than a segment: the kernel's super-segments come cut and summed up, whole.
func TestSuperSegmentsComeCut(t *testing.T) {
	inNamespace(t, func() {
		l := openLab(t)
		_, client, _ := l.connection(6001)
		require.NoError(t, unix.SetsockoptInt(client, unix.SOL_SOCKET, unix.SO_SNDBUF, 1<<20))
		_, err := unix.Write(client, make([]byte, 150_000))
		require.NoError(t, err)
		all, err := l.take(nil)
		require.NoError(t, err)
		require.NotEmpty(t, all)
		for _, h := range all {
			require.NotEmpty(t, l.segment(h).Text)
			t.Log(len(h.octets))
		}
	})
}

// A verdict on nothing is told with the next take.
func TestAVerdictOnWhatIsNotHeld(t *testing.T) {
	inNamespace(t, func() {
		l := openLab(t)
		require.NoError(t, l.accept(4711))
		_, err := l.take(nil)
		require.EqualError(t, err, "kernel: verdict on packet 4711: no such file or directory")
	})
}

// What the host has open is in no dump, and its interfaces are not there.
func TestNothingOfTheHostIsSeen(t *testing.T) {
	if !inside {
		host, err := net.Listen("tcp4", "127.0.0.1:0")
		require.NoError(t, err)
		defer host.Close()
	}
	inNamespace(t, func() {
		l := openLab(t)
		all, err := l.diag.dump(nil)
		require.NoError(t, err)
		require.Empty(t, all)
		interfaces, err := net.Interfaces()
		require.NoError(t, err)
		require.Equal(t, "lo", interfaces[0].Name)
	})
}

// More than the receive buffer takes is lost; that is said, not passed over.
func TestAnOverflowIsAnError(t *testing.T) {
	inNamespace(t, func() {
		l := openLab(t)
		client := l.socket(6001)
		require.ErrorIs(t, unix.Connect(client, at(7001)), unix.EINPROGRESS)
		syn := l.one(tcp.SYN)
		require.NoError(t, unix.SetsockoptInt(l.queue.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 1))
		for range 100 {
			require.NoError(t, l.send(syn.octets))
		}
		require.NoError(t, l.wait(time.Second, -1))
		_, err := l.take(nil)
		require.ErrorIs(t, err, unix.ENOBUFS)
	})
}

// A wait ends with its time, and with what another descriptor brings.
func TestAWaitEnds(t *testing.T) {
	inNamespace(t, func() {
		l := openLab(t)
		require.NoError(t, l.wait(time.Millisecond, -1))
		var pipe [2]int
		require.NoError(t, unix.Pipe2(pipe[:], unix.O_CLOEXEC))
		require.NoError(t, unix.Close(pipe[1]))
		require.NoError(t, l.wait(-1, pipe[0]), "its end is something to read")
	})
}

// What comes from the kernel, too, is only octets.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte{28, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 8, 0, 3, 0, 0, 0, 0, 147})
	f.Add([]byte{16, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, answer []byte) {
		for m, rest, ok := nextMessage(answer); ok; m, rest, ok = nextMessage(rest) {
			require.Less(t, len(rest), len(answer))
			_ = m.failure()
			if p, err := packet(m.body); err == nil {
				require.LessOrEqual(t, len(p.octets), len(m.body))
			}
			if len(m.body) >= diagSize {
				var s sock
				s.read(m.body)
				require.LessOrEqual(t, s.info.size, unix.SizeofTCPInfo)
			}
		}
	})
}
