package ncp

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/rfc147/hosthost"
)

// NIC 8246 p.25 and 26: what is wrong with a message, and the ERR that says so.
func TestEveryErrorHasItsERR(t *testing.T) {
	command := func(from State, c hosthost.Command) func(d *desk) Outcome {
		return func(d *desk) Outcome {
			if from != None {
				d.enters(sending, from).enters(receiving, from)
			}
			return d.hears(them, c)
		}
	}
	octets := func(b ...byte) func(d *desk) Outcome {
		return func(d *desk) Outcome {
			h := hosthost.Header{Leader: hosthost.Leader{Host: them}, S: 8, C: uint16(len(b))}
			return d.step(Arrives{Message: h.AppendMessage(nil, b, 0)})
		}
	}
	for _, c := range []struct {
		name string
		does func(d *desk) Outcome
		rule Rule
		err  string
	}{
		{"an illegal opcode", octets(0, 14, 1, 2), illegalOpcode, "ERR 1 0e010200000000000000"},
		{"a command that is cut off", octets(3, 0, 0, 0, 79), shortParameters, "ERR 2 030000004f0000000000"},
		{"two receive sockets", command(None, hosthost.Command{Opcode: hosthost.RTS, My: 2, Your: 4, Link: 2}), badParameters, "ERR 3 01000000020000000402"},
		{"a size of zero", command(None, hosthost.Command{Opcode: hosthost.STR, My: 79, Your: 1002}), badParameters, "ERR 3 020000004f000003ea00"},
		{"a link of two connections", command(Open, hosthost.Command{Opcode: hosthost.RTS, My: 2002, Your: 81, Link: 42}), linkInUse, "ERR 3 01000007d2000000512a"},
		{"a CLS for nothing", command(None, clsFrom(sending)), clsUnknown, "ERR 4 03000003ea0000004f00"},
		{"an ALL for nothing", command(None, hosthost.Command{Opcode: hosthost.ALL, Link: 42, MsgSpace: 1}), nonexistentSocket, "ERR 4 042a0001000000000000"},
		{"an INS for nothing", command(None, hosthost.Command{Opcode: hosthost.INS, Link: 2}), nonexistentSocket, "ERR 4 08020000000000000000"},
		{"an INR before our STR", command(RFCReceived, hosthost.Command{Opcode: hosthost.INR, Link: 42}), halfOpen, "ERR 5 072a0000000000000000"},
		{"an INS before its STR", command(RFCSent, hosthost.Command{Opcode: hosthost.INS, Link: 2}), halfOpen, "ERR 5 08020000000000000000"},
		{"text for nothing", func(d *desk) Outcome { return d.gets(them, 42, "A") }, linkUnused, "ERR 5 00032a00000800010041"},
		{"text on link 1", func(d *desk) Outcome { return d.gets(them, 1, "") }, linkUnused, "ERR 5 00030100000800000000"},
		{"text on link 255", func(d *desk) Outcome { return d.gets(them, 255, "") }, linkUnused, "ERR 5 0003ff00000800000000"},
		{"text before the STR", func(d *desk) Outcome { return d.enters(receiving, RFCSent).gets(them, 2, "A") }, linkUnused, "ERR 5 00030200000800010041"},
		{"text of another size", func(d *desk) Outcome {
			d.enters(receiving, Open)
			h := hosthost.Header{Leader: hosthost.Leader{Host: them, Link: 2}, S: 7}
			return d.step(Arrives{Message: h.Append(nil)})
		}, textSize, "ERR 0 00030200000700000000"},
		{"text that is cut off", func(d *desk) Outcome {
			d.enters(receiving, Open)
			h := hosthost.Header{Leader: hosthost.Leader{Host: them, Link: 2}, S: 8, C: 2}
			return d.step(Arrives{Message: append(h.Append(nil), 'A')})
		}, textShort, "ERR 0 00030200000800020041"},
		{"a control message of another size", func(d *desk) Outcome {
			return d.step(Arrives{Message: hosthost.Header{Leader: hosthost.Leader{Host: them}, S: 32}.Append(nil)})
		}, controlSize, "ERR 0 00030000002000000000"},
		{"a control message that is too long", func(d *desk) Outcome {
			h := hosthost.Header{Leader: hosthost.Leader{Host: them}, S: 8, C: hosthost.MaxControl + 1}
			return d.step(Arrives{Message: h.AppendMessage(nil, make([]byte, h.C), 0)})
		}, controlLong, "ERR 0 00030000000800790000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t, Settings{})
			o := c.does(d)
			has(t, o, c.rule)
			require.Equal(t, []string{c.err}, says(o))
		})
	}
}

// NIC 8246 p.21: a control message holds a whole number of commands, each by itself.
func TestAControlMessageHasManyCommands(t *testing.T) {
	d := newDesk(t, Settings{})
	o := d.hears(them, hosthost.Command{}, hosthost.Command{Opcode: hosthost.ECO, Data: 1},
		hosthost.Command{Opcode: hosthost.RTS, My: 1, Your: 3, Link: 2}, hosthost.Command{Opcode: hosthost.ECO, Data: 2})
	require.Equal(t, []Rule{nopArrives, ecoArrives, badParameters, ecoArrives}, o.Rules)
	require.Equal(t, []string{"ERP 1", "ERR 3 01000000010000000302", "ERP 2"}, says(o))
	full := make([]hosthost.Command, hosthost.MaxControl)
	require.Len(t, d.hears(them, full...).Rules, hosthost.MaxControl)
	require.Equal(t, []Rule{controlEmpty}, d.hears(them).Rules)
}

// NIC 8246 p.25: an ERR is recorded, not answered.
func TestAnERRIsTold(t *testing.T) {
	d := newDesk(t, Settings{})
	c := hosthost.Command{Opcode: hosthost.ERR, Code: 4, Shown: hosthost.ErrorData{3}}
	o := d.hears(them, c)
	require.Equal(t, []Rule{errArrives}, o.Rules)
	require.Equal(t, c, o.Told[0].Command)
	require.Equal(t, []Signal{ErrorReported}, told(o))
	require.Empty(t, o.Messages)
}

// A regular message without a whole header is no message.
func TestAMessageWithoutAHeader(t *testing.T) {
	d := newDesk(t, Settings{})
	for n := hosthost.LeaderLen; n < hosthost.HeaderLen; n++ {
		require.Equal(t, []Rule{headerShort}, d.step(Arrives{Message: controlMessage(them, rst)[:n]}).Rules)
	}
}

// NIC 8246 p.13: what crosses our CLS comes too late, and is no error.
func TestWhatCrossesACLSIsNoError(t *testing.T) {
	d := newDesk(t, Settings{}).enters(sending, CLSSent)
	has(t, d.allowed(1, 1), tooLate)
	d = newDesk(t, Settings{}).enters(sending, CLSWait)
	has(t, d.hears(them, hosthost.Command{Opcode: hosthost.INR, Link: 42}), tooLate)
	d = newDesk(t, Settings{}).enters(sending, RFCSent) // example 2, and the other end goes on
	d.step(Close{Key: sending})
	has(t, d.hears(them, rfcFrom(sending)), rfcAfterCLS)
	has(t, d.allowed(1, 1), tooLate)
}
