package schedule_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/handshaketest"
	"sockscope/handshake/model"
	"sockscope/handshake/schedule"
	"sockscope/handshake/wire"
	"sockscope/statemachine/tcp"
)

// many is how many schedules are looked at: enough for what is rare.
const many = 2000

func play(t *testing.T, s *handshake.Scenario) *handshake.Trace {
	t.Helper()
	timeline, err := handshake.NewTimeline(t.Context(), model.Engine{Wire: wire.InMemory}, s)
	require.NoError(t, err)
	return handshaketest.ToTheEnd(t, timeline)
}

func TestASeedIsASchedule(t *testing.T) {
	different := map[string]bool{}
	for seed := range uint64(300) {
		s := schedule.Random(seed)
		require.Equal(t, s.String(), schedule.Random(seed).String())
		different[strings.Join(lines(s), "\n")] = true
	}
	require.Greater(t, len(different), 290)
}

func lines(s *handshake.Scenario) []string {
	var all []string
	for _, l := range s.Script {
		all = append(all, l.String())
	}
	return all
}

// Its lines alone say what happens: what was drawn happens again, line for line.
func TestAScheduleIsAFileThatPlays(t *testing.T) {
	for seed := range uint64(many) {
		s := schedule.Random(seed)
		read, err := handshake.Parse(s.Name, s.File, []byte(s.String()))
		require.NoError(t, err)
		require.Equal(t, s, read)
		var made []handshake.Choice
		for _, step := range play(t, s).Steps {
			if step.Choice != "" {
				c, err := handshake.ParseChoice(step.Choice)
				require.NoError(t, err)
				made = append(made, c)
			}
		}
		var asked []handshake.Choice
		for _, l := range s.Script {
			if l.On(model.Name) {
				asked = append(asked, l.Choice)
			}
		}
		require.GreaterOrEqual(t, len(made), len(asked))
		for i, c := range asked {
			require.True(t, c.Verb == made[i].Verb && c.Peer == made[i].Peer && strings.Contains(made[i].What, c.What), "%s: %s", s, made[i])
		}
	}
}

// RFC 9293 3.10.2: a socket without a connection is told each system's own, which the table of
// deviations explains. Only a schedule that may do what Linux does otherwise asks one.
func TestOnlyADaringScheduleSendsWithoutAConnection(t *testing.T) {
	sends := func(s *handshake.Scenario) bool {
		return slices.ContainsFunc(play(t, s).Steps, func(step handshake.Step) bool {
			return slices.ContainsFunc(step.Why, func(y handshake.Why) bool { return y.Rule == "send-no-connection" })
		})
	}
	daring := 0
	for seed := range uint64(many / 10) {
		require.Equal(t, schedule.Daring(seed).String(), schedule.Daring(seed).String())
		require.False(t, sends(schedule.Random(seed)))
		if sends(schedule.Daring(seed)) {
			daring++
		}
	}
	require.Greater(t, daring, many/100)
}

// A walk that never gets anywhere would find nothing.
func TestSchedulesReachEachVerbAndEachState(t *testing.T) {
	verbs, states := map[handshake.Verb]int{}, map[string]int{}
	for seed := range uint64(many) {
		s := schedule.Random(seed)
		for _, l := range s.Script {
			verbs[l.Choice.Verb]++
		}
		for _, step := range play(t, s).Steps {
			if step.Kind == handshake.KindArrive {
				states[step.Before]++
			}
		}
	}
	t.Log(verbs, states)
	for _, v := range []handshake.Verb{
		handshake.Call, handshake.Depart, handshake.Return, handshake.Arrive, handshake.Drop,
		handshake.Duplicate, handshake.Timeout, handshake.Inject,
	} {
		require.Greater(t, verbs[v], many/10, v)
	}
	for _, state := range tcp.States {
		require.Greater(t, states[state.String()], 10, state)
	}
}

// As if an engine could not stand a FIN in ESTABLISHED.
func TestAScheduleShrinksToWhatMatters(t *testing.T) {
	differs := func(s *handshake.Scenario) bool {
		timeline, err := handshake.NewTimeline(t.Context(), model.Engine{Wire: wire.InMemory}, s)
		for err == nil {
			err = timeline.Next(t.Context())
		}
		return errors.Is(err, handshake.ErrOver) && slices.ContainsFunc(timeline.Trace().Steps, func(step handshake.Step) bool {
			return step.Kind == handshake.KindArrive && step.After == "CLOSE-WAIT"
		})
	}
	found := 0
	for seed := uint64(0); found < 5; seed++ {
		s := schedule.Random(seed)
		if !differs(s) {
			continue
		}
		found++
		small := schedule.Shrink(s, differs)
		require.True(t, differs(small))
		require.LessOrEqual(t, len(small.Script), 14, small)
		t.Log(small)
	}
}

// RFC 9293 3.10, as the table in statemachine/tcp has it: schedules take at least four of
// five rows that they can.
func TestSchedulesTakeTheRowsOfTheTransitionTable(t *testing.T) {
	file, err := os.Open("../../statemachine/tcp/testdata/walked.csv")
	require.NoError(t, err)
	defer file.Close()
	rows, err := schedule.ReadRows(file)
	require.NoError(t, err)
	for seed := range uint64(many) {
		rows.Take(play(t, schedule.Random(seed)))
	}
	left, all := rows.Left()
	t.Logf("%d of %d rows; not taken: %q", all-len(left), all, left)
	require.LessOrEqual(t, 5*len(left), all)
}
