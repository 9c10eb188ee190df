package compare

import (
	"slices"
	"strconv"
	"strings"

	"sockscope/handshake"
)

// partners gives for each step of the left trace the index of its partner in the right
// one, -1 for none.
func partners(left, right *handshake.Trace) []int {
	begin := beginning(left, right)
	pair := make([]int, len(left.Steps))
	for i := range pair {
		if pair[i] = -1; i < begin {
			pair[i] = i
		}
	}
	lanesLeft, lanesRight := lanes(left, begin), lanes(right, begin)
	for name, a := range lanesLeft {
		if name != travels {
			match(left, right, a, lanesRight[name], pair)
		}
	}
	// Of segments on their way, the partner is what became of the partner packet.
	idsLeft, idsRight := map[int]int{}, map[int]int{} // to those of the left trace
	for i, j := range pair {
		if s := &left.Steps[i]; j >= 0 && s.Kind == handshake.KindDepart {
			idsLeft[s.Packet], idsRight[right.Steps[j].Packet] = s.Packet, s.Packet
		}
	}
	journeysLeft, journeysRight := journeys(left, lanesLeft[travels], idsLeft), journeys(right, lanesRight[travels], idsRight)
	for name, a := range journeysLeft {
		match(left, right, a, journeysRight[name], pair)
	}
	if onOneClock(left, right) {
		uncross(left, pair)
	}
	return pair
}

// uncross parts the departures, with what became of them, that one trace has before an event
// of that end and the other behind it: what one event let leave is not what another did.
func uncross(left *handshake.Trace, pair []int) {
	crossed := map[int]bool{} // packets of the left trace
	for i, j := range pair {
		s := &left.Steps[i]
		if j < 0 || s.Kind != handshake.KindDepart || s.Peer == handshake.WirePeer {
			continue
		}
		for n, m := range pair {
			e := &left.Steps[n]
			event := e.Kind == handshake.KindArrive || e.Kind == handshake.KindTimeout || e.Kind == handshake.KindCall
			if event && m >= 0 && e.Peer == s.Peer && (n > i) != (m > j) {
				crossed[s.Packet] = true
			}
		}
	}
	for i := range pair {
		if crossed[left.Steps[i].Packet] {
			pair[i] = -1
		}
	}
}

// journeys parts the lane of what travels: what became of each packet that has a partner,
// by its number in ids.
func journeys(t *handshake.Trace, all lane, ids map[int]int) map[string]lane {
	parts := map[string]lane{}
	for _, e := range all {
		s := &t.Steps[e.step]
		if id, ok := ids[s.Packet]; ok {
			name := string(s.Kind) + strconv.Itoa(id)
			parts[name] = append(parts[name], e)
		}
	}
	return parts
}

// beginning counts the steps with which both traces begin, up to the last event: what
// happened in one order is the same, whatever became of a segment later. Of the departures
// behind it any may be the one that the other trace does not have.
func beginning(left, right *handshake.Trace) (n int) {
	for i := range min(len(left.Steps), len(right.Steps)) {
		a, b := &left.Steps[i], &right.Steps[i]
		if a.Peer != b.Peer || a.Kind != b.Kind || a.Label != b.Label {
			break
		}
		if a.Kind != handshake.KindDepart {
			n = i // what departed before one event is settled, even if that leads to two states
		}
		if a.Before != b.Before || a.After != b.After {
			break
		}
		if a.Kind != handshake.KindDepart {
			n = i + 1
		}
	}
	return n
}

// lane is a part of a trace in which order matters.
type lane []entry

// entry is a step of a lane: what it is known by, and what tells it from its equals.
type entry struct {
	step             int
	key, state, fate string
}

// same is the weight of two entries that nothing tells apart.
const same = 5

// weight says how well two entries stand for one another; 0: not at all.
func (e entry) weight(o entry) (w uint16) {
	if e.key != o.key {
		return 0
	}
	w = 3
	if e.state == o.state {
		w++
	}
	if e.fate == o.fate {
		w++
	}
	return w
}

// travels is the lane of what becomes of segments that have departed.
const travels = "travels"

// lanes parts a trace from a step on: what each program does, which timers of each end ran
// out, the segments that each end and the network send each way, and what became of those.
func lanes(t *handshake.Trace, from int) map[string]lane {
	all := map[string]lane{}
	ways, fates := packets(t), fates(t)
	for i := from; i < len(t.Steps); i++ {
		s := &t.Steps[i]
		name, key, fate := s.Peer+" "+string(s.Kind), s.Label, s.Label
		switch s.Kind {
		case handshake.KindCall, handshake.KindReturn, handshake.KindSignal:
			name = s.Peer + " program"
			call, _, _ := strings.Cut(s.Label, ") = ")
			key = string(s.Kind) + " " + strings.TrimSuffix(call, ")")
		case handshake.KindDepart:
			name, fate = ways[s.Packet], fates[s.Packet]
			if part(s.Label, "CTL") == "RST,ACK" && part(s.Label, "SEQ") != "0" { // it is known by its number, whether it acknowledges or not
				key = "<SEQ=" + part(s.Label, "SEQ") + "><CTL=RST>"
			}
		case handshake.KindArrive, handshake.KindDrop, handshake.KindDuplicate:
			name, key, fate = travels, "", "" // it is known by its packet
		case handshake.KindTimeout, handshake.KindNote:
		}
		all[name] = append(all[name], entry{i, key, s.After, fate})
	}
	return all
}

// fates tell of each packet what became of it, and of its receiver.
func fates(t *handshake.Trace) map[int]string {
	all := map[int]string{}
	for _, s := range t.Steps {
		switch s.Kind {
		case handshake.KindArrive, handshake.KindDrop, handshake.KindDuplicate:
			all[s.Packet] += " " + string(s.Kind) + " " + s.Before + " " + s.After
		case handshake.KindCall, handshake.KindReturn, handshake.KindDepart, handshake.KindTimeout, handshake.KindSignal, handshake.KindNote:
		}
	}
	return all
}

// match aligns two lanes by the heaviest common subsequence, and then, in each gap,
// those that differ in their label alone.
func match(left, right *handshake.Trace, a, b lane, pair []int) {
	gapA, gapB := 0, 0
	for _, m := range append(common(a, b), [2]int{len(a), len(b)}) {
		for ; gapA < m[0]; gapA++ {
			for j := gapB; j < m[1]; j++ {
				if similar(&left.Steps[a[gapA].step], &right.Steps[b[j].step]) {
					pair[a[gapA].step], gapB = b[j].step, j+1
					break
				}
			}
		}
		if m[0] < len(a) {
			pair[a[m[0]].step] = b[m[1]].step
		}
		gapA, gapB = m[0]+1, m[1]+1
	}
}

// similar reports steps that stand for one another although their labels differ: two
// segments that begin at one number and both reset or both do not, two timers.
func similar(a, b *handshake.Step) bool {
	switch a.Kind {
	case handshake.KindDepart:
		return part(a.Label, "SEQ") != "" && part(a.Label, "SEQ") == part(b.Label, "SEQ") && resets(a) == resets(b)
	case handshake.KindTimeout:
		return true
	default:
		return false
	}
}

func resets(s *handshake.Step) bool { return strings.Contains(part(s.Label, "CTL"), "RST") }

// common gives the index pairs of the common subsequence that weighs most.
func common(a, b lane) [][2]int {
	var pairs [][2]int
	first := 0
	for ; first < min(len(a), len(b)) && a[first].weight(b[first]) == same; first++ {
		pairs = append(pairs, [2]int{first, first})
	}
	a, b = a[first:], b[first:]
	best := make([][]uint16, len(a)+1) // from i and j on; a trace of handshake.MaxSteps stays below 65536
	for i := range best {
		best[i] = make([]uint16, len(b)+1)
	}
	for i, x := range slices.Backward(a) {
		for j, y := range slices.Backward(b) {
			best[i][j] = max(best[i+1][j], best[i][j+1])
			if w := x.weight(y); w > 0 {
				best[i][j] = max(best[i][j], w+best[i+1][j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		w := a[i].weight(b[j])
		switch {
		case w > 0 && best[i][j] == w+best[i+1][j+1]:
			pairs = append(pairs, [2]int{first + i, first + j})
			i, j = i+1, j+1
		case best[i][j] == best[i+1][j]:
			i++
		default:
			j++
		}
	}
	return pairs
}

// merge makes lines of the steps and their partners: in the left trace's order, and what
// only the right one has before the step that it came before.
func merge(left, right *handshake.Trace, pair []int) []Line {
	taken := make([]bool, len(right.Steps))
	for _, j := range pair {
		if j >= 0 {
			taken[j] = true
		}
	}
	var lines []Line
	next := 0
	alone := func(end int) {
		for ; next < end; next++ {
			if !taken[next] {
				lines = append(lines, Line{Right: &right.Steps[next]})
			}
		}
	}
	for i, j := range pair {
		l := Line{Left: &left.Steps[i]}
		if j >= 0 {
			alone(j)
			l.Right = &right.Steps[j]
		}
		lines = append(lines, l)
	}
	alone(len(right.Steps))
	return lines
}
