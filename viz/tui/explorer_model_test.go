package tui

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"sockscope/rfc147"
)

func TestAnyBitFlips(t *testing.T) {
	m := newExplorer()
	for bit := lastBit; bit >= 1; bit-- {
		require.Equal(t, bit, m.bit)
		before := m.end.socket
		m.flip()
		require.Equal(t, rfc147.Socket(1)<<(lastBit-bit), before^m.end.socket)
		m.move(-1)
	}
	require.Equal(t, 1, m.bit, "there is no bit before the first")
	require.Equal(t, ^rfc147.Socket(0x0A000001), m.end.socket)
}

func TestDigitsFillTheFieldThatTabChose(t *testing.T) {
	m := newExplorer()
	for _, f := range []struct {
		digits []int
		fields string
	}{
		{[]int{2, 5, 5}, "255/0/0/send"},
		{[]int{0, 6, 5, 5, 3, 5}, "255/65535/0/send"},
		{[]int{1, 2, 7}, "255/65535/127/send"},
		{[]int{0}, "255/65535/127/receive"},
		{[]int{7, 7}, "77/65535/127/receive"}, // round to home again
	} {
		m.nextField(1)
		for _, d := range f.digits {
			m.digit(d)
		}
		require.Nil(t, m.said)
		require.Equal(t, f.fields, m.end.socket.Fields())
	}
}

func TestFieldsGoRoundBothWays(t *testing.T) {
	m := newExplorer()
	for _, want := range []int{3, 2, 1, 0, 3} {
		m.nextField(-1)
		require.Equal(t, want, m.field)
	}
	m = newExplorer()
	for _, want := range []int{0, 1, 2, 3, 0} {
		m.nextField(1)
		require.Equal(t, want, m.field)
	}
	require.Equal(t, 8, m.bit, "the cursor stands on the field's last bit")
}

func TestAValueOutOfRangeIsRefusedInOneLine(t *testing.T) {
	for _, c := range []struct {
		field  int // from the left
		digits []int
		keeps  string
		said   []string
	}{
		{1, []int{2, 5, 6}, "25/0/0/send", []string{"field", "home", "found", "256", "most", "255"}},
		{2, []int{6, 5, 5, 3, 6}, "10/6553/0/send", []string{"field", "user", "found", "65536", "most", "65535"}},
		{3, []int{1, 2, 8}, "10/0/12/send", []string{"field", "plug", "found", "128", "most", "127"}},
		{4, []int{2}, "10/0/0/send", []string{"field", "polarity", "found", "2", "most", "1"}},
	} {
		m := newExplorer()
		for range c.field {
			m.nextField(1)
		}
		for _, d := range c.digits {
			m.digit(d)
		}
		require.Equal(t, &remark{"explorer.out-of-range", c.said}, m.said)
		require.Equal(t, c.keeps, m.end.socket.Fields(), "the value before stays")
	}
}

func TestEraseTakesTheLastDigit(t *testing.T) {
	m := newExplorer()
	m.nextField(1)
	m.erase()
	require.Equal(t, "1/0/0/send", m.end.socket.Fields())
	m.digit(9)
	require.Equal(t, "19/0/0/send", m.end.socket.Fields())
	m.erase()
	m.erase()
	m.erase()
	require.Equal(t, "0/0/0/send", m.end.socket.Fields())
	m.move(1)
	m.erase()
	require.Equal(t, "explorer.no-field", m.said.key)
}

func TestWithoutAFieldDigitsOpenPanes(t *testing.T) {
	m := newExplorer()
	m.digit(4)
	require.Equal(t, []int{4, 4}, []int{m.pane, m.lower})
	m.digit(1)
	require.Equal(t, []int{1, 4}, []int{m.pane, m.lower}, "a small screen goes on showing the directory below")
	m.digit(0)
	require.Equal(t, "explorer.no-field", m.said.key)
	for _, want := range []int{2, 3, 4, 5, 6, 1} {
		m.nextPane(1)
		require.Equal(t, want, m.pane)
	}
	m.nextPane(-1)
	require.Equal(t, 6, m.pane)
}

func TestEveryNotationIsRead(t *testing.T) {
	for _, text := range []string{
		"x'01000503'", "X'0100 0503'", "0x01000503", "16778499", "0o100002403", "1/5/1/send", "check 1/5/1/send", "1 : 1/5/1/send", " 1:0x1000503 ",
	} {
		m := newExplorer()
		m.end.host = 1
		m.read(text)
		require.Nil(t, m.said, text)
		if m.pane == panePartner {
			require.Equal(t, hostSocket{1, 0x01000503}, m.other)
			continue
		}
		require.Equal(t, hostSocket{1, 0x01000503}, m.end, text)
	}
}

// The host travels beside the number, so that editing home does not move the person.
func TestHomeIsNotTheHost(t *testing.T) {
	m := newExplorer()
	m.nextField(1)
	m.digit(7)
	require.Equal(t, hostSocket{10, 0x07000001}, m.end)
	m.read("65 : 10/0/0/send")
	require.Equal(t, hostSocket{65, 0x0A000001}, m.end)
}

func TestDirectoryOfTheLincolnLogger(t *testing.T) {
	m := newExplorer()
	uses := m.uses()
	require.Len(t, uses, 1, "RFC 109 and RFC 147 say the same")
	require.Equal(t, []uint8{10}, uses[0].hosts)
	require.Equal(t, "RFC 109, RFC 147", uses[0].sources[0].String()+", "+uses[0].sources[1].String())

	tag := m.tagUses()
	require.Len(t, tag, 1)
	require.Equal(t, "Telnet", tag[0].service)
	require.Equal(t, "RFC 433, RFC 503", tag[0].sources[0].String()+", "+tag[0].sources[1].String())
}

func TestDirectoryShowsTheHeadlineFirst(t *testing.T) {
	m := newExplorer()
	m.read("1")
	uses := m.uses()
	listing, _ := rfc147.LookupSocket(1)
	require.True(t, uses[0].says(listing.Headline()))
	require.Equal(t, rfc147.Network, uses[0].scope)
	entries := 0
	for _, e := range listing.Entries {
		for _, u := range uses {
			if u.says(e) {
				require.Contains(t, u.sources, e.Source)
				entries++
			}
		}
	}
	require.Equal(t, len(listing.Entries), entries, "each entry is in one use")
	require.Empty(t, m.tagUses(), "home 0 is no host")
}

// No key leads out of the model's bounds, and what it shows is what it holds.
func TestAnyKeysKeepTheModelWhole(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		m := newExplorer()
		actions := []func(){
			m.flip, m.mate, m.erase,
			func() { m.move(rapid.IntRange(-40, 40).Draw(r, "bits")) },
			func() { m.nextField(rapid.SampledFrom([]int{-1, 1}).Draw(r, "field")) },
			func() { m.digit(rapid.IntRange(0, 9).Draw(r, "digit")) },
			func() { m.nextPane(rapid.SampledFrom([]int{-1, 1}).Draw(r, "pane")) },
			func() { m.read(rapid.String().Draw(r, "text")) },
			func() { m.check(rapid.String().Draw(r, "text")) },
		}
		for range rapid.IntRange(1, 30).Draw(r, "keys") {
			before := m.end.socket
			rapid.SampledFrom(actions).Draw(r, "key")()
			require.True(r, m.bit >= 1 && m.bit <= lastBit && m.pane >= 1 && m.pane <= explorerPanes && m.lower >= 2 && m.lower <= explorerPanes)
			if m.said != nil {
				require.Equal(r, before, m.end.socket, "what is refused changes nothing")
			}
			m.said = nil
			for _, u := range m.uses() {
				require.NotEmpty(r, u.sources)
			}
		}
	})
}
