// Package wire turns the octets of TCP and IPv4 into segments and back, names every
// bit of them, and carries them between two ends: over real UDP sockets on the
// loopback interface or, where that is asked for, in memory. It knows no state.
//
// RFC 9293 section 3.1 gives the TCP header, RFC 791 section 3.1 the IPv4 header,
// RFC 1071 the sum. No goroutine runs here.
package wire
