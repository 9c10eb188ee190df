package kernel

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"sockscope/statemachine/tcp"
)

// Each figure is measured in the namespace: see the log of the benchmark.

func BenchmarkTCPInfo(b *testing.B) {
	inNamespace(b, func() {
		l := openLab(b)
		_, client, _ := l.connection(6001)
		var i info
		b.ReportAllocs()
		for b.Loop() {
			if err := tcpInfo(client, &i); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkDump reads the states of a thousand sockets.
func BenchmarkDump(b *testing.B) { benchmarkDump(b, 1000) }

// BenchmarkDumpOfTwo shows what the dump costs however few sockets there are.
func BenchmarkDumpOfTwo(b *testing.B) { benchmarkDump(b, 2) }

func benchmarkDump(b *testing.B, sockets int) {
	b.Helper()
	inNamespace(b, func() {
		l := openLab(b)
		for i := range sockets {
			require.ErrorIs(b, unix.Connect(l.socket(20000+i), at(7001)), unix.EINPROGRESS)
		}
		all, err := l.diag.dump(nil)
		require.NoError(b, err)
		require.Len(b, all, sockets)
		b.ReportAllocs()
		for b.Loop() {
			if all, err = l.diag.dump(all[:0]); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(sockets), "ns/socket")
	})
}

// BenchmarkVerdict drops one copy of a segment after another: sent, taken, dropped.
func BenchmarkVerdict(b *testing.B) {
	inNamespace(b, func() {
		l := openLab(b)
		client := l.socket(6001)
		require.ErrorIs(b, unix.Connect(client, at(7001)), unix.EINPROGRESS)
		syn := l.one(tcp.SYN)
		var all []held
		var err error
		for b.Loop() {
			if err = l.send(syn.octets); err != nil {
				b.Fatal(err)
			}
			if all, err = l.take(all[:0]); err != nil || len(all) == 0 {
				b.Fatal(len(all), err)
			}
			if err = l.drop(all[0].id); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkOpen is what a new child costs: made, its loopback opened, ended.
func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		p, err := spawn(testTask + " -test.run=^$ -test.bench=^BenchmarkNothing$")
		privilege(b, err)
		require.NoError(b, p.close())
	}
}
