package kernel

import (
	"slices"
	"time"

	"sockscope/handshake"
	"sockscope/handshake/calls"
)

// pending reports whether a connection's own event has not been recorded yet.
func (w *world) pending(peer int, on string) bool {
	return slices.ContainsFunc(w.alone, func(a alone) bool { return a.peer == peer && a.on == on && len(a.items) == 0 })
}

// notice takes in what the kernel has done by itself: segments, and ends of states.
func (w *world) notice() error {
	if _, err := w.drain(nobody); err != nil {
		return err
	}
	w.hear()
	w.ended()
	if err := w.look(); err != nil {
		return err
	}
	for i := range w.hosts {
		for j := range w.hosts[i].ends {
			e := &w.hosts[i].ends[j]
			if e.reading() == e.state || w.stirs(i, e.on) {
				continue
			}
			if w.program != nil && (e.reading() != "CLOSED" || listening(e)) {
				w.acts(alone{on: e.on, rule: programActs})
				continue
			}
			a := alone{peer: i, on: e.on, timer: retransmission, rule: givesUp}
			switch e.state {
			case "TIME-WAIT":
				a.timer, a.rule = timeWait, forgetsTimeWait
			case "FIN-WAIT-2":
				a.timer, a.rule = finWait2, forgetsFinWait
			}
			w.alone = append(w.alone, a)
		}
	}
	return nil
}

// stirs reports whether something of a connection waits to be recorded.
func (w *world) stirs(peer int, on string) bool {
	return slices.ContainsFunc(w.alone, func(a alone) bool { return a.peer == peer && a.on == on })
}

// rest waits until the parent says something, and takes in what comes meanwhile.
func (w *world) rest() error {
	if err := w.sleep(-1); err != nil {
		return err
	}
	_, err := w.drain(nobody)
	return err
}

// glance is how often a wait looks for what tells nobody: a state that has ended.
const glance = 20 * time.Millisecond

// until waits for something, to the time's end, or until the parent has had enough.
func (w *world) until(limit time.Time, c *child, ready func() bool) error {
	for {
		left := time.Until(limit)
		if ready() || left <= 0 {
			return nil
		}
		if c.stopped() {
			return errStopped
		}
		if err := w.sleep(min(left, glance)); err != nil {
			return err
		}
		if err := w.notice(); err != nil {
			return err
		}
	}
}

// sleep waits until the kernel sends something or the parent says something.
func (w *world) sleep(d time.Duration) error {
	if w.lo != nil {
		return w.lo.wait(d, commandsFD)
	}
	return pollIn(commandsFD, d)
}

// longest is how long a wait lasts that nothing else ends.
const longest = 24 * time.Hour

// wait lets time pass: as long as is said, or until something happens by itself.
func (w *world) wait(choice handshake.Choice, c *child) ([]handshake.Step, error) {
	if choice.Args != "" {
		d, err := time.ParseDuration(choice.Args)
		if err == nil {
			err = w.until(time.Now().Add(d), c, func() bool { return false })
		}
		step := handshake.Step{
			At: w.now(), Peer: handshake.WirePeer, Kind: handshake.KindNote, Label: "wait " + choice.Args,
			Why: []handshake.Why{calls.TimePasses.Why()},
		}
		return []handshake.Step{step}, err
	}
	err := w.until(time.Now().Add(longest), c, func() bool { return len(w.alone) > 0 || w.lo == nil && w.awake() })
	if err != nil || len(w.alone) == 0 {
		return nil, err
	}
	return w.record(0)
}

// awake reports whether a call that a program waits in can come back.
func (w *world) awake() bool {
	for i := range w.hosts {
		w.wake(i)
		if b := w.hosts[i].blocked; b != nil && b.answered {
			return true
		}
	}
	return false
}

// timeout waits for one of the kernel's timers, if it has not ended already.
func (w *world) timeout(i int, name string, c *child) ([]handshake.Step, error) {
	find := func() int {
		return slices.IndexFunc(w.alone, func(a alone) bool { return a.peer == i && a.timer == name })
	}
	if at := find(); at >= 0 {
		return w.record(at)
	}
	choice := handshake.Choice{Verb: handshake.Timeout, Peer: w.hosts[i].name, What: name}
	if !slices.Contains(w.timers(), choice) {
		return nil, notNow(choice)
	}
	err := w.until(time.Now().Add(w.patience(i)), c, func() bool { return find() >= 0 })
	if err != nil {
		return nil, err
	}
	if at := find(); at >= 0 {
		return w.record(at)
	}
	return nil, notNow(choice)
}

// patience is how long to wait for a host's timer: twice what the kernel says, and more.
func (w *world) patience(i int) time.Duration {
	most := time.Duration(0)
	for j := range w.hosts[i].ends {
		if s := w.hosts[i].ends[j].sock; s != nil {
			most = max(most, s.expires)
		}
	}
	return 2*most + 5*time.Second
}

// record makes steps of something that the kernel did by itself.
func (w *world) record(at int) ([]handshake.Step, error) {
	a := w.alone[at]
	w.alone = slices.Delete(w.alone, at, at+1)
	h := &w.hosts[a.peer]
	step := handshake.Step{At: w.now(), Peer: h.name, On: a.on, Kind: handshake.KindTimeout, Label: a.timer, Why: []handshake.Why{a.rule.why()}}
	if a.timer == Acts {
		step.Kind, step.Label = handshake.KindNote, a.label
	}
	index := slices.IndexFunc(h.ends, func(e end) bool { return e.on == a.on })
	steps, err := w.observe(a.peer, index, step)
	if err != nil {
		return nil, err
	}
	if s := &steps[0]; a.rule == programActs && s.Before != s.After {
		s.Label += ": " + s.After
	}
	for _, it := range a.items {
		w.post(a.peer, it)
	}
	return append(steps, w.tell(a.peer)...), nil
}
