package viz

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"sockscope/rfc147"
	"sockscope/viz/words"
)

// Socket writes what the 32 bits of a socket say: its parts, its notations, its
// partners, and what the directory knows of it.
func Socket(w io.Writer, s rfc147.Socket, lang string) error {
	say := words.For(lang)
	p := &printer{w: w}
	p.line(0, s.String(), 16, say.Text("ui.socket."+s.Polarity().String()))
	p.line()
	for _, f := range rfc147.Layout() {
		bits := say.Say("ui.socket.bits", Fill("first", fmt.Sprint(f.First), "last", fmt.Sprint(f.First+f.Len-1)))
		if f.Len == 1 {
			bits = say.Say("ui.socket.bit", Fill("first", fmt.Sprint(f.First)))
		}
		p.line(2, say.Text("ui.socket."+f.Name), 14, fmt.Sprint(f.Of(s)), 22, bits,
			35, say.Text("ui.socket."+f.Name+".means"))
	}
	p.line(2, say.Text("ui.socket.inside"))
	p.line()
	for _, n := range notations(s) {
		p.line(2, say.Text("ui.socket."+n.name), 14, n.text)
	}
	p.line()
	p.line(2, say.Text("ui.socket.mate"), 14, s.Mate().String(), 28, say.Text("ui.socket.mate.means"))
	p.line(2, say.Text("ui.socket.joins"), 14, say.Text("ui.socket.joins."+s.Polarity().String()))
	p.line()
	listing, ok := rfc147.LookupSocket(s)
	if !ok {
		p.line(2, say.Text("ui.socket.directory"), 14, say.Text("ui.socket.unlisted"))
		return p.err
	}
	p.line(2, say.Text("ui.socket.directory"), 14, meaning(listing.Headline()))
	for _, e := range listing.Entries {
		p.socketEntry(14, e, say)
	}
	return p.err
}

// notations are the ways to write a socket, RFC 147's own first.
func notations(s rfc147.Socket) []struct{ name, text string } {
	return []struct{ name, text string }{
		{"rfc147", s.String()}, {"hex", s.Hex()}, {"decimal", s.Decimal()}, {"octal", s.Octal()}, {"fields", s.Fields()},
	}
}

// Pair writes whether a connection can join two sockets, and why not.
func Pair(w io.Writer, a, b rfc147.Socket, lang string) error {
	say := words.For(lang)
	p := &printer{w: w}
	for _, s := range []rfc147.Socket{a, b} {
		p.line(0, s.String(), 14, s.Fields(), 32, say.Text("ui.socket."+s.Polarity().String()))
	}
	if rfc147.Joins(a, b) != nil {
		p.line(0, say.Text("ui.pair.no."+a.Polarity().String()))
		return p.err
	}
	from, to := a, b
	if a.Polarity() == rfc147.Receives {
		from, to = b, a
	}
	p.line(0, say.Say("ui.pair.yes", Fill("from", from.String(), "to", to.String())))
	return p.err
}

// A printer writes lines of columns. It keeps the first error and then writes no more.
type printer struct {
	w   io.Writer
	err error
}

// line takes pairs of column and text, as [line] does.
func (p *printer) line(at ...any) {
	if p.err != nil {
		return
	}
	var b strings.Builder
	line(&b, at...)
	_, p.err = io.WriteString(p.w, b.String())
}

// The JSON shapes of sockets and of the directories' entries: one object a line.
type (
	jsonSocket struct {
		Socket   uint32            `json:"socket"`
		Home     uint8             `json:"home"`
		User     uint16            `json:"user"`
		Plug     uint8             `json:"plug"`
		Polarity string            `json:"polarity"`
		Written  map[string]string `json:"written"`
		Mate     uint32            `json:"mate"`
		Entries  []jsonEntry       `json:"entries"`
	}
	jsonPair struct {
		Sockets [2]uint32 `json:"sockets"`
		Joined  bool      `json:"joined"`
		Why     string    `json:"why,omitempty"`
	}
	jsonEntry struct {
		First   uint32 `json:"first"`
		Last    uint32 `json:"last"`
		Name    string `json:"name,omitempty"`
		Service string `json:"service"`
		Scope   string `json:"scope"`
		Host    uint8  `json:"host,omitempty"`
		Note    string `json:"note,omitempty"`
		Source  string `json:"source"`
		Date    string `json:"date"`
	}
	jsonHost struct {
		Number   uint8  `json:"number"`
		Name     string `json:"name,omitempty"`
		Nickname string `json:"nickname,omitempty"`
		Machine  string `json:"machine,omitempty"`
		Site     string `json:"site,omitempty"`
		Status   string `json:"status,omitempty"`
		Note     string `json:"note,omitempty"`
		Source   string `json:"source"`
		Date     string `json:"date"`
	}
)

// SocketJSON writes one object: the parts of a socket and its directory entries.
func SocketJSON(w io.Writer, s rfc147.Socket) error {
	j := jsonSocket{
		uint32(s), s.Home(), s.User(), s.Plug(), s.Polarity().String(), map[string]string{}, uint32(s.Mate()), []jsonEntry{},
	}
	for _, n := range notations(s) {
		j.Written[n.name] = n.text
	}
	listing, _ := rfc147.LookupSocket(s)
	for _, e := range listing.Entries {
		j.Entries = append(j.Entries, socketJSON(e))
	}
	return objects(w, j)
}

// PairJSON writes one object: whether two sockets can be joined.
func PairJSON(w io.Writer, a, b rfc147.Socket) error {
	j := jsonPair{Sockets: [2]uint32{uint32(a), uint32(b)}, Joined: true}
	if err := rfc147.Joins(a, b); err != nil {
		j.Joined, j.Why = false, err.Error()
	}
	return objects(w, j)
}

// SocketsJSON writes one object for each entry.
func SocketsJSON(w io.Writer, listings []rfc147.SocketListing) error {
	var all []jsonEntry
	for _, l := range listings {
		for _, e := range l.Entries {
			all = append(all, socketJSON(e))
		}
	}
	return objects(w, all...)
}

// HostsJSON writes one object for each entry.
func HostsJSON(w io.Writer, listings []rfc147.HostListing) error {
	var all []jsonHost
	for _, l := range listings {
		for _, e := range l.Entries {
			all = append(all, jsonHost{
				e.Number, e.Name, e.Nickname, e.Machine, e.Site, e.Status, e.Note, e.Source.String(), day(e.Source),
			})
		}
	}
	return objects(w, all...)
}

func socketJSON(e rfc147.SocketEntry) jsonEntry {
	return jsonEntry{
		uint32(e.First), uint32(e.Last), e.Name, e.Service, string(e.Scope), e.Host, e.Note, e.Source.String(), day(e.Source),
	}
}

// objects writes values as JSON Lines.
func objects[A any](w io.Writer, all ...A) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, a := range all {
		if err := enc.Encode(a); err != nil {
			return err
		}
	}
	return nil
}
