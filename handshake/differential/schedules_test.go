package differential_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/compare"
	"sockscope/handshake/differential"
	"sockscope/handshake/schedule"
)

// number reads an environment variable.
func number(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	v, ok := os.LookupEnv(name)
	if !ok {
		return otherwise
	}
	n, err := strconv.ParseUint(v, 10, 64)
	require.NoError(t, err, name)
	return n
}

// found counts what a run of schedules showed.
type found struct {
	mu      sync.Mutex
	played  int
	equal   int            // in every line
	rows    map[string]int // schedules, by the deviation that they show
	differs []uint64       // the seeds of those that nothing explains
}

func (f *found) add(seed uint64, c *compare.Comparison) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.played++
	equal, _, unexplained := c.Counts()
	if equal == len(c.Lines) {
		f.equal++
	}
	for name := range deviations(c) {
		f.rows[name]++
	}
	if unexplained > 0 {
		f.differs = append(f.differs, seed)
	}
}

// deviations are the rows of the table that a comparison shows.
func deviations(c *compare.Comparison) map[string]bool {
	names := map[string]bool{}
	for i, l := range c.Lines {
		if l.Known != nil && l.Cause == i {
			names[l.Known.Name] = true
		}
	}
	return names
}

// A schedule that netstack plays otherwise than our machine, for no known reason, is shown
// as the smallest scenario that does so. SCHEDULES and SEED say how many, from which on.
func TestNoRandomScheduleDiffersFromNetstackUnexplained(t *testing.T) {
	count, first := number(t, "SCHEDULES", 300), number(t, "SEED", 1)
	f := found{rows: map[string]int{}}
	var next atomic.Uint64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for n := next.Add(1) - 1; n < count; n = next.Add(1) - 1 {
				if s := shared(schedule.Random(first + n)); playable(t, s) {
					f.add(first+n, both(t, s))
				}
			}
		})
	}
	workers.Wait()
	t.Logf("seeds %d to %d: %d played, %d equal in every line, %d unexplained; schedules by deviation: %v",
		first, first+count-1, f.played, f.equal, len(f.differs), f.rows)
	slices.Sort(f.differs)
	const shown = 3
	for _, seed := range f.differs[:min(shown, len(f.differs))] {
		s := schedule.Shrink(shared(schedule.Random(seed)), func(s *handshake.Scenario) bool { return differs(t, s) })
		t.Logf("seed %d\n%s\n%s", seed, s, text(both(t, s)))
	}
	require.Empty(t, f.differs, "seeds of schedules that differ for no known reason")
}

// playable reports whether both can play a schedule: a wire that joins two ends does not
// bring a connect() to oneself.
func playable(tb testing.TB, s *handshake.Scenario) bool {
	tb.Helper()
	session, err := differential.Engine{}.Start(tb.Context(), s)
	if _, mistake := errors.AsType[*handshake.Mistake](err); mistake {
		return false
	}
	require.NoError(tb, err)
	require.NoError(tb, session.Close())
	return true
}

// differs reports whether a schedule that may have been shrunk shows something that
// nothing explains.
func differs(tb testing.TB, s *handshake.Scenario) bool {
	tb.Helper()
	if !playable(tb, s) {
		return false
	}
	_, _, unexplained := both(tb, s).Counts()
	return unexplained > 0
}

var update = flag.Bool("update", false, "look for schedules that show the deviations of which testdata has none")

// Each row of the table that speaks of netstack is shown by a schedule, or by a lesson.
func TestEachDeviationOfNetstackIsShown(t *testing.T) {
	lessons := map[string]bool{}
	for _, name := range handshake.Names() {
		s, err := handshake.Load(name)
		require.NoError(t, err)
		if s.Playable(differential.Lines) == nil && playable(t, shared(s)) {
			for row := range deviations(both(t, shared(s))) {
				lessons[row] = true
			}
		}
	}
	for _, d := range compare.Deviations() {
		if !slices.Contains(d.Stacks, compare.Netstack) || lessons[d.Name] {
			continue
		}
		t.Run(d.Name, func(t *testing.T) {
			file := filepath.Join("testdata", d.Name+".txtar")
			if _, err := os.Stat(file); *update && err != nil {
				require.NoError(t, os.WriteFile(file, []byte(smallest(t, d.Name).String()), 0o666))
			}
			s, err := handshake.Load(file)
			require.NoError(t, err)
			c := both(t, s)
			_, _, unexplained := c.Counts()
			require.Zero(t, unexplained, "\n%s", text(c))
			require.True(t, deviations(c)[d.Name], "\n%s", text(c))
		})
	}
}

// smallest looks for the schedule that shows a deviation first, and shrinks it.
func smallest(t *testing.T, name string) *handshake.Scenario {
	t.Helper()
	shows := func(s *handshake.Scenario) bool {
		if !playable(t, s) {
			return false
		}
		c := both(t, s)
		_, _, unexplained := c.Counts()
		return unexplained == 0 && deviations(c)[name]
	}
	const most = 20000
	for seed := range uint64(most) {
		if s := shared(schedule.Random(seed)); shows(s) {
			return schedule.Shrink(s, shows)
		}
	}
	t.Fatal("no schedule shows it: " + strings.ToUpper(name))
	return nil
}
