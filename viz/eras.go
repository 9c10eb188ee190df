package viz

import (
	"errors"
	"slices"
	"strings"

	"sockscope/handshake"
)

// Aim is what a line of a connection's making achieves, in either era.
type Aim string

// The aims, in the order in which they are shown.
const (
	Rendezvous Aim = "rendezvous" // two programs meet: listen, ask, accept
	Identity   Aim = "identity"   // who is at the other end, and which connection of his this is
	Direction  Aim = "direction"  // which way text may go
	Flow       Aim = "flow"       // how much of it
	Content    Aim = "text"       // it goes
	Closing    Aim = "close"      // its sockets come free
)

// Aims lists the aims.
func Aims() []Aim { return []Aim{Rendezvous, Identity, Direction, Flow, Content, Closing} }

// Sources are where the sentences on an aim stand: those of 1971, those of today. The empty
// Aim has those of the main sentence.
func (a Aim) Sources() [2]string {
	return map[Aim][2]string{
		"":         {"NIC 8246 p.7, 10; RFC 165 p.2", "RFC 793 2.7; RFC 9293 3.4.1"},
		Rendezvous: {"RFC 165 p.2; NIC 8246 p.10", "RFC 9293 3.5; RFC 793 2.7"},
		Identity:   {"RFC 147 p.3; RFC 165 p.2", "RFC 9293 3.4.1, 4"},
		Direction:  {"NIC 8246 p.7, 9; RFC 165 p.2", "RFC 9293 2.2, 3.4.1"},
		Flow:       {"NIC 8246 p.14-15", "RFC 9293 3.1, 3.8.6"},
		Content:    {"NIC 8246 p.19-28; RFC 381", "RFC 9293 3.4, 3.8"},
		Closing:    {"NIC 8246 p.12; RFC 165 p.4", "RFC 9293 3.6, 3.6.1"},
	}[a]
}

// Eras are a connection of 1971 and one of today, line by line beside each other by what each
// line achieves.
type Eras struct {
	Then, Now *handshake.Trace // NCP's and TCP's
	Lines     []EraLine
	Cost      [2]EraCost // of each
}

// EraLine is a line of both eras. The first stands for the whole, and has no aim; each aim
// begins with a line that has neither half.
type EraLine struct {
	Aim         Aim
	Left, Right *EraStep // nil: nothing stands there
}

// EraStep is a row of a ladder in the place of one of its aims.
type EraStep struct {
	Row
	Message bool // of an end, control or text
	Again   bool // it stands further up already, for another aim
	Detail  Said // what it achieves here
}

// Said is a sentence of viz/words that waits for its language, or a text of no language.
type Said struct {
	Key   string
	Pairs []string // as [Fill] takes them
}

// EraCost counts what a trace spent.
type EraCost struct {
	Control, Data int  // messages or segments that an end sent: of control alone, with text
	RFNMs         int  // what the network answered
	Connections   int  // that were open
	Text          bool // of a user has been sent
	Before        int  // messages or segments before the first of it; all, if there is none
	RFNMsBefore   int
}

// EraAimCost counts the messages of an aim at one side.
type EraAimCost struct {
	New   int // which stand here first
	Again int // which stand further up already
}

// ErrEras are two traces that are not one of each era.
var ErrEras = errors.New("want a trace of NCP and one of TCP")

// AlignEras puts a trace of NCP beside one of TCP; their order does not matter.
func AlignEras(a, b *handshake.Trace) (*Eras, error) {
	if a.Protocol == handshake.TCP {
		a, b = b, a
	}
	if a.Protocol != handshake.NCP || b.Protocol != handshake.TCP || len(a.Peers) != 2 {
		return nil, ErrEras
	}
	then, now := ofNCP(a), ofTCP(b)
	e := &Eras{Then: a, Now: b, Lines: []EraLine{{}}, Cost: [2]EraCost{then.cost, now.cost}}
	for _, aim := range Aims() {
		e.Lines = append(e.Lines, EraLine{Aim: aim})
		left, right := then.parts(aim), now.parts(aim)
		for i := range left {
			for n := range max(len(left[i]), len(right[i])) {
				e.Lines = append(e.Lines, EraLine{Aim: aim, Left: stepAt(left[i], n), Right: stepAt(right[i], n)})
			}
		}
	}
	return e, nil
}

func stepAt(steps []EraStep, n int) *EraStep {
	if n < len(steps) {
		return &steps[n]
	}
	return nil
}

// AimCost counts the messages of an aim: of 1971, of today.
func (e *Eras) AimCost(aim Aim) (cost [2]EraAimCost) {
	for i := range e.Lines {
		l := &e.Lines[i]
		for side, s := range []*EraStep{l.Left, l.Right} {
			switch {
			case l.Aim != aim || s == nil || !s.Message:
			case s.Again:
				cost[side].Again++
			default:
				cost[side].New++
			}
		}
	}
	return cost
}

// era is one trace, sorted.
type era struct {
	rows []eraRow
	cost EraCost
}

// eraRow is a row with all that it achieves.
type eraRow struct {
	Row
	aims   []Aim
	detail map[Aim]Said
	data   bool // it carries text, be it only the number S
	text   bool // of a user
}

// adds notes an aim of the row, with what is to be said there.
func (r *eraRow) adds(a Aim, key string, pairs ...string) {
	if !slices.Contains(r.aims, a) {
		r.aims = append(r.aims, a)
	}
	if key == "" {
		return
	}
	if r.detail == nil {
		r.detail = map[Aim]Said{}
	}
	r.detail[a] = Said{key, pairs}
}

// first is the aim under which the row stands first.
func (r *eraRow) first() Aim {
	for _, a := range Aims() {
		if slices.Contains(r.aims, a) {
			return a
		}
	}
	return ""
}

// parts are the steps of an aim: what comes before its messages, its messages with what is
// between them, and the rest. So messages stand beside messages.
func (e *era) parts(aim Aim) (parts [3][]EraStep) {
	var steps []EraStep
	from, to := -1, -1
	for i := range e.rows {
		r := &e.rows[i]
		if !slices.Contains(r.aims, aim) {
			continue
		}
		s := EraStep{Row: r.Row, Message: r.Segment, Again: r.first() != aim, Detail: r.detail[aim]}
		if s.Message {
			if to = len(steps); from < 0 {
				from = to
			}
		}
		steps = append(steps, s)
	}
	if from < 0 {
		return [3][]EraStep{steps}
	}
	return [3][]EraStep{steps[:from], steps[from : to+1], steps[to+1:]}
}

// counted makes an era of rows that are sorted.
func counted(t *handshake.Trace, rows []eraRow, open int) *era {
	e := &era{rows: rows, cost: EraCost{Connections: open}}
	firstText := len(t.Steps) + 1
	for i := range rows {
		switch {
		case !rows[i].Segment:
		case rows[i].data:
			e.cost.Data++
		default:
			e.cost.Control++
		}
		if rows[i].text {
			e.cost.Text, firstText = true, min(firstText, rows[i].First)
		}
		if rows[i].Segment && rows[i].First < firstText {
			e.cost.Before++
		}
	}
	for i := range t.Steps {
		if s := &t.Steps[i]; s.Kind == handshake.KindDepart && isRFNM(s.Label) {
			e.cost.RFNMs++
			if s.N < firstText {
				e.cost.RFNMsBefore++
			}
		}
	}
	return e
}

func isRFNM(label string) bool { return strings.HasPrefix(label, "RFNM ") }

// eraRows are the rows of a ladder that an end has its part in: what it sent, each message in
// one row wherever it arrived, its calls, and the end of a timer.
func eraRows(t *handshake.Trace) []eraRow {
	var rows []eraRow
	for _, r := range Ladder(t, len(t.Steps)) {
		switch {
		case r.Segment && r.Late:
			// What departed further up arrives here; what the network made departed nowhere.
			for i := range rows {
				if rows[i].Segment && rows[i].First == r.First {
					rows[i].Last, rows[i].Lost = r.Last, r.Lost
				}
			}
		case r.Segment, r.Kind == handshake.KindCall, r.Kind == handshake.KindReturn, r.Kind == handshake.KindTimeout:
			rows = append(rows, eraRow{Row: r})
		}
	}
	return rows
}

// callName is the call of a call's or a return's label.
func callName(label string) string {
	name, _, _ := strings.Cut(label, "(")
	return name
}

// everOpen counts the connections of the peer that has had most of them in a state: each has
// two ends, of which one may have gone.
func everOpen(t *handshake.Trace, state string) int {
	most := 0
	for _, p := range t.Peers {
		n := 0
		if p.State == state {
			n++
		}
		for i := range t.Steps {
			if s := &t.Steps[i]; s.Peer == p.Name && s.Before != state && s.After == state {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}
