package kernel

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/google/nftables/xt"
	"golang.org/x/sys/unix"
)

// From linux/netfilter/nfnetlink_queue.h.
const (
	queuePacket  = unix.NFNL_SUBSYS_QUEUE << 8
	queueVerdict = unix.NFNL_SUBSYS_QUEUE<<8 | 1
	queueConfig  = unix.NFNL_SUBSYS_QUEUE<<8 | 2

	configCommand = 1 // NFQA_CFG_CMD
	configParams  = 2 // NFQA_CFG_PARAMS
	configMaxLen  = 3 // NFQA_CFG_QUEUE_MAXLEN
	commandBind   = 1
	copyPacket    = 2

	attributeHeader  = 1 // NFQA_PACKET_HDR
	attributeVerdict = 2 // NFQA_VERDICT_HDR
	attributeMark    = 3
	attributePayload = 10
	attributeLength  = 13 // NFQA_CAP_LEN: of a packet that was cut

	familySize = 4 // struct nfgenmsg, before the attributes

	queueNumber = 0
	queueLength = 1 << 16 // packets
)

const (
	// wholePacket is the most that the queue copies of one packet
	// (NFQNL_MAX_COPY_RANGE). The interface's MTU is set to it: with the 65536 that
	// lo has by itself, the largest segments would be cut by four octets.
	wholePacket = 0xffff - unix.SizeofNlAttr

	// ownMark is the mark of the packets that [loopback.send] sends.
	ownMark = 147
)

// A loopback is the namespace's lo with every TCP segment held: it has crossed lo, and
// its receiver knows nothing of it yet (hook input; were it held on its way out, the
// sender's kernel would think it still unsent and repeat nothing).
type loopback struct {
	queue *netlink
	raw   int
}

// held is one packet that waits for its verdict.
type held struct {
	id     uint32
	mark   uint32 // ownMark if send sent it, else 0
	octets []byte // from the IPv4 header on; the receiver's own
}

// openLoopback brings lo up and holds all TCP segments on it. It must run in a network
// namespace of its own. An error is an [*Unable].
func openLoopback() (*loopback, error) {
	if err := errors.Join(linkUp(), eachAlone()); err != nil {
		return nil, because("link", err)
	}
	if err := settings(); err != nil {
		return nil, because("settings", err)
	}
	queue, err := bindQueue()
	if err != nil {
		return nil, because("queue", err)
	}
	if _, err := holdSegments(); err != nil {
		return nil, errors.Join(because("queue", err), queue.close())
	}
	raw, err := rawSocket()
	if err != nil {
		return nil, errors.Join(because("raw", err), queue.close())
	}
	return &loopback{queue, raw}, nil
}

// parked is the shortest retransmission timeout of a held segment, in microseconds: a
// minute. That of SYN and SYN,ACK cannot be set.
const parked = "60000000"

// settings tells the namespace's TCP to wait for the person. A kernel that does not
// know a setting goes without.
func settings() error {
	for _, s := range [][2]string{
		{"net.ipv4.tcp_early_retrans", "0"},            // no tail loss probe, which the minute does not bind
		{"net.ipv4.tcp_congestion_control", "reno"},    // bbr would pace
		{"net.ipv4.tcp_no_metrics_save", "1"},          // the next connection must not inherit how slow a person was
		{"net.ipv4.tcp_early_demux", "0"},              // else the socket is chosen before the segment is held
		{"net.ipv4.ip_local_port_range", "1024 65535"}, // so that each port of a setup can be asked for
		{"net.ipv6.conf.all.disable_ipv6", "1"},        // nothing passes beside the queue
		{"net.ipv6.conf.lo.disable_ipv6", "1"},         // likewise
	} {
		if err := set(s[0], s[1]); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return setRTOMin(parked)
}

// sysctl sets one of the namespace's own settings of TCP, named with dots.
func sysctl(name, value string) error {
	switch {
	case !settable(name) && name != "net.ipv4.ip_local_port_range":
		return fmt.Errorf("kernel: setting %q, want one that a network namespace has of its own", name)
	case name == rtoMinSetting:
		return setRTOMin(value)
	}
	return set(name, value)
}

func set(name, value string) error {
	file, err := os.OpenFile("/proc/sys/"+strings.ReplaceAll(name, ".", "/"), os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("kernel: setting %s: %w", name, err)
	}
	_, err = file.WriteString(value)
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("kernel: setting %s to %q: %w", name, value, err)
	}
	return nil
}

// linkUp brings lo up, which gives it 127.0.0.0/8.
func linkUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("kernel: socket: %w", err)
	}
	defer unix.Close(fd) //nolint:errcheck // it has carried nothing
	for _, step := range []struct {
		request uint
		value   uint32
		what    string
	}{{unix.SIOCSIFMTU, wholePacket, "MTU"}, {unix.SIOCSIFFLAGS, unix.IFF_UP, "up"}} {
		lo, err := unix.NewIfreq("lo")
		if err != nil {
			return err
		}
		lo.SetUint32(step.value)
		if err := unix.IoctlIfreq(fd, step.request, lo); err != nil {
			return fmt.Errorf("kernel: lo %s: %w", step.what, err)
		}
	}
	return nil
}

// eachAlone has no segments handed over together. Cut apart behind TCP, every other one
// would have PSH, and TCP would count their losses by twos (Linux net/ipv4/tcp_output.c,
// tcp_tso_segs).
func eachAlone() error {
	n, err := openNetlink(unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer n.close() //nolint:errcheck // the answer is in
	n.begin(unix.RTM_NEWLINK, unix.NLM_F_ACK, 0)
	n.request = append(n.request, unix.AF_UNSPEC, 0, 0, 0) // struct ifinfomsg
	n.request = append(n.request, slices.Concat(native(loIndex), native(0), native(0))...)
	n.attribute(unix.IFLA_GSO_MAX_SEGS, native(1)...)
	if err := n.acknowledged(); err != nil {
		return fmt.Errorf("kernel: lo, one segment at a time: %w", err)
	}
	return nil
}

// bindQueue opens the queue: whole packets, super-segments cut and checksums filled in
// by the kernel as a network card would (for want of the flag NFQA_CFG_F_GSO).
func bindQueue() (*netlink, error) {
	queue, err := openNetlink(unix.NETLINK_NETFILTER)
	if err != nil {
		return nil, err
	}
	if unix.SetsockoptInt(queue.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBuffer) != nil {
		// The limit of net.core.rmem_max is the host's, who alone may pass it.
		_ = unix.SetsockoptInt(queue.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer)
	}
	for _, config := range []struct {
		kind  uint16
		value []byte
	}{
		{configCommand, []byte{commandBind, 0, 0, 0}},
		{configParams, append(binary.BigEndian.AppendUint32(nil, wholePacket), copyPacket)},
		{configMaxLen, binary.BigEndian.AppendUint32(nil, queueLength)},
	} {
		queue.begin(queueConfig, unix.NLM_F_ACK, 0)
		queue.request = append(queue.request, unix.AF_UNSPEC, 0, 0, queueNumber)
		queue.attribute(config.kind, config.value...)
		if err := queue.acknowledged(); err != nil {
			return nil, errors.Join(fmt.Errorf("kernel: queue %d: configuration %d: %w", queueNumber, config.kind, err), queue.close())
		}
	}
	return queue, nil
}

// receiveBuffer is how many octets may wait to be taken.
const receiveBuffer = 32 << 20

// acknowledged sends a request that the kernel must acknowledge.
func (n *netlink) acknowledged() error {
	if err := n.send(); err != nil {
		return err
	}
	answer, err := n.receive()
	if err != nil {
		return err
	}
	m, _, ok := nextMessage(answer)
	if !ok || m.kind != unix.NLMSG_ERROR {
		return fmt.Errorf("answer of type %d, want %d", m.kind, unix.NLMSG_ERROR)
	}
	return m.failure()
}

// holdSegments sends every TCP segment that comes in to the queue, and gives the name
// of the means: the expression of nftables, or the target of xtables where the kernel
// has no such expression.
func holdSegments() (string, error) {
	err := addRule(&expr.Queue{Num: queueNumber})
	if err == nil {
		return "nft_queue", nil
	}
	if !errors.Is(err, unix.ENOENT) {
		return "", fmt.Errorf("kernel: nftables queue: %w", err)
	}
	number := xt.Unknown(binary.NativeEndian.AppendUint16(nil, queueNumber))
	if second := addRule(&expr.Target{Name: "NFQUEUE", Info: &number}); second != nil {
		return "", fmt.Errorf("kernel: nftables queue: %w; target NFQUEUE: %w", err, second)
	}
	return "xt_NFQUEUE", nil
}

// addRule adds the table, its chain and the rule with this end, all or nothing.
func addRule(verdict expr.Any) error {
	conn, err := nftables.New()
	if err != nil {
		return err
	}
	table := conn.AddTable(&nftables.Table{Family: nftables.TableFamilyINet, Name: "sockscope"})
	chain := conn.AddChain(&nftables.Chain{
		Name: "held", Table: table, Type: nftables.ChainTypeFilter,
		Hooknum: nftables.ChainHookInput, Priority: nftables.ChainPriorityFilter,
	})
	conn.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: []expr.Any{
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{unix.IPPROTO_TCP}},
		verdict,
	}})
	return conn.Flush()
}

// rawSocket is for segments of our own making, marked as such.
func rawSocket() (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW) // which implies IP_HDRINCL and receives nothing
	if err != nil {
		return -1, fmt.Errorf("kernel: raw socket: %w", err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_MARK, ownMark); err != nil {
		_ = unix.Close(fd)
		return -1, fmt.Errorf("kernel: raw socket: mark: %w", err)
	}
	return fd, nil
}

// take appends every packet that is queued now, and never waits. An error says that a
// verdict named a packet that is not held, or that packets were lost because more
// than receiveBuffer was waiting.
func (l *loopback) take(into []held) ([]held, error) {
	for {
		answer, err := l.queue.receive()
		switch {
		case errors.Is(err, unix.EAGAIN):
			return into, nil
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return into, fmt.Errorf("kernel: queue: %w", err)
		}
		for m, rest, ok := nextMessage(answer); ok; m, rest, ok = nextMessage(rest) {
			switch m.kind {
			case queuePacket:
				p, err := packet(m.body)
				if err != nil {
					return into, err
				}
				into = append(into, p)
			case unix.NLMSG_ERROR:
				if err := m.failure(); err != nil {
					return into, fmt.Errorf("kernel: verdict on packet %d: %w", m.sequence, err)
				}
			}
		}
	}
}

// packet reads what the queue says of one packet.
func packet(body []byte) (held, error) {
	var p held
	if len(body) < familySize {
		return p, fmt.Errorf("kernel: queue message of %d octets, want at least %d", len(body), familySize)
	}
	cut := uint32(0)
	rest := body[familySize:]
	for {
		kind, value, more, ok := nextAttribute(rest)
		if !ok {
			break
		}
		rest = more
		switch {
		case kind == attributePayload:
			p.octets = append([]byte(nil), value...)
		case len(value) < 4:
		case kind == attributeHeader:
			p.id = binary.BigEndian.Uint32(value)
		case kind == attributeMark:
			p.mark = binary.BigEndian.Uint32(value)
		case kind == attributeLength:
			cut = binary.BigEndian.Uint32(value)
		}
	}
	if cut > 0 {
		return p, fmt.Errorf("kernel: %d of the %d octets of packet %d, want all", len(p.octets), cut, p.id)
	}
	return p, nil
}

// wait returns when a packet is queued, when the descriptor also can be read or has
// ended, or when the time is over; take tells which. A negative timeout has no end, a
// negative descriptor is none.
func (l *loopback) wait(timeout time.Duration, also int) error {
	descriptors := [2]unix.PollFd{{Fd: int32(l.queue.fd), Events: unix.POLLIN}, {Fd: int32(also), Events: unix.POLLIN}}
	end := time.Now().Add(timeout)
	for {
		var limit *unix.Timespec
		if timeout >= 0 {
			left := unix.NsecToTimespec(max(0, time.Until(end)).Nanoseconds())
			limit = &left
		}
		if _, err := unix.Ppoll(descriptors[:], limit, nil); err == nil {
			return nil
		} else if !errors.Is(err, unix.EINTR) { // the Go runtime's own signals
			return fmt.Errorf("kernel: queue: poll: %w", err)
		}
	}
}

// accept lets a packet arrive. When it returns, the receiver has processed it, and its
// reply is queued.
func (l *loopback) accept(id uint32) error { return l.verdict(id, 1, nil) }

// drop loses a packet.
func (l *loopback) drop(id uint32) error { return l.verdict(id, 0, nil) }

// replace lets other octets arrive in a packet's place: as many as fit, from an IPv4
// header on that is as long as the packet's, with their checksums filled in.
func (l *loopback) replace(id uint32, octets []byte) error { return l.verdict(id, 1, octets) }

func (l *loopback) verdict(id, verdict uint32, octets []byte) error {
	q := l.queue
	q.begin(queueVerdict, 0, id) // the sequence number comes back in an error
	q.request = append(q.request, unix.AF_UNSPEC, 0, 0, queueNumber)
	var header [8]byte
	binary.BigEndian.PutUint32(header[:], verdict)
	binary.BigEndian.PutUint32(header[4:], id)
	q.attribute(attributeVerdict, header[:]...)
	if octets != nil {
		q.attribute(attributePayload, octets...)
	}
	if err := q.send(); err != nil {
		return fmt.Errorf("kernel: verdict on packet %d: %w", id, err)
	}
	return nil
}

// send sends octets of our own making, from the IPv4 header on. They are held like
// all others. The kernel fills in the header's checksum, its total length and, if it
// is 0, its identification; the TCP checksum stays what it is.
func (l *loopback) send(octets []byte) error {
	if len(octets) < 20 {
		return fmt.Errorf("kernel: datagram of %d octets, want at least 20", len(octets))
	}
	to := unix.SockaddrInet4{Addr: [4]byte(octets[16:])}
	if err := unix.Sendto(l.raw, octets, 0, &to); err != nil {
		return fmt.Errorf("kernel: raw socket: send to %v: %w", to.Addr, err)
	}
	return nil
}

// close gives the descriptors back; what is still held is lost.
func (l *loopback) close() error { return errors.Join(l.queue.close(), unix.Close(l.raw)) }
