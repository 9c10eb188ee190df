package hosthost_test

import (
	"encoding/hex"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/rfc147/hosthost"
)

// octets reads hexadecimal digits.
func octets(tb testing.TB, digits string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(digits)
	require.NoError(tb, err)
	return b
}

// samples has every command of NIC 8246, one field of its octets a word.
var samples = []struct {
	command hosthost.Command
	octets  []string
	words   string
}{
	{hosthost.Command{Opcode: hosthost.NoOperation}, []string{"00"}, "NOP"},
	{hosthost.Command{Opcode: hosthost.RTS, My: 1002, Your: 79, Link: 42}, []string{"01", "000003ea", "0000004f", "2a"}, "RTS 1002 79 link 42"},
	{hosthost.Command{Opcode: hosthost.STR, My: 79, Your: 1002, Size: 32}, []string{"02", "0000004f", "000003ea", "20"}, "STR 79 1002 size 32"},
	{hosthost.Command{Opcode: hosthost.CLS, My: 0x0a000001, Your: 0x02123410}, []string{"03", "0a000001", "02123410"}, "CLS 167772161 34747408"},
	{hosthost.Command{Opcode: hosthost.ALL, Link: 42, MsgSpace: 1, BitSpace: 1000}, []string{"04", "2a", "0001", "000003e8"}, "ALL link 42 msgs 1 bits 1000"},
	{hosthost.Command{Opcode: hosthost.GVB, Link: 71, FM: 128, FB: 64}, []string{"05", "47", "80", "40"}, "GVB link 71 fm 128 fb 64"},
	{hosthost.Command{Opcode: hosthost.RET, Link: 2, MsgSpace: 0xffff, BitSpace: 0xffffffff}, []string{"06", "02", "ffff", "ffffffff"}, "RET link 2 msgs 65535 bits 4294967295"},
	{hosthost.Command{Opcode: hosthost.INR, Link: 3}, []string{"07", "03"}, "INR link 3"},
	{hosthost.Command{Opcode: hosthost.INS, Link: 4}, []string{"08", "04"}, "INS link 4"},
	{hosthost.Command{Opcode: hosthost.ECO, Data: 200}, []string{"09", "c8"}, "ECO 200"},
	{hosthost.Command{Opcode: hosthost.ERP, Data: 200}, []string{"0a", "c8"}, "ERP 200"},
	{
		hosthost.Command{Opcode: hosthost.ERR, Code: hosthost.NonexistentSocket, Shown: hosthost.ErrorData{3, 0, 0, 7, 0xd0, 0, 0, 0, 0x4e}},
		[]string{"0b", "04", "03000007d00000004e00"},
		"ERR 4 03000007d00000004e00",
	},
	{hosthost.Command{Opcode: hosthost.RST}, []string{"0c"}, "RST"},
	{hosthost.Command{Opcode: hosthost.RRP}, []string{"0d"}, "RRP"},
}

func joined(tb testing.TB, words []string) []byte {
	tb.Helper()
	var b []byte
	for _, w := range words {
		b = append(b, octets(tb, w)...)
	}
	return b
}

// NIC 8246 p.22 to 28: each command, from the value to the octets and back.
func TestEveryCommandBothWays(t *testing.T) {
	require.Len(t, samples, len(hosthost.Opcodes))
	for i, s := range samples {
		t.Run(s.words, func(t *testing.T) {
			b := joined(t, s.octets)
			require.Equal(t, hosthost.Opcodes[i], s.command.Opcode)
			require.Len(t, b, s.command.Opcode.Len())
			require.Equal(t, append([]byte("before"), b...), s.command.Append([]byte("before")))
			c, rest, fault := hosthost.Next(append(b, 0xee))
			require.Equal(t, s.command, c)
			require.Equal(t, []byte{0xee}, rest)
			require.Zero(t, fault)
			require.Zero(t, c.Check())
			require.Equal(t, s.words, c.String())
			require.Equal(t, b, rebuilt(t, c.Bits))
		})
	}
}

// rebuilt puts octets together from the fields that a value visits, and requires that they
// follow one another without a gap.
func rebuilt(tb testing.TB, bits func(func(name string, bit, n int, value uint64))) []byte {
	tb.Helper()
	all, next := new(big.Int), 0
	bits(func(name string, bit, n int, value uint64) {
		require.NotEmpty(tb, name)
		require.Equal(tb, next, bit, name)
		require.True(tb, n == 64 || value < 1<<n, "%s: %d in %d bits", name, value, n)
		all.Or(all.Lsh(all, uint(n)), new(big.Int).SetUint64(value))
		next += n
	})
	require.Zero(tb, next%8)
	return all.FillBytes(make([]byte, next/8))
}

// NIC 8246 p.25, error code 2: the data are the command, as far as it goes.
func TestEveryTruncationIsAShortParameterSpace(t *testing.T) {
	for _, s := range samples {
		b := joined(t, s.octets)
		for n := 1; n < len(b); n++ {
			_, rest, fault := hosthost.Next(b[:n])
			want := hosthost.Fault{Code: hosthost.ShortParameters}
			copy(want.Shown[:], b[:n])
			require.Equal(t, want, fault, "%d of %d octets", n, len(b))
			require.Nil(t, rest)
		}
	}
}

// NIC 8246 p.25, error code 1: the data are ten octets from the opcode on, zeros for those
// that are missing.
func TestAnIllegalOpcodeIsShownWithWhatFollows(t *testing.T) {
	for opcode := 14; opcode < 256; opcode++ {
		_, rest, fault := hosthost.Next([]byte{byte(opcode), 1, 2, 3})
		require.Equal(t, hosthost.Fault{Code: hosthost.IllegalOpcode, Shown: hosthost.ErrorData{byte(opcode), 1, 2, 3}}, fault)
		require.Nil(t, rest)
	}
	_, _, fault := hosthost.Next(octets(t, "ff0102030405060708090a0b"))
	require.Equal(t, hosthost.ErrorData{0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9}, fault.Shown)
	require.EqualError(t, fault, "hosthost: opcode 255, want 0 to 13")
	require.Equal(t, hosthost.Command{Opcode: hosthost.ERR, Code: hosthost.IllegalOpcode, Shown: fault.Shown}, fault.Command())
}

// NIC 8246 p.22 and 25, error code 3.
func TestBadParameters(t *testing.T) {
	for _, c := range []struct {
		name    string
		command hosthost.Command
	}{
		{"RTS with two receive sockets", hosthost.Command{Opcode: hosthost.RTS, My: 2, Your: 4, Link: 2}},
		{"RTS with two send sockets", hosthost.Command{Opcode: hosthost.RTS, My: 1, Your: 3, Link: 2}},
		{"RTS from a send socket", hosthost.Command{Opcode: hosthost.RTS, My: 1, Your: 2, Link: 2}},
		{"RTS on the control link", hosthost.Command{Opcode: hosthost.RTS, My: 2, Your: 1}},
		{"RTS on link 1", hosthost.Command{Opcode: hosthost.RTS, My: 2, Your: 1, Link: 1}},
		{"RTS on link 72", hosthost.Command{Opcode: hosthost.RTS, My: 2, Your: 1, Link: 72}},
		{"STR with two receive sockets", hosthost.Command{Opcode: hosthost.STR, My: 2, Your: 4, Size: 8}},
		{"STR with two send sockets", hosthost.Command{Opcode: hosthost.STR, My: 1, Your: 3, Size: 8}},
		{"STR from a receive socket", hosthost.Command{Opcode: hosthost.STR, My: 2, Your: 1, Size: 8}},
		{"STR with size 0", hosthost.Command{Opcode: hosthost.STR, My: 1, Your: 2}},
		{"CLS with two receive sockets", hosthost.Command{Opcode: hosthost.CLS, My: 2, Your: 4}},
		{"CLS with two send sockets", hosthost.Command{Opcode: hosthost.CLS, My: 1, Your: 3}},
		{"ALL for link 0", hosthost.Command{Opcode: hosthost.ALL}},
		{"GVB for link 72", hosthost.Command{Opcode: hosthost.GVB, Link: 72}},
		{"RET for link 255", hosthost.Command{Opcode: hosthost.RET, Link: 255}},
		{"INR for link 1", hosthost.Command{Opcode: hosthost.INR, Link: 1}},
		{"INS for link 0", hosthost.Command{Opcode: hosthost.INS}},
	} {
		t.Run(c.name, func(t *testing.T) {
			fault := c.command.Check()
			require.Equal(t, hosthost.BadParameters, fault.Code)
			want := hosthost.ErrorData{}
			copy(want[:], c.command.Append(nil))
			require.Equal(t, want, fault.Shown)
			require.ErrorContains(t, fault, c.command.Opcode.String())
		})
	}
	for _, link := range []uint8{2, 71} {
		require.Zero(t, hosthost.Command{Opcode: hosthost.RTS, My: 2, Your: 1, Link: link}.Check())
	}
	for _, size := range []uint8{1, 255} {
		require.Zero(t, hosthost.Command{Opcode: hosthost.STR, My: 1, Your: 2, Size: size}.Check())
	}
}

// Whatever has no name has its number.
func TestNames(t *testing.T) {
	require.Equal(t, "Opcode(14)", hosthost.Opcode(14).String())
	require.Zero(t, hosthost.Opcode(14).Len())
	require.Equal(t, "Opcode(14)", hosthost.Command{Opcode: 14}.String())
	require.Equal(t, []byte{14}, hosthost.Command{Opcode: 14}.Append(nil))
	require.Equal(t, "illegal opcode", hosthost.IllegalOpcode.String())
	require.Equal(t, "ErrorCode(6)", hosthost.ErrorCode(6).String())
	require.EqualError(t, hosthost.Fault{Code: hosthost.ShortParameters, Shown: hosthost.ErrorData{3}}, "hosthost: CLS cut off, want 9 octets")
	require.EqualError(t, hosthost.Fault{Code: hosthost.NotConnected, Shown: hosthost.ErrorData{4, 42}},
		"hosthost: socket (link) not connected: 042a0000000000000000")
}

// FuzzNext reads control messages to their end: what is read is written the same, and what
// is refused is shown.
func FuzzNext(f *testing.F) {
	var all []byte
	for _, s := range samples {
		f.Add(joined(f, s.octets))
		all = append(all, joined(f, s.octets)...)
	}
	f.Add(all)
	f.Add([]byte{0xff, 1})
	f.Fuzz(func(t *testing.T, text []byte) {
		for len(text) > 0 {
			c, rest, fault := hosthost.Next(text)
			if fault != (hosthost.Fault{}) {
				require.Contains(t, []hosthost.ErrorCode{hosthost.IllegalOpcode, hosthost.ShortParameters}, fault.Code)
				shown := hosthost.ErrorData{}
				copy(shown[:], text)
				require.Equal(t, shown, fault.Shown)
				require.NotEmpty(t, fault.Error())
				return
			}
			b := c.Append(nil)
			require.Equal(t, text[:len(text)-len(rest)], b)
			require.Equal(t, b, rebuilt(t, c.Bits))
			if fault := c.Check(); fault != (hosthost.Fault{}) {
				require.Equal(t, c.Fault(hosthost.BadParameters), fault)
				require.NotEmpty(t, fault.Error())
			}
			require.NotEmpty(t, c.String())
			text = rest
		}
	})
}

func TestCommandsAreNotAllocated(t *testing.T) {
	text := make([]byte, 0, hosthost.MaxControl)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		for _, s := range samples {
			text = s.command.Append(text[:0])
			c, _, _ := hosthost.Next(text)
			c.Check()
		}
	}))
}

// A whole connection's commands: RTS, STR, ALL, CLS, CLS.
func BenchmarkCommands(b *testing.B) {
	commands := []hosthost.Command{samples[1].command, samples[2].command, samples[4].command, samples[3].command, samples[3].command}
	text := make([]byte, 0, 16)
	b.ReportAllocs()
	for b.Loop() {
		for _, c := range commands {
			text = c.Append(text[:0])
			if got, _, _ := hosthost.Next(text); got != c {
				b.Fatal(got)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(commands)), "ns/command")
}
