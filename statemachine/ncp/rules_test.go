package ncp

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// A rule has a name of its own and a citation of the one form.
func TestRulesAreNamedAndCited(t *testing.T) {
	name := regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	cite := regexp.MustCompile(`^(NIC 8246 p\.\d+|RFC (165|202) p\.\d|RFC (270|308|381|394|534))$`)
	seen := map[string]bool{}
	for _, r := range AllRules() {
		require.Regexp(t, name, r.String())
		require.Regexp(t, cite, r.Cite(), "%v", r)
		require.False(t, seen[r.String()], "%v twice", r)
		seen[r.String()] = true
	}
	require.Equal(t, "rfc-matches", rfcMatches.String())
	require.Equal(t, "NIC 8246 p.10", rfcMatches.Cite())
	require.Equal(t, "Rule(255)", Rule(255).String())
	require.Empty(t, Rule(255).Cite())
}

// Every value has a name, and whatever has none has its number.
func TestValuesAreNamed(t *testing.T) {
	for _, s := range States {
		require.NotContains(t, s.String(), "State(")
	}
	require.Equal(t, "RFC-SENT", RFCSent.String())
	require.Equal(t, "State(9)", State(9).String())
	require.Equal(t, "pending", Pending.String())
	require.Equal(t, "Answer(99)", Answer(99).String())
	require.Equal(t, "IMP said", IMPSaid.String())
	require.Equal(t, "Signal(99)", Signal(99).String())
	require.Equal(t, "PAIRING", ICPPairing.String())
	require.Equal(t, "ICPState(99)", ICPState(99).String())
}
