package rfc147

import (
	"fmt"
	"iter"
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
