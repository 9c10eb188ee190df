package tcp

import (
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// row is a line of testdata/transitions.csv, RFC 9293 3.10 as a table.
type row struct{ state, event, order, condition, action, next, response, section string }

func (r row) name() string { return r.state + "/" + r.event + "/" + r.order + "/" + r.condition }

// answer is what must not differ between rows that share a rule.
func (r row) answer() string {
	next := r.next
	if next == r.state {
		next = "unchanged"
	}
	return r.action + " | " + next + " | " + strings.TrimSuffix(r.response, " (unacceptable ACK in SYN-RCVD)")
}

func transitions(t *testing.T) []row {
	t.Helper()
	f, err := os.Open("testdata/transitions.csv")
	require.NoError(t, err)
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	var rows []row
	for _, l := range lines[1:] {
		rows = append(rows, row{l[0], l[1], l[2], l[3], l[4], l[5], l[6], l[7]})
	}
	require.Len(t, rows, 245)
	return rows
}

// excuse says why this machine does not follow a row.
type excuse struct {
	reason string
	is     func(row) bool
}

var notApplicable = []excuse{
	{"a lesson has no processes whose right to a socket could differ", func(r row) bool { return r.condition == "no access to local socket" }},
	{"segments carry no security label here (RFC 9293 A.1: out of use)", func(r row) bool { return strings.Contains(r.condition, "security mismatch") }},
}

// taken says how rows come about and which rule they must take. An empty state
// stands for every state.
type taken struct {
	states, event, condition string

	rule Rule
	make func(s State) (TCB, Event)
}

func call(e Event) func(State) (TCB, Event) {
	return func(s State) (TCB, Event) { return in(s), e }
}

// seg makes the row with a segment that depends on the connection.
func seg(f func(t TCB) Segment) func(State) (TCB, Event) {
	return segTo(in, f)
}

func segTo(to func(State) TCB, f func(t TCB) Segment) func(State) (TCB, Event) {
	return func(s State) (TCB, Event) {
		t := to(s)
		return t, arrive(f(t))
	}
}

func nextSeg(ctl CTL, text string) func(State) (TCB, Event) {
	return seg(func(t TCB) Segment { return next(t, ctl, text) })
}

// full is a connection whose send buffer has no room for another octet.
func full(s State) TCB { return then(in(s), Send{Now: now, Text: strings.Repeat("x", sendBuffer)}).TCB }

func reachable(s State) TCB {
	t := in(s)
	t.Remote = true
	return t
}

func withUnread(s State) (TCB, Event) { return unread(s, 5), Receive{Now: now, Octets: 3} }

// oldACK acknowledges nothing new.
func oldACK(t TCB) Segment { return from(t.RCV.NXT, t.SND.UNA, ACK, "") }

func urgentSeg(t TCB) Segment {
	s := from(t.RCV.NXT, t.SND.UNA, ACK|URG, "")
	s.UP = 3
	return s
}

func windowOf(n uint16) func(TCB) Segment {
	return func(t TCB) Segment {
		s := from(t.RCV.NXT, t.SND.UNA, ACK, "")
		s.WND = n
		return s
	}
}

func behindShutWindow(s State) TCB { return then(shut(in(s)), Send{Now: now, Text: "hello"}).TCB }

// shutWithText is a connection in the state s whose text waits behind a shut window.
func shutWithText(s State) TCB {
	t := behindShutWindow(Established)
	switch s {
	case CloseWait, LastAck:
		t = behindShutWindow(CloseWait)
	case FinWait1:
		return then(t, Close{Now: now}).TCB
	case Closing:
		t = shutWithText(FinWait1)
		fin := from(t.RCV.NXT, t.SND.UNA, FIN|ACK, "")
		fin.WND = 0
		return then(t, arrive(fin)).TCB
	case Closed, Listen, SynSent, SynReceived, Established, FinWait2, TimeWait:
	}
	if s == LastAck { // the FIN, sent behind the text, came back to a shut window
		t = then(sending(CloseWait), Close{Now: now}).TCB
		w := from(t.RCV.NXT, t.SND.UNA, ACK, "")
		w.WND = 0
		t = then(t, arrive(w)).TCB
	}
	return t
}

// owing is a connection in the state s whose ACK of some text waits.
func owing(s State) TCB {
	t := in(s)
	t.Settings.DelayACK = true
	return then(t, arrive(from(t.RCV.NXT, t.SND.UNA, ACK, "hello"))).TCB
}

// alive is a connection with keep-alives.
func alive(s State) TCB { return then(in(s), Set{Now: now, Settings: Settings{KeepAlive: true}}).TCB }

// thirdDuplicate brings the third ACK in a row that acknowledges nothing new.
func thirdDuplicate(s State) (TCB, Event) {
	t := sending(s)
	again := arrive(from(t.RCV.NXT, t.SND.UNA, ACK, ""))
	return then(t, again, again).TCB, again
}

func only(t func() TCB) func(State) TCB { return func(State) TCB { return t() } }

var table = []taken{
	{"CLOSED", "OPEN passive", "", openPassive, call(Open{Now: now})},
	{"CLOSED", "OPEN active", "remote specified", openActive, call(Open{Now: now, ISS: iss, Active: true, Remote: true})},
	{"CLOSED LISTEN", "OPEN active", "remote unspecified", openUnspecified, call(Open{Now: now, Active: true})},
	{"CLOSED", "OPEN any", "no room", openNoRoom, call(Open{Now: now, Active: true, Remote: true, NoRoom: true})},
	{"LISTEN", "OPEN active", "remote specified", openListening, call(Open{Now: now, ISS: iss, Active: true, Remote: true})},
	{"", "OPEN any", "", openExists, call(Open{Now: now, ISS: iss, Active: true, Remote: true})},

	{"CLOSED", "SEND", "", sendNotExist, call(Send{Now: now, Text: "hello"})},
	{"LISTEN", "SEND", "remote specified", sendListening, func(s State) (TCB, Event) { return reachable(s), Send{Now: now, ISS: iss, Text: "hello"} }},
	{"LISTEN", "SEND", "remote unspecified", sendUnspecified, call(Send{Now: now, Text: "hello"})},
	{"SYN-SENT SYN-RECEIVED", "SEND", "space", sendQueued, call(Send{Now: now, Text: "hello"})},
	{"", "SEND", "no space", sendNoRoom, func(s State) (TCB, Event) { return full(s), Send{Now: now, Text: "x"} }},
	{"ESTABLISHED CLOSE-WAIT", "SEND", "space", sendText, call(Send{Now: now, Text: "hello"})},
	{"FIN-WAIT-1 FIN-WAIT-2 CLOSING LAST-ACK TIME-WAIT", "SEND", "", sendClosing, call(Send{Now: now, Text: "hello"})},

	{"CLOSED", "RECEIVE", "", receiveNotExist, call(Receive{Now: now})},
	{"LISTEN SYN-SENT SYN-RECEIVED", "RECEIVE", "space", receiveQueued, call(Receive{Now: now})},
	{"", "RECEIVE", "data queued", receiveText, withUnread},
	{"", "RECEIVE", "not enough data", receiveWaits, call(Receive{Now: now})},
	{"CLOSE-WAIT", "RECEIVE", "data left", receiveRest, withUnread},
	{"CLOSE-WAIT", "RECEIVE", "nothing left", receiveClosing, call(Receive{Now: now})},
	{"CLOSING LAST-ACK TIME-WAIT", "RECEIVE", "", receiveClosing, call(Receive{Now: now})},

	{"CLOSED", "CLOSE", "", closeNotExist, call(Close{Now: now})},
	{"LISTEN", "CLOSE", "", closeListening, call(Close{Now: now})},
	{"SYN-SENT", "CLOSE", "", closeSynSent, call(Close{Now: now})},
	{"SYN-RECEIVED", "CLOSE", "no SENDs issued, nothing queued", closeSynReceived, call(Close{Now: now})},
	{"SYN-RECEIVED", "CLOSE", "otherwise", closeQueued, func(s State) (TCB, Event) { return sending(s), Close{Now: now} }},
	{"ESTABLISHED", "CLOSE", "", closeEstablished, call(Close{Now: now})},
	{"FIN-WAIT-1 FIN-WAIT-2", "CLOSE", "", closeAgain, call(Close{Now: now})},
	{"CLOSE-WAIT", "CLOSE", "", closeCloseWait, call(Close{Now: now})},
	{"CLOSING LAST-ACK TIME-WAIT", "CLOSE", "", closeClosing, call(Close{Now: now})},

	{"CLOSED", "ABORT", "", abortNotExist, call(Abort{Now: now})},
	{"LISTEN", "ABORT", "", abortListening, call(Abort{Now: now})},
	{"SYN-SENT", "ABORT", "", abortSynSent, call(Abort{Now: now})},
	{"SYN-RECEIVED ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 CLOSE-WAIT", "ABORT", "", abortReset, call(Abort{Now: now})},
	{"CLOSING LAST-ACK TIME-WAIT", "ABORT", "", abortOK, call(Abort{Now: now})},

	{"CLOSED", "STATUS", "", statusNotExist, call(Status{Now: now})},
	{"LISTEN", "STATUS", "", statusListen, call(Status{Now: now})},
	{"SYN-SENT", "STATUS", "", statusSynSent, call(Status{Now: now})},
	{"SYN-RECEIVED", "STATUS", "", statusSynReceived, call(Status{Now: now})},
	{"ESTABLISHED", "STATUS", "", statusEstablished, call(Status{Now: now})},
	{"FIN-WAIT-1", "STATUS", "", statusFinWait1, call(Status{Now: now})},
	{"FIN-WAIT-2", "STATUS", "", statusFinWait2, call(Status{Now: now})},
	{"CLOSE-WAIT", "STATUS", "", statusCloseWait, call(Status{Now: now})},
	{"CLOSING", "STATUS", "", statusClosing, call(Status{Now: now})},
	{"LAST-ACK", "STATUS", "", statusLastAck, call(Status{Now: now})},
	{"TIME-WAIT", "STATUS", "", statusTimeWait, call(Status{Now: now})},

	{"CLOSED", "SEGMENT", "RST", closedRST, nextSeg(RST, "")},
	{"CLOSED", "SEGMENT", "no RST, ACK off", closedWithoutACK, call(arrive(from(irs, 0, SYN|FIN, "hello")))},
	{"CLOSED", "SEGMENT", "no RST, ACK on", closedWithACK, call(arrive(from(irs, iss, ACK, "hello")))},
	{"LISTEN", "SEGMENT", "RST", listenRST, nextSeg(RST|SYN, "")},
	{"LISTEN", "SEGMENT", "ACK", listenACK, call(arrive(from(irs, iss, ACK|SYN, "")))},
	{"LISTEN", "SEGMENT", "SYN", listenSYN, call(arrive(from(irs, 0, SYN, "")))},
	{"LISTEN", "SEGMENT", "anything else (no RST/ACK/SYN)", listenOther, call(arrive(from(irs, 0, 0, "hello")))},
	{"SYN-SENT", "SEGMENT", "ACK on; SEG.ACK =< ISS or > SND.NXT; RST on", synSentBadACKWithRST, call(arrive(from(irs, iss, ACK|RST, "")))},
	{"SYN-SENT", "SEGMENT", "ACK on; SEG.ACK =< ISS or > SND.NXT; RST off", synSentBadACK, call(arrive(from(irs, iss+2, ACK|SYN, "")))},
	{"SYN-SENT", "SEGMENT", "RST on, ACK acceptable", synSentReset, call(arrive(from(irs, iss+1, ACK|RST, "")))},
	{"SYN-SENT", "SEGMENT", "RST on, no ACK", synSentStrayRST, call(arrive(from(irs, 0, RST, "")))},
	{"SYN-SENT", "SEGMENT", "SYN on, our SYN acked (SND.UNA>ISS)", synSentSYNACK, call(arrive(from(irs, iss+1, SYN|ACK, "")))},
	{"SYN-SENT", "SEGMENT", "SYN on, our SYN not acked", synSentSYN, call(arrive(from(irs, 0, SYN, "hello")))},
	{"SYN-SENT", "SEGMENT", "neither SYN nor RST", synSentOther, call(arrive(from(irs, iss+1, ACK, "")))},

	{"", "SEGMENT", "not acceptable (table 6), RST on", outsideRST, seg(func(t TCB) Segment { return from(t.RCV.NXT-1, t.SND.NXT, RST, "") })},
	{"", "SEGMENT", "not acceptable, RST off", oldSegment, seg(func(t TCB) Segment { return from(t.RCV.NXT-1, t.SND.NXT, ACK, "") })},
	{"", "SEGMENT", "acceptable but begins after RCV.NXT", held, seg(func(t TCB) Segment { return from(t.RCV.NXT+1, t.SND.NXT, ACK, "ello") })},
	{"SYN-RECEIVED", "SEGMENT", "RST, SEQ=RCV.NXT, passive origin", resetToListen, nextSeg(RST, "")},
	{"SYN-RECEIVED", "SEGMENT", "RST, SEQ=RCV.NXT, active origin", resetRefused, segTo(only(crossed), func(t TCB) Segment { return next(t, RST, "") })},
	{"", "SEGMENT", "RST in window, SEQ != RCV.NXT", resetChallenged, seg(func(t TCB) Segment { return from(t.RCV.NXT+1, t.SND.NXT, RST, "") })},
	{"ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 CLOSE-WAIT", "SEGMENT", "RST, SEQ=RCV.NXT", resetEnds, nextSeg(RST, "")},
	{"CLOSING LAST-ACK TIME-WAIT", "SEGMENT", "RST, SEQ=RCV.NXT", resetWhileClosing, nextSeg(RST, "")},
	{"SYN-RECEIVED", "SEGMENT", "SYN in window, passive origin", synToListen, nextSeg(SYN, "")},
	{"SYN-RECEIVED", "SEGMENT", "SYN, active origin", synReceivedChallenge, segTo(only(crossed), func(t TCB) Segment { return next(t, SYN, "") })},
	{"", "SEGMENT", "SYN, any SEQ", synChallenged, nextSeg(SYN|ACK, "hello")},
	{"TIME-WAIT", "SEGMENT", "SYN, TS newer or SEQ > RCV.NXT (RFC 6191)", timeWaitReopened, func(s State) (TCB, Event) {
		t := in(s)
		return t, SegmentArrives{Now: now, ISS: t.SND.NXT + 100, Listening: true, Segment: from(t.RCV.NXT+1, 0, SYN, "")}
	}},
	{"TIME-WAIT", "SEGMENT", "SYN, otherwise", synInTimeWait, nextSeg(SYN, "")},
	{"", "SEGMENT", "ACK off", ackOff, nextSeg(FIN, "hello")},
	{"SYN-RECEIVED", "SEGMENT", "SND.UNA < SEG.ACK =< SND.NXT", synReceivedACK, nextSeg(ACK, "")},
	{"SYN-RECEIVED", "SEGMENT", "ACK not acceptable", synReceivedBadACK, seg(func(t TCB) Segment { return from(t.RCV.NXT, t.SND.UNA, ACK, "hello") })},
	{"ESTABLISHED CLOSE-WAIT", "SEGMENT", "SND.UNA < SEG.ACK =< SND.NXT", ackNew, segTo(sending, func(t TCB) Segment { return next(t, ACK, "") })},
	{"ESTABLISHED CLOSE-WAIT", "SEGMENT", "SEG.ACK > SND.NXT", ackBeyond, seg(func(t TCB) Segment { return from(t.RCV.NXT, t.SND.NXT+1, ACK, "hello") })},
	{"", "SEGMENT", "window update: WL1<SEQ or (WL1=SEQ and WL2=<ACK)", windowUpdated, segTo(behindShutWindow, windowOf(3))},
	{"SYN-RECEIVED", "SEGMENT", "RFC 5961: SEG.ACK < SND.UNA-MAX.SND.WND or > SND.NXT", synReceivedBadACK, seg(func(t TCB) Segment { return from(t.RCV.NXT, t.SND.NXT+1, ACK, "") })},
	{"", "SEGMENT", "RFC 5961: SEG.ACK < SND.UNA-MAX.SND.WND or > SND.NXT", ackTooOld, seg(func(t TCB) Segment { return from(t.RCV.NXT, t.SND.UNA-t.SND.MAX-1, ACK, "hello") })},
	{"ESTABLISHED CLOSE-WAIT", "SEGMENT", "SEG.ACK =< SND.UNA (duplicate)", fastRetransmit, thirdDuplicate},
	{"FIN-WAIT-1", "SEGMENT", "as ESTABLISHED; our FIN now acked", finAcknowledged, nextSeg(ACK, "")},
	{"FIN-WAIT-2", "SEGMENT", "as ESTABLISHED; rtx queue empty", closeAcknowledged, nextSeg(ACK, "")},
	{"CLOSING", "SEGMENT", "our FIN acked", closingAcknowledged, nextSeg(ACK, "")},
	{"CLOSING", "SEGMENT", "our FIN not acked", closingIgnored, seg(oldACK)},
	{"LAST-ACK", "SEGMENT", "our FIN acked", lastAckAcknowledged, nextSeg(ACK, "")},
	{"TIME-WAIT", "SEGMENT", "retransmitted FIN", finRetransmitted, seg(func(t TCB) Segment { return from(t.RCV.NXT-1, t.SND.NXT, FIN|ACK, "") })},
	{"ESTABLISHED FIN-WAIT-1 FIN-WAIT-2", "SEGMENT", "URG", urgentAhead, seg(urgentSeg)},
	{"CLOSE-WAIT CLOSING LAST-ACK TIME-WAIT", "SEGMENT", "URG", urgentIgnored, seg(urgentSeg)},
	{"ESTABLISHED FIN-WAIT-1 FIN-WAIT-2", "SEGMENT", "text", textAccepted, seg(func(t TCB) Segment { return from(t.RCV.NXT, t.SND.UNA, ACK, "hello") })},
	{"CLOSE-WAIT CLOSING LAST-ACK TIME-WAIT", "SEGMENT", "text", textIgnored, seg(func(t TCB) Segment { return from(t.RCV.NXT, t.SND.UNA, ACK, "hello") })},
	{"SYN-RECEIVED", "SEGMENT", "FIN (after ACK took it to ESTABLISHED)", finInHandshake, nextSeg(FIN|ACK, "")},
	{"ESTABLISHED", "SEGMENT", "FIN", finArrived, nextSeg(FIN|ACK, "")},
	{"FIN-WAIT-1", "SEGMENT", "FIN, our FIN acked in this segment", finToTimeWait, nextSeg(FIN|ACK, "")},
	{"FIN-WAIT-1", "SEGMENT", "FIN, our FIN not acked", finToClosing, seg(func(t TCB) Segment { return from(t.RCV.NXT, t.SND.UNA, FIN|ACK, "") })},
	{"FIN-WAIT-2", "SEGMENT", "FIN", finToTimeWait, nextSeg(FIN|ACK, "")},
	{"CLOSE-WAIT CLOSING LAST-ACK", "SEGMENT", "FIN", finAgain, seg(func(t TCB) Segment { return from(t.RCV.NXT, t.SND.UNA, FIN|ACK, "") })},
	{"TIME-WAIT", "SEGMENT", "FIN", finAgainInTimeWait, nextSeg(FIN|ACK, "")},
	{"CLOSED", "SEGMENT", "FIN", finUnvalidated, nextSeg(FIN|RST, "")},
	{"LISTEN SYN-SENT", "SEGMENT", "FIN", finUnvalidated, nextSeg(FIN, "")},

	{"", "USER TIMEOUT", "", userTimeoutAborts, call(UserTimeout{Now: now})},
	{"SYN-SENT", "RETRANSMISSION TIMEOUT", "queue not empty", retransmitSYN, call(RetransmissionTimeout{Now: now})},
	{"SYN-RECEIVED", "RETRANSMISSION TIMEOUT", "queue not empty", retransmitSYNACK, call(RetransmissionTimeout{Now: now})},
	{"ESTABLISHED", "RETRANSMISSION TIMEOUT", "queue not empty", retransmitText, func(s State) (TCB, Event) { return sending(s), RetransmissionTimeout{Now: now} }},
	{"FIN-WAIT-1", "RETRANSMISSION TIMEOUT", "queue not empty", retransmitFIN, call(RetransmissionTimeout{Now: now})},
	{"CLOSE-WAIT", "RETRANSMISSION TIMEOUT", "queue not empty", retransmitTextInCloseWait, func(s State) (TCB, Event) { return sending(s), RetransmissionTimeout{Now: now} }},
	{"CLOSING LAST-ACK", "RETRANSMISSION TIMEOUT", "queue not empty", retransmitLastFIN, call(RetransmissionTimeout{Now: now})},
	{"LISTEN FIN-WAIT-2 TIME-WAIT", "RETRANSMISSION TIMEOUT", "queue empty", retransmitNothing, call(RetransmissionTimeout{Now: now})},
	{"TIME-WAIT", "TIME-WAIT TIMEOUT", "", timeWaitOver, call(TimeWaitTimeout{Now: now})},
	{"", "PERSIST TIMEOUT", "SND.WND=0 and data queued", probesWindow, func(s State) (TCB, Event) { return shutWithText(s), PersistTimeout{Now: now} }},
	{"", "DELAYED-ACK TIMEOUT", "ACK pending", delayedACKOver, func(s State) (TCB, Event) { return owing(s), DelayedACKTimeout{Now: now} }},
	{"", "KEEPALIVE TIMEOUT", "enabled and idle", keepAliveProbe, func(s State) (TCB, Event) { return alive(s), KeepAliveTimeout{Now: now} }},
}

func (k taken) matches(r row) bool {
	return k.event == r.event && k.condition == r.condition &&
		(k.states == "" || slices.Contains(strings.Fields(k.states), r.state))
}

func stateNamed(t *testing.T, name string) State {
	t.Helper()
	i := slices.IndexFunc(States[:], func(s State) bool { return s.String() == name })
	require.GreaterOrEqual(t, i, 0, "state %q", name)
	return States[i]
}

// TestTransitions walks the table: every row takes the rule that is named for it,
// its next state and its response.
func TestTransitions(t *testing.T) {
	answers := map[Rule]string{}
	used := map[int]bool{}
	excused := map[string]int{}
	for _, r := range transitions(t) {
		if i := slices.IndexFunc(notApplicable, func(x excuse) bool { return x.is(r) }); i >= 0 {
			excused[notApplicable[i].reason]++
			continue
		}
		t.Run(r.name(), func(t *testing.T) {
			i := slices.IndexFunc(table, func(k taken) bool { return k.matches(r) })
			require.GreaterOrEqual(t, i, 0, "no rule is named for this row")
			k := table[i]
			used[i] = true
			if a, ok := answers[k.rule]; ok {
				require.Equal(t, a, r.answer(), "rows that answer differently share the rule %v", k.rule)
			}
			answers[k.rule] = r.answer()

			tcb, e := k.make(stateNamed(t, r.state))
			require.Equal(t, r.state, tcb.State.String())
			o := Step(tcb, e)
			require.Contains(t, o.Rules, k.rule)
			require.Equal(t, stateNamed(t, r.next), o.TCB.State)
			checkResponse(t, r, tcb, e, o)
			checkError(t, r.action, o)
		})
	}
	require.Len(t, used, len(table), "an entry fits no row")
	require.Len(t, excused, len(notApplicable), "a reason excuses no row")
}

// checkResponse compares the segments with the notation of the response column.
func checkResponse(t *testing.T, r row, was TCB, e Event, o Outcome) {
	t.Helper()
	var in Segment
	first, heard := uint32(iss), uint32(irs)
	if a, ok := e.(SegmentArrives); ok {
		in, first, heard = a.Segment, a.ISS, a.Segment.SEQ
	}
	label := func(seq, ack uint32, ctl CTL, text string) []string {
		return []string{Segment{SEQ: seq, ACK: ack, CTL: ctl, Text: text}.String()}
	}
	ackNow := label(o.TCB.SND.NXT, o.TCB.RCV.NXT, ACK, "")
	got := labels(o.Segments)
	switch r.response {
	case "-":
		require.Empty(t, got)
	case "<SEQ=ISS><CTL=SYN>":
		require.Equal(t, label(iss, 0, SYN, ""), got)
	case "<SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK>":
		require.Equal(t, label(first, heard+1, SYN|ACK, ""), got)
	case "<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK[,PSH][,URG]><DATA>":
		require.Equal(t, label(was.SND.NXT, was.RCV.NXT, ACK, "hello"), got)
	case "<SEQ=SND.NXT><ACK=RCV.NXT><CTL=FIN,ACK>":
		require.Equal(t, label(was.SND.NXT, was.RCV.NXT, FIN|ACK, ""), got)
	case "<SEQ=SND.NXT><CTL=RST>":
		require.Equal(t, label(was.SND.NXT, 0, RST, ""), got)
	case "<SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>":
		require.Equal(t, label(0, in.SEQ+in.LEN(), RST|ACK, ""), got)
	case "<SEQ=SEG.ACK><CTL=RST>":
		require.Equal(t, label(in.ACK, 0, RST, ""), got)
	case "<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>", "challenge <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>",
		"<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>[SACK]":
		require.Equal(t, ackNow, got)
		if r.state != "SYN-SENT" {
			require.Equal(t, was.RCV.NXT, o.TCB.RCV.NXT)
		}
	case "<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK> (maybe delayed/piggybacked)":
		require.Equal(t, ackNow, got)
		require.Equal(t, was.RCV.NXT+in.LEN(), o.TCB.RCV.NXT)
	case "ACK of FIN":
		require.Equal(t, ackNow, got)
		if r.next != r.state {
			require.Equal(t, was.RCV.NXT+1, o.TCB.RCV.NXT)
		}
	case "- or window-update ACK":
		if len(got) > 0 {
			require.Equal(t, ackNow, got)
		}
	case "possibly new data":
		for _, s := range o.Segments {
			require.NotEmpty(t, s.Text)
		}
	case "<SEQ=SND.UNA><ACK=RCV.NXT><CTL=ACK[,PSH]><DATA>", "data":
		require.Equal(t, label(was.SND.UNA, was.RCV.NXT, ACK, "hello"), got)
	case "maybe retransmission":
		require.Equal(t, label(was.SND.UNA, was.RCV.NXT, ACK, "hello"), got)
	case "RFC: >=1 octet of new data or retransmit":
		require.Equal(t, label(was.SND.UNA, was.RCV.NXT, ACK, "h"), got)
	case "<SEQ=SND.NXT-1><ACK=RCV.NXT><CTL=ACK>":
		require.Equal(t, label(was.SND.NXT-1, was.RCV.NXT, ACK, ""), got)
	case "<SEQ=SEG.ACK><CTL=RST> (unacceptable ACK in SYN-RCVD)":
		require.Equal(t, label(in.ACK, 0, RST, ""), got)
	case "<SEQ=..><CTL=FIN,ACK>", "FIN,ACK":
		require.Equal(t, label(was.SND.UNA, was.RCV.NXT, FIN|ACK, ""), got)
	default:
		t.Fatalf("no reading for the response %q", r.response)
	}
}

// checkError compares the signals with the words of the action column.
func checkError(t *testing.T, action string, o Outcome) {
	t.Helper()
	for words, signal := range map[string]Signals{
		`"remote socket unspecified"`:    RemoteUnspecified,
		`error "insufficient resources"`: InsufficientResources,
		`"connection already exists"`:    ConnectionExists,
		`"connection does not exist"`:    ConnectionNotExist,
		`error "connection closing"`:     ConnectionClosing,
		`"connection reset"`:             ConnectionReset,
		`get "reset"`:                    ConnectionReset,
		`"connection refused"`:           ConnectionRefused,
		`get "closing"`:                  ConnectionClosing,
		`"aborted due to user timeout"`:  UserTimeoutAbort,
		"RCV.NXT+1; signal":              ConnectionClosing,
		"signal if ahead":                UrgentData,
	} {
		if strings.Contains(action, words) {
			require.Equal(t, signal, o.Signals, action)
		}
	}
	if strings.Contains(action, "delete TCB") {
		require.Equal(t, TCB{}, o.TCB)
	}
}

// beyondTable reaches the rules that no row of the table takes.
var beyondTable = []struct {
	rule Rule
	make func() (TCB, Event)
}{
	{sendWaits, func() (TCB, Event) { return shut(in(Established)), Send{Now: now, Text: "hello"} }},
	{receiveNoRoom, func() (TCB, Event) {
		t := in(Established)
		t.Receives = maxReceives
		return t, Receive{Now: now}
	}},
	{sendWaitsForNetwork, func() (TCB, Event) {
		t := in(Established)
		t.Congestion.CWND = defaultMSS
		return then(t, Send{Now: now, Text: strings.Repeat("x", defaultMSS)}).TCB, Send{Now: now, Text: "y"}
	}},
	{sendHeldBack, func() (TCB, Event) {
		t := in(Established)
		t.Settings.NoDelay = false
		return then(t, Send{Now: now, Text: "hello"}).TCB, Send{Now: now, Text: "world"}
	}},
	{settingsMade, func() (TCB, Event) { return in(Established), Set{Now: now} }},
	{challengesLimited, func() (TCB, Event) {
		t := in(Established)
		t.Challenges, t.Challenged = profiles[Strict].challenges, now
		return t, arrive(next(t, SYN, ""))
	}},
	{limitedTransmit, func() (TCB, Event) {
		t := in(Established)
		t.Congestion.CWND = defaultMSS
		t = then(t, Send{Now: now, Text: strings.Repeat("x", 2*defaultMSS)}).TCB
		return t, arrive(from(t.RCV.NXT, t.SND.UNA, ACK, ""))
	}},
	{recoveryInflates, func() (TCB, Event) {
		t, again := thirdDuplicate(Established)
		return then(t, again).TCB, again
	}},
	{timestampsMissing, func() (TCB, Event) { return stamped(), arrive(next(stamped(), ACK, "x")) }},
	{timestampOld, func() (TCB, Event) { return stamped(), arrive(timed(next(stamped(), ACK, "x"), 6)) }},
	{holeFilled, func() (TCB, Event) {
		t := losing()
		third := ack(t, t.SND.UNA)
		third.Segment.Options.SACK[0] = Block{t.SND.UNA + 2*defaultMSS, t.SND.UNA + 6*defaultMSS}
		t.Congestion.DupACKs = 2
		return t, third
	}},
	{recoveryOver, func() (TCB, Event) {
		t, again := thirdDuplicate(Established)
		t = then(t, again).TCB
		return t, arrive(next(t, ACK, ""))
	}},
	{partialACK, func() (TCB, Event) {
		t := then(in(Established), Send{Now: now, Text: "hello"}, Send{Now: now, Text: "world"}).TCB
		again := arrive(from(t.RCV.NXT, t.SND.UNA, ACK, ""))
		return then(t, again, again, again).TCB, arrive(from(t.RCV.NXT, t.SND.UNA+5, ACK, ""))
	}},
	{ackDelayed, func() (TCB, Event) {
		t := owing(Established)
		return t, arrive(next(t, ACK, "world"))
	}},
	{deliveryProblem, func() (TCB, Event) {
		t := sending(Established)
		t.Retransmissions = r1 - 1
		return t, RetransmissionTimeout{Now: now}
	}},
	{overridesSilly, func() (TCB, Event) {
		t := in(Established)
		t.SND.WND = 3
		return then(t, Send{Now: now, Text: "hello"}).TCB, PersistTimeout{Now: now}
	}},
	{persistNothing, func() (TCB, Event) { return in(Established), PersistTimeout{Now: now} }},
	{delayedACKNothing, func() (TCB, Event) { return in(Established), DelayedACKTimeout{Now: now} }},
	{keepAliveBusy, func() (TCB, Event) {
		return then(alive(Established), Send{Now: now, Text: "hello"}).TCB, KeepAliveTimeout{Now: now}
	}},
	{keepAliveFails, func() (TCB, Event) {
		t := alive(Established)
		t.Probes = keepAliveProbes
		return t, KeepAliveTimeout{Now: now}
	}},
	{keepAliveNothing, func() (TCB, Event) { return in(Established), KeepAliveTimeout{Now: now} }},
	{windowReopened, func() (TCB, Event) { return unread(Established, 65535), Receive{Now: now, Octets: 65535} }},
	{closeBehindText, func() (TCB, Event) { return behindShutWindow(Established), Close{Now: now} }},
	{closeWaits, func() (TCB, Event) { return behindShutWindow(CloseWait), Close{Now: now} }},
	{closeProcessed, func() (TCB, Event) {
		t := then(in(SynReceived), Send{Now: now, Text: "hello"}, Close{Now: now}).TCB
		return t, arrive(next(t, ACK, ""))
	}},
	{synTrimmed, func() (TCB, Event) {
		t := crossed()
		return t, arrive(from(irs, iss+1, SYN|ACK, ""))
	}},
	{outsideWindow, func() (TCB, Event) {
		t := in(Established)
		return t, arrive(from(t.RCV.NXT+t.RCV.WND, t.SND.NXT, ACK, ""))
	}},
	{zeroWindow, func() (TCB, Event) {
		t := unread(Established, 65535)
		return t, arrive(next(t, ACK, "x"))
	}},
	{heldNoRoom, func() (TCB, Event) {
		t := in(Established)
		for i := range uint32(MaxHeld) {
			t = then(t, arrive(from(t.RCV.NXT+2+2*i, t.SND.NXT, ACK, "x"))).TCB
		}
		return t, arrive(from(t.RCV.NXT+20, t.SND.NXT, ACK, "x"))
	}},
	{heldProcessed, func() (TCB, Event) {
		t := in(Established)
		t = then(t, arrive(from(t.RCV.NXT+1, t.SND.NXT, ACK, "ello"))).TCB
		return t, arrive(next(t, ACK, "h"))
	}},
	{ackDuplicate, func() (TCB, Event) {
		t := in(Established)
		return t, arrive(next(t, ACK, ""))
	}},
	{timeWaitIgnored, func() (TCB, Event) {
		t := in(TimeWait)
		return t, arrive(next(t, ACK, ""))
	}},
	{resetToTimeWait, func() (TCB, Event) {
		t := in(TimeWait)
		t = comes(t, next(t, SYN, "")).TCB
		return t, arrive(next(t, RST, ""))
	}},
	{userTimeoutClosed, func() (TCB, Event) { return TCB{}, UserTimeout{Now: now} }},
	{timeWaitNotRunning, func() (TCB, Event) { return in(Established), TimeWaitTimeout{Now: now} }},
}

// ofListeners are the rules of a listener's queues, which no TCB alone takes: listener_test.go
// reaches each.
var ofListeners = []Rule{synQueueFull, acceptQueueFull, acceptQueueFullACK, cookieSent, cookieAccepted, cookieRefused}

func TestEveryRuleIsReached(t *testing.T) {
	reached := map[Rule]bool{}
	for _, r := range ofListeners {
		reached[r] = true
	}
	for _, k := range table {
		reached[k.rule] = true
	}
	for _, x := range beyondTable {
		require.False(t, reached[x.rule], "%v is reached twice", x.rule)
		reached[x.rule] = true
		tcb, e := x.make()
		require.Contains(t, Step(tcb, e).Rules, x.rule)
	}
	for _, r := range AllRules() {
		departure := strings.HasPrefix(r.String(), "depart-")
		require.NotEqual(t, departure, reached[r], "rule %v", r)
	}
}
