package tcp

import (
	"net/netip"
	"time"
)

// Listener is what bounds a listening socket beside the TCBs of its connections. RFC 9293
// knows no queues and would take every SYN, so the bounds are those of listen(2) on Linux:
// a connection in SYN-RECEIVED is a request and stands in the SYN queue, an ESTABLISHED one
// stands in the accept queue until accept() takes it, and each queue is full when it holds
// more than the backlog. A Listener is a plain comparable value, as a [TCB] is.
type Listener struct {
	Backlog  int     // what listen() was given
	Requests int     // how many stand in the SYN queue
	Waiting  int     // how many stand in the accept queue
	Cookies  Cookies // when a SYN is answered by a cookie
	// CookiesUntil is how long an ACK may still bring a cookie back, on the caller's clock:
	// "If the 'last overflow time' is earlier than a few minutes ago, give up" (RFC 4987,
	// Appendix A). Zero: no cookie was ever sent.
	CookiesUntil time.Duration
}

// Cookies says when a listener answers a SYN by a cookie (RFC 4987 3.6). The numbers are
// those of Linux's net.ipv4.tcp_syncookies.
type Cookies uint8

// The values of net.ipv4.tcp_syncookies.
const (
	CookiesNever    Cookies = iota // a SYN that finds the SYN queue full is dropped
	CookiesWhenFull                // only a SYN that finds the SYN queue full gets a cookie
	CookiesAlways                  // every SYN does, and no request is ever kept
)

// Origin is what a cookie is made of beside the time and the numbers of a segment.
type Origin struct {
	Local, Remote netip.AddrPort // where the segment came to, and from
	Key           [16]byte       // the host's secret
}

func (l Listener) requestsFull() bool { return l.Requests > l.Backlog }

func (l Listener) acceptsFull() bool { return l.Waiting > l.Backlog }

// Room reports whether a SYN would begin a connection: neither queue is full.
func (l Listener) Room() bool { return !l.requestsFull() && !l.acceptsFull() }

// Arrives is RFC 9293 3.10.7.2 with queues. The listener's own TCB t is in LISTEN; if that
// of the outcome is, too, no connection has begun and nothing is to be kept. Else it is the
// TCB of the new connection: a request in SYN-RECEIVED, or what a cookie has brought back.
// The listener changes only in its CookiesUntil.
func (l Listener) Arrives(t TCB, e SegmentArrives, from Origin) (Listener, Outcome) {
	switch ctl := e.Segment.CTL & (SYN | ACK | RST); {
	case ctl == SYN:
		return l.synArrives(t, e, from)
	case ctl == ACK && l.Cookies != CookiesNever && e.Now < l.CookiesUntil:
		return l, l.cookieReturns(t, e, from)
	}
	return l, Step(t, e)
}

// synArrives makes a request or a cookie, or drops the SYN: in silence, for a RST would
// say that nobody listens, and the other end is to try again. A full accept queue drops
// what could have a cookie, too: nobody takes the connections that there are.
func (l Listener) synArrives(t TCB, e SegmentArrives, from Origin) (Listener, Outcome) {
	switch {
	case l.requestsFull() && l.Cookies == CookiesNever:
		return l, Outcome{TCB: t, Rules: []Rule{synQueueFull}}
	case l.acceptsFull():
		return l, Outcome{TCB: t, Rules: []Rule{acceptQueueFull}}
	case l.requestsFull() || l.Cookies == CookiesAlways:
		l.CookiesUntil = e.Now + cookieAges*cookiePeriod
		return l, sendCookie(t, e, from)
	}
	return l, Step(t, e)
}

// sendCookie answers a SYN and keeps nothing of it, so neither does it take the text that
// came along: "SYN cookies do not handle application data piggybacked on the SYN".
func sendCookie(t TCB, e SegmentArrives, from Origin) Outcome {
	o := Outcome{TCB: t}
	o.fire(cookieSent)
	o.Segments = append(o.Segments, Segment{ // not emit: the listener's TCB has nothing of it
		SEQ: Cookie(e.Now, from.Local, from.Remote, e.Segment.SEQ, from.Key, e.Segment.Options.MSS),
		ACK: e.Segment.SEQ + 1, WND: t.firstWindow(), CTL: SYN | ACK, Options: Options{MSS: t.Settings.MSS},
	})
	return o
}

// cookieReturns makes the connection that an ACK's cookie stands for, from the ACK alone:
// its numbers are those behind both SYNs. What is no cookie, or one too old, is answered
// as any ACK in LISTEN. Of the SYN's options the MSS alone comes back with the cookie.
func (l Listener) cookieReturns(t TCB, e SegmentArrives, from Origin) Outcome {
	seg := &e.Segment
	iss, irs := seg.ACK-1, seg.SEQ-1
	mss, ok := CheckCookie(e.Now, from.Local, from.Remote, irs, iss, from.Key)
	if !ok {
		o := Outcome{TCB: t}
		o.fire(cookieRefused)
		o.resetFor(seg)
		o.ignoreFIN(seg)
		return o
	}
	if l.acceptsFull() {
		return Outcome{TCB: t, Rules: []Rule{acceptQueueFullACK}}
	}
	t.State = SynReceived
	t.begin(iss, e.Now)
	t.forget() // nobody knows when the SYN,ACK went
	t.hear(&Segment{SEQ: irs, Options: Options{MSS: mss}}, e.Now)
	o := Step(t, e)
	o.Rules[0] = cookieAccepted // instead of syn-received-ack: nothing stood in SYN-RECEIVED
	return o
}

// Confirms takes one of the listener's requests through a segment. While the accept queue
// is full, the segment that would make it ESTABLISHED is as good as lost: the request
// stays, and its SYN,ACK goes again when the timer ends.
func (l Listener) Confirms(request TCB, e SegmentArrives) Outcome {
	o := Step(request, e)
	if l.acceptsFull() && request.State == SynReceived && o.TCB.State.Synchronized() {
		return Outcome{TCB: request, Rules: []Rule{acceptQueueFullACK}}
	}
	return o
}
