package tui

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
)

// offered are options for a dashboard that stands in for the kernel's.
func offered(t *testing.T, lang string, calls func() (*handshake.Timeline, error)) Options {
	t.Helper()
	o := options(t, lang, true)
	o.Offer = &Offer{Why: func(lang string) string { return "no kernel, in " + lang }, Calls: calls}
	return o
}

func TestAnEngineThatCannotRunHereSaysWhyAndOffersAnother(t *testing.T) {
	calls := func() (*handshake.Timeline, error) { return play(t, "refused"), nil }
	atDesk(t, 80, 24, offered(t, "en", calls), func(s *desk) {
		s.sees("", "no kernel, in en", "Enter goes on with the model engine   c real calls, no segments   q quit")
		s.sees("l", "no kernel, in ko", "Enter model 엔진으로 계속   c 세그먼트 없이 실제 호출만   q 끝")
		s.sees("2", "no kernel, in ko")
		s.press("Enter")
		s.misses("no kernel", "step 1 ")
	})
	atDesk(t, 80, 24, offered(t, "en", calls), func(s *desk) {
		s.sees("Space", "step 1 ")
		s.misses("no kernel")
	})
	atDesk(t, 80, 24, offered(t, "en", calls), func(s *desk) {
		s.sees("c", "next > the client calls socket()")
		s.misses("no kernel")
		require.NotNil(s, s.d.loaded)
	})
	atDesk(t, 80, 24, offered(t, "en", calls), func(s *desk) {
		s.press("q")
		require.False(s, s.running())
	})
}

func TestAnOfferThatCannotBeKeptSaysWhy(t *testing.T) {
	none := func() (*handshake.Timeline, error) { return nil, errors.New("fake: the port is taken") }
	atDesk(t, 80, 24, offered(t, "en", none), func(s *desk) {
		s.sees("c", "fake: the port is taken")
	})
	atDesk(t, 80, 24, offered(t, "en", nil), func(s *desk) {
		s.sees("", "no kernel, in en", "Enter goes on with the model engine   q quit")
		s.sees("c", "what may happen next?")
	})
}
