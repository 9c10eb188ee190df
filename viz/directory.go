package viz

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"sockscope/rfc147"
	"sockscope/viz/words"
)

// Sockets writes a part of the directory of sockets: of one listing every entry,
// newest last, of several the headlines.
func Sockets(w io.Writer, listings []rfc147.SocketListing, lang string) error {
	say := words.For(lang)
	p := &printer{w: w}
	for _, l := range listings {
		e := l.Headline()
		if len(listings) > 1 {
			p.line(0, span(l.First, l.Last), 24, clip(meaning(e), 43), 68, e.Source.String())
			continue
		}
		p.line(0, span(l.First, l.Last), 24, meaning(e))
		for _, e := range l.Entries {
			p.socketEntry(2, e, say)
		}
	}
	return p.err
}

// Hosts writes a part of the directory of hosts, as [Sockets] does.
func Hosts(w io.Writer, listings []rfc147.HostListing, lang string) error {
	say := words.For(lang)
	p := &printer{w: w}
	for _, l := range listings {
		e := l.Headline()
		if len(listings) > 1 {
			p.line(0, fmt.Sprint(l.Number), 5, hostName(e), 26, clip(joined(", ", e.Machine, e.Site), 41), 68, e.Source.String())
			continue
		}
		p.line(0, fmt.Sprint(l.Number), 5, joined(", ", hostName(e), e.Machine, e.Site))
		p.line(2, say.Say("ui.hosts.where", Fill("place", fmt.Sprint(l.Number>>6), "imp", fmt.Sprint(l.Number&63))))
		for _, e := range l.Entries {
			p.line(2, e.Source.String(), 11, day(e.Source), 23, joined("; ", hostName(e), e.Nickname, e.Machine, e.Site, e.Status))
			p.note(23, e.Note, say)
		}
	}
	return p.err
}

// socketEntry writes what one RFC says of a socket.
func (p *printer) socketEntry(at int, e rfc147.SocketEntry, say *words.Words) {
	key := "ui.scope." + strings.ReplaceAll(string(e.Scope), " ", "-")
	if e.Host != 0 {
		key += ".host"
	}
	scope := say.Say(key, Fill("host", hostNumber(e.Host)))
	where := ""
	if e.First != e.Last {
		where = span(e.First, e.Last)
	}
	p.line(at, e.Source.String(), at+9, day(e.Source), at+21, joined("; ", e.Service, where, scope))
	p.note(at+21, e.Note, say)
}

func (p *printer) note(at int, note string, say *words.Words) {
	if note != "" {
		p.line(at, say.Say("ui.socket.note", Fill("note", note)))
	}
}

// hostNumber is a host's number with the name that the directory puts first.
func hostNumber(number uint8) string {
	text := fmt.Sprint(number)
	if l, ok := rfc147.LookupHost(number); ok {
		if name := l.Headline().Name; name != "" {
			text += " (" + name + ")"
		}
	}
	return text
}

// span names a socket or a stretch of sockets; the small numbers as the lists print
// them, the others as RFC 147 does.
func span(first, last rfc147.Socket) string {
	text := number(first)
	if last != first {
		text += "-" + number(last)
	}
	return text
}

func number(s rfc147.Socket) string {
	const listed = 1 << 16 // no list prints a larger number in decimal
	if s < listed {
		return s.Decimal()
	}
	return s.String()
}

func meaning(e rfc147.SocketEntry) string { return joined(": ", e.Name, e.Service) }

func hostName(e rfc147.HostEntry) string { return cmp.Or(e.Name, e.Nickname, e.Site) }

func day(s rfc147.Source) string { return s.Date.Format(time.DateOnly) }

// joined puts what is not empty together, and nothing twice.
func joined(by string, texts ...string) string {
	var parts []string
	for i, text := range texts {
		if text != "" && (i == 0 || !strings.EqualFold(text, texts[i-1])) {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, by)
}

// clip shortens a text to a number of columns, where it ends in two dots.
func clip(text string, columns int) string {
	if Width(text) <= columns {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if Width(b.String())+Width(string(r)) > columns-2 {
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimRight(b.String(), " ") + ".."
}
