package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/model"
	"sockscope/handshake/wire"
	"sockscope/viz"
	"sockscope/viz/words"
)

// A figure of RFC 9293 as testdata/figures.json has it.
type figure struct {
	RFC9293 string              `json:"rfc9293"` // Figure 6
	Lines   [][]json.RawMessage `json:"lines"`   // number, left, arrow, segment, arrow, right, remark
}

type figureSegment struct {
	Seq, Ack any // a number, or a symbol such as Z+1
	Ctl      string
	Len      any // octets of data; "any": at least one
}

// figureLine is one line of a figure.
type figureLine struct {
	number, left, arrow, arrow2, right string
	segment                            *figureSegment
}

// The figures of sections 3.5 and 3.6 come out as they are printed: in their order,
// each line's segment, and the state that each end is in when the line is drawn.
func TestTheFiguresOfRFC9293(t *testing.T) {
	var figures []figure
	data, err := os.ReadFile("testdata/figures.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &figures))
	for n := 6; n <= 13; n++ {
		t.Run(fmt.Sprintf("figure %d", n), func(t *testing.T) {
			s, err := handshake.Load(fmt.Sprintf("figure-%d", n))
			require.NoError(t, err)
			require.Equal(t, fmt.Sprintf("RFC 9293 figure %d", n), s.Figure)
			trace := playScenario(t, s, model.Engine{Wire: wire.InMemory})
			for _, f := range figures {
				if f.RFC9293 == fmt.Sprintf("Figure %d", n) {
					compareFigure(t, f, trace)
					return
				}
			}
			t.Fatal("not in figures.json")
		})
	}
}

func compareFigure(t *testing.T, f figure, trace *handshake.Trace) {
	t.Helper()
	ladder := render(t, viz.Text, trace, viz.Options{Lang: "en"})
	var rows []viz.Row // of segments
	for _, r := range viz.Ladder(trace, len(trace.Steps)) {
		if r.Segment {
			rows = append(rows, r)
		}
	}
	symbols := map[string]uint32{}
	drawn := 0 // the step in which the line before was drawn
	for _, raw := range f.Lines {
		l := readLine(t, raw)
		where := fmt.Sprintf("line %s: %+v\n%s", l.number, l, ladder)
		if l.segment == nil {
			until := len(trace.Steps)
			if len(rows) > 0 {
				until = rows[0].First - 1
			}
			require.True(t, reached(trace, 0, l.left, drawn, until), "left, %s", where)
			require.True(t, reached(trace, 1, l.right, drawn, until), "right, %s", where)
			continue
		}
		require.NotEmpty(t, rows, where)
		r := rows[0]
		rows = rows[1:]
		near, far := arrows(r)
		require.Equal(t, [2]string{l.arrow, l.arrow2}, [2]string{near, far}, where)
		requireSegment(t, *l.segment, r.Label, symbols, where)
		drawn = max(drawn, r.First, r.Last)
		for end, cell := range []string{l.left, l.right} {
			state := r.States[end]
			if state == "" { // the line itself does not tell
				state = viz.Ends(trace, max(r.First, r.Last))[end].State
			}
			if cell != "" {
				require.Equal(t, cell, state, "end %d, %s", end, where)
			}
		}
	}
	for _, r := range rows { // what the figure does not show any more
		for _, n := range []int{r.First, r.Last} {
			for _, lang := range words.Langs() {
				if n > 0 {
					require.NotEmpty(t, viz.Narrate(trace, n, lang).Main, "step %d in %s\n%s", n, lang, ladder)
				}
			}
		}
	}
}

var (
	parenthesised = regexp.MustCompile(`\([^)]*\)`)
	questionMarks = regexp.MustCompile(`^\?+$`)
)

func readLine(t *testing.T, raw []json.RawMessage) figureLine {
	t.Helper()
	l := figureLine{number: strings.Trim(string(raw[0]), `"`)}
	for at, to := range map[int]*string{1: &l.left, 2: &l.arrow, 4: &l.arrow2, 5: &l.right} {
		require.NoError(t, json.Unmarshal(raw[at], to))
	}
	require.NoError(t, json.Unmarshal(raw[3], &l.segment))
	for _, cell := range []*string{&l.left, &l.right} {
		*cell = strings.Join(strings.Fields(parenthesised.ReplaceAllString(*cell, " ")), " ")
		*cell = questionMarks.ReplaceAllString(*cell, "")
	}
	return l
}

// reached reports whether an end is in the cell's states, one after the other, in the
// steps from to until.
func reached(trace *handshake.Trace, end int, cell string, from, until int) bool {
	states := strings.Fields(cell)
	for n := from; n <= until && len(states) > 0; n++ {
		if viz.Ends(trace, n)[end].State == states[0] {
			states = states[1:]
		}
	}
	return len(states) == 0
}

// arrows are a row's, left and right, as the figures draw them.
func arrows(r viz.Row) (left, right string) {
	left, right = "-->", "-->"
	near, far := &left, &right
	if r.From == 1 {
		left, right = "<--", "<--"
		near, far = &right, &left
	}
	if r.Late {
		*near = "..."
	}
	if r.Last == 0 {
		*far = "..."
	}
	return left, right
}

func requireSegment(t *testing.T, want figureSegment, label string, symbols map[string]uint32, where string) {
	t.Helper()
	got := map[string]string{}
	for part := range strings.SplitSeq(strings.Trim(label, "<>"), "><") {
		name, value, _ := strings.Cut(part, "=")
		got[name] = value
	}
	require.Equal(t, want.Ctl, got["CTL"], where)
	requireNumber(t, want.Seq, got["SEQ"], symbols, where)
	requireNumber(t, want.Ack, got["ACK"], symbols, where)
	switch n := want.Len.(type) {
	case nil:
		require.Empty(t, got["DATA"], where)
	case float64:
		require.Equal(t, strconv.Itoa(int(n)), got["DATA"], where)
	default:
		require.NotEmpty(t, got["DATA"], where)
	}
}

// requireNumber compares a number; a symbol such as Z is what it was at first sight,
// and Z+1 the number behind it.
func requireNumber(t *testing.T, want any, got string, symbols map[string]uint32, where string) {
	t.Helper()
	switch want := want.(type) {
	case nil:
		require.Empty(t, got, where)
	case float64:
		require.Equal(t, strconv.Itoa(int(want)), got, where)
	case string:
		n, err := strconv.ParseUint(got, 10, 32)
		require.NoError(t, err, where)
		symbol, plus, _ := strings.Cut(want, "+")
		more, _ := strconv.Atoi(plus)
		if _, seen := symbols[symbol]; !seen {
			symbols[symbol] = uint32(n) - uint32(more)
		}
		require.Equal(t, symbols[symbol]+uint32(more), uint32(n), where)
	default:
		t.Fatalf("number %v, want a number or a symbol, %s", want, where)
	}
}
