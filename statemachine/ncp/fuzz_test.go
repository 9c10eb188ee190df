package ncp

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sockscope/rfc147"
	"sockscope/rfc147/hosthost"
)

// walk is two NCPs and a network that loses nothing. What goes over one link stays in order;
// what goes over different links does only if inOrder.
type walk struct {
	t       *testing.T
	ends    [2]*NCP
	inOrder bool
	wire    [2][]sent            // to each end
	rfnms   [2][]hosthost.Leader // to each end
	cls     [2]map[Key]int       // the CLSs that each end has sent
	said    [2]map[Key]uint64    // bits that each end has sent or got
	removed [2]map[Key]int
	resets  int
}

type sent struct {
	link   uint8
	octets []byte
}

// never are the rules that say that an NCP has broken the protocol: between two of ours, and
// with nothing lost, none of them fires.
var never = []Rule{
	rfcNoRoom, rfcRepeated, linkInUse, clsUnknown, textSize, textShort, textBeyond, linkUnused, allTooLarge, retUnasked,
	retTooLarge, erpStray, rrpStray, errArrives, controlEmpty, controlSize, controlLong, headerShort, illegalOpcode,
	shortParameters, badParameters, nonexistentSocket, halfOpen, tooManyCommands, leaderShort, rfnmStray,
}

// number is the host number of an end.
func number(end int) uint8 { return uint8(10 + end) }

func newWalk(t *testing.T, how byte) *walk {
	t.Helper()
	w := &walk{t: t, inOrder: how&1 != 0}
	for i := range w.ends {
		w.ends[i] = New(Settings{PerSocket: 2 + int(how>>1&1), MessageBits: 64 + int(how)})
		w.cls[i], w.said[i], w.removed[i] = map[Key]int{}, map[Key]uint64{}, map[Key]int{}
	}
	return w
}

// step lets something happen at an end, and puts what comes of it on the wire.
func (w *walk) step(i int, e Event) Outcome {
	w.t.Helper()
	var o Outcome
	w.ends[i].Step(e, &o)
	note(&o)
	if broken := violated(w.ends[i]); broken != "" {
		w.t.Fatalf("end %d, %T %+v: %s", i, e, e, broken)
	}
	for _, r := range o.Rules {
		if slices.Contains(never, r) {
			w.t.Fatalf("end %d, %T %+v: %v", i, e, e, r)
		}
	}
	if len(o.Rules) == 0 {
		w.t.Fatalf("end %d, %T %+v: no rule", i, e, e)
	}
	for n := range o.Messages {
		m := &o.Messages[n]
		octets := m.Append(nil)
		octets[1] = number(i)
		w.wire[1-i] = append(w.wire[1-i], sent{m.Link, octets})
		if m.Link == hosthost.ControlLink && m.Command.Opcode == hosthost.CLS {
			w.cls[i][Key{number(1 - i), m.Command.My, m.Command.Your}]++
		}
	}
	for _, c := range o.Closed {
		if !slices.Contains(o.Rules, rfcTakenBack) { // of that, nobody has heard
			w.removed[i][c.Key]++
		}
		w.said[i][c.Key] += c.Bits
	}
	return o
}

// deliver takes a message to an end: the oldest, or the oldest of its link.
func (w *walk) deliver(i, which int) bool {
	wire := w.wire[i]
	if len(wire) == 0 {
		return false
	}
	n := 0
	if !w.inOrder {
		n = which % len(wire)
		for first := range wire {
			if wire[first].link == wire[n].link {
				n = first
				break
			}
		}
	}
	m := wire[n]
	w.wire[i] = append(wire[:n:n], wire[n+1:]...)
	w.rfnms[1-i] = append(w.rfnms[1-i], hosthost.Leader{Type: hosthost.RFNM, Host: number(i), Link: m.link})
	w.step(i, Arrives{Message: m.octets})
	return true
}

// rfnm takes an RFNM to an end.
func (w *walk) rfnm(i, which int) bool {
	if len(w.rfnms[i]) == 0 {
		return false
	}
	n := which % len(w.rfnms[i])
	l := w.rfnms[i][n]
	w.rfnms[i] = append(w.rfnms[i][:n:n], w.rfnms[i][n+1:]...)
	w.step(i, Arrives{Message: l.Append(nil)})
	return true
}

// sockets is how many each end has: enough for crossings, few enough that they meet.
const sockets = 6

// do takes one choice: what, and how much of it.
func (w *walk) do(what, much byte) {
	i := int(what >> 7)
	k := Key{number(1 - i), rfc147.Socket(much % sockets), rfc147.Socket(much / sockets % sockets)}
	if k.Local.Polarity() == k.Foreign.Polarity() {
		k.Foreign ^= 1
	}
	size := 8 + 4*(much>>7)
	text := []byte("THE QUICK BROWN FOX JUMPS OVER THE LAZY DOG")
	switch what & 31 {
	case 0, 1, 2, 3, 4, 5, 6, 7:
		w.deliver(i, int(much))
	case 8, 9, 10, 11:
		w.rfnm(i, int(much))
	case 12, 13, 14, 15:
		w.step(i, Init{Key: k, Size: size})
	case 16, 17:
		w.step(i, Listen{Local: k.Local, Size: size})
	case 18, 19:
		w.step(i, Close{Key: k})
	case 20, 21:
		w.some(i, much, func(k Key) { w.step(i, Close{Key: k}) })
	case 22, 23:
		w.some(i, much, func(k Key) { w.step(i, Allocate{Key: k, MsgSpace: uint16(much%7) + 1, BitSpace: 40 * uint32(much)}) })
	case 24, 25, 26:
		w.some(i, much, func(k Key) { w.step(i, Send{Key: k, Text: text, First: 1, Count: int(much % 28)}) })
	case 27:
		w.some(i, much, func(k Key) { w.step(i, GiveBack{Key: k, FM: much, FB: 255 - much}) })
	case 28:
		w.some(i, much, func(k Key) { w.step(i, Interrupt{Key: k}) })
	case 29:
		w.step(i, Echo{Host: number(1 - i), Data: much})
	case 30:
		w.step(i, Unlisten{Local: k.Local})
	case 31:
		if w.inOrder && much < 64 {
			w.resets++
			w.step(i, Reset{Host: number(1 - i)})
		}
	}
}

// some does something with one of an end's connections.
func (w *walk) some(i int, which byte, do func(Key)) {
	if all := w.ends[i].Connections(); len(all) > 0 {
		do(all[int(which)%len(all)].Key)
	}
}

// settle delivers all, closes what is open, and requires that nothing is left of it, that
// each CLS had its answer, and that what was said was heard.
func (w *walk) settle() {
	for range 10_000 {
		if w.deliver(0, 0) || w.deliver(1, 0) || w.rfnm(0, 0) || w.rfnm(1, 0) || w.closeOne(0) || w.closeOne(1) {
			continue
		}
		for i, n := range w.ends {
			requireEmpty(w.t, n)
			for k, count := range w.cls[i] {
				if other := (Key{number(i), k.Foreign, k.Local}); w.resets == 0 {
					require.Equal(w.t, count, w.cls[1-i][other], "CLSs of %+v", k)
					require.Equal(w.t, count, w.removed[i][k], "ends of %+v", k)
					require.Equal(w.t, w.said[i][k], w.said[1-i][other], "bits over %+v", k)
				}
			}
		}
		return
	}
	w.t.Fatalf("never quiet: %+v and %+v", w.ends[0].Connections(), w.ends[1].Connections())
}

// closeOne takes back a LISTEN or closes a connection, and reports that there was one.
func (w *walk) closeOne(i int) bool {
	for local := range rfc147.Socket(sockets) {
		if w.ends[i].sockets[local].listening {
			w.step(i, Unlisten{Local: local})
			return true
		}
	}
	for _, c := range w.ends[i].Connections() {
		switch c.State {
		case RFCReceived, RFCSent, Open:
			w.step(i, Close{Key: c.Key})
			return true
		case None, CLSWait, CLSSent:
		}
	}
	return false
}

// FuzzTwoNCPs lets two NCPs live at random. The first octet says how the network is; each
// pair behind it is a choice. Neither ever breaks the protocol, no text goes beyond its
// allocation, and when all is closed both tables are empty.
func FuzzTwoNCPs(f *testing.F) {
	f.Add([]byte{0, 12, 1, 0x80, 0, 0x8c, 6, 0, 0, 22, 50, 0x80, 0, 0x98, 3, 0, 0, 20, 0})
	for seed := range uint64(40) {
		f.Add(randomWalk(seed, 600))
	}
	f.Fuzz(func(t *testing.T, choices []byte) {
		if len(choices) < 1 || len(choices) > 2000 {
			t.Skip("between none and 1000 choices")
		}
		w := newWalk(t, choices[0])
		for choices = choices[1:]; len(choices) >= 2; choices = choices[2:] {
			w.do(choices[0], choices[1])
		}
		w.settle()
	})
}

func randomWalk(seed uint64, choices int) []byte {
	r := rand.New(rand.NewPCG(seed, 147))
	walk := make([]byte, 1+2*choices)
	for i := range walk {
		walk[i] = byte(r.UintN(256))
	}
	return walk
}

// FuzzArrives hears whatever an IMP may say, between calls and time-outs. An NCP keeps its
// table in order and within its bounds; what it sends can be read.
func FuzzArrives(f *testing.F) {
	f.Add(controlMessage(them, rfcFrom(receiving), rfcFrom(sending), rst), uint16(7))
	f.Add(controlMessage(them, hosthost.Command{Opcode: hosthost.ALL, Link: 2}, clsFrom(receiving)), uint16(300))
	f.Add(hosthost.Leader{Type: hosthost.RFNM, Host: them}.Append(nil), uint16(1))
	for seed := range uint64(20) {
		f.Add(randomWalk(seed, 100), uint16(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte, how uint16) {
		d := newDesk(t, Settings{PerSocket: 2, Waiting: 5, PerHost: 10})
		d.hold = how&1 != 0
		switch {
		case how&2 != 0:
			d.enters(receiving, RFCSent)
		case how&4 != 0:
			d.enters(receiving, Open)
		}
		d.step(Listen{Local: sending.Local, Size: 8})
		for cut := int(how>>4)%40 + 1; len(b) > 0; {
			m := b[:min(cut, len(b))]
			b = b[len(m):]
			o := d.step(Arrives{Now: d.now, Message: m})
			for i := range o.Messages {
				octets := o.Messages[i].Append(nil)
				h, text, err := hosthost.ReadMessage(octets)
				require.NoError(t, err)
				if h.Leader.Link == hosthost.ControlLink {
					c, rest, fault := hosthost.Next(text)
					require.Zero(t, fault)
					require.Empty(t, rest)
					require.Equal(t, o.Messages[i].Command, c)
					require.Zero(t, c.Check())
				}
			}
			if how&8 != 0 {
				d.now += 7 * time.Second
				d.step(Timeout{Now: d.now})
			}
		}
		for when, ok := d.n.Deadline(); ok; when, ok = d.n.Deadline() {
			d.now = max(d.now, when)
			d.step(Timeout{Now: d.now})
			for _, c := range d.n.Connections() {
				if c.State == Open {
					d.step(Close{Now: d.now, Key: c.Key})
				}
			}
		}
	})
}
