package kernel

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"time"

	"sockscope/handshake"
)

// A Finding says whether this machine can do one of the things that the engine needs.
type Finding struct {
	Name  string // "user-namespaces", "network-namespaces", "pid-namespaces", "settings", "queue", "raw-sockets", "states", "engine"
	OK    bool   // it was done, and undone
	How   string // in which way, where there are several
	Cause string // why not: a key, as in [Unable]
	Err   string // the system's own words
}

// probeTime is how long a probe may take: far more than it does.
const probeTime = 5 * time.Second

// Diagnose tries what the engine needs, one thing after the other, each in a child of
// its own, and the engine itself last. On a system that is not Linux there is no more
// than that. [Main] must have been called.
func Diagnose(ctx context.Context) iter.Seq[Finding] {
	return func(yield func(Finding) bool) {
		for _, name := range probeNames() {
			if !yield(examine(name)) {
				return
			}
		}
		yield(playOne(ctx))
	}
}

// playOne plays the default scenario on the engine.
func playOne(ctx context.Context) Finding {
	const name = "engine"
	ctx, cancel := context.WithTimeout(ctx, 2*probeTime)
	defer cancel()
	s, err := handshake.Load(handshake.Default)
	if err != nil {
		return failure(name, err)
	}
	t, err := handshake.NewTimeline(ctx, Engine{}, s)
	if err != nil {
		return failure(name, err)
	}
	host := t.Trace().Host
	for err == nil {
		err = t.Next(ctx)
	}
	if errors.Is(err, handshake.ErrOver) {
		err = nil
	}
	if err = errors.Join(err, t.Close()); err != nil {
		return failure(name, err)
	}
	return Finding{Name: name, OK: true, How: host}
}

// failure is what is found where something cannot be done.
func failure(name string, err error) Finding {
	f := Finding{Name: name, Cause: "failed", Err: err.Error()}
	if unable, ok := errors.AsType[*Unable](err); ok {
		f.Cause = cmp.Or(unable.Cause, f.Cause)
	}
	return f
}
