package tui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sockscope/rfc147"
)

// explorerModel is what the socket explorer shows, without a screen: one end of a
// connection of 1971, and where a person is in it. Each method is a key's action.
type explorerModel struct {
	end    hostSocket
	other  hostSocket // the end that it is checked against
	bit    int        // the cursor: 1 to 32 from the most significant, as RFC 147 draws them
	field  int        // that digits are typed into, from 0; noField: digits open a pane
	typed  string
	pane   int // 1 to 6
	lower  int // 2 to 6: the pane shown where there is room for one more
	scroll int // rows of the pane that are above its upper edge
	said   *remark
}

// hostSocket is one end: a socket and the host that it is at, which is not in the
// number. Together they are 40 bits.
type hostSocket struct {
	host   uint8
	socket rfc147.Socket
}

// remark is a sentence of viz/words with what fills it, in pairs of name and value.
type remark struct {
	key   string
	pairs []string
}

const (
	noField        = -1
	lastBit        = 32
	explorerPanes  = 6
	paneHelp       = 0 // never has the focus
	panePartner    = 3
	paneStructures = 6
)

// newExplorer starts with RFC 147's own example, the logger of the Lincoln Laboratory
// 360/67, and checks it against a socket of host 1 that it can be joined to.
func newExplorer() explorerModel {
	return explorerModel{
		end: hostSocket{10, 0x0A000001}, other: hostSocket{1, 2},
		bit: lastBit, field: noField, pane: 1, lower: 2,
	}
}

// flip turns the bit at the cursor over.
func (m *explorerModel) flip() {
	m.end.socket = m.flipped()
	m.field, m.typed = noField, ""
}

// flipped is the socket that flip leads to.
func (m *explorerModel) flipped() rfc147.Socket { return m.end.socket ^ 1<<(lastBit-m.bit) }

// move takes the cursor so many bits to the right, as far as there are bits.
func (m *explorerModel) move(bits int) {
	m.bit = min(max(m.bit+bits, 1), lastBit)
	m.field, m.typed = noField, ""
}

// nextField goes to the field so many further on, round from the last to the first.
func (m *explorerModel) nextField(by int) {
	layout := rfc147.Layout()
	if m.field == noField && by < 0 {
		m.field = 0
	}
	m.field, m.typed = (m.field+by+len(layout))%len(layout), ""
	f := layout[m.field]
	m.bit = f.First + f.Len - 1
	m.open(1)
}

// digit types a digit into the field that was chosen; without one it opens a pane.
func (m *explorerModel) digit(d int) {
	if m.field == noField {
		if d < 1 || d > explorerPanes {
			m.say("explorer.no-field")
			return
		}
		m.open(d)
		return
	}
	f := rfc147.Layout()[m.field]
	if f.Len == 1 {
		m.typed = "" // a second digit never fits
	}
	typed := strings.TrimLeft(m.typed+strconv.Itoa(d), "0")
	value, err := strconv.ParseUint("0"+typed, 10, 32)
	if err != nil || value > uint64(f.Max()) {
		m.say("explorer.out-of-range", "field", f.Name, "found", typed, "most", fmt.Sprint(f.Max()))
		return
	}
	m.typed = typed
	m.end.socket = withField(m.end.socket, f, uint32(value))
}

// erase takes the last digit off the field's value.
func (m *explorerModel) erase() {
	if m.field == noField {
		m.say("explorer.no-field")
		return
	}
	f := rfc147.Layout()[m.field]
	value := f.Of(m.end.socket) / 10
	m.end.socket = withField(m.end.socket, f, value)
	m.typed = strings.TrimLeft(fmt.Sprint(value), "0")
}

// withField is a socket with another value in one of its fields.
func withField(s rfc147.Socket, f rfc147.Field, value uint32) rfc147.Socket {
	shift := lastBit + 1 - f.First - f.Len
	return s&^rfc147.Socket(f.Max()<<shift) | rfc147.Socket(value<<shift)
}

func (m *explorerModel) mate() {
	m.end.socket = m.end.socket.Mate()
	m.field, m.typed = noField, ""
}

// open goes to a pane.
func (m *explorerModel) open(pane int) {
	if pane != 1 {
		m.lower, m.field, m.typed = pane, noField, ""
	}
	m.pane, m.scroll = pane, 0
}

// nextPane goes to the pane so many further on, round from the last to the first.
func (m *explorerModel) nextPane(by int) {
	m.open((m.pane-1+by+explorerPanes)%explorerPanes + 1)
}

// read takes the socket that a person wrote, or the one to check it against: "check
// SOCKET". A host may stand before it: "10 : 10/0/0/send".
func (m *explorerModel) read(text string) {
	if rest, found := strings.CutPrefix(strings.TrimSpace(text), "check "); found {
		m.check(rest)
		return
	}
	if e, ok := m.parse(text, m.end); ok {
		m.end, m.field, m.typed = e, noField, ""
	}
}

// check takes the socket to check against, and shows what came out.
func (m *explorerModel) check(text string) {
	if e, ok := m.parse(text, m.other); ok {
		m.other = e
		m.open(panePartner)
	}
}

// parse reads an end; the host is the one of before where none is written.
func (m *explorerModel) parse(text string, before hostSocket) (hostSocket, bool) {
	host, socket, found := strings.Cut(text, ":")
	if !found {
		host, socket = fmt.Sprint(before.host), text
	}
	number, err := strconv.ParseUint(strings.TrimSpace(host), 10, 8)
	if err != nil {
		m.say("explorer.no-host", "found", quote(host))
		return hostSocket{}, false
	}
	s, err := rfc147.Parse(socket)
	if err != nil {
		key := "explorer.no-socket"
		if strings.Contains(socket, "/") {
			key = "explorer.no-fields"
		}
		m.say(key, "found", quote(socket))
		return hostSocket{}, false
	}
	return hostSocket{uint8(number), s}, true
}

// say leaves a remark.
func (m *explorerModel) say(key string, pairs ...string) { m.said = &remark{key, pairs} }

// socketUse is what a number was used for, put together from all entries of the directory
// that say the same.
type socketUse struct {
	scope       rfc147.Scope
	name        string
	service     string // in the words of the newest entry
	first, last rfc147.Socket
	hosts       []uint8 // that entries name
	sources     []rfc147.Source
}

// uses lists what the directory knows about the number itself: the headline first,
// then in the order of their oldest entries.
func (m *explorerModel) uses() []socketUse {
	listing, ok := rfc147.LookupSocket(m.end.socket)
	if !ok {
		return nil
	}
	headline := listing.Headline()
	all := mergeUses(listing.Entries)
	first := slices.IndexFunc(all, func(u socketUse) bool { return u.says(headline) })
	top := all[first]
	return slices.Insert(slices.Delete(all, first, first+1), 0, top)
}

// tagUses lists what the socket numbered like this one's last 8 bits was used for at
// its home host: services had such small numbers in the end (RFC 433).
func (m *explorerModel) tagUses() []socketUse {
	listing, _ := rfc147.LookupSocket(rfc147.Socket(m.end.socket.Tag()))
	home := m.end.socket.Home()
	return mergeUses(slices.DeleteFunc(listing.Entries, func(e rfc147.SocketEntry) bool {
		return e.Host == 0 || e.Host != home // no host had number 0
	}))
}

// mergeUses puts entries together that differ in host and source only.
func mergeUses(entries []rfc147.SocketEntry) []socketUse {
	var all []socketUse
	for _, e := range entries {
		i := slices.IndexFunc(all, func(u socketUse) bool { return u.says(e) })
		if i < 0 {
			i, all = len(all), append(all, socketUse{scope: e.Scope, name: e.Name, first: e.First, last: e.Last})
		}
		u := &all[i]
		u.service = e.Service
		if e.Host != 0 && !slices.Contains(u.hosts, e.Host) {
			u.hosts = append(u.hosts, e.Host)
		}
		if !slices.Contains(u.sources, e.Source) {
			u.sources = append(u.sources, e.Source)
		}
	}
	return all
}

// says reports whether an entry says the same of the same numbers, if in other words.
func (u socketUse) says(e rfc147.SocketEntry) bool {
	same := strings.EqualFold(u.service, e.Service) || u.name != "" && u.name == e.Name
	return same && u.scope == e.Scope && u.first == e.First && u.last == e.Last
}
