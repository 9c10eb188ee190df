package kernel

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"sockscope/handshake"
	"sockscope/handshake/calls"
	"sockscope/statemachine/tcp"
)

func notNow(c handshake.Choice) error { return fmt.Errorf("kernel: %q: %w", c, errNotNow) }

// call lets a program make its next call.
func (w *world) call(i int) ([]handshake.Step, error) {
	h := &w.hosts[i]
	c := h.program[h.next]
	h.next++
	at := h.newest(anyEnd)
	if c.What == "accept" {
		if l := h.newest(listening); l >= 0 {
			at = l
		}
	}
	if at < 0 && c.What != "socket" && c.What != "reboot" {
		return w.called(i, -1, result{label: c.What + "()", errno: unix.EBADF})
	}
	switch c.What {
	case "socket":
		return w.socket(i)
	case "reboot":
		return w.reboot(i)
	default:
		r := w.make(i, at, c)
		if fd, err := strconv.Atoi(r.value); c.What == "accept" && err == nil { // it is about the connection, not the listener
			at = slices.IndexFunc(h.ends, func(e end) bool { return e.fd == fd })
		}
		return w.called(i, at, r)
	}
}

// result is what a call has come to.
type result struct {
	label string
	value string // what is returned; empty if it waits
	errno error
	rule  *calls.Rule // the host's, where the call means none of RFC 9293 3.10
	event tcp.Event   // that, where it does
	gone  bool        // the program has given its descriptor back
}

func (w *world) socket(i int) ([]handshake.Step, error) {
	h := &w.hosts[i]
	handle, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return w.called(i, -1, result{label: "socket()", errno: err})
	}
	fd := h.nextFD
	h.nextFD++
	h.ends = append(h.ends, end{on: strconv.Itoa(fd), fd: fd, handle: handle, state: "CLOSED", cookie: cookie(handle)})
	at := len(h.ends) - 1
	steps, err := w.called(i, at, result{label: "socket()", value: strconv.Itoa(fd), rule: new(calls.CallSocket)})
	if err == nil {
		steps[0].Vars = append(steps[0].Vars, descriptor(fd))
	}
	return steps, err
}

// cookie is the kernel's own name for a socket, which its requests and what is left of
// it share.
func cookie(handle int) uint64 {
	n, err := unix.GetsockoptUint64(handle, unix.SOL_SOCKET, unix.SO_COOKIE)
	if err != nil {
		return 0
	}
	return n
}

func descriptor(fd int) handshake.Var {
	v := handshake.Var{Name: "descriptor"}
	if fd != 0 {
		v.Value = strconv.Itoa(fd)
	}
	return v
}

// make makes a call on the socket at.
func (w *world) make(i, at int, c handshake.Choice) result {
	h := &w.hosts[i]
	e := &h.ends[at]
	switch c.What {
	case "bind":
		return h.bind(e, c.Args)
	case "listen":
		return h.listen(e, c.Args)
	case "accept":
		return w.accept(h, e)
	case "connect":
		return w.connect(h, e, c.Args)
	case "send":
		return h.send(e, c.Args)
	case "recv":
		return w.recv(h, e)
	case "shutdown":
		return result{label: fmt.Sprintf("shutdown(%d, SHUT_WR)", e.fd), value: "0", errno: unix.Shutdown(e.handle, unix.SHUT_WR), event: tcp.Close{}}
	case "setsockopt":
		return setOption(e, c.Args)
	case "status":
		return result{label: fmt.Sprintf("status(%d)", e.fd), value: e.state, event: tcp.Status{}}
	case "abort":
		linger := unix.Linger{Onoff: 1}
		if err := unix.SetsockoptLinger(e.handle, unix.SOL_SOCKET, unix.SO_LINGER, &linger); err != nil {
			return result{label: fmt.Sprintf("abort(%d)", e.fd), errno: err}
		}
		return e.close("abort", tcp.Abort{})
	default:
		return e.close("close", tcp.Close{})
	}
}

// close gives the descriptor back. The connection lives on until it has ended.
func (e *end) close(name string, event tcp.Event) result {
	r := result{label: fmt.Sprintf("%s(%d)", name, e.fd), value: "0", event: event, gone: true}
	if e.state == "CLOSED" {
		r.rule = new(calls.CloseDead)
	}
	r.errno = unix.Close(e.handle)
	e.fd, e.handle = 0, -1
	return r
}

// called records a call: what it has come to, and what has followed from it.
func (w *world) called(i, at int, r result) ([]handshake.Step, error) {
	h := &w.hosts[i]
	ask := w.question(h, at, r.event)
	if at >= 0 {
		h.ends[at].places()
	}
	if _, err := w.drain(i); err != nil {
		return nil, err
	}
	step := handshake.Step{At: w.now(), Peer: h.name, Kind: handshake.KindCall, Label: r.label}
	if r.gone {
		step.Vars = append(step.Vars, descriptor(0))
	}
	if r.rule != nil && *r.rule == calls.AcceptAtOnce { // the step is the accepted connection's
		fd, _ := strconv.Atoi(r.value)
		at = slices.IndexFunc(h.ends, func(e end) bool { return e.fd == fd })
		step.Vars = append(step.Vars, descriptor(fd))
	}
	switch {
	case r.errno != nil:
		step.Label += " = -1 " + errname(r.errno)
		step.Why = []handshake.Why{calls.CallFails.Why()}
		if errors.Is(r.errno, unix.EADDRINUSE) {
			step.Why = []handshake.Why{calls.BindInUse.Why()}
		}
	case r.value != "":
		step.Label += " = " + r.value
	}
	steps, err := w.observe(i, at, step)
	if err != nil {
		return nil, err
	}
	switch {
	case r.errno != nil:
	case r.rule != nil:
		steps[0].Why = append(steps[0].Why, r.rule.Why())
		if r.event != nil {
			w.explain(&steps[0], ask)
		}
	case r.event != nil:
		w.explain(&steps[0], ask)
	default:
		steps[0].Why = append(steps[0].Why, calls.OptionSet.Why())
	}
	return append(steps, w.tell(i)...), nil
}

func errname(err error) string {
	if errno, ok := errors.AsType[unix.Errno](err); ok {
		return unix.ErrnoName(errno)
	}
	return err.Error()
}

// places asks the kernel which addresses a socket has.
func (e *end) places() {
	if e.handle < 0 {
		return
	}
	if a, err := unix.Getsockname(e.handle); err == nil {
		if local := addrPort(a); local.Port() != 0 {
			e.local = local
		}
	}
	if a, err := unix.Getpeername(e.handle); err == nil {
		e.remote = addrPort(a)
	}
}

func addrPort(a unix.Sockaddr) netip.AddrPort {
	if v4, ok := a.(*unix.SockaddrInet4); ok {
		return netip.AddrPortFrom(netip.AddrFrom4(v4.Addr), uint16(v4.Port))
	}
	return netip.AddrPort{}
}

func sockaddr(a netip.AddrPort) *unix.SockaddrInet4 {
	return &unix.SockaddrInet4{Addr: a.Addr().As4(), Port: int(a.Port())}
}

func (h *host) bind(e *end, args string) result {
	a, _ := calls.Address(args, h.address.Addr())
	return result{label: fmt.Sprintf("bind(%d, %s)", e.fd, args), value: "0", errno: unix.Bind(e.handle, sockaddr(a)), rule: new(calls.CallBind)}
}

func (h *host) listen(e *end, args string) result {
	n, _ := strconv.Atoi(args)
	r := result{label: fmt.Sprintf("listen(%d, %s)", e.fd, args), value: "0", event: tcp.Open{}}
	if e.state == "LISTEN" {
		r.rule, r.event = new(calls.ListenAgain), nil
	}
	if !e.local.IsValid() {
		h.settle(e)
	}
	r.errno = unix.Listen(e.handle, n)
	return r
}

// settle tells the kernel which port to choose when the program names none: the
// setup's. An older kernel is told by bind().
func (h *host) settle(e *end) {
	a := h.port()
	p := int(a.Port())
	_ = unix.SetsockoptInt(e.handle, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	if unix.SetsockoptInt(e.handle, unix.IPPROTO_IP, unix.IP_LOCAL_PORT_RANGE, p|p<<16) == nil {
		a = netip.AddrPortFrom(a.Addr(), 0)
	}
	_ = unix.Bind(e.handle, sockaddr(a)) // what fails here fails again, and is told, at the call
}

func (w *world) accept(h *host, l *end) result {
	r := result{label: fmt.Sprintf("accept(%d)", l.fd), rule: new(calls.AcceptWaits)}
	if l.state != "LISTEN" {
		r.errno = unix.EINVAL
		return r
	}
	handle, _, err := unix.Accept4(l.handle, unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
	if errors.Is(err, unix.EAGAIN) {
		h.blocked = &blocked{call: "accept", on: l.on}
		return r
	}
	r.errno = err
	if err == nil {
		r.value = w.accepted(h, handle)
		r.rule = new(calls.AcceptAtOnce)
	}
	return r
}

// accepted gives an accepted connection its descriptor.
func (w *world) accepted(h *host, handle int) string {
	fd := h.nextFD
	h.nextFD++
	c := cookie(handle)
	for j := range h.ends {
		if e := &h.ends[j]; e.cookie == c && c != 0 {
			e.fd, e.handle = fd, handle
			now := bits(handle) // what came before was told to nobody
			e.toldClosed, e.toldError = now&unix.POLLRDHUP != 0, now&unix.POLLERR != 0
			return strconv.Itoa(fd)
		}
	}
	e := end{on: strconv.Itoa(fd), fd: fd, handle: handle, cookie: c, passive: true, state: "CLOSED"} // without dumps, nobody has seen it before
	e.places()
	h.ends = append(h.ends, e)
	return strconv.Itoa(fd)
}

func (w *world) connect(h *host, e *end, args string) result {
	to, err := netip.ParseAddrPort(args)
	if err != nil {
		to = w.hosts[w.peer(args)].address
	}
	r := result{label: fmt.Sprintf("connect(%d, %s)", e.fd, to), event: tcp.Open{Active: true, Remote: true, ISS: h.peekISS()}}
	if !e.local.IsValid() && w.lo != nil {
		h.settle(e)
	}
	err = unix.Connect(e.handle, sockaddr(to))
	switch {
	case errors.Is(err, unix.EINPROGRESS):
		h.blocked = &blocked{call: "connect", on: e.on}
		e.remote = to
	case err != nil:
		r.errno = err
	default:
		r.value = "0"
	}
	return r
}

func (h *host) send(e *end, args string) result {
	octets, push, _ := calls.Text(args)
	flags := ""
	if !push {
		flags = ", no PUSH"
	}
	r := result{label: fmt.Sprintf("send(%d, %s%s)", e.fd, calls.Quote(octets), flags), event: tcp.Send{Text: octets, Push: push}}
	n, err := write(e.handle, octets)
	switch {
	case err != nil:
		r.errno = err
	case n < len(octets):
		h.blocked = &blocked{call: "send", on: e.on, rest: octets[n:], size: len(octets)}
	default:
		r.value = strconv.Itoa(n)
	}
	return r
}

// write gives the kernel what it takes now.
func write(handle int, octets string) (int, error) {
	n, err := unix.SendmsgN(handle, []byte(octets), nil, nil, unix.MSG_NOSIGNAL)
	if errors.Is(err, unix.EAGAIN) {
		return 0, nil
	}
	return n, err
}

func (w *world) recv(h *host, e *end) result {
	r := result{label: fmt.Sprintf("recv(%d)", e.fd), event: tcp.Receive{Octets: calls.MaxSend}}
	text, err := read(e.handle)
	switch {
	case errors.Is(err, unix.EAGAIN):
		h.blocked = &blocked{call: "recv", on: e.on}
	case err != nil:
		r.errno = err
	case text == "":
		r.value = "0"
		if e.state == "CLOSED" {
			r.rule, r.event = new(calls.RecvEnded), nil
		}
	default:
		r.value, r.rule = calls.Got(text), new(calls.RecvAtOnce)
		if e.state == "CLOSED" {
			r.event = nil
		}
	}
	return r
}

func read(handle int) (string, error) {
	b := make([]byte, calls.MaxSend)
	n, err := unix.Read(handle, b)
	return string(b[:max(n, 0)]), err
}

func waitingOctets(handle int) uint32 {
	n, err := unix.IoctlGetInt(handle, unix.TIOCINQ)
	if err != nil {
		return 0
	}
	return uint32(n)
}

var socketOptions = map[string]struct{ level, name int }{
	"SO_KEEPALIVE": {unix.SOL_SOCKET, unix.SO_KEEPALIVE}, "SO_RCVBUF": {unix.SOL_SOCKET, unix.SO_RCVBUF},
	"SO_REUSEADDR": {unix.SOL_SOCKET, unix.SO_REUSEADDR}, "SO_SNDBUF": {unix.SOL_SOCKET, unix.SO_SNDBUF},
	"TCP_DEFER_ACCEPT": {unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT}, "TCP_KEEPCNT": {unix.IPPROTO_TCP, unix.TCP_KEEPCNT},
	"TCP_KEEPIDLE": {unix.IPPROTO_TCP, unix.TCP_KEEPIDLE}, "TCP_KEEPINTVL": {unix.IPPROTO_TCP, unix.TCP_KEEPINTVL},
	"TCP_LINGER2": {unix.IPPROTO_TCP, unix.TCP_LINGER2}, "TCP_MAXSEG": {unix.IPPROTO_TCP, unix.TCP_MAXSEG},
	"TCP_NODELAY": {unix.IPPROTO_TCP, unix.TCP_NODELAY}, "TCP_QUICKACK": {unix.IPPROTO_TCP, unix.TCP_QUICKACK},
	"TCP_SYNCNT": {unix.IPPROTO_TCP, unix.TCP_SYNCNT}, "TCP_USER_TIMEOUT": {unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT},
}

func setOption(e *end, args string) result {
	name, value, _ := calls.Option(args)
	r := result{label: fmt.Sprintf("setsockopt(%d, %s, %d)", e.fd, name, value), value: "0"}
	if name == "SO_LINGER" {
		r.errno = unix.SetsockoptLinger(e.handle, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1, Linger: int32(value)})
		return r
	}
	o := socketOptions[name]
	r.errno = unix.SetsockoptInt(e.handle, o.level, o.name, value)
	return r
}

// reboot forgets everything and sends nothing, as a machine does that loses its power
// (RFC 9293 3.5.1): sockets under repair are closed without a word, and what the kernel
// would say for the rest of them does not get out.
func (w *world) reboot(i int) ([]handshake.Step, error) {
	h := &w.hosts[i]
	step := handshake.Step{Peer: h.name, On: h.last, Kind: handshake.KindCall, Label: "reboot()", Before: h.stateOf(h.last), After: "CLOSED"}
	step.Vars = []handshake.Var{{Name: "sockets", Value: "0"}}
	step.Why = []handshake.Why{calls.Rebooted.Why()}
	for _, e := range h.ends {
		if e.handle >= 0 {
			_ = unix.SetsockoptInt(e.handle, unix.IPPROTO_TCP, unix.TCP_REPAIR, 1) // not for a listener
			_ = unix.Close(e.handle)
		}
	}
	var err error
	if w.lo != nil {
		w.taken, err = w.lo.take(w.taken[:0])
		for _, p := range w.taken {
			err = errors.Join(err, w.lo.drop(p.id))
		}
	}
	for _, it := range h.outbox {
		err = errors.Join(err, w.lo.drop(it.id))
	}
	h.ends, h.outbox, h.blocked, h.nextFD, h.last = nil, nil, nil, firstFD, ""
	w.alone = slices.DeleteFunc(w.alone, func(a alone) bool { return a.peer == i })
	step.At = w.now()
	return []handshake.Step{step}, err
}

// bits is what poll says of a descriptor.
func bits(handle int) int16 {
	p := []unix.PollFd{{Fd: int32(handle), Events: unix.POLLIN | unix.POLLOUT | unix.POLLRDHUP}}
	if _, err := unix.Poll(p, 0); err != nil {
		return 0
	}
	return p[0].Revents
}

// wakes is what ends the waiting in each call.
var wakes = map[string]int16{
	"accept": unix.POLLIN, "connect": unix.POLLOUT, "recv": unix.POLLIN | unix.POLLRDHUP, "send": unix.POLLOUT,
}

// wake ends the waiting of the call that a program waits in, once it can come back.
func (w *world) wake(i int) {
	h := &w.hosts[i]
	b := h.blocked
	if b == nil || b.answered {
		return
	}
	if e := h.end(b.on); e != nil && e.handle >= 0 && bits(e.handle)&(wakes[b.call]|unix.POLLERR|unix.POLLHUP) != 0 {
		w.order++
		b.answered, b.order = true, w.order
	}
}

// tell wakes a host's program, and gives it the news that no call waits for.
func (w *world) tell(i int) []handshake.Step {
	h := &w.hosts[i]
	waits := h.blocked != nil && !h.blocked.answered
	w.wake(i)
	var steps []handshake.Step
	for j := range h.ends {
		e := &h.ends[j]
		if e.handle < 0 || e.state == "LISTEN" {
			continue
		}
		now := bits(e.handle)
		if waits && h.blocked.on == e.on { // that call brings the news
			e.toldClosed, e.toldError = now&unix.POLLRDHUP != 0, now&unix.POLLERR != 0
			continue
		}
		if s := e.news(now, h.name); s != nil {
			s.At = w.now()
			steps = append(steps, *s)
		}
	}
	return steps
}

// news is a step for what the program has not been told yet.
func (e *end) news(now int16, peer string) *handshake.Step {
	s := handshake.Step{Peer: peer, On: e.on, Kind: handshake.KindSignal, Before: e.state, After: e.state}
	switch {
	case now&unix.POLLERR != 0 && !e.toldError:
		s.Label, s.Why = "connection reset", []handshake.Why{calls.SignalReset.Why()}
	case now&unix.POLLRDHUP != 0 && !e.toldClosed && e.alive():
		s.Label, s.Why = "connection closing", []handshake.Why{calls.SignalClosing.Why()}
	default:
		return nil
	}
	e.toldError, e.toldClosed = now&unix.POLLERR != 0, true
	return &s
}

// comeBack lets the call return that a host's program waits in: only now it is made.
func (w *world) comeBack(i int) ([]handshake.Step, error) {
	h := &w.hosts[i]
	b := h.blocked
	h.blocked = nil
	at := slices.IndexFunc(h.ends, func(e end) bool { return e.on == b.on })
	if at < 0 {
		return nil, fmt.Errorf("kernel: %s(): its socket is gone", b.call)
	}
	e := &h.ends[at]
	step := handshake.Step{Peer: h.name, Kind: handshake.KindReturn}
	value, rule, err := w.finish(h, e, b)
	if h.blocked != nil { // woken for nothing
		return nil, fmt.Errorf("kernel: %s(%d) was woken for nothing: %w", b.call, e.fd, errNotNow)
	}
	step.Label = fmt.Sprintf("%s(%d) = %s", b.call, e.fd, value)
	if err != nil {
		step.Label = fmt.Sprintf("%s(%d) = -1 %s", b.call, e.fd, errname(err))
	}
	step.Why = []handshake.Why{rule.Why()}
	if b.call == "accept" && err == nil {
		fd, _ := strconv.Atoi(value)
		at = slices.IndexFunc(h.ends, func(e end) bool { return e.fd == fd })
		step.Vars = append(step.Vars, descriptor(fd))
	}
	whose := nobody // what leaves now is a timer's
	if err == nil && (b.call == "send" || b.call == "recv" && value != "0") {
		whose = i
	}
	if _, err := w.drain(whose); err != nil {
		return nil, err
	}
	step.At = w.now()
	steps, err := w.observe(i, at, step)
	return append(steps, w.tell(i)...), err
}

// finish makes the call that a program has waited in.
func (w *world) finish(h *host, e *end, b *blocked) (string, calls.Rule, error) {
	switch b.call {
	case "accept":
		handle, _, err := unix.Accept4(e.handle, unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
		if err != nil {
			return "", calls.CallFails, err
		}
		return w.accepted(h, handle), calls.AcceptReturns, nil
	case "connect":
		return e.connected()
	case "send":
		return h.sendOn(e, b)
	default:
		return h.received(e, b)
	}
}

// connected asks for the connection once more: it is what tells the kernel that the
// program knows, as a connect() that blocks does. From then on it says EISCONN.
func (e *end) connected() (string, calls.Rule, error) {
	err := unix.Connect(e.handle, sockaddr(e.remote))
	e.toldError = err != nil
	switch {
	case err == nil:
		return "0", calls.ConnectReturns, nil
	case errors.Is(err, unix.ECONNREFUSED):
		return "", calls.ConnectRefused, err
	case errors.Is(err, unix.ETIMEDOUT):
		return "", calls.ConnectTimedOut, err
	default:
		return "", calls.CallFails, err
	}
}

func (h *host) sendOn(e *end, b *blocked) (string, calls.Rule, error) {
	n, err := write(e.handle, b.rest)
	if err != nil {
		return "", calls.CallFails, err
	}
	if b.rest = b.rest[n:]; b.rest != "" {
		b.answered = false
		h.blocked = b
		return "", calls.CallFails, nil
	}
	return strconv.Itoa(b.size), calls.SendReturns, nil
}

func (h *host) received(e *end, b *blocked) (string, calls.Rule, error) {
	text, err := read(e.handle)
	switch {
	case errors.Is(err, unix.EAGAIN):
		b.answered = false
		h.blocked = b
		return "", calls.CallFails, nil
	case err != nil:
		return "", calls.RecvReset, err
	case text == "":
		return "0", calls.RecvEnds, nil
	default:
		return calls.Got(text), calls.RecvReturns, nil
	}
}
