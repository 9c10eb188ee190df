package differential

import (
	"fmt"
	"math/rand"
	"net/netip"
	"reflect"
	"time"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"
)

const (
	nic = 1
	// mtu leaves 536 octets of text behind two headers of 20: the model's MSS.
	mtu = 576
	// queued bounds the segments that one event can cause: two windows of the smallest
	// would fit.
	queued = 4096
)

// settings take away what RFC 9293's machine has no counterpart of, and set the values
// of those that it has.
func settings() []tcpip.SettableTransportProtocolOption {
	sack, moderate, delay := tcpip.TCPSACKEnabled(false), tcpip.TCPModerateReceiveBufferOption(false), tcpip.TCPDelayEnabled(false)
	recovery := tcpip.TCPRecovery(0) // neither RACK nor tail loss probes
	least, most := tcpip.TCPMinRTOOption(time.Second), tcpip.TCPMaxRTOOption(time.Minute)
	const msl = 2 * time.Minute
	timeWait, linger := tcpip.TCPTimeWaitTimeoutOption(2*msl), tcpip.TCPLingerTimeoutOption(24*time.Hour)
	reuse := tcpip.TCPTimeWaitReuseDisabled
	const window = 65535 // half of the buffer; a window of more is not told without an option
	return []tcpip.SettableTransportProtocolOption{
		&sack, &moderate, &delay, &recovery, &least, &most, &timeWait, &linger, &reuse,
		&tcpip.TCPReceiveBufferSizeRangeOption{Min: 1, Default: 2 * (window + 1), Max: 2 * (window + 1)},
		&tcpip.TCPSendBufferSizeRangeOption{Min: 1, Default: 2 * (window + 1), Max: 2 * (window + 1)},
	}
}

// netstack is one host's stack and the link that holds what it sends.
type netstack struct {
	*stack.Stack
	link *channel.Endpoint
	view *view
}

// newNetstack makes a stack at an address, without randomness.
func newNetstack(c *clock, at netip.Addr) (*netstack, error) {
	n := &netstack{link: channel.New(queued, mtu, ""), view: &view{clock: c}}
	n.Stack = stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol},
		Clock:              n.view,
		RandSource:         rand.NewSource(0),
		SecureRNG:          sameAgain{},
	})
	for _, o := range settings() {
		if err := n.SetTransportProtocolOption(tcp.ProtocolNumber, o); err != nil {
			return nil, fmt.Errorf("differential: %T: %s", o, err)
		}
	}
	// Challenges in a row are answered: the model has no limit (RFC 5961 7).
	if err := n.SetOption(stack.TCPInvalidRateLimitOption(0)); err != nil {
		return nil, fmt.Errorf("differential: the limit of challenges: %s", err)
	}
	if err := n.CreateNIC(nic, n.link); err != nil {
		return nil, fmt.Errorf("differential: a link: %s", err)
	}
	address := tcpip.ProtocolAddress{Protocol: ipv4.ProtocolNumber, AddressWithPrefix: tcpip.AddrFrom4(at.As4()).WithPrefix()}
	if err := n.AddProtocolAddress(nic, address, stack.AddressProperties{}); err != nil {
		return nil, fmt.Errorf("differential: address %s: %s", at, err)
	}
	n.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: nic}})
	return n, nil
}

// close ends the stack without a word on the wire.
func (n *netstack) close() {
	n.link.Close()
	n.Destroy()
	n.view.forget(n.view)
}

// rest returns once the stack's goroutines have nothing to do. A paused processor has
// emptied its queue; one may have given work to another that was paused before (a
// segment for a closed connection goes on to its listener), but not a third time.
func (n *netstack) rest() {
	for range 2 {
		n.Pause()
		n.Resume()
	}
}

// receive gives the stack a datagram.
func (n *netstack) receive(datagram []byte) {
	p := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(datagram)})
	n.link.InjectInbound(ipv4.ProtocolNumber, p)
	p.DecRef()
}

// sent takes the next datagram that the stack has sent; nil if there is none.
func (n *netstack) sent() []byte {
	p := n.link.Read()
	if p == nil {
		return nil
	}
	defer p.DecRef()
	v := p.ToView()
	defer v.Release()
	return append([]byte(nil), v.AsSlice()...)
}

// socket makes an endpoint.
func (n *netstack) socket() (*tcp.Endpoint, error) {
	e, err := n.NewEndpoint(tcp.ProtocolNumber, ipv4.ProtocolNumber, new(waiter.Queue))
	if err != nil {
		return nil, fmt.Errorf("differential: socket: %s", err)
	}
	return e.(*tcp.Endpoint), nil
}

// find is the endpoint to which the stack gives the segments of a flow; nil if none.
func (n *netstack) find(f flow) *tcp.Endpoint {
	id := stack.TransportEndpointID{
		LocalPort: f.to.Port(), LocalAddress: tcpip.AddrFrom4(f.to.Addr().As4()),
		RemotePort: f.from.Port(), RemoteAddress: tcpip.AddrFrom4(f.from.Addr().As4()),
	}
	e, _ := n.FindTransportEndpoint(ipv4.ProtocolNumber, tcp.ProtocolNumber, id, nic).(*tcp.Endpoint)
	return e
}

func full(a netip.AddrPort) tcpip.FullAddress {
	return tcpip.FullAddress{Addr: tcpip.AddrFrom4(a.Addr().As4()), Port: a.Port()}
}

// Netstack tells nobody its sequence numbers, and which of its timers run; a clock's
// timer may be one that was given up. They are read where they stand, in the fields of
// the version that go.mod names, and only while the stack rests.

// inside is a field of an endpoint, by the names that lead there; the zero Value where
// a pointer on the way is nil.
func inside(e *tcp.Endpoint, path ...string) reflect.Value {
	v := reflect.ValueOf(e)
	for _, name := range path {
		for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
			v = v.Elem()
		}
		if !v.IsValid() {
			return v
		}
		v = v.FieldByName(name)
	}
	return v
}

// number reads a sequence number or a window.
func number(e *tcp.Endpoint, path ...string) uint32 { return uint32(inside(e, path...).Uint()) }

// running is a timer of an endpoint that ends with an effect.
type running struct {
	name  string
	due   time.Duration
	timer uintptr // the *timer
}

// enabled is the state of a timer that was not given up (timerStateEnabled in timer.go).
const enabled = 2

// timers lists those that run.
func timers(e *tcp.Endpoint) []running {
	var list []running
	add := func(name string, due time.Duration, t reflect.Value) {
		if t.IsValid() && !t.IsNil() {
			list = append(list, running{name, due, t.Elem().Pointer()})
		}
	}
	switch e.EndpointState() {
	case tcp.StateSynSent, tcp.StateSynRecv:
		add("retransmission", 0, inside(e, "h", "retransmitTimer", "t"))
	case tcp.StateTimeWait:
		add("time-wait", 0, inside(e, "timeWaitTimer"))
	case tcp.StateClose, tcp.StateError, tcp.StateInitial, tcp.StateBound, tcp.StateConnecting, tcp.StateListen:
	default:
		if inside(e, "snd").IsNil() || inside(e, "snd", "resendTimer", "state").Int() != enabled {
			break
		}
		due := time.Duration(inside(e, "snd", "resendTimer", "target", "nanoseconds").Int()) - epoch
		add("retransmission", due, inside(e, "snd", "resendTimer", "timer"))
	}
	return list
}
