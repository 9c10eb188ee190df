package kernel

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"golang.org/x/sys/unix"
)

// rtoMinSetting is the shortest retransmission timeout in microseconds, a setting of
// the namespace from Linux 6.11 on. Older kernels have it in each route.
const rtoMinSetting = "net.ipv4.tcp_rto_min_us"

// setRTOMin sets it in whichever way the kernel has. lo must be up.
func setRTOMin(microseconds string) error {
	err := set(rtoMinSetting, microseconds)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return setRoutes(metrics{rtoMin: microseconds})
}

// metrics are what routes tell the connections that take them (ip-route(8)).
type metrics struct {
	rtoMin   string // the shortest retransmission timeout, in microseconds
	quickack bool   // each segment is acknowledged at once: a socket cannot say so for the FIN (Linux net/ipv4/tcp_input.c, tcp_fin)
	initcwnd uint32 // segments of the initial congestion window; 0: Linux's ten
}

// attributes are the metrics as a request for a route has them.
func (m metrics) attributes() ([]byte, error) {
	least, err := strconv.ParseUint(m.rtoMin, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("kernel: setting %s to %q, want a number of microseconds", rtoMinSetting, m.rtoMin)
	}
	list := netlink{}
	list.attribute(unix.RTAX_LOCK, native(1<<unix.RTAX_RTO_MIN)...)
	list.attribute(unix.RTAX_RTO_MIN, native(uint32(least/1000))...)
	if m.quickack {
		list.attribute(unix.RTAX_QUICKACK, native(1)...)
	}
	if m.initcwnd != 0 {
		list.attribute(unix.RTAX_INITCWND, native(m.initcwnd)...)
	}
	return list.request, nil
}

// setRoutes gives metrics to the two routes that lo came up with, that of 127.0.0.1 and
// that of its net.
func setRoutes(m metrics) error {
	attributes, err := m.attributes()
	if err != nil {
		return err
	}
	n, err := openNetlink(unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer n.close() //nolint:errcheck // the answers are in
	host, net := []byte{127, 0, 0, 1}, []byte{127, 0, 0, 0}
	for _, route := range []struct {
		to     []byte
		length byte
	}{{host, 32}, {net, 8}} {
		n.begin(unix.RTM_NEWROUTE, unix.NLM_F_ACK|unix.NLM_F_REPLACE, 0)
		n.request = append(n.request, unix.AF_INET, route.length, 0, 0, // struct rtmsg
			unix.RT_TABLE_LOCAL, unix.RTPROT_KERNEL, unix.RT_SCOPE_HOST, unix.RTN_LOCAL, 0, 0, 0, 0)
		n.attribute(unix.RTA_DST, route.to...)
		n.attribute(unix.RTA_PREFSRC, host...)
		n.attribute(unix.RTA_OIF, native(loIndex)...)
		n.attribute(unix.RTA_METRICS, attributes...)
		if err := n.acknowledged(); err != nil {
			return fmt.Errorf("kernel: route to %v/%d: %w", route.to, route.length, err)
		}
	}
	return nil
}

// loIndex is the number of lo in every network namespace (LOOPBACK_IFINDEX).
const loIndex = 1

func native(v uint32) []byte { return binary.NativeEndian.AppendUint32(nil, v) }
