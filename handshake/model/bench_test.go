package model_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/model"
	"sockscope/handshake/wire"
)

// BenchmarkRecordedStep is the price of one recorded step: machine, octets, fields,
// variables, rules. The wire is in memory; over loopback UDP a departure costs a
// datagram more.
func BenchmarkRecordedStep(b *testing.B) {
	s, err := handshake.Load(handshake.Default)
	require.NoError(b, err)
	world, err := model.NewWorld(s)
	require.NoError(b, err)
	line, err := wire.InMemory()
	require.NoError(b, err)
	tl, err := handshake.NewTimeline(ctx, model.Engine{Wire: wire.InMemory}, s)
	require.NoError(b, err)
	finish(b, tl)
	var choices []handshake.Choice
	for _, step := range tl.Trace().Steps {
		c, err := handshake.ParseChoice(step.Choice)
		require.NoError(b, err)
		choices = append(choices, c)
	}
	b.ReportAllocs()
	steps := 0
	for b.Loop() {
		w := world
		for _, c := range choices {
			made, err := w.Do(c, line)
			if err != nil {
				b.Fatal(err)
			}
			steps += len(made)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(steps), "ns/step")
}

// BenchmarkScenario plays the default scenario from start to end, over loopback UDP
// and in memory.
func BenchmarkScenario(b *testing.B) {
	s, err := handshake.Load(handshake.Default)
	require.NoError(b, err)
	for name, engine := range map[string]model.Engine{"loopback": {}, "memory": {Wire: wire.InMemory}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				tl, err := handshake.NewTimeline(ctx, engine, s)
				if err != nil {
					b.Fatal(err)
				}
				finish(b, tl)
				if err := tl.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
