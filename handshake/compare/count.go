package compare

import (
	"slices"

	"sockscope/handshake"
)

// counters are the variables that tell what an end has sent, has got and knows to have
// arrived (RFC 9293 3.3.1).
var counters = []string{"ISS", "SND.UNA", "SND.NXT", "IRS", "RCV.NXT"}

// count finds the lines in which the same happened and the numbers of two ends come apart:
// what one has taken and the other has not may show much further down, or never.
func (c *Comparison) count() {
	left, right := counted(c.Left), counted(c.Right)
	apart := map[string]bool{}
	for i := range c.Lines {
		l := &c.Lines[i]
		if l.Left == nil || l.Right == nil {
			continue
		}
		end := l.Left.Peer + " " + l.Left.On
		was := apart[end]
		apart[end] = left[l.Left.N-1] != right[l.Right.N-1]
		if apart[end] && !was && l.Differs == Equal {
			l.Differs = Numbers
		}
	}
}

// tally is an end's counters, in their order; empty where it has none.
type tally [5]string

// counted are the numbers of each step's end behind it.
func counted(t *handshake.Trace) []tally {
	ends := map[string]tally{}
	list := make([]tally, len(t.Steps))
	for i, s := range t.Steps {
		end := s.Peer + " " + s.On
		now := ends[end]
		for _, v := range s.Vars {
			if at := slices.Index(counters, v.Name); at >= 0 {
				now[at] = v.Value
			}
		}
		if s.After == "CLOSED" || s.After == "LISTEN" {
			now = tally{}
		}
		ends[end], list[i] = now, now
	}
	return list
}
