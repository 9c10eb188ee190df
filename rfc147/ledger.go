package rfc147

import (
	"fmt"
	"iter"
	"math"
	"time"
)

// Ledger keeps records in the order of their entry, and finds those of one account
// by look-up: an index has each account's records. It takes some 100 octets a record;
// one that neither account had a record before takes 180 at most. A Ledger is for one
// goroutine at a time; the zero Ledger is empty.
type Ledger struct {
	pages   [][]Record // full but for the last, so that no record is ever moved
	entered int
	of      map[Account][]uint32 // where an account's records are, in order
}

// page is how many records come with one allocation.
const page = 1024

// Enter takes a record, its times in UTC. It refuses one that says what cannot be.
func (l *Ledger) Enter(r Record) error {
	if err := l.enter(r); err != nil {
		return fmt.Errorf("rfc147: entry %d: %w", l.entered+1, err)
	}
	return nil
}

func (l *Ledger) enter(r Record) error {
	if err := r.check(); err != nil {
		return err
	}
	if l.entered%page == 0 {
		l.pages = append(l.pages, make([]Record, 0, page))
	}
	r.Made, r.Closed = r.Made.UTC(), r.Closed.UTC()
	last := &l.pages[len(l.pages)-1]
	*last = append(*last, r)

	sender, receiver := r.SendingSocket.Account(), r.ReceivingSocket.Account()
	l.index(sender)
	if receiver != sender { // else the record would be his twice
		l.index(receiver)
	}
	l.entered++
	return nil
}

// index notes that the record now entered is one of the account's.
func (l *Ledger) index(a Account) {
	if l.of == nil {
		l.of = map[Account][]uint32{}
	}
	l.of[a] = append(l.of[a], uint32(l.entered))
}

// Len says how many records there are.
func (l *Ledger) Len() int { return l.entered }

// All gives every record.
func (l *Ledger) All() iter.Seq[Record] {
	return func(yield func(Record) bool) {
		for _, records := range l.pages {
			for _, r := range records {
				if !yield(r) {
					return
				}
			}
		}
	}
}

// Of gives an account's records, those of its sending and of its receiving sockets.
func (l *Ledger) Of(a Account) iter.Seq[Record] {
	return func(yield func(Record) bool) {
		for _, i := range l.of[a] {
			if !yield(l.pages[i/page][i%page]) {
				return
			}
		}
	}
}

// Total sums up connections of one direction. A sum too large for its field stays at
// the greatest value that it holds.
type Total struct {
	Connections    int
	Messages, Bits uint64
	Connected      time.Duration // of all the connections together
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
type Usage struct{ Sent, Received Total }

// Pair is who sent and who received.
type Pair[Party Account | uint8] struct{ Sending, Receiving Party }

// ByAccount totals the records for each user, wherever his processes ran.
func ByAccount(records iter.Seq[Record]) map[Account]Usage { return usage(records, End.Account) }

// ByHost totals the records for each host on which processes ran, whoever they worked
// for. That is also what the network came to ask of its hosts (RFC 323 section 3).
func ByHost(records iter.Seq[Record]) map[uint8]Usage { return usage(records, End.host) }

// ByAccounts totals the records for each two users, one for each direction.
func ByAccounts(records iter.Seq[Record]) map[Pair[Account]]Total { return pairs(records, End.Account) }

// ByHosts totals the records for each two hosts, one for each direction.
func ByHosts(records iter.Seq[Record]) map[Pair[uint8]]Total { return pairs(records, End.host) }

func (e End) host() uint8 { return e.Host }

func usage[Party Account | uint8](records iter.Seq[Record], of func(End) Party) map[Party]Usage {
	totals := map[Party]Usage{}
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

func pairs[Party Account | uint8](records iter.Seq[Record], of func(End) Party) map[Pair[Party]]Total {
	totals := map[Pair[Party]]Total{}
	for r := range records {
		pair := Pair[Party]{of(r.Sender()), of(r.Receiver())}
		total := totals[pair]
		total.add(r)
		totals[pair] = total
	}
	return totals
}
