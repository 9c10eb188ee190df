package compare

import (
	"slices"
	"strconv"
	"strings"

	"sockscope/handshake"
)

// relative is a copy of a trace without its notes, in which each side counts from its own
// first sequence number: the segments of two runs look alike, whatever numbers the ends
// began with; of a side that begins less often in this trace, those of the other trace. A
// call names the other end instead of its address.
func relative(t, other *handshake.Trace) *handshake.Trace {
	out := *t
	ways, all := packets(t), bases(t)
	for peer, list := range bases(other) {
		if n := len(all[peer]); n < len(list) {
			all[peer] = append(all[peer], list[n:]...)
		}
	}
	departed := map[int]map[string]numbers{} // the first numbers that were known then, by packet
	out.Steps = make([]handshake.Step, 0, len(t.Steps))
	for i, s := range t.Steps {
		if s.Kind == handshake.KindNote {
			continue
		}
		first := all.until(i)
		if s.Kind == handshake.KindDepart {
			departed[s.Packet] = first
		}
		s.N = len(out.Steps) + 1
		own, other := s.Peer, opposite(t, s.Peer)
		from, to := own, other
		if s.Packet != 0 {
			from, to, _ = strings.Cut(ways[s.Packet], " to ")
			if from == handshake.WirePeer {
				from = opposite(t, to)
			}
			s.Label = relabel(s.Label, departed[s.Packet][from], departed[s.Packet][to])
		}
		for _, p := range t.Peers { // which have other ports where the setup leaves them open
			s.Label = strings.Replace(s.Label, ", "+p.Address+")", ", "+p.Name+")", 1)
		}
		s.Vars = slices.Clone(s.Vars)
		for j := range s.Vars {
			v := &s.Vars[j]
			switch v.Name {
			case "SEG.SEQ":
				v.Value = departed[s.Packet][from].relative(v.Value)
			case "SEG.ACK":
				if part(s.Label, "ACK") == "" {
					continue // it has none
				}
				v.Value = departed[s.Packet][to].relative(v.Value)
			case "ISS", "SND.UNA", "SND.NXT", "SND.UP", "SND.WL2":
				v.Value = first[own].relative(v.Value)
			case "IRS", "RCV.NXT", "RCV.UP", "SND.WL1":
				v.Value = first[other].relative(v.Value)
			}
		}
		out.Steps = append(out.Steps, s)
	}
	return &out
}

// numbers are the initial sequence numbers of one side, in the order in which it picked
// them; a side that begins anew has several.
type numbers []uint32

// relative counts from the last initial sequence number at or below n; what is older than
// all of them is below 0. What is no number stays.
func (first numbers) relative(n string) string {
	value, err := strconv.ParseUint(n, 10, 32)
	if err != nil || len(first) == 0 {
		return n
	}
	nearest := int32(uint32(value) - first[0])
	for _, base := range first[1:] {
		if d := int32(uint32(value) - base); d >= 0 && (nearest < 0 || d < nearest) {
			nearest = d
		}
	}
	return strconv.FormatInt(int64(nearest), 10)
}

// picked are the initial sequence numbers of both sides, by peer, each with the step in
// which it was picked: -1 for those known before the first.
type picked map[string][]origin

type origin struct {
	number uint32
	step   int
}

// until are the numbers that have been picked up to a step: what is picked later changes
// no number that was shown before. Of an end that has picked none yet, the first counts.
func (p picked) until(step int) map[string]numbers {
	known := map[string]numbers{}
	for peer, list := range p {
		for _, o := range list {
			if o.step <= step || len(known[peer]) == 0 {
				known[peer] = append(known[peer], o.number)
			}
		}
	}
	return known
}

// bases finds the initial sequence numbers of both sides: those known before the first
// step, those picked later, and those of their SYNs.
func bases(t *handshake.Trace) picked {
	all := picked{}
	add := func(peer, n string, step int) {
		value, err := strconv.ParseUint(n, 10, 32)
		if err == nil && !slices.ContainsFunc(all[peer], func(o origin) bool { return o.number == uint32(value) }) {
			all[peer] = append(all[peer], origin{uint32(value), step})
		}
	}
	for i, p := range t.Peers {
		for _, v := range p.Vars {
			switch v.Name {
			case "ISS":
				add(p.Name, v.Value, -1)
			case "IRS":
				add(t.Peers[1-i].Name, v.Value, -1)
			}
		}
	}
	for i, s := range t.Steps {
		for _, v := range s.Vars {
			if v.Name == "ISS" {
				add(s.Peer, v.Value, i)
			}
		}
		if s.Kind == handshake.KindDepart && s.Peer != handshake.WirePeer && strings.Contains(part(s.Label, "CTL"), "SYN") {
			add(s.Peer, part(s.Label, "SEQ"), i)
		}
	}
	return all
}

// relabel writes a segment's label with relative numbers.
func relabel(label string, sender, receiver numbers) string {
	for name, first := range map[string]numbers{"SEQ": sender, "ACK": receiver} {
		if n := part(label, name); n != "" {
			label = strings.Replace(label, "<"+name+"="+n+">", "<"+name+"="+first.relative(n)+">", 1)
		}
	}
	return label
}

// part is a part of a segment's label, `<SEQ=100><CTL=SYN>`; empty if it has none.
func part(label, name string) string {
	_, rest, _ := strings.Cut(label, "<"+name+"=")
	value, _, _ := strings.Cut(rest, ">")
	return value
}

// packets says of each packet's number who sent it to whom: `client to server`, `wire to
// server`. Of what the wire itself sends, only the choice says where it is going.
func packets(t *handshake.Trace) map[int]string {
	ways := map[int]string{}
	for _, s := range t.Steps {
		if s.Kind != handshake.KindDepart {
			continue
		}
		to := opposite(t, s.Peer)
		if s.Peer == handshake.WirePeer {
			if c, err := handshake.ParseChoice(s.Choice); err == nil {
				to = c.Peer
			}
		}
		ways[s.Packet] = s.Peer + " to " + to
	}
	return ways
}

// opposite is the other peer; of the wire, the first one.
func opposite(t *handshake.Trace, peer string) string {
	if t.Peers[0].Name == peer {
		return t.Peers[1].Name
	}
	return t.Peers[0].Name
}
