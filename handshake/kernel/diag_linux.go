package kernel

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// From linux/inet_diag.h.
const (
	requestSize   = 56 // struct inet_diag_req_v2
	diagSize      = 72 // struct inet_diag_msg
	diagInfo      = 2  // INET_DIAG_INFO
	diagEverState = 1<<14 - 2
)

// A sock is what the kernel says of one of its sockets in a dump. Requests (state 3,
// SYN_RECV), sockets in TIME_WAIT (6) and orphans in FIN_WAIT2 (5) are small ones that
// have timers, but no info.
type sock struct {
	state         uint8 // as the kernel numbers them: TCP_ESTABLISHED is 1; 13 is bound, and no more
	local, remote netip.AddrPort
	timer         uint8 // 0 none, 1 retransmission, 2 keep-alive or orphan, 3 TIME-WAIT, 4 persist, 5 delayed ACK, 6 probe or pacing
	expires       time.Duration
	retrans       uint8
	rqueue        uint32 // octets to read; of a listener, the length of its accept queue
	wqueue        uint32 // octets that are not acknowledged; of a listener, that queue's limit
	cookie        uint64 // names the socket for life
	inode         uint32 // 0 when no descriptor has it
	info          info
	hasInfo       bool
}

// info is the kernel's struct tcp_info, with its names. What an older kernel does not
// fill is zero.
type info struct {
	unix.TCPInfo
	sndWscale, rcvWscale uint8 // bit fields
	size                 int   // the octets that the kernel filled
}

// tcpInfo reads the state of a TCP socket of this process, without allocating.
func tcpInfo(fd int, into *info) error {
	*into = info{}
	size := uint32(unix.SizeofTCPInfo)
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.IPPROTO_TCP, unix.TCP_INFO,
		uintptr(unsafe.Pointer(&into.TCPInfo)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return fmt.Errorf("kernel: TCP_INFO of descriptor %d: %w", fd, errno)
	}
	into.filled(int(size))
	return nil
}

// octets is the struct as it lies in memory.
func (i *info) octets() *[unix.SizeofTCPInfo]byte {
	return (*[unix.SizeofTCPInfo]byte)(unsafe.Pointer(&i.TCPInfo))
}

// filled notes how much the kernel wrote, and reads the bit fields, which C has lie
// behind tcpi_options.
func (i *info) filled(size int) {
	const scales = 6
	b := i.octets()[scales]
	i.sndWscale, i.rcvWscale, i.size = b&0xf, b>>4, size
	if bigEndian {
		i.sndWscale, i.rcvWscale = i.rcvWscale, i.sndWscale
	}
}

// bigEndian says from which end this machine's C allots bit fields.
var bigEndian = binary.NativeEndian.Uint16([]byte{0, 1}) == 1

// A diag asks the kernel for all sockets of the namespace.
type diag struct{ *netlink }

func openDiag() (*diag, error) {
	n, err := openNetlink(unix.NETLINK_INET_DIAG)
	if err != nil {
		return nil, err
	}
	n.begin(unix.SOCK_DIAG_BY_FAMILY, unix.NLM_F_DUMP, 0)
	request := [requestSize]byte{unix.AF_INET, unix.IPPROTO_TCP, 1 << (diagInfo - 1)}
	binary.NativeEndian.PutUint32(request[4:], diagEverState)
	n.request = append(n.request, request[:]...)
	return &diag{n}, nil
}

// dump appends every TCP socket over IPv4 that the namespace has, in the kernel's
// order: listeners, those that are bound and no more, then the rest.
func (d *diag) dump(into []sock) ([]sock, error) {
	if err := d.send(); err != nil {
		return into, fmt.Errorf("kernel: sock_diag: %w", err)
	}
	for {
		answer, err := d.receive()
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return into, fmt.Errorf("kernel: sock_diag: %w", err)
		}
		for m, rest, ok := nextMessage(answer); ok; m, rest, ok = nextMessage(rest) {
			switch {
			case m.kind == unix.NLMSG_DONE, m.kind == unix.NLMSG_ERROR:
				if err := m.failure(); err != nil {
					return into, fmt.Errorf("kernel: sock_diag: %w", err)
				}
				return into, nil
			case m.kind == unix.SOCK_DIAG_BY_FAMILY && len(m.body) >= diagSize:
				into = append(into, sock{})
				into[len(into)-1].read(m.body)
			}
		}
	}
}

// read takes a struct inet_diag_msg and its attributes apart.
func (s *sock) read(b []byte) {
	native := binary.NativeEndian
	s.state, s.timer, s.retrans = b[1], b[2], b[3]
	s.local = netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[8:])), binary.BigEndian.Uint16(b[4:]))
	s.remote = netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[24:])), binary.BigEndian.Uint16(b[6:]))
	s.cookie = uint64(native.Uint32(b[44:])) | uint64(native.Uint32(b[48:]))<<32
	s.expires = time.Duration(native.Uint32(b[52:])) * time.Millisecond
	s.rqueue, s.wqueue, s.inode = native.Uint32(b[56:]), native.Uint32(b[60:]), native.Uint32(b[68:])
	for kind, value, rest, ok := nextAttribute(b[diagSize:]); ok; kind, value, rest, ok = nextAttribute(rest) {
		if kind == diagInfo {
			s.info.filled(copy(s.info.octets()[:], value))
			s.hasInfo = true
		}
	}
}
