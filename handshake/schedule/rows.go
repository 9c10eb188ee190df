package schedule

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"

	"sockscope/handshake"
)

// Rows are those of the table of RFC 9293 3.10 that schedules can take, and which of them
// were: random schedules that always do the same would find nothing.
type Rows struct {
	core  []Row
	taken map[[2]string]bool // by state and rule
}

// Row is what an event means in a state; Rule is the model's.
type Row struct{ State, Event, Condition, Rule string }

// aside says why schedules cannot take a row: its state, its event or its condition.
var aside = []struct{ reason, state, event, condition string }{
	{"a program waits in connect(), and a listener's child has none", "SYN-SENT", "OPEN any", ""},
	{"likewise", "SYN-RECEIVED", "OPEN any", ""},
	{"likewise", "SYN-SENT", "SEND", ""},
	{"likewise", "SYN-RECEIVED", "SEND", ""},
	{"likewise", "SYN-SENT", "RECEIVE", ""},
	{"likewise", "SYN-RECEIVED", "RECEIVE", ""},
	{"likewise", "SYN-SENT", "CLOSE", ""},
	{"likewise", "SYN-RECEIVED", "CLOSE", ""},
	{"likewise", "SYN-SENT", "ABORT", ""},
	{"likewise", "SYN-RECEIVED", "ABORT", ""},
	{"likewise", "SYN-SENT", "STATUS", ""},
	{"likewise", "SYN-RECEIVED", "STATUS", ""},
	{"no socket call means it", "", "OPEN active", "remote unspecified"},
	{"no socket call means it", "LISTEN", "OPEN active", ""},
	{"no socket call means it", "LISTEN", "SEND", ""},
	{"no socket call means it", "", "RETRANSMISSION TIMEOUT", "queue empty"},
	{"texts are short", "", "", "SEG.ACK =< SND.UNA (duplicate)"},
	{"no ACK so old is forged", "", "", "RFC 5961: SEG.ACK < SND.UNA-MAX.SND.WND or > SND.NXT"},
	{"windows stay open", "", "PERSIST TIMEOUT", ""},
	{"no ACK is delayed", "", "DELAYED-ACK TIMEOUT", ""},
	{"nobody asks for keep-alives", "", "KEEPALIVE TIMEOUT", ""},
	{"texts are short", "", "", "no room"},
	{"texts are short", "", "", "no space"},
	{"no socket call sends urgent text", "", "", "URG"},
	{"it takes five minutes", "", "USER TIMEOUT", ""},
}

// ReadRows reads the table, statemachine/tcp/testdata/walked.csv.
func ReadRows(table io.Reader) (*Rows, error) {
	records, err := csv.NewReader(table).ReadAll()
	if err != nil {
		return nil, err
	}
	rows := &Rows{taken: map[[2]string]bool{}}
	for _, r := range records[min(1, len(records)):] {
		if len(r) < 5 {
			return nil, fmt.Errorf("schedule: row %q: columns %d, want 5", r, len(r))
		}
		if row := (Row{State: r[0], Event: r[1], Condition: r[2], Rule: r[4]}); row.Rule != "" && !row.aside() {
			rows.core = append(rows.core, row)
		}
	}
	return rows, nil
}

func (r Row) aside() bool {
	for _, x := range aside {
		if (x.state == "" || x.state == r.State) && (x.event == "" || x.event == r.Event) && (x.condition == "" || x.condition == r.Condition) {
			return true
		}
	}
	return false
}

// Take notes which rows a trace of the model takes.
func (r *Rows) Take(trace *handshake.Trace) {
	for _, step := range trace.Steps {
		for _, y := range step.Why {
			r.taken[[2]string{step.Before, y.Rule}] = true
		}
	}
}

// Left are the rows that no schedule has taken, and how many there are to take.
func (r *Rows) Left() (left []Row, all int) {
	return slices.DeleteFunc(slices.Clone(r.core), func(row Row) bool { return r.taken[[2]string{row.State, row.Rule}] }), len(r.core)
}
