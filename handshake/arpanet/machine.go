package arpanet

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"sockscope/handshake"
	"sockscope/rfc147"
	"sockscope/rfc147/hosthost"
	"sockscope/statemachine/ncp"
)

// site is one end: its NCP, its line to the IMP, and its program, whose calls come in the
// order of the script.
type site struct {
	name    string
	number  uint8
	other   int // the other end's number, if there is only one other
	ncp     *ncp.NCP
	down    bool
	in      receiver
	out     sender
	calls   []handshake.Choice
	next    int
	blocked blocked
	outbox  []item
	mine    []ncp.Key // connections that the program has opened and that are there, oldest first
	unread  []unreadText
}

// several stands for the number of the other end where there is more than one.
const several = -1

// unreadText is text that no receive() has taken yet.
type unreadText struct {
	key  ncp.Key
	text string
}

// item is what an event has caused and what still has to happen: a departure or a return.
type item struct {
	order  int
	is     handshake.Verb
	what   string // the message's label, or the call's name
	on     string
	octets []byte // of a departure
	result string
	rule   EngineRule
}

// clone is a snapshot; what it points to is never changed in place.
func (h site) clone() site {
	h.ncp = h.ncp.Clone()
	h.outbox, h.mine, h.unread = slices.Clone(h.outbox), slices.Clone(h.mine), slices.Clone(h.unread)
	h.blocked.keys = slices.Clone(h.blocked.keys)
	return h
}

// on names a connection for the trace: by its host, too, if that is not the other end.
func (h *site) on(k ncp.Key) string {
	switch {
	case k == ncp.Key{}:
		return ""
	case int(k.Host) != h.other:
		return fmt.Sprintf("%s host %d", pair(k.Local, k.Foreign), k.Host)
	}
	return pair(k.Local, k.Foreign)
}

// state is that of a connection by its name.
func (h *site) state(name string) string {
	for _, c := range h.ncp.Connections() {
		if h.on(c.Key) == name {
			return c.State.String()
		}
	}
	return ncp.None.String()
}

// variables are those of a connection, by their names in the trace.
var variables = []string{"link", "byte size", "msg space", "bit space", "messages", "bits"}

// values are a connection's variables; 0 of a link or a size is none.
func values(c ncp.Connection) []handshake.Var {
	all := []handshake.Var{{Name: "link"}, {Name: "byte size"}, {Name: "msg space"}, {Name: "bit space"}, {Name: "messages"}, {Name: "bits"}}
	if c.Link != 0 {
		all[0] = count(all[0].Name, c.Link)
	}
	if c.Size != 0 {
		all[1] = count(all[1].Name, c.Size)
	}
	if c.Opened {
		all[2], all[3] = count(all[2].Name, c.MsgSpace), count(all[3].Name, c.BitSpace)
		all[4], all[5] = count(all[4].Name, c.Messages), count(all[5].Name, c.Bits)
	}
	return all
}

// changed lists the variables that differ. Of a connection that is gone, none is told.
func changed(before, after ncp.Connection) (vars []handshake.Var) {
	if after.State == ncp.None {
		return nil
	}
	was := values(before)
	for i, v := range values(after) {
		if v != was[i] {
			vars = append(vars, v)
		}
	}
	return vars
}

// entries are an NCP's connections, to be compared with what becomes of them.
type entries []ncp.Connection

func (t entries) of(k ncp.Key) ncp.Connection {
	for _, c := range t {
		if c.Key == k {
			return c
		}
	}
	return ncp.Connection{}
}

// event steps a host's NCP and records it: step becomes the step of the connection k, or of
// the first that changes, and each other connection that changes has a note of its own.
func (w *World) event(i int, e ncp.Event, k ncp.Key, step handshake.Step) []handshake.Step {
	h := &w.hosts[i]
	before := entries(h.ncp.Connections())
	var o ncp.Outcome
	h.ncp.Step(e, &o)
	return w.settle(i, k, before, &o, step)
}

// settle takes over what an NCP has answered.
func (w *World) settle(i int, k ncp.Key, before entries, o *ncp.Outcome, step handshake.Step) []handshake.Step {
	h := &w.hosts[i]
	now := entries(h.ncp.Connections())
	moved := moves(before, now)
	if k == (ncp.Key{}) && len(moved) > 0 {
		k = moved[0]
	}
	steps := w.record(i, k, before, now, moved, o, step)
	for n := range o.Messages {
		m := &o.Messages[n]
		octets := m.Append(nil)
		w.order++
		h.outbox = append(h.outbox, item{order: w.order, is: handshake.Depart, what: Label(octets), on: h.on(h.about(octets, hosthost.ToIMP)), octets: octets})
	}
	for _, c := range o.Closed {
		if c.Opened {
			steps = append(steps, w.entered(i, c))
		}
	}
	for _, t := range o.Told {
		steps = append(steps, w.told(i, t)...)
	}
	h.mine = slices.DeleteFunc(h.mine, func(k ncp.Key) bool { return h.ncp.Connection(k).State == ncp.None })
	for _, c := range o.Closed {
		w.left(i, c.Key)
	}
	return steps
}

// moves lists the connections that have changed in what is shown of them, the oldest first.
func moves(before, now entries) (keys []ncp.Key) {
	for _, c := range slices.Backward(before) {
		if after := now.of(c.Key); after.State != c.State || len(changed(c, after)) > 0 {
			keys = append(keys, c.Key)
		}
	}
	for _, c := range slices.Backward(now) {
		if before.of(c.Key).State == ncp.None {
			keys = append(keys, c.Key)
		}
	}
	return keys
}

// record writes the event's step and a note for each other connection that it has changed.
func (w *World) record(i int, k ncp.Key, before, now entries, moved []ncp.Key, o *ncp.Outcome, step handshake.Step) []handshake.Step {
	h := &w.hosts[i]
	var why []handshake.Why
	for _, r := range o.Rules {
		why = append(why, handshake.Why{Rule: r.String(), Cite: r.Cite()})
	}
	why = slices.Compact(why) // an ICP asks twice by one rule
	step.Why = append(step.Why, why...)
	step.On = h.on(k)
	step.Before, step.After = before.of(k).State.String(), now.of(k).State.String()
	if k == (ncp.Key{}) {
		step.Before, step.After = "", ""
	}
	step.Vars = append(step.Vars, changed(before.of(k), now.of(k))...)
	steps := []handshake.Step{step}
	for _, other := range moved {
		if other == k {
			continue
		}
		steps = append(steps, handshake.Step{
			At: w.clock, Peer: h.name, On: h.on(other), Kind: handshake.KindNote, Label: h.on(other) + " " + now.of(other).State.String(),
			Before: before.of(other).State.String(), After: now.of(other).State.String(),
			Vars: changed(before.of(other), now.of(other)), Why: because(why, now.of(other).State),
		})
	}
	return steps
}

// reasons are the rules that bring a connection into a state beside what else an event does.
var reasons = map[ncp.State][]string{
	ncp.RFCSent: {"init-sends"},
	ncp.Open:    {"init-accepts"},
	ncp.CLSWait: {"close-waits-for-rfnm"},
	ncp.CLSSent: {"close-sends", "close-gives-up", "close-refuses"},
}

// because picks of an event's rules those that say why one more connection is in its state;
// all, if none does.
func because(why []handshake.Why, s ncp.State) []handshake.Why {
	own := slices.DeleteFunc(slices.Clone(why), func(y handshake.Why) bool { return !slices.Contains(reasons[s], y.Rule) })
	if len(own) == 0 {
		return why
	}
	return own
}

// entered is the accounting record of a connection that has left the table (RFC 147 p.3).
func (w *World) entered(i int, c ncp.Connection) handshake.Step {
	h := &w.hosts[i]
	r := c.Record(h.number, time.Time{})
	vars := []handshake.Var{
		{Name: "record.made", Value: strconv.FormatInt(int64(c.Made), 10), Unit: "ns"},
		{Name: "record.closed", Value: strconv.FormatInt(int64(c.Closed), 10), Unit: "ns"},
		count("record.messages", r.Messages), count("record.bits", r.Bits),
		count("record.sending host", r.SendingHost), count("record.receiving host", r.ReceivingHost),
		{Name: "record.sending socket", Value: r.SendingSocket.Short()},
		{Name: "record.receiving socket", Value: r.ReceivingSocket.Short()},
	}
	return handshake.Step{
		At: w.clock, Peer: h.name, On: h.on(c.Key), Kind: handshake.KindNote, Label: "record " + pair(r.SendingSocket, r.ReceivingSocket),
		Before: ncp.None.String(), After: ncp.None.String(), Vars: vars, Why: []handshake.Why{RecordEntered.Why()},
	}
}

// arrives gives a whole message to a host's NCP.
func (w *World) arrives(i int, message []byte, step handshake.Step) []handshake.Step {
	k := w.hosts[i].about(message, hosthost.FromIMP)
	return w.event(i, ncp.Arrives{Now: w.clock, Message: message}, k, step)
}

// about finds the connection that a message is about, at the host that sends it or gets it;
// the zero Key is none.
func (h *site) about(message []byte, d hosthost.Direction) ncp.Key {
	l, err := hosthost.ReadLeader(message)
	switch {
	case err != nil:
		return ncp.Key{}
	case l.Link != hosthost.ControlLink:
		return h.linked(l.Host, l.Link, (d == hosthost.ToIMP) == (l.Type == hosthost.Regular))
	}
	_, text, _ := hosthost.ReadMessage(message)
	c, ok := firstCommand(text)
	if !ok {
		return ncp.Key{}
	}
	switch c.Opcode {
	case hosthost.RTS, hosthost.STR, hosthost.CLS:
		k := ncp.Key{Host: l.Host, Local: c.My, Foreign: c.Your}
		if d == hosthost.FromIMP {
			k.Local, k.Foreign = c.Your, c.My
		}
		return h.known(k)
	case hosthost.ALL, hosthost.GVB, hosthost.INR: // the receiver's
		return h.linked(l.Host, c.Link, d == hosthost.FromIMP)
	case hosthost.RET, hosthost.INS: // the sender's
		return h.linked(l.Host, c.Link, d == hosthost.ToIMP)
	case hosthost.NoOperation, hosthost.ECO, hosthost.ERP, hosthost.ERR, hosthost.RST, hosthost.RRP:
	}
	return ncp.Key{}
}

// known is the key if its sockets can be joined; about any other there is nothing to show.
func (h *site) known(k ncp.Key) ncp.Key {
	if k.Local.Polarity() == k.Foreign.Polarity() {
		return ncp.Key{}
	}
	return k
}

// linked finds the connection with a host over a link, at its sending or at its receiving end.
func (h *site) linked(host, link uint8, sends bool) ncp.Key {
	for _, c := range h.ncp.Connections() {
		if c.Host == host && c.Link == link && (c.Local.Polarity() == rfc147.Sends) == sends {
			return c.Key
		}
	}
	return ncp.Key{}
}

// timeout ends what an NCP has waited for.
func (w *World) timeout(i int, what string) []handshake.Step {
	due, _ := w.timers()
	w.clock = max(w.clock, due)
	step := handshake.Step{At: w.clock, Peer: w.hosts[i].name, Kind: handshake.KindTimeout, Label: what}
	return w.event(i, ncp.Timeout{Now: w.clock}, ncp.Key{}, step)
}

// attach lets a host come up: its IMP tells it of the interface, it raises its ready line
// and says three NOPs (RFC 394). None of it is a message between hosts, and none is shown. Of
// what the host has said before, the IMP knows nothing any more.
func (w *World) attach(i int, l lines) error {
	h := &w.hosts[i]
	h.in, h.out, h.down = receiver{}, sender{}, false
	sent, rules := w.step(Start{h.number}, i)
	w.flights = slices.DeleteFunc(w.flights, func(f flight) bool {
		forgotten := !f.answer && f.from == i
		if forgotten {
			w.ended = append(w.ended, w.lost(f, rules))
		}
		return forgotten
	})
	if err := w.quietly(i, sent, l); err != nil {
		return err
	}
	said := [][]byte{h.out.datagram(hosthost.Ready|hosthost.Last, nil)}
	for range 3 {
		said = append(said, h.out.message(hosthost.Leader{Type: hosthost.NOP}.Append(nil))...)
	}
	return w.say(i, said, l)
}

// quietly gives a host what its IMP says when nobody looks.
func (w *World) quietly(i int, sent []Sent, l lines) error {
	messages, err := w.carry(i, sent, l)
	for _, m := range messages {
		w.hosts[i].ncp.Step(ncp.Arrives{Now: w.clock, Message: m}, &ncp.Outcome{})
	}
	return err
}

// say gives a host's datagrams to its IMP.
func (w *World) say(i int, datagrams [][]byte, l lines) error {
	for _, d := range datagrams {
		read, err := l[i].Carry(hostEnd, d)
		if err != nil {
			return err
		}
		sent, _ := w.step(FromHost{w.hosts[i].number, read}, i)
		if err := w.quietly(i, sent, l); err != nil {
			return err
		}
	}
	return nil
}

// goDown drops a host's ready line. What the IMP has for it finds nobody.
func (w *World) goDown(i int, l lines) error {
	h := &w.hosts[i]
	h.down = true
	w.forget(i)
	for _, f := range slices.Clone(w.flights) {
		if f.answer && f.to == i && f.number != 0 {
			w.step(Return{f.number}, nobody)
		}
	}
	w.flights = slices.DeleteFunc(w.flights, func(f flight) bool { return f.answer && f.to == i })
	return w.say(i, [][]byte{h.out.datagram(hosthost.Last, nil)}, l)
}

// forget starts a host's NCP anew, without the processes that waited for it. What the IMP
// still says of its messages finds nobody.
func (w *World) forget(i int) {
	h := &w.hosts[i]
	h.ncp, h.outbox, h.mine, h.unread, h.blocked = ncp.New(ncp.Settings{}), nil, nil, nil, blocked{}
}
