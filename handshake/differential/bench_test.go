package differential

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	netstacktcp "gvisor.dev/gvisor/pkg/tcpip/transport/tcp"

	"sockscope/handshake/model"
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

// between is what our two machines do, behind their OPENs. A segment holds 1460 octets, and
// every second one is acknowledged, as with netstack.
func between(calls ...model.PlannedCall) *model.Plan {
	settings := tcp.Settings{MSS: mss, DelayACK: true}
	return &model.Plan{
		ISS: [2]uint32{100, 300}, Octets: true, Addresses: addresses,
		Calls: append([]model.PlannedCall{
			{End: 1, Call: tcp.Open{Settings: settings}},
			{End: 0, Call: tcp.Open{Active: true, Remote: true, ISS: 100, Settings: settings}},
		}, calls...),
	}
}

// sent counts the segments of a simulation.
func sent(records []model.Record) (n int) {
	for _, r := range records {
		n += int(r.Sent)
	}
	return n
}

const mss = 1460

// BenchmarkLife is a whole life: connect, accept, "hello", close by both.
func BenchmarkLife(b *testing.B) {
	b.Run("model", func(b *testing.B) {
		const ms = time.Millisecond
		plan := between(
			model.PlannedCall{End: 0, Call: tcp.Send{Now: ms, Text: "hello", Push: true}},
			model.PlannedCall{End: 1, Call: tcp.Receive{Now: 2 * ms, Octets: 5}},
			model.PlannedCall{End: 0, Call: tcp.Close{Now: 3 * ms}},
			model.PlannedCall{End: 1, Call: tcp.Close{Now: 4 * ms}},
		)
		var s model.Simulation
		segments := 0
		for b.Loop() {
			s.Run(plan)
			segments += sent(s.Records)
		}
		if last := s.Records[len(s.Records)-1]; last.Before != tcp.TimeWait || last.After != tcp.Closed {
			b.Fatal(last)
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
	b.Helper()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lives/s")
	b.ReportMetric(float64(segments)/float64(b.N), "segments/life")
}

// BenchmarkBulk sends text one way, eight segments at a time.
func BenchmarkBulk(b *testing.B) {
	const burst = 8 * mss
	b.Run("model", func(b *testing.B) {
		const bursts = 1000
		text := strings.Repeat("x", burst)
		var calls []model.PlannedCall
		for i := range bursts {
			now := time.Duration(i+1) * time.Millisecond
			calls = append(calls,
				model.PlannedCall{End: 0, Call: tcp.Send{Now: now, Text: text, Push: true}},
				model.PlannedCall{End: 1, Call: tcp.Receive{Now: now, Octets: burst}},
			)
		}
		plan := between(calls...)
		plan.Until = bursts * time.Millisecond
		var s model.Simulation
		b.SetBytes(burst * bursts)
		for b.Loop() {
			s.Run(plan)
		}
		if s.Received[1] != burst*bursts {
			b.Fatal(s.Received)
		}
	})
	b.Run("netstack", func(b *testing.B) {
		s := newStacks(b)
		client, server := s.connect(b, s.listener(b))
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
		var s, c tcp.Outcome
		s.Step(tcp.Open{})
		c.Step(tcp.Open{Active: true, Remote: true, ISS: 100})
		s.Step(tcp.SegmentArrives{ISS: 300, Segment: c.Segments[0]})
		c.Step(tcp.SegmentArrives{Segment: s.Segments[0]})
		s.Step(tcp.SegmentArrives{Segment: c.Segments[0]})
		require.Equal(b, [2]tcp.State{tcp.Established, tcp.Established}, [2]tcp.State{c.TCB.State, s.TCB.State})
		for b.Loop() {
			all := make([]*tcp.TCB, 0, 2*connections)
			before := heap()
			for range connections {
				client, server := c.TCB, s.TCB
				all = append(all, &client, &server)
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
