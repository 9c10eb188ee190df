package schedule

import (
	"slices"
	"strconv"

	"sockscope/handshake"
)

// offer is a choice with its weight.
type offer struct {
	choice handshake.Choice
	weight int
}

// choose draws what happens next; false when nothing can.
func (g *generator) choose() (handshake.Choice, bool) {
	choices := g.session.Choices()
	offers := g.offers(choices)
	if len(offers) > 0 && g.used[handshake.Inject] < maxForged {
		offers = append(offers, offer{g.forge(), 2})
	}
	total := 0
	for _, o := range offers {
		total += o.weight
	}
	if total == 0 {
		return handshake.Choice{}, false
	}
	n := g.random.IntN(total)
	for _, o := range offers {
		if n -= o.weight; n < 0 {
			return o.choice, true
		}
	}
	panic("schedule: the weights do not add up")
}

// offers gives each choice its weight. What waits usually goes first, as in an
// undisturbed world; segments usually arrive in order.
func (g *generator) offers(choices []handshake.Choice) []offer {
	var offers []offer
	seen := map[handshake.Choice]bool{}
	next := map[string]bool{} // who has been offered its oldest segment
	for _, c := range choices {
		known := c
		known.Packet = 0
		if seen[known] { // the line would mean the older one
			continue
		}
		seen[known] = true
		weight := 0
		switch c.Verb {
		case handshake.Depart, handshake.Return:
			weight = 40
		case handshake.Arrive:
			weight = 4
			if !next[c.Peer] {
				weight, next[c.Peer] = 12, true
			}
		case handshake.Drop:
			weight = within(g.used[c.Verb], maxDrops, 2)
		case handshake.Duplicate:
			weight = within(g.used[c.Verb], maxDoubles, 1)
		case handshake.Call:
			weight = callWeight(c.What)
		case handshake.Timeout:
			if g.mayExpire(c, choices) {
				weight = within(g.used[c.Verb], maxTimeouts, 8)
			}
		case handshake.Wait, handshake.Inject, handshake.Replace:
		}
		if weight > 0 {
			offers = append(offers, offer{c, weight})
		}
	}
	return offers
}

// callWeight makes both programs usually open before anything else happens.
func callWeight(call string) int {
	switch call {
	case "socket", "bind", "listen":
		return 80
	case "accept", "connect":
		return 30
	default:
		return 8
	}
}

// within is the weight of what may happen a few times.
func within(used, most, weight int) int {
	if used < most {
		return weight
	}
	return 0
}

// mayExpire reports whether a timer may end here. A kernel repeats nothing that is held,
// or whose acknowledgment is: so nothing may be on its way. It repeats several segments
// as its congestion control allows (RFC 5681), which our machine does not have: so only
// one may be unacknowledged. TIME-WAIT and the user timeout take minutes.
func (g *generator) mayExpire(c handshake.Choice, choices []handshake.Choice) bool {
	return c.What == "retransmission" && len(g.last[c.Peer].outstanding()) == 1 &&
		!slices.ContainsFunc(choices, func(c handshake.Choice) bool {
			return c.Verb == handshake.Drop || c.Verb == handshake.Depart || c.Verb == handshake.Return
		})
}

// end is what is known of a connection's end.
type end struct {
	vars map[string]uint32 // its numbers
	sent []uint32          // the first numbers of the segments that take any
}

// learn follows the numbers of each end. A peer's last one is that which moved last.
func (g *generator) learn(s *handshake.Step) {
	if s.Peer == handshake.WirePeer || !s.Leads() {
		return
	}
	name := s.Peer + " " + s.On
	e := g.ends[name]
	if e == nil || s.After == "CLOSED" {
		e = &end{vars: map[string]uint32{}}
	}
	g.ends[name], g.last[s.Peer] = e, e
	if s.Kind == handshake.KindDepart && part(s, "SEG.LEN") > 0 && !slices.Contains(e.sent, part(s, "SEG.SEQ")) {
		e.sent = append(e.sent, part(s, "SEG.SEQ"))
	}
	for _, v := range s.Vars {
		if n, err := strconv.ParseUint(v.Value, 10, 32); err == nil {
			e.vars[v.Name] = uint32(n)
		}
	}
}

// part is one of the step's variables.
func part(s *handshake.Step, name string) uint32 {
	for _, v := range s.Vars {
		if v.Name == name {
			n, _ := strconv.ParseUint(v.Value, 10, 32)
			return uint32(n)
		}
	}
	return 0
}

// outstanding are the first numbers of what is not acknowledged.
func (e *end) outstanding() []uint32 {
	return slices.DeleteFunc(slices.Clone(e.sent), func(n uint32) bool {
		return n-e.vars["SND.UNA"] >= 1<<31 || n-e.vars["SND.NXT"] < 1<<31
	})
}
