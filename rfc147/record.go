package rfc147

import "time"

// Record is what a host should log of each connection (RFC 147 p.3). A connection
// goes one way, so a conversation in both directions leaves one for each direction.
// The two sockets name the accounts to be charged: see [Socket.Home], [Socket.User].
type Record struct {
	Made            time.Time // when the connection was made
	Closed          time.Time // when it was closed
	Messages        uint64    // messages transmitted over it
	Bits            uint64    // bits transmitted over it
	SendingHost     uint8     // where the sending process ran; not its user's home
	ReceivingHost   uint8     // where the receiving process ran; not its user's home
	SendingSocket   Socket    // at the sending host: odd
	ReceivingSocket Socket    // at the receiving host: even
}
