package viz_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/viz"
)

// A trace comes from a file that anybody may have written.
func FuzzAnyTraceCanBeShown(f *testing.F) {
	for _, name := range []string{"figure-8", "figure-9", "syn-lost"} {
		trace := played(f, name)
		trace.Words = nil
		for i := range trace.Steps { // what no view judges by only slows the fuzzer down
			trace.Steps[i].Fields = nil
		}
		var b bytes.Buffer
		require.NoError(f, trace.WriteJSON(&b))
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		trace, err := handshake.ReadJSON(bytes.NewReader(data))
		if err != nil || len(trace.Steps) > 50 {
			return
		}
		for _, o := range []viz.Options{{Lang: "en", Why: true}, {Lang: "ko"}, {Lang: "en", Plain: true}, {Lang: "ko", Plain: true}} {
			for name, view := range viz.Views() {
				var b bytes.Buffer
				if err := view(&b, trace, o); name != "pcapng" { // whose segments need octets and addresses
					require.NoError(t, err)
				}
				if name == "svg" {
					requireXML(t, b.String())
				}
			}
		}
		viz.Ends(trace, len(trace.Steps))
	})
}
