package tcp

import "time"

// Settings is what the user of a connection can ask for. The zero Settings are those of
// RFC 9293 with nothing asked for.
type Settings struct {
	Profile  Profile
	MSS      uint16        // the largest text that this end takes in a segment, told in its SYN; 0: not told, 536 (RFC 9293 3.7.1)
	Buffer   uint32        // octets of the receive buffer; 0: 65535
	Window   uint32        // segments of the initial congestion window (RFC 6928 2); 0: the profile's
	Scale    bool          // the SYN offers Window Scale (RFC 7323 2)
	SACK     bool          // it offers SACK-Permitted (RFC 2018 2)
	Stamp    bool          // it offers Timestamps (RFC 7323 3)
	NoDelay  bool          // Nagle's algorithm is off (RFC 9293 3.7.4, MUST-17)
	DelayACK bool          // an ACK may wait for company (RFC 9293 3.8.6.3)
	Timeout  time.Duration // R2, how long text may stay unacknowledged; 0: 5 minutes (RFC 9293 3.8.3, 3.9.1.1)

	KeepAlive         bool          // RFC 9293 3.8.4; off unless asked for (MUST-25)
	KeepAliveIdle     time.Duration // how long nothing has come before the first probe; 0: 2 hours (MUST-28)
	KeepAliveInterval time.Duration // between probes; 0: 75 s
	KeepAliveProbes   uint8         // how many may stay unanswered; 0: 9
}

// Profile chooses the values that the RFCs leave open. Nothing else differs.
type Profile uint8

// The profiles.
const (
	Strict Profile = iota // the values that the RFCs name or recommend
	Linux                 // those measured on Linux 6.18
)

// values are what a profile sets.
type values struct {
	minRTO, maxRTO  time.Duration
	initialSegments uint32        // of the initial congestion window; 0: by RFC 5681 3.1
	delayedACK      time.Duration // how long an ACK may wait
	timeWait        time.Duration
	challenges      uint8 // at most so many challenge ACKs
	challengeEvery  time.Duration
}

var profiles = [...]values{
	Strict: {
		minRTO: time.Second, maxRTO: time.Minute, // RFC 6298 2.4, 2.5
		delayedACK: 200 * time.Millisecond,              // RFC 9293 3.8.6.3: less than 0.5 s
		timeWait:   2 * msl,                             // RFC 9293 3.6.1
		challenges: 10, challengeEvery: 5 * time.Second, // RFC 5961 7
	},
	Linux: {
		minRTO: 200 * time.Millisecond, maxRTO: 2 * time.Minute,
		initialSegments: 10, // RFC 6928
		delayedACK:      40 * time.Millisecond,
		timeWait:        time.Minute,
		challenges:      1, challengeEvery: 500 * time.Millisecond,
	},
}

func (t *TCB) profile() *values { return &profiles[t.Settings.Profile] }

// or is n, or if that is zero, what stands for it.
func or[T comparable](n, otherwise T) T {
	var zero T
	if n == zero {
		return otherwise
	}
	return n
}

// The values of settings that are not made.
const (
	defaultMSS = 536 // IPv4's (RFC 9293 3.7.1, MUST-15)
	// receiveBuffer is the largest window that the header can say (RFC 9293 3.1).
	receiveBuffer = 65535
	// userTimeLimit is R2 (RFC 9293 3.9.1.1, OPEN).
	userTimeLimit     = 5 * time.Minute
	keepAliveIdle     = 2 * time.Hour    // MUST-28
	keepAliveInterval = 75 * time.Second // as 4.4BSD and Linux have it: RFC 9293 names none
	keepAliveProbes   = 9                // likewise
)

// rmss is the largest text that this end takes in a segment.
func (t *TCB) rmss() uint32 { return uint32(or(t.Settings.MSS, defaultMSS)) }

// smss is SMSS (RFC 5681 2): the largest text that the other end takes in a segment.
func (t *TCB) smss() uint32 { return uint32(or(t.SMSS, defaultMSS)) }

// effective is the effective send MSS (RFC 9293 3.7.1, MUST-16): SMSS less the options that
// a segment carries now.
func (t *TCB) effective() uint32 {
	if !t.Agreed.Timestamps && !t.Agreed.SACK {
		return t.smss()
	}
	var p Options
	t.carried(&p, 0)
	return max(t.smss(), uint32(p.Len())+1) - uint32(p.Len())
}

func (t *TCB) buffer() uint32 { return or(t.Settings.Buffer, receiveBuffer) }

// set is the user's change of settings in mid-life. What runs by them begins again.
func (o *Outcome) set(e Set) {
	t := &o.TCB
	o.fire(settingsMade)
	if t.State == Closed {
		return
	}
	told := t.Settings // by the SYN, already
	t.Settings = e.Settings
	t.Settings.MSS, t.Settings.Buffer, t.Settings.Profile = told.MSS, told.Buffer, told.Profile
	t.Settings.Scale, t.Settings.SACK, t.Settings.Stamp = told.Scale, told.SACK, told.Stamp
	t.startKeepAlive(e.Now)
	if t.Timers.User != 0 {
		t.Timers.User = e.Now + or(t.Settings.Timeout, userTimeLimit)
	}
	o.transmit(e.Now, nothingOwed)
}
