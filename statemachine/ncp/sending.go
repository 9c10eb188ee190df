package ncp

import (
	"slices"

	"sockscope/rfc147/hosthost"
)

// emit sends a message, which the IMP will answer.
func (t *turn) emit(foreign uint8, h *host, m Message) {
	m.Host = foreign
	t.Messages = append(t.Messages, m)
	h.transit[m.Link]++
	if h.outstanding++; h.outstanding == 1 {
		t.lines[rfnmMissing].start(int32(foreign)+1, t.now)
	}
}

// control sends a command, or lets it wait for an RFNM or the RRP; then it gives true. If
// the command is an RFC, of is its connection.
func (t *turn) control(foreign uint8, h *host, c hosthost.Command, of int32) (waits bool) {
	if len(h.queue) == 0 && !h.resetting && h.outstanding < MaxOutstanding {
		t.emit(foreign, h, Message{Command: c})
		return false
	}
	t.fire(commandWaits)
	h.queue = append(h.queue, waitingCommand{c, of})
	return true
}

// flush sends what waits, as far as RFNMs allow: RRP and RST first, for they wait for nobody.
func (t *turn) flush(foreign uint8, h *host) {
	if h.oweRRP && h.outstanding < MaxOutstanding {
		h.oweRRP = false
		t.emit(foreign, h, Message{Command: hosthost.Command{Opcode: hosthost.RRP}})
	}
	if h.oweRST && h.outstanding < MaxOutstanding {
		h.oweRST = false
		t.emit(foreign, h, Message{Command: hosthost.Command{Opcode: hosthost.RST}})
	}
	if h.resetting {
		return
	}
	n := 0
	for n < len(h.queue) && h.outstanding < MaxOutstanding {
		w := h.queue[n]
		n++
		if w.of != 0 {
			t.places[w.of].unsent = false
		}
		t.emit(foreign, h, Message{Command: w.command})
	}
	h.queue = slices.Delete(h.queue, 0, n)
	if len(h.queue) == 0 && h.outstanding < MaxOutstanding {
		t.unblock(h)
	}
}

// unblock tells the processes that wait for an RFNM that they may send.
func (t *turn) unblock(h *host) {
	for _, i := range h.blocked {
		if c := &t.places[i]; c.blocked && c.State == Open && c.sends() {
			c.blocked = false
			t.tell(i, Allocated)
		}
	}
	h.blocked = h.blocked[:0]
}

// unlist ends a process's wait for RFNMs, for its connection ends.
func (h *host) unlist(i int32) {
	h.blocked = slices.DeleteFunc(h.blocked, func(b int32) bool { return b == i })
}

// disown lets an RFC that waits go without its connection.
func (h *host) disown(i int32) {
	for n := range h.queue {
		if h.queue[n].of == i {
			h.queue[n].of = 0
		}
	}
}

// takeBack takes an RFC that waits out of the queue.
func (h *host) takeBack(i int32) {
	h.queue = slices.DeleteFunc(h.queue, func(w waitingCommand) bool { return w.of == i })
}

// answered is what an RFNM, a Dead or an Incomplete does first: a message is no longer in
// transit. It gives false if none was.
func (t *turn) answered(foreign uint8, h *host, link uint8) bool {
	if link >= links || h.transit[link] == 0 {
		return false
	}
	h.transit[link]--
	h.outstanding--
	if h.outstanding == 0 {
		t.lines[rfnmMissing].stop(int32(foreign) + 1)
	} else {
		t.lines[rfnmMissing].start(int32(foreign)+1, t.now)
	}
	return true
}

// drained sends the CLS that has waited until a link had no message in transit (NIC 8246
// p.12).
func (t *turn) drained(h *host, link uint8) {
	i := h.sends[link]
	if i == 0 || h.transit[link] > 0 || t.places[i].State != CLSWait {
		return
	}
	t.fire(lastRFNM)
	if c := &t.places[i]; c.CLSReceived {
		t.cls(c)
		t.remove(i, Ended)
		return
	}
	t.closes(i)
}

// allAnswered gives up all messages to a host: no answer to them will come.
func (t *turn) allAnswered(foreign uint8, h *host) {
	h.transit, h.outstanding = [links]uint8{}, 0
	t.lines[rfnmMissing].stop(int32(foreign) + 1)
	for link := range h.sends {
		t.drained(h, uint8(link))
	}
	t.flush(foreign, h)
}
