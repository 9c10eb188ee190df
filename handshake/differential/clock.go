package differential

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"reflect"
	"runtime"
	"slices"
	"strings"
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
type view struct {
	*clock
	isn time.Duration // what generateSecureISN is told
}

// timer is a tcpip.Timer.
type timer struct {
	view *view
	do   func()
	due  time.Duration
}

// Now implements tcpip.Clock.
func (v *view) Now() time.Time { return time.Unix(0, 0).Add(v.since()) }

// NowMonotonic implements tcpip.Clock.
func (v *view) NowMonotonic() tcpip.MonotonicTime {
	var caller [1]uintptr
	runtime.Callers(2, caller[:])
	if drawsISN(caller[0]) {
		return tcpip.MonotonicTime{}.Add(v.isn)
	}
	return tcpip.MonotonicTime{}.Add(v.since())
}

// An initial sequence number is the time in units of 64 ns plus a hash of the pair of
// sockets under a secret (RFC 6528; connect.go, generateSecureISN). The secret is
// known here, so for each number there is a time at which it is drawn. Only that function
// is told it.

// presume makes the next number that is drawn for a flow be iss.
func (v *view) presume(f flow, iss uint32) {
	h := sha256.New()
	h.Write(secret)
	h.Write(f.from.Addr().AsSlice())
	h.Write(f.to.Addr().AsSlice())
	h.Write(binary.LittleEndian.AppendUint16(nil, f.from.Port()))
	h.Write(binary.LittleEndian.AppendUint16(nil, f.to.Port()))
	v.isn = time.Duration(iss-binary.LittleEndian.Uint32(h.Sum(nil))) << 6
}

// secret is what each stack draws.
var secret = bytes.Repeat([]byte{same}, 16)

// callers remembers which program counters are in generateSecureISN.
var callers sync.Map

func drawsISN(pc uintptr) bool {
	known, ok := callers.Load(pc)
	if !ok {
		frame, _ := runtime.CallersFrames([]uintptr{pc}).Next()
		known, _ = callers.LoadOrStore(pc, strings.HasSuffix(frame.Function, "tcp.generateSecureISN"))
	}
	return known.(bool)
}

// sameAgain is the randomness of a stack: none. A zero would be drawn again and again.
type sameAgain struct{}

const same = 42

func (sameAgain) Read(b []byte) (int, error) {
	copy(b, bytes.Repeat([]byte{same}, len(b)))
	return len(b), nil
}

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
