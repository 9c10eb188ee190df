package ncp

import (
	"time"

	"sockscope/rfc147"
	"sockscope/rfc147/hosthost"
)

// turn is one event's way through an NCP.
type turn struct {
	*NCP
	*Outcome

	now   time.Duration
	spare Tell // for what nobody is told
}

func (t *turn) begin() {
	o := t.Outcome
	*o = Outcome{Messages: o.Messages[:0], Told: o.Told[:0], Closed: o.Closed[:0], Rules: o.Rules[:0]}
}

func (t *turn) fire(r Rule) { t.Rules = append(t.Rules, r) }

func (t *turn) answer(r Rule, a Answer) {
	t.fire(r)
	t.Answer = a
}

// tell tells the process that has a connection, if one has.
func (t *turn) tell(i int32, s Signal) *Tell {
	c := &t.places[i]
	if !c.owned {
		return &t.spare
	}
	t.Told = append(t.Told, Tell{Key: c.Key, Signal: s})
	return &t.Told[len(t.Told)-1]
}

func (t *turn) tellHost(foreign uint8, s Signal) *Tell {
	t.Told = append(t.Told, Tell{Key: Key{Host: foreign}, Signal: s})
	return &t.Told[len(t.Told)-1]
}

// host gives what is known of a foreign host.
func (n *NCP) host(foreign uint8) *host {
	if n.hosts[foreign] == nil {
		n.hosts[foreign] = &host{lastLink: hosthost.LastLink}
	}
	return n.hosts[foreign]
}

// put keeps what is known of a local socket, if anything is.
func (n *NCP) put(s rfc147.Socket, v socket) {
	if v == (socket{}) {
		delete(n.sockets, s)
		return
	}
	n.sockets[s] = v
}

// enter makes an entry of the table.
func (t *turn) enter(h *host, k Key, s State) int32 {
	i := t.free
	if i == 0 {
		i = int32(len(t.places))
		t.places = append(t.places, place{})
	} else {
		t.free = t.places[i].onHost.after
	}
	t.places[i] = place{Connection: Connection{Key: k, State: s}, onHost: neighbours{after: h.first}}
	if h.first != 0 {
		t.places[h.first].onHost.before = i
	}
	h.first = i
	h.connections++
	t.count++
	t.byKey[k] = i
	return i
}

// remove takes an entry out of the table, and tells its process why.
func (t *turn) remove(i int32, why Signal) {
	t.tell(i, why)
	c := &t.places[i]
	h := t.host(c.Host)
	if c.unsent {
		h.disown(i)
	}
	if c.blocked {
		h.unlist(i)
	}
	if c.Link != 0 {
		if c.sends() {
			h.sends[c.Link] = 0
		} else {
			h.receives[c.Link] = 0
		}
	}
	t.leave(c, i)
	if c.owned {
		s := t.sockets[c.Local]
		s.owner = 0
		t.put(c.Local, s)
		if s.listening {
			t.freed = append(t.freed, c.Local)
		}
	}
	if c.onHost.before == 0 {
		h.first = c.onHost.after
	} else {
		t.places[c.onHost.before].onHost.after = c.onHost.after
	}
	if c.onHost.after != 0 {
		t.places[c.onHost.after].onHost.before = c.onHost.before
	}
	h.connections--
	t.count--
	delete(t.byKey, c.Key)
	c.Closed = t.now
	t.Closed = append(t.Closed, c.Connection)
	*c = place{onHost: neighbours{after: t.free}}
	t.free = i
}

// leave ends what goes with a state: its deadline, its place in a socket's queue.
func (t *turn) leave(c *place, i int32) {
	switch c.State {
	case RFCReceived:
		t.lines[rfcWaits].stop(i)
		t.unqueue(c, i)
	case RFCSent:
		t.lines[rfcUnanswered].stop(i)
	case CLSSent:
		t.lines[clsUnanswered].stop(i)
	case None, Open, CLSWait:
	}
}

// queue lets an RFC wait for its local socket.
func (t *turn) queue(i int32) {
	c := &t.places[i]
	s := t.sockets[c.Local]
	c.onSocket = neighbours{before: s.last}
	if s.last == 0 {
		s.first = i
	} else {
		t.places[s.last].onSocket.after = i
	}
	s.last = i
	s.waiting++
	t.waiting++
	t.put(c.Local, s)
	t.lines[rfcWaits].start(i, t.now)
}

// unqueue takes an RFC out of the queue of its local socket, if it stands there.
func (t *turn) unqueue(c *place, i int32) {
	s := t.sockets[c.Local]
	if s.first != i && c.onSocket.before == 0 {
		return // it never stood there
	}
	if c.onSocket.before == 0 {
		s.first = c.onSocket.after
	} else {
		t.places[c.onSocket.before].onSocket.after = c.onSocket.after
	}
	if c.onSocket.after == 0 {
		s.last = c.onSocket.before
	} else {
		t.places[c.onSocket.after].onSocket.before = c.onSocket.before
	}
	c.onSocket = neighbours{}
	s.waiting--
	t.waiting--
	t.put(c.Local, s)
}

// chooseLink finds a link for a connection from a host, the one that was free the longest
// first; 0 is none. A link must be unique among those from one host (NIC 8246 p.20).
func (h *host) chooseLink() uint8 {
	for range hosthost.LastLink - hosthost.FirstLink + 1 {
		h.lastLink++
		if h.lastLink > hosthost.LastLink {
			h.lastLink = hosthost.FirstLink
		}
		if h.receives[h.lastLink] == 0 {
			return h.lastLink
		}
	}
	return 0
}

// own gives a connection's local socket to its process.
func (t *turn) own(i int32) {
	c := &t.places[i]
	c.owned = true
	s := t.sockets[c.Local]
	s.owner = i
	t.put(c.Local, s)
}

// rfc sends our RFC: the receiver has chosen a link, the sender a size.
func (t *turn) rfc(i int32) {
	c := &t.places[i]
	command := hosthost.Command{Opcode: hosthost.RTS, My: c.Local, Your: c.Foreign, Link: c.Link}
	if c.sends() {
		command = hosthost.Command{Opcode: hosthost.STR, My: c.Local, Your: c.Foreign, Size: c.Size}
	}
	c.unsent = t.control(c.Host, t.host(c.Host), command, i)
}

// cls sends our CLS.
func (t *turn) cls(c *place) {
	t.control(c.Host, t.host(c.Host), hosthost.Command{Opcode: hosthost.CLS, My: c.Local, Your: c.Foreign}, 0)
}

// opens enters OPEN: matching RFCs have gone both ways (NIC 8246 p.10).
func (t *turn) opens(i int32) {
	c := &t.places[i]
	t.leave(c, i)
	c.State, c.Opened, c.Made = Open, true, t.now
	t.tell(i, Opened)
}

// closes sends the CLS and enters CLS-SENT, to wait for the other's.
func (t *turn) closes(i int32) {
	c := &t.places[i]
	t.leave(c, i)
	t.cls(c)
	c.State = CLSSent
	t.lines[clsUnanswered].start(i, t.now)
}

// refuse answers an RFC by a CLS, and waits for the CLS that answers that (NIC 8246 p.12).
func (t *turn) refuse(i int32) { t.closes(i) }

// giveUp takes back our RFC: by a CLS, or before it has gone.
func (t *turn) giveUp(i int32) {
	c := &t.places[i]
	if !c.unsent {
		t.closes(i)
		return
	}
	t.host(c.Host).takeBack(i)
	c.unsent = false
	t.fire(rfcTakenBack)
	t.remove(i, Ended)
}

// accept answers a waiting RFC by ours, for the process of a LISTEN or an INIT.
func (t *turn) accept(i int32, size uint8) Answer {
	c := &t.places[i]
	h := t.host(c.Host)
	if c.sends() {
		c.Size = size
	} else {
		if size != 0 && size != c.Size {
			t.fire(sizeUnwanted)
			t.refuse(i)
			return BadSize
		}
		link := h.chooseLink()
		if link == 0 {
			t.fire(noLinkLeft)
			t.refuse(i)
			return NoLink
		}
		c.Link, c.Wanted = link, size
		h.receives[link] = i
	}
	t.own(i)
	t.rfc(i)
	t.opens(i)
	return OK
}

// settle lets the LISTENs for sockets that have become free take whoever waits for them.
func (t *turn) settle() {
	for len(t.freed) > 0 {
		s := t.freed[len(t.freed)-1]
		t.freed = t.freed[:len(t.freed)-1]
		t.offer(s)
	}
}

// offer finds an RFC for a LISTEN among those that wait.
func (t *turn) offer(local rfc147.Socket) {
	s := t.sockets[local]
	if !s.listening || s.owner != 0 {
		return
	}
	for i := s.first; i != 0; {
		next := t.places[i].onSocket.after
		if s.listen.fits(t.places[i].Key) {
			t.fire(listenFindsRFC)
			if t.accept(i, s.listen.Size) == OK {
				t.endListen(local)
				return
			}
		}
		i = next
	}
}

// fits reports that a LISTEN is for an RFC from there.
func (l Listen) fits(k Key) bool {
	return (!l.OneHost || l.Host == k.Host) && (!l.One || l.Foreign == k.Foreign)
}

func (t *turn) endListen(local rfc147.Socket) {
	s := t.sockets[local]
	s.listening, s.listen = false, Listen{}
	t.put(local, s)
	t.listens--
}
