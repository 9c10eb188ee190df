package ncp

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/rfc147/hosthost"
)

// NIC 8246 p.10 to 14: each state of a connection, and each thing that can happen to it.
func TestStateTable(t *testing.T) {
	both := []Key{receiving, sending}
	initCall := func(d *desk, k Key) Outcome { return d.step(Init{Key: k, Size: 8}) }
	listenCall := func(d *desk, k Key) Outcome { return d.step(Listen{Local: k.Local, Size: 8}) }
	closeCall := func(d *desk, k Key) Outcome { return d.step(Close{Key: k}) }
	rfcIn := func(d *desk, k Key) Outcome { return d.hears(them, rfcFrom(k)) }
	clsIn := func(d *desk, k Key) Outcome { return d.hears(them, clsFrom(k)) }
	rfnmIn := func(d *desk, _ Key) Outcome {
		d.hold, d.owed = false, nil
		return d.step(Arrives{Message: hosthost.Leader{Type: hosthost.RFNM, Host: them, Link: 42}.Append(nil)})
	}
	rstIn := func(d *desk, _ Key) Outcome { return d.hears(them, hosthost.Command{Opcode: hosthost.RST}) }
	deadIn := func(d *desk, _ Key) Outcome {
		return d.step(Arrives{Message: hosthost.Leader{Type: hosthost.DestinationDead, Host: them, Subtype: 1}.Append(nil)})
	}
	nothing := func(Key) []string { return []string{} }
	rfc := func(k Key) []string { return []string{ownRFC(k)} }
	cls := func(k Key) []string { return []string{ownCLS(k)} }
	rrp := func(Key) []string { return []string{"RRP"} }

	for _, row := range []struct {
		name    string
		keys    []Key
		from    State
		prepare func(d *desk, k Key)
		event   func(d *desk, k Key) Outcome
		sends   func(k Key) []string
		to      State
		rule    Rule
	}{
		{"none, Init", both, None, nil, initCall, rfc, RFCSent, initSends},
		{"none, RFC in, a Listen fits", both, None, func(d *desk, k Key) { listenCall(d, k) }, rfcIn, rfc, Open, rfcFindsListen},
		{"none, RFC in, no Listen", both, None, nil, rfcIn, nothing, RFCReceived, rfcQueued},
		{"none, RFC in, no Listen, no room", both, None, func(d *desk, _ Key) { d.n.settings.PerSocket = -1 }, rfcIn, cls, CLSSent, rfcQueueFull},
		{"none, Close", both, None, nil, closeCall, nothing, None, callNoConnection},
		{"RFC-RCVD, Init", both, RFCReceived, nil, initCall, rfc, Open, initAccepts},
		{"RFC-RCVD, Listen", both, RFCReceived, nil, listenCall, rfc, Open, listenFindsRFC},
		{"RFC-RCVD, CLS in", both, RFCReceived, nil, clsIn, cls, None, clsAborts},
		{"RFC-RCVD, RFC in again", both, RFCReceived, nil, rfcIn, nothing, RFCReceived, rfcRepeated},
		{"RFC-RCVD, Close", both, RFCReceived, nil, closeCall, cls, CLSSent, closeRefuses},
		{"RFC-SENT, matching RFC in", both, RFCSent, nil, rfcIn, nothing, Open, rfcMatches},
		{"RFC-SENT, CLS in", both, RFCSent, nil, clsIn, cls, None, clsRefuses},
		{"RFC-SENT, Close", both, RFCSent, nil, closeCall, cls, CLSSent, closeGivesUp},
		{"RFC-SENT, Init again", both, RFCSent, nil, initCall, nothing, RFCSent, initBusy},
		{"OPEN, Close", both, Open, nil, closeCall, cls, CLSSent, closeSends},
		{"OPEN, Close, a message is in transit", []Key{sending}, Open, (*desk).inTransit, closeCall, nothing, CLSWait, closeWaitsForRFNM},
		{"OPEN, CLS in", both, Open, nil, clsIn, cls, None, clsCloses},
		{"OPEN, CLS in, a message is in transit", []Key{sending}, Open, (*desk).inTransit, clsIn, nothing, CLSWait, clsWaitsForRFNM},
		{"OPEN, matching RFC in again", both, Open, nil, rfcIn, nothing, Open, rfcRepeated},
		{"CLS-WAIT, the last RFNM", []Key{sending}, CLSWait, nil, rfnmIn, cls, CLSSent, lastRFNM},
		{"CLS-WAIT, CLS in", []Key{sending}, CLSWait, nil, clsIn, nothing, CLSWait, clsCrosses},
		{"CLS-WAIT, the last RFNM behind a CLS", []Key{sending}, CLSWait, func(d *desk, k Key) { clsIn(d, k) }, rfnmIn, cls, None, lastRFNM},
		{"CLS-WAIT, RFC in", []Key{sending}, CLSWait, nil, rfcIn, nothing, CLSWait, rfcRepeated},
		{"CLS-WAIT, Close again", []Key{sending}, CLSWait, nil, closeCall, nothing, CLSWait, callClosing},
		{"CLS-SENT, CLS in", both, CLSSent, nil, clsIn, nothing, None, clsAnswers},
		{"CLS-SENT, RFC in", both, CLSSent, nil, rfcIn, nothing, CLSSent, rfcAfterCLS},
		{"CLS-SENT, Close again", both, CLSSent, nil, closeCall, nothing, CLSSent, callClosing},
		{"CLS-SENT, Init", both, CLSSent, nil, initCall, nothing, CLSSent, initBusy},
		{"CLS-SENT, data in", []Key{receiving}, CLSSent, nil, func(d *desk, _ Key) Outcome {
			d.n.places[1].MsgSpace, d.n.places[1].BitSpace = 1, 8
			return d.gets(them, 2, "x")
		}, nothing, CLSSent, textAfterCLS},
		{"none, RST in", both, None, nil, rstIn, rrp, None, rstArrives},
		{"RFC-RCVD, RST in", both, RFCReceived, nil, rstIn, rrp, None, rstArrives},
		{"RFC-SENT, RST in", both, RFCSent, nil, rstIn, rrp, None, rstArrives},
		{"OPEN, RST in", both, Open, nil, rstIn, rrp, None, rstArrives},
		{"CLS-WAIT, RST in", []Key{sending}, CLSWait, nil, rstIn, rrp, None, rstArrives},
		{"CLS-SENT, RST in", both, CLSSent, nil, rstIn, rrp, None, rstArrives},
		{"RFC-RCVD, dead", both, RFCReceived, nil, deadIn, nothing, None, destinationDead},
		{"RFC-SENT, dead", both, RFCSent, nil, deadIn, nothing, None, destinationDead},
		{"OPEN, dead", both, Open, nil, deadIn, nothing, None, destinationDead},
		{"CLS-WAIT, dead", []Key{sending}, CLSWait, nil, deadIn, nothing, None, destinationDead},
		{"CLS-SENT, dead", both, CLSSent, nil, deadIn, nothing, None, destinationDead},
	} {
		for _, k := range row.keys {
			way := ", receiver"
			if k.sends() {
				way = ", sender"
			}
			t.Run(row.name+way, func(t *testing.T) {
				d := newDesk(t, Settings{}).enters(k, row.from)
				if row.prepare != nil {
					row.prepare(d, k)
				}
				o := row.event(d, k)
				require.Equal(t, row.sends(k), says(o))
				require.Equal(t, row.to, d.n.Connection(k).State)
				has(t, o, row.rule)
				if row.to == None && row.from != None {
					require.Len(t, o.Closed, 1)
					require.Equal(t, k, o.Closed[0].Key)
				} else {
					require.Empty(t, o.Closed)
				}
			})
		}
	}
}

// What a process is told on the way.
func TestAProcessIsToldOfItsConnection(t *testing.T) {
	for _, c := range []struct {
		name string
		from State
		does func(d *desk) Outcome
		told []Signal
	}{
		{"a match", RFCSent, func(d *desk) Outcome { return d.hears(them, rfcFrom(receiving)) }, []Signal{Opened}},
		{"a refusal", RFCSent, func(d *desk) Outcome { return d.hears(them, clsFrom(receiving)) }, []Signal{Refused}},
		{"a CLS", Open, func(d *desk) Outcome { return d.hears(them, clsFrom(receiving)) }, []Signal{ForeignClosed, Ended}},
		{"the CLS that answers", CLSSent, func(d *desk) Outcome { return d.hears(them, clsFrom(receiving)) }, []Signal{Ended}},
		{"a RST", Open, func(d *desk) Outcome { return d.hears(them, hosthost.Command{Opcode: hosthost.RST}) }, []Signal{WasReset}},
		{"nobody's request", RFCReceived, func(d *desk) Outcome { return d.hears(them, clsFrom(receiving)) }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t, Settings{}).enters(receiving, c.from)
			require.Equal(t, c.told, told(c.does(d)))
		})
	}
}

// NIC 8246 p.13, example 1: B's refusal crosses A's abort. Each takes the other's CLS for the
// answer to its own.
func TestExample1TheRefusalCrossesTheAbort(t *testing.T) {
	a, b := newDesk(t, Settings{}), newDesk(t, Settings{})
	atA, atB := receiving, Key{Host: 2, Local: 79, Foreign: 1002}
	a.step(Init{Key: atA, Size: 8})
	b.hears(2, hosthost.Command{Opcode: hosthost.RTS, My: 1002, Your: 79, Link: 2})
	fromA, fromB := a.step(Close{Key: atA}), b.step(Close{Key: atB})
	require.Equal(t, []string{"CLS 1002 79"}, says(fromA))
	require.Equal(t, []string{"CLS 79 1002"}, says(fromB))
	require.Empty(t, says(a.hears(them, fromB.Messages[0].Command)))
	require.Empty(t, says(b.hears(2, fromA.Messages[0].Command)))
	requireEmpty(t, a.n)
	requireEmpty(t, b.n)
}

// NIC 8246 p.13, example 2: B's matching RFC crosses A's abort. A discards it; B believes that
// an open connection is closed.
func TestExample2TheMatchCrossesTheAbort(t *testing.T) {
	a, b := newDesk(t, Settings{}), newDesk(t, Settings{})
	atA, atB := receiving, Key{Host: 2, Local: 79, Foreign: 1002}
	a.step(Init{Key: atA, Size: 8})
	b.hears(2, hosthost.Command{Opcode: hosthost.RTS, My: 1002, Your: 79, Link: 2})
	fromA, fromB := a.step(Close{Key: atA}), b.step(Init{Key: atB, Size: 8})
	require.Equal(t, []string{"STR 79 1002 size 8"}, says(fromB))
	discarded := a.hears(them, fromB.Messages[0].Command)
	has(t, discarded, rfcAfterCLS)
	require.Empty(t, says(discarded))
	answer := b.hears(2, fromA.Messages[0].Command)
	require.Equal(t, []string{"CLS 79 1002"}, says(answer))
	require.Equal(t, []Signal{ForeignClosed, Ended}, told(answer))
	require.Empty(t, says(a.hears(them, answer.Messages[0].Command)))
	requireEmpty(t, a.n)
	requireEmpty(t, b.n)
}
