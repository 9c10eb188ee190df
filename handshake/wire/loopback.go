package wire

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"
)

// maxDatagram is the most that one UDP datagram over IPv4 carries: 65,535 octets
// less the headers of 20 and 8.
const maxDatagram = 65535 - 20 - 8

// Line carries datagrams between two ends, 0 and 1: sent at one, read at the other.
type Line interface {
	Carry(from int, b []byte) ([]byte, error)
	Close() error
}

// Sockets is a line of two UDP sockets on 127.0.0.1, InMemory one that is not there: for
// searching, benchmarks and tests.
func Sockets() (Line, error) { return NewLoopback() }

// InMemory is documented with [Sockets].
func InMemory() (Line, error) { return Memory{}, nil }

// Loopback is a wire between end 0 and end 1, each of which owns a UDP socket on
// 127.0.0.1 that is connected to the other's: the kernel lets no other sender in.
// One goroutine at a time may use it.
type Loopback struct {
	ends     [2]*net.UDPConn
	patience time.Duration // how long a datagram may take
	buffer   [maxDatagram]byte
}

// NewLoopback opens both sockets, on ports that the kernel chooses.
func NewLoopback() (*Loopback, error) {
	a, b, err := pair()
	if err != nil {
		return nil, fmt.Errorf("wire: loopback sockets: %w", err)
	}
	return &Loopback{ends: [2]*net.UDPConn{a, b}, patience: time.Second}, nil
}

// pair opens two sockets, each connected to the other. Connecting needs the other's
// port, so the first one only holds its port until the second one exists, and is then
// opened again. Should another program be given that port in between, it is an error.
func pair() (a, b *net.UDPConn, err error) {
	anyPort := net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0"))
	held, err := net.ListenUDP("udp4", anyPort)
	if err != nil {
		return nil, nil, err
	}
	first := net.UDPAddrFromAddrPort(local(held))
	b, err = net.DialUDP("udp4", anyPort, first)
	if err != nil {
		return nil, nil, errors.Join(err, held.Close())
	}
	if err := held.Close(); err != nil {
		return nil, nil, errors.Join(err, b.Close())
	}
	a, err = net.DialUDP("udp4", first, net.UDPAddrFromAddrPort(local(b)))
	if err != nil {
		return nil, nil, errors.Join(err, b.Close())
	}
	return a, b, nil
}

// Addrs gives the addresses of the two ends' sockets.
func (l *Loopback) Addrs() (a, b netip.AddrPort) {
	return local(l.ends[0]), local(l.ends[1])
}

func local(c *net.UDPConn) netip.AddrPort {
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}

// Carry sends b as one datagram from end from, 0 or 1, reads it at once at the other
// end, and gives what was read there, which is the caller's to keep. A datagram that
// is not there within a second is an error. Nothing is ever left in a socket, where
// the kernel would drop what its buffer cannot hold; after an error that may no longer
// be true, and the wire is to be closed.
func (l *Loopback) Carry(from int, b []byte) ([]byte, error) {
	if len(b) > maxDatagram {
		return nil, fmt.Errorf("wire: datagram of %d octets, want at most %d", len(b), maxDatagram)
	}
	sender, receiver := l.ends[from], l.ends[1-from]
	if _, err := sender.Write(b); err != nil {
		return nil, fmt.Errorf("wire: %w", err)
	}
	if err := receiver.SetReadDeadline(time.Now().Add(l.patience)); err != nil {
		return nil, fmt.Errorf("wire: %w", err)
	}
	n, err := receiver.Read(l.buffer[:])
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, fmt.Errorf("wire: no datagram within %g s from %v to %v", l.patience.Seconds(), local(sender), local(receiver))
	}
	if err != nil {
		return nil, fmt.Errorf("wire: %w", err)
	}
	return bytes.Clone(l.buffer[:n]), nil
}

// Close gives both sockets back. Closing again does nothing.
func (l *Loopback) Close() error {
	var failed error
	for _, c := range l.ends {
		if err := c.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			failed = errors.Join(failed, fmt.Errorf("wire: %w", err))
		}
	}
	return failed
}

// Memory is a wire without sockets, for searching, benchmarks and tests with a
// clock of their own.
type Memory struct{}

// Carry gives a copy of b.
func (Memory) Carry(_ int, b []byte) ([]byte, error) { return bytes.Clone(b), nil }

// Close does nothing.
func (Memory) Close() error { return nil }
