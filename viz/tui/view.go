package tui

import (
	"regexp"
	"strconv"

	"sockscope/handshake"
	"sockscope/viz"
	"sockscope/viz/words"
)

// view is what one frame shows: the trace up to the cursor, and how it is said and
// drawn. Panels read it and change nothing.
type view struct {
	trace    *handshake.Trace
	n        int       // the cursor: the last step that is shown; 0 at the start
	ends     []viz.End // the peers after step n
	before   []viz.End // the peers after step n-1, for what a value was
	rows     []viz.Row // the ladder up to step n
	lang     string
	say      *words.Words
	glyphs   Glyphs
	colours  Palette
	relative bool // sequence numbers as X, X+1
	hidden   bool // predict: the last step's answer is not shown yet
	bytes    bool // the segment as octets, not as bits
	graph    int  // which graph, where there is room for one
	keys     *Keys
	scroll   int // how many lines of a long pane are above its upper edge
}

// unknown stands for what predict mode hides.
const unknown = "????"

// step is the step at the cursor; nil at the start.
func (v *view) step() *handshake.Step {
	if v.n == 0 {
		return nil
	}
	return &v.trace.Steps[v.n-1]
}

// first is a peer's first sequence number, the newest if it has begun more than once.
func (v *view) first(peer int) (uint32, bool) { return v.firstAt(peer, v.n) }

// firstAt is the peer's first sequence number as it was after step n.
func (v *view) firstAt(peer, n int) (uint32, bool) {
	if peer < 0 {
		return 0, false
	}
	p := v.trace.Peers[peer]
	for i := n - 1; i >= 0; i-- {
		if s := &v.trace.Steps[i]; s.Peer == p.Name {
			if iss, ok := issOf(s.Vars); ok {
				return iss, true
			}
		}
	}
	return issOf(p.Vars)
}

func issOf(vars []handshake.Var) (uint32, bool) {
	for _, v := range vars {
		if v.Name == "ISS" {
			n, err := strconv.ParseUint(v.Value, 10, 32)
			return uint32(n), err == nil
		}
	}
	return 0, false
}

// number is a sequence number that a peer counts with, as it is or counted from that
// peer's first, X for the left one and Y for the right one: 101 or X+1.
func (v *view) number(peer int, value string) string {
	if !v.relative {
		return value
	}
	return v.counted(peer, value)
}

func (v *view) counted(peer int, value string) string { return v.countedAt(v.n, peer, value) }

func (v *view) countedAt(step, peer int, value string) string {
	n, err := strconv.ParseUint(value, 10, 32)
	first, ok := v.firstAt(peer, step)
	if err != nil || !ok {
		return value
	}
	name := "XY"[peer : peer+1]
	switch after := int32(uint32(n) - first); {
	case after > 0:
		return name + "+" + strconv.Itoa(int(after))
	case after < 0:
		return name + strconv.Itoa(int(after))
	}
	return name
}

var labelNumber = regexp.MustCompile(`<(SEQ|ACK)=(\d+)>`)

// counts is the label of a segment that began its way in a step, with its numbers
// counted from their beginnings as they were then, as RFC 9293 3.4 names them:
// <SEQ=Y><ACK=X+1>.
func (v *view) counts(step, from int, label string) string {
	return labelNumber.ReplaceAllStringFunc(label, func(field string) string {
		parts := labelNumber.FindStringSubmatch(field)
		peer := from
		if parts[1] == "ACK" {
			peer = 1 - from
		}
		return "<" + parts[1] + "=" + v.countedAt(step, peer, parts[2]) + ">"
	})
}

// pane answers one question in the part of the screen that it is given.
type pane func(c canvas, v *view)
