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

// sentence says what a choice lets happen; full names a segment's control bits too.
func (v *view) sentence(c handshake.Choice, full bool) string {
	fill := []string{"end", c.Peer, "packet", strconv.Itoa(c.Packet), "what", controls(c.What)}
	key := "dash." + string(c.Verb)
	switch c.Verb {
	case handshake.Call:
		fill = append(fill, "call", c.What+"("+c.Args+")")
	case handshake.Return:
		fill = append(fill, "call", c.What+"()")
	case handshake.Arrive:
		if full {
			key += "-what"
		}
	case handshake.Timeout:
		key += "." + c.What
		fill = append(fill[:4], "what", v.unconfirmedBy(c.Peer))
	case signal:
		fill = append(fill[:4], "what", v.our("ui.signal.", c.What))
	case handshake.Wait:
		fill = append(fill[:4], "what", c.Args)
	case handshake.Inject:
		fill = append(fill[:4], "what", c.What)
	}
	return v.words(key, fill...)
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
		handshake.KindTimeout: handshake.Timeout, handshake.KindReturn: handshake.Return,
		handshake.KindSignal: signal,
	}
	return handshake.Choice{Verb: verbs[s.Kind], Peer: s.Peer, Packet: s.Packet, What: what}
}
