package ncp

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sockscope/rfc147"
	"sockscope/rfc147/hosthost"
)

// RFC 165 p.1: "the sum of l and f must be odd", and s is not zero.
func TestAnInitThatCannotBe(t *testing.T) {
	d := newDesk(t, Settings{})
	require.Equal(t, BadGender, d.step(Init{Key: Key{Host: them, Local: 2, Foreign: 4}, Size: 8}).Answer)
	require.Equal(t, BadGender, d.step(Init{Key: Key{Host: them, Local: 1, Foreign: 3}, Size: 8}).Answer)
	require.Equal(t, BadSize, d.step(Init{Key: sending}).Answer)
	require.Equal(t, BadSize, d.step(Listen{Local: 79}).Answer)
	require.Equal(t, BadGender, d.step(Listen{Local: 79, Size: 8, One: true, Foreign: 1}).Answer)
	require.Equal(t, NoConnection, d.step(Unlisten{Local: 79}).Answer)
	requireEmpty(t, d.n)
}

// NIC 8246 p.10: no more than one connection to any local socket.
func TestALocalSocketHasOneConnection(t *testing.T) {
	d := newDesk(t, Settings{}).enters(sending, Open)
	second := Key{Host: 4, Local: sending.Local, Foreign: 2}
	require.Equal(t, SocketBusy, d.step(Init{Key: second, Size: 8}).Answer)
	d.hears(4, rfcFrom(second)) // waits
	require.Equal(t, SocketBusy, d.step(Init{Key: second, Size: 8}).Answer)
	require.Equal(t, OK, d.step(Listen{Local: sending.Local, Size: 8}).Answer)
	require.Equal(t, SocketBusy, d.step(Listen{Local: sending.Local, Size: 8}).Answer)
	require.Equal(t, RFCReceived, d.n.Connection(second).State)

	d.step(Close{Key: sending})
	require.Equal(t, RFCReceived, d.n.Connection(second).State, "the socket is not free before the other's CLS")
	o := d.hears(them, clsFrom(sending))
	require.Equal(t, []string{"STR 79 2 size 8"}, says(o))
	require.Equal(t, []Signal{Ended, Opened}, told(o))

	d.step(Listen{Local: 1000})
	require.Equal(t, SocketBusy, d.step(Init{Key: Key{Host: 4, Local: 1000, Foreign: 1}}).Answer)
	require.Equal(t, []Rule{listenEnds}, d.step(Unlisten{Local: 1000}).Rules)
	require.Equal(t, OK, d.step(Init{Key: Key{Host: 4, Local: 1000, Foreign: 1}}).Answer)
}

// NIC 8246 p.12: a LISTEN may name the host, the socket, or both.
func TestAListenMayNameWhomItWaitsFor(t *testing.T) {
	for _, c := range []struct {
		name   string
		listen Listen
		open   Key
	}{
		{"anybody", Listen{}, Key{4, 79, 2000}},
		{"a host", Listen{OneHost: true, Host: them}, Key{them, 79, 2002}},
		{"a socket", Listen{One: true, Foreign: 2004}, Key{4, 79, 2004}},
		{"both", Listen{OneHost: true, Host: them, One: true, Foreign: 2004}, Key{them, 79, 2004}},
	} {
		t.Run(c.name, func(t *testing.T) {
			candidates := []Key{{4, 79, 2000}, {them, 79, 2002}, {4, 79, 2004}, {them, 79, 2004}}
			c.listen.Local, c.listen.Size = 79, 8
			before, after := newDesk(t, Settings{}), newDesk(t, Settings{})
			before.step(c.listen)
			for i, k := range candidates {
				rfc := rfcFrom(k)
				rfc.Link += uint8(i)
				before.hears(k.Host, rfc)
				after.hears(k.Host, rfc)
			}
			after.step(c.listen)
			for _, d := range []*desk{before, after} {
				for _, k := range candidates {
					want := RFCReceived
					if k == c.open {
						want = Open
					}
					require.Equal(t, want, d.n.Connection(k).State, "%+v", k)
				}
			}
		})
	}
}

// RFC 165 p.3: "For each L there is only one pair of associated byte sizes".
func TestASizeThatIsNotWantedIsRefused(t *testing.T) {
	str := rfcFrom(receiving)
	str.Size = 36
	for _, c := range []struct {
		name string
		does func(d *desk) Outcome
	}{
		{"the match of our RTS", func(d *desk) Outcome { d.step(Init{Key: receiving, Size: 8}); return d.hears(them, str) }},
		{"an RFC for a LISTEN", func(d *desk) Outcome { d.step(Listen{Local: receiving.Local, Size: 8}); return d.hears(them, str) }},
		{"a LISTEN for an RFC", func(d *desk) Outcome { d.hears(them, str); return d.step(Listen{Local: receiving.Local, Size: 8}) }},
		{"an Init for an RFC", func(d *desk) Outcome { d.hears(them, str); return d.step(Init{Key: receiving, Size: 8}) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t, Settings{})
			o := c.does(d)
			has(t, o, sizeUnwanted)
			require.Equal(t, []string{ownCLS(receiving)}, says(o))
			require.Equal(t, CLSSent, d.n.Connection(receiving).State)
			d.hears(them, clsFrom(receiving))
			require.Zero(t, d.n.Len())
		})
	}
	d := newDesk(t, Settings{})
	d.step(Init{Key: receiving})
	d.hears(them, str)
	require.EqualValues(t, 36, d.n.Connection(receiving).Size, "0 is any")
}

// A match of an RFC that has not even gone is refused without it.
func TestAnUnwantedSizeTakesBackAnRFCThatWaits(t *testing.T) {
	d := newDesk(t, Settings{})
	d.step(Reset{Host: 4})
	d.hold = true
	for i := range MaxOutstanding {
		d.step(Init{Key: Key{Host: them, Local: 2 * rfc147.Socket(i), Foreign: 1}})
	}
	d.step(Init{Key: receiving, Size: 8})
	str := rfcFrom(receiving)
	str.Size = 36
	has(t, d.hears(them, str), sizeUnwanted)
	require.Equal(t, []string{ownCLS(receiving)}, says(d.step(Arrives{Message: d.owed[1].Append(nil)})))
}

// An RFC of ours that has not gone yet is taken back without a word; a CLS for it is about
// something else.
func TestAnRFCThatWaitsIsTakenBack(t *testing.T) {
	d := newDesk(t, Settings{})
	d.hold = true
	for i := range MaxOutstanding {
		d.step(Init{Key: Key{Host: them, Local: 2 * rfc147.Socket(i), Foreign: 1}})
	}
	d.step(Init{Key: receiving})
	has(t, d.hears(them, clsFrom(receiving)), clsUnknown)
	o := d.step(Close{Key: receiving})
	has(t, o, rfcTakenBack)
	require.Equal(t, None, d.n.Connection(receiving).State)
	d.rfnms(1)
	require.Equal(t, "ERR 4 030000004f000003ea00", d.sent[len(d.sent)-1])
	d.rfnms(1)
	require.Len(t, d.sent, MaxOutstanding+1, "nothing else waits")
}

// A CLS ends a connection whose RFC still waits: the RFC goes first, then the CLS.
func TestACLSGoesBehindTheRFCThatWaits(t *testing.T) {
	d := newDesk(t, Settings{})
	d.hold = true
	for i := range MaxOutstanding {
		d.step(Init{Key: Key{Host: them, Local: 2 * rfc147.Socket(i), Foreign: 1}})
	}
	d.step(Listen{Local: sending.Local, Size: 8})
	d.hears(them, rfcFrom(sending))
	require.Equal(t, Open, d.n.Connection(sending).State)
	d.hears(them, clsFrom(sending))
	require.Equal(t, None, d.n.Connection(sending).State)
	d.rfnms(2)
	require.Equal(t, []string{ownRFC(sending), ownCLS(sending)}, d.sent[MaxOutstanding:])
}

// NIC 8246 p.20: links are unique among the connections from one host; there are seventy.
func TestLinksAreUniqueForAHost(t *testing.T) {
	d := newDesk(t, Settings{})
	seen := map[uint8]bool{}
	for i := range 70 {
		k := Key{Host: them, Local: 2 * rfc147.Socket(i), Foreign: 1}
		require.Equal(t, OK, d.step(Init{Key: k}).Answer)
		link := d.n.Connection(k).Link
		require.False(t, seen[link], "link %d", link)
		require.True(t, hosthost.FirstLink <= link && link <= hosthost.LastLink)
		seen[link] = true
	}
	require.Equal(t, NoLink, d.step(Init{Key: receiving}).Answer)
	d.hears(them, rfcFrom(receiving))
	o := d.step(Listen{Local: receiving.Local})
	has(t, o, noLinkLeft)
	require.Equal(t, []string{ownCLS(receiving)}, says(o))
	require.Equal(t, OK, d.step(Init{Key: Key{Host: 4, Local: 2000, Foreign: 1}}).Answer, "another host has its own")
}

// NIC 8246 p.11 and 14: no host can keep whatever others send. The queues are bounded for a
// socket and in all, the table for a host.
func TestAFloodOfRFCsIsBounded(t *testing.T) {
	d := newDesk(t, Settings{PerSocket: 4, Waiting: 10, PerHost: 20})
	for i := range rfc147.Socket(1000) {
		d.hears(them, hosthost.Command{Opcode: hosthost.STR, My: 2*i + 1, Your: 2 * (i % 5), Size: 8})
	}
	require.Equal(t, 20, d.n.Len())
	require.Equal(t, 10, d.n.waiting)
	refused := 0
	for _, c := range d.n.Connections() {
		if c.State == CLSSent {
			refused++
		}
	}
	require.Equal(t, 10, refused)
	require.Equal(t, NoRoom, d.step(Init{Key: Key{Host: them, Local: 100, Foreign: 1}}).Answer)
	require.Equal(t, OK, d.step(Init{Key: Key{Host: 4, Local: 100, Foreign: 1}}).Answer, "other hosts have room")

	d = newDesk(t, Settings{Listens: 1})
	d.step(Listen{Local: 2})
	require.Equal(t, NoRoom, d.step(Listen{Local: 4}).Answer)
}

// What waits for RFNMs is bounded, too: while it is too much, commands are not looked at,
// except a RST, which ends it.
func TestAFloodWithoutRFNMsIsBounded(t *testing.T) {
	d := newDesk(t, Settings{}).enters(sending, Open).enters(receiving, Open)
	d.hold = true
	for range 5000 {
		d.n.Step(Arrives{Message: controlMessage(them, hosthost.Command{Opcode: hosthost.ECO}, hosthost.Command{Opcode: 99})}, &Outcome{})
	}
	require.Len(t, d.n.hosts[them].queue, maxCommands)
	has(t, d.hears(them, hosthost.Command{Opcode: hosthost.ECO}), tooManyCommands)
	has(t, d.hears(them, hosthost.Command{Opcode: 99}), tooManyCommands)
	for _, e := range []Event{Init{Key: Key{Host: them, Local: 4, Foreign: 1}}, Allocate{Key: receiving}, Echo{Host: them}} {
		require.Equal(t, NoRoom, d.step(e).Answer, "%T", e)
	}
	d.hears(them, rst)
	require.Empty(t, d.n.hosts[them].queue)
}

// NIC 8246 p.11: there is no prescribed lifetime, so it is ours.
func TestAnRFCWaitsItsTime(t *testing.T) {
	d := newDesk(t, Settings{}).enters(receiving, RFCReceived)
	when, ok := d.n.Deadline()
	require.True(t, ok)
	require.Equal(t, time.Minute, when)
	require.Equal(t, []Rule{nothingDue}, d.step(Timeout{Now: when - 1}).Rules)
	o := d.step(Timeout{Now: when})
	require.Equal(t, []string{ownCLS(receiving)}, says(o))
	has(t, o, rfcWaitedTooLong)
	require.Equal(t, CLSSent, d.n.Connection(receiving).State)
}

func TestAnRFCOfOursIsGivenUp(t *testing.T) {
	d := newDesk(t, Settings{RFCUnanswered: 20 * time.Second}).enters(receiving, RFCSent)
	o := d.step(Timeout{Now: 20 * time.Second})
	require.Equal(t, []string{ownCLS(receiving)}, says(o))
	require.Equal(t, []Signal{Unanswered}, told(o))
	has(t, o, rfcNeverAnswered)

	d = newDesk(t, Settings{RSTUnanswered: 2 * time.Minute})
	d.step(Reset{Host: them})
	d.step(Init{Key: receiving})
	o = d.step(Timeout{Now: time.Minute})
	has(t, o, rfcTakenBack)
	require.Empty(t, o.Messages)
	require.Zero(t, d.n.Len())
}

// NIC 8246 p.14: "they forget a connection even if a matching CLS has not been received".
func TestACLSThatIsNeverAnsweredIsForgotten(t *testing.T) {
	d := newDesk(t, Settings{}).enters(receiving, CLSSent)
	when, _ := d.n.Deadline()
	require.Equal(t, 2*time.Minute, when)
	o := d.step(Timeout{Now: when})
	has(t, o, clsNeverAnswered)
	require.Equal(t, []Signal{Unanswered}, told(o))
	require.Len(t, o.Closed, 1)
	requireEmpty(t, d.n)
	has(t, d.hears(them, clsFrom(receiving)), clsUnknown)
}

// RFC 308: a host that does not answer a RST is given up.
func TestARSTThatIsNeverAnswered(t *testing.T) {
	d := newDesk(t, Settings{})
	d.step(Reset{Host: them})
	d.step(Init{Key: receiving})
	o := d.step(Timeout{Now: 15 * time.Second})
	has(t, o, rstNeverAnswered)
	require.Equal(t, []Signal{ResetUnanswered, Unanswered}, told(o))
	requireEmpty(t, d.n)
}

func TestAnECOThatIsNeverAnswered(t *testing.T) {
	d := newDesk(t, Settings{})
	d.step(Echo{Host: them, Data: 1})
	o := d.step(Timeout{Now: 20 * time.Second})
	has(t, o, ecoNeverAnswered)
	require.Equal(t, []Signal{EchoUnanswered}, told(o))
	requireEmpty(t, d.n)
}

// RFC 270: an IMP gives a message up after 30 s and says so. If it says nothing for a minute,
// nothing will come.
func TestAnRFNMThatNeverComes(t *testing.T) {
	d := newDesk(t, Settings{}).enters(sending, CLSWait)
	o := d.step(Timeout{Now: time.Minute})
	has(t, o, rfnmNeverCame)
	require.Equal(t, []string{ownCLS(sending)}, says(o))
}

// Of several deadlines, of places and of hosts, the first is given; each is met by itself.
func TestDeadlinesComeInOrder(t *testing.T) {
	d := newDesk(t, Settings{})
	d.step(Init{Now: 1, Key: receiving})
	d.step(Echo{Now: 2, Host: them})
	d.step(Reset{Now: 3, Host: 4})
	d.step(Init{Now: 4, Key: Key{Host: 5, Local: 2, Foreign: 1}})
	d.step(Init{Now: 5, Key: Key{Host: 5, Local: 4, Foreign: 1}})
	d.step(Close{Now: 6, Key: Key{Host: 5, Local: 2, Foreign: 1}})
	var all []time.Duration
	for when, ok := d.n.Deadline(); ok; when, ok = d.n.Deadline() {
		all = append(all, when)
		d.now = when
		d.step(Timeout{Now: when})
	}
	require.Equal(t, []time.Duration{
		15*time.Second + 3, 20*time.Second + 2, time.Minute + 1, time.Minute + 5, 2*time.Minute + 6, 3*time.Minute + 1, 3*time.Minute + 5,
	}, all)
	requireEmpty(t, d.n)
}

// Step leaves the NCP that it is given as it was: a snapshot can be played on again.
func TestStepIsPure(t *testing.T) {
	d := newDesk(t, Settings{}).enters(sending, Open).enters(receiving, RFCReceived)
	d.hold = true
	d.allowed(9, 900)
	d.step(Send{Key: sending, Text: []byte("x"), Count: 1})
	before := d.n.Clone()
	for _, e := range []Event{
		Close{Key: sending},
		Init{Key: receiving},
		Listen{Local: 4},
		Timeout{Now: time.Hour},
		Arrives{Message: controlMessage(them, rst)},
		Send{Key: sending, Text: []byte("xy"), Count: 2},
		Reset{Host: them},
		Echo{Host: 9},
	} {
		first, o := Step(d.n, e)
		require.Equal(t, before, d.n.Clone(), "%T", e)
		second, again := Step(before, e)
		require.Equal(t, o, again)
		require.Equal(t, first.Clone(), second.Clone())
	}
}
