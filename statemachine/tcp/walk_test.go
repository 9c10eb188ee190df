package tcp

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake/handshaketest"
)

// Which rule TestTransitions requires of each row of the table, or why it leaves it out:
// docs/conformance.md shows it.
func TestConformanceOfTransitions(t *testing.T) {
	lines := [][]string{{"state", "event", "condition", "section", "rule", "excuse"}}
	for _, r := range transitions(t) {
		rule, reason := "", ""
		if i := slices.IndexFunc(notApplicable, func(x excuse) bool { return x.is(r) }); i >= 0 {
			reason = notApplicable[i].reason
		} else {
			i := slices.IndexFunc(table, func(k taken) bool { return k.matches(r) })
			require.GreaterOrEqual(t, i, 0, r.name())
			rule = table[i].rule.String()
		}
		lines = append(lines, []string{r.state, r.event, r.condition, r.section, rule, reason})
	}
	var b strings.Builder
	require.NoError(t, csv.NewWriter(&b).WriteAll(lines))
	handshaketest.Golden(t, "walked.csv", b.String())
}
