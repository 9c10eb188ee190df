package rfc147

import "time"

// Statistics is what Lincoln's 360/67 came to gather of each connection of its TELNET
// users beside RFC 147's eight fields, ten months after RFC 147 and by its author's
// hand (RFC 323 section 3). Messages and bits, which that list has too, are the
// [Record]'s. No host had to keep them.
type Statistics struct {
	Connected  time.Duration `json:"connect_time_ns"` // network connect time
	CPU        time.Duration `json:"cpu_time_ns"`     // what the NCP took of the machine
	Transfers  uint64        `json:"transfers"`       // reads or writes on the connection
	FirstRFC   time.Time     `json:"first_rfc"`       // the first request for connection
	LastRFC    time.Time     `json:"last_rfc"`        // the one that matched it
	FirstClose time.Time     `json:"first_close"`
	LastClose  time.Time     `json:"last_close"` // the one that answered it
	Errors     []ErrorEntry  `json:"errors"`     // in order
}

// ErrorEntry is one line of the log of errors.
type ErrorEntry struct {
	At   time.Time `json:"at"`
	Sent bool      `json:"sent"` // else received
	Code uint8     `json:"code"` // of the ERR command (NIC 8246 p.25)
	Text string    `json:"text"` // what was wrong
}

// Extended is a record with its statistics. They stay apart, so that the record is
// RFC 147's and nothing else.
type Extended struct {
	Record     Record     `json:"record"`
	Statistics Statistics `json:"statistics"`
}
