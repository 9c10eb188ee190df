package tcp

// blocks tell the other end which octets have come beyond a gap: the run with the segment
// that came last first, then the others (RFC 2018 4).
func (t *TCB) blocks() (list [MaxSACK]Block) {
	n := 0
	for i := range t.Held {
		h := &t.Held[i]
		if h.free() || h.SEQ+h.length() == h.SEQ || covered(list[:n], h.SEQ) {
			continue
		}
		list[n] = t.run(Block{h.SEQ, h.SEQ + h.length()})
		n++
	}
	return list
}

// length is how many numbers a held segment takes.
func (h *Held) length() uint32 {
	if h.FIN {
		return uint32(len(h.Text)) + 1
	}
	return uint32(len(h.Text))
}

// run extends a block by all that touches it.
func (t *TCB) run(b Block) Block {
	for grown := true; grown; {
		grown = false
		for i := range t.Held {
			h := &t.Held[i]
			end := h.SEQ + h.length()
			if h.free() || before(b.Right, h.SEQ) || before(end, b.Left) {
				continue
			}
			if before(h.SEQ, b.Left) || before(b.Right, end) {
				b, grown = Block{earlier(b.Left, h.SEQ), later(b.Right, end)}, true
			}
		}
	}
	return b
}

func earlier(a, b uint32) uint32 {
	if before(a, b) {
		return a
	}
	return b
}

// size is how long a block is; that of an empty one stands for all.
func (b Block) size(all uint32) uint32 {
	if b.Left == b.Right {
		return all
	}
	return b.Right - b.Left
}

func covered(list []Block, seq uint32) bool {
	for _, b := range list {
		if within(b.Left, seq, b.Right-b.Left) {
			return true
		}
	}
	return false
}

// score takes over the blocks of an ACK. What could not have been sent is no block; what
// does not fit is left out, and only costs a segment more (RFC 2018 5).
func (t *TCB) score(seg *Segment) {
	for _, b := range seg.Options.SACK[:seg.Options.Blocks()] {
		if before(b.Left, b.Right) && before(t.SND.UNA, b.Left) && !before(t.SND.NXT, b.Right) {
			t.mark(b)
		}
	}
}

// mark adds a block to the scoreboard, which stays in order and without touching ones.
func (t *TCB) mark(b Block) {
	var all [MaxSACK + 1]Block
	n, placed := 0, false
	for _, k := range t.Sacked {
		switch {
		case k == Block{}:
		case before(k.Right, b.Left):
			all[n], n = k, n+1
		case before(b.Right, k.Left):
			if !placed {
				all[n], n, placed = b, n+1, true
			}
			all[n], n = k, n+1
		default:
			b = Block{earlier(b.Left, k.Left), later(b.Right, k.Right)}
		}
	}
	if !placed {
		all[n] = b
	}
	copy(t.Sacked[:], all[:MaxSACK])
}

// unmark forgets what lies before SND.UNA.
func (t *TCB) unmark() {
	if t.Sacked[0] == (Block{}) {
		return
	}
	n := 0
	for _, k := range t.Sacked {
		if k != (Block{}) && before(t.SND.UNA, k.Left) {
			t.Sacked[n], n = k, n+1
		}
	}
	clear(t.Sacked[n:])
}

// hole is the octets from seq on that the other end has not got, up to what it has; empty
// behind the last block.
func (t *TCB) hole(seq uint32) Block {
	for _, k := range t.Sacked {
		switch {
		case k == Block{}:
		case before(seq, k.Left):
			return Block{seq, k.Left}
		case before(seq, k.Right):
			seq = k.Right
		}
	}
	return Block{seq, seq}
}

// lost is RFC 6675 4, IsLost: three segments' octets, or three blocks, have come from
// beyond seq.
func (t *TCB) lost(seq uint32) bool {
	blocks, octets := 0, uint32(0)
	for _, k := range t.Sacked {
		if k != (Block{}) && before(seq, k.Left) {
			blocks, octets = blocks+1, octets+k.Right-k.Left
		}
	}
	return blocks >= 3 || octets > 2*t.smss()
}

// pipe is RFC 6675 4, SetPipe: the octets that are taken to be on their way.
func (t *TCB) pipe() uint32 {
	n := uint32(0)
	for h := t.hole(t.SND.UNA); h.Left != h.Right; h = t.hole(h.Right) {
		if !t.lost(h.Left) {
			n += h.Right - h.Left
		}
		if before(h.Left, t.Congestion.Resent) {
			n += earlier(h.Right, t.Congestion.Resent) - h.Left
		}
	}
	last := t.SND.UNA
	for _, k := range t.Sacked {
		if k != (Block{}) {
			last = k.Right
		}
	}
	return n + t.SND.NXT - last
}

// fillHoles sends again what the blocks show to be lost, as far as the congestion window
// goes (RFC 6675 5 C, NextSeg 1). What is new follows by itself.
func (o *Outcome) fillHoles() {
	t := &o.TCB
	c := &t.Congestion
	c.Resent = later(c.Resent, t.SND.UNA)
	for t.pipe()+t.smss() <= c.CWND {
		h := t.hole(c.Resent)
		if h.Left == h.Right || !t.lost(h.Left) {
			return
		}
		o.fire(holeFilled)
		c.Resent = h.Left + o.sendAgain(h.Left, h.Right-h.Left)
	}
}
