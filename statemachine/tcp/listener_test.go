package tcp

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var origin = Origin{Local: isnLocal, Remote: isnRemote, Key: isnKey}

// knock is a segment at a listener.
func knock(at time.Duration, s Segment) SegmentArrives {
	return SegmentArrives{Now: at, ISS: iss, Segment: s}
}

// queues is a listener with a backlog of 1 whose queues hold so many.
func queues(requests, waiting int, c Cookies) Listener {
	return Listener{Backlog: 1, Requests: requests, Waiting: waiting, Cookies: c}
}

// RFC 4987 2.2 and 3.6 (R4987-3.6), in the order of Linux's tcp_conn_request(): a full SYN
// queue drops the SYN or makes it a cookie, a full accept queue drops it in any case. Full
// means that one more than the backlog is there.
func TestListenerAnswersASYN(t *testing.T) {
	for _, c := range []struct {
		listener Listener
		rule     Rule
	}{
		{queues(0, 0, CookiesNever), listenSYN},
		{queues(1, 1, CookiesNever), listenSYN},
		{queues(2, 0, CookiesNever), synQueueFull},
		{queues(0, 2, CookiesNever), acceptQueueFull},
		{queues(2, 2, CookiesNever), synQueueFull},
		{queues(1, 1, CookiesWhenFull), listenSYN},
		{queues(2, 1, CookiesWhenFull), cookieSent},
		{queues(2, 2, CookiesWhenFull), acceptQueueFull},
		{queues(0, 2, CookiesWhenFull), acceptQueueFull},
		{queues(0, 0, CookiesAlways), cookieSent},
		{queues(2, 1, CookiesAlways), cookieSent},
		{queues(0, 2, CookiesAlways), acceptQueueFull},
	} {
		l, o := c.listener.Arrives(in(Listen), knock(now, from(irs, 0, SYN, "")), origin)
		require.Equal(t, []Rule{c.rule}, o.Rules, "%+v", c.listener)
		if c.rule == listenSYN {
			require.Equal(t, Step(in(Listen), arrive(from(irs, 0, SYN, ""))), o, "as without queues")
			continue
		}
		require.Equal(t, in(Listen), o.TCB, "nothing is remembered")
		if c.rule == cookieSent {
			require.Equal(t, []Segment{{SEQ: Cookie(now, isnLocal, isnRemote, irs, isnKey, 536), ACK: irs + 1, WND: 65535, CTL: SYN | ACK}}, o.Segments)
			require.Equal(t, now+128*time.Second, l.CookiesUntil)
			l.CookiesUntil = 0
		} else {
			require.Empty(t, o.Segments, "in silence")
		}
		require.Equal(t, c.listener, l)
	}
}

// asked is a listener that has sent a cookie for the SYN irs, and the cookie.
func asked(t require.TestingT, at time.Duration) (l Listener, cookie uint32) {
	l, o := queues(2, 0, CookiesWhenFull).Arrives(in(Listen), knock(at, from(irs, 0, SYN, "hello")), origin)
	require.Equal(t, []Rule{cookieSent}, o.Rules)
	require.Equal(t, uint32(irs+1), o.Segments[0].ACK, "what came with the SYN is not taken")
	return l, o.Segments[0].SEQ
}

// R4987-3.6: the acknowledgment "can be used to reconstruct the state to be put into the TCB".
// It is that which a request would have led to, but that no round trip was measured.
func TestListenerTakesACookieBack(t *testing.T) {
	l, cookie := asked(t, now)
	at := now + 100*time.Millisecond
	ack := from(irs+1, cookie+1, ACK|PSH, "hello")
	after, o := l.Arrives(in(Listen), knock(at, ack), origin)
	require.Equal(t, l, after)
	require.Equal(t, []Rule{cookieAccepted, textAccepted}, o.Rules)
	require.Equal(t, "hello", o.Text)

	kept := Step(in(Listen), SegmentArrives{Now: now, ISS: cookie, Segment: from(irs, 0, SYN, "")}).TCB
	want := Step(kept, SegmentArrives{Now: at, Segment: ack})
	require.Equal(t, Established, want.TCB.State)
	require.True(t, want.TCB.Measured)
	want.TCB.Measured, want.TCB.SRTT, want.TCB.RTTVAR, want.TCB.RTO = false, 0, 0, initialRTO
	require.Equal(t, want.TCB, o.TCB)
	require.Equal(t, want.Segments, o.Segments)
}

// R4987-3.6: any segment that carries the ACK opens the connection, a FIN as well.
func TestListenerTakesACookieBackWithAFIN(t *testing.T) {
	l, cookie := asked(t, now)
	_, o := l.Arrives(in(Listen), knock(now, from(irs+1, cookie+1, FIN|ACK, "")), origin)
	require.Equal(t, CloseWait, o.TCB.State)
	require.Equal(t, []Rule{cookieAccepted, finInHandshake}, o.Rules)
}

// R4987-3.6: a wrong or too old cookie is an acknowledgment as any other in LISTEN, which
// is answered by a RST (RFC 9293 3.10.7.2 second).
func TestListenerRefusesAWrongCookie(t *testing.T) {
	l, cookie := asked(t, now)
	old := Cookie(now, isnLocal, isnRemote, irs, isnKey, 536)
	again, _ := asked(t, now+2*cookiePeriod)
	for why, c := range map[string]struct {
		listener Listener
		arrival  SegmentArrives
	}{
		"another number": {l, knock(now, from(irs+1, cookie+2, ACK, ""))},
		"another SYN":    {l, knock(now, from(0, cookie+1, ACK, ""))},
		"too old":        {again, knock(now+2*cookiePeriod, from(irs+1, old+1, ACK, ""))},
	} {
		_, o := c.listener.Arrives(in(Listen), c.arrival, origin)
		require.Equal(t, []Rule{cookieRefused}, o.Rules, why)
		require.Equal(t, in(Listen), o.TCB, why)
		require.Equal(t, []Segment{{SEQ: c.arrival.Segment.ACK, CTL: RST}}, o.Segments, why)
	}
}

// RFC 4987, Appendix A (R4987-3.6): "If the 'last overflow time' is earlier than a few minutes
// ago, give up." Nobody looks for a cookie then, nor where cookies are off, nor in a segment
// with a SYN or a RST.
func TestListenerLooksForACookieOnlyIfItSentOne(t *testing.T) {
	l, cookie := asked(t, now)
	ack := from(irs+1, cookie+1, ACK, "")
	never, later := l, l.CookiesUntil
	never.Cookies = CookiesNever
	for why, c := range map[string]struct {
		listener Listener
		arrival  SegmentArrives
		rule     Rule
	}{
		"none was sent":   {queues(2, 0, CookiesWhenFull), knock(now, ack), listenACK},
		"none of late":    {l, knock(later, ack), listenACK},
		"cookies are off": {never, knock(now, ack), listenACK},
		"a SYN,ACK":       {l, knock(now, from(irs+1, cookie+1, SYN|ACK, "")), listenACK},
		"a RST":           {l, knock(now, from(irs+1, cookie+1, RST|ACK, "")), listenRST},
		"no ACK":          {l, knock(now, from(irs+1, cookie+1, 0, "x")), listenOther},
	} {
		after, o := c.listener.Arrives(in(Listen), c.arrival, origin)
		require.Equal(t, []Rule{c.rule}, o.Rules, why)
		require.Equal(t, c.listener, after, why)
	}
}

// While the accept queue is full, what would make one more ESTABLISHED is dropped: the ACK
// of a request, which stays as it was, and that of a cookie.
func TestListenerWithAFullAcceptQueueDropsTheACK(t *testing.T) {
	request := in(SynReceived)
	ack := arrive(next(request, ACK, "hello"))
	require.Equal(t, Step(request, ack), queues(1, 1, CookiesNever).Confirms(request, ack))
	require.Equal(t, Outcome{TCB: request, Rules: []Rule{acceptQueueFullACK}}, queues(1, 2, CookiesNever).Confirms(request, ack))
	again := Step(request, RetransmissionTimeout{Now: request.Timers.Retransmission})
	require.Equal(t, []string{"<SEQ=4294967293><ACK=4294967295><CTL=SYN,ACK>"}, labels(again.Segments))
	require.Equal(t, []Rule{resetToListen}, queues(1, 2, CookiesNever).Confirms(request, arrive(next(request, RST, ""))).Rules, "all else is heard")

	l, cookie := asked(t, now)
	l.Waiting = 2
	_, o := l.Arrives(in(Listen), knock(now, from(irs+1, cookie+1, ACK, "")), origin)
	require.Equal(t, Outcome{TCB: in(Listen), Rules: []Rule{acceptQueueFullACK}}, o)
}

// Whatever comes, in whatever state the queues are: a listener answers by rules, is changed
// only by the cookie that it sends, and where no connection begins it keeps nothing.
func TestListenerHasAnAnswerToEverySegment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := queues(rapid.IntRange(0, 3).Draw(t, "requests"), rapid.IntRange(0, 3).Draw(t, "waiting"), Cookies(rapid.IntRange(0, 2).Draw(t, "cookies")))
		ctl := CTL(rapid.Byte().Draw(t, "CTL"))
		cookie := Cookie(now, isnLocal, isnRemote, irs, isnKey, 0)
		l.CookiesUntil = rapid.SampledFrom([]time.Duration{0, now, now + 1}).Draw(t, "until")
		s := from(irs+1, cookie+rapid.Uint32Range(0, 2).Draw(t, "ACK"), ctl, rapid.SampledFrom([]string{"", "hello"}).Draw(t, "text"))
		after, o := l.Arrives(in(Listen), knock(now, s), origin)
		require.NotEmpty(t, o.Rules)
		if o.Rules[0] == cookieSent {
			l.CookiesUntil = now + 2*cookiePeriod
		}
		require.Equal(t, l, after)
		switch {
		case o.TCB == in(Listen):
		case o.TCB.State == SynReceived:
			require.Equal(t, listenSYN, o.Rules[0])
			require.False(t, l.requestsFull() || l.acceptsFull())
		default:
			require.True(t, o.TCB.State.Synchronized())
			require.Equal(t, cookieAccepted, o.Rules[0])
			require.NotContains(t, o.Rules, synReceivedACK)
			require.False(t, l.acceptsFull())
		}
	})
}
