package viz_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/compare"
	"sockscope/handshake/handshaketest"
	"sockscope/handshake/model"
	"sockscope/handshake/wire"
	"sockscope/viz"
)

// compared puts the model's trace of a scenario beside one that a kernel might have left:
// the RST of its abort has an ACK, and recv() gives another error.
func compared(t *testing.T) *compare.Comparison {
	t.Helper()
	left := abortTrace(t)
	right := *left
	right.Engine, right.Host = "kernel", "Linux 6.18.44"
	right.Steps = slices.Clone(left.Steps)
	for i := range right.Steps {
		s := &right.Steps[i]
		s.Label = strings.ReplaceAll(s.Label, "<SEQ=101><CTL=RST>", "<SEQ=101><ACK=301><CTL=RST,ACK>")
		s.Label = strings.ReplaceAll(s.Label, "ECONNRESET", "EPIPE")
	}
	right.Steps = slices.Delete(right.Steps, 12, 13) // connect() does not come back
	for i := range right.Steps {
		right.Steps[i].N = i + 1
	}
	return compare.Align(left, &right)
}

func abortTrace(t *testing.T) *handshake.Trace {
	t.Helper()
	s, err := handshake.Load("abort")
	require.NoError(t, err)
	timeline, err := handshake.NewTimeline(t.Context(), model.Engine{Wire: wire.InMemory}, s)
	require.NoError(t, err)
	for err == nil {
		err = timeline.Next(t.Context())
	}
	require.ErrorIs(t, err, handshake.ErrOver)
	require.NoError(t, timeline.Close())
	return timeline.Trace()
}

func TestAComparisonInEachView(t *testing.T) {
	for name, view := range viz.CompareViews() {
		for _, o := range []viz.Options{{Lang: "en"}, {Lang: "ko"}, {Lang: "en", Plain: true}, {Lang: "ko", Plain: true}} {
			file := "compare-" + name + "-" + o.Lang + ".txt"
			if o.Plain {
				file = "compare-" + name + "-plain-" + o.Lang + ".txt"
			}
			var b bytes.Buffer
			require.NoError(t, view(&b, compared(t), o))
			if name == "json" {
				file = "compare.jsonl" // in every language
			}
			handshaketest.Golden(t, file, b.String())
		}
	}
}

// docs/compare.md: field names never change.
func TestTheJSONOfAComparisonIsOneObjectALine(t *testing.T) {
	c := compared(t)
	var b bytes.Buffer
	require.NoError(t, viz.CompareJSON(&b, c, viz.Options{}))
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	require.Len(t, lines, 1+len(c.Lines))
	var header struct {
		Schema  int
		Compare []string
	}
	require.NoError(t, json.Unmarshal([]byte(lines[0]), &header))
	require.Equal(t, handshake.Schema, header.Schema)
	require.Equal(t, []string{"model", "kernel"}, header.Compare)
	for i, text := range lines[1:] {
		var l struct{ Line int }
		require.NoError(t, json.Unmarshal([]byte(text), &l))
		require.Equal(t, i+1, l.Line)
	}
}

func TestNoRowOfAComparisonIsWiderThanItsHalf(t *testing.T) {
	c := compared(t)
	for _, half := range []int{24, 34, 60, 94} {
		for i := range c.Lines {
			for _, row := range viz.CompareRows(c, i, half, "ko") {
				if row.Between == "" {
					continue
				}
				for _, text := range []string{row.Left, row.Right} {
					if !strings.Contains(strings.TrimSpace(text), " ") {
						continue // one word, such as a label, is cut by the screen
					}
					require.LessOrEqual(t, viz.Width(text), half, "line %d: %q", i+1, text)
				}
			}
		}
	}
}

func TestEachDifferenceIsMarkedWithoutColour(t *testing.T) {
	c := compared(t)
	marks := map[compare.Difference]string{}
	for i, l := range c.Lines {
		number := strings.Fields(viz.CompareRows(c, i, 60, "en")[0].Number)
		marks[l.Differs] = number[1]
	}
	require.Equal(t, "=", marks[compare.Equal])
	require.Equal(t, "<", marks[compare.OnlyLeft])
	require.Contains(t, marks[compare.Label], "!")
}
