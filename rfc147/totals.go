package rfc147

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"time"
)

// Total sums up connections of one direction. A sum too large for its field stays at
// the greatest value that it holds.
type Total struct {
	Connections int           `json:"connections"`
	Messages    uint64        `json:"messages"`
	Bits        uint64        `json:"bits"`
	Connected   time.Duration `json:"connect_time_ns"` // of all the connections together
}

func (t *Total) add(r Record) {
	t.Connections++
	t.Messages = sum(t.Messages, r.Messages, math.MaxUint64)
	t.Bits = sum(t.Bits, r.Bits, math.MaxUint64)
	t.Connected = sum(t.Connected, r.Connected(), math.MaxInt64)
}

// sum adds what is not negative, and goes no further than most.
func sum[N uint64 | time.Duration](a, b, most N) N {
	if b > most-a {
		return most
	}
	return a + b
}

// Usage is what an account or a host sent and what it received.
type Usage struct {
	Sent     Total `json:"sent"`
	Received Total `json:"received"`
}

// Party is whom a total is for, an account or a host.
type Party interface{ Account | uint8 }

// Pair is who sent and who received.
type Pair[P Party] struct{ Sending, Receiving P }

// MarshalText writes a pair as a key of JSON: 1/5 to 10/0.
func (p Pair[P]) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%v to %v", p.Sending, p.Receiving), nil
}

// ByAccount totals the records for each user, wherever his processes ran.
func ByAccount(records iter.Seq[Record]) map[Account]Usage { return usage(records, End.Account) }

// ByHost totals the records for each host on which processes ran, whoever they worked
// for.
func ByHost(records iter.Seq[Record]) map[uint8]Usage { return usage(records, End.host) }

// ByAccounts totals the records for each two users, one for each direction.
func ByAccounts(records iter.Seq[Record]) map[Pair[Account]]Total { return pairs(records, End.Account) }

// ByHosts totals the records for each two hosts, one for each direction. Messages and
// bits to and from each other host are what the network came to ask its hosts for (RFC
// 388); it did not ask for users.
func ByHosts(records iter.Seq[Record]) map[Pair[uint8]]Total { return pairs(records, End.host) }

func (e End) host() uint8 { return e.Host }

func usage[P Party](records iter.Seq[Record], of func(End) P) map[P]Usage {
	totals := map[P]Usage{}
	for r := range records {
		sender := totals[of(r.Sender())]
		sender.Sent.add(r)
		totals[of(r.Sender())] = sender
		receiver := totals[of(r.Receiver())]
		receiver.Received.add(r)
		totals[of(r.Receiver())] = receiver
	}
	return totals
}

func pairs[P Party](records iter.Seq[Record], of func(End) P) map[Pair[P]]Total {
	totals := map[Pair[P]]Total{}
	for r := range records {
		pair := Pair[P]{of(r.Sender()), of(r.Receiver())}
		total := totals[pair]
		total.add(r)
		totals[pair] = total
	}
	return totals
}

// Order is that of the numbers, and of the homes before the users.
func Order[P Party](a, b P) int {
	number := func(p any) uint32 {
		if a, ok := p.(Account); ok {
			return uint32(a.Home)<<16 | uint32(a.User)
		}
		return uint32(p.(uint8))
	}
	return cmp.Compare(number(a), number(b))
}
