package arpanet

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sockscope/rfc147"
	"sockscope/rfc147/hosthost"
	"sockscope/statemachine/ncp"
)

// field is an IMP with live hosts at ports that the kernel chose; it ends with the test, and
// leaves neither goroutine nor socket.
type field struct {
	imp     *IMP
	hosts   map[uint8]*Host
	sockets map[uint8]*net.UDPConn
	audit   *audit
}

// play starts the IMP and its hosts. The first serves, the others call; change, if not nil,
// changes what each is. Hosts for whom it gives false are left to the test.
func play(t *testing.T, c Config, framing Framing, change func(*HostConfig) bool, numbers ...uint8) *field {
	t.Helper()
	f := &field{hosts: map[uint8]*Host{}, audit: newAudit(t)}
	before := c.Report
	c.Report = func(e Event, o Outcome) {
		f.audit.report(e, o)
		if before != nil {
			before(e, o)
		}
	}
	sockets := map[uint8]*net.UDPConn{}
	f.sockets = sockets
	for _, n := range numbers {
		socket, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(anyPort))
		require.NoError(t, err)
		sockets[n] = socket
		c.Hosts = append(c.Hosts, Attachment{Port: Port{n, framing}, IMP: anyPort, Peer: address(socket)})
	}
	imp, err := NewIMP(c)
	require.NoError(t, err)
	f.imp = imp
	t.Cleanup(func() {
		for _, h := range f.hosts {
			require.NoError(t, h.Close())
			require.NoError(t, h.Close())
		}
		require.NoError(t, imp.Close())
		for _, s := range sockets {
			s.Close()
		}
		require.NotContains(t, goroutines(t), "arpanet.(*Host).read")
		require.NotContains(t, goroutines(t), "arpanet.(*IMP)")
		require.Eventually(t, func() bool { // what somebody typed has ended
			return !strings.Contains(goroutines(t), "arpanet.(*Host)")
		}, 10*time.Second, time.Millisecond)
	})
	for i, n := range numbers {
		user, err := UserSocket(n, "winett")
		require.NoError(t, err)
		config := HostConfig{Number: n, Local: address(sockets[n]), IMP: imp.Addr(n), User: user, Account: f.audit.account(n)}
		if i == 0 {
			config.Services = Services(n)
		}
		if change == nil || change(&config) {
			f.hosts[n] = newHost(config, sockets[n], silence)
			f.ready(t, n)
		} else {
			f.audit.excuse(n)
		}
	}
	return f
}

func goroutines(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	require.NoError(t, pprof.Lookup("goroutine").WriteTo(&all, 1))
	return all.String()
}

// ways are both framings.
var ways = map[string]Framing{"one datagram": OneDatagram, "packets": Packets}

// ready waits until the IMP has heard that the host is there, and the host what an IMP says at
// its start: the interface reset is the sixth datagram.
func (f *field) ready(t *testing.T, n uint8) {
	t.Helper()
	require.Eventually(t, func() bool { return f.imp.Network().Ready(n) }, 10*time.Second, time.Millisecond)
	h := f.hosts[n]
	h.mu.Lock()
	defer h.mu.Unlock()
	require.NoError(t, h.await(t.Context(), func() bool { return h.in.expected >= 6 }))
}

// idle waits until no host has a connection left, nor a message that the IMP has not answered.
func (f *field) idle(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for _, h := range f.hosts {
		h.mu.Lock()
		err := h.await(ctx, func() bool {
			outstanding := h.station.ncp.Len()
			for to := range f.sockets {
				outstanding += h.station.ncp.Outstanding(to)
			}
			return outstanding == 0
		})
		h.mu.Unlock()
		require.NoError(t, err)
	}
	f.imp.Network() // and its last report has been made
}

// Section h of the reference: every service of one host is used from the other, by the
// framing of linux-ncp's IMP and by that of the real one.
func TestEveryServiceAnswers(t *testing.T) {
	for name, framing := range ways {
		t.Run(name, func(t *testing.T) {
			f := play(t, Config{}, framing, nil, 2, 3)
			everyServiceAnswers(t, f)
			f.idle(t)
			f.audit.settled(false)
		})
	}
}

func everyServiceAnswers(t *testing.T, f *field) {
	t.Helper()
	caller := f.hosts[3]
	require.NoError(t, caller.Ping(t.Context(), 2, 200))
	require.NoError(t, f.hosts[2].Ping(t.Context(), 3, 0))

	answer, err := caller.Finger(t.Context(), 2, "who")
	require.NoError(t, err)
	who := caller.station.user.Account().String()
	require.Equal(t, "Host 2. You are user "+who+" at host 3.\nYou asked for: \"who\"\n", answer)

	for _, contact := range []rfc147.Socket{LoggerSocket, TelnetSocket} {
		var out bytes.Buffer
		require.NoError(t, caller.Telnet(t.Context(), 2, contact, strings.NewReader("one\ntwo\nbye\nnever said\n"), &out))
		require.Equal(t, "Host 2. You are user "+who+" at host 3.\nEach line comes back; BYE ends.\none\ntwo\nGoodbye.\n", out.String())
	}
	long := strings.Repeat("All the news that fits in a message of 179 octets.\n", 100)
	for contact, want := range map[rfc147.Socket]string{EchoSocket: long, DiscardSocket: ""} {
		var out bytes.Buffer
		require.NoError(t, caller.Telnet(t.Context(), 2, contact, strings.NewReader(long), &out))
		require.Equal(t, want, out.String())
	}
	now, err := caller.Time(t.Context(), 2)
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), now, 2*time.Second)
}

// RFC 165 p.5: those who come while the contact socket is taken wait, and are served in turn;
// no more of them at a time than the service takes.
func TestTheUsersOfOneContactSocketAreServedInTurn(t *testing.T) {
	f := play(t, Config{}, OneDatagram, func(c *HostConfig) bool {
		for i := range c.Services {
			c.Services[i].users = 2
		}
		return true
	}, 2, 3, 4)
	var all sync.WaitGroup
	for _, n := range []uint8{3, 4} {
		for range 8 {
			all.Go(func() {
				var out bytes.Buffer
				if err := f.hosts[n].Telnet(t.Context(), 2, EchoSocket, strings.NewReader("in turn\n"), &out); err != nil || out.String() != "in turn\n" {
					t.Errorf("host %d: %v, %q", n, err, out.String())
				}
			})
		}
	}
	all.Wait()
	f.idle(t)
	f.audit.settled(false)
}

func TestWhatHasNoServiceIsRefused(t *testing.T) {
	f := play(t, Config{}, OneDatagram, nil, 2, 3)
	err := f.hosts[3].Telnet(t.Context(), 2, 11, strings.NewReader(""), io.Discard)
	require.ErrorIs(t, err, ErrRefused)
	require.EqualError(t, err, "arpanet: host 2: the host has refused")
	_, err = f.hosts[2].Finger(t.Context(), 3, "nobody serves here")
	require.ErrorIs(t, err, ErrRefused)
	_, err = f.hosts[2].Time(t.Context(), 3)
	require.ErrorIs(t, err, ErrRefused)
	f.idle(t)
	f.audit.settled(false)
	require.Empty(t, f.audit.records)
}

// A type 7 says whether the host or its IMP is missing (RFC 381).
func TestADeadHostAndAMissingIMPAreToldApart(t *testing.T) {
	f := play(t, Config{}, OneDatagram, nil, 2, 3)
	for to, want := range map[uint8]error{67: ErrHostDown, 4: ErrUnreachable} {
		require.ErrorIs(t, f.hosts[3].Ping(t.Context(), to, 1), want)
		_, err := f.hosts[3].Finger(t.Context(), to, "x")
		require.ErrorIs(t, err, want)
		require.ErrorIs(t, f.hosts[3].Telnet(t.Context(), to, LoggerSocket, strings.NewReader(""), io.Discard), want)
		_, err = f.hosts[3].Time(t.Context(), to)
		require.ErrorIs(t, err, want)
	}
	f.idle(t)
}

// A host that has gone has dropped its ready line.
func TestAHostThatHasLeftIsDown(t *testing.T) {
	f := play(t, Config{}, OneDatagram, nil, 2, 3)
	require.NoError(t, f.hosts[2].Close())
	require.Eventually(t, func() bool { return !f.imp.Network().Ready(2) }, 10*time.Second, time.Millisecond)
	require.ErrorIs(t, f.hosts[3].Ping(t.Context(), 2, 1), ErrHostDown)
	require.ErrorIs(t, f.hosts[2].Ping(t.Context(), 3, 1), net.ErrClosed)
	_, err := f.hosts[2].Finger(t.Context(), 3, "x")
	require.ErrorIs(t, err, net.ErrClosed)
}

func TestWithoutAnIMPNothingAnswers(t *testing.T) {
	nobody, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(anyPort))
	require.NoError(t, err)
	defer nobody.Close()
	socket, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(anyPort))
	require.NoError(t, err)
	h := newHost(HostConfig{Number: 3, IMP: address(nobody)}, socket, 0)
	require.ErrorIs(t, h.Ping(t.Context(), 2, 1), ErrNoIMP)
	_, err = h.Finger(t.Context(), 2, "x")
	require.ErrorIs(t, err, ErrNoIMP)
	require.NoError(t, h.Close())
}

// Section h: RFNMs come late, and no CLS goes before them.
func TestRFNMsMayComeLate(t *testing.T) {
	accepted := make(chan Outcome, 10000)
	f := play(t, Config{Held: true, Report: func(_ Event, o Outcome) { accepted <- o }}, OneDatagram, nil, 2, 3)
	var late sync.WaitGroup
	done := make(chan struct{})
	late.Go(func() {
		last := 0
		for {
			select {
			case <-done:
				return
			case o := <-accepted:
				for _, m := range o.Network.InTransit() {
					if m.Number <= last || m.Delivered {
						continue
					}
					last = m.Number
					if f.imp.Do(Deliver{m.Number}) != nil {
						return
					}
					late.Go(func() {
						select {
						case <-time.After(20 * time.Millisecond): // how late
						case <-done:
						}
						_ = f.imp.Do(Return{m.Number})
					})
				}
			}
		}
	})
	for range 2 {
		answer, err := f.hosts[3].Finger(t.Context(), 2, "late")
		require.NoError(t, err)
		require.Contains(t, answer, `"late"`)
	}
	f.idle(t)
	f.audit.settled(false)
	close(done)
	late.Wait()
}

// NIC 8246 p.17: a RST ends all connections without a CLS; both tables are empty and the
// accounts closed.
func TestARSTInTheMiddleOfAConnection(t *testing.T) {
	f := play(t, Config{}, OneDatagram, nil, 2, 3)
	for _, resets := range []uint8{2, 3} {
		in, typed := io.Pipe()
		out, shown := io.Pipe()
		ended := make(chan error)
		go func() {
			err := f.hosts[3].Telnet(t.Context(), 2, EchoSocket, in, shown)
			shown.Close()
			ended <- err
		}()
		_, err := io.WriteString(typed, "before\n")
		require.NoError(t, err)
		b := make([]byte, 7)
		_, err = io.ReadFull(out, b)
		require.NoError(t, err)
		h := f.hosts[resets]
		h.mu.Lock()
		h.do(func(s *station) {
			s.step(ncp.Reset{Now: s.now, Host: 5 - resets})
			s.settle()
		})
		h.mu.Unlock()
		require.ErrorIs(t, <-ended, ErrReset)
		typed.Close()
		f.idle(t)
	}
	f.audit.settled(true)
	require.Len(t, f.audit.records[2], 6)
	require.Len(t, f.audit.records[3], 6)
	require.NoError(t, f.hosts[3].Ping(t.Context(), 2, 7))
}

// A host that ends closes what is open: the other end hears it at once.
func TestClosingAHostClosesItsConnections(t *testing.T) {
	f := play(t, Config{}, OneDatagram, nil, 2, 3)
	in, typed := io.Pipe()
	out, shown := io.Pipe()
	ended := make(chan error)
	go func() { ended <- f.hosts[3].Telnet(t.Context(), 2, LoggerSocket, in, shown) }()
	_, err := out.Read(make([]byte, 1000))
	require.NoError(t, err)
	require.NoError(t, f.hosts[2].Close())
	require.NoError(t, <-ended)
	typed.Close()
	f.idle(t)
	f.audit.settled(false)
}

func TestACallIsGivenUpWithItsContext(t *testing.T) {
	f := play(t, Config{}, OneDatagram, nil, 2, 3)
	ctx, cancel := context.WithCancelCause(t.Context())
	in, typed := io.Pipe()
	out, shown := io.Pipe()
	ended := make(chan error)
	go func() { ended <- f.hosts[3].Telnet(ctx, 2, LoggerSocket, in, shown) }()
	_, err := out.Read(make([]byte, 1000))
	require.NoError(t, err)
	enough := errors.New("enough")
	cancel(enough)
	require.ErrorIs(t, <-ended, enough)
	typed.Close()
	f.idle(t)
	f.audit.settled(false)
}

// Whatever another host sends, and whatever comes that is no datagram, a host keeps no more
// than its settings allow, and answers on.
func TestFloodsAreBounded(t *testing.T) {
	imp, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(anyPort))
	require.NoError(t, err)
	defer imp.Close()
	socket, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(anyPort))
	require.NoError(t, err)
	h := newHost(HostConfig{
		Number: 2, IMP: address(imp), Services: Services(2), Settings: ncp.Settings{PerHost: 20, PerSocket: 5, Waiting: 10},
	}, socket, silence)
	defer func() { require.NoError(t, h.Close()) }()
	out, in, b := sender{}, receiver{}, make([]byte, longest+1)
	send := func(message []byte) {
		for _, d := range out.message(message) {
			for _, cut := range []int{int(out.next) % len(d), len(d)} { // malformed, and whole
				_, err := imp.WriteToUDPAddrPort(d[:cut], address(socket))
				require.NoError(t, err)
			}
		}
	}
	says := func(from uint8, c hosthost.Command) {
		text := c.Append(nil)
		send(hosthost.Header{Leader: hosthost.Leader{Host: from}, S: 8, C: uint16(len(text))}.AppendMessage(nil, text, 0))
	}
	for i := range rfc147.Socket(500) {
		for _, c := range []hosthost.Command{
			{Opcode: hosthost.RTS, My: 2 * i, Your: FingerSocket, Link: uint8(2 + i%70)},
			{Opcode: hosthost.RTS, My: 2 * i, Your: 2*i + 1, Link: uint8(2 + i%70)},
			{Opcode: hosthost.STR, My: 2*i + 1, Your: 2 * i, Size: 8},
			{Opcode: hosthost.CLS, My: i, Your: FingerSocket},
		} {
			says(3, c)
		}
		says(4, hosthost.Command{Opcode: hosthost.ECO, Data: uint8(i)})
		for answered := false; !answered; { // each message costs an RFNM
			require.NoError(t, imp.SetReadDeadline(time.Now().Add(10*time.Second)))
			n, _, err := imp.ReadFromUDPAddrPort(b)
			require.NoError(t, err)
			a, _ := in.take(b[:n])
			l, err := hosthost.ReadLeader([]byte(a.message))
			if err != nil || l.Type != hosthost.Regular {
				continue
			}
			send(hosthost.Leader{Type: hosthost.RFNM, Host: l.Host, Link: l.Link}.Append(nil))
			answered = l.Host == 4
		}
		h.mu.Lock()
		require.LessOrEqual(t, h.station.ncp.Len(), 20)
		require.LessOrEqual(t, len(h.station.dialogs), len(serviceNames)*atOnce)
		h.mu.Unlock()
	}
}

func TestAHostHearsOnlyItsIMP(t *testing.T) {
	f := play(t, Config{}, OneDatagram, nil, 2, 3)
	require.NoError(t, f.hosts[3].Ping(t.Context(), 2, 1))
	stranger, err := net.Dial("udp4", f.hosts[2].socket.LocalAddr().String())
	require.NoError(t, err)
	defer stranger.Close()
	_, err = stranger.Write(hosthost.AppendDatagram(nil, 0, hosthost.Last, nil))
	require.NoError(t, err)
	require.NoError(t, f.hosts[3].Ping(t.Context(), 2, 1))
	f.hosts[2].mu.Lock()
	defer f.hosts[2].mu.Unlock()
	require.True(t, f.hosts[2].in.ready, "the stranger has not dropped the line")
}

func TestWhatAHostCannotBeIsAnError(t *testing.T) {
	imp := netip.MustParseAddrPort("127.0.0.1:22001")
	taken, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(anyPort))
	require.NoError(t, err)
	defer taken.Close()
	for _, c := range []struct {
		config HostConfig
		want   string
	}{
		{HostConfig{Number: 2, Local: netip.MustParseAddrPort("0.0.0.0:0"), IMP: imp}, "arpanet: host 2: address 0.0.0.0:0, want one in 127.0.0.0/8"},
		{HostConfig{Number: 2, Local: anyPort, IMP: anyPort}, "arpanet: host 2: peer 127.0.0.1:0, want a port"},
		{HostConfig{Number: 2, Local: anyPort, IMP: imp, User: 7}, "arpanet: host 2: user 0/0/3/send, want a socket that receives"},
		{HostConfig{Number: 2, Local: address(taken), IMP: imp}, "arpanet: host 2: listen udp4 " + address(taken).String()},
	} {
		_, err := NewHost(c.config)
		require.ErrorContains(t, err, c.want)
	}
}

// A host that never answers is given up by the clock of the settings.
func TestAHostThatDoesNotAnswerIsGivenUp(t *testing.T) {
	f := play(t, Config{}, OneDatagram, func(c *HostConfig) bool {
		c.Settings = ncp.Settings{ECOUnanswered: time.Millisecond, RSTUnanswered: time.Millisecond}
		return c.Number == 2
	}, 2, 3)
	mute := &udpHost{t: t, socket: f.sockets[3]}
	mute.say(f.imp, 3, last|ready, "")
	require.Eventually(t, func() bool { return f.imp.Network().Ready(3) }, 10*time.Second, time.Millisecond)
	require.ErrorIs(t, f.hosts[2].Ping(t.Context(), 3, 1), ErrUnanswered)
	_, err := f.hosts[2].Finger(t.Context(), 3, "x")
	require.ErrorIs(t, err, ErrUnanswered)
	f.idle(t)
}

// A message that the network has lost is told to whoever said it (type 9), and nobody says it
// again (NIC 8246 has no such thing).
func TestALostMessageEndsTheCall(t *testing.T) {
	var f *field
	accepted := make(chan Outcome, 10000)
	f = play(t, Config{Held: true, Report: func(_ Event, o Outcome) { accepted <- o }}, OneDatagram, nil, 2, 3)
	var network sync.WaitGroup
	done := make(chan struct{})
	network.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-accepted:
				e, ok := f.imp.Network().Next()
				if m := f.imp.Network().InTransit(); ok && bytes.Contains([]byte(m[0].Octets), []byte("lose me")) {
					e = Lose{m[0].Number}
				}
				if ok {
					_ = f.imp.Do(e)
				}
			}
		}
	})
	_, err := f.hosts[3].Finger(t.Context(), 2, "lose me")
	require.ErrorIs(t, err, ErrLost)
	f.idle(t)
	close(done)
	network.Wait()
}

// An IMP that begins anew knows of nobody; a host that hears its reset raises its line again.
func TestAnIMPThatBeginsAnewFindsItsHosts(t *testing.T) {
	f := play(t, Config{}, OneDatagram, nil, 2, 3)
	require.NoError(t, f.imp.Do(Start{2}))
	require.Eventually(t, func() bool { return f.imp.Network().Ready(2) }, 10*time.Second, time.Millisecond)
	require.NoError(t, f.hosts[3].Ping(t.Context(), 2, 1))
	answer, err := f.hosts[3].Finger(t.Context(), 2, "after all")
	require.NoError(t, err)
	require.Contains(t, answer, "after all")
}

func TestAHostReportsEachMessage(t *testing.T) {
	imp, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(anyPort))
	require.NoError(t, err)
	defer imp.Close()
	var said []string
	h, err := NewHost(HostConfig{Number: 2, Local: anyPort, IMP: address(imp), Report: func(at time.Time, sent bool, message []byte) {
		require.WithinDuration(t, time.Now(), at, time.Minute)
		way := "<- "
		if sent {
			way = "-> "
		}
		said = append(said, way+string(message))
	}})
	require.NoError(t, err)
	at := address(h.socket)
	_, err = imp.WriteToUDPAddrPort(hosthost.AppendDatagram(nil, 0, last|ready, []byte("\x00\x03\x00\x00\x00\x08\x00\x02\x00\x09\x07")), at)
	require.NoError(t, err)
	h.mu.Lock()
	require.NoError(t, h.await(t.Context(), func() bool { return h.heard && h.station.ncp.Outstanding(3) > 0 }))
	h.mu.Unlock()
	require.NoError(t, h.Close())
	message := "\x03\x00\x00\x00\x08\x00\x02\x00"
	require.Equal(t, []string{"-> " + nop, "-> " + nop, "-> " + nop, "<- \x00" + message + "\x09\x07\x00", "-> \x00" + message + "\x0a\x07"}, said)
}

// A socket that fails is told at the end, and whoever waits is not left waiting.
func TestCloseTellsWhatFailedAtAHost(t *testing.T) {
	f := play(t, Config{}, OneDatagram, func(c *HostConfig) bool { return c.Number == 2 }, 2, 3)
	h := f.hosts[2]
	ended := make(chan error)
	go func() { ended <- h.Telnet(t.Context(), 3, LoggerSocket, strings.NewReader(""), io.Discard) }()
	require.NoError(t, h.socket.Close())
	require.Error(t, <-ended)
	require.ErrorContains(t, h.Close(), "arpanet: host 2: ")
}
