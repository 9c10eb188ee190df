package arpanet

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"sockscope/rfc147/hosthost"
)

// slowest is how long a host's message may take from its first bit to its last (RFC 381).
const slowest = 15 * time.Second

// longest is how many octets a datagram has that is taken, at most: one word is its flags.
const longest = hosthost.DatagramLen + 2*(hosthost.MaxWords-1)

// Attachment is a Port with the two ends of its line: UDP addresses in 127.0.0.0/8.
type Attachment struct {
	Port
	IMP  netip.AddrPort // the IMP's end; with port 0 the kernel chooses one
	Peer netip.AddrPort // the host's end; nobody else is heard
}

// Usual attaches a host at the ports where it is looked for: host 2 at 22002 with its IMP at
// 22001, host 3 at 22004 and 22003, as in linux-ncp's own tests, and so on for each number.
func Usual(framing Framing, host uint8) Attachment {
	at := func(port uint16) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port)
	}
	first := 22001 + 2*(uint16(host)-2)
	return Attachment{Port: Port{Host: host, Framing: framing}, IMP: at(first), Peer: at(first + 1)}
}

// Config is what an [IMP] serves, and how.
type Config struct {
	Hosts []Attachment
	// Held leaves each message in transit, and then its RFNM, until [IMP.Do] says what becomes
	// of it. Otherwise both arrive at once.
	Held bool
	// Report, if not nil, is told each event with its outcome, one at a time, after what the
	// event caused has been sent. It may not call the IMP, nor keep an event's octets.
	Report func(Event, Outcome)
}

// IMP is a Network with sockets: for each host one, and one goroutine that reads it. All of
// its methods may be called from any goroutine.
type IMP struct {
	lines    []line
	held     bool
	report   func(Event, Outcome)
	patience time.Duration

	reading sync.WaitGroup
	mu      sync.Mutex // guards what follows, and the order of what is sent
	network Network
	closed  bool
	failed  error // of the goroutines
}

// line is one host's socket.
type line struct {
	host   uint8
	socket *net.UDPConn
	peer   netip.AddrPort
}

// NewIMP opens the sockets and starts the interfaces: each host is told so, by the news of
// the ready line, three NOPs and an interface reset. An address that is not in 127.0.0.0/8, a
// peer without a port, a host attached twice and a socket that cannot be had are errors.
func NewIMP(c Config) (*IMP, error) { return newIMP(c, slowest) }

func newIMP(c Config, patience time.Duration) (*IMP, error) {
	ports := make([]Port, 0, len(c.Hosts))
	for _, a := range c.Hosts {
		if err := a.check(); err != nil {
			return nil, err
		}
		ports = append(ports, a.Port)
	}
	n, err := NewNetwork(ports...)
	if err != nil {
		return nil, err
	}
	p := &IMP{network: n, held: c.Held, report: c.Report, patience: patience}
	for _, a := range c.Hosts {
		socket, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(a.IMP))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("arpanet: host %d: %w", a.Host, err), p.Close())
		}
		p.lines = append(p.lines, line{host: a.Host, socket: socket, peer: a.Peer})
	}
	for _, l := range p.lines {
		if err := p.Do(Start{l.host}); err != nil {
			return nil, errors.Join(err, p.Close())
		}
	}
	for _, l := range p.lines {
		p.reading.Go(func() { p.read(l) })
	}
	return p, nil
}

func (a Attachment) check() error {
	for _, end := range []netip.AddrPort{a.IMP, a.Peer} {
		if !end.Addr().Is4() || !end.Addr().IsLoopback() {
			return fmt.Errorf("arpanet: host %d: address %s, want one in 127.0.0.0/8", a.Host, end)
		}
	}
	if a.Peer.Port() == 0 {
		return fmt.Errorf("arpanet: host %d: peer %s, want a port", a.Host, a.Peer)
	}
	return nil
}

// Addr is the IMP's end of a host's line; zero if there is no such host.
func (p *IMP) Addr(host uint8) netip.AddrPort {
	for _, l := range p.lines {
		if l.host == host {
			return l.socket.LocalAddr().(*net.UDPAddr).AddrPort()
		}
	}
	return netip.AddrPort{}
}

// Network is the network as it is now.
func (p *IMP) Network() Network {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.network
}

// Do lets something happen and sends what it causes. An error is a socket's, the first one,
// or says that the IMP is closed. What could not be sent is lost on the line.
func (p *IMP) Do(e Event) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return fmt.Errorf("arpanet: %w", net.ErrClosed)
	}
	failed := p.step(e)
	for !p.held {
		e, ok := p.network.Next()
		if !ok {
			break
		}
		if err := p.step(e); failed == nil {
			failed = err
		}
	}
	return failed
}

// step lets one thing happen; mu is held.
func (p *IMP) step(e Event) (failed error) {
	o := Step(p.network, e)
	p.network = o.Network
	for _, s := range o.Sent {
		for _, l := range p.lines {
			if l.host != s.Host {
				continue
			}
			if _, err := l.socket.WriteToUDPAddrPort(s.Datagram, l.peer); err != nil && failed == nil {
				failed = l.failure(err)
			}
		}
	}
	if p.report != nil {
		p.report(e, o)
	}
	return failed
}

func (l line) failure(err error) error { return fmt.Errorf("arpanet: host %d: %w", l.host, err) }

// read takes what comes from one host until the socket is closed. While a message is under
// way, the socket's deadline is the time by which it must have ended.
func (p *IMP) read(l line) {
	b := make([]byte, longest+1) // one more shows that a datagram is too long
	begun := false
	for {
		n, from, err := l.socket.ReadFromUDPAddrPort(b)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			p.fail(p.Do(TooSlow{l.host}))
		case err != nil:
			p.fail(l.failure(err))
			return
		case netip.AddrPortFrom(from.Addr().Unmap(), from.Port()) == l.peer:
			p.fail(p.Do(FromHost{l.host, b[:n]}))
		}
		if now := p.collecting(l.host); now != begun {
			var deadline time.Time
			if begun = now; begun {
				deadline = time.Now().Add(p.patience)
			}
			if err := l.socket.SetReadDeadline(deadline); err != nil {
				p.fail(l.failure(err))
				return
			}
		}
	}
}

// collecting says whether a host's message has begun and not ended.
func (p *IMP) collecting(host uint8) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.network.at(host).in.collecting()
}

// fail keeps the first thing that went wrong, for Close to tell. What goes wrong because the
// sockets are closed is Close's own doing.
func (p *IMP) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed && p.failed == nil {
		p.failed = err
	}
}

// Close gives the sockets back and waits until the goroutines have ended. Its error is the
// first that they met. Closing again does nothing.
func (p *IMP) Close() error {
	p.mu.Lock()
	var failed error
	if !p.closed {
		p.closed, failed = true, p.failed
		for _, l := range p.lines {
			if err := l.socket.Close(); err != nil && failed == nil {
				failed = l.failure(err)
			}
		}
	}
	p.mu.Unlock()
	p.reading.Wait()
	return failed
}
