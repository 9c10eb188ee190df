package model_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/model"
	"sockscope/handshake/wire"
)

const unnamed = "-- setup --\npeer client 127.0.0.1:49152\npeer server 127.0.0.1:7147\n-- script --\n"

var synNumber = regexp.MustCompile(`^<SEQ=(\d+)>(<ACK=\d+>)?<CTL=SYN`)

// firsts plays a script and gives the first numbers of each end's connections.
func firsts(t *testing.T, seed uint64, text string) map[string][]uint32 {
	t.Helper()
	s := scenario(t, text)
	s.Seed = seed
	tl, err := handshake.NewTimeline(ctx, model.Engine{Wire: wire.InMemory}, s)
	require.NoError(t, err)
	finish(t, tl)
	numbers := map[string][]uint32{}
	for _, step := range tl.Trace().Steps {
		if found := synNumber.FindStringSubmatch(step.Label); found != nil && step.Kind == handshake.KindDepart {
			var n uint32
			_, err := fmt.Sscan(found[1], &n)
			require.NoError(t, err)
			numbers[step.Peer] = append(numbers[step.Peer], n)
		}
	}
	return numbers
}

// again is a client whose SYN is refused, so often.
func again(times int, between string) string {
	const once = "client socket\nclient connect server\narrive server <CTL=SYN>\narrive client <CTL=RST,ACK>\nreturn client\nclient close\n"
	return strings.Join(slices.Repeat([]string{once}, times), between)
}

// RFC 6528 3 (R6528-3, SHLD-1, MUST-8): where the setup names no first numbers, those of
// one pair of sockets rise with the World's clock, 250,000 a second; each connection that
// has begun counts as 64,000 more.
func TestRFC6528_3_FirstNumbersRiseWithTheClock(t *testing.T) {
	n := firsts(t, 1, unnamed+again(2, "wait 1s\n"))["client"]
	require.Len(t, n, 2)
	require.EqualValues(t, 250_000+64_000, n[1]-n[0])
	n = firsts(t, 1, unnamed+again(3, ""))["client"]
	require.EqualValues(t, 64_000, n[1]-n[0], "no number comes twice while the clock stands still")
	require.EqualValues(t, 64_000, n[2]-n[1])
}

// RFC 6528 3 (R6528-3, MUST-9): the key comes from the seed, for each host another, and
// each pair of sockets has numbers of its own.
func TestRFC6528_3_TheKeyComesFromTheSeed(t *testing.T) {
	const open = "server socket\nserver bind :7147\nserver listen 1\nclient socket\nclient connect server\nuntil server ESTABLISHED\n"
	one, same, other := firsts(t, 1, unnamed+open), firsts(t, 1, unnamed+open), firsts(t, 2, unnamed+open)
	require.Equal(t, one, same)
	require.NotEqual(t, one["client"], other["client"])
	require.NotEqual(t, one["server"], other["server"])
	require.NotEqual(t, one["client"], one["server"])
	moved := firsts(t, 1, unnamed+strings.Replace(open, "client connect", "client bind :49153\nclient connect", 1))
	require.NotEqual(t, one["client"], moved["client"])
	require.NotEqual(t, one["server"], moved["server"], "the other end is of the pair, too")
}

// A list that a setup names stays readable when it has run out.
func TestAListOfFirstNumbersGoesOnInSteps(t *testing.T) {
	const listed = "-- setup --\npeer client 127.0.0.1:49152 iss=100,500\npeer server 127.0.0.1:7147\n-- script --\n"
	require.Equal(t, []uint32{100, 500, 64500, 128500}, firsts(t, 1, listed+again(4, "wait 1s\n"))["client"])
}
