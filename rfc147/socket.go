// Package rfc147 is the socket of 1971: the 32-bit number by which RFC 147, "The
// Definition of a Socket" (J. M. Winett, 7 May 1971), names one end of a one-way
// connection. It takes the number apart, also by the other structures that were
// proposed for it ([Structures]), reads and writes its notations, knows who used which
// number ([Sockets], [Hosts]), gives user numbers to names ([Users]), and keeps accounts
// ([Record], [Ledger]).
//
// The host where an end runs is not in the number. Host and socket together name an end.
package rfc147

import "fmt"

// Socket is the number of one end: 8 bits home, 16 bits user, 7 bits plug, 1 bit
// polarity (RFC 147 p.3). Every 32-bit number is a socket.
type Socket uint32

// Polarity says which way the information goes (RFC 147 p.3).
type Polarity uint8

// Even sockets receive, odd sockets send (RFC 147 p.2).
const (
	Receives Polarity = 0
	Sends    Polarity = 1
)

// String is the word in the notation of [Socket.Fields]: receive or send.
func (p Polarity) String() string {
	switch p {
	case Receives:
		return "receive"
	case Sends:
		return "send"
	}
	return fmt.Sprintf("polarity %d", uint8(p))
}

// New puts a socket together. The plug is 0 to 127, the polarity 0 or 1; anything
// else is an error.
func New(home uint8, user uint16, plug uint8, polarity Polarity) (Socket, error) {
	if plug > 127 {
		return 0, fmt.Errorf("rfc147: plug %d, want 0 to 127", plug)
	}
	if polarity > Sends {
		return 0, fmt.Errorf("rfc147: polarity %d, want 0 (receives) or 1 (sends)", uint8(polarity))
	}
	return Socket(home)<<24 | Socket(user)<<8 | Socket(plug)<<1 | Socket(polarity), nil
}

// Home is the host where the user is registered, "no matter which host he used"
// (RFC 147 p.3). It need not be the host where he is now.
func (s Socket) Home() uint8 { return uint8(s >> 24) }

// User is the number that the home host gave to a user, an account or a process
// name (RFC 147 p.3). Services have user 0.
func (s Socket) User() uint16 { return uint16(s >> 8) }

// Tag is plug and polarity together, the last 8 bits (RFC 147 p.3).
func (s Socket) Tag() uint8 { return uint8(s) }

// Plug says which of the user's sockets it is, 0 to 127 (RFC 147 p.3).
func (s Socket) Plug() uint8 { return s.Tag() >> 1 }

// Polarity is the last bit (RFC 147 p.3).
func (s Socket) Polarity() Polarity { return Polarity(s & 1) }

// Mate is the socket of the same plug with the other polarity.
func (s Socket) Mate() Socket { return s ^ 1 }

// Joins says whether a connection can join a and b; the error says why not. A
// connection has one sending and one receiving socket (RFC 147 p.2 and 3).
func Joins(a, b Socket) error {
	if p := a.Polarity(); p == b.Polarity() {
		return fmt.Errorf("rfc147: %v and %v both %v, want one to send and one to receive", a, b, p)
	}
	return nil
}

// Field is one part of a socket's 32 bits.
type Field struct {
	Name  string // home, user, plug or polarity
	First int    // its first bit; 1 is the most significant bit of the socket
	Len   int    // in bits
}

// Layout gives the parts of a socket from the most significant bit on (RFC 147 p.3).
func Layout() [4]Field {
	return [...]Field{{"home", 1, 8}, {"user", 9, 16}, {"plug", 25, 7}, {"polarity", 32, 1}}
}

// Max is the greatest value of the field; the least is 0.
func (f Field) Max() uint32 { return 1<<f.Len - 1 }

// Of is the field's value in a socket.
func (f Field) Of(s Socket) uint32 { return uint32(s) >> (33 - f.First - f.Len) & f.Max() }
