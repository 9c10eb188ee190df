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
	pair := make([]int, len(left.Steps))
	for i := range pair {
		pair[i] = -1
	}
	lanesLeft, lanesRight := lanes(left, packets(left)), lanes(right, packets(right))
	for name, a := range lanesLeft {
		if name != travels {
			match(left, right, a, lanesRight[name], pair)
		}
	}
	// Of segments on their way, the partner is what became of the partner packet.
	ids := map[int]int{} // of the right trace, to the left one's
	for i, j := range pair {
		if s := &left.Steps[i]; j >= 0 && s.Kind == handshake.KindDepart {
			ids[right.Steps[j].Packet] = s.Packet
		}
	}
	waiting := map[string][]int{}
	for _, j := range lanesRight[travels].steps {
		if id, ok := ids[right.Steps[j].Packet]; ok {
			key := string(right.Steps[j].Kind) + strconv.Itoa(id)
			waiting[key] = append(waiting[key], j)
		}
	}
	for _, i := range lanesLeft[travels].steps {
		key := string(left.Steps[i].Kind) + strconv.Itoa(left.Steps[i].Packet)
		if list := waiting[key]; len(list) > 0 {
			pair[i], waiting[key] = list[0], list[1:]
		}
	}
	return pair
}

// lane is a part of a trace in which order matters: the steps and what each is known by.
type lane struct {
	steps []int
	keys  []string
}

// travels is the lane of what becomes of segments that have departed.
const travels = "travels"

// lanes parts a trace: what each program does, which timers of each end ran out, the
// segments that each end and the network send each way, and what became of those.
func lanes(t *handshake.Trace, ways map[int]string) map[string]lane {
	all := map[string]lane{}
	for i := range t.Steps {
		s := &t.Steps[i]
		name, key := s.Peer+" "+string(s.Kind), s.Label
		switch s.Kind {
		case handshake.KindCall, handshake.KindReturn, handshake.KindSignal:
			name = s.Peer + " program"
			call, _, _ := strings.Cut(s.Label, ") = ")
			key = string(s.Kind) + " " + strings.TrimSuffix(call, ")")
		case handshake.KindDepart:
			name = ways[s.Packet]
		case handshake.KindArrive, handshake.KindDrop, handshake.KindDuplicate:
			name = travels
		case handshake.KindTimeout, handshake.KindNote:
		}
		l := all[name]
		all[name] = lane{append(l.steps, i), append(l.keys, key)}
	}
	return all
}

// match aligns two lanes by their longest common subsequence, and then, in each gap,
// those that differ in their label alone.
func match(left, right *handshake.Trace, a, b lane, pair []int) {
	gapA, gapB := 0, 0
	for _, m := range append(common(a.keys, b.keys), [2]int{len(a.steps), len(b.steps)}) {
		for ; gapA < m[0]; gapA++ {
			for j := gapB; j < m[1]; j++ {
				if similar(&left.Steps[a.steps[gapA]], &right.Steps[b.steps[j]]) {
					pair[a.steps[gapA]], gapB = b.steps[j], j+1
					break
				}
			}
		}
		if m[0] < len(a.steps) {
			pair[a.steps[m[0]]] = b.steps[m[1]]
		}
		gapA, gapB = m[0]+1, m[1]+1
	}
}

// similar reports steps that stand for one another although their labels differ: two
// segments that begin at one number, two timers.
func similar(a, b *handshake.Step) bool {
	switch a.Kind {
	case handshake.KindDepart:
		return part(a.Label, "SEQ") != "" && part(a.Label, "SEQ") == part(b.Label, "SEQ")
	case handshake.KindTimeout:
		return true
	default:
		return false
	}
}

// common gives the index pairs of a longest common subsequence.
func common(a, b []string) [][2]int {
	var pairs [][2]int
	first := 0
	for ; first < min(len(a), len(b)) && a[first] == b[first]; first++ {
		pairs = append(pairs, [2]int{first, first})
	}
	rest := func(i, j int) [2]int { return [2]int{first + i, first + j} }
	a, b = a[first:], b[first:]
	length := make([][]uint16, len(a)+1) // of the longest one from i and j on; a trace ends at handshake.MaxSteps
	for i := range length {
		length[i] = make([]uint16, len(b)+1)
	}
	for i, keyA := range slices.Backward(a) {
		for j, keyB := range slices.Backward(b) {
			if keyA == keyB {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			pairs = append(pairs, rest(i, j))
			i, j = i+1, j+1
		case length[i+1][j] >= length[i][j+1]:
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
