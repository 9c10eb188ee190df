package rfc147

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// lincoln is the logger socket of RFC 147 p.3.
const lincoln Socket = 0x0A000001

func TestPage3TheFieldsOfASocket(t *testing.T) {
	tests := []struct {
		socket   Socket
		home     uint8
		user     uint16
		tag      uint8
		plug     uint8
		polarity Polarity
	}{
		{lincoln, 10, 0, 1, 0, Sends},
		{0x02123410, 2, 0x1234, 0x10, 8, Receives},
		{0x00000001, 0, 0, 1, 0, Sends},
		{0x01000503, 1, 5, 3, 1, Sends},
		{0xFFFFFFFF, 255, 65535, 255, 127, Sends},
		{0xFFFFFFFE, 255, 65535, 254, 127, Receives},
	}
	for _, tt := range tests {
		t.Run(tt.socket.String(), func(t *testing.T) {
			require.Equal(t, tt.home, tt.socket.Home())
			require.Equal(t, tt.user, tt.socket.User())
			require.Equal(t, tt.tag, tt.socket.Tag())
			require.Equal(t, tt.plug, tt.socket.Plug())
			require.Equal(t, tt.polarity, tt.socket.Polarity())
			made, err := New(tt.home, tt.user, tt.plug, tt.polarity)
			require.NoError(t, err)
			require.Equal(t, tt.socket, made)
		})
	}
}

func TestNewRefusesWhatDoesNotFitItsField(t *testing.T) {
	_, err := New(0, 0, 128, Receives)
	require.EqualError(t, err, "rfc147: plug 128, want 0 to 127")
	_, err = New(0, 0, 0, 2)
	require.EqualError(t, err, "rfc147: polarity 2, want 0 (receives) or 1 (sends)")
	require.Equal(t, "polarity 2", Polarity(2).String())
}

func TestPage3ThePartsFillTheSocketWithoutGapOrOverlap(t *testing.T) {
	next := 1
	for _, f := range Layout() {
		require.Equal(t, next, f.First, f.Name)
		next += f.Len
	}
	require.Equal(t, 33, next)

	rapid.Check(t, func(t *rapid.T) {
		s := Socket(rapid.Uint32().Draw(t, "socket"))
		var values []uint32
		for _, f := range Layout() {
			values = append(values, f.Of(s))
		}
		require.Equal(t, []uint32{uint32(s.Home()), uint32(s.User()), uint32(s.Plug()), uint32(s.Polarity())}, values)
		made, err := New(s.Home(), s.User(), s.Plug(), s.Polarity())
		require.NoError(t, err)
		require.Equal(t, s, made)
	})
}

func TestPage2EvenReceivesOddSendsAndOneOfEachIsJoined(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Socket(rapid.Uint32().Draw(t, "socket"))
		other := Socket(rapid.Uint32().Draw(t, "other"))
		require.Equal(t, s%2 == 1, s.Polarity() == Sends)

		require.Equal(t, s, s.Mate().Mate())
		require.Equal(t, s.Plug(), s.Mate().Plug())
		require.Equal(t, []any{s.Home(), s.User()}, []any{s.Mate().Home(), s.Mate().User()})
		require.NoError(t, Joins(s, s.Mate()))
		require.Error(t, Joins(s, s))
		require.Equal(t, s%2 != other%2, Joins(s, other) == nil)
		require.Equal(t, Joins(s, other) == nil, Joins(other, s) == nil)
	})
	require.Equal(t, Socket(0x0A000000), lincoln.Mate())
	require.EqualError(t, Joins(2, 4), "rfc147: x'00000002' and x'00000004' both receive, want one to send and one to receive")
}

func TestParseReadsEveryNotation(t *testing.T) {
	for _, text := range []string{
		"x'0A000001'", "X'0a000001'", "x'0A0000 01'", " x'0A 00 00 01' ",
		"0x0A000001", "0XA000001", "167772161", "0o1200000001", "0O1200000001", "00167772161",
		"10/0/0/send", "10/0/0/SEND", "0x0A/0o0/0/send",
	} {
		s, err := Parse(text)
		require.NoError(t, err, text)
		require.Equal(t, lincoln, s, text)
	}
	s, err := Parse("2/4660/8/receive")
	require.NoError(t, err)
	require.Equal(t, Socket(0x02123410), s)
}

func TestParseSaysWhichFieldIsWrongAndItsRange(t *testing.T) {
	forms := ", want a form like x'0A000001', 0x0A000001, 167772161, 0o1200000001 or 10/0/0/send"
	quoted := ", want 8 hex digits between two quotes, like x'0A000001'"
	for text, want := range map[string]string{
		"300/0/0/send":     "rfc147: home 300, want 0 to 255",
		"/0/0/send":        `rfc147: home "", want 0 to 255`,
		"-1/0/0/send":      "rfc147: home -1, want 0 to 255",
		"10/65536/0/send":  "rfc147: user 65536, want 0 to 65535",
		"10/0/128/send":    "rfc147: plug 128, want 0 to 127",
		"10/0/0/both":      "rfc147: polarity both, want send or receive",
		"10/0/0":           "rfc147: 3 fields in 10/0/0, want 4: home/user/plug/send or home/user/plug/receive",
		"0x1FFFFFFFF":      "rfc147: socket 0x1FFFFFFFF, want 0 to 0xFFFFFFFF (32 bits)",
		"4294967296":       "rfc147: socket 4294967296, want 0 to 0xFFFFFFFF (32 bits)",
		"0o40000000000":    "rfc147: socket 0o40000000000, want 0 to 0xFFFFFFFF (32 bits)",
		"x'0A'":            "rfc147: socket x'0A'" + quoted,
		"x'00A000001'":     "rfc147: socket x'00A000001'" + quoted,
		"X'0A000001":       "rfc147: socket X'0A000001" + quoted,
		"x'0A00000G'":      "rfc147: socket x'0A00000G'" + quoted,
		"x'":               "rfc147: socket x'" + quoted,
		"":                 `rfc147: socket ""` + forms,
		"telnet":           "rfc147: socket telnet" + forms,
		"0x":               "rfc147: socket 0x" + forms,
		"0o8":              "rfc147: socket 0o8" + forms,
		"1_0":              "rfc147: socket 1_0" + forms,
		"a\nb":             `rfc147: socket "a\nb"` + forms,
		"\x1b[2J/0/0/send": `rfc147: home "\x1b[2J", want 0 to 255`,
	} {
		_, err := Parse(text)
		require.EqualError(t, err, want)
	}
	_, err := Parse(strings.Repeat("9", 1000))
	require.Less(t, len(err.Error()), 120, "an error is one short line")
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Socket(rapid.Uint32().Draw(t, "socket"))
		for _, text := range []string{s.String(), s.Hex(), s.Decimal(), s.Octal(), s.Fields()} {
			read, err := Parse(text)
			require.NoError(t, err)
			require.Equal(t, s, read, text)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"x'0A0000 01'", "0x0A000001", "167772161", "0o1200000001", "10/0/0/send", "1/2/3/receive", "x'", "///", "0x1FFFFFFFF"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(text)
		if err != nil {
			require.True(t, strings.HasPrefix(err.Error(), "rfc147: "), err)
			require.NotContains(t, err.Error(), "\n")
			return
		}
		again, err := Parse(s.Fields())
		require.NoError(t, err)
		require.Equal(t, s, again)
	})
}

func BenchmarkParse(b *testing.B) {
	for _, text := range []string{lincoln.String(), lincoln.Decimal(), lincoln.Fields()} {
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
