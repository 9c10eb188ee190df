package tui

import (
	"strconv"
	"strings"

	"sockscope/handshake"
	"sockscope/viz"
)

// signal stands for a verb where a step is one that an event brings with it: a program
// is told something. Nobody can choose it.
const signal handshake.Verb = "signal"

// note stands for a verb where a step only tells what else has happened.
const note handshake.Verb = "note"

// sentence says what a choice lets happen; full names a segment's control bits too.
func (v *view) sentence(c handshake.Choice, full bool) string {
	key, what, call := "dash."+string(c.Verb), controls(c.What), c.What+"()"
	if v.trace.Protocol == handshake.NCP {
		what = c.What // all of it says something
	}
	switch c.Verb {
	case handshake.Call:
		call = c.What + "(" + c.Args + ")"
	case handshake.Arrive:
		if full {
			key += "-what"
		}
	case handshake.Timeout:
		what = v.say.Our("timer", c.What)
		if named := key + "." + c.What; v.say.Has(named) {
			key, what = named, v.unconfirmedBy(c.Peer)
		}
	case handshake.Wait:
		if what = c.Args; what == "" {
			key += "-bare"
		}
	case handshake.Inject:
		what = c.What
	case signal:
		what = v.say.Our("signal", c.What)
	}
	return v.words(key, "end", c.Peer, "packet", strconv.Itoa(c.Packet), "what", what, "call", call)
}

// unconfirmedBy is what a peer's retransmission timer would send again.
func (v *view) unconfirmedBy(name string) string {
	peer := viz.PeerIndex(v.trace, name)
	if peer < 0 {
		return ""
	}
	e := &v.ends[peer]
	for i := range e.Conns {
		if _, ok := e.Conns[i].Var("retransmission timer"); ok {
			return v.unconfirmed(&e.Conns[i])
		}
	}
	return ""
}

// choiceOf is the choice that a recorded step came from, where the trace does not say.
func choiceOf(s handshake.Step) handshake.Choice {
	if c, err := handshake.ParseChoice(s.Choice); err == nil {
		return c
	}
	what := s.Label
	if s.Kind == handshake.KindCall || s.Kind == handshake.KindReturn {
		what, _, _ = strings.Cut(s.Label, "(")
	}
	verbs := map[handshake.Kind]handshake.Verb{
		handshake.KindDepart: handshake.Depart, handshake.KindArrive: handshake.Arrive,
		handshake.KindDrop: handshake.Drop, handshake.KindDuplicate: handshake.Duplicate,
		handshake.KindTimeout: handshake.Timeout, handshake.KindCall: handshake.Call, handshake.KindReturn: handshake.Return,
		handshake.KindSignal: signal, handshake.KindNote: note,
	}
	return handshake.Choice{Verb: verbs[s.Kind], Peer: s.Peer, Packet: s.Packet, What: what}
}
