package differential

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkKernelLife is the life of BenchmarkLife over the kernel's own TCP, on loopback
// addresses, by one thread that makes the calls of both ends. Each so many clients have an
// address of their own, for a port rests behind each for the time of TIME-WAIT.
func BenchmarkKernelLife(b *testing.B) {
	l, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	require.NoError(b, err)
	defer syscall.Close(l)
	require.NoError(b, syscall.Bind(l, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	require.NoError(b, syscall.Listen(l, 128))
	to, err := syscall.Getsockname(l)
	require.NoError(b, err)
	buffer, lives := make([]byte, 16), 0
	for b.Loop() {
		from := &syscall.SockaddrInet4{Addr: [4]byte{127, 1, byte(lives >> 20), byte(lives >> 12)}}
		lives++
		if err := live(l, from, to, buffer); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lives/s")
}

// live connects, accepts, sends "hello", receives it, and closes both ends.
func live(listener int, from *syscall.SockaddrInet4, to syscall.Sockaddr, buffer []byte) error {
	client, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(client)
	if err := syscall.Bind(client, from); err != nil {
		return err
	}
	if err := syscall.Connect(client, to); err != nil {
		return err
	}
	server, _, err := syscall.Accept(listener)
	if err != nil {
		return err
	}
	defer syscall.Close(server) // first: deferred last
	if _, err := syscall.Write(client, []byte("hello")); err != nil {
		return err
	}
	_, err = syscall.Read(server, buffer)
	return err
}
