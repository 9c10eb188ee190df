package arpanet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sockscope/handshake"
	"sockscope/handshake/calls"
	"sockscope/rfc147"
	"sockscope/rfc147/hosthost"
)

// Label is a message as a ladder shows it, its sockets taken apart. The octets begin with
// the leader.
func Label(octets []byte) string {
	l, err := hosthost.ReadLeader(octets)
	if err != nil {
		return fmt.Sprintf("%d octets", len(octets))
	}
	if l.Type != hosthost.Regular {
		return strings.TrimSpace(fmt.Sprintf("%s link %d %s", shortType(l.Type), l.Link, l.SubtypeName()))
	}
	h, text, err := hosthost.ReadMessage(octets)
	switch {
	case err != nil:
		return fmt.Sprintf("link %d: cut off", l.Link)
	case l.Link != hosthost.ControlLink:
		return strings.TrimSpace(fmt.Sprintf("DATA link %d %dx%d %s", l.Link, h.C, h.S, bytesOf(h, text)))
	}
	var all []string
	for len(text) > 0 {
		c, rest, fault := hosthost.Next(text)
		if fault != (hosthost.Fault{}) {
			all = append(all, fmt.Sprintf("opcode %d?", text[0]))
			break
		}
		all, text = append(all, commandLabel(c)), rest
	}
	return strings.Join(all, "; ")
}

// shortType is a name that leaves room for the rest of a line.
func shortType(t hosthost.Type) string {
	if short, ok := map[hosthost.Type]string{hosthost.DestinationDead: "DEAD", hosthost.Incomplete: "INCOMPLETE"}[t]; ok {
		return short
	}
	return t.Name(hosthost.FromIMP)
}

// bytesOf shows a message's text briefly: a socket number of 32 bits, or words.
func bytesOf(h hosthost.Header, text []byte) string {
	switch {
	case h.S == 32 && h.C == 1:
		return rfc147.Socket(binary.BigEndian.Uint32(text)).Short()
	case h.S == 8 && h.C > 0:
		if shown := calls.Quote(string(text)); shown[0] == '"' {
			return shown
		}
	}
	return ""
}

// commandLabel is a control command: "RTS 1/5/0/r < 0/0/0/s link 2". The arrow between two
// sockets is the way of the text.
func commandLabel(c hosthost.Command) string {
	switch c.Opcode {
	case hosthost.RTS:
		return fmt.Sprintf("RTS %s link %d", pair(c.My, c.Your), c.Link)
	case hosthost.STR:
		return fmt.Sprintf("STR %s size %d", pair(c.My, c.Your), c.Size)
	case hosthost.CLS:
		return "CLS " + pair(c.My, c.Your)
	case hosthost.ERR:
		return fmt.Sprintf("ERR %d %v", c.Code, c.Code)
	case hosthost.NoOperation, hosthost.ALL, hosthost.GVB, hosthost.RET, hosthost.INR, hosthost.INS, hosthost.ECO,
		hosthost.ERP, hosthost.RST, hosthost.RRP:
	}
	return c.String()
}

// pair names a connection from one end: "1/5/0/r < 0/0/0/s" receives, ">" sends.
func pair(local, foreign rfc147.Socket) string {
	way := "<"
	if local.Polarity() == rfc147.Sends {
		way = ">"
	}
	return local.Short() + " " + way + " " + foreign.Short()
}

// errInjected says what a label to inject may be.
var errInjected = errors.New("a control message such as RTS 1/5/0/r < 10/0/0/s link 2, STR 10/0/0/s > 1/5/0/r size 8, CLS 1/5/0/r < 10/0/0/s, " +
	"ALL link 2 msgs 1 bits 800, INS link 2, ECO 7, RST, or octets 0e00 behind the leader's link 0")

// parseInjected reads the label of a control message, with arrows or without, or octets of
// text in hexadecimal.
func parseInjected(text string) ([]byte, error) {
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '<' || r == '>' })
	if len(words) == 2 && words[0] == "octets" {
		return injectedOctets(words[1])
	}
	if len(words) == 0 {
		return nil, errInjected
	}
	at := slices.IndexFunc(hosthost.Opcodes[:], func(o hosthost.Opcode) bool { return o.String() == words[0] })
	if at < 0 || hosthost.Opcodes[at] == hosthost.ERR {
		return nil, errInjected
	}
	c := hosthost.Command{Opcode: hosthost.Opcodes[at]}
	wanted := injectable(&c)
	if len(words) != len(wanted)+1 {
		return nil, errInjected
	}
	for i, to := range wanted {
		if err := to(words[i+1]); err != nil {
			return nil, errInjected
		}
	}
	return c.Append(nil), nil
}

// injectable lists what stands behind a command's name in its label.
func injectable(c *hosthost.Command) []func(string) error {
	sockets := []func(string) error{into(&c.My), into(&c.Your)}
	link := []func(string) error{word("link"), digits(&c.Link)}
	switch c.Opcode {
	case hosthost.RTS:
		return append(sockets, link...)
	case hosthost.STR:
		return append(sockets, word("size"), digits(&c.Size))
	case hosthost.CLS:
		return sockets
	case hosthost.ALL, hosthost.RET:
		return append(link, word("msgs"), digits(&c.MsgSpace), word("bits"), digits(&c.BitSpace))
	case hosthost.GVB:
		return append(link, word("fm"), digits(&c.FM), word("fb"), digits(&c.FB))
	case hosthost.INR, hosthost.INS:
		return link
	case hosthost.ECO, hosthost.ERP:
		return []func(string) error{digits(&c.Data)}
	case hosthost.NoOperation, hosthost.ERR, hosthost.RST, hosthost.RRP:
	}
	return nil
}

func into(s *rfc147.Socket) func(string) error {
	return func(text string) (err error) {
		*s, err = rfc147.Parse(text)
		return err
	}
}

func word(wanted string) func(string) error {
	return func(text string) error {
		if text != wanted {
			return errInjected
		}
		return nil
	}
}

func digits[N uint8 | uint16 | uint32](to *N) func(string) error {
	return func(text string) error {
		n, err := strconv.ParseUint(text, 10, 64)
		if *to = N(n); err == nil && uint64(*to) != n {
			return strconv.ErrRange
		}
		return err
	}
}

// injectedOctets are the text of a control message as it stands, wrong as it may be.
func injectedOctets(digits string) ([]byte, error) {
	var text []byte
	if _, err := fmt.Sscanf(digits, "%x", &text); err != nil || len(text) == 0 || 2*len(text) != len(digits) || len(text) > hosthost.MaxControl {
		return nil, errInjected
	}
	return text, nil
}

// firstCommand is the one with which a control message begins; false if there is none.
func firstCommand(text []byte) (c hosthost.Command, ok bool) {
	if len(text) == 0 {
		return c, false
	}
	c, _, fault := hosthost.Next(text)
	return c, fault == hosthost.Fault{}
}

// messageVars are what a message's sentences may name.
func messageVars(octets []byte) []handshake.Var {
	h, text, err := hosthost.ReadMessage(octets)
	if err != nil || h.Leader.Type != hosthost.Regular {
		return nil
	}
	if h.Leader.Link != hosthost.ControlLink {
		return []handshake.Var{count("MSG.link", h.Leader.Link), count("MSG.size", h.S), count("MSG.count", h.C), count("MSG.bits", h.TextBits())}
	}
	c, ok := firstCommand(text)
	if !ok {
		return nil
	}
	switch c.Opcode {
	case hosthost.RTS:
		return append(sockets(c), count("MSG.link", c.Link))
	case hosthost.STR:
		return append(sockets(c), count("MSG.size", c.Size))
	case hosthost.CLS:
		return sockets(c)
	case hosthost.ALL, hosthost.RET:
		return []handshake.Var{count("MSG.link", c.Link), count("MSG.space", c.MsgSpace), count("MSG.bits", c.BitSpace)}
	case hosthost.GVB, hosthost.INR, hosthost.INS:
		return []handshake.Var{count("MSG.link", c.Link)}
	case hosthost.ECO, hosthost.ERP:
		return []handshake.Var{count("MSG.data", c.Data)}
	case hosthost.NoOperation, hosthost.ERR, hosthost.RST, hosthost.RRP:
	}
	return nil
}

func sockets(c hosthost.Command) []handshake.Var {
	return []handshake.Var{{Name: "MSG.my", Value: c.My.Short()}, {Name: "MSG.your", Value: c.Your.Short()}}
}

func count[N uint8 | uint16 | uint32 | uint64 | int](name string, n N) handshake.Var {
	return handshake.Var{Name: name, Value: strconv.FormatUint(uint64(n), 10)}
}
