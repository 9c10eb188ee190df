package arpanet

import (
	"fmt"
	"slices"

	"sockscope/rfc147/hosthost"
)

// Limits of what a network keeps. A host that says more is answered, never stored.
const (
	// MaxOutstanding is how many messages from one host to another may be without their
	// answers (RFC 534).
	MaxOutstanding = 4
	// MaxWaiting is how many messages wait at a host's interface because the first of them
	// would be one too many. A real IMP stops taking bits there; a datagram cannot be
	// stopped, so what comes beyond these has no room.
	MaxWaiting = 16
)

// Subtypes of the answers (RFC 381), as the names of [hosthost.Leader.SubtypeName].
const (
	flipFlop, shortLeader, badType                         = 0, 1, 2
	impUnreachable, hostDown                               = 0, 1
	hostTardy, longMessage, slowMessage, lost, noneToBeHad = 0, 1, 2, 3, 4
)

// Port is one host's place at its IMP.
type Port struct {
	Host    uint8 // its address: host on IMP times 64, and the IMP's number (RFC 208)
	Framing Framing
}

// Network is all IMPs with their hosts' interfaces, and the messages between them. [Step]
// leaves it as it is, so a copy is a snapshot. An IMP is there as soon as the interface of
// one of its hosts has been started.
type Network struct {
	interfaces []hostInterface
	transit    []Message // oldest first
	accepted   int
}

// hostInterface is where a host and its IMP meet.
type hostInterface struct {
	host    uint8
	on      bool
	in      receiver
	out     sender
	waiting []string // messages that would be one too many, and those behind them
}

// Message is a regular message from one host to another that has had no answer yet.
type Message struct {
	Number    int    // 1 for the network's first
	From, To  uint8  // hosts
	Octets    string // as the source said it, from its leader on
	Delivered bool   // it has arrived; its RFNM is on the way back
}

// NewNetwork makes a network whose IMPs are switched off. Two ports of one host are an error.
func NewNetwork(ports ...Port) (Network, error) {
	var n Network
	for _, p := range ports {
		if n.at(p.Host) != nil {
			return Network{}, fmt.Errorf("arpanet: two interfaces of host %d, want one", p.Host)
		}
		n.interfaces = append(n.interfaces, hostInterface{host: p.Host, out: sender{framing: p.Framing}})
	}
	return n, nil
}

// InTransit lists the messages that the network has accepted and not yet answered, oldest
// first. It is the network's choice what happens to each.
func (n Network) InTransit() []Message { return slices.Clone(n.transit) }

// Next is what happens to the oldest of them in a network that loses nothing; false if there
// is none.
func (n Network) Next() (Event, bool) {
	switch {
	case len(n.transit) == 0:
		return nil, false
	case n.transit[0].Delivered:
		return Return{n.transit[0].Number}, true
	default:
		return Deliver{n.transit[0].Number}, true
	}
}

// Ready reports whether the host's ready line is up, as its IMP last heard.
func (n Network) Ready(host uint8) bool {
	i := n.at(host)
	return i != nil && i.on && i.in.ready
}

// at is the interface of a host; nil if it has none.
func (n *Network) at(host uint8) *hostInterface {
	for i := range n.interfaces {
		if n.interfaces[i].host == host {
			return &n.interfaces[i]
		}
	}
	return nil
}

// reaches says whether the host's IMP is there, whether the host is or not.
func (n *Network) reaches(host uint8) bool {
	imp := hosthost.Leader{Host: host}.IMP()
	return slices.ContainsFunc(n.interfaces, func(i hostInterface) bool {
		return i.on && hosthost.Leader{Host: i.host}.IMP() == imp
	})
}

// outstanding counts the messages from one host to another.
func (n *Network) outstanding(from, to uint8) (count int) {
	for _, m := range n.transit {
		if m.From == from && m.To == to {
			count++
		}
	}
	return count
}

func (n Network) clone() Network {
	n.transit = slices.Clone(n.transit)
	n.interfaces = slices.Clone(n.interfaces)
	for i := range n.interfaces {
		n.interfaces[i].waiting = slices.Clone(n.interfaces[i].waiting)
	}
	return n
}

// Event is what can happen to a network.
//
//sumtype:decl
type Event interface{ event() }

// Start switches on the IMP's side of a host's interface, or starts it anew: it forgets all
// that it knew, and its datagrams count from 0.
type Start struct{ Host uint8 }

// FromHost is one datagram that a host has sent to its IMP. The octets are only read.
type FromHost struct {
	Host     uint8
	Datagram []byte
}

// TooSlow says that the message under way from a host has taken too long, from its first bit
// to its last: 15 s (RFC 381).
type TooSlow struct{ Host uint8 }

// Deliver lets a message in transit arrive, by its number. Messages from one host to another
// arrive in their order.
type Deliver struct{ Number int }

// Return lets the RFNM of a message that was delivered reach the host that sent it.
type Return struct{ Number int }

// Lose lets a message in transit, or its RFNM, be lost between the IMPs.
type Lose struct{ Number int }

// Tardy says that the destination has not taken the message for 30 s: it is discarded, and
// the interface reset (RFC 270, 394).
type Tardy struct{ Number int }

// Inject lets a regular message appear in the network as if a host had sent it.
type Inject struct {
	From    uint8
	Message string // with the leader that the host would have written
}

func (Inject) event()   {}
func (Start) event()    {}
func (FromHost) event() {}
func (TooSlow) event()  {}
func (Deliver) event()  {}
func (Return) event()   {}
func (Lose) event()     {}
func (Tardy) event()    {}

// Outcome is a network after an event, and what the event caused.
type Outcome struct {
	Network Network
	Sent    []Sent // to hosts, in order
	Rules   []Rule // that fired, in order
}

// Sent is a datagram from an IMP to its host.
type Sent struct {
	Host     uint8
	Datagram []byte
}

// Step is what a network does when something happens. Every event has an outcome: what is
// wrong is answered, or named by a rule and dropped.
func Step(n Network, e Event) Outcome {
	o := Outcome{Network: n.clone()}
	switch e := e.(type) {
	case Start:
		o.start(e.Host)
	case Inject:
		o.inject(e.From, e.Message)
	case FromHost:
		o.fromHost(e.Host, e.Datagram)
	case TooSlow:
		o.tooSlow(e.Host)
	case Deliver:
		o.deliver(e.Number)
	case Return:
		o.giveBack(e.Number)
	case Lose:
		o.lose(e.Number)
	case Tardy:
		o.tardy(e.Number)
	}
	return o
}

func (o *Outcome) fire(r ...Rule) { o.Rules = append(o.Rules, r...) }

func (o *Outcome) start(host uint8) {
	i := o.Network.at(host)
	if i == nil {
		o.fire(InterfaceOff)
		return
	}
	*i = hostInterface{host: host, on: true, out: sender{framing: i.out.framing}}
	o.Network.transit = slices.DeleteFunc(o.Network.transit, func(m Message) bool { return m.From == host })
	o.fire(InterfaceStarted)
	o.reset(host)
}

// reset drops the IMP's ready line and raises it again; what the host had begun to say is
// spoiled. Three NOPs and the news follow (RFC 394).
func (o *Outcome) reset(host uint8) {
	i := o.Network.at(host)
	if i == nil {
		return
	}
	if i.in.underWay() {
		i.in.spoil()
	}
	o.send(i, i.out.datagram(hosthost.Last, nil), i.out.datagram(hosthost.Ready|hosthost.Last, nil))
	for range 3 {
		o.say(i, hosthost.Leader{Type: hosthost.NOP}, "")
	}
	o.say(i, hosthost.Leader{Type: hosthost.InterfaceReset}, "")
	o.fire(InterfaceReset)
}

func (o *Outcome) send(i *hostInterface, datagrams ...[]byte) {
	for _, d := range datagrams {
		o.Sent = append(o.Sent, Sent{i.host, d})
	}
}

// say sends a leader, and what follows it, to a host.
func (o *Outcome) say(i *hostInterface, l hosthost.Leader, text string) {
	o.send(i, i.out.message(append(l.Append(nil), text...))...)
}

func (o *Outcome) fromHost(host uint8, datagram []byte) {
	i := o.Network.at(host)
	if i == nil || !i.on {
		o.fire(InterfaceOff)
		return
	}
	a, fired := i.in.take(datagram)
	o.fire(fired...)
	if a.restarted {
		i.waiting = nil
	}
	if a.ended {
		o.said(i, a)
	}
}

func (o *Outcome) inject(from uint8, message string) {
	i := o.Network.at(from)
	if i == nil || !i.on {
		o.fire(InterfaceOff)
		return
	}
	o.said(i, arrival{ended: true, message: message})
}

func (o *Outcome) tooSlow(host uint8) {
	i := o.Network.at(host)
	if i == nil || !i.on || !i.in.collecting() {
		return
	}
	a := arrival{message: i.in.begun}
	i.in.begun, i.in.flaw = "", answered
	if l, err := hosthost.ReadLeader([]byte(a.message)); err != nil {
		o.answer(i, LeaderShort, hosthost.Leader{}, hosthost.ErrorInLeader, shortLeader)
	} else {
		o.answer(i, MessageTooSlow, l, hosthost.Incomplete, slowMessage)
	}
}

// answer fires the rule and tells a host what has become of its message: host, link and
// message-id are those that the message had.
func (o *Outcome) answer(i *hostInterface, r Rule, l hosthost.Leader, t hosthost.Type, subtype uint8) {
	o.fire(r)
	o.say(i, hosthost.Leader{Type: t, Host: l.Host, Link: l.Link, ID: l.ID, Subtype: subtype}, "")
}
