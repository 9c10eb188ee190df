package tui

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/model"
)

// The aims for the dashboard at 200x60: nothing changed 0 B to the terminal, one value
// changed 250 B, every value changed 2 ms, full repaint 3.6 ms; on a pty, key to
// screen 2.5 ms, first frame 20 ms after the start.

func BenchmarkDashboardNothingChanged(b *testing.B) {
	benchmarkDashboard(b, func(*dashboard, *shadow, int) {})
}

// One value: a port in the title.
func BenchmarkDashboardOneValueChanged(b *testing.B) {
	benchmarkDashboard(b, func(d *dashboard, _ *shadow, i int) {
		d.via = fmt.Sprintf("UDP 127.0.0.1:%d <-> :40113", 10000+i%50000)
	})
}

// A step forward and a step back in turn, at the step that changes the most.
func BenchmarkDashboardStep(b *testing.B) {
	benchmarkDashboard(b, func(d *dashboard, _ *shadow, i int) {
		if i%2 == 0 {
			d.act(hit{action: actForward})
		} else {
			d.act(hit{action: actBack})
		}
	})
}

// Every value: another step, another language, other numbers.
func BenchmarkDashboardEveryValueChanged(b *testing.B) {
	benchmarkDashboard(b, func(d *dashboard, _ *shadow, i int) {
		d.act(hit{action: []Action{actFirst, actLatest}[i%2]})
		d.turnLanguage()
	})
}

func BenchmarkDashboardFullRepaint(b *testing.B) {
	benchmarkDashboard(b, func(_ *dashboard, s *shadow, _ int) { s.whole = true })
}

func benchmarkDashboard(b *testing.B, change func(*dashboard, *shadow, int)) {
	b.Helper()
	b.Setenv("LC_ALL", "C.UTF-8")
	b.Setenv("NO_COLOR", "")
	s, tty := terminal(b, 200, 60)
	tty.deaf = true
	d := newDashboard(b.Context(), play(b, "three-way"), options(b, "en", true), LineGlyphs())
	require.NoError(b, d.model.goTo(b.Context(), 41))
	require.NoError(b, d.model.goTo(b.Context(), 9))
	d.SetRect(0, 0, 200, 60)
	frame := func() {
		s.Clear()
		d.Draw(s)
		s.Show()
	}
	frame()
	before := tty.vt.written
	b.ReportAllocs()
	for i := 1; b.Loop(); i++ {
		change(d, s, i)
		frame()
	}
	b.ReportMetric(float64(tty.vt.written-before)/float64(b.N), "B/frame")
}

// From a key typed to the step seen, on a pty; the aim is 2.5 ms.
func BenchmarkDashboardKeyToScreen(b *testing.B) {
	c := run(b, "dashboard", 200, 60)
	c.see("step 0 ")
	for range 8 {
		c.keys(" ")
	}
	c.see("step 8 ")
	for i := 0; b.Loop(); i++ {
		if i%2 == 0 {
			c.keys(" ")
			c.see("9-")
		} else {
			c.keys("k")
			c.see("step 8 of 9")
		}
	}
}

// From the start of the program to its first whole frame, on a pty; the aim is 20 ms.
func BenchmarkDashboardFirstFrame(b *testing.B) {
	for b.Loop() {
		c := run(b, "dashboard", 200, 60)
		c.see("q quit")
		b.StopTimer()
		c.keys("q")
		c.exit()
		b.StartTimer()
	}
}

// lesson is the dashboard on the default lesson over real sockets, as the program
// opens it.
func lesson() int {
	config, err := ReadConfig("none", strings.NewReader(""))
	if err != nil {
		return 2
	}
	load := func(name string) (*handshake.Timeline, error) {
		if name == "panic" {
			panic("a bug")
		}
		s, err := handshake.Load(name)
		if err != nil {
			return nil, err
		}
		return handshake.NewTimeline(context.Background(), model.Engine{}, s)
	}
	t, err := load(handshake.Default)
	if err != nil {
		return 2
	}
	if err := Run(context.Background(), t, Options{Lang: "en", Color: true, Config: config, Load: load}); err != nil {
		return 1
	}
	if err := t.Close(); err != nil {
		return 1
	}
	return 0
}
