package viz_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake/handshaketest"
	"sockscope/viz"
	"sockscope/viz/words"
)

func TestPlainIsSentencesStepByStep(t *testing.T) {
	for _, lang := range words.Langs() {
		handshaketest.Golden(t, "plain-three-way-"+lang+".txt", text(t, played(t, "three-way"), viz.Options{Lang: lang, Plain: true}))
	}
}

// What a dashboard for ears prints one by one is what the whole consists of.
func TestAPlainStepIsAPartOfTheWhole(t *testing.T) {
	trace := played(t, "syn-lost")
	whole := text(t, trace, viz.Options{Lang: "en", Plain: true})
	for n := range trace.Steps {
		var b bytes.Buffer
		require.NoError(t, viz.PlainStep(&b, trace, n+1, "en"))
		require.Contains(t, whole, b.String())
		require.Equal(t, n+1, 1+strings.Count(whole[:strings.Index(whole, b.String())], "\nStep "))
	}
}

// A screen reader spells out brackets, arrows and rules; and lines are short.
func TestPlainDrawsNothing(t *testing.T) {
	drawn := regexp.MustCompile(`[<>|{}\[\]─│┌┐└┘]|--`)
	for _, name := range scenarios(t) {
		for _, lang := range words.Langs() {
			for line := range strings.Lines(text(t, played(t, name), viz.Options{Lang: lang, Plain: true})) {
				require.NotRegexp(t, drawn, line, name)
				require.LessOrEqual(t, viz.Width(strings.TrimSuffix(line, "\n")), 72, "%s: %s", name, line)
			}
		}
	}
}
