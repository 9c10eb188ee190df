package differential

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	netstacktcp "gvisor.dev/gvisor/pkg/tcpip/transport/tcp"

	"sockscope/handshake/wire"
	"sockscope/statemachine/tcp"
)

// The two TCPs side by side, in one process and one goroutine of ours: segments are
// octets with real IPv4 and TCP headers, and checksums are made by who sends and verified
// by who receives.

var addresses = [2]netip.AddrPort{netip.MustParseAddrPort("10.0.0.1:49152"), netip.MustParseAddrPort("10.0.0.2:7147")}

// stacks are two netstacks whose links are carried to each other.
type stacks [2]*netstack

// newStacks makes two with netstack's own defaults, but for TIME-WAIT: at MTU 1500, so
// that a segment holds 1460 octets.
func newStacks(b *testing.B) stacks {
	b.Helper()
	var s stacks
	for i := range s {
		n := &netstack{link: channel.New(queued, 1500, "")}
		n.Stack = stack.New(stack.Options{
			NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol},
			TransportProtocols: []stack.TransportProtocolFactory{netstacktcp.NewProtocol},
		})
		wait := tcpip.TCPTimeWaitTimeoutOption(1)
		require.Nil(b, n.SetTransportProtocolOption(netstacktcp.ProtocolNumber, &wait))
		require.Nil(b, n.CreateNIC(nic, n.link))
		address := tcpip.ProtocolAddress{Protocol: ipv4.ProtocolNumber, AddressWithPrefix: tcpip.AddrFrom4(addresses[i].Addr().As4()).WithPrefix()}
		require.Nil(b, n.AddProtocolAddress(nic, address, stack.AddressProperties{}))
		n.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: nic}})
		s[i] = n
		b.Cleanup(func() { n.link.Close(); n.Destroy() })
	}
	return s
}

// carry brings what each stack has sent to the other until both are silent, and counts.
func (s stacks) carry() (segments int) {
	for idle := false; !idle; {
		idle = true
		for i, n := range s {
			n.rest()
			for octets := n.sent(); octets != nil; octets = n.sent() {
				s[1-i].receive(octets)
				segments++
				idle = false
			}
		}
	}
	return segments
}

// listener makes a socket that listens.
func (s stacks) listener(b *testing.B) *netstacktcp.Endpoint {
	b.Helper()
	l, err := s[1].socket()
	require.NoError(b, err)
	require.Nil(b, l.Bind(full(addresses[1])))
	require.Nil(b, l.Listen(1024))
	return l
}

// connect opens a connection to a listener and gives both ends.
func (s stacks) connect(b *testing.B, l *netstacktcp.Endpoint) (client, server tcpip.Endpoint) {
	b.Helper()
	c, err := s[0].socket()
	require.NoError(b, err)
	if _, started := c.Connect(full(addresses[1])).(*tcpip.ErrConnectStarted); !started {
		b.Fatal("connect() did not start")
	}
	s.carry()
	server, _, refused := l.Accept(nil)
	if refused != nil {
		b.Fatal(refused)
	}
	return c, server
}

// ends are two of our machines and the octets between them.
type ends struct {
	tcb  [2]tcp.TCB
	out  tcp.Outcome
	text string // what has come
}

// step takes one end through an event and puts what it sends on the line.
func (e *ends) step(b *testing.B, i int, event tcp.Event, to *[]delivery) {
	e.out.TCB = e.tcb[i]
	e.out.Step(event)
	e.tcb[i] = e.out.TCB
	e.text = e.out.Text
	for _, s := range e.out.Segments {
		segment := wire.Append(nil, addresses[i], addresses[1-i], s)
		octets, err := wire.AppendIPv4(nil, wire.IPv4{Src: addresses[i].Addr(), Dst: addresses[1-i].Addr(), TTL: 64}, segment)
		if err != nil {
			b.Fatal(err)
		}
		*to = append(*to, delivery{1 - i, octets})
	}
}

// delivery is a datagram on its way.
type delivery struct {
	to     int
	octets []byte
}

// carry brings what is on the line to its receiver until nothing is, and counts.
func (e *ends) carry(b *testing.B, line *[]delivery) (segments, octets int) {
	for len(*line) > 0 {
		d := (*line)[0]
		*line = (*line)[1:]
		ip, segment, err := wire.DecodeIPv4(d.octets)
		if err != nil {
			b.Fatal(err)
		}
		_, s, err := wire.Decode(segment, ip.Src, ip.Dst)
		if err != nil {
			b.Fatal(err)
		}
		e.step(b, d.to, tcp.SegmentArrives{Segment: s, ISS: 300}, line)
		segments++
		octets += len(e.text)
	}
	return segments, octets
}

// BenchmarkLife is a whole life: connect, accept, "hello", close by both.
func BenchmarkLife(b *testing.B) {
	b.Run("model", func(b *testing.B) {
		var line []delivery
		segments := 0
		for b.Loop() {
			var e ends
			e.step(b, 1, tcp.Open{}, &line)
			for _, event := range []struct {
				at int
				tcp.Event
			}{
				{0, tcp.Open{Active: true, Remote: true, ISS: 100}}, {0, tcp.Send{Text: "hello", Push: true}},
				{1, tcp.Receive{Octets: 5}}, {0, tcp.Close{}}, {1, tcp.Close{}},
			} {
				e.step(b, event.at, event.Event, &line)
				n, _ := e.carry(b, &line)
				segments += n
			}
			if e.tcb[0].State != tcp.TimeWait || e.tcb[1].State != tcp.Closed {
				b.Fatal(e.tcb[0].State, e.tcb[1].State)
			}
		}
		report(b, segments)
	})
	b.Run("netstack", func(b *testing.B) {
		s := newStacks(b)
		l := s.listener(b)
		segments := 0
		for b.Loop() {
			c, err := s[0].socket()
			if err != nil {
				b.Fatal(err)
			}
			c.Connect(full(addresses[1]))
			segments += s.carry()
			server, _, refused := l.Accept(nil)
			if refused != nil {
				b.Fatal(refused)
			}
			if _, err := c.Write(bytes.NewReader([]byte("hello")), tcpip.WriteOptions{}); err != nil {
				b.Fatal(err)
			}
			segments += s.carry()
			if _, err := server.Read(io.Discard, tcpip.ReadOptions{}); err != nil {
				b.Fatal(err)
			}
			c.Close()
			segments += s.carry()
			server.Close()
			segments += s.carry()
		}
		report(b, segments)
	})
}

func report(b *testing.B, segments int) {
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lives/s")
	b.ReportMetric(float64(segments)/float64(b.N), "segments/life")
}

// BenchmarkBulk sends text one way: our machine's MSS is the default of 536, so its
// segments of 1460 are cut here, one acknowledgment for each.
func BenchmarkBulk(b *testing.B) {
	const mss = 1460
	b.Run("model", func(b *testing.B) {
		var e ends
		var line []delivery
		e.step(b, 1, tcp.Open{}, &line)
		e.step(b, 0, tcp.Open{Active: true, Remote: true, ISS: 100}, &line)
		e.carry(b, &line)
		text := string(make([]byte, mss))
		b.SetBytes(mss)
		for b.Loop() {
			t := &e.tcb[0]
			s := tcp.Segment{SEQ: t.SND.NXT, ACK: t.RCV.NXT, WND: uint16(t.RCV.WND), CTL: tcp.ACK | tcp.PSH, Text: text}
			t.Queue, t.SND.NXT = text, t.SND.NXT+mss
			segment := wire.Append(nil, addresses[0], addresses[1], s)
			octets, err := wire.AppendIPv4(nil, wire.IPv4{Src: addresses[0].Addr(), Dst: addresses[1].Addr(), TTL: 64}, segment)
			if err != nil {
				b.Fatal(err)
			}
			line = append(line, delivery{1, octets})
			if _, n := e.carry(b, &line); n != 0 && n != mss {
				b.Fatal(n)
			}
			e.step(b, 1, tcp.Receive{Octets: mss}, &line)
			e.carry(b, &line)
		}
		if e.tcb[0].SND.UNA != e.tcb[0].SND.NXT {
			b.Fatal("not all is acknowledged")
		}
	})
	b.Run("netstack", func(b *testing.B) {
		s := newStacks(b)
		client, server := s.connect(b, s.listener(b))
		const burst = 8 * mss
		text := make([]byte, burst)
		b.SetBytes(burst)
		for b.Loop() {
			if _, err := client.Write(bytes.NewReader(text), tcpip.WriteOptions{}); err != nil {
				b.Fatal(err)
			}
			s.carry()
			for got := 0; got < burst; {
				r, err := server.Read(io.Discard, tcpip.ReadOptions{})
				if err != nil {
					b.Fatal(errors.New(err.String()))
				}
				got += r.Count
			}
		}
	})
}

// BenchmarkIdleEnd is the memory of an end that is ESTABLISHED and has nothing to do.
func BenchmarkIdleEnd(b *testing.B) {
	const connections = 1000
	b.Run("model", func(b *testing.B) {
		for b.Loop() {
			all := make([]*ends, connections)
			before := heap()
			for i := range all {
				var line []delivery
				all[i] = &ends{}
				all[i].step(b, 1, tcp.Open{}, &line)
				all[i].step(b, 0, tcp.Open{Active: true, Remote: true, ISS: 100}, &line)
				all[i].carry(b, &line)
				all[i].out = tcp.Outcome{} // the step's, not the end's
			}
			b.ReportMetric(float64(heap()-before)/connections/2, "B/end")
			runtime.KeepAlive(all)
		}
	})
	b.Run("netstack", func(b *testing.B) {
		for b.Loop() {
			s := newStacks(b)
			l := s.listener(b)
			all := make([]tcpip.Endpoint, 0, 2*connections)
			before := heap()
			for range connections {
				client, server := s.connect(b, l)
				all = append(all, client, server)
			}
			b.ReportMetric(float64(heap()-before)/connections/2, "B/end")
			runtime.KeepAlive(all)
		}
	})
}

// heap is what is in use after what is not has been collected.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
