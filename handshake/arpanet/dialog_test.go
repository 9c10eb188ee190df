package arpanet

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sockscope/rfc147"
	"sockscope/rfc147/hosthost"
	"sockscope/statemachine/ncp"
)

// desk is a station that a test moves by hand: each message is answered by an RFNM.
type desk struct {
	t       *testing.T
	station *station
	said    []string
	records []rfc147.Record
}

func newDesk(t *testing.T, services ...Service) *desk {
	t.Helper()
	d := &desk{t: t}
	d.station = &station{
		number: 2, epoch: time.Unix(0, 0).UTC(), ncp: ncp.New(ncp.Settings{}), services: services, user: 0x02000100,
		account: func(r rfc147.Record) { d.records = append(d.records, r) },
	}
	d.station.settle()
	return d
}

// settle gives the RFNMs for what was said.
func (d *desk) settle() {
	for len(d.station.messages) > 0 {
		m := d.station.messages[0]
		d.station.messages = d.station.messages[1:]
		h, text, err := hosthost.ReadMessage(m)
		require.NoError(d.t, err)
		if h.Leader.Link == hosthost.ControlLink {
			c, _, _ := hosthost.Next(text)
			d.said = append(d.said, c.String())
		} else {
			d.said = append(d.said, string(text))
		}
		d.station.arrives(hosthost.Leader{Type: hosthost.RFNM, Host: h.Leader.Host, Link: h.Leader.Link}.Append(nil))
	}
}

// hears lets a command come from host 3 and gives what is said then.
func (d *desk) hears(c hosthost.Command) []string {
	text := c.Append(nil)
	d.station.arrives(hosthost.Header{Leader: hosthost.Leader{Host: 3}, S: 8, C: uint16(len(text))}.AppendMessage(nil, text, 0))
	return d.then()
}

func (d *desk) passes(long time.Duration) []string {
	d.station.now += long
	d.station.timeout()
	return d.then()
}

func (d *desk) then() []string {
	d.said = nil
	d.settle()
	return d.said
}

// contact is somebody's RTS for a service, from his socket; takes is his room for the number.
func contact(u rfc147.Socket, l rfc147.Socket) hosthost.Command {
	return hosthost.Command{Opcode: hosthost.RTS, My: u, Your: l, Link: uint8(40 + u/1000)}
}

func takes(u rfc147.Socket) hosthost.Command {
	return hosthost.Command{Opcode: hosthost.ALL, Link: uint8(40 + u/1000), MsgSpace: 1, BitSpace: 32}
}

var greeter = Service{Contact: LoggerSocket, pair: 128, users: 2, start: func() resident { return &logger{} }}

// RFC 287: an ICP that takes longer than a minute is given up, so that nobody keeps the others
// from a contact socket.
func TestAnICPThatTakesTooLongIsGivenUp(t *testing.T) {
	d := newDesk(t, greeter)
	require.Equal(t, []string{"STR 1 1002 size 32"}, d.hears(contact(1002, 1)))
	require.Empty(t, d.hears(contact(2002, 1)), "he waits")
	when, ok := d.station.deadline()
	require.True(t, ok)
	require.Equal(t, unhurried, when)
	d.station.now = 0
	require.Equal(t, []string{"CLS 1 2002", "CLS 1 1002"}, d.passes(unhurried), "the NCP lets nobody wait longer")
	require.Empty(t, d.hears(hosthost.Command{Opcode: hosthost.CLS, My: 1002, Your: 1}))
	require.Equal(t, []string{"STR 1 3002 size 32"}, d.hears(contact(3002, 1)))
}

// open brings a user through the ICP; the link of what he hears is 50 more than that of the
// contact.
func (d *desk) open(u, s rfc147.Socket) {
	d.hears(contact(u, 1))
	d.hears(takes(u))
	d.hears(hosthost.Command{Opcode: hosthost.CLS, My: u, Your: 1})
	d.hears(hosthost.Command{Opcode: hosthost.STR, My: u + 3, Your: s, Size: 8})
	d.hears(hosthost.Command{Opcode: hosthost.RTS, My: u + 2, Your: s + 1, Link: uint8(50 + u/1000)})
}

// What a user does not take is not kept for ever: after a minute the service hangs up.
func TestASlowUserIsHungUpOn(t *testing.T) {
	d := newDesk(t, greeter)
	d.open(1002, 128)
	require.Equal(t, []string{"Hos"}, d.hears(hosthost.Command{Opcode: hosthost.ALL, Link: 51, MsgSpace: 2, BitSpace: 24}))
	require.Equal(t, []string{"CLS 128 1005"}, d.hears(hosthost.Command{Opcode: hosthost.CLS, My: 1005, Your: 128}), "half is closed")
	require.Equal(t, []string{"CLS 129 1004"}, d.passes(unhurried))
	require.Empty(t, d.hears(hosthost.Command{Opcode: hosthost.CLS, My: 1004, Your: 129}))
	require.Zero(t, d.station.ncp.Len())
	require.Len(t, d.records, 3)
}

// A plug that is free again serves the next user; each who is there has another one.
func TestEachUserHasAPlugOfHisOwn(t *testing.T) {
	d := newDesk(t, greeter)
	d.open(1002, 128)
	d.open(2002, 130)
	require.Empty(t, d.hears(contact(3002, 1)), "two at a time")
	d.hears(hosthost.Command{Opcode: hosthost.CLS, My: 1005, Your: 128})
	require.Equal(t, []string{"CLS 129 1004", "STR 1 3002 size 32"}, d.hears(hosthost.Command{Opcode: hosthost.CLS, My: 1004, Your: 129}))
	require.Equal(t, []string{"\x00\x00\x00\x80", "RTS 128 3005 link 4", "STR 129 3004 size 8", "CLS 1 3002"}, d.hears(takes(3002)))
}

// RFC 738: the number on the contact connection is the time, and nothing follows.
func TestTheTimeHasNoICP(t *testing.T) {
	d := newDesk(t, Services(2)...)
	require.Equal(t, []string{"STR 37 1002 size 32"}, d.hears(contact(1002, TimeSocket)))
	require.Equal(t, []string{"\x83\xaa\x7e\x80", "CLS 37 1002"}, d.hears(takes(1002)))
	require.Empty(t, d.hears(hosthost.Command{Opcode: hosthost.CLS, My: 1002, Your: TimeSocket}))
	require.Zero(t, d.station.ncp.Len())
	require.Len(t, d.records, 1)
	require.EqualValues(t, 32, d.records[0].Bits)
}

// What a server says instead of a number, RFC 165 p.2 does not know.
func TestAServerMustGiveANumberThatReceives(t *testing.T) {
	for _, moment := range []bool{false, true} {
		d := newDesk(t)
		d.station.known[3] = true
		called, answer := d.station.call(3, 79, moment)
		require.Equal(t, ncp.OK, answer)
		require.Equal(t, []string{"RTS 33554688 79 link 2"}, d.then())
		require.Equal(t, []string{"ALL link 2 msgs 1 bits 32"}, d.hears(hosthost.Command{Opcode: hosthost.STR, My: 79, Your: 33554688, Size: 8}))
		d.station.arrives([]byte("\x00\x03\x02\x00\x00\x08\x00\x01\x00\x81"))
		require.Equal(t, []string{"CLS 33554688 79"}, d.then())
		require.ErrorIs(t, called.err, ErrProtocol)
		require.Empty(t, d.hears(hosthost.Command{Opcode: hosthost.CLS, My: 79, Your: 33554688}))
		require.Empty(t, d.station.dialogs)
	}
}

// A user has 64 pairs of plugs, and one ECO to each host.
func TestCallsAreBounded(t *testing.T) {
	d := newDesk(t)
	for range pairsOfPlugs {
		_, answer := d.station.call(3, 79, false)
		require.Equal(t, ncp.OK, answer)
	}
	_, answer := d.station.call(3, 79, false)
	require.NotEqual(t, ncp.OK, answer)
	_, answer = d.station.ping(3, 1)
	require.Equal(t, ncp.OK, answer)
	_, answer = d.station.ping(3, 1)
	require.Equal(t, ncp.Pending, answer)
}

// RFC 738 names these days.
func TestTheTimeIsThatOfRFC738(t *testing.T) {
	for want, at := range map[uint32]string{
		2208988800: "1970-01-01", 2398291200: "1976-01-01", 2524521600: "1980-01-01", 2629584000: "1983-05-01",
	} {
		day, err := time.Parse(time.DateOnly, at)
		require.NoError(t, err)
		require.Equal(t, want, since1900(day))
	}
}

// Options of the new TELNET are refused, the old one's controls left out, and a line ends with
// CR LF however it is cut.
func TestATerminalIsRead(t *testing.T) {
	var n nvt
	said := []byte("\x84\xff\xfd\x01one\r\n\xff\xf1two\x00\r\nthr\xff\xfb\x03ee\xff\xfe\x05\n")
	lines, refusals := n.lines(said)
	require.Equal(t, [][]byte{[]byte("one"), []byte("two"), []byte("three")}, lines)
	require.Equal(t, []byte("\xff\xfc\x01\xff\xfe\x03"), refusals)
	n = nvt{}
	lines, refusals = nil, nil
	for i := range said {
		l, r := n.lines(said[i : i+1])
		lines, refusals = append(lines, l...), append(refusals, r...)
	}
	require.Equal(t, [][]byte{[]byte("one"), []byte("two"), []byte("three")}, lines)
	require.Equal(t, []byte("\xff\xfc\x01\xff\xfe\x03"), refusals)
	lines, _ = n.lines([]byte(strings.Repeat("x", 1000) + "\n"))
	require.Len(t, lines[0], maxLine)
	require.Equal(t, []byte("a\r\nb\r\n??"), ascii("a\nb\r\n소켓"))
}

// The account of a service and of a user is the same each time, and no two share one.
func TestAccountsAreStable(t *testing.T) {
	seen := map[rfc147.Account]string{}
	for _, v := range Services(2) {
		require.Empty(t, seen[v.pair.Account()])
		require.EqualValues(t, 2, v.pair.Home())
		require.Equal(t, rfc147.Sends, v.Contact.Polarity())
		seen[v.pair.Account()] = v.Name
	}
	once, err := UserSocket(3, "winett")
	require.NoError(t, err)
	again, err := UserSocket(3, "winett")
	require.NoError(t, err)
	require.Equal(t, once, again)
	require.Equal(t, "3/"+once.Account().String()[2:]+"/0/receive", once.Fields())
	_, err = UserSocket(3, "")
	require.ErrorContains(t, err, "name")
}

// Whatever comes, a station answers and keeps within its bounds.
func FuzzStation(f *testing.F) {
	for _, c := range []hosthost.Command{
		contact(1002, 1), takes(1002), {Opcode: hosthost.RST}, {Opcode: hosthost.ECO, Data: 1},
	} {
		text := c.Append(nil)
		f.Add(hosthost.Header{Leader: hosthost.Leader{Host: 3}, S: 8, C: uint16(len(text))}.AppendMessage(nil, text, 0), uint8(0))
	}
	services := Services(2)
	f.Fuzz(func(t *testing.T, messages []byte, cut uint8) {
		d := newDesk(t, services...)
		for len(messages) > 0 {
			n := min(1+int(messages[0])%(int(cut)+1), len(messages))
			d.station.arrives(messages[:n])
			d.then()
			d.passes(time.Second)
			messages = messages[n:]
		}
		require.LessOrEqual(t, len(d.station.dialogs), len(serviceNames)*atOnce)
		d.station.farewell()
	})
}
