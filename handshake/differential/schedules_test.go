package differential_test

import (
	"os"
	"regexp"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake/compare"
	"sockscope/handshake/differential"
	"sockscope/handshake/schedule"
)

func env(t *testing.T, name string, otherwise uint64) uint64 {
	v, ok := os.LookupEnv(name)
	if !ok {
		return otherwise
	}
	n, err := strconv.ParseUint(v, 10, 64)
	require.NoError(t, err)
	return n
}

func TestTriage(t *testing.T) {
	count, first := env(t, "SCHEDULES", 100), env(t, "SEED", 1)
	numbers := regexp.MustCompile(`=-?\d+>`)
	var mu sync.Mutex
	groups := map[string][]uint64{}
	n, same := 0, 0
	rows := map[string]int{}
	var wg sync.WaitGroup
	next := first
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for {
				mu.Lock()
				seed := next
				next++
				mu.Unlock()
				if seed >= first+count {
					return
				}
				sc := shared(schedule.Random(seed))
				if _, err := (differential.Engine{}).Start(t.Context(), sc); err != nil {
					continue
				}
				c := both(t, sc)
				mu.Lock()
				n++
				if equal, _, _ := c.Counts(); equal == len(c.Lines) {
					same++
				}
				shown := map[string]bool{}
				for _, l := range c.Lines {
					if l.Known != nil && !shown[l.Known.Name] {
						shown[l.Known.Name] = true
						rows[l.Known.Name]++
					}
				}
				for i, l := range c.Lines {
					if l.Differs != compare.Equal && l.Cause == i && l.Known == nil {
						key := string(l.Differs)
						if l.Left != nil {
							key += " L " + string(l.Left.Kind) + " " + l.Left.Label + " " + l.Left.Before + "->" + l.Left.After
						}
						if l.Right != nil {
							key += " R " + string(l.Right.Kind) + " " + l.Right.Label + " " + l.Right.Before + "->" + l.Right.After
						}
						if e := c.Event(i, l.Left == nil); e != nil {
							key += " E " + string(e.Kind) + " " + e.Label + " " + e.Before
							for _, y := range e.Why {
								key += " " + y.Rule
							}
						}
						key = numbers.ReplaceAllString(key, "=>")
						groups[key] = append(groups[key], seed)
						break
					}
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	keys := []string{}
	total := 0
	for k, v := range groups {
		keys = append(keys, k)
		total += len(v)
	}
	sort.Slice(keys, func(i, j int) bool { return len(groups[keys[i]]) > len(groups[keys[j]]) })
	t.Logf("%d of %d differ unexplained, %d groups; %d equal in every line; rows %v", total, n, len(groups), same, rows)
	for _, k := range keys {
		t.Logf("%5d %v\n    %s", len(groups[k]), groups[k][:min(3, len(groups[k]))], k)
	}
}

func TestShow(t *testing.T) {
	for s := range strings.FieldsSeq(os.Getenv("SHOW")) {
		n, _ := strconv.ParseUint(s, 10, 64)
		t.Log(s + "\n" + text(both(t, shared(schedule.Random(n)))))
	}
}
