// Package calls is what the engines share of the programs at the two ends: the socket
// calls of a scenario as its file writes them, results as a trace prints them, and the
// rules of host and wire around the TCP machine.
package calls

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"sockscope/handshake"
)

// forms gives each call what its arguments may be: empty if all is well.
var forms = map[string]func(s *handshake.Scenario, args string) string{
	"socket":     bare,
	"bind":       bindForm,
	"listen":     listenForm,
	"accept":     bare,
	"connect":    connectForm,
	"send":       sendForm,
	"recv":       bare,
	"shutdown":   bare,
	"close":      bare,
	"abort":      bare,
	"status":     bare,
	"reboot":     bare,
	"setsockopt": optionForm,
}

// Check reports a call that is not among those known to the engine, or whose arguments
// are none of its own.
func Check(s *handshake.Scenario, l handshake.Line, known []string) error {
	c := l.Choice
	if !slices.Contains(known, c.What) {
		return s.Mistake(l.Number, "call "+c.What, strings.Join(known, ", "))
	}
	if allowed := forms[c.What](s, c.Args); allowed != "" {
		return s.Mistake(l.Number, strings.TrimSpace(c.What+" "+c.Args), allowed)
	}
	return nil
}

func bare(_ *handshake.Scenario, args string) string {
	if args != "" {
		return "the call alone, without arguments"
	}
	return ""
}

func bindForm(_ *handshake.Scenario, args string) string {
	if _, ok := Address(args, netip.IPv4Unspecified()); !ok {
		return ":PORT or ADDRESS:PORT, such as :7147"
	}
	return ""
}

// Address reads what bind() is given; a port alone is one of home's.
func Address(args string, home netip.Addr) (netip.AddrPort, bool) {
	if port, ok := strings.CutPrefix(args, ":"); ok {
		n, err := strconv.ParseUint(port, 10, 16)
		return netip.AddrPortFrom(home, uint16(n)), err == nil && n > 0
	}
	a, err := netip.ParseAddrPort(args)
	return a, err == nil && a.Addr().Is4() && a.Port() > 0
}

func listenForm(_ *handshake.Scenario, args string) string {
	if n, err := strconv.Atoi(args); err != nil || n < 0 {
		return "listen N, the backlog, from 0 on"
	}
	return ""
}

func connectForm(s *handshake.Scenario, args string) string {
	if s.Peer(args) != nil {
		return ""
	}
	if a, err := netip.ParseAddrPort(args); err == nil && a.Addr().Is4() {
		return ""
	}
	return "connect PEER or ADDRESS:PORT"
}

func sendForm(_ *handshake.Scenario, args string) string {
	if _, _, ok := Text(args); !ok {
		return fmt.Sprintf("send \"text\" or send N (1 to %d octets), then no-push if the PUSH flag is off", MaxSend)
	}
	return ""
}

// MaxSend bounds one send(), in octets: what the machine's buffer takes.
const MaxSend = 65535

// Text reads what is to be sent, and whether the PUSH flag is on.
func Text(args string) (octets string, push, ok bool) {
	args, noPush := strings.CutSuffix(args, " no-push")
	if strings.HasPrefix(args, `"`) {
		s, err := strconv.Unquote(args)
		return s, !noPush, err == nil && s != "" && len(s) <= MaxSend
	}
	n, err := strconv.Atoi(args)
	if err != nil || n < 1 || n > MaxSend {
		return "", false, false
	}
	return strings.Repeat("\x00", n), !noPush, true
}

// options are the socket options that setsockopt() knows.
var options = []string{
	"SO_KEEPALIVE", "SO_LINGER", "SO_RCVBUF", "SO_REUSEADDR", "SO_SNDBUF", "TCP_DEFER_ACCEPT", "TCP_KEEPCNT", "TCP_KEEPIDLE",
	"TCP_KEEPINTVL", "TCP_LINGER2", "TCP_MAXSEG", "TCP_NODELAY", "TCP_QUICKACK", "TCP_SYNCNT", "TCP_USER_TIMEOUT",
}

func optionForm(_ *handshake.Scenario, args string) string {
	if _, _, ok := Option(args); !ok {
		return "setsockopt NAME NUMBER, the name one of " + strings.Join(options, ", ")
	}
	return ""
}

// Option reads what setsockopt() is given.
func Option(args string) (name string, value int, ok bool) {
	name, number, _ := strings.Cut(args, " ")
	value, err := strconv.Atoi(number)
	return name, value, err == nil && value >= 0 && slices.Contains(options, name)
}

// Got is what recv() gives: how many octets, and which, if they can be shown.
func Got(text string) string {
	if which := Quote(text); which[0] == '"' {
		return fmt.Sprintf("%d %s", len(text), which)
	}
	return strconv.Itoa(len(text))
}

// Quote shows text briefly.
func Quote(text string) string {
	const most = 24
	if len(text) > most {
		return fmt.Sprintf("%d octets", len(text))
	}
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' {
			return fmt.Sprintf("%d octets", len(text))
		}
	}
	return strconv.Quote(text)
}
