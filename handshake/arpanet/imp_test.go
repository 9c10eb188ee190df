package arpanet

import (
	"errors"
	"net"
	"net/netip"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sockscope/rfc147/hosthost"
)

// udpHost is a host at the end of its line.
type udpHost struct {
	t         *testing.T
	socket    *net.UDPConn
	in        receiver
	out       sender
	datagrams int // heard so far
}

var anyPort = netip.MustParseAddrPort("127.0.0.1:0")

// attach opens a socket for each host and starts an IMP for them; it ends with the test, and
// leaves neither goroutine nor socket. Every event is reported on the channel.
func attach(t *testing.T, c Config, patience time.Duration, framing Framing, hosts ...uint8) (*IMP, map[uint8]*udpHost, chan Outcome) {
	t.Helper()
	reports := make(chan Outcome, 1000)
	c.Report = func(_ Event, o Outcome) { reports <- o }
	all := map[uint8]*udpHost{}
	for _, h := range hosts {
		socket, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(anyPort))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, socket.Close()) })
		all[h] = &udpHost{t: t, socket: socket}
		c.Hosts = append(c.Hosts, Attachment{Port: Port{h, framing}, IMP: anyPort, Peer: address(socket)})
	}
	p, err := newIMP(c, patience)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, p.Close())
		var goroutines strings.Builder
		require.NoError(t, pprof.Lookup("goroutine").WriteTo(&goroutines, 1))
		require.NotContains(t, goroutines.String(), "arpanet.(*IMP).read")
		for _, h := range hosts {
			free, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(p.Addr(h)))
			require.NoError(t, err, "the port is free again")
			require.NoError(t, free.Close())
		}
	})
	for h, host := range all {
		for _, want := range []string{nop, nop, nop, "\x0a\x00\x00\x00"} {
			require.Equal(t, want, host.hear())
		}
		host.say(p, h, last|ready, "")
		await(reports, ReadyRaised)
	}
	return p, all, reports
}

func address(c *net.UDPConn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }

// await waits for an event whose last rule is this one.
func await(reports <-chan Outcome, r Rule) {
	for o := range reports {
		if len(o.Rules) > 0 && o.Rules[len(o.Rules)-1] == r {
			return
		}
	}
}

func (h *udpHost) say(p *IMP, host uint8, flags hosthost.DatagramFlags, carried string) {
	h.t.Helper()
	_, err := h.socket.WriteToUDPAddrPort(h.out.datagram(flags, []byte(carried)), p.Addr(host))
	require.NoError(h.t, err)
}

// hear reads until a message has ended; it is an error if none does within 10 s.
func (h *udpHost) hear() string {
	h.t.Helper()
	require.NoError(h.t, h.socket.SetReadDeadline(time.Now().Add(10*time.Second)))
	b := make([]byte, longest+1)
	for {
		n, _, err := h.socket.ReadFromUDPAddrPort(b)
		require.NoError(h.t, err)
		h.datagrams++
		a, fired := h.in.take(b[:n])
		require.NotContains(h.t, fired, SequenceGap)
		if a.ended {
			require.Equal(h.t, sound, a.flaw)
			return a.message
		}
	}
}

// Section h of the reference, without its programs: two hosts exchange messages, and each is
// told that they have arrived.
func TestTwoHostsExchangeMessagesOverUDP(t *testing.T) {
	for _, c := range []struct {
		name      string
		framing   Framing
		datagrams int // of a message of 600 octets
	}{{"one datagram", OneDatagram, 1}, {"packets", Packets, 6}} {
		t.Run(c.name, func(t *testing.T) {
			p, hosts, _ := attach(t, Config{}, slowest, c.framing, 2, 3)
			text := strings.Repeat("RFC 147 ", 74) + "ends"
			for range 20 {
				hosts[2].say(p, 2, last|ready, "\x00\x03\x2a\x00"+text)
				before := hosts[3].datagrams
				require.Equal(t, "\x00\x02\x2a\x00"+text, hosts[3].hear())
				require.Equal(t, c.datagrams, hosts[3].datagrams-before)
				require.Equal(t, "\x05\x03\x2a\x00", hosts[2].hear())
				hosts[3].say(p, 3, ready, "\x00\x02\x2d\x00re")
				hosts[3].say(p, 3, ready, "ply!")
				hosts[3].say(p, 3, last|ready, "")
				require.Equal(t, "\x00\x03\x2d\x00reply!", hosts[2].hear())
				require.Equal(t, "\x05\x02\x2d\x00", hosts[3].hear())
			}
			hosts[2].say(p, 2, last|ready, "\x00\x04\x00\x00")
			require.Equal(t, "\x07\x04\x00\x00", hosts[2].hear())
			hosts[2].say(p, 2, last|ready, "\x00\x43\x00\x00")
			require.Equal(t, "\x07\x43\x00\x01", hosts[2].hear())
			require.Empty(t, p.Network().InTransit())
		})
	}
}

// What is held comes when it is let go: messages, and RFNMs as late as one likes.
func TestAHeldNetworkWaitsForItsChoices(t *testing.T) {
	p, hosts, reports := attach(t, Config{Held: true}, slowest, OneDatagram, 2, 3)
	for i := range 5 {
		hosts[2].say(p, 2, last|ready, "\x00\x03"+string([]byte{byte(i)})+"\x00")
	}
	await(reports, FourOutstanding)
	require.Len(t, p.Network().InTransit(), MaxOutstanding)
	require.NoError(t, p.Do(Deliver{1}))
	require.Equal(t, "\x00\x02\x00\x00", hosts[3].hear())
	require.NoError(t, p.Do(Lose{2}))
	require.NoError(t, p.Do(Return{1}))
	require.Equal(t, "\x09\x03\x01\x03", hosts[2].hear())
	require.Equal(t, "\x05\x03\x00\x00", hosts[2].hear())
	require.Equal(t, 5, p.Network().InTransit()[2].Number, "the fifth has room")
}

// A host that floods its IMP is answered for each message; the other hears all that was taken.
func TestAFloodOverUDPIsAnswered(t *testing.T) {
	p, hosts, reports := attach(t, Config{Held: true}, slowest, OneDatagram, 2, 3)
	const flood = 300
	answers := 0
	for i := range flood {
		hosts[2].say(p, 2, last|ready, "\x00\x03\x00\x00text")
		o := <-reports
		require.Len(t, o.Rules, 1)
		require.LessOrEqual(t, len(o.Network.InTransit()), MaxOutstanding)
		if i >= MaxOutstanding+MaxWaiting {
			require.Equal(t, "\x09\x03\x00\x04", hosts[2].hear())
			answers++
		}
	}
	require.Equal(t, flood-MaxOutstanding-MaxWaiting, answers)
	for e, ok := p.Network().Next(); ok; e, ok = p.Network().Next() {
		require.NoError(t, p.Do(e))
	}
	for range MaxOutstanding + MaxWaiting {
		require.Equal(t, "\x00\x02\x00\x00text", hosts[3].hear())
		require.Equal(t, "\x05\x03\x00\x00", hosts[2].hear())
	}
}

func TestOnlyTheHostIsHeard(t *testing.T) {
	p, hosts, reports := attach(t, Config{}, slowest, OneDatagram, 2)
	stranger, err := net.Dial("udp4", p.Addr(2).String())
	require.NoError(t, err)
	defer stranger.Close()
	_, err = stranger.Write(hosts[2].out.datagram(last|ready, []byte("\x00\x04\x00\x00")))
	require.NoError(t, err)
	hosts[2].say(p, 2, last|ready, nop)
	o := <-reports
	require.Equal(t, []Rule{SequenceGap, NOPDiscarded}, o.Rules, "the stranger's was the one before")
}

func TestWhatIsNoDatagramIsDropped(t *testing.T) {
	p, hosts, reports := attach(t, Config{}, slowest, OneDatagram, 2)
	whole := hosthost.AppendDatagram(nil, 1, last|ready, make([]byte, 2*(hosthost.MaxWords-1)))
	require.Len(t, whole, longest)
	for _, b := range [][]byte{{}, []byte("H316"), append(whole, 0, 0), append(whole, make([]byte, 20000)...)} {
		_, err := hosts[2].socket.WriteToUDPAddrPort(b, p.Addr(2))
		require.NoError(t, err)
		require.Equal(t, []Rule{DatagramMalformed}, (<-reports).Rules)
	}
	_, err := hosts[2].socket.WriteToUDPAddrPort(whole, p.Addr(2))
	require.NoError(t, err)
	require.Equal(t, []Rule{MessageTooLong}, (<-reports).Rules)
	require.Equal(t, "\x09\x00\x00\x01", hosts[2].hear())
}

// RFC 381: 15 s from the first bit to the last. Here the time has already passed.
func TestAMessageThatDoesNotEndIsGivenUp(t *testing.T) {
	require.Equal(t, 15*time.Second, slowest)
	p, hosts, _ := attach(t, Config{}, 0, OneDatagram, 2)
	for range 3 {
		hosts[2].say(p, 2, ready, "\x00\x03\x07\x00")
		require.Equal(t, "\x09\x03\x07\x02", hosts[2].hear())
		hosts[2].say(p, 2, last|ready, "")
	}
}

func TestWhatAnIMPCannotServeIsAnError(t *testing.T) {
	peer := netip.MustParseAddrPort("127.0.0.1:22002")
	taken, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(anyPort))
	require.NoError(t, err)
	defer taken.Close()
	for _, c := range []struct {
		imp, peer netip.AddrPort
		want      string
	}{
		{netip.MustParseAddrPort("0.0.0.0:0"), peer, "arpanet: host 2: address 0.0.0.0:0, want one in 127.0.0.0/8"},
		{netip.MustParseAddrPort("[::1]:0"), peer, "arpanet: host 2: address [::1]:0, want one in 127.0.0.0/8"},
		{netip.AddrPort{}, peer, "arpanet: host 2: address invalid AddrPort, want one in 127.0.0.0/8"},
		{anyPort, netip.MustParseAddrPort("192.0.2.1:22002"), "arpanet: host 2: address 192.0.2.1:22002, want one in 127.0.0.0/8"},
		{anyPort, anyPort, "arpanet: host 2: peer 127.0.0.1:0, want a port"},
		{address(taken), peer, "arpanet: host 2: listen udp4 " + address(taken).String()},
	} {
		_, err := NewIMP(Config{Hosts: []Attachment{{Port: Port{Host: 3}, IMP: anyPort, Peer: peer}, {Port: Port{Host: 2}, IMP: c.imp, Peer: c.peer}}})
		require.ErrorContains(t, err, c.want)
	}
	a := Attachment{Port: Port{Host: 2}, IMP: anyPort, Peer: peer}
	_, err = NewIMP(Config{Hosts: []Attachment{a, a}})
	require.EqualError(t, err, "arpanet: two interfaces of host 2, want one")
}

func TestAfterCloseNothingHappens(t *testing.T) {
	p, hosts, _ := attach(t, Config{}, slowest, OneDatagram, 2)
	require.Equal(t, netip.AddrPort{}, p.Addr(3))
	require.NoError(t, p.Close())
	require.NoError(t, p.Close())
	hosts[2].say(p, 2, last|ready, nop)
	err := p.Do(Start{2})
	require.True(t, errors.Is(err, net.ErrClosed), "%v", err)
	require.ErrorContains(t, err, "arpanet: ")
}

// A socket that fails is told at the end.
func TestCloseTellsWhatFailed(t *testing.T) {
	socket, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(anyPort))
	require.NoError(t, err)
	defer socket.Close()
	p, err := NewIMP(Config{Hosts: []Attachment{{Port: Port{Host: 2}, IMP: anyPort, Peer: address(socket)}}})
	require.NoError(t, err)
	require.NoError(t, p.lines[0].socket.Close())
	p.reading.Wait()
	require.ErrorContains(t, p.Do(Start{2}), "arpanet: host 2: ")
	require.ErrorContains(t, p.Close(), "arpanet: host 2: ")
	require.NoError(t, p.Close())
}

func TestHostsHaveThePortsOfTheField(t *testing.T) {
	for host, want := range map[uint8][2]string{
		1: {"127.0.0.1:21999", "127.0.0.1:22000"}, 2: {"127.0.0.1:22001", "127.0.0.1:22002"}, 3: {"127.0.0.1:22003", "127.0.0.1:22004"},
		255: {"127.0.0.1:22507", "127.0.0.1:22508"},
	} {
		a := Usual(Packets, host)
		require.Equal(t, Attachment{Port{host, Packets}, netip.MustParseAddrPort(want[0]), netip.MustParseAddrPort(want[1])}, a)
		require.NoError(t, a.check())
	}
}
