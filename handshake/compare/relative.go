package compare

import (
	"slices"
	"strconv"
	"strings"

	"sockscope/handshake"
)

// relative is a copy of a trace without its notes, in which each side counts from its own
// first sequence number: the segments of two runs look alike, whatever numbers the ends
// began with. A call names the other end instead of its address.
func relative(t *handshake.Trace) *handshake.Trace {
	out := *t
	ways, first := packets(t), bases(t)
	out.Steps = make([]handshake.Step, 0, len(t.Steps))
	for _, s := range t.Steps {
		if s.Kind == handshake.KindNote {
			continue
		}
		s.N = len(out.Steps) + 1
		own, other := s.Peer, opposite(t, s.Peer)
		from, to := own, other
		if s.Packet != 0 {
			from, to, _ = strings.Cut(ways[s.Packet], " to ")
			if from == handshake.WirePeer {
				from = opposite(t, to)
			}
			s.Label = relabel(s.Label, first[from], first[to])
		}
		for _, p := range t.Peers { // which have other ports where the setup leaves them open
			s.Label = strings.Replace(s.Label, ", "+p.Address+")", ", "+p.Name+")", 1)
		}
		s.Vars = slices.Clone(s.Vars)
		for j := range s.Vars {
			v := &s.Vars[j]
			switch v.Name {
			case "SEG.SEQ":
				v.Value = first[from].relative(v.Value)
			case "SEG.ACK":
				if part(s.Label, "ACK") == "" {
					continue // it has none
				}
				v.Value = first[to].relative(v.Value)
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

// bases finds the initial sequence numbers of both sides: those known before the first
// step, those picked later, and those of their SYNs.
func bases(t *handshake.Trace) map[string]numbers {
	first := map[string]numbers{}
	add := func(peer, n string) {
		value, err := strconv.ParseUint(n, 10, 32)
		if err == nil && !slices.Contains(first[peer], uint32(value)) {
			first[peer] = append(first[peer], uint32(value))
		}
	}
	for i, p := range t.Peers {
		for _, v := range p.Vars {
			switch v.Name {
			case "ISS":
				add(p.Name, v.Value)
			case "IRS":
				add(t.Peers[1-i].Name, v.Value)
			}
		}
	}
	for _, s := range t.Steps {
		for _, v := range s.Vars {
			if v.Name == "ISS" {
				add(s.Peer, v.Value)
			}
		}
		if s.Kind == handshake.KindDepart && s.Peer != handshake.WirePeer && strings.Contains(part(s.Label, "CTL"), "SYN") {
			add(s.Peer, part(s.Label, "SEQ"))
		}
	}
	return first
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
