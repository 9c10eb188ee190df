package arpanet

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/wire"
)

// BenchmarkICP plays the icp lesson in memory, as run does.
func BenchmarkICP(b *testing.B) {
	s, err := handshake.Load("icp")
	require.NoError(b, err)
	b.ReportAllocs()
	steps := 0
	for b.Loop() {
		t, err := handshake.NewTimeline(b.Context(), Engine{Wire: wire.InMemory}, s)
		require.NoError(b, err)
		for err == nil {
			err = t.Next(b.Context())
		}
		if !errors.Is(err, handshake.ErrOver) {
			b.Fatal(err)
		}
		steps += t.Len()
		require.NoError(b, t.Close())
	}
	b.ReportMetric(float64(steps)/b.Elapsed().Seconds(), "steps/s")
}
