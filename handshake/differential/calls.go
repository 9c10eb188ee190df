package differential

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"

	"sockscope/handshake"
	"sockscope/handshake/calls"
)

// known are the calls of a scenario that can be made here.
var known = []string{"abort", "accept", "bind", "close", "connect", "listen", "reboot", "recv", "send", "setsockopt", "shutdown", "socket", "status"}

// call lets a program make its next call.
func (w *Session) call(i int) ([]handshake.Step, error) {
	h := w.hosts[i]
	c := h.program[h.next]
	h.next++
	step := handshake.Step{Peer: h.name, Kind: handshake.KindCall}
	switch c.What {
	case "socket":
		return w.socket(i, step)
	case "reboot":
		return w.reboot(i, step)
	}
	e := h.newest(func(*end) bool { return true })
	if l := h.newest((*end).listening); c.What == "accept" && l != nil {
		e = l
	}
	if e == nil {
		step.Label, step.Why = c.What+"() = -1 EBADF", []handshake.Why{calls.CallFails.Why()}
		return w.observe(i, nil, step), nil
	}
	fd := e.fd
	label, result, rule := h.make(w, e, c)
	step.Label = strings.Replace(label, "FD", strconv.Itoa(fd), 1)
	if result != "" {
		step.Label += " = " + result
	}
	if strings.HasPrefix(result, "-1") {
		rule = calls.CallFails
	}
	step.Why = []handshake.Why{rule.Why()}
	if e.fd == 0 {
		step.Vars = []handshake.Var{{Name: "descriptor"}}
	}
	if c.What == "accept" && result != "" && e.listening() {
		e = h.newest(func(*end) bool { return true })
		step.Vars = []handshake.Var{{Name: "descriptor", Value: strconv.Itoa(e.fd)}}
	}
	return w.observe(i, e, step), nil
}

func (w *Session) socket(i int, step handshake.Step) ([]handshake.Step, error) {
	h := w.hosts[i]
	ep, err := h.stack.socket()
	if err != nil {
		return nil, err
	}
	ep.SocketOptions().SetDelayOption(true) // Nagle's algorithm is on (RFC 9293 3.7.4, SHLD-7); netstack's socket layer would say so
	e := &end{on: strconv.Itoa(h.nextFD), fd: h.nextFD, ep: ep, state: closed}
	h.nextFD++
	h.ends = append(h.ends, e)
	step.Label, step.Why = fmt.Sprintf("socket() = %d", e.fd), []handshake.Why{calls.CallSocket.Why()}
	step.Vars = []handshake.Var{{Name: "descriptor", Value: strconv.Itoa(e.fd)}}
	return w.observe(i, e, step), nil
}

// make makes a call: its label with FD for the descriptor, what it gives, empty if it
// waits, and the host's rule.
func (h *host) make(w *Session, e *end, c handshake.Choice) (label, result string, rule calls.Rule) {
	switch c.What {
	case "bind":
		a, _ := calls.Address(c.Args, h.shown.Addr())
		err := h.bind(e, netip.AddrPortFrom(h.address.Addr(), a.Port()))
		if _, ok := err.(*tcpip.ErrPortInUse); ok {
			rule = calls.BindInUse
		} else {
			rule = calls.CallBind
		}
		return "bind(FD, " + c.Args + ")", zero(err), rule
	case "listen":
		return "listen(FD, " + c.Args + ")", h.listen(e, c.Args), calls.ListenAgain
	case "accept":
		return h.accept(e)
	case "connect":
		return h.connect(e, w.hosts[slices.IndexFunc(w.hosts[:], func(o *host) bool { return o.name == c.Args })])
	case "send":
		label, result = h.send(e, c.Args)
		return label, result, calls.SendReturns
	case "recv":
		return h.recv(e)
	case "shutdown":
		return "shutdown(FD, SHUT_WR)", zero(e.ep.Shutdown(tcpip.ShutdownWrite)), calls.SendReturns
	case "setsockopt":
		name, value, _ := calls.Option(c.Args)
		e.ep.SocketOptions().SetDelayOption(value == 0)
		return fmt.Sprintf("setsockopt(FD, %s, %d)", name, value), "0", calls.OptionSet
	case "status": // no socket call, but RFC 9293 3.10.6
		if e.state == closed {
			return "status(FD)", "-1 ENOTCONN", calls.CallFails
		}
		return "status(FD)", e.state, calls.CallSocket
	case "abort":
		e.ep.SocketOptions().SetLinger(tcpip.LingerOption{Enabled: true})
	}
	if e.state == closed {
		rule = calls.CloseDead
	}
	e.ep.Close()
	e.fd = 0
	return c.What + "(FD)", "0", rule
}

// bind gives a socket its address.
func (h *host) bind(e *end, a netip.AddrPort) tcpip.Error {
	err := e.ep.Bind(full(a))
	if err == nil {
		e.local = a
	}
	return err
}

// settle binds a socket whose program names no port to the setup's, or the next that is
// free.
func (h *host) settle(e *end) tcpip.Error {
	if e.local.IsValid() {
		return nil
	}
	for a := h.address; ; a = netip.AddrPortFrom(a.Addr(), max(a.Port()+1, 1024)) {
		err := h.bind(e, a)
		if _, ok := err.(*tcpip.ErrPortInUse); !ok {
			return err
		}
	}
}

func (h *host) listen(e *end, args string) string {
	n, _ := strconv.Atoi(args)
	if err := h.settle(e); err != nil {
		return zero(err)
	}
	return zero(e.ep.Listen(n + 1)) // its socket layer adds one, as Linux does
}

func (h *host) accept(l *end) (label, result string, rule calls.Rule) {
	if !l.listening() {
		return "accept(FD)", "-1 EINVAL", calls.CallFails
	}
	if e := h.accepted(l); e != nil {
		h.describe(e)
		return "accept(FD)", strconv.Itoa(e.fd), calls.AcceptAtOnce
	}
	h.blocked = &blocked{call: "accept", end: l}
	return "accept(FD)", "", calls.AcceptWaits
}

// accepted takes the oldest connection out of a listener's queue; nil if it is empty.
func (h *host) accepted(l *end) *end {
	ep, _, err := l.ep.Accept(nil)
	if err != nil {
		return nil
	}
	ep.SocketOptions().SetDelayOption(l.ep.SocketOptions().GetDelayOption()) // as a socket layer has it
	at := slices.IndexFunc(h.ends, func(e *end) bool { return e.ep == ep.(*tcp.Endpoint) })
	return h.ends[at]
}

func (h *host) describe(e *end) {
	e.fd = h.nextFD
	h.nextFD++
}

func (h *host) connect(e *end, to *host) (label, result string, rule calls.Rule) {
	label, rule = fmt.Sprintf("connect(FD, %s)", to.shown), calls.ConnectReturns
	if e.state != closed { // another connection may be meant, but netstack has one already
		return label, zero(e.ep.Connect(full(to.address))), rule
	}
	if err := h.settle(e); err != nil {
		return label, zero(err), rule
	}
	h.stack.view.presume(flow{e.local, to.address}, h.peekISS())
	err := e.ep.Connect(full(to.address))
	if _, ok := err.(*tcpip.ErrConnectStarted); !ok {
		return label, zero(err), rule
	}
	e.remote = to.address
	h.blocked = &blocked{call: "connect", end: e}
	return label, "", rule
}

// connected is what a connect() that waited gives: to call it again says it.
func (h *host) connected(e *end) (string, calls.Rule) {
	err := e.ep.Connect(full(e.remote))
	switch err.(type) {
	case nil:
		return "0", calls.ConnectReturns
	case *tcpip.ErrTimeout:
		return zero(err), calls.ConnectTimedOut
	default:
		return zero(err), calls.ConnectRefused
	}
}

func (h *host) send(e *end, args string) (label, result string) {
	octets, push, _ := calls.Text(args)
	flags := ""
	if !push {
		flags = ", no PUSH"
	}
	label = fmt.Sprintf("send(FD, %s%s)", calls.Quote(octets), flags)
	n, err := e.ep.Write(bytes.NewReader([]byte(octets)), tcpip.WriteOptions{})
	if err != nil {
		return label, zero(err)
	}
	return label, strconv.FormatInt(n, 10)
}

func (h *host) recv(e *end) (label, result string, rule calls.Rule) {
	result, rule = h.received(e)
	if result == "" {
		h.blocked = &blocked{call: "recv", end: e}
	}
	if rule == calls.RecvReturns {
		rule = calls.RecvAtOnce
	}
	return "recv(FD)", result, rule
}

// received is what recv() gives; empty if it waits.
func (h *host) received(e *end) (string, calls.Rule) {
	var text bytes.Buffer
	_, err := e.ep.Read(&text, tcpip.ReadOptions{})
	switch err.(type) {
	case nil:
		return calls.Got(text.String()), calls.RecvReturns
	case *tcpip.ErrWouldBlock:
		return "", calls.RecvReturns
	case *tcpip.ErrClosedForReceive:
		return "0", calls.RecvEnds
	default:
		return zero(err), calls.RecvReset
	}
}

// reboot forgets everything and sends nothing (RFC 9293 3.5.1): another stack comes in
// the old one's place.
func (w *Session) reboot(i int, step handshake.Step) ([]handshake.Step, error) {
	h := w.hosts[i]
	step.On, step.Before, step.After = h.last, h.stateOf(h.last), closed
	step.At, step.Label, step.Why = w.clock.now, "reboot()", []handshake.Why{calls.Rebooted.Why()}
	step.Vars = []handshake.Var{{Name: "sockets", Value: "0"}}
	h.stack.close()
	h.ends, h.outbox, h.blocked, h.nextFD, h.last = nil, nil, nil, firstFD, ""
	var err error
	h.stack, err = newNetstack(w.clock, h.address.Addr())
	return []handshake.Step{step}, err
}

// comeBack lets the call return that a host's program waits in.
func (w *Session) comeBack(i int) []handshake.Step {
	h := w.hosts[i]
	at := slices.IndexFunc(h.outbox, func(it item) bool { return it.is == handshake.Return })
	it := h.outbox[at]
	h.outbox = slices.Delete(h.outbox, at, at+1)
	step := handshake.Step{At: w.clock.now, Peer: h.name, On: it.on, Kind: handshake.KindReturn, Why: []handshake.Why{it.rule.Why()}}
	if it.what == "accept" {
		h.describe(it.end)
		it.result = strconv.Itoa(it.end.fd)
		step.Vars = []handshake.Var{{Name: "descriptor", Value: it.result}}
	}
	step.Label = fmt.Sprintf("%s(%d) = %s", it.what, h.blocked.end.fd, it.result)
	step.Before = it.end.state
	step.After = step.Before
	h.blocked, h.last = nil, it.on
	return []handshake.Step{step}
}

// zero is what a call gives that returns nothing else: 0, or the error's name.
func zero(err tcpip.Error) string {
	if err == nil {
		return "0"
	}
	return "-1 " + errno(err)
}

// errno gives the name that gVisor's socket layer has for an error of netstack's
// (pkg/syserr/netstack.go).
func errno(err tcpip.Error) string {
	switch err.(type) {
	case *tcpip.ErrPortInUse:
		return "EADDRINUSE"
	case *tcpip.ErrBadLocalAddress:
		return "EADDRNOTAVAIL"
	case *tcpip.ErrAlreadyBound, *tcpip.ErrInvalidEndpointState:
		return "EINVAL"
	case *tcpip.ErrAlreadyConnected:
		return "EISCONN"
	case *tcpip.ErrAlreadyConnecting:
		return "EALREADY"
	case *tcpip.ErrConnectionRefused:
		return "ECONNREFUSED"
	case *tcpip.ErrConnectionReset:
		return "ECONNRESET"
	case *tcpip.ErrConnectionAborted:
		return "ECONNABORTED"
	case *tcpip.ErrAborted, *tcpip.ErrClosedForSend:
		return "EPIPE"
	case *tcpip.ErrNotConnected:
		return "ENOTCONN"
	case *tcpip.ErrTimeout:
		return "ETIMEDOUT"
	case *tcpip.ErrWouldBlock:
		return "EAGAIN"
	default:
		panic(errors.New("differential: an error of netstack's without a name: " + err.String()))
	}
}
