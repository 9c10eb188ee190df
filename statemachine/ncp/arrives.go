package ncp

import (
	"math"

	"sockscope/rfc147/hosthost"
)

// arrives takes a message from the IMP.
func (t *turn) arrives(message []byte) {
	l, err := hosthost.ReadLeader(message)
	if err != nil {
		t.fire(leaderShort)
		return
	}
	switch l.Type {
	case hosthost.Regular:
		t.regular(message)
	case hosthost.RFNM:
		t.rfnm(l)
	case hosthost.DestinationDead:
		t.fire(destinationDead)
		h := t.host(l.Host)
		t.answered(l.Host, h, l.Link)
		t.forget(l.Host, h, HostDead)
	case hosthost.Incomplete, hosthost.ErrorInData:
		t.lost(l)
	case hosthost.InterfaceReset:
		t.fire(interfaceReset)
		t.tellHost(l.Host, IMPSaid).Leader = l
		for foreign, h := range t.hosts {
			if h != nil && h.outstanding > 0 {
				t.allAnswered(uint8(foreign), h)
			}
		}
	case hosthost.NOP:
		t.fire(impNOP)
	case hosthost.ErrorInLeader, hosthost.GoingDown, hosthost.Uncontrolled, hosthost.DeadHostStatus, hosthost.LongLeader,
		11, 12, 13, 14: // never assigned
		t.fire(impSaid)
		t.tellHost(l.Host, IMPSaid).Leader = l
	}
}

// rfnm is the message that says "ready for next message": ours has arrived.
func (t *turn) rfnm(l hosthost.Leader) {
	h := t.host(l.Host)
	if !t.answered(l.Host, h, l.Link) {
		t.fire(rfnmStray)
		return
	}
	t.fire(rfnmCame)
	t.drained(h, l.Link)
	t.flush(l.Host, h)
}

// lost is an Incomplete: the message is gone, and nobody sends it again.
func (t *turn) lost(l hosthost.Leader) {
	h := t.host(l.Host)
	if !t.answered(l.Host, h, l.Link) {
		t.fire(rfnmStray)
		return
	}
	t.fire(messageLost)
	if i := h.sends[l.Link]; i != 0 {
		t.tell(i, Lost).Leader = l
	} else {
		t.tellHost(l.Host, Lost).Leader = l
	}
	t.drained(h, l.Link)
	t.flush(l.Host, h)
}

// regular is a message from a host (NIC 8246 p.19).
func (t *turn) regular(message []byte) {
	m, text, err := hosthost.ReadMessage(message)
	if len(message) < hosthost.HeaderLen {
		t.fire(headerShort)
		return
	}
	foreign := m.Leader.Host
	h := t.host(foreign)
	if m.Leader.Link != hosthost.ControlLink {
		t.text(m, text, err == nil, h, message)
		return
	}
	switch {
	case m.S == 8 && m.C <= hosthost.MaxControl:
		t.commands(foreign, h, text)
	case h.resetting:
		t.fire(notUntilRRP)
	case m.S != 8:
		t.report(foreign, h, controlSize, hosthost.Fault{Shown: shown(message)})
	default:
		t.report(foreign, h, controlLong, hosthost.Fault{Shown: shown(message)})
	}
}

// commands takes the commands of a control message, one after the other.
func (t *turn) commands(foreign uint8, h *host, text []byte) {
	if len(text) == 0 {
		t.fire(controlEmpty)
	}
	for len(text) > 0 {
		c, rest, fault := hosthost.Next(text)
		if fault == (hosthost.Fault{}) {
			fault = c.Check()
		}
		switch {
		case h.resetting && (fault != (hosthost.Fault{}) || c.Opcode != hosthost.RST && c.Opcode != hosthost.RRP):
			t.fire(notUntilRRP)
		case fault != (hosthost.Fault{}):
			t.report(foreign, h, faultRules[fault.Code], fault)
		case len(h.queue) >= maxCommands && c.Opcode != hosthost.RST:
			t.fire(tooManyCommands)
		default:
			t.command(foreign, h, c)
		}
		text = rest
	}
}

var faultRules = [...]Rule{
	hosthost.IllegalOpcode:   illegalOpcode,
	hosthost.ShortParameters: shortParameters,
	hosthost.BadParameters:   badParameters,
}

// shown is a message's header and the first eight bits of its text (NIC 8246 p.26).
func shown(message []byte) (data hosthost.ErrorData) {
	copy(data[:], message)
	return data
}

// report sends an ERR, unless too much waits already: "may be sent" (NIC 8246 p.25).
func (t *turn) report(foreign uint8, h *host, r Rule, f hosthost.Fault) {
	t.fire(r)
	if len(h.queue) >= maxCommands {
		t.fire(tooManyCommands)
		return
	}
	t.control(foreign, h, f.Command(), 0)
}

// text is a message over a link that is not the control link.
func (t *turn) text(m hosthost.Header, text []byte, whole bool, h *host, message []byte) {
	foreign, i := m.Leader.Host, int32(0)
	if h.resetting {
		t.fire(notUntilRRP)
		return
	}
	if m.Leader.Link < links {
		i = h.receives[m.Leader.Link]
	}
	c := &t.places[i]
	if i == 0 || !c.Opened {
		t.report(foreign, h, linkUnused, hosthost.Fault{Code: hosthost.NotConnected, Shown: shown(message)})
		return
	}
	bits := uint32(m.TextBits())
	switch {
	case m.S != c.Size:
		t.report(foreign, h, textSize, hosthost.Fault{Shown: shown(message)})
		return
	case !whole:
		t.report(foreign, h, textShort, hosthost.Fault{Shown: shown(message)})
		return
	case c.MsgSpace == 0 || bits > c.BitSpace:
		t.report(foreign, h, textBeyond, hosthost.Fault{Shown: shown(message)})
		return
	case c.State == CLSSent:
		t.fire(textAfterCLS)
	default:
		t.fire(textArrives)
	}
	c.MsgSpace--
	c.BitSpace -= bits
	c.Messages++
	c.Bits += uint64(bits)
	told := t.tell(i, Arrived)
	told.Size, told.Count, told.Text = m.S, m.C, text
}

// command is one command of a control message, with good parameters (NIC 8246 p.21 to 28).
func (t *turn) command(foreign uint8, h *host, c hosthost.Command) {
	switch c.Opcode {
	case hosthost.NoOperation:
		t.fire(nopArrives)
	case hosthost.RTS, hosthost.STR:
		t.rfcArrives(foreign, h, c)
	case hosthost.CLS:
		t.clsArrives(foreign, h, c)
	case hosthost.ALL, hosthost.GVB, hosthost.INR:
		if i := t.linked(foreign, h, c, h.sends[c.Link]); i != 0 {
			t.fromReceiver(foreign, h, c, i)
		}
	case hosthost.RET, hosthost.INS:
		if i := t.linked(foreign, h, c, h.receives[c.Link]); i != 0 {
			t.fromSender(foreign, h, c, i)
		}
	case hosthost.ECO:
		t.fire(ecoArrives)
		t.control(foreign, h, hosthost.Command{Opcode: hosthost.ERP, Data: c.Data}, 0)
	case hosthost.ERP:
		if !h.echoing || h.echo != c.Data {
			t.fire(erpStray)
			return
		}
		t.fire(erpArrives)
		t.endEcho(foreign, EchoReplied)
	case hosthost.ERR:
		t.fire(errArrives)
		t.tellHost(foreign, ErrorReported).Command = c
	case hosthost.RST:
		t.rstArrives(foreign, h)
	case hosthost.RRP:
		t.rrpArrives(foreign, h)
	}
}

// linked finds the connection of a command that names a link, in OPEN; 0 says that the
// command has its answer (NIC 8246 p.25, codes 4 and 5).
func (t *turn) linked(foreign uint8, h *host, c hosthost.Command, i int32) int32 {
	switch t.places[i].State {
	case None:
		t.report(foreign, h, nonexistentSocket, c.Fault(hosthost.NonexistentSocket))
	case RFCReceived, RFCSent:
		t.report(foreign, h, halfOpen, c.Fault(hosthost.NotConnected))
	case Open:
		return i
	case CLSWait, CLSSent:
		t.fire(tooLate)
	}
	return 0
}

// fromReceiver is what the receiver tells the sender: ALL, GVB, INR (NIC 8246 p.14 to 16).
func (t *turn) fromReceiver(foreign uint8, h *host, c hosthost.Command, i int32) {
	p := &t.places[i]
	switch {
	case c.Opcode == hosthost.ALL && (c.MsgSpace > math.MaxUint16-p.MsgSpace || c.BitSpace > math.MaxUint32-p.BitSpace):
		t.report(foreign, h, allTooLarge, c.Fault(hosthost.BadParameters))
	case c.Opcode == hosthost.ALL:
		t.fire(allArrives)
		p.MsgSpace += c.MsgSpace
		p.BitSpace += c.BitSpace
		t.tell(i, Allocated).Command = c
	case c.Opcode == hosthost.GVB:
		t.fire(gvbArrives)
		messages, bits := fraction(uint64(p.MsgSpace), c.FM), fraction(uint64(p.BitSpace), c.FB)
		p.MsgSpace -= uint16(messages)
		p.BitSpace -= uint32(bits)
		t.control(foreign, h, hosthost.Command{Opcode: hosthost.RET, Link: p.Link, MsgSpace: uint16(messages), BitSpace: uint32(bits)}, 0)
	default:
		t.fire(interruptArrives)
		t.tell(i, Interrupted).Command = c
	}
}

// fraction is so many 128ths of a counter, rounded up; all of it from 128 on (NIC 8246 p.15).
func fraction(of uint64, f uint8) uint64 {
	if f >= 128 {
		return of
	}
	return (of*uint64(f) + 127) / 128
}

// fromSender is what the sender tells the receiver: RET, INS.
func (t *turn) fromSender(foreign uint8, h *host, c hosthost.Command, i int32) {
	p := &t.places[i]
	switch {
	case c.Opcode == hosthost.INS:
		t.fire(interruptArrives)
		t.tell(i, Interrupted).Command = c
	case p.GVBs == 0:
		t.report(foreign, h, retUnasked, c.Fault(hosthost.Undefined))
	case c.MsgSpace > p.MsgSpace || c.BitSpace > p.BitSpace:
		t.report(foreign, h, retTooLarge, c.Fault(hosthost.BadParameters))
	default:
		t.fire(retArrives)
		p.GVBs--
		p.MsgSpace -= c.MsgSpace
		p.BitSpace -= c.BitSpace
		t.tell(i, Returned).Command = c
	}
}

// rfcArrives is NIC 8246 p.10 to 12: an RTS or STR.
func (t *turn) rfcArrives(foreign uint8, h *host, c hosthost.Command) {
	k := Key{Host: foreign, Local: c.Your, Foreign: c.My}
	i := t.byKey[k]
	p := &t.places[i]
	switch p.State {
	case RFCReceived, Open, CLSWait:
		t.fire(rfcRepeated)
		return
	case CLSSent:
		t.fire(rfcAfterCLS)
		if c.Opcode == hosthost.RTS && p.Link == 0 && h.sends[c.Link] == 0 {
			p.Link = c.Link // it may be named before our CLS is heard of
			h.sends[c.Link] = i
		}
		return
	case None, RFCSent:
	}
	if c.Opcode == hosthost.RTS && h.sends[c.Link] != 0 {
		t.report(foreign, h, linkInUse, c.Fault(hosthost.BadParameters))
		return
	}
	if p.State == None {
		t.newRFC(h, k, c)
		return
	}
	if c.Opcode == hosthost.RTS {
		p.Link = c.Link
		h.sends[c.Link] = i
	} else {
		p.Size = c.Size
		if p.Wanted != 0 && p.Wanted != c.Size {
			t.fire(sizeUnwanted)
			t.tell(i, SizeUnwanted).Command = c
			h.takeBack(i)
			p.unsent = false
			t.refuse(i)
			return
		}
	}
	t.fire(rfcMatches)
	t.opens(i)
}

// newRFC is one that matches none of ours: for a LISTEN, or to wait, or to be refused.
func (t *turn) newRFC(h *host, k Key, c hosthost.Command) {
	if h.connections >= t.settings.PerHost {
		t.fire(rfcNoRoom)
		t.control(k.Host, h, hosthost.Command{Opcode: hosthost.CLS, My: k.Local, Your: k.Foreign}, 0)
		return
	}
	s := t.sockets[k.Local]
	i := t.enter(h, k, RFCReceived)
	p := &t.places[i]
	p.Link, p.Size = c.Link, c.Size
	if c.Opcode == hosthost.RTS {
		h.sends[c.Link] = i
	}
	switch {
	case s.listening && s.owner == 0 && s.listen.fits(k):
		t.fire(rfcFindsListen)
		if t.accept(i, s.listen.Size) == OK {
			t.endListen(k.Local)
		}
	case int(s.waiting) >= t.settings.PerSocket || t.waiting >= t.settings.Waiting:
		t.fire(rfcQueueFull)
		t.refuse(i)
	default:
		t.fire(rfcQueued)
		t.queue(i)
	}
}

// clsArrives is NIC 8246 p.12 and 13.
func (t *turn) clsArrives(foreign uint8, h *host, c hosthost.Command) {
	i := t.byKey[Key{Host: foreign, Local: c.Your, Foreign: c.My}]
	p := &t.places[i]
	switch p.State {
	case None:
		t.report(foreign, h, clsUnknown, c.Fault(hosthost.NonexistentSocket))
	case RFCReceived:
		t.fire(clsAborts)
		t.cls(p)
		t.remove(i, ForeignClosed)
	case RFCSent:
		if p.unsent {
			t.report(foreign, h, clsUnknown, c.Fault(hosthost.NonexistentSocket))
			return
		}
		t.fire(clsRefuses)
		t.cls(p)
		t.remove(i, Refused)
	case Open:
		t.tell(i, ForeignClosed)
		if p.sends() && h.transit[p.Link] > 0 {
			t.fire(clsWaitsForRFNM)
			p.State, p.CLSReceived = CLSWait, true
			return
		}
		t.fire(clsCloses)
		t.cls(p)
		t.remove(i, Ended)
	case CLSWait:
		t.fire(clsCrosses)
		p.CLSReceived = true
	case CLSSent:
		t.fire(clsAnswers)
		t.remove(i, Ended)
	}
}

// rstArrives is NIC 8246 p.17: purge what has to do with that host, and say RRP. An RFC of
// ours that has not even gone did not arise from communication with it, and stays.
func (t *turn) rstArrives(foreign uint8, h *host) {
	t.fire(rstArrives)
	for i := h.first; i != 0; {
		after := t.places[i].onHost.after
		if c := &t.places[i]; c.State != RFCSent || !c.unsent {
			t.remove(i, WasReset)
		}
		i = after
	}
	kept := h.queue[:0]
	for _, w := range h.queue {
		if w.of != 0 {
			kept = append(kept, w)
		}
	}
	h.queue, h.blocked = kept, h.blocked[:0]
	t.endEcho(foreign, EchoUnanswered)
	h.oweRRP = true
	t.flush(foreign, h)
}

// rrpArrives is NIC 8246 p.18: one RRP answers all RSTs, any other is discarded. An ECO that
// it could answer was given up with the RST; one since then has not gone.
func (t *turn) rrpArrives(foreign uint8, h *host) {
	if !h.resetting || h.oweRST {
		t.fire(rrpStray)
		return
	}
	t.fire(rrpArrives)
	t.endReset(foreign, ResetReplied)
	t.flush(foreign, h)
}
