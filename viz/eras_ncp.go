package viz

import (
	"fmt"
	"strconv"
	"strings"

	"sockscope/handshake"
	"sockscope/rfc147"
)

// ncpEra sorts a trace of NCP. Its sockets have the names of RFC 165: L, U, S.
type ncpEra struct {
	named map[string]rfc147.Socket // L, U, S, as far as they are known
	at    map[string]int           // the peer of each
	links map[link][2]rfc147.Socket
}

// link is a link of text, by the peer that receives it.
type link struct {
	to     int
	number string
}

func ofNCP(t *handshake.Trace) *era {
	n := ncpEra{named: map[string]rfc147.Socket{}, at: map[string]int{}, links: map[link][2]rfc147.Socket{}}
	rows := eraRows(t)
	for i := range rows {
		r := &rows[i]
		switch {
		case r.Segment && strings.HasPrefix(r.Label, "DATA "):
			n.text(r)
		case r.Segment:
			for command := range strings.SplitSeq(r.Label, "; ") {
				n.command(r, command)
			}
		default:
			n.call(r)
		}
	}
	return counted(t, rows, everOpen(t, "OPEN"))
}

// call sorts a call by its name, and learns L and U from those that begin an ICP.
func (n ncpEra) call(r *eraRow) {
	name := callName(r.Label)
	_, args, _ := strings.Cut(r.Label, "(")
	words := strings.FieldsFunc(args, func(c rune) bool { return c == ',' || c == ' ' || c == ')' })
	switch {
	case r.Kind == handshake.KindTimeout:
	case name == "serve" && len(words) > 0:
		n.learn("L", words[0], r.From)
		r.adds(Rendezvous, "")
	case name == "contact" && len(words) > 2:
		n.learn("L", words[1], 1-r.From)
		n.learn("U", words[2], r.From)
		r.adds(Rendezvous, "")
	case name == "send", name == "receive", name == "interrupt":
		r.adds(Content, "")
	case name == "allocate", name == "give-back":
		r.adds(Flow, "")
	case name == "close":
		r.adds(Closing, "")
	default:
		r.adds(Rendezvous, "")
	}
}

func (n ncpEra) learn(name, written string, peer int) {
	if s, err := rfc147.Parse(written); err == nil {
		n.named[name], n.at[name] = s, peer
	}
}

// contact reports whether a connection is the one over which the number S goes.
func (n ncpEra) contact(a, b rfc147.Socket) bool {
	l, known := n.named["L"]
	return known && (a == l || b == l)
}

// role is a socket as RFC 165 speaks of it: U+3; as it is written where that has no name for it.
func (n ncpEra) role(s rfc147.Socket, peer int) string {
	for _, name := range []string{"L", "S", "U"} {
		base, known := n.named[name]
		by := s - base
		if !known || n.at[name] != peer || by > map[string]rfc147.Socket{"S": 1, "U": 3}[name] {
			continue
		}
		if by == 0 {
			return name
		}
		return fmt.Sprintf("%s+%d", name, by)
	}
	return s.Short()
}

// roles names a connection from the end of a peer: "S < U+3".
func (n ncpEra) roles(my, your rfc147.Socket, peer int) string {
	way := " < "
	if my.Polarity() == rfc147.Sends {
		way = " > "
	}
	return n.role(my, peer) + way + n.role(your, 1-peer)
}

// command sorts a control command: "RTS 1/5/0/r < 10/0/0/s link 2".
func (n ncpEra) command(r *eraRow, command string) {
	words := strings.Fields(command)
	switch {
	case words[0] == "INR" || words[0] == "INS":
		r.adds(Content, "")
	case words[0] == "ALL" || words[0] == "GVB" || words[0] == "RET":
		r.adds(Flow, n.onLink(words, r))
	case len(words) < 4:
		r.adds(Rendezvous, "")
	case words[0] == "RTS" || words[0] == "STR" || words[0] == "CLS":
		my, err := rfc147.Parse(words[1])
		your, err2 := rfc147.Parse(words[3])
		if err == nil && err2 == nil {
			n.request(r, words, my, your)
		}
	default:
		r.adds(Rendezvous, "")
	}
}

// request sorts a command that names both sockets.
func (n ncpEra) request(r *eraRow, words []string, my, your rfc147.Socket) {
	roles := n.roles(my, your, r.From)
	if words[0] == "RTS" && len(words) == 6 {
		n.links[link{r.From, words[5]}] = [2]rfc147.Socket{my, your}
	}
	switch {
	case words[0] == "CLS":
		r.adds(Closing, roles)
	case n.contact(my, your):
		r.adds(Rendezvous, roles)
		r.adds(Identity, "ui.eras.whose", "socket", n.role(my, r.From), "home", strconv.Itoa(int(my.Home())), "user", strconv.Itoa(int(my.User())))
	default:
		r.adds(Direction, roles)
	}
}

// onLink is the connection that a command about a link means: that which its sender receives,
// or else the one that it sends on.
func (n ncpEra) onLink(words []string, r *eraRow) string {
	if len(words) < 3 || words[1] != "link" {
		return ""
	}
	if pair, ok := n.links[link{r.From, words[2]}]; ok && words[0] != "RET" {
		return n.roles(pair[0], pair[1], r.From)
	}
	return n.sentOn(words[2], r)
}

// sentOn is the connection whose text a row's sender sends on a link.
func (n ncpEra) sentOn(number string, r *eraRow) string {
	if pair, ok := n.links[link{1 - r.From, number}]; ok {
		return n.roles(pair[1], pair[0], r.From)
	}
	return ""
}

// text sorts a message over a connection: over the contact connection it is the number S.
func (n ncpEra) text(r *eraRow) {
	r.data = true
	words := strings.Fields(r.Label)
	if len(words) < 4 {
		r.adds(Content, "")
		return
	}
	pair := n.links[link{1 - r.From, words[2]}]
	if n.contact(pair[0], pair[1]) {
		number := strings.Join(words[4:], " ")
		n.learn("S", number, r.From)
		r.adds(Identity, "ui.eras.number", "socket", number)
		return
	}
	r.text = true
	r.adds(Content, n.sentOn(words[2], r))
}
