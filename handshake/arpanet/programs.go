package arpanet

import (
	"math"
	"slices"

	"sockscope/handshake"
	"sockscope/handshake/calls"
	"sockscope/rfc147"
	"sockscope/statemachine/ncp"
)

// blocked is the call that a program waits in.
type blocked struct {
	is       bool
	answered bool // its return waits in the outbox
	request  request
	shown    string    // the call, as the trace writes it
	keys     []ncp.Key // the connections that it waits for
	icp      ncp.ICP   // of serve and contact, which have no keys
	sent     int       // of send: how many bytes have gone
}

// defaultSize is the byte size of a process that names none: that of TELNET (RFC 165 p.5).
const defaultSize = 8

// defaultRoom is for how many bytes receive() allocates where it is not told.
const defaultRoom = 100

// call lets a host's program make its next call.
func (w *World) call(i int, l lines) ([]handshake.Step, error) {
	h := &w.hosts[i]
	c := h.calls[h.next]
	h.next++
	r, _ := parse(w.scenario, c) // it was checked
	step := handshake.Step{At: w.clock, Peer: h.name, Kind: handshake.KindCall, Label: r.shown(c)}
	switch {
	case h.down && r.name != "up":
		return failed(step, "host is down", HostIsDown), nil
	case !h.down && r.name == "up":
		return failed(step, "host is up", HostIsUp), nil
	}
	switch r.name {
	case "down", "up", "reboot":
		return w.hostCall(i, r, l)
	case "listen", "init", "serve", "contact":
		return w.opening(i, r, step), nil
	case "send":
		return w.sending(i, r, step), nil
	case "receive":
		return w.receiving(i, r, step), nil
	case "close":
		return w.closing(i, r, step), nil
	default:
		return w.saying(i, r, step), nil
	}
}

// failed is a call that comes back at once without having asked the NCP.
func failed(step handshake.Step, result string, r EngineRule) []handshake.Step {
	step.Label += " = " + result
	step.Why = []handshake.Why{r.Why()}
	return []handshake.Step{step}
}

// befalls reports a call that is no program's: it befalls the host, whoever waits there.
func befalls(name string) bool { return name == "down" || name == "up" || name == "reboot" }

// hostCall is what befalls a whole host.
func (w *World) hostCall(i int, r request, l lines) (steps []handshake.Step, err error) {
	rule := HostForgets
	switch r.name {
	case "down":
		rule, err = HostGoesDown, w.goDown(i, l)
	case "up":
		rule, err = HostComesUp, w.attach(i, l)
	default:
		w.forget(i)
	}
	return []handshake.Step{{
		At: w.clock, Peer: w.hosts[i].name, Kind: handshake.KindCall, Label: r.name + "() = 0", Why: []handshake.Why{rule.Why()},
		Vars: []handshake.Var{{Name: "sockets", Value: "0"}}, Before: ncp.None.String(), After: ncp.None.String(),
	}}, err
}

// ask asks the NCP for what a call wants. If it refuses, or b is nil, the call comes back at
// once; else the program waits in b.
func (w *World) ask(i int, k ncp.Key, step handshake.Step, b *blocked, how func(*ncp.Outcome)) []handshake.Step {
	h := &w.hosts[i]
	before := entries(h.ncp.Connections())
	var o ncp.Outcome
	how(&o)
	switch {
	case o.Answer != ncp.OK:
		step.Label += " = " + o.Answer.String()
	case b == nil:
		step.Label += " = 0"
	default:
		h.blocked = *b
	}
	return w.settle(i, h.known(k), before, &o, step)
}

// opening is a call that waits for a connection, or for the pair of an ICP.
func (w *World) opening(i int, r request, step handshake.Step) []handshake.Step {
	b := blocked{is: true, request: r, shown: step.Label}
	var k ncp.Key // who a listen is for, nobody knows yet
	var e ncp.Event
	switch r.name {
	case "listen":
		e = ncp.Listen{Now: w.clock, Local: r.local, Size: sizeFor(r.local, r.size)}
	case "init":
		k = ncp.Key{Host: r.host, Local: r.local, Foreign: r.foreign}
		e, b.keys = ncp.Init{Now: w.clock, Key: k, Size: sizeFor(r.local, r.size)}, []ncp.Key{k}
	default:
		return w.initial(i, b, step)
	}
	n := w.hosts[i].ncp
	return w.ask(i, k, step, &b, func(o *ncp.Outcome) { n.Step(e, o) })
}

// sizeFor is the byte size of a call that names none: a sender has to say one.
func sizeFor(local rfc147.Socket, size uint8) uint8 {
	if size == 0 && local.Polarity() == rfc147.Sends {
		return defaultSize
	}
	return size
}

// initial begins an Initial Connection Protocol at one end.
func (w *World) initial(i int, b blocked, step handshake.Step) []handshake.Step {
	r, size := b.request, b.request.size
	if size == 0 {
		size = defaultSize
	}
	b.icp = ncp.ICP{Host: r.host, L: r.foreign, U: r.local, Size: size, Wanted: size}
	if r.name == "serve" {
		b.icp = ncp.ICP{Server: true, L: r.local, S: r.foreign, Size: size, Wanted: size}
		step.Why = append(step.Why, ICPServes.Why())
	}
	n := w.hosts[i].ncp
	return w.ask(i, ncp.Key{}, step, &b, func(o *ncp.Outcome) { b.icp.Begin(n, w.clock, o) })
}

// mineFor finds the connection that send and receive mean: the named one, else the newest
// that is there and goes that way.
func (h *site) mineFor(r request, sends bool) (ncp.Key, bool) {
	for _, k := range slices.Backward(h.mine) {
		if (k.Local.Polarity() == rfc147.Sends) == sends && (!r.named || k.Local == r.local) {
			return k, true
		}
	}
	return ncp.Key{}, false
}

// sending is RFC 165's Send. It waits until all its bytes have gone.
func (w *World) sending(i int, r request, step handshake.Step) []handshake.Step {
	h := &w.hosts[i]
	k, ok := h.mineFor(r, true)
	size := h.ncp.Connection(k).Size
	switch {
	case !ok:
		return failed(step, ncp.NoConnection.String(), ReturnsClosed)
	case r.size == 0 && len(r.text)*8 < r.count*int(size):
		r.text = make([]byte, (r.count*int(size)+7)/8) // of another size there are only zeros
	case r.size != 0 && r.size != size:
		return failed(step, ncp.BadSize.String(), ReturnsClosed)
	}
	h.blocked = blocked{is: true, request: r, shown: step.Label, keys: []ncp.Key{k}}
	return w.send(i, step)
}

// send gives the NCP the bytes that have not gone yet.
func (w *World) send(i int, step handshake.Step) []handshake.Step {
	h := &w.hosts[i]
	b := &h.blocked
	before := entries(h.ncp.Connections())
	var o ncp.Outcome
	h.ncp.Step(ncp.Send{Now: w.clock, Key: b.keys[0], Text: b.request.text, First: b.sent, Count: b.request.count - b.sent}, &o)
	b.sent += o.Sent
	steps := w.settle(i, b.keys[0], before, &o, step)
	switch {
	case o.Answer != ncp.OK:
		w.comes(i, b.keys[0], o.Answer.String(), ReturnsClosed)
	case h.blocked.sent == h.blocked.request.count:
		w.comes(i, b.keys[0], "0", ReturnsSent)
	}
	return steps
}

// receiving is RFC 165's Receive: it takes text that has come, or makes room for it and waits.
func (w *World) receiving(i int, r request, step handshake.Step) []handshake.Step {
	h := &w.hosts[i]
	k, ok := h.mineFor(r, false)
	c := h.ncp.Connection(k)
	unread := slices.IndexFunc(h.unread, func(a unreadText) bool { return a.key == k || !ok && (!r.named || a.key.Local == r.local) })
	switch {
	case unread >= 0:
		a := h.unread[unread]
		h.unread = slices.Delete(h.unread, unread, unread+1)
		step.On = h.on(a.key)
		step.Before = h.state(step.On)
		step.After = step.Before
		return failed(step, calls.Got(a.text), ReturnsText)
	case !ok || c.State != ncp.Open:
		return failed(step, "closed", ReturnsClosed)
	}
	b := blocked{is: true, request: r, shown: step.Label, keys: []ncp.Key{k}}
	if c.MsgSpace > 0 && c.BitSpace >= uint32(c.Size) {
		h.blocked = b
		step.On, step.Before, step.After = h.on(k), c.State.String(), c.State.String()
		step.Why = []handshake.Why{ReceiveWaits.Why()}
		return []handshake.Step{step}
	}
	n := r.count
	if n == 0 {
		n = defaultRoom
	}
	room := ncp.Allocate{Now: w.clock, Key: k, BitSpace: min(uint32(n)*uint32(c.Size), math.MaxUint32-c.BitSpace)}
	if c.MsgSpace == 0 {
		room.MsgSpace = 1
	}
	return w.ask(i, k, step, &b, func(o *ncp.Outcome) { h.ncp.Step(room, o) })
}

// closing is RFC 165's Close: of one socket, or of all that the program has opened. It waits
// until each CLS has its answer.
func (w *World) closing(i int, r request, step handshake.Step) []handshake.Step {
	h := &w.hosts[i]
	var keys []ncp.Key
	for _, c := range slices.Backward(h.ncp.Connections()) {
		if r.named && c.Local == r.local || !r.named && slices.Contains(h.mine, c.Key) {
			keys = append(keys, c.Key)
		}
	}
	if len(keys) == 0 {
		return failed(step, ncp.NoConnection.String(), ReturnsClosed)
	}
	h.unread = slices.DeleteFunc(h.unread, func(a unreadText) bool { return slices.Contains(keys, a.key) })
	h.blocked = blocked{is: true, request: r, shown: step.Label, keys: keys}
	var steps []handshake.Step
	for n, k := range keys {
		if n > 0 {
			step = handshake.Step{At: w.clock, Peer: h.name, Kind: handshake.KindNote, Label: h.on(k)}
		}
		steps = append(steps, w.event(i, ncp.Close{Now: w.clock, Key: k}, k, step)...)
	}
	return steps
}

// left lets close come back when the last of its connections has left the table.
func (w *World) left(i int, k ncp.Key) {
	h := &w.hosts[i]
	b := &h.blocked
	if b.answered || b.request.name != "close" || !slices.Contains(b.keys, k) ||
		slices.ContainsFunc(b.keys, func(k ncp.Key) bool { return h.ncp.Connection(k).State != ncp.None }) {
		return
	}
	w.comes(i, k, "0", ReturnsEnded)
}

// saying is a call that asks for one command: most come back at once.
func (w *World) saying(i int, r request, step handshake.Step) []handshake.Step {
	h := &w.hosts[i]
	k := ncp.Key{}
	for _, m := range h.mine {
		if m.Local == r.local {
			k = m
		}
	}
	var e ncp.Event
	switch r.name {
	case "allocate":
		e = ncp.Allocate{Now: w.clock, Key: k, MsgSpace: uint16(r.first), BitSpace: uint32(r.second)}
	case "give-back":
		e = ncp.GiveBack{Now: w.clock, Key: k, FM: uint8(r.first), FB: uint8(r.second)}
	case "interrupt":
		e = ncp.Interrupt{Now: w.clock, Key: k}
	case "echo":
		e = ncp.Echo{Now: w.clock, Host: r.host, Data: uint8(r.first)}
	default:
		e = ncp.Reset{Now: w.clock, Host: r.host}
	}
	var b *blocked
	if r.name == "echo" || r.name == "reset" {
		b = &blocked{is: true, request: r, shown: step.Label}
	}
	return w.ask(i, k, step, b, func(o *ncp.Outcome) { h.ncp.Step(e, o) })
}

// comes lets the call that a program waits in come back, once its turn has come.
func (w *World) comes(i int, k ncp.Key, result string, r EngineRule) {
	h := &w.hosts[i]
	h.blocked.answered = true
	w.order++
	h.outbox = append(h.outbox, item{order: w.order, is: handshake.Return, what: h.blocked.request.name, on: h.on(k), result: result, rule: r})
}

// comeBack lets the call return that a host's program waits in.
func (w *World) comeBack(i int) []handshake.Step {
	h := &w.hosts[i]
	at := slices.IndexFunc(h.outbox, func(it item) bool { return it.is == handshake.Return })
	it := h.outbox[at]
	h.outbox = slices.Delete(h.outbox, at, at+1)
	step := handshake.Step{
		At: w.clock, Peer: h.name, On: it.on, Kind: handshake.KindReturn, Label: h.blocked.shown + " = " + it.result, Why: []handshake.Why{it.rule.Why()},
	}
	if it.on != "" {
		step.Before = h.state(it.on)
		step.After = step.Before
	}
	h.blocked = blocked{}
	return []handshake.Step{step}
}

// told passes on what an NCP tells a process: to the call that waits for it, or as a signal.
func (w *World) told(i int, t ncp.Tell) []handshake.Step {
	h := &w.hosts[i]
	b := &h.blocked
	switch {
	case !b.is || b.answered:
	case b.request.name == "serve" || b.request.name == "contact":
		if steps, taken := w.icp(i, t); taken {
			return steps
		}
	case w.wanted(i, t):
		return w.resume(i, t)
	}
	return w.signal(i, t)
}

// wanted reports that a signal is what the waiting call waits for.
func (w *World) wanted(i int, t ncp.Tell) bool {
	b := &w.hosts[i].blocked
	switch b.request.name {
	case "listen":
		return t.Signal == ncp.Opened && t.Local == b.request.local
	case "echo":
		return t.Host == b.request.host && (t.Signal == ncp.EchoReplied || t.Signal == ncp.EchoUnanswered)
	case "reset":
		return t.Host == b.request.host && (t.Signal == ncp.ResetReplied || t.Signal == ncp.ResetUnanswered)
	default:
		return slices.Contains(b.keys, t.Key)
	}
}

// resume goes on with the waiting call.
func (w *World) resume(i int, t ncp.Tell) []handshake.Step {
	h := &w.hosts[i]
	name := h.blocked.request.name
	switch {
	case t.Signal == ncp.Opened:
		h.opened(t.Key)
		w.comes(i, t.Key, "open", ReturnsOpen)
	case t.Signal == ncp.Arrived && name == "receive":
		w.comes(i, t.Key, calls.Got(string(t.Text)), ReturnsText)
	case t.Signal == ncp.Allocated && name == "send":
		return w.send(i, handshake.Step{At: w.clock, Peer: h.name, Kind: handshake.KindSignal, Label: t.Signal.String()})
	case t.Signal == ncp.Arrived, t.Signal == ncp.Allocated, t.Signal == ncp.Interrupted, t.Signal == ncp.Returned, t.Signal == ncp.Lost:
		return w.signal(i, t)
	case t.Signal == ncp.EchoReplied:
		w.comes(i, ncp.Key{}, "0", ReturnsEcho)
	case t.Signal == ncp.ResetReplied:
		w.comes(i, ncp.Key{}, "0", ReturnsReset)
	case t.Signal == ncp.EchoUnanswered, t.Signal == ncp.ResetUnanswered:
		w.comes(i, ncp.Key{}, t.Signal.String(), ReturnsNothing)
	case name == "close": // it waits for the end of all that it closes
	case t.Signal == ncp.Refused:
		w.comes(i, t.Key, t.Signal.String(), ReturnsRefused)
	default:
		w.comes(i, t.Key, t.Signal.String(), ReturnsClosed)
	}
	return nil
}

// icp lets the ICP of a waiting call take what its NCP tells; false if it is none of its.
func (w *World) icp(i int, t ncp.Tell) (steps []handshake.Step, taken bool) {
	h := &w.hosts[i]
	b := &h.blocked
	before := entries(h.ncp.Connections())
	var o ncp.Outcome
	b.icp.Told(h.ncp, w.clock, t, &o)
	if len(o.Rules) == 1 && o.Rules[0].String() == icpPassedOver {
		return nil, false
	}
	state := b.icp.State
	steps = w.settle(i, t.Key, before, &o, handshake.Step{At: w.clock, Peer: h.name, Kind: handshake.KindSignal, Label: icpSteps(b.icp.Server, state)})
	if first := steps[0]; len(o.Messages) == 0 && first.Before == first.After && len(first.Vars) == 0 {
		steps = steps[1:] // its next step shows it
	}
	switch {
	case b.answered: // by what this has caused
	case state == ncp.ICPDone:
		h.opened(b.icp.Sending())
		h.opened(b.icp.Receiving())
		w.comes(i, b.icp.Receiving(), "open", ReturnsOpen)
	case state == ncp.ICPFailed && t.Signal == ncp.Refused:
		w.comes(i, t.Key, t.Signal.String(), ReturnsRefused)
	case state == ncp.ICPFailed && (t.Signal == ncp.Arrived || t.Signal == ncp.Allocated): // what came was good, the ICP was not
		w.comes(i, t.Key, "failed", ReturnsClosed)
	case state == ncp.ICPFailed:
		w.comes(i, t.Key, t.Signal.String(), ReturnsClosed)
	}
	return steps, true
}

// opened makes a connection one of the program's. What an earlier one of its name has brought
// is not its text.
func (h *site) opened(k ncp.Key) {
	h.unread = slices.DeleteFunc(h.unread, func(a unreadText) bool { return a.key == k })
	h.mine = append(h.mine, k)
}

// icpSteps names what an ICP does now by the steps of RFC 165 p.4.
func icpSteps(server bool, s ncp.ICPState) string {
	switch {
	case s == ncp.ICPFailed:
		return "ICP given up"
	case server:
		return "ICP S5-S8: number, CLS, RTS, STR"
	case s == ncp.ICPContacted:
		return "ICP U3: ALL"
	}
	return "ICP U4-U7: CLS, STR, RTS"
}

// icpPassedOver is the rule by which an ICP says that something is none of its own.
const icpPassedOver = "icp-passed-over"

// signal is a step of its own for what no waiting call takes. Text is kept until a receive
// asks for it; what changes nothing for a process is not told.
func (w *World) signal(i int, t ncp.Tell) []handshake.Step {
	h := &w.hosts[i]
	switch t.Signal {
	case ncp.Arrived:
		h.unread = append(h.unread, unreadText{t.Key, string(t.Text)})
		return nil
	case ncp.Opened, ncp.Allocated, ncp.Ended, ncp.IMPSaid:
		return nil
	case ncp.Refused, ncp.SizeUnwanted, ncp.Returned, ncp.Interrupted, ncp.Lost, ncp.ForeignClosed, ncp.Unanswered, ncp.WasReset,
		ncp.HostDead, ncp.EchoReplied, ncp.EchoUnanswered, ncp.ResetReplied, ncp.ResetUnanswered, ncp.ErrorReported:
	}
	step := handshake.Step{At: w.clock, Peer: h.name, Kind: handshake.KindSignal, Label: t.Signal.String(), Why: []handshake.Why{ProcessTold.Why()}}
	if t.Local != 0 || t.Foreign != 0 {
		step.On = h.on(t.Key)
		step.Before = h.state(step.On)
		step.After = step.Before
	}
	return []handshake.Step{step}
}
