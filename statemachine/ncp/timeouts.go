package ncp

import (
	"strconv"
	"time"
)

// Waiting is what an NCP waits for, as a time-out is named.
type Waiting uint8

// What is waited for. Whoever stands in one line waits equally long, so whoever came first is
// due first.
const (
	rfcWaits      Waiting = iota // a connection in RFC-RCVD
	rfcUnanswered                // a connection in RFC-SENT
	clsUnanswered                // a connection in CLS-SENT
	rstUnanswered                // a host, as are those that follow
	ecoUnanswered
	rfnmMissing
	lineCount
)

// waitingNames are the words of the documents for what has not come.
var waitingNames = [...]string{"LISTEN", "RFC", "CLS", "RRP", "ERP", "RFNM"}

// String names what has not come: "RFNM"; of an RFC that waits here it is a LISTEN.
func (w Waiting) String() string {
	if int(w) < len(waitingNames) {
		return waitingNames[w]
	}
	return "Waiting(" + strconv.Itoa(int(w)) + ")"
}

// Waitings lists all that an NCP may wait for.
func Waitings() []Waiting {
	all := make([]Waiting, lineCount)
	for i := range all {
		all[i] = Waiting(i)
	}
	return all
}

// line is a queue of deadlines of places, or of hosts (the number of host h is h+1, for 0 is
// nobody).
type line struct {
	after       time.Duration
	first, last int32
	at          []due
}

type due struct {
	neighbours

	when time.Duration
	on   bool
}

// start lets i wait from now on.
func (l *line) start(i int32, now time.Duration) {
	l.stop(i)
	for int(i) >= len(l.at) {
		l.at = append(l.at, due{})
	}
	l.at[i] = due{neighbours{before: l.last}, now + l.after, true}
	if l.last == 0 {
		l.first = i
	} else {
		l.at[l.last].after = i
	}
	l.last = i
}

// stop ends i's waiting, if it waits.
func (l *line) stop(i int32) {
	if int(i) >= len(l.at) || !l.at[i].on {
		return
	}
	d := l.at[i]
	l.at[i] = due{}
	if d.before == 0 {
		l.first = d.after
	} else {
		l.at[d.before].after = d.after
	}
	if d.after == 0 {
		l.last = d.before
	} else {
		l.at[d.after].before = d.before
	}
}

// next gives the one that is due at now, 0 if nobody is.
func (l *line) next(now time.Duration) int32 {
	if l.first == 0 || l.at[l.first].when > now {
		return 0
	}
	return l.first
}

// Deadline is when the next [Timeout] has something to do; ok is false if nothing is waited
// for.
func (n *NCP) Deadline() (when time.Duration, ok bool) {
	_, when, ok = n.Due()
	return when, ok
}

// Due is what the next [Timeout] ends first, and when.
func (n *NCP) Due() (what Waiting, when time.Duration, ok bool) {
	for i := range n.lines {
		l := &n.lines[i]
		if l.first == 0 {
			continue
		}
		if at := l.at[l.first].when; !ok || at < when {
			what, when, ok = Waiting(i), at, true
		}
	}
	return what, when, ok
}

// timeout ends what is due, line by line.
func (t *turn) timeout() {
	for i := t.lines[rfcWaits].next(t.now); i != 0; i = t.lines[rfcWaits].next(t.now) {
		t.fire(rfcWaitedTooLong)
		t.refuse(i)
	}
	for i := t.lines[rfcUnanswered].next(t.now); i != 0; i = t.lines[rfcUnanswered].next(t.now) {
		t.fire(rfcNeverAnswered)
		t.tell(i, Unanswered)
		t.giveUp(i)
	}
	for i := t.lines[clsUnanswered].next(t.now); i != 0; i = t.lines[clsUnanswered].next(t.now) {
		t.fire(clsNeverAnswered)
		t.remove(i, Unanswered)
	}
	for i := t.lines[rstUnanswered].next(t.now); i != 0; i = t.lines[rstUnanswered].next(t.now) {
		t.fire(rstNeverAnswered)
		t.forget(uint8(i-1), t.host(uint8(i-1)), Unanswered)
	}
	for i := t.lines[ecoUnanswered].next(t.now); i != 0; i = t.lines[ecoUnanswered].next(t.now) {
		t.fire(ecoNeverAnswered)
		t.endEcho(uint8(i-1), EchoUnanswered)
	}
	for i := t.lines[rfnmMissing].next(t.now); i != 0; i = t.lines[rfnmMissing].next(t.now) {
		t.fire(rfnmNeverCame)
		t.allAnswered(uint8(i-1), t.host(uint8(i-1)))
	}
	if len(t.Rules) == 0 {
		t.fire(nothingDue)
	}
}
