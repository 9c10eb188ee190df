package tcp

import "time"

// Agreed is what both ends' SYNs have offered: an option counts only where both have it
// (RFC 7323 2.2 and 3.2, RFC 2018 2).
type Agreed struct {
	Scale, SACK, Timestamps bool
	SendShift, ReceiveShift uint8         // of the windows (RFC 7323 2.3)
	TSRecent                uint32        // TS.Recent (RFC 7323 4.3)
	TSRecentAt              time.Duration // when it was set
}

// shift is how far the window of this end's buffer must be shifted to fit into the
// header; at most 14 (RFC 7323 2.3).
func (t *TCB) shift() uint8 {
	n := uint8(0)
	for t.buffer()>>n > 65535 && n < maxShift {
		n++
	}
	return n
}

// maxShift bounds a window: so that old and new can be told apart (RFC 7323 2.3).
const maxShift = 14

// offer is what a SYN says of this end: its MSS, if the user has named one (RFC 9293
// 3.7.1, SHLD-5), and what he wants.
func (t *TCB) offer(p *Options, now time.Duration) {
	p.MSS, p.SACKPermitted = t.Settings.MSS, t.Settings.SACK
	if t.Settings.Scale {
		p.WindowScale, p.Shift = true, t.shift()
	}
	if t.Settings.Stamp {
		p.Timestamps, p.TSval = true, stamp(now)
	}
}

// answer is what a SYN,ACK says: of what the SYN has not offered, nothing.
func (t *TCB) answer(p *Options, now time.Duration) {
	t.offer(p, now)
	a := &t.Agreed
	p.SACKPermitted = a.SACK
	if !a.Scale {
		p.WindowScale, p.Shift = false, 0
	}
	if a.Timestamps {
		p.TSecr = a.TSRecent
	} else {
		p.Timestamps, p.TSval = false, 0
	}
}

// agree takes over what the other end's SYN offers and this end has asked for.
func (t *TCB) agree(p *Options, now time.Duration) {
	t.Agreed = Agreed{
		Scale: t.Settings.Scale && p.WindowScale, SACK: t.Settings.SACK && p.SACKPermitted, Timestamps: t.Settings.Stamp && p.Timestamps,
	}
	if t.Agreed.Scale {
		t.Agreed.SendShift, t.Agreed.ReceiveShift = min(p.Shift, maxShift), t.shift()
	}
	if t.Agreed.Timestamps {
		t.Agreed.TSRecent, t.Agreed.TSRecentAt = p.TSval, now
	}
}

// carried are the options of every segment but a SYN: the timestamps (RFC 7323 3.2), and
// which octets have come beyond a gap (RFC 2018 4).
func (t *TCB) carried(p *Options, now time.Duration) {
	if t.Agreed.Timestamps {
		p.Timestamps, p.TSval, p.TSecr = true, stamp(now), t.Agreed.TSRecent
	}
	if t.Agreed.SACK {
		p.SACK = t.blocks()
		clear(p.SACK[p.Blocks():])
	}
}

// stamp is the clock of timestamps: a tick is a millisecond, the fastest that RFC 7323 5.4
// allows.
func stamp(now time.Duration) uint32 { return uint32(now / time.Millisecond) }

// firstWindow is RCV.WND as a SYN can say it: not scaled (RFC 7323 2.2).
func (t *TCB) firstWindow() uint16 { return uint16(min(t.RCV.WND, 65535)) }

// window is RCV.WND as every other segment says it.
func (t *TCB) window() uint16 { return uint16(min(t.RCV.WND>>t.Agreed.ReceiveShift, 65535)) }

// outdated is how long TS.Recent says something: it must not come round (RFC 7323 5.5).
const outdated = 24 * 24 * time.Hour

// checkTimestamps is PAWS: "If there is a Timestamps option in the arriving segment,
// SEG.TSval < TS.Recent, TS.Recent is valid, and the RST bit is not set, then treat the
// arriving segment as not acceptable" (RFC 7323 5.3). It reports that the segment is done
// with. One without the option is dropped silently (3.2).
func (o *Outcome) checkTimestamps(seg *Segment, now time.Duration) bool {
	a := &o.TCB.Agreed
	switch {
	case seg.CTL.Has(RST):
		return false
	case !seg.Options.Timestamps:
		o.fire(timestampsMissing)
		return true
	case before(seg.Options.TSval, a.TSRecent) && now-a.TSRecentAt < outdated:
		o.fire(timestampOld)
		o.sendACK()
		return true
	}
	return false
}

// remember moves TS.Recent on, if the segment "includes the sequence number
// Last.ACK.sent" or lies before it (RFC 7323 4.3).
func (t *TCB) remember(seg *Segment, now time.Duration) {
	a := &t.Agreed
	if a.Timestamps && seg.Options.Timestamps && !before(seg.Options.TSval, a.TSRecent) && !before(t.LastACK, seg.SEQ) {
		a.TSRecent, a.TSRecentAt = seg.Options.TSval, now
	}
}
