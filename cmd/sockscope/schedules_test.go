package main_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/compare"
	"sockscope/handshake/kernel"
	"sockscope/handshake/model"
	"sockscope/handshake/schedule"
	"sockscope/handshake/wire"
	"sockscope/viz"
)

// players is how many schedules are played at once: a kernel's timer is waited for in real
// time, and takes no processor meanwhile.
const players = 4

// The model is held against the kernel in random schedules: SOCKSCOPE_SCHEDULES says in how
// many, SOCKSCOPE_SEED with which the first is drawn. One that differs is made as small as
// it can be and printed as the file that it is; with -update it is saved in
// testdata/schedules, too. Many schedules take at least four of five rows of the table of
// RFC 9293 3.10 that they can.
func TestNoScheduleDiffersFromTheKernelUnexplained(t *testing.T) {
	needKernel(t)
	first, count := setting(t, "SOCKSCOPE_SEED", 0), setting(t, "SOCKSCOPE_SCHEDULES", 150)
	seeds := make(chan uint64)
	file, err := os.Open(filepath.Join(root, "statemachine", "tcp", "testdata", "walked.csv"))
	require.NoError(t, err)
	defer file.Close()
	rows, err := schedule.ReadRows(file)
	require.NoError(t, err)
	all := summary{rows: rows, shown: map[string]int{}}
	var pool sync.WaitGroup
	for range players {
		pool.Go(func() {
			for seed := range seeds {
				s := draw(seed)
				d, err := inTime(t.Context(), s)
				switch {
				case err != nil:
					t.Errorf("%s: %v\n%s", s.Name, err, s)
				case d.unexplained():
					report(t, s, d)
				default:
					all.add(d)
				}
			}
		})
	}
	for seed := first; seed < first+count; seed++ {
		seeds <- seed
	}
	close(seeds)
	pool.Wait()
	t.Log(&all)
	if left, rows := rows.Left(); all.schedules >= many {
		require.LessOrEqual(t, 5*len(left), rows, "rows that no schedule took")
	}
}

// many is how many schedules take what is rare, too.
const many = 2000

// draw draws every other schedule with what Linux is known to do otherwise, too: what follows
// there is often another story.
func draw(seed uint64) *handshake.Scenario {
	if seed%2 == 1 {
		return schedule.Daring(seed)
	}
	return schedule.Random(seed)
}

// setting reads a number from the environment.
func setting(t *testing.T, name string, usual uint64) uint64 {
	t.Helper()
	if os.Getenv(name) == "" {
		return usual
	}
	n, err := strconv.ParseUint(os.Getenv(name), 10, 64)
	require.NoError(t, err, name)
	return n
}

// shrinking is how long a schedule is made smaller: each try plays a kernel, whose timers
// are waited for.
const shrinking = 20 * time.Second

// report shrinks a schedule to the smallest that differs in the same. What the first play
// has shown comes last: if the smallest does not show it again, the schedule is not why.
func report(t *testing.T, s *handshake.Scenario, first duel) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), shrinking)
	defer cancel()
	small := schedule.Shrink(s, func(s *handshake.Scenario) bool {
		d, err := inTime(ctx, s)
		return err == nil && d.unexplained() && d.what() == first.what()
	})
	d, err := inTime(t.Context(), small)
	t.Errorf("%s: %s\n%s\n%s%v\nat first:\n%s", s.Name, first.what(), small, d, err, first)
	if flag.Lookup("update").Value.String() == "true" {
		file := filepath.Join("testdata", "schedules", s.File)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o777), os.WriteFile(file, []byte(small.String()), 0o666)); err != nil {
			t.Error(err)
		}
	}
}

// duel is a schedule played by both.
type duel struct {
	*compare.Comparison
	stuck string // the line that the kernel could not do
	done  int    // how many lines it did
	late  bool   // the machine was so slow that a timer of the kernel has ended which none of the lines asks for
}

// hold holds the model against the kernel in a scenario. Where the kernel cannot go on, for
// something that the script asks for did not happen, the model stops behind that line.
func hold(ctx context.Context, s *handshake.Scenario) (d duel, err error) {
	if _, err := toTheLast(ctx, model.Engine{Wire: wire.InMemory}, s); err != nil {
		return d, err
	}
	truth, err := toTheLast(ctx, kernel.Engine{}, s)
	if errors.Is(err, errStuck) {
		d.done = undone(s, truth)
		d.stuck = s.Script[d.done].String()
		short := *s
		short.Script = s.Script[:d.done+1]
		s, err = &short, nil
	}
	if err != nil {
		return d, err
	}
	ours, err := toTheLast(ctx, model.Engine{Wire: wire.InMemory}, s)
	d.Comparison, d.late = compare.Align(ours, truth), slow(truth)
	return d, err
}

// inTime holds the model against the kernel, once more where the machine was too slow to
// tell anything, however it came out.
func inTime(ctx context.Context, s *handshake.Scenario) (d duel, err error) {
	const tries = 3
	for range tries {
		if d, err = hold(ctx, s); err != nil || !d.late {
			break
		}
	}
	return d, err
}

// slow reports whether a timer of the kernel may have ended that no line asks for: the
// kernel tells its deadlines.
func slow(trace *handshake.Trace) bool {
	running := map[[2]string]time.Duration{} // by end and timer
	for _, step := range trace.Steps {
		end := step.Peer + " " + step.On
		for timer, deadline := range running {
			if step.At >= deadline && (timer[0] != end || step.Kind != handshake.KindTimeout) {
				return true
			}
		}
		maps.DeleteFunc(running, func(timer [2]string, _ time.Duration) bool { return timer[0] == end && step.After == "CLOSED" })
		for _, v := range step.Vars {
			if ns, err := strconv.ParseInt(v.Value, 10, 64); strings.HasSuffix(v.Name, " timer") {
				running[[2]string{end, v.Name}] = time.Duration(ns)
				if err != nil {
					delete(running, [2]string{end, v.Name})
				}
			}
		}
	}
	return false
}

var errStuck = errors.New("what the script asks for has not happened")

// toTheLast plays a scenario to its end, or to the line that cannot be done. It waits for
// no such line: a kernel has done what an event causes when it answers, and of what comes
// by itself a schedule names each.
func toTheLast(ctx context.Context, e handshake.Engine, s *handshake.Scenario) (*handshake.Trace, error) {
	timeline, err := handshake.NewTimeline(ctx, e, s)
	if err != nil {
		return nil, err
	}
	for err == nil {
		if c, _ := timeline.Coming(); c.Verb == handshake.Wait {
			err = errStuck
		} else {
			err = timeline.Next(ctx)
		}
	}
	switch {
	case errors.Is(err, handshake.ErrOver):
		err = nil
	case strings.HasSuffix(err.Error(), "not possible now"): // as a kernel's timer that did not end, for what it repeats is held
		err = errStuck
	}
	return timeline.Trace(), errors.Join(err, timeline.Close())
}

// undone is the first line of a script that was not played. Each choice is that of the
// next line, or of no line: what waited.
func undone(s *handshake.Scenario, trace *handshake.Trace) int {
	at := 0
	for _, step := range trace.Steps {
		for !s.Script[at].On(trace.Engine) {
			at++
		}
		c, err := handshake.ParseChoice(step.Choice)
		line := s.Script[at].Choice
		if err == nil && c.Verb == line.Verb && c.Peer == line.Peer && c.Args == line.Args && strings.Contains(c.What, line.What) {
			at++
		}
	}
	for !s.Script[at].On(trace.Engine) {
		at++
	}
	return at
}

// unexplained reports what the table does not explain: a difference, or that the kernel
// could not go on where it had done as the model. To have called setsockopt() is no excuse;
// to have been late is one.
func (d duel) unexplained() bool {
	excused := d.stuck == "" || d.late
	for _, l := range d.Lines {
		excused = excused || l.Known != nil && l.Half().Kind != handshake.KindCall
	}
	_, _, unexplained := d.Counts()
	return unexplained > 0 && !d.late || !excused
}

// what names the first difference, without its numbers: what a smaller schedule has to show.
func (d duel) what() string {
	for i, l := range d.Lines {
		if l.Differs == compare.Equal || l.Known != nil {
			continue
		}
		what := string(l.Differs) + " " + string(l.Half().Kind)
		for _, right := range []bool{false, true} {
			if e := d.Event(i, right); e != nil {
				name, _, _ := strings.Cut(e.Label[strings.LastIndex(e.Label, "<")+1:], "(")
				what += fmt.Sprintf(", %s %s in %s", e.Kind, name, e.Before)
			}
		}
		return what
	}
	return "stuck"
}

func (d duel) String() string {
	if d.Comparison == nil {
		return ""
	}
	var text strings.Builder
	if d.stuck != "" {
		fmt.Fprintln(&text, "the kernel cannot do:", d.stuck)
	}
	if err := viz.CompareText(&text, d.Comparison, viz.Options{Lang: "en", Plain: true}); err != nil {
		return err.Error()
	}
	return text.String()
}

// summary counts what schedules came to.
type summary struct {
	sync.Mutex
	schedules, equal, short, late int
	shown                         map[string]int
	rows                          *schedule.Rows // that the model took
}

func (y *summary) add(d duel) {
	y.Lock()
	defer y.Unlock()
	if d.late {
		y.late++
		return
	}
	y.schedules++
	if d.stuck != "" {
		y.short++
	}
	y.rows.Take(d.Left)
	known := false
	for i, l := range d.Lines {
		if l.Known != nil && l.Cause == i {
			y.shown[l.Known.Name]++
			known = true
		}
	}
	if !known {
		y.equal++
	}
}

func (y *summary) String() string {
	left, rows := y.rows.Left()
	return fmt.Sprintf("%d schedules without an unexplained difference: %d without any, %d ended by a known one; shown: %v; %d of %d rows taken; too late to tell: %d more",
		y.schedules, y.equal, y.short, y.shown, rows-len(left), rows, y.late)
}
