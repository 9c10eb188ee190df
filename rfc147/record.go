package rfc147

import (
	"fmt"
	"strings"
	"time"
)

// Record is what a host should log of each connection (RFC 147 p.3). A connection
// goes one way, so a conversation in both directions leaves one for each direction.
// The two sockets name the accounts to be charged: see [Record.Sender], [Record.Receiver].
type Record struct {
	Made            time.Time `json:"made"`             // when the connection was made
	Closed          time.Time `json:"closed"`           // when it was closed
	Messages        uint64    `json:"messages"`         // messages transmitted over it
	Bits            uint64    `json:"bits"`             // bits transmitted over it
	SendingHost     uint8     `json:"sending_host"`     // where the sending process ran; not its user's home
	ReceivingHost   uint8     `json:"receiving_host"`   // where the receiving process ran; not its user's home
	SendingSocket   Socket    `json:"sending_socket"`   // at the sending host: odd
	ReceivingSocket Socket    `json:"receiving_socket"` // at the receiving host: even
}

// recordColumns are the eight fields in the order in which RFC 147 p.3 has them.
var recordColumns = []string{
	"made", "closed", "messages", "bits",
	"sending_host", "receiving_host", "sending_socket", "receiving_socket",
}

// check says what is wrong with a record: a time that is missing or has no year of
// four digits, an end before the beginning, a socket of the other polarity.
func (r Record) check() error {
	for i, at := range []time.Time{r.Made, r.Closed} {
		if year := at.UTC().Year(); at.IsZero() || year < 0 || year > 9999 {
			return fmt.Errorf("%s in year %d, want a time in the years 0 to 9999", recordColumns[i], year)
		}
	}
	if r.Closed.Before(r.Made) {
		return fmt.Errorf("closed %s, want no time before made, %s", instant(r.Closed), instant(r.Made))
	}
	if r.SendingSocket.Polarity() != Sends {
		return fmt.Errorf("sending_socket %s, want one that sends", r.SendingSocket.Fields())
	}
	if r.ReceivingSocket.Polarity() != Receives {
		return fmt.Errorf("receiving_socket %s, want one that receives", r.ReceivingSocket.Fields())
	}
	return nil
}

// instant writes a time as records do: 1971-05-07T14:00:00Z.
func instant(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

// Connected is how long the connection was there.
func (r Record) Connected() time.Duration { return r.Closed.Sub(r.Made) }

// Sender is the end that sent.
func (r Record) Sender() End { return End{r.SendingHost, r.SendingSocket} }

// Receiver is the end that received.
func (r Record) Receiver() End { return End{r.ReceivingHost, r.ReceivingSocket} }

// End is one end of a connection, which takes a host and a socket to name (RFC 147 p.2).
type End struct {
	Host   uint8 // where the process ran
	Socket Socket
}

// Account is whom the end charges, wherever he was.
func (e End) Account() Account { return e.Socket.Account() }

// String writes home/user/plug/polarity and the host: 10/5/1/send at host 70.
func (e End) String() string { return fmt.Sprintf("%s at host %d", e.Socket.Fields(), e.Host) }

// Account is a user of a home: a person, an account or a process, who keeps it at
// every host (RFC 147 p.3). It is the first 24 bits of all his sockets.
type Account struct {
	Home uint8
	User uint16
}

// Account is whose socket it is.
func (s Socket) Account() Account { return Account{s.Home(), s.User()} }

// String writes home/user: 10/5.
func (a Account) String() string { return fmt.Sprintf("%d/%d", a.Home, a.User) }

// ParseAccount reads home/user, each decimal, hexadecimal or octal.
func ParseAccount(text string) (Account, error) {
	parts := strings.Split(text, "/")
	if len(parts) != 2 {
		return Account{}, fmt.Errorf("rfc147: account %s, want home/user, like 10/5", shown(text))
	}
	values, err := parseNumbers(parts)
	if err != nil {
		return Account{}, err
	}
	return Account{Home: uint8(values[0]), User: uint16(values[1])}, nil
}

// MarshalText writes home/user.
func (a Account) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what [ParseAccount] reads.
func (a *Account) UnmarshalText(text []byte) (err error) {
	*a, err = ParseAccount(string(text))
	return err
}

// MarshalText writes a socket in records as home/user/plug/polarity, so that it can
// be read there whom it names.
func (s Socket) MarshalText() ([]byte, error) { return []byte(s.Fields()), nil }

// UnmarshalText reads what [Parse] reads.
func (s *Socket) UnmarshalText(text []byte) (err error) {
	*s, err = Parse(string(text))
	return err
}
