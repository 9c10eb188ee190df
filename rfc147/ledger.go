package rfc147

import (
	"fmt"
	"iter"
)

// Ledger keeps records in the order of their entry, and finds those of one account
// by look-up: the first is in an index, and each leads to the next of both its
// accounts. A record takes 90 octets where accounts come again, and no more than 150
// where none ever does. A Ledger is for one goroutine at a time; the zero Ledger is
// empty.
type Ledger struct {
	pages [][]Record  // full but for the last, so that no record is ever moved
	next  [][2]uint32 // of each record, the next of its sender's account and of its receiver's
	of    map[Account]chain
}

// chain is an account's first and last record.
type chain struct{ first, last uint32 }

// page is how many records come with one allocation.
const page = 1024

// Enter takes a record, its times in UTC. It refuses one that says what cannot be.
func (l *Ledger) Enter(r Record) error {
	if err := l.enter(r); err != nil {
		return fmt.Errorf("rfc147: entry %d: %w", l.Len()+1, err)
	}
	return nil
}

func (l *Ledger) enter(r Record) error {
	if err := r.check(); err != nil {
		return err
	}
	if l.Len()%page == 0 {
		l.pages = append(l.pages, make([]Record, 0, page))
	}
	r.Made, r.Closed = r.Made.UTC(), r.Closed.UTC()
	last := &l.pages[len(l.pages)-1]
	*last = append(*last, r)
	l.next = append(l.next, [2]uint32{})

	sender, receiver := r.SendingSocket.Account(), r.ReceivingSocket.Account()
	l.link(sender)
	if receiver != sender { // else the record would be his twice
		l.link(receiver)
	}
	return nil
}

// link makes the record now entered the last of an account.
func (l *Ledger) link(a Account) {
	if l.of == nil {
		l.of = map[Account]chain{}
	}
	entered := uint32(len(l.next) - 1)
	c, ok := l.of[a]
	if ok {
		l.next[c.last][l.record(c.last).side(a)] = entered
	} else {
		c.first = entered
	}
	c.last = entered
	l.of[a] = c
}

func (l *Ledger) record(i uint32) *Record { return &l.pages[i/page][i%page] }

// side says which of a record's links is the account's.
func (r *Record) side(a Account) int {
	if r.SendingSocket.Account() == a {
		return 0
	}
	return 1
}

// Len says how many records there are.
func (l *Ledger) Len() int { return len(l.next) }

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
		c, ok := l.of[a]
		if !ok {
			return
		}
		for i := c.first; ; {
			r := l.record(i)
			if !yield(*r) || i == c.last {
				return
			}
			i = l.next[i][r.side(a)]
		}
	}
}
