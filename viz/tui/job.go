package tui

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"
)

// job is what goes on in a goroutine of its own: an engine with a running clock may take
// its time. Until it is finished the timeline is the job's alone, and the screen shows
// what was there before.
type job struct {
	ctx      context.Context
	cancel   context.CancelFunc
	done     chan struct{}
	model    stepper // its own, over the same timeline
	err      error
	panicked any
	what     func(*view) string // what a person waits for; nil: nobody does
	then     func(error)        // on the goroutine that draws
	began    time.Time
	starts   int // sessions there were before
	n        int // where the cursor was
}

// glance is how long a key waits for its effect before the screen says that it waits:
// too short to be seen, and longer than most steps of a kernel take.
const glance = 25 * time.Millisecond

// reaction is how soon after the beginning of a wait, or after the key before, nobody can
// press a key because of what the screen says: such a key was typed ahead.
const reaction = 200 * time.Millisecond

// mostAhead bounds how many keys wait their turn: a key that is held down repeats itself.
const mostAhead = 9

// step moves the timeline, says what went wrong and, if that takes long, what is coming.
func (d *dashboard) step(do func(context.Context, *stepper) error) {
	d.stepTo(d.comingText, do)
}

// stepTo is step with words for what is coming.
func (d *dashboard) stepTo(what func(*view) string, do func(context.Context, *stepper) error) {
	d.move(what, do, d.try)
}

// move does something with the timeline, at once if no clock runs there.
func (d *dashboard) move(what func(*view) string, do func(context.Context, *stepper) error, then func(error)) {
	if !d.model.timeline.Live() {
		then(do(d.ctx, d.model))
		return
	}
	j := d.begins(what, do, then)
	select {
	case <-j.done:
		d.finish(j)
	case <-time.After(glance):
		d.fresh = false
		d.tell(j)
	}
}

// begins starts a job.
func (d *dashboard) begins(what func(*view) string, do func(context.Context, *stepper) error, then func(error)) *job {
	d.halt()
	ctx, cancel := context.WithCancel(d.ctx)
	seen := d.model.look()
	j := &job{
		ctx: ctx, cancel: cancel, done: make(chan struct{}), model: *d.model, what: what, then: then,
		began: time.Now(), starts: d.model.timeline.Starts(), n: seen.n,
	}
	d.model.seen, d.job = &seen, j
	go func() {
		defer close(j.done)
		defer func() { j.panicked = recover() }() // it has to be where the terminal is given back
		j.err = do(ctx, &j.model)
	}()
	return j
}

// tell has the job finished where the screen is drawn, unless somebody halts it, who
// then does so.
func (d *dashboard) tell(j *job) {
	go func() {
		<-j.done
		if j.ctx.Err() != nil {
			return // halted
		}
		d.queue(func() {
			if d.job == j {
				d.finish(j)
				d.goOn()
				d.rest()
			}
		})
	}()
}

// halt ends the job that goes on, if one does, and waits for its end.
func (d *dashboard) halt() {
	if d.job != nil {
		d.job.cancel()
		<-d.job.done
		d.finish(d.job)
	}
}

// finish takes over what a job has done.
func (d *dashboard) finish(j *job) {
	j.cancel()
	d.job, d.model.seen, d.model.hidden, d.fresh = nil, nil, j.model.hidden, false
	if j.panicked != nil {
		panic(j.panicked)
	}
	if j.err != nil {
		d.ahead = nil
	}
	j.then(j.err)
	if j.err == nil && d.model.timeline.Starts() > j.starts {
		d.mention("dash.anew", "n", strconv.Itoa(j.n))
	}
}

// rest waits in the background for what happens by itself, where anything can: at the
// newest step, while nothing is asked, chosen or played.
func (d *dashboard) rest() {
	m := d.model
	busy := d.job != nil || d.list != nil || d.prompt != nil || d.asking != nil || d.tired || m.playing || m.hidden
	if busy || !m.timeline.Edge() {
		return
	}
	d.tell(d.begins(nil, func(ctx context.Context, m *stepper) error { return m.timeline.Wait(ctx) }, func(err error) {
		d.tired = err != nil && !errors.Is(err, context.Canceled) // until a key is pressed
		d.try(err)
	}))
}

// interrupts halts the job for an action that needs the timeline, and reports whether
// that was all that was wanted: to wait no longer. A step that was typed ahead waits its
// turn instead.
func (d *dashboard) interrupts(h hit) bool {
	if d.job == nil || slices.Contains(whileWaiting(), h.action) {
		return false
	}
	waited, steps := d.job.what != nil, slices.Contains([]Action{actForward, actNextChange, actLatest, actPlay}, h.action)
	if waited && steps && d.typedAhead() {
		if len(d.ahead) < mostAhead {
			d.ahead = append(d.ahead, h)
		}
		return true
	}
	d.halt()
	d.ahead = nil
	return waited && (steps || h.action == actClose)
}

// typedAhead reports whether the key was pressed too soon to be an answer to the wait.
func (d *dashboard) typedAhead() bool {
	return d.pressed.Sub(d.job.began) < reaction || d.pressed.Sub(d.before) < reaction
}

// press notes when a key was pressed, or a button. It may have waited since.
func (d *dashboard) press(when time.Time) { d.before, d.pressed = d.pressed, when }

// goOn makes the steps that were typed ahead, until one takes long. Where a list, a
// prompt or another screen has been opened meanwhile, they would be keys for that.
func (d *dashboard) goOn() {
	for d.job == nil && len(d.ahead) > 0 {
		if d.list != nil || d.prompt != nil || d.over != nil {
			d.ahead = nil
			return
		}
		h := d.ahead[0]
		d.ahead, d.remark = d.ahead[1:], nil
		d.act(h)
	}
}

// whileWaiting are the actions that change how the steps are shown, and need no timeline.
func whileWaiting() []Action {
	return append(slices.DeleteFunc(whilePlaying(), func(a Action) bool { return a == actPlay }), actHelp, actEras, actMenuDown, actMenuUp)
}
