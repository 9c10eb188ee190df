package tui

import (
	"strconv"
	"strings"

	"github.com/gdamore/tcell/v2"

	"sockscope/handshake"
)

// paneAgreement shows what a handshake is for: each end's first number is told and
// confirmed, four messages (RFC 9293 3.4.1). It reads the trace and assumes no order
// of segments.
func paneAgreement(c canvas, v *view) {
	const statusWidth = 15
	in := c.part(1, 0, c.w-2, c.h)
	four := agreement(v.trace, v.n)
	was := four
	if v.hidden {
		was = agreement(v.trace, v.n-1)
	}
	column := 0
	for i := range four {
		column = max(column, width(v.says(four[i]))+6)
	}
	column = min(column, in.w-statusWidth)
	for i, m := range four {
		status, style := v.status(m)
		if was[i] != m {
			m, status, style = was[i], unknown, v.colours.Hidden
		}
		in.text(0, i, 1, strconv.Itoa(i+1), tcell.StyleDefault)
		in.text(3, i, column-4, v.says(m), v.side(m.from))
		in.text(column, i, in.w, status, style)
	}
	y := 4
	if c.h > 7 {
		y++
	}
	in.say(y, said{text: v.conclusion(was), source: "RFC 9293 3.4.1"})
}

// message is one of the four: an end tells its own first number, or confirms that it
// has the other's.
type message struct {
	from     int
	confirms bool
	chosen   bool   // there is such a number
	number   uint32 // the first number it speaks of; what it has taken instead, if that is wrong
	wanted   uint32 // the number that would have been right
	fate     fate
	step     int // in which it met its fate; 0: before the first step
	packet   int // the segment that carries it; 0: none that is known
}

// fate is what became of a message.
type fate int

const (
	unsaid fate = iota
	flying
	missed  // the network lost it
	refused // it came, and the receiver did not take it
	wrong   // the end has taken another number
	done
	outdated // it was taken, and then the end that said it began anew
	gone     // the TCB that held it was deleted: the receiver's, or the teller's before it was taken
)

// life is a peer's newest attempt at a connection, and what it knows in it.
type life struct {
	on        string
	iss, irs  uint32
	begun     bool
	since     int     // the step in which it began; 0: before the first
	told      *origin // of irs
	confirmed *origin // of iss
	ended     int     // the step in which the TCB was deleted; 0: not yet
}

// origin is the step in which something became known, 0 before the first, and the
// segment that brought it.
type origin struct{ step, packet int }

// agreement is what has become of the four messages after n steps: of the left end's
// number, then of the right end's.
func agreement(t *handshake.Trace, n int) [4]message {
	var lives [2]life
	for i := range lives {
		lives[i] = lived(t, i, n)
	}
	var four [4]message
	for i := range lives {
		four[2*i] = tell(t, n, lives, i)
		four[2*i+1] = confirm(t, n, lives, i)
	}
	return four
}

// lived follows a peer through n steps to its newest attempt.
func lived(t *handshake.Trace, peer, n int) life {
	p := t.Peers[peer]
	l := life{on: p.On}
	l.learn(p.Vars, origin{})
	for i := range t.Steps[:n] {
		s := &t.Steps[i]
		if s.Peer != p.Name {
			continue
		}
		if _, ok := value(s.Vars, "ISS"); ok {
			l = life{on: s.On, since: s.N}
		}
		_, rebooted := value(s.Vars, "sockets")
		over := s.On == l.on && s.Before != s.After && (s.After == "CLOSED" || s.After == "LISTEN")
		if l.begun && l.ended == 0 && (rebooted || over) {
			l.ended = s.N
		}
		if s.On == l.on {
			l.learn(s.Vars, origin{s.N, s.Packet})
		}
	}
	return l
}

// learn takes what variables say of the two first numbers.
func (l *life) learn(vars []handshake.Var, from origin) {
	if iss, ok := sequence(value(vars, "ISS")); ok {
		l.iss, l.begun = iss, true
	}
	if irs, ok := sequence(value(vars, "IRS")); ok {
		l.irs, l.told = irs, &from
	}
	if una, ok := sequence(value(vars, "SND.UNA")); ok && l.begun && int32(una-l.iss) > 0 && l.confirmed == nil {
		l.confirmed = &from
	}
}

// tell is the message of an end about its own first number.
func tell(t *handshake.Trace, n int, lives [2]life, from int) message {
	own, other := lives[from], lives[1-from]
	m := message{from: from, chosen: own.begun, number: own.iss}
	switch {
	case !own.begun:
		return m
	case other.told != nil && other.irs == own.iss:
		return m.taken(other.told, other.ended)
	case own.ended > 0:
		m.fate, m.step = gone, own.ended
		return m
	}
	return m.follow(t.Steps[:n], t.Peers[from].Name, func(s *handshake.Step) bool {
		seq, ok := sequence(value(s.Vars, "SEG.SEQ"))
		return ok && seq == own.iss && strings.Contains(s.Label, "SYN")
	})
}

// confirm is the message of the other end that it has the first number of end of.
func confirm(t *handshake.Trace, n int, lives [2]life, of int) message {
	own, other := lives[of], lives[1-of]
	m := message{from: 1 - of, confirms: true, chosen: own.begun, number: own.iss}
	switch {
	case !own.begun:
		return m
	case own.confirmed != nil && own.confirmed.step < other.since:
		m.fate = outdated
		return m
	case own.confirmed != nil:
		return m.taken(own.confirmed, own.ended)
	case other.told == nil || other.ended > 0:
		return m
	case other.irs != own.iss:
		m.number, m.wanted, m.fate = other.irs, own.iss, wrong
		return m
	}
	return m.follow(t.Steps[:n], t.Peers[1-of].Name, func(s *handshake.Step) bool {
		ack, ok := sequence(value(s.Vars, "SEG.ACK"))
		return ok && s.N > other.told.step && strings.Contains(s.Label, "<ACK=") && int32(ack-own.iss) > 0
	})
}

// taken says that the message came to where it was to go.
func (m message) taken(by *origin, ended int) message {
	m.fate, m.step, m.packet = done, by.step, by.packet
	if ended > 0 {
		m.fate, m.step = gone, ended
	}
	return m
}

// follow says what became of the segments that carry the message: one may still be on
// its way, else the last one tells.
func (m message) follow(steps []handshake.Step, from string, carries func(*handshake.Step) bool) message {
	copies := map[int]int{} // of a packet, on their way
	for i := range steps {
		s := &steps[i]
		_, ours := copies[s.Packet]
		switch {
		case s.Kind == handshake.KindDepart && s.Peer == from && carries(s):
			copies[s.Packet] = 1
		case ours && s.Kind == handshake.KindDuplicate:
			copies[s.Packet]++
		case ours && s.Kind == handshake.KindArrive:
			copies[s.Packet]--
			m.fate, m.step, m.packet = refused, s.N, s.Packet
		case ours && s.Kind == handshake.KindDrop:
			copies[s.Packet]--
			m.fate, m.step, m.packet = missed, s.N, s.Packet
		}
	}
	newest := 0
	for packet, flying := range copies {
		if flying > 0 {
			newest = max(newest, packet)
		}
	}
	if newest > 0 {
		m.fate, m.step, m.packet = flying, 0, newest
	}
	return m
}

// says is the message in words.
func (v *view) says(m message) string {
	key, owner := "pane.agreement.told", m.from
	if m.confirms {
		key, owner = "pane.agreement.has", 1-m.from
	}
	number := "?"
	if m.chosen {
		number = v.number(owner, decimal(m.number))
	}
	return v.words(key, "name", v.name(m.from), "n", number)
}

// status is the fate of a message in words.
func (v *view) status(m message) (string, tcell.Style) {
	step := strconv.Itoa(m.step)
	switch m.fate {
	case unsaid:
	case flying:
		return v.say.Text("pane.agreement.flying"), v.colours.InFlight
	case missed:
		return v.words("pane.agreement.missed", "n", step), v.colours.Lost
	case refused:
		return v.words("pane.agreement.refused", "n", step), v.colours.Error
	case wrong:
		return v.words("pane.agreement.wrong", "n", v.number(1-m.from, decimal(m.wanted))), v.colours.Error
	case outdated:
		return v.say.Text("pane.agreement.outdated"), v.colours.Lost
	case gone:
		return v.words("pane.agreement.gone", "n", step), v.colours.Lost
	case done:
		if m.step == 0 {
			return v.say.Text("pane.agreement.before"), tcell.StyleDefault
		}
		return v.words("pane.agreement.done", "n", step), tcell.StyleDefault
	}
	return "-", tcell.StyleDefault
}

// conclusion sums the four up.
func (v *view) conclusion(four [4]message) string {
	key := "pane.agreement.all"
	packets := map[int]bool{}
	for _, m := range four {
		packets[m.packet] = true
		switch {
		case m.fate == gone:
			return v.say.Text("pane.agreement.forgotten")
		case m.fate != done && key == "pane.agreement.all":
			key = "pane.agreement.when"
		}
	}
	text := v.say.Text(key)
	switch together := four[1].packet == four[2].packet && four[1].packet > 0; {
	case together:
		text += " " + v.say.Text("pane.agreement.together")
	case len(packets) == len(four) && !packets[0]:
		text += " " + v.say.Text("pane.agreement.apart")
	}
	return text
}
