package arpanet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"sockscope/rfc147"
	"sockscope/rfc147/hosthost"
	"sockscope/statemachine/ncp"
)

// What a [Host] is asked for can end in one of these; [errors.Is] tells them apart.
var (
	ErrHostDown    = errors.New("the host is not up")                     // destination dead, subtype 1
	ErrUnreachable = errors.New("the host's IMP cannot be reached")       // destination dead, subtype 0
	ErrRefused     = errors.New("the host has refused")                   // a CLS
	ErrUnanswered  = errors.New("the host has not answered")              // within the time of the settings
	ErrReset       = errors.New("the host has forgotten the connection")  // a RST, or it died
	ErrLost        = errors.New("the network has lost a message")         // incomplete transmission
	ErrProtocol    = errors.New("the host does not keep to the protocol") // of the ICP
	ErrNoIMP       = errors.New("no IMP answers")                         // not even for the host
)

const (
	// silence is how long an IMP has for its first word: it answers every message.
	silence = 5 * time.Second
	// leave is how long a host waits for the CLSs that answer its own before it goes.
	leave = 2 * time.Second
	// messageBits is the most text of one message: 179 octets, for linux-ncp takes no more.
	messageBits = 8 * 179
)

// HostConfig says which host a [Host] is, where, and what it does.
type HostConfig struct {
	Number uint8          // its address (RFC 208)
	Local  netip.AddrPort // its end of the line, in 127.0.0.0/8
	IMP    netip.AddrPort // the IMP's end; nobody else is heard
	// User is U of the first call, a receive socket; see [UserSocket].
	User     rfc147.Socket
	Services []Service
	Settings ncp.Settings // a MessageBits of 0 is 1432
	// Report, if not nil, is given each message in its order, leader first: sent to the IMP, or
	// come from it. It may not call the Host, nor keep the octets.
	Report func(at time.Time, sent bool, message []byte)
	// Account, if not nil, is given the record of each connection that was open and has closed.
	// It may not call the Host.
	Account func(rfc147.Record)
}

// Host is a host of 1971 on a line to its IMP: one NCP, the processes of its services, and
// those that call other hosts. One goroutine reads the socket and keeps the deadlines; it
// ends with [Host.Close]. All methods may be called from any goroutine.
type Host struct {
	socket   *net.UDPConn
	imp      netip.AddrPort
	start    time.Time
	patience time.Duration
	report   func(at time.Time, sent bool, message []byte)

	reading sync.WaitGroup
	mu      sync.Mutex // guards what follows, and the order of what is sent
	changed *sync.Cond
	station station
	in      receiver
	out     sender
	heard   bool // the IMP
	closed  bool
	failed  error // of the socket, the first one
}

// NewHost opens the host's end of the line and raises its ready line: the news, and three
// NOPs. An address that is not in 127.0.0.0/8, an IMP without a port, a User that sends and
// a socket that cannot be had are errors.
func NewHost(c HostConfig) (*Host, error) {
	if err := (Attachment{Port: Port{Host: c.Number}, IMP: c.Local, Peer: c.IMP}).check(); err != nil {
		return nil, err
	}
	if c.User.Polarity() == rfc147.Sends {
		return nil, fmt.Errorf("arpanet: host %d: user %s, want a socket that receives", c.Number, c.User.Fields())
	}
	socket, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(c.Local))
	if err != nil {
		return nil, fmt.Errorf("arpanet: host %d: %w", c.Number, err)
	}
	return newHost(c, socket, silence), nil
}

func newHost(c HostConfig, socket *net.UDPConn, patience time.Duration) *Host {
	if c.Settings.MessageBits == 0 {
		c.Settings.MessageBits = messageBits
	}
	h := &Host{socket: socket, imp: c.IMP, start: time.Now(), patience: patience, report: c.Report}
	h.changed = sync.NewCond(&h.mu)
	h.station = station{
		number: c.Number, epoch: h.start, ncp: ncp.New(c.Settings), services: c.Services, user: c.User, account: c.Account,
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.raise()
	h.do((*station).settle)
	h.reading.Go(h.read)
	return h
}

// raise tells the IMP that the host is ready; mu is held.
func (h *Host) raise() {
	h.send(h.out.datagram(hosthost.Last|hosthost.Ready, nil))
	for range 3 {
		h.say(hosthost.Leader{Type: hosthost.NOP}.Append(nil))
	}
}

// say sends a message; mu is held.
func (h *Host) say(message []byte) {
	for _, d := range h.out.message(message) {
		h.send(d)
	}
	if h.report != nil {
		h.report(time.Now(), true, message)
	}
}

func (h *Host) send(datagram []byte) {
	if _, err := h.socket.WriteToUDPAddrPort(datagram, h.imp); err != nil {
		h.fail(err)
	}
}

func (h *Host) fail(err error) {
	if h.failed == nil && !h.closed {
		h.failed = fmt.Errorf("arpanet: host %d: %w", h.station.number, err)
	}
}

// do lets something happen now, sends what it causes, and sets the next deadline; mu is held.
func (h *Host) do(what func(*station)) {
	h.station.now = time.Since(h.start)
	what(&h.station)
	for _, m := range h.station.messages {
		h.say(m)
	}
	h.station.messages = h.station.messages[:0]
	var deadline time.Time
	if when, ok := h.station.deadline(); ok {
		deadline = h.start.Add(when)
	}
	if err := h.socket.SetReadDeadline(deadline); err != nil {
		h.fail(err)
	}
	h.changed.Broadcast()
}

// read takes what comes from the IMP until the socket is closed. The socket's deadline is that
// of the NCP and of the processes.
func (h *Host) read() {
	b := make([]byte, longest+1)
	for {
		n, from, err := h.socket.ReadFromUDPAddrPort(b)
		h.mu.Lock()
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			h.do((*station).timeout)
		case err != nil:
			h.fail(err)
			h.closed = true
			h.changed.Broadcast()
			h.mu.Unlock()
			return
		case netip.AddrPortFrom(from.Addr().Unmap(), from.Port()) == h.imp:
			h.take(b[:n])
		}
		h.mu.Unlock()
	}
}

// take takes one datagram from the IMP. A message that is spoiled, or too long, is dropped:
// its sender's NCP hears of it from the IMP, if at all.
func (h *Host) take(datagram []byte) {
	a, fired := h.in.take(datagram)
	if len(fired) > 0 && fired[0] == DatagramMalformed {
		return
	}
	h.heard = true
	h.changed.Broadcast()
	if !a.ended || a.flaw != sound {
		return
	}
	message := []byte(a.message)
	if h.report != nil {
		h.report(time.Now(), false, message)
	}
	h.do(func(s *station) { s.arrives(message) })
	if l, err := hosthost.ReadLeader(message); err == nil && l.Type == hosthost.InterfaceReset {
		h.raise() // it knows nothing of us any more (RFC 394)
	}
}

// await waits until something is so, the context ends, or the host is closed; mu is held.
func (h *Host) await(ctx context.Context, so func() bool) error {
	stop := context.AfterFunc(ctx, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.changed.Broadcast()
	})
	defer stop()
	for !so() {
		switch {
		case h.closed:
			return net.ErrClosed
		case ctx.Err() != nil:
			return context.Cause(ctx)
		}
		h.changed.Wait()
	}
	return nil
}

// answered waits likewise for what another host does, once the IMP has said anything at all.
func (h *Host) answered(ctx context.Context, so func() bool) error {
	silence, cancel := context.WithTimeoutCause(ctx, h.patience, ErrNoIMP)
	defer cancel()
	if err := h.await(silence, func() bool { return h.heard || so() }); err != nil {
		return err
	}
	return h.await(ctx, so)
}

// Close closes what connections there are, waits a little for the other ends to do likewise,
// drops the ready line, and gives back the socket and the goroutine. Its error is the first
// that they met. Closing again does nothing.
func (h *Host) Close() error {
	h.mu.Lock()
	if !h.closed {
		h.do((*station).farewell)
		ctx, cancel := context.WithTimeout(context.Background(), leave)
		_ = h.await(ctx, func() bool { return h.station.ncp.Len() == 0 }) // or it goes without
		cancel()
	}
	var failed error
	if !h.closed {
		for _, c := range h.station.ncp.Connections() { // they end here
			c.Closed = time.Since(h.start)
			h.station.enter(c)
		}
		h.send(h.out.datagram(hosthost.Last, nil))
		h.closed = true
		h.changed.Broadcast()
	}
	if err := h.socket.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		failed = err
	}
	if h.failed != nil {
		failed, h.failed = h.failed, nil
	}
	h.mu.Unlock()
	h.reading.Wait()
	return failed
}
