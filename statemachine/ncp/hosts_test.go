package ncp

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/rfc147"
	"sockscope/rfc147/hosthost"
)

var (
	rst = hosthost.Command{Opcode: hosthost.RST}
	rrp = hosthost.Command{Opcode: hosthost.RRP}
)

func dead(host uint8) Arrives {
	return Arrives{Message: hosthost.Leader{Type: hosthost.DestinationDead, Host: host, Subtype: 1}.Append(nil)}
}

// NIC 8246 p.16: the answer to an ECO has the same octet.
func TestAnECOIsAnsweredByTheSameOctet(t *testing.T) {
	d := newDesk(t, Settings{})
	o := d.hears(them, hosthost.Command{Opcode: hosthost.ECO, Data: 200})
	require.Equal(t, []string{"ERP 200"}, says(o))
	has(t, o, ecoArrives)
}

// NIC 8246 p.17: one ECO at a time. ERP, RST, RRP and Dead answer it.
func TestOneECOAtATime(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(d *desk) Outcome
		told   Signal
	}{
		{"ERP", func(d *desk) Outcome { return d.hears(them, hosthost.Command{Opcode: hosthost.ERP, Data: 7}) }, EchoReplied},
		{"RST", func(d *desk) Outcome { return d.hears(them, rst) }, EchoUnanswered},
		{"Dead", func(d *desk) Outcome { return d.step(dead(them)) }, EchoUnanswered},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t, Settings{})
			require.Equal(t, []string{"ECO 7"}, says(d.step(Echo{Host: them, Data: 7})))
			require.Equal(t, Pending, d.step(Echo{Host: them, Data: 8}).Answer)
			require.Equal(t, OK, d.step(Echo{Host: 4, Data: 8}).Answer, "another host")
			has(t, d.hears(them, hosthost.Command{Opcode: hosthost.ERP, Data: 9}), erpStray)
			o := c.answer(d)
			require.Equal(t, []Signal{c.told}, told(o))
			require.EqualValues(t, 7, o.Told[0].Command.Data)
			require.Equal(t, OK, d.step(Echo{Host: them, Data: 8}).Answer)
		})
	}
	has(t, newDesk(t, Settings{}).hears(them, hosthost.Command{Opcode: hosthost.ERP}), erpStray)
}

// NIC 8246 p.17: after its RST a host says nothing but RRP until the RRP comes, and hears
// nothing else.
func TestARSTSilencesUntilTheRRP(t *testing.T) {
	d := newDesk(t, Settings{}).enters(receiving, Open)
	o := d.step(Reset{Host: them})
	require.Equal(t, []string{"RST"}, says(o))
	require.Equal(t, []Signal{WasReset}, told(o))
	require.Zero(t, d.n.Len())
	require.Equal(t, Pending, d.step(Reset{Host: them}).Answer)

	o = d.step(Init{Key: receiving})
	require.Empty(t, o.Messages)
	has(t, o, commandWaits)
	for _, c := range []hosthost.Command{clsFrom(receiving), rfcFrom(sending), {Opcode: 200}} {
		o = d.hears(them, c)
		require.Equal(t, []Rule{notUntilRRP}, o.Rules)
		require.Empty(t, o.Messages)
	}
	require.Equal(t, []Rule{notUntilRRP}, d.gets(them, 2, "x").Rules)
	require.Equal(t, []Rule{notUntilRRP}, d.step(Arrives{Message: hosthost.Header{Leader: hosthost.Leader{Host: them}}.Append(nil)}).Rules)

	o = d.hears(them, rst) // both decide to send RSTs at about the same time
	require.Equal(t, []string{"RRP"}, says(o))
	require.Equal(t, RFCSent, d.n.Connection(receiving).State, "what has not gone did not arise from talk with it")

	o = d.hears(them, rrp)
	require.Equal(t, []string{"RTS 1002 79 link 3"}, says(o))
	require.Equal(t, []Signal{ResetReplied}, told(o))
	has(t, d.hears(them, rrp), rrpStray)
}

// NIC 8246 p.17: "an RRP should not be expected" if the network says that the host is dead.
func TestADeadHostAnswersARST(t *testing.T) {
	d := newDesk(t, Settings{})
	d.step(Reset{Host: them})
	d.step(Init{Key: receiving})
	o := d.step(dead(them))
	require.Equal(t, []Signal{ResetUnanswered, HostDead}, told(o))
	requireEmpty(t, d.n)
	require.Equal(t, []string{"RTS 1002 79 link 3"}, says(d.step(Init{Key: receiving})))
}

// NIC 8246 p.17: a RST purges what there is with that host, and nothing else; what waits for
// RFNMs is purged, too.
func TestARSTPurgesOneHost(t *testing.T) {
	d := newDesk(t, Settings{}).enters(receiving, Open).enters(sending, RFCReceived)
	other := Key{Host: 4, Local: 2002, Foreign: 5}
	d.enters(other, RFCSent)
	d.hold = true
	for i := range MaxOutstanding {
		d.step(Init{Key: Key{Host: them, Local: 10 + 2*rfc147.Socket(i), Foreign: 1}})
	}
	has(t, d.hears(them, hosthost.Command{Opcode: hosthost.ECO}), commandWaits)
	waits := Key{Host: them, Local: 100, Foreign: 1}
	d.step(Init{Key: waits})
	o := d.hears(them, rst)
	require.Empty(t, o.Messages, "the RRP waits for an RFNM")
	require.Equal(t, 2, d.n.Len())
	require.Equal(t, RFCSent, d.n.Connection(other).State)
	require.Equal(t, RFCSent, d.n.Connection(waits).State)
	require.Equal(t, []string{"RRP"}, says(d.step(Arrives{Message: d.owed[0].Append(nil)})))
	require.Equal(t, []string{"RTS 100 1 link 7"}, says(d.step(Arrives{Message: d.owed[1].Append(nil)})))
}

// A LISTEN for a socket that a RST has set free takes what waits from other hosts.
func TestARSTLetsTheNextOneIn(t *testing.T) {
	d := newDesk(t, Settings{}).enters(sending, Open)
	next := Key{Host: 4, Local: sending.Local, Foreign: 2000}
	d.enters(next, RFCReceived)
	d.step(Listen{Local: sending.Local, Size: 8})
	o := d.hears(them, rst)
	require.Equal(t, []string{"STR 79 2000 size 8", "RRP"}, []string{says(o)[1], says(o)[0]})
	require.Equal(t, Open, d.n.Connection(next).State)
}

// RFC 394: after a reset of the interface no answer comes to what was under way.
func TestAnInterfaceResetEndsAllTransit(t *testing.T) {
	d := newDesk(t, Settings{}).enters(sending, CLSWait)
	o := d.step(Arrives{Message: hosthost.Leader{Type: hosthost.InterfaceReset}.Append(nil)})
	require.Equal(t, []string{ownCLS(sending)}, says(o))
	require.Equal(t, 1, d.n.Outstanding(them))
	has(t, o, interfaceReset)
}

// RFC 381, 394, 611: what the IMP says beside that changes nothing here.
func TestOtherLeadersAreTold(t *testing.T) {
	d := newDesk(t, Settings{})
	for kind := range hosthost.Type(16) {
		l := hosthost.Leader{Type: kind, Host: 9, Link: 8, Subtype: 1}
		switch kind {
		case hosthost.Regular, hosthost.RFNM, hosthost.DestinationDead, hosthost.ErrorInData, hosthost.Incomplete, hosthost.InterfaceReset:
			continue
		case hosthost.NOP:
			require.Equal(t, []Rule{impNOP}, d.step(Arrives{Message: l.Append(nil)}).Rules)
			continue
		case hosthost.ErrorInLeader, hosthost.GoingDown, hosthost.Uncontrolled, hosthost.DeadHostStatus, hosthost.LongLeader:
		}
		o := d.step(Arrives{Message: l.Append(nil)})
		require.Equal(t, []Rule{impSaid}, o.Rules, "type %d", kind)
		require.Equal(t, l, o.Told[0].Leader)
	}
	require.Equal(t, []Rule{leaderShort}, d.step(Arrives{Message: []byte{5, 3}}).Rules)
	require.Equal(t, []Rule{leaderShort}, d.step(Arrives{}).Rules)
}

// NIC 8246 p.12: "a Host may connect one of its receive sockets to one of its send sockets".
func TestAHostMayTalkToItself(t *testing.T) {
	d := newDesk(t, Settings{})
	toSelf, fromSelf := Key{Host: 2, Local: 1, Foreign: 2}, Key{Host: 2, Local: 2, Foreign: 1}
	back := func(o Outcome) Outcome { return d.hears(2, o.Messages[0].Command) }
	asked := d.step(Init{Key: toSelf, Size: 36})
	back(asked)
	require.Equal(t, RFCReceived, d.n.Connection(fromSelf).State)
	back(d.step(Init{Key: fromSelf}))
	require.Equal(t, Open, d.n.Connection(toSelf).State)
	require.Equal(t, Open, d.n.Connection(fromSelf).State)
	answer := back(d.step(Close{Key: toSelf}))
	back(answer)
	requireEmpty(t, d.n)
}
