package ncp

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sockscope/rfc147/hosthost"
)

// reached are the rules that fired in any test.
var reached [256]bool

// TestMain fails a whole run in which a rule never fired: what nothing reaches, nobody needs.
func TestMain(m *testing.M) {
	code := m.Run()
	whole := flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.list").Value.String() == "" &&
		flag.Lookup("test.fuzz").Value.String() == "" && flag.Lookup("test.skip").Value.String() == ""
	if whole && code == 0 {
		for _, r := range AllRules() {
			if !reached[r] {
				fmt.Printf("no test reaches the rule %v\n", r)
				code = 1
			}
		}
	}
	os.Exit(code)
}

func note(o *Outcome) {
	for _, r := range o.Rules {
		reached[r] = true
	}
}

// them is the foreign host, in most tests.
const them = 3

// The two connections that tests talk about: in one we receive, in the other we send.
var (
	receiving = Key{Host: them, Local: 1002, Foreign: 79}
	sending   = Key{Host: them, Local: 79, Foreign: 1002}
)

// desk is one NCP, and an IMP that answers each message by an RFNM, unless hold says that it
// is to wait.
type desk struct {
	t    testing.TB
	n    *NCP
	now  time.Duration
	hold bool
	sent []string // all messages
	owed []hosthost.Leader
}

func newDesk(tb testing.TB, s Settings) *desk {
	tb.Helper()
	return &desk{t: tb, n: New(s)}
}

// step takes the NCP through an event and gives what became of it, before any RFNM comes.
func (d *desk) step(e Event) Outcome {
	d.t.Helper()
	var o Outcome
	d.n.Step(e, &o)
	d.check(&o)
	d.settle(&o)
	return o
}

func (d *desk) check(o *Outcome) {
	d.t.Helper()
	note(o)
	require.NotEmpty(d.t, o.Rules, "an outcome without a rule")
	checkTable(d.t, d.n)
}

// settle answers what was sent.
func (d *desk) settle(o *Outcome) {
	d.t.Helper()
	for i := range o.Messages {
		m := &o.Messages[i]
		d.sent = append(d.sent, written(m))
		d.owed = append(d.owed, hosthost.Leader{Type: hosthost.RFNM, Host: m.Host, Link: m.Link})
	}
	if !d.hold {
		d.rfnms(len(d.owed))
	}
}

// rfnms gives the first so many RFNMs that are owed.
func (d *desk) rfnms(count int) {
	d.t.Helper()
	for ; count > 0 && len(d.owed) > 0; count-- {
		l := d.owed[0]
		d.owed = d.owed[1:]
		d.step(Arrives{Now: d.now, Message: l.Append(nil)})
	}
}

// written is a message as a person would write it.
func written(m *Message) string {
	if m.Link == hosthost.ControlLink {
		return m.Command.String()
	}
	return fmt.Sprintf("link %d: %d of %d bits", m.Link, m.Count, m.Size)
}

// says gives the messages of an outcome.
func says(o Outcome) []string {
	all := []string{}
	for i := range o.Messages {
		all = append(all, written(&o.Messages[i]))
	}
	return all
}

// told gives the signals of an outcome.
func told(o Outcome) []Signal {
	var all []Signal
	for _, t := range o.Told {
		all = append(all, t.Signal)
	}
	return all
}

// hears lets a control message with these commands come from a host.
func (d *desk) hears(from uint8, commands ...hosthost.Command) Outcome {
	d.t.Helper()
	return d.step(Arrives{Now: d.now, Message: controlMessage(from, commands...)})
}

func controlMessage(from uint8, commands ...hosthost.Command) []byte {
	var text []byte
	for _, c := range commands {
		text = c.Append(text)
	}
	h := hosthost.Header{Leader: hosthost.Leader{Host: from}, S: 8, C: uint16(len(text))}
	return h.AppendMessage(nil, text, 0)
}

// gets lets text of 8-bit bytes come over a link.
func (d *desk) gets(from, link uint8, text string) Outcome {
	d.t.Helper()
	h := hosthost.Header{Leader: hosthost.Leader{Host: from, Link: link}, S: 8, C: uint16(len(text))}
	return d.step(Arrives{Now: d.now, Message: h.AppendMessage(nil, []byte(text), 0)})
}

// rfcFrom is the RFC of the other end of a connection, and clsFrom its CLS.
func rfcFrom(k Key) hosthost.Command {
	if k.sends() {
		return hosthost.Command{Opcode: hosthost.RTS, My: k.Foreign, Your: k.Local, Link: 42}
	}
	return hosthost.Command{Opcode: hosthost.STR, My: k.Foreign, Your: k.Local, Size: 8}
}

func clsFrom(k Key) hosthost.Command {
	return hosthost.Command{Opcode: hosthost.CLS, My: k.Foreign, Your: k.Local}
}

// ownRFC and ownCLS are what we send for a connection.
func ownRFC(k Key) string {
	if k.sends() {
		return fmt.Sprintf("STR %d %d size 8", k.Local, k.Foreign)
	}
	return fmt.Sprintf("RTS %d %d link 2", k.Local, k.Foreign)
}

func ownCLS(k Key) string { return fmt.Sprintf("CLS %d %d", k.Local, k.Foreign) }

// enters takes a connection into a state, the shortest way.
func (d *desk) enters(k Key, s State) *desk {
	d.t.Helper()
	switch s {
	case None:
	case RFCReceived:
		d.hears(k.Host, rfcFrom(k))
	case RFCSent:
		d.step(Init{Now: d.now, Key: k, Size: 8})
	case Open:
		d.enters(k, RFCSent)
		d.hears(k.Host, rfcFrom(k))
	case CLSWait:
		d.enters(k, Open)
		d.inTransit(k)
		d.step(Close{Now: d.now, Key: k})
	case CLSSent:
		d.enters(k, Open)
		d.step(Close{Now: d.now, Key: k})
	}
	require.Equal(d.t, s, d.n.Connection(k).State)
	return d
}

// inTransit sends a message that stays in transit.
func (d *desk) inTransit(k Key) {
	d.t.Helper()
	d.allowed(1, 1000)
	d.hold = true
	require.Equal(d.t, 1, d.step(Send{Now: d.now, Key: k, Text: []byte("x"), Count: 1}).Sent)
}

// allowed lets an ALL come for the connection that we send over.
func (d *desk) allowed(messages uint16, bits uint32) Outcome {
	d.t.Helper()
	return d.hears(them, hosthost.Command{Opcode: hosthost.ALL, Link: 42, MsgSpace: messages, BitSpace: bits})
}

// checkTable requires what must be true of every table, whatever has happened.
func checkTable(tb testing.TB, n *NCP) {
	tb.Helper()
	if broken := violated(n); broken != "" {
		tb.Fatal(broken)
	}
}

// violated says which invariant of a table does not hold, if one does not.
func violated(n *NCP) string {
	count, waiting, owners := 0, 0, map[any]int{}
	for foreign, h := range n.hosts {
		if h == nil {
			continue
		}
		outstanding, inTable := 0, 0
		for _, c := range h.transit {
			outstanding += int(c)
		}
		if outstanding != int(h.outstanding) || outstanding > MaxOutstanding {
			return fmt.Sprintf("host %d: %d messages outstanding by link, %d in all, want at most %d", foreign, outstanding, h.outstanding, MaxOutstanding)
		}
		if (len(h.queue) > 0) && h.outstanding < MaxOutstanding && !h.resetting {
			return fmt.Sprintf("host %d: %d commands wait for nothing", foreign, len(h.queue))
		}
		for i := h.first; i != 0; i = n.places[i].onHost.after {
			c := &n.places[i]
			inTable++
			if int(c.Host) != foreign || n.byKey[c.Key] != i {
				return fmt.Sprintf("%+v stands where nobody looks for it", c.Key)
			}
			if c.State == RFCReceived {
				waiting++
			}
			if c.owned {
				owners[c.Local]++
				if n.sockets[c.Local].owner != i || owners[c.Local] > 1 {
					return fmt.Sprintf("%v has more than one connection", c.Local)
				}
			}
			byLink := &h.receives
			if c.sends() {
				byLink = &h.sends
			}
			if c.Link != 0 && byLink[c.Link] != i {
				return fmt.Sprintf("link %d is not that of %+v", c.Link, c.Key)
			}
		}
		if inTable != h.connections {
			return fmt.Sprintf("host %d: %d connections, counted %d", foreign, inTable, h.connections)
		}
		count += inTable
	}
	if count != n.count || len(n.byKey) != count || waiting != n.waiting {
		return fmt.Sprintf("%d entries, %d keys and %d waiting RFCs, counted %d, %d and %d", n.count, len(n.byKey), n.waiting, count, count, waiting)
	}
	return ""
}

// requireEmpty requires that nothing is left of anything.
func requireEmpty(tb testing.TB, n *NCP) {
	tb.Helper()
	require.Zero(tb, n.Len(), "%+v", n.Connections())
	require.Empty(tb, n.byKey)
	require.Empty(tb, n.sockets)
	require.Zero(tb, n.waiting)
	_, ok := n.Deadline()
	require.False(tb, ok, "something is still waited for")
	for foreign, h := range n.hosts {
		if h != nil {
			require.Empty(tb, h.queue, "host %d", foreign)
			require.Zero(tb, h.outstanding, "host %d", foreign)
			require.Equal(tb, [links]int32{}, h.sends)
			require.Equal(tb, [links]int32{}, h.receives)
		}
	}
}

// has requires that a rule is among those of an outcome.
func has(tb testing.TB, o Outcome, r Rule) {
	tb.Helper()
	require.True(tb, slices.Contains(o.Rules, r), "rules %v, want %v", o.Rules, r)
}
