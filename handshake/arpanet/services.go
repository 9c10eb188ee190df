package arpanet

import (
	"bytes"
	"fmt"
	"time"

	"sockscope/rfc147"
)

// The contact sockets (RFC 147 p.4, RFC 165, RFC 503, RFC 738, RFC 742): all of them send.
const (
	EchoSocket    rfc147.Socket = 7
	DiscardSocket rfc147.Socket = 9
	TimeSocket    rfc147.Socket = 37
	FingerSocket  rfc147.Socket = 79
	LoggerSocket  rfc147.Socket = 1  // the old TELNET
	TelnetSocket  rfc147.Socket = 23 // the new one
)

// Service is a program that waits at a contact socket for users of other hosts.
type Service struct {
	Name    string
	Contact rfc147.Socket // L: odd

	pair  rfc147.Socket   // S of the first user's pair; each of the others has another plug
	users int             // at once; whoever else comes waits in the NCP's queue
	start func() resident // one for each user
}

// resident is what speaks at a server's end: a value that knows no connection and no clock.
type resident interface {
	// greets is told who is there and at which host this is, and says what comes first.
	greets(who rfc147.End, here uint8) (say []byte)
	// hears takes what has come, and says what to answer, and whether that is all.
	hears(text []byte) (say []byte, all bool)
}

// atOnce is how many users of one service there are at a time.
const atOnce = 8

// serviceNames are the accounts of the services in the table of users, in the order in which
// their numbers are given.
var serviceNames = []string{"logger", "telnet", "finger", "echo", "discard", "time"}

// Services lists what a host serves: the logger (also at the socket of the new TELNET), finger,
// echo, discard and the time. Each works under the user number that its name has at home.
func Services(home uint8) []Service {
	users := registered()
	all := []Service{
		{Contact: LoggerSocket, start: func() resident { return &logger{} }},
		{Contact: TelnetSocket, start: func() resident { return &logger{} }},
		{Contact: FingerSocket, start: func() resident { return &finger{} }},
		{Contact: EchoSocket, start: func() resident { return echoer{} }},
		{Contact: DiscardSocket, start: func() resident { return discarder{} }},
		{Contact: TimeSocket},
	}
	for i := range all {
		v := &all[i]
		v.Name, v.users = serviceNames[i], atOnce
		user, _ := users.Number(v.Name)
		v.pair = rfc147.Socket(home)<<24 | rfc147.Socket(user)<<8
	}
	return all
}

// registered is a home's table of users with its services, who were there first.
func registered() *rfc147.Users {
	users := &rfc147.Users{}
	for _, name := range serviceNames {
		if _, err := users.Register(name); err != nil {
			panic(err) // our own names
		}
	}
	return users
}

// UserSocket is U of a user's first call: his first receive socket at home. The number is the
// same each time (RFC 147 p.3). A name that a table of users does not take is an error.
func UserSocket(home uint8, name string) (rfc147.Socket, error) {
	user, err := registered().Register(name)
	return rfc147.Socket(home)<<24 | rfc147.Socket(user)<<8, err
}

// since1900 is the time of RFC 738: seconds since 00:00 on 1 January 1900 GMT, modulo 2^32.
func since1900(at time.Time) uint32 { return uint32(at.Unix() + secondsTo1970) }

// secondsTo1970 are from 1900 to 1970: RFC 738 p.1.
const secondsTo1970 = 2208988800

type echoer struct{}

func (echoer) greets(rfc147.End, uint8) []byte  { return nil }
func (echoer) hears(text []byte) ([]byte, bool) { return text, false }

type discarder struct{}

func (discarder) greets(rfc147.End, uint8) []byte { return nil }
func (discarder) hears([]byte) ([]byte, bool)     { return nil, false }

// maxLine is the most octets of a line that a resident keeps; what comes behind is left out.
const maxLine = 100

// finger answers one line and closes (RFC 742).
type finger struct {
	line nvt
	who  rfc147.End
	here uint8
}

func (f *finger) greets(who rfc147.End, here uint8) []byte {
	f.who, f.here = who, here
	return nil
}

func (f *finger) hears(text []byte) ([]byte, bool) {
	lines, _ := f.line.lines(text)
	if len(lines) == 0 {
		return nil, false
	}
	return fmt.Appendf(nil, "Host %d. You are user %v at host %d.\r\nYou asked for: %q\r\n", f.here, f.who.Account(), f.who.Host, lines[0]), true
}

// logger greets and sends each line back, until one says BYE.
type logger struct{ line nvt }

func (*logger) greets(who rfc147.End, here uint8) []byte {
	return fmt.Appendf(nil, "Host %d. You are user %v at host %d.\r\nEach line comes back; BYE ends.\r\n", here, who.Account(), who.Host)
}

func (l *logger) hears(text []byte) (say []byte, all bool) {
	lines, say := l.line.lines(text)
	for _, line := range lines {
		if bytes.EqualFold(line, []byte("BYE")) {
			return append(say, "Goodbye.\r\n"...), true
		}
		say = append(append(say, line...), "\r\n"...)
	}
	return say, false
}
