package ncp

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sockscope/rfc147"
	"sockscope/rfc147/hosthost"
)

// NIC 8246 p.14: counters begin at zero, an ALL adds to them, a message takes one and its text
// length.
func TestASenderStaysWithinItsAllocation(t *testing.T) {
	d := newDesk(t, Settings{}).enters(sending, Open)
	send := func(text string) Outcome { return d.step(Send{Key: sending, Text: []byte(text), Count: len(text)}) }

	o := send("hello")
	has(t, o, sendWaitsForMessages)
	require.Zero(t, o.Sent)

	o = d.allowed(2, 24)
	has(t, o, allArrives)
	require.Equal(t, []Signal{Allocated}, told(o))
	o = send("hello")
	require.Equal(t, []string{"link 42: 3 of 8 bits"}, says(o))
	require.Equal(t, 3, o.Sent)
	has(t, o, sendWaitsForBits)
	require.EqualValues(t, 1, d.n.Connection(sending).MsgSpace)
	require.Zero(t, d.n.Connection(sending).BitSpace)

	d.allowed(1, 16)
	o = d.step(Send{Key: sending, Text: []byte("hello"), First: 3, Count: 2})
	require.Equal(t, "lo", string(o.Messages[0].Append(nil)[hosthost.HeaderLen:]))
	require.EqualValues(t, 40, d.n.Connection(sending).Bits)
	require.EqualValues(t, 2, d.n.Connection(sending).Messages)

	o = d.step(Send{Key: sending}) // NIC 8246 p.15: a zero-length message takes message space only
	require.Equal(t, []string{"link 42: 0 of 8 bits"}, says(o))
	require.Zero(t, d.n.Connection(sending).MsgSpace)
}

// NIC 8246 p.8: the NCP makes messages of what it is given. RFC 381: none is too long.
func TestTextIsCutIntoMessages(t *testing.T) {
	d := newDesk(t, Settings{MessageBits: 100}).enters(sending, Open)
	d.allowed(100, 100_000)
	o := d.step(Send{Key: sending, Text: []byte(strings.Repeat("x", 30)), Count: 30})
	require.Equal(t, []string{"link 42: 12 of 8 bits", "link 42: 12 of 8 bits", "link 42: 6 of 8 bits"}, says(o))
	require.Equal(t, 30, o.Sent)
	require.Equal(t, 12, o.Messages[1].First)
}

// RFC 534: at most four messages to one host are without an answer, whatever they are.
func TestNoMoreThanFourMessagesAreOutstanding(t *testing.T) {
	d := newDesk(t, Settings{MessageBits: 8}).enters(sending, Open)
	d.allowed(100, 100_000)
	d.hold = true
	o := d.step(Send{Key: sending, Text: []byte("abcdef"), Count: 6})
	require.Len(t, o.Messages, MaxOutstanding)
	require.Equal(t, 4, o.Sent)
	has(t, o, sendWaitsForRFNM)
	require.Equal(t, MaxOutstanding, d.n.Outstanding(them))
	require.Zero(t, d.n.Outstanding(them+1))

	o = d.step(Init{Key: Key{Host: them, Local: 2, Foreign: 3}})
	has(t, o, commandWaits)
	require.Empty(t, o.Messages)

	o = d.step(Arrives{Message: d.owed[0].Append(nil)})
	require.Equal(t, []string{"RTS 2 3 link 2"}, says(o), "commands go first")
	o = d.step(Arrives{Message: d.owed[1].Append(nil)})
	require.Equal(t, []Signal{Allocated}, told(o), "and then the process that waits is told")
	require.Equal(t, sending, o.Told[0].Key)
	has(t, o, rfnmCame)
}

// RFC 381: one and only one answer for each message.
func TestAStrayRFNMChangesNothing(t *testing.T) {
	d := newDesk(t, Settings{}).enters(sending, Open)
	for _, link := range []uint8{0, 42, 71, 72, 255} {
		o := d.step(Arrives{Message: hosthost.Leader{Type: hosthost.RFNM, Host: them, Link: link}.Append(nil)})
		require.Equal(t, []Rule{rfnmStray}, o.Rules)
	}
}

// NIC 8246 p.12: a sender must not send its CLS while a message is in transit.
func TestACLSWaitsForTheRFNMs(t *testing.T) {
	d := newDesk(t, Settings{MessageBits: 8}).enters(sending, Open)
	d.allowed(2, 16)
	d.hold = true
	d.step(Send{Key: sending, Text: []byte("ab"), Count: 2})
	require.Empty(t, d.step(Close{Key: sending}).Messages)
	require.Empty(t, d.step(Arrives{Message: d.owed[0].Append(nil)}).Messages)
	require.Equal(t, []string{ownCLS(sending)}, says(d.step(Arrives{Message: d.owed[1].Append(nil)})))
}

// A CLS that has waited for its RFNM does not overtake what was sent before it.
func TestACLSGoesBehindTheCommandsThatWait(t *testing.T) {
	d := newDesk(t, Settings{}).enters(sending, Open)
	d.inTransit(sending)
	data := d.owed[0]
	for i := range rfc147.Socket(MaxOutstanding - 1) {
		d.step(Init{Key: Key{Host: them, Local: 2 * i, Foreign: 1}})
	}
	require.Empty(t, d.step(Interrupt{Key: sending}).Messages)
	d.step(Close{Key: sending})
	require.Equal(t, []string{"INS link 42"}, says(d.step(Arrives{Message: data.Append(nil)})))
	require.Equal(t, []string{ownCLS(sending)}, says(d.step(Arrives{Message: d.owed[1].Append(nil)})))
}

// RFC 381: the network says what it has lost. Nobody sends it again.
func TestALostMessageIsTold(t *testing.T) {
	for _, kind := range []hosthost.Type{hosthost.Incomplete, hosthost.ErrorInData} {
		d := newDesk(t, Settings{}).enters(sending, CLSWait)
		l := hosthost.Leader{Type: kind, Host: them, Link: 42, Subtype: 3}
		o := d.step(Arrives{Message: l.Append(nil)})
		require.Equal(t, []Signal{Lost}, told(o))
		require.Equal(t, l, o.Told[0].Leader)
		require.Equal(t, []string{ownCLS(sending)}, says(o), "it is no longer in transit")
		l.Link = 0
		require.Equal(t, []Signal{Lost}, told(d.step(Arrives{Message: l.Append(nil)})), "the CLS")
		has(t, d.step(Arrives{Message: l.Append(nil)}), rfnmStray)
	}
}

// NIC 8246 p.15: the receiver keeps the sender's counters, and must not drive them too high.
func TestAReceiverAllocates(t *testing.T) {
	d := newDesk(t, Settings{}).enters(receiving, Open)
	o := d.step(Allocate{Key: receiving, MsgSpace: 1, BitSpace: 1000})
	require.Equal(t, []string{"ALL link 2 msgs 1 bits 1000"}, says(o))
	require.Equal(t, TooMuch, d.step(Allocate{Key: receiving, MsgSpace: math.MaxUint16}).Answer)
	require.Equal(t, TooMuch, d.step(Allocate{Key: receiving, BitSpace: math.MaxUint32 - 999}).Answer)
	require.Equal(t, OK, d.step(Allocate{Key: receiving, MsgSpace: math.MaxUint16 - 1, BitSpace: math.MaxUint32 - 1000}).Answer)

	o = d.gets(them, 2, "hello")
	has(t, o, textArrives)
	require.Equal(t, "hello", string(o.Told[0].Text))
	require.EqualValues(t, math.MaxUint16-1, d.n.Connection(receiving).MsgSpace)
	require.EqualValues(t, math.MaxUint32-40, d.n.Connection(receiving).BitSpace)
	require.EqualValues(t, 40, d.n.Connection(receiving).Bits)
}

// NIC 8246 p.14: "the sender is prohibited from sending" more than it was allowed.
func TestTextBeyondTheAllocationIsRefused(t *testing.T) {
	d := newDesk(t, Settings{}).enters(receiving, Open)
	o := d.gets(them, 2, "x")
	has(t, o, textBeyond)
	require.Equal(t, []string{"ERR 0 00030200000800010078"}, says(o))
	d.step(Allocate{Key: receiving, MsgSpace: 1, BitSpace: 7})
	has(t, d.gets(them, 2, "x"), textBeyond)
	require.Empty(t, d.gets(them, 2, "x").Told)
}

// NIC 8246 p.15: so many 128ths, rounded up, and all from 128 on.
func TestAGVBIsAnsweredByARET(t *testing.T) {
	for _, c := range []struct {
		fm, fb uint8
		want   string
	}{
		{0, 0, "RET link 42 msgs 0 bits 0"},
		{1, 1, "RET link 42 msgs 1 bits 8"},
		{64, 127, "RET link 42 msgs 5 bits 993"},
		{128, 255, "RET link 42 msgs 10 bits 1000"},
	} {
		d := newDesk(t, Settings{}).enters(sending, Open)
		d.allowed(10, 1000)
		o := d.hears(them, hosthost.Command{Opcode: hosthost.GVB, Link: 42, FM: c.fm, FB: c.fb})
		require.Equal(t, []string{c.want}, says(o))
		has(t, o, gvbArrives)
		ret, left := o.Messages[0].Command, d.n.Connection(sending)
		require.EqualValues(t, 10, ret.MsgSpace+left.MsgSpace)
		require.EqualValues(t, 1000, ret.BitSpace+left.BitSpace)
	}
}

// NIC 8246 p.16: a RET only answers a GVB.
func TestARETOnlyAnswersAGVB(t *testing.T) {
	d := newDesk(t, Settings{}).enters(receiving, Open)
	d.step(Allocate{Key: receiving, MsgSpace: 10, BitSpace: 1000})
	ret := hosthost.Command{Opcode: hosthost.RET, Link: 2, MsgSpace: 5, BitSpace: 500}
	has(t, d.hears(them, ret), retUnasked)
	require.Equal(t, []string{"GVB link 2 fm 64 fb 64"}, says(d.step(GiveBack{Key: receiving, FM: 64, FB: 64})))
	tooLarge := ret
	tooLarge.MsgSpace = 11
	o := d.hears(them, tooLarge)
	has(t, o, retTooLarge)
	require.Equal(t, []string{"ERR 3 0602000b000001f40000"}, says(o))
	o = d.hears(them, ret)
	has(t, o, retArrives)
	require.Equal(t, []Signal{Returned}, told(o))
	require.EqualValues(t, 5, d.n.Connection(receiving).MsgSpace)
	require.EqualValues(t, 500, d.n.Connection(receiving).BitSpace)
	for range math.MaxUint8 {
		require.Equal(t, OK, d.step(GiveBack{Key: receiving}).Answer)
	}
	require.Equal(t, TooMuch, d.step(GiveBack{Key: receiving}).Answer)
}

// NIC 8246 p.25, error code 3: an ALL that would drive a counter too high.
func TestAnALLThatIsTooLarge(t *testing.T) {
	d := newDesk(t, Settings{}).enters(sending, Open)
	d.allowed(math.MaxUint16, math.MaxUint32)
	has(t, d.allowed(1, 0), allTooLarge)
	o := d.allowed(0, 1)
	has(t, o, allTooLarge)
	require.Equal(t, []string{"ERR 3 042a0000000000010000"}, says(o))
	require.EqualValues(t, math.MaxUint16, d.n.Connection(sending).MsgSpace)
}

// NIC 8246 p.16: INS from the sender, INR from the receiver.
func TestInterruptsGoBothWays(t *testing.T) {
	d := newDesk(t, Settings{}).enters(sending, Open).enters(receiving, Open)
	require.Equal(t, []string{"INS link 42"}, says(d.step(Interrupt{Key: sending})))
	require.Equal(t, []string{"INR link 2"}, says(d.step(Interrupt{Key: receiving})))
	for opcode, k := range map[hosthost.Opcode]Key{hosthost.INR: sending, hosthost.INS: receiving} {
		o := d.hears(them, hosthost.Command{Opcode: opcode, Link: d.n.Connection(k).Link})
		has(t, o, interruptArrives)
		require.Equal(t, k, o.Told[0].Key)
		require.Equal(t, []Signal{Interrupted}, told(o))
	}
}

// Only the end that may do a thing does it, and only in OPEN.
func TestCallsThatAreNotPossible(t *testing.T) {
	calls := func(k Key) []Event {
		return []Event{Send{Key: k, Text: []byte("x"), Count: 1}, Allocate{Key: k}, GiveBack{Key: k}, Interrupt{Key: k}}
	}
	for _, c := range []struct {
		state State
		want  Answer
	}{{None, NoConnection}, {RFCReceived, NoConnection}, {RFCSent, NotOpen}, {CLSSent, AlreadyClosing}} {
		d := newDesk(t, Settings{}).enters(sending, c.state)
		for _, e := range calls(sending) {
			require.Equal(t, c.want, d.step(e).Answer, "%v %T", c.state, e)
		}
	}
	d := newDesk(t, Settings{}).enters(sending, Open).enters(receiving, Open)
	require.Equal(t, WrongWay, d.step(Send{Key: receiving, Count: 1}).Answer)
	require.Equal(t, WrongWay, d.step(Allocate{Key: sending}).Answer)
	require.Equal(t, WrongWay, d.step(GiveBack{Key: sending}).Answer)
}

// RFC 147 p.3: what a host should log of a connection, seen from either end.
func TestAConnectionLeavesARecord(t *testing.T) {
	epoch := time.Date(1971, 5, 7, 12, 0, 0, 0, time.UTC)
	want := rfc147.Record{
		Made: epoch.Add(time.Second), Closed: epoch.Add(3 * time.Second), Messages: 1, Bits: 40,
		SendingHost: 2, ReceivingHost: them, SendingSocket: 79, ReceivingSocket: 1002,
	}
	d := newDesk(t, Settings{})
	d.now = time.Second
	d.enters(sending, Open)
	d.allowed(1, 40)
	d.step(Send{Now: d.now, Key: sending, Text: []byte("hello"), Count: 5})
	d.now = 3 * time.Second
	closed := d.hears(them, clsFrom(sending)).Closed
	require.Len(t, closed, 1)
	require.Equal(t, want, closed[0].Record(2, epoch))

	d.now = time.Second
	d = newDesk(t, Settings{})
	d.now = time.Second
	d.enters(receiving, Open)
	d.step(Allocate{Now: d.now, Key: receiving, MsgSpace: 1, BitSpace: 40})
	d.gets(them, 2, "hello")
	d.now = 3 * time.Second
	want.SendingHost, want.ReceivingHost = them, 2
	require.Equal(t, want, d.hears(them, clsFrom(receiving)).Closed[0].Record(2, epoch))
}
