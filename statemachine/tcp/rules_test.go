package tcp

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// A rule has a name of its own and a citation of the one form.
func TestRulesAreNamedAndCited(t *testing.T) {
	name := regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	cite := regexp.MustCompile(`^(RFC (9293|4987|5681|5961|6298|6582|6675|7323|2018|6191) \d+(\.\d+)*( (first|second|third|fourth|fifth|sixth|seventh|eighth))?|POSIX [a-z]+\(\))$`)
	seen := map[string]bool{}
	for _, r := range AllRules() {
		require.Regexp(t, name, r.String())
		require.Regexp(t, cite, r.Cite())
		require.False(t, seen[r.String()], "%v twice", r)
		seen[r.String()] = true
	}
	require.Equal(t, "listen-syn", listenSYN.String())
	require.Equal(t, "RFC 9293 3.10.7.2 third", listenSYN.Cite())
	require.Equal(t, "Rule(255)", Rule(255).String())
	require.Empty(t, Rule(255).Cite())
}

// RFC 9293 3.4 to 3.6: what a segment does when it leaves, by its bits and text.
func TestDeparts(t *testing.T) {
	for rule, s := range map[Rule]Segment{
		departSYN:     {CTL: SYN},
		departSYNACK:  {CTL: SYN | ACK},
		departACK:     {CTL: ACK},
		departText:    {CTL: ACK | PSH, Text: "x"},
		departFIN:     {CTL: FIN | ACK},
		departTextFIN: {CTL: FIN | ACK, Text: "x"},
		departRST:     {CTL: RST},
		departRSTACK:  {CTL: RST | ACK},
		departOther:   {CTL: PSH},
	} {
		require.Equal(t, rule, Departs(s, false))
		require.Equal(t, departAgain, Departs(s, true))
	}
}
