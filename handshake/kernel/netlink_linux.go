package kernel

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// receiveSize holds the largest message of the kernel: a packet of 64 KiB with its
// attributes, or a part of a dump.
const receiveSize = 128 << 10

// A netlink is a netlink socket to the kernel. It never blocks: the kernel has
// answered when the request returns.
type netlink struct {
	fd      int
	request []byte // reused
	answer  []byte // reused
}

func openNetlink(protocol int) (*netlink, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, protocol)
	if err != nil {
		return nil, fmt.Errorf("kernel: netlink socket of protocol %d: %w", protocol, err)
	}
	if err := unix.Connect(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("kernel: netlink socket of protocol %d: connect: %w", protocol, err)
	}
	return &netlink{fd: fd, answer: make([]byte, receiveSize)}, nil
}

func (n *netlink) close() error { return unix.Close(n.fd) }

// begin starts a request; what follows its header is appended to n.request.
func (n *netlink) begin(kind, flags uint16, sequence uint32) {
	b := append(n.request[:0], 0, 0, 0, 0)
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = binary.NativeEndian.AppendUint16(b, flags|unix.NLM_F_REQUEST)
	b = binary.NativeEndian.AppendUint32(b, sequence)
	n.request = append(b, 0, 0, 0, 0)
}

// attribute appends an attribute to the request.
func (n *netlink) attribute(kind uint16, value ...byte) {
	b := binary.NativeEndian.AppendUint16(n.request, uint16(unix.SizeofNlAttr+len(value)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = append(b, value...)
	for len(b)%unix.NLA_ALIGNTO != 0 {
		b = append(b, 0)
	}
	n.request = b
}

// send gives the request to the kernel, which has done it when this returns.
func (n *netlink) send() error {
	binary.NativeEndian.PutUint32(n.request, uint32(len(n.request)))
	_, err := unix.Write(n.fd, n.request)
	return err
}

// receive gives the messages of one answer, which are valid until the next one. The
// error is EAGAIN when there is none, ENOBUFS when the kernel had to throw some away.
func (n *netlink) receive() ([]byte, error) {
	size, err := unix.Read(n.fd, n.answer)
	return n.answer[:max(0, size)], err
}

// A message is one of an answer.
type message struct {
	kind     uint16
	sequence uint32
	body     []byte
}

// failure is the errno of an NLMSG_ERROR or NLMSG_DONE, nil for success.
func (m message) failure() error {
	if len(m.body) < 4 {
		return nil
	}
	if errno := int32(binary.NativeEndian.Uint32(m.body)); errno != 0 {
		return unix.Errno(-errno)
	}
	return nil
}

// nextMessage cuts the first message off an answer.
func nextMessage(b []byte) (m message, rest []byte, ok bool) {
	if len(b) < unix.SizeofNlMsghdr {
		return message{}, nil, false
	}
	length := int(binary.NativeEndian.Uint32(b))
	if length < unix.SizeofNlMsghdr || length > len(b) {
		return message{}, nil, false
	}
	m = message{binary.NativeEndian.Uint16(b[4:]), binary.NativeEndian.Uint32(b[8:]), b[unix.SizeofNlMsghdr:length]}
	return m, b[min(align(length), len(b)):], true
}

// nextAttribute cuts the first attribute off a message's.
func nextAttribute(b []byte) (kind uint16, value, rest []byte, ok bool) {
	if len(b) < unix.SizeofNlAttr {
		return 0, nil, nil, false
	}
	length := int(binary.NativeEndian.Uint16(b))
	if length < unix.SizeofNlAttr || length > len(b) {
		return 0, nil, nil, false
	}
	const flags = unix.NLA_F_NESTED | unix.NLA_F_NET_BYTEORDER
	return binary.NativeEndian.Uint16(b[2:]) &^ flags, b[unix.SizeofNlAttr:length], b[min(align(length), len(b)):], true
}

func align(n int) int { return (n + unix.NLMSG_ALIGNTO - 1) &^ (unix.NLMSG_ALIGNTO - 1) }
