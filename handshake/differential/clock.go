package differential

import (
	"reflect"
	"slices"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// clock is the virtual clock of a session. gVisor's faketime.ManualClock fires what is
// due when it advances; here the session must see which timers run, and one end's timer
// must end without the other's that is due at the same time.
type clock struct {
	mu     sync.Mutex
	now    time.Duration
	timers []*timer // that run, in the order in which they were started
}

// epoch is what a stack reads at the session's start: its zero means "never".
const epoch = time.Hour

// view is the clock as one stack sees it: a stack that is gone takes its timers along.
type view struct{ *clock }

// timer is a tcpip.Timer.
type timer struct {
	view *view
	do   func()
	due  time.Duration
}

// Now implements tcpip.Clock.
func (v *view) Now() time.Time { return time.Unix(0, 0).Add(v.since()) }

// NowMonotonic implements tcpip.Clock.
func (v *view) NowMonotonic() tcpip.MonotonicTime { return tcpip.MonotonicTime{}.Add(v.since()) }

func (v *view) since() time.Duration {
	v.mu.Lock()
	defer v.mu.Unlock()
	return epoch + v.now
}

// AfterFunc implements tcpip.Clock.
func (v *view) AfterFunc(d time.Duration, do func()) tcpip.Timer {
	t := &timer{view: v, do: do}
	t.Reset(d)
	return t
}

// Reset implements tcpip.Timer.
func (t *timer) Reset(d time.Duration) {
	t.Stop()
	c := t.view.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	t.due = c.now + max(d, 0)
	c.timers = append(c.timers, t)
}

// Stop implements tcpip.Timer.
func (t *timer) Stop() bool {
	c := t.view.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	at := slices.Index(c.timers, t)
	if at >= 0 {
		c.timers = slices.Delete(c.timers, at, at+1)
	}
	return at >= 0
}

// is reports whether a timer is the one at an address.
func (t *timer) is(address uintptr) bool { return reflect.ValueOf(t).Pointer() == address }

// forget stops the timers of a stack that is gone.
func (c *clock) forget(v *view) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timers = slices.DeleteFunc(c.timers, func(t *timer) bool { return t.view == v })
}

// next is the first timer that is due until then and for which skip does not hold; nil
// if there is none.
func (c *clock) next(until time.Duration, skip func(*timer) bool) *timer {
	c.mu.Lock()
	running := slices.Clone(c.timers)
	c.mu.Unlock()
	var first *timer
	for _, t := range running {
		if t.due <= until && (first == nil || t.due < first.due) && !skip(t) {
			first = t
		}
	}
	return first
}

// fire moves the clock on to a timer and lets it end.
func (c *clock) fire(t *timer) {
	t.Stop()
	c.set(t.due)
	t.do()
}

// set moves the clock on.
func (c *clock) set(now time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = max(c.now, now)
}
