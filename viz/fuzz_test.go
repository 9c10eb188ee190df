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
	for _, name := range []string{"figure-8", "figure-9", "syn-lost", "gender", "dead-host"} {
		trace := played(f, name)
		trace.Words = nil
		if trace.Protocol == handshake.NCP { // which may have more peers
			trace.Peers = append(trace.Peers, handshake.Peer{Name: "third", Address: "host 66"})
		}
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
				err := view(&b, trace, o)
				switch {
				case name == "pcapng": // whose segments need octets and addresses
				case name == "svg" && trace.Protocol != handshake.TCP:
					require.ErrorIs(t, err, viz.ErrNoGraphs)
				case name == "svg":
					require.NoError(t, err)
					requireXML(t, b.String())
				default:
					require.NoError(t, err)
				}
			}
		}
		viz.Ends(trace, len(trace.Steps))
	})
}
