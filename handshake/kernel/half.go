package kernel

import (
	"context"
	"net/netip"
	"time"

	"sockscope/handshake"
	"sockscope/statemachine/tcp"
)

// Acts is the call of a program that nobody has the text of: it has done something.
const Acts = "acts"

// Half is a session in which the kernel has one of the two ends. The other one's
// segments are put on the wire by [Half.Emit]; those that arrive at it are handed over
// and never reach the kernel. All choices of the wire are the session's, for both ends.
type Half interface {
	handshake.Session
	// Now is the session's clock: no step before was later, none after will be earlier.
	Now() time.Duration
	// Emit puts a segment of the other end on the wire and gives its departure. Whose
	// that is and why is left open.
	Emit(ctx context.Context, s Segment) (handshake.Step, error)
	// Arrived is the segment that the last Do has let arrive at the other end.
	Arrived() (Segment, bool)
}

// Segment is one between the kernel and the other end, with the numbers that are shown.
type Segment struct {
	From, To netip.AddrPort
	tcp.Segment
}

// Other says which end is not the kernel's, and what the kernel's does.
type Other struct {
	Engine  string   // whose lines of the script are played
	Peer    string   // the end that is not the kernel's; its address must be the kernel's own
	Program []string // what runs instead of the calls of the kernel's end; empty: nothing
}

// StartHalf checks the kernel's half of a scenario and starts the child.
func StartHalf(ctx context.Context, s *handshake.Scenario, o Other) (Half, error) {
	if err := check(s, o); err != nil {
		return nil, err
	}
	return start(ctx, opening{Scenario: s, Other: o})
}
