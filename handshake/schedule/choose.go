package schedule

import (
	"slices"
	"strconv"
	"strings"

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
		if c, ok := g.forge(); ok {
			offers = append(offers, offer{c, 2})
		}
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
	next := map[string]bool{}                                // who has been offered its oldest segment
	departs, returns := map[string]bool{}, map[string]bool{} // whose segment, whose call waits
	for _, c := range choices {
		if seen[line(c)] { // it would mean the older one
			continue
		}
		seen[line(c)] = true
		weight := 0
		switch c.Verb {
		case handshake.Depart:
			weight, departs[c.Peer] = 40, true
		case handshake.Return:
			weight, returns[c.Peer] = 40, true
		case handshake.Arrive:
			if g.strange(c) || !g.daring && g.unlike(c) || returns[c.Peer] || departs[c.Peer] && strings.Contains(c.What, "<CTL=RST") {
				continue // what is about to happen would not be what it was, or would
			}
			weight = 4
			if !next[c.Peer] {
				weight, next[c.Peer] = 12, true
			}
		case handshake.Drop:
			weight = within(g.used[c.Verb], maxDrops, 2)
		case handshake.Duplicate:
			weight = within(g.used[c.Verb], maxDoubles, 1)
		case handshake.Call:
			weight = g.callWeight(c)
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
func (g *generator) callWeight(c handshake.Choice) int {
	switch {
	case c.What == "socket":
		return 80
	case g.strangeCall(c), !g.daring && g.unlikeCall(c):
		return 0
	case c.What == "setsockopt" || c.What == "bind" || c.What == "listen":
		return 80
	case c.What == "accept" || c.What == "connect":
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
// or whose acknowledgment is: so nothing may be on its way. While one timer is waited for,
// another may end; and of several segments Linux repeats one and ours those that it joins:
// so only one may be unacknowledged. What Linux alone has answered is held, too, and may be
// its acknowledgment. TIME-WAIT and the user timeout take minutes.
func (g *generator) mayExpire(c handshake.Choice, choices []handshake.Choice) bool {
	if c.What != "retransmission" || g.parted || slices.ContainsFunc(choices, func(c handshake.Choice) bool {
		return c.Verb == handshake.Drop || c.Verb == handshake.Depart || c.Verb == handshake.Return
	}) {
		return false
	}
	n := 0
	for _, e := range g.ends {
		n += len(e.outstanding())
	}
	return n == 1
}

// end is what is known of a connection's end.
type end struct {
	peer  string
	on    string // its name in the trace
	state string
	child bool // a listener made it
	fd    int  // 0: no program holds it
	left  bool // its program has closed it
	vars  map[string]uint32
	sent  []uint32 // the numbers behind the segments that take any
	lived bool     // it has had a connection
	dups  int      // how many ACKs in a row said nothing new
	slow  bool     // its timer has ended once
}

// learn follows each end. A peer's last one is that which moved last.
func (g *generator) learn(s *handshake.Step) {
	if s.Peer == handshake.WirePeer || !s.Leads() {
		return
	}
	e := g.end(s.Peer, s.On)
	g.last[s.Peer] = e
	if s.Kind == handshake.KindDepart {
		if n := part(s, "SEG.LEN"); n > 0 && !slices.Contains(e.sent, part(s, "SEG.SEQ")+n) {
			e.sent = append(e.sent, part(s, "SEG.SEQ")+n)
		}
		return
	}
	if s.Kind == handshake.KindArrive && part(s, "SEG.LEN") == 0 {
		e.dups++
	}
	e.slow = e.slow || s.Kind == handshake.KindTimeout
	if e.state = s.After; e.state == "CLOSED" {
		clear(e.vars)
	}
	for _, v := range s.Vars {
		n, err := strconv.ParseUint(v.Value, 10, 32)
		switch {
		case v.Name == "descriptor":
			e.fd, e.left = int(n), n == 0
		case err == nil:
			e.vars[v.Name] = uint32(n)
			if v.Name == "SND.UNA" {
				e.dups = 0
			}
			e.lived = e.lived || v.Name == "ISS"
			g.begun = g.begun || e.lived
		}
	}
}

// end finds a connection's end, or makes it.
func (g *generator) end(peer, on string) *end {
	for _, e := range g.ends {
		if e.peer == peer && e.on == on {
			return e
		}
	}
	e := &end{peer: peer, on: on, child: strings.Contains(on, "."), vars: map[string]uint32{}}
	g.ends = append(g.ends, e)
	return e
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

// outstanding are the numbers behind what is not acknowledged.
func (e *end) outstanding() []uint32 {
	if _, known := e.vars["SND.UNA"]; !known {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(e.sent), func(n uint32) bool {
		return !after(n, e.vars["SND.UNA"]) || after(n, e.vars["SND.NXT"])
	})
}
