package arpanet

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"sockscope/handshake"
	"sockscope/handshake/calls"
	"sockscope/rfc147"
)

// request is a call of a script, read. Which of its fields count depends on the call.
type request struct {
	name           string
	host           uint8
	local, foreign rfc147.Socket
	named          bool  // a local socket was named
	size           uint8 // bits of a byte; 0: not named
	text           []byte
	count          int // bytes of text, or of room
	first, second  uint64
}

// forms are the calls and what follows each: those of RFC 165 p.1 and 2 (init, listen, send,
// receive, close), the ICP as one call at either end (serve, contact), what else NIC 8246 gives
// a process or an operator, and what can befall a host.
var forms = map[string]string{
	"listen":    "LOCAL [SIZE]",
	"init":      "LOCAL HOST FOREIGN [SIZE]",
	"serve":     "LOCAL FOREIGN [SIZE]", // L, S
	"contact":   "HOST FOREIGN LOCAL [SIZE]",
	"send":      "[LOCAL] TEXT",
	"receive":   "[LOCAL] [COUNT]",
	"allocate":  "LOCAL MESSAGES BITS",
	"give-back": "LOCAL 128THS 128THS",
	"interrupt": "LOCAL",
	"close":     "[LOCAL]",
	"echo":      "HOST OCTET",
	"reset":     "HOST",
	"down":      "",
	"up":        "",
	"reboot":    "",
}

// shownForms are forms as a message shows them, where their words mean something else.
var shownForms = map[string]string{"serve": "L S [SIZE]", "contact": "HOST L U [SIZE]"}

// form is a call as a message shows it.
func form(name string) string {
	words := forms[name]
	if shown, ok := shownForms[name]; ok {
		words = shown
	}
	return strings.TrimSpace(name + " " + words)
}

// limits are the numbers that may stand in a form.
var limits = map[string]struct {
	to        uint64
	what      string
	from, bit uint64
}{
	"SIZE":     {to: 255, from: 1, what: "a byte size of 1 to 255 bits"},
	"COUNT":    {to: 1000, from: 1, what: "room for 1 to 1000 bytes"},
	"MESSAGES": {to: 65535, what: "0 to 65535 messages"},
	"BITS":     {to: 1<<32 - 1, what: "0 to 4294967295 bits"},
	"128THS":   {to: 255, what: "0 to 127 128ths, or 128 to 255: all"},
	"OCTET":    {to: 255, what: "an octet, 0 to 255"},
}

// maxText bounds one send, in octets.
const maxText = 65535

// parse reads a call. Allowed is empty if all is well; else it says what could stand there.
func parse(s *handshake.Scenario, c handshake.Choice) (r request, allowed string) {
	r.name = c.What
	if _, known := forms[c.What]; !known {
		return r, strings.Join(slices.Sorted(maps.Keys(forms)), ", ")
	}
	rest := c.Args
	for want := range strings.FieldsSeq(forms[c.What]) {
		name, optional := strings.Trim(want, "[]"), want[0] == '['
		word, tail, _ := strings.Cut(rest, " ")
		if name == "TEXT" {
			word, tail = rest, ""
		}
		switch {
		case optional && (word == "" || name == "LOCAL" && !isSocket(word)), c.What == "send" && name == "LOCAL" && tail == "":
			continue // a send's last word is what it sends
		case word == "":
			return r, form(c.What)
		}
		if wrong := r.take(s, name, word); wrong != "" {
			return r, wrong
		}
		rest = strings.TrimSpace(tail)
	}
	if rest != "" {
		return r, form(c.What)
	}
	return r, ""
}

// isSocket tells a socket from a number, and from text in quotes.
func isSocket(word string) bool { return word[0] != '"' && strings.ContainsAny(word, "/'") }

// take reads one word of a call.
func (r *request) take(s *handshake.Scenario, name, word string) (wrong string) {
	switch name {
	case "LOCAL", "FOREIGN":
		socket, err := rfc147.Parse(word)
		if err != nil {
			return strings.TrimPrefix(err.Error(), "rfc147: ")
		}
		if name == "FOREIGN" {
			r.foreign = socket
			return ""
		}
		r.local, r.named = socket, true
		return ""
	case "HOST":
		return r.takeHost(s, word)
	case "TEXT":
		return r.takeText(word)
	}
	l := limits[name]
	n, err := strconv.ParseUint(word, 10, 64)
	if err != nil || n < l.from || n > l.to {
		return l.what
	}
	switch name {
	case "SIZE":
		r.size = uint8(n)
	case "COUNT":
		r.count = int(n)
	case "BITS":
		r.second = n
	case "128THS":
		r.first, r.second = r.second, n // there are two
	default:
		r.first = n
	}
	return ""
}

func (r *request) takeHost(s *handshake.Scenario, word string) (wrong string) {
	if p := s.Peer(word); p != nil {
		word = p.Address
	}
	n, err := strconv.ParseUint(word, 10, 8)
	if err != nil {
		return "a peer, or a host's number from 0 to 255"
	}
	r.host = uint8(n)
	return ""
}

// takeText reads what is sent: words, so many bytes of zero, or a socket number as one byte
// of 32 bits.
func (r *request) takeText(word string) (wrong string) {
	if socket, err := rfc147.Parse(word); err == nil && isSocket(word) {
		r.size, r.count = 32, 1
		r.text = append(r.text, byte(socket>>24), byte(socket>>16), byte(socket>>8), byte(socket))
		return ""
	}
	text, _, ok := calls.Text(word)
	if !ok || strings.HasSuffix(word, "no-push") {
		return fmt.Sprintf("\"text\", a number of bytes from 1 to %d, or a socket such as 10/0/1/r as 32 bits", maxText)
	}
	r.text, r.count = []byte(text), len(text)
	return ""
}

// shown is a call as the trace writes it, without its result. Sockets are taken apart.
func (r request) shown(c handshake.Choice) string {
	var args []string
	for word := range strings.FieldsSeq(c.Args) {
		if strings.HasPrefix(word, `"`) || r.name == "send" && len(args) > 0 {
			break
		}
		if s, err := rfc147.Parse(word); err == nil && isSocket(word) {
			word = s.Short()
		}
		args = append(args, word)
	}
	if r.name == "send" {
		args = slices.DeleteFunc(args, func(a string) bool { return !r.named || a != r.local.Short() })
		args = append(args, r.sent())
	}
	return r.name + "(" + strings.Join(args, ", ") + ")"
}

// sent is what a send sends, briefly.
func (r request) sent() string {
	if r.size == 32 {
		return rfc147.Socket(uint32(r.text[0])<<24 | uint32(r.text[1])<<16 | uint32(r.text[2])<<8 | uint32(r.text[3])).Short()
	}
	if q := calls.Quote(string(r.text)); q[0] == '"' {
		return q
	}
	return strconv.Itoa(r.count)
}
