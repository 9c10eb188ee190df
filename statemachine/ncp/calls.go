package ncp

import (
	"math"

	"sockscope/rfc147"
	"sockscope/rfc147/hosthost"
)

// init is RFC 165 p.1, the Init of a process.
func (t *turn) init(k Key, size uint8) {
	switch {
	case k.Local.Polarity() == k.Foreign.Polarity():
		t.answer(initGender, BadGender)
		return
	case k.sends() && size == 0:
		t.answer(initSize, BadSize)
		return
	}
	s := t.sockets[k.Local]
	if s.owner != 0 || s.listening {
		t.answer(initBusy, SocketBusy)
		return
	}
	h := t.host(k.Host)
	if i := t.byKey[k]; i != 0 {
		if t.places[i].State == RFCReceived {
			t.fire(initAccepts)
			t.Answer = t.accept(i, size)
			return
		}
		t.answer(initBusy, SocketBusy) // a refusal that has no answer yet
		return
	}
	if h.connections >= t.settings.PerHost || len(h.queue) >= maxCommands {
		t.answer(initNoRoom, NoRoom)
		return
	}
	link := uint8(0)
	if !k.sends() {
		if link = h.chooseLink(); link == 0 {
			t.answer(noLinkLeft, NoLink)
			return
		}
	}
	t.fire(initSends)
	i := t.enter(h, k, RFCSent)
	c := &t.places[i]
	if k.sends() {
		c.Size = size
	} else {
		c.Link, c.Wanted = link, size
		h.receives[link] = i
	}
	t.own(i)
	t.rfc(i)
	t.lines[rfcUnanswered].start(i, t.now)
}

// listen is RFC 165 p.2, the Listen of a process.
func (t *turn) listen(e Listen) {
	s := t.sockets[e.Local]
	switch {
	case e.One && e.Local.Polarity() == e.Foreign.Polarity():
		t.answer(initGender, BadGender)
		return
	case e.Local.Polarity() == rfc147.Sends && e.Size == 0:
		t.answer(initSize, BadSize)
		return
	case s.listening:
		t.answer(initBusy, SocketBusy)
		return
	case t.listens >= t.settings.Listens:
		t.answer(initNoRoom, NoRoom)
		return
	}
	t.fire(listenWaits)
	e.Now = 0
	s.listening, s.listen = true, e
	t.put(e.Local, s)
	t.listens++
	t.offer(e.Local)
}

func (t *turn) unlisten(local rfc147.Socket) {
	if !t.sockets[local].listening {
		t.answer(callNoConnection, NoConnection)
		return
	}
	t.fire(listenEnds)
	t.endListen(local)
}

// openFor finds an OPEN connection for a call that only one end may make; 0 says that the
// call has its answer.
func (t *turn) openFor(k Key, sender bool) int32 {
	i := t.byKey[k]
	c := &t.places[i]
	switch {
	case i == 0 || !c.owned:
		t.answer(callNoConnection, NoConnection)
	case c.State == CLSWait || c.State == CLSSent:
		t.answer(callClosing, AlreadyClosing)
	case c.State != Open:
		t.answer(callNotOpen, NotOpen)
	case k.sends() != sender:
		t.answer(callWrongWay, WrongWay)
	case len(t.host(k.Host).queue) >= maxCommands:
		t.answer(initNoRoom, NoRoom)
	default:
		return i
	}
	return 0
}

// send is RFC 165 p.2. The NCP makes messages of what it is given (NIC 8246 p.8), as long as
// there is room at the receiver and no more than four are without an answer.
func (t *turn) send(k Key, text []byte, first, count int) {
	i := t.openFor(k, true)
	if i == 0 {
		return
	}
	c, h := &t.places[i], t.host(k.Host)
	size := uint32(c.Size)
	perMessage := uint32(min(t.settings.MessageBits/int(c.Size), math.MaxUint16))
	for left := uint32(count); ; {
		switch {
		case h.outstanding >= MaxOutstanding || len(h.queue) > 0 || h.resetting:
			t.fire(sendWaitsForRFNM)
			t.block(c, h, i)
			return
		case c.MsgSpace == 0:
			t.fire(sendWaitsForMessages)
			return
		case left > 0 && c.BitSpace < size:
			t.fire(sendWaitsForBits)
			return
		}
		n := min(left, perMessage, c.BitSpace/size)
		t.fire(sendsMessage)
		c.MsgSpace--
		c.BitSpace -= n * size
		c.Messages++
		c.Bits += uint64(n * size)
		t.emit(k.Host, h, Message{Link: c.Link, Size: c.Size, Count: uint16(n), Text: text, First: first + t.Sent})
		t.Sent += int(n)
		if left -= n; left == 0 {
			return
		}
	}
}

// block lets a process wait for an RFNM.
func (t *turn) block(c *place, h *host, i int32) {
	if !c.blocked {
		c.blocked = true
		h.blocked = append(h.blocked, i)
	}
}

// allocate is NIC 8246 p.14: the receiver keeps counters as the sender does, and must not
// drive those of the sender too high.
func (t *turn) allocate(k Key, messages uint16, bits uint32) {
	i := t.openFor(k, false)
	if i == 0 {
		return
	}
	c := &t.places[i]
	if messages > math.MaxUint16-c.MsgSpace || bits > math.MaxUint32-c.BitSpace {
		t.answer(allocateTooMuch, TooMuch)
		return
	}
	t.fire(allocates)
	c.MsgSpace += messages
	c.BitSpace += bits
	t.control(k.Host, t.host(k.Host), hosthost.Command{Opcode: hosthost.ALL, Link: c.Link, MsgSpace: messages, BitSpace: bits}, 0)
}

// giveBack is NIC 8246 p.15.
func (t *turn) giveBack(k Key, fm, fb uint8) {
	i := t.openFor(k, false)
	if i == 0 {
		return
	}
	c := &t.places[i]
	if c.GVBs == math.MaxUint8 {
		t.answer(allocateTooMuch, TooMuch)
		return
	}
	t.fire(asksBack)
	c.GVBs++
	t.control(k.Host, t.host(k.Host), hosthost.Command{Opcode: hosthost.GVB, Link: c.Link, FM: fm, FB: fb}, 0)
}

// interrupt is NIC 8246 p.16.
func (t *turn) interrupt(k Key) {
	i := t.openFor(k, k.sends())
	if i == 0 {
		return
	}
	t.fire(interrupts)
	opcode := hosthost.INR
	if k.sends() {
		opcode = hosthost.INS
	}
	t.control(k.Host, t.host(k.Host), hosthost.Command{Opcode: opcode, Link: t.places[i].Link}, 0)
}

// close is RFC 165 p.2 and NIC 8246 p.12.
func (t *turn) close(k Key) {
	i := t.byKey[k]
	c := &t.places[i]
	switch c.State {
	case None:
		t.answer(callNoConnection, NoConnection)
	case RFCReceived:
		t.fire(closeRefuses)
		t.refuse(i)
	case RFCSent:
		t.fire(closeGivesUp)
		t.giveUp(i)
	case Open:
		if c.sends() && t.host(k.Host).transit[c.Link] > 0 {
			t.fire(closeWaitsForRFNM)
			c.State = CLSWait
			return
		}
		t.fire(closeSends)
		t.closes(i)
	case CLSWait, CLSSent:
		t.answer(callClosing, AlreadyClosing)
	}
}

// echo is NIC 8246 p.16: one ECO to a host at a time.
func (t *turn) echo(foreign, data uint8) {
	h := t.host(foreign)
	switch {
	case h.echoing:
		t.answer(echoPending, Pending)
		return
	case len(h.queue) >= maxCommands:
		t.answer(initNoRoom, NoRoom)
		return
	}
	t.fire(echoes)
	h.echoing, h.echo = true, data
	t.lines[ecoUnanswered].start(int32(foreign)+1, t.now)
	t.control(foreign, h, hosthost.Command{Opcode: hosthost.ECO, Data: data}, 0)
}

// reset is NIC 8246 p.17: the host that sends a RST purges its own tables, too, and should
// say nothing more until the RRP comes.
func (t *turn) reset(foreign uint8) {
	h := t.host(foreign)
	if h.resetting {
		t.answer(resetPending, Pending)
		return
	}
	t.fire(resets)
	owed := h.oweRRP
	t.forget(foreign, h, WasReset)
	h.oweRRP, h.oweRST, h.resetting = owed, true, true
	t.lines[rstUnanswered].start(int32(foreign)+1, t.now)
	t.flush(foreign, h)
}

// forget drops all that there is with a host, without a CLS.
func (t *turn) forget(foreign uint8, h *host, why Signal) {
	t.endReset(foreign, ResetUnanswered)
	for h.first != 0 {
		t.remove(h.first, why)
	}
	h.queue, h.blocked = h.queue[:0], h.blocked[:0]
	h.oweRST, h.oweRRP = false, false
	t.endEcho(foreign, EchoUnanswered)
}

// endReset ends the wait for an RRP, if there is one.
func (t *turn) endReset(foreign uint8, s Signal) {
	h := t.host(foreign)
	if !h.resetting {
		return
	}
	h.resetting = false
	t.lines[rstUnanswered].stop(int32(foreign) + 1)
	t.tellHost(foreign, s)
}

// endEcho ends the wait for an ERP, if there is one.
func (t *turn) endEcho(foreign uint8, s Signal) {
	h := t.host(foreign)
	if !h.echoing {
		return
	}
	h.echoing = false
	t.lines[ecoUnanswered].stop(int32(foreign) + 1)
	t.tellHost(foreign, s).Command.Data = h.echo
}
