package model

import (
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"sockscope/handshake"
	"sockscope/handshake/calls"
	"sockscope/statemachine/tcp"
)

// call is a socket call of a scenario: what it does, to host i's socket at. socket()
// and reboot() mean none.
type call struct {
	do   func(w *World, i, at int, args string, step handshake.Step) []handshake.Step
	bare bool
}

// socketCalls maps the socket calls to the calls of RFC 9293 3.10 (see docs/ARCHITECTURE.md).
var socketCalls = map[string]call{
	"socket":     {(*World).socket, true},
	"bind":       {(*World).bind, false},
	"listen":     {(*World).listen, false},
	"accept":     {(*World).accept, false},
	"connect":    {(*World).connect, false},
	"send":       {(*World).sendCall, false},
	"recv":       {(*World).recv, false},
	"shutdown":   {(*World).shutdown, false},
	"close":      {(*World).closeCall, false},
	"abort":      {(*World).abort, false},
	"status":     {(*World).status, false},
	"reboot":     {(*World).reboot, true},
	"setsockopt": {(*World).setsockopt, false},
}

// call lets a program make its next call.
func (w *World) call(i int) []handshake.Step {
	h := &w.hosts[i]
	c := h.program[h.next]
	h.next++
	step := handshake.Step{At: w.clock, Peer: h.name, Kind: handshake.KindCall}
	at := h.newest(anySocket)
	if at < 0 && !socketCalls[c.What].bare {
		return h.done(step, -1, calls.CallFails, "%s() = -1 EBADF", c.What)
	}
	return socketCalls[c.What].do(w, i, at, c.Args, step)
}

// done finishes a call that returns at once without touching a machine.
func (h *host) done(step handshake.Step, at int, r calls.Rule, format string, args ...any) []handshake.Step {
	step.Label = fmt.Sprintf(format, args...)
	step.Before = tcp.Closed.String()
	if at >= 0 {
		step.On = h.sockets[at].on
		step.Before = h.sockets[at].tcb.State.String()
		h.last = step.On
	}
	step.After = step.Before
	step.Why = append(step.Why, r.Why())
	return []handshake.Step{step}
}

func (w *World) socket(i, _ int, _ string, step handshake.Step) []handshake.Step {
	h := &w.hosts[i]
	fd := h.nextFD
	h.nextFD++
	h.sockets = append(h.sockets, socket{on: strconv.Itoa(fd), fd: fd, settings: h.settings})
	step.Vars = append(step.Vars, descriptor(fd))
	return h.done(step, len(h.sockets)-1, calls.CallSocket, "socket() = %d", fd)
}

func (w *World) bind(i, at int, args string, step handshake.Step) []handshake.Step {
	h := &w.hosts[i]
	s := &h.sockets[at]
	if s.local.IsValid() {
		return h.done(step, at, calls.CallFails, "bind(%d, %s) = -1 EINVAL", s.fd, args)
	}
	a, _ := calls.Address(args, h.address.Addr())
	if a.Addr().IsUnspecified() { // any address of the host, and it has one
		a = netip.AddrPortFrom(h.address.Addr(), a.Port())
	}
	if h.inUse(a) && !s.reuse {
		return h.done(step, at, calls.BindInUse, "bind(%d, %s) = -1 EADDRINUSE", s.fd, args)
	}
	s.local = a
	return h.done(step, at, calls.CallBind, "bind(%d, %s) = 0", s.fd, args)
}

func (w *World) listen(i, at int, args string, step handshake.Step) []handshake.Step {
	h := &w.hosts[i]
	s := &h.sockets[at]
	label := fmt.Sprintf("listen(%d, %s)", s.fd, args)
	backlog, _ := strconv.Atoi(args)
	switch s.tcb.State {
	case tcp.Listen:
		s.queues.Backlog = backlog
		step.Vars = append(step.Vars, count("accept queue limit", backlog))
		return h.done(step, at, calls.ListenAgain, "%s = 0", label)
	case tcp.SynSent, tcp.SynReceived, tcp.Established, tcp.FinWait1, tcp.FinWait2,
		tcp.CloseWait, tcp.Closing, tcp.LastAck, tcp.TimeWait:
		return h.done(step, at, calls.CallFails, "%s = -1 EINVAL", label)
	case tcp.Closed:
	}
	if s.local.IsValid() && h.heard(s.local) {
		return h.done(step, at, calls.CallFails, "%s = -1 EADDRINUSE", label)
	}
	if !s.local.IsValid() {
		s.local = h.free()
	}
	s.queues = tcp.Listener{Backlog: backlog, Cookies: w.cookies}
	step.Vars = append(step.Vars, count("accept queue", 0), count("accept queue limit", backlog))
	return w.user(i, at, tcp.Open{Now: w.clock, Settings: s.settings}, step, label, "0")
}

// user steps the machine for a call that returns at once: with ok, or with the error
// that the machine's answer stands for.
func (w *World) user(i, at int, e tcp.Event, step handshake.Step, label, ok string) []handshake.Step {
	o := tcp.Step(w.hosts[i].sockets[at].tcb, e)
	if errno := errno(o.Signals); errno != "" {
		ok = "-1 " + errno
	}
	step.Label = label + " = " + ok
	o.Signals = 0 // they were the answer
	return w.settle(i, at, o, e, step)
}

// errno is what a socket call reports for an error answer of RFC 9293 3.10.
func errno(s tcp.Signals) string {
	switch {
	case s&tcp.ConnectionNotExist != 0:
		return "ENOTCONN"
	case s&tcp.ConnectionExists != 0:
		return "EISCONN"
	case s&tcp.RemoteUnspecified != 0:
		return "EDESTADDRREQ"
	case s&tcp.InsufficientResources != 0:
		return "ENOBUFS"
	case s&tcp.ConnectionClosing != 0:
		return "EPIPE"
	}
	return ""
}

func (w *World) accept(i, at int, _ string, step handshake.Step) []handshake.Step {
	h := &w.hosts[i]
	if l := h.newest(listening); l >= 0 {
		at = l
	} else {
		return h.done(step, at, calls.CallFails, "accept(%d) = -1 EINVAL", h.sockets[at].fd)
	}
	l := h.sockets[at]
	if ready := h.readiest(l.on); ready >= 0 {
		h.sockets[ready].ready = 0
		fd := h.describe(&step, ready)
		return append(h.done(step, ready, calls.AcceptAtOnce, "accept(%d) = %s", l.fd, fd), w.queued(i)...)
	}
	h.blocked = blocked{is: true, call: "accept", on: l.on}
	return h.done(step, at, calls.AcceptWaits, "accept(%d)", l.fd)
}

func (w *World) connect(i, at int, args string, step handshake.Step) []handshake.Step {
	h := &w.hosts[i]
	s := &h.sockets[at]
	to, err := netip.ParseAddrPort(args)
	if err != nil {
		to = w.hosts[w.peer(args)].address
	}
	label := fmt.Sprintf("connect(%d, %s)", s.fd, to)
	if listening(*s) { // RFC 9293 3.10.1 would turn the listener into a caller; no socket API does
		return h.done(step, at, calls.CallFails, "%s = -1 EOPNOTSUPP", label)
	}
	e := tcp.Open{Now: w.clock, Active: true, Remote: true, Settings: s.settings}
	if o := tcp.Step(s.tcb, e); errno(o.Signals) != "" {
		return w.user(i, at, e, step, label, "")
	}
	if !oneHost(to.Addr()) {
		return h.done(step, at, calls.ConnectNowhere, "%s = -1 ENETUNREACH", label)
	}
	if !s.local.IsValid() {
		s.local = h.free()
	}
	s.remote = to
	e.ISS = w.peekISS(i, s.local, to)
	h.takeISS()
	h.blocked = blocked{is: true, call: "connect", on: s.on}
	step.Label = label
	return w.event(i, at, e, step)
}

func (w *World) sendCall(i, at int, args string, step handshake.Step) []handshake.Step {
	h := &w.hosts[i]
	s := &h.sockets[at]
	octets, push, _ := calls.Text(args)
	flags := ""
	if !push {
		flags = ", no PUSH"
	}
	label := fmt.Sprintf("send(%d, %s%s)", s.fd, calls.Quote(octets), flags)
	switch {
	case s.errno != "":
		return h.fail(step, at, label)
	case listening(*s):
		return h.done(step, at, calls.CallFails, "%s = -1 ENOTCONN", label)
	case s.shut && s.tcb.State == tcp.Closed:
		return h.done(step, at, calls.CallFails, "%s = -1 EPIPE", label)
	}
	e := tcp.Send{Now: w.clock, Text: octets, Push: push}
	return w.user(i, at, e, step, label, strconv.Itoa(len(octets)))
}

// fail gives the program the error that its connection has met since its last call.
func (h *host) fail(step handshake.Step, at int, label string) []handshake.Step {
	s := &h.sockets[at]
	e := s.errno
	s.errno = ""
	return h.done(step, at, calls.CallFails, "%s = -1 %s", label, e)
}

func (w *World) recv(i, at int, _ string, step handshake.Step) []handshake.Step {
	h := &w.hosts[i]
	s := &h.sockets[at]
	label := fmt.Sprintf("recv(%d)", s.fd)
	e := tcp.Receive{Now: w.clock, Octets: calls.MaxSend}
	o := tcp.Step(s.tcb, e)
	switch {
	case listening(*s):
		return h.done(step, at, calls.CallFails, "%s = -1 ENOTCONN", label)
	case s.text != "" && errno(o.Signals) != "": // 3.10.3 has nothing more for it, but the host has
		octets := s.text
		s.text = ""
		return h.done(step, at, calls.RecvAtOnce, "%s = %s", label, calls.Got(octets))
	case s.text != "":
		octets := s.text
		s.text = ""
		step.Why = append(step.Why, calls.RecvAtOnce.Why())
		return w.user(i, at, e, step, label, calls.Got(octets))
	case s.ended && s.tcb.State == tcp.Closed: // whatever came after the end of the text
		return h.done(step, at, calls.RecvEnded, "%s = 0", label)
	case s.errno != "":
		return h.fail(step, at, label)
	case o.Signals&tcp.ConnectionClosing != 0: // POSIX: no more to come is 0, not an error
		o.Signals = 0
		step.Label = label + " = 0"
		return w.settle(i, at, o, e, step)
	case errno(o.Signals) != "":
		return w.user(i, at, e, step, label, "")
	}
	h.blocked = blocked{is: true, call: "recv", on: s.on}
	step.Label = label
	return w.event(i, at, e, step)
}

func (w *World) shutdown(i, at int, _ string, step handshake.Step) []handshake.Step {
	h := &w.hosts[i]
	s := &h.sockets[at]
	label := fmt.Sprintf("shutdown(%d, SHUT_WR)", s.fd)
	if s.tcb.State == tcp.Closed || listening(*s) {
		return h.done(step, at, calls.CallFails, "%s = -1 ENOTCONN", label)
	}
	s.shut = true
	return w.closing(i, at, step, label)
}

// closing issues the CLOSE of shutdown() and close(). To say once more that there is
// nothing to send is no error: 'An "ok" response would be acceptable, too' (3.10.4).
func (w *World) closing(i, at int, step handshake.Step, label string) []handshake.Step {
	e := tcp.Close{Now: w.clock}
	o := tcp.Step(w.hosts[i].sockets[at].tcb, e)
	o.Signals = 0
	step.Label = label + " = 0"
	return w.settle(i, at, o, e, step)
}

// closeCall gives the descriptor back. The connection, if there is one, lives on
// until RFC 9293 lets it end.
func (w *World) closeCall(i, at int, _ string, step handshake.Step) []handshake.Step {
	h := &w.hosts[i]
	s := &h.sockets[at]
	label := fmt.Sprintf("close(%d)", s.fd)
	s.fd = 0
	step.Vars = append(step.Vars, descriptor(0))
	on := s.on
	s.left = true
	switch {
	case s.tcb.State == tcp.Closed:
		return h.done(step, at, calls.CloseDead, "%s = 0", label)
	case s.text != "" && s.tcb.State != tcp.TimeWait: // 3.6.1: a RST "to show that data was lost" (SHLD-3)
		step.Why = append(step.Why, calls.CloseUnread.Why())
		return w.user(i, at, tcp.Abort{Now: w.clock}, step, label, "0")
	}
	return append(w.closing(i, at, step, label), w.orphans(i, on)...)
}

// orphans aborts the ends of a closed listener that nobody can accept any more.
func (w *World) orphans(i int, listener string) []handshake.Step {
	var steps []handshake.Step
	for at, s := range w.hosts[i].sockets {
		if s.listener == listener && s.fd == 0 && s.tcb.State != tcp.Closed && (s.ready != 0 || s.tcb.State == tcp.SynReceived) {
			step := handshake.Step{
				At: w.clock, Peer: w.hosts[i].name, Kind: handshake.KindSignal,
				Label: "nobody can accept it", Why: []handshake.Why{calls.CloseOrphan.Why()},
			}
			steps = append(steps, w.event(i, at, tcp.Abort{Now: w.clock}, step)...)
		}
	}
	return steps
}

// mss is what each end takes in one segment: an Ethernet frame's 1500 octets less the
// headers (RFC 9293 3.7.1, MUST-67).
const mss = 1460

// setsockopt changes what a socket asks of its TCP, at once if there is a connection. Of
// the options that POSIX leaves open, the numbers mean what they mean on Linux (tcp(7)).
func (w *World) setsockopt(i, at int, args string, step handshake.Step) []handshake.Step {
	h := &w.hosts[i]
	s := &h.sockets[at]
	name, value, _ := calls.Option(args)
	label := fmt.Sprintf("setsockopt(%d, %s, %d)", s.fd, name, value)
	if name == "SO_REUSEADDR" {
		s.reuse = value != 0
	}
	set(&s.settings, name, value)
	if s.tcb.State == tcp.Closed {
		return h.done(step, at, calls.OptionSet, "%s = 0", label)
	}
	step.Why = append(step.Why, calls.OptionSet.Why())
	return w.user(i, at, tcp.Set{Now: w.clock, Settings: s.settings}, step, label, "0")
}

// socketOptions are those that the model has.
var socketOptions = []string{
	"SO_KEEPALIVE", "SO_RCVBUF", "SO_REUSEADDR", "TCP_KEEPCNT", "TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_MAXSEG", "TCP_NODELAY", "TCP_QUICKACK", "TCP_USER_TIMEOUT",
}

func set(s *tcp.Settings, option string, value int) {
	switch option {
	case "SO_KEEPALIVE":
		s.KeepAlive = value != 0
	case "SO_RCVBUF":
		s.Buffer = uint32(value)
	case "TCP_KEEPCNT":
		s.KeepAliveProbes = uint8(min(value, 255))
	case "TCP_KEEPIDLE":
		s.KeepAliveIdle = time.Duration(value) * time.Second
	case "TCP_KEEPINTVL":
		s.KeepAliveInterval = time.Duration(value) * time.Second
	case "TCP_MAXSEG":
		s.MSS = uint16(min(value, mss))
	case "TCP_NODELAY":
		s.NoDelay = value != 0
	case "TCP_QUICKACK":
		s.DelayACK = value == 0
	case "TCP_USER_TIMEOUT":
		s.Timeout = time.Duration(value) * time.Millisecond
	}
}

func (w *World) abort(i, at int, _ string, step handshake.Step) []handshake.Step {
	h := &w.hosts[i]
	label, on := fmt.Sprintf("abort(%d)", h.sockets[at].fd), h.sockets[at].on
	h.sockets[at].fd = 0
	step.Vars = append(step.Vars, descriptor(0))
	return append(w.user(i, at, tcp.Abort{Now: w.clock}, step, label, "0"), w.orphans(i, on)...)
}

func (w *World) status(i, at int, _ string, step handshake.Step) []handshake.Step {
	h := &w.hosts[i]
	s := &h.sockets[at]
	return w.user(i, at, tcp.Status{Now: w.clock}, step, fmt.Sprintf("status(%d)", s.fd), s.tcb.State.String())
}

// reboot forgets everything and sends nothing: the other end does not know
// (RFC 9293 3.5.1).
func (w *World) reboot(i, _ int, _ string, step handshake.Step) []handshake.Step {
	h := &w.hosts[i]
	step.On, step.Before, step.After = h.last, h.state(), tcp.Closed.String()
	step.Label = "reboot()"
	step.Vars = []handshake.Var{{Name: "sockets", Value: "0"}}
	step.Why = []handshake.Why{calls.Rebooted.Why()}
	h.sockets, h.outbox, h.blocked, h.nextFD, h.last = nil, nil, blocked{}, firstFD, ""
	return []handshake.Step{step}
}
