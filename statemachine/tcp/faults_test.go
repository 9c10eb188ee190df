package tcp

import (
	"testing"

	"sockscope/handshake/handshaketest"
)

// faults are mistakes of the kind that people make: a check left out, a
// comparison turned, a timer forgotten.
var faults = []handshaketest.Fault{
	{"sequence numbers compared without wrapping", "step.go", "return int32(a-b) < 0", "return a < b"},
	{"table 6: the last octet counted one too far", "otherstates.go", "seg.SEQ+length-1", "seg.SEQ+length"},
	{"a FIN behind the window is taken", "otherstates.go", "if uint32(len(seg.Text)) == room {", "if uint32(len(seg.Text)) > room {"},
	{"the SYN of figure 7 is not trimmed", "otherstates.go", "return t.State == SynReceived && seg.CTL.Has(SYN)", "return false && seg.CTL.Has(SYN)"},
	{"a RST need not be exact", "otherstates.go", "case seg.SEQ == t.RCV.NXT:", "case true:"},
	{"a RST in SYN-RECEIVED takes passive for active", "otherstates.go", "if t.Passive {\n\t\t\to.fire(resetToListen)", "if !t.Passive {\n\t\t\to.fire(resetToListen)"},
	{"a SYN in a synchronized state is not challenged", "otherstates.go", "case seg.CTL.Has(SYN):\n\t\to.checkSYN(now)", "case false:"},
	{"SND.UNA < SEG.ACK became =<", "otherstates.go", "within(t.SND.UNA, ack-1, t.SND.NXT-t.SND.UNA)", "within(t.SND.UNA, ack, t.SND.NXT-t.SND.UNA+1)"},
	{"an old segment updates the window", "otherstates.go", "if before(t.SND.WL1, seg.SEQ) ||", "if true || before(t.SND.WL1, seg.SEQ) ||"},
	{"RCV.NXT does not go over the FIN", "otherstates.go", "t.RCV.NXT++\n", "\n"},
	{"a new ACK leaves the timers alone", "otherstates.go", "t.Retransmissions, t.Timers.Retransmission, t.Timers.User = 0, 0, 0", "t.Retransmissions = 0"},
	{"a retransmitted FIN does not restart 2 MSL", "otherstates.go", "o.fire(finRetransmitted)\n\t\tt.startTimeWait(now)", "o.fire(finRetransmitted)\n\t\t_ = now"},
	{"TIME-WAIT lasts one MSL", "settings.go", "timeWait:   2 * msl,", "timeWait:   msl,"},
	{"the retransmission timer does not back off", "timeouts.go", "t.backOff()", ""},
	{"Karn is forgotten", "timeouts.go", "t.forget()", ""},
	{"a SYN that crossed is timed", "arrives.go", "t.forget()", ""},
	{"SRTT moves before RTTVAR looks at it", "rto.go", "t.RTTVAR = (3*t.RTTVAR + (t.SRTT - r).Abs()) / 4\n\t\tt.SRTT = (7*t.SRTT + r) / 8", "t.SRTT = (7*t.SRTT + r) / 8\n\t\tt.RTTVAR = (3*t.RTTVAR + (t.SRTT - r).Abs()) / 4"},
	{"G is left out", "rto.go", "max(granularity, 4*t.RTTVAR)", "4*t.RTTVAR"},
	{"data keeps the back-off of its SYN", "otherstates.go", "t.RTO = lostSYNRTO", "_ = lostSYNRTO"},
	{"a held segment is answered on its own", "otherstates.go", "o.fire(r)\n\t\t\tcontinue", "o.fire(r)\n\t\t\to.sendACK()\n\t\t\tcontinue"},
	{"CLOSED answers a RST", "arrives.go", "case seg.CTL.Has(RST):\n\t\to.fire(closedRST)", "case false:\n\t\to.fire(closedRST)"},
	{"the usable window forgets what is in flight", "sending.go", "n := min(unsent, t.SND.WND-flight, ", "n := min(unsent, t.SND.WND, "},
	{"Nagle cannot be switched off", "sending.go", "case t.flight() > 0 && !t.Settings.NoDelay:", "case t.flight() > 0:"},
	{"Nagle is not there", "sending.go", "case t.flight() > 0 && !t.Settings.NoDelay:", "case false:"},
	{"silly segments leave", "sending.go", "return n < unsent && n < t.SND.MAX/2", "return false"},
	{"the window opens by single octets", "calls.go", "free-t.RCV.WND >= min(t.buffer()/2, t.rmss())", "true"},
	{"an ACK waits for a third segment", "sending.go", "t.RCV.NXT-t.LastACK < 2*t.rmss()", "t.RCV.NXT-t.LastACK < 3*t.rmss()"},
	{"probes come at one pace", "sending.go", "t.RTO<<min(t.Probes, 10)", "t.RTO"},
	{"an answered probe does not save the connection", "otherstates.go", "t.Timers.User = 0\n\tcase was == 0", "case was == 0"},
	{"slow start grows by all that is acknowledged", "congestion.go", "c.CWND += min(octets, smss)", "c.CWND += octets"},
	{"ssthresh is halved again and again", "congestion.go", "if t.Retransmissions == 0 {\n\t\tt.halve()\n\t}", "t.halve()"},
	{"fast retransmit comes with the second duplicate", "congestion.go", "case c.DupACKs == 3 &&", "case c.DupACKs == 2 &&"},
	{"a partial ACK ends recovery", "congestion.go", "full := !before(t.SND.UNA, c.Recover)", "full := true"},
	{"a lost SYN leaves the window as it is", "congestion.go", "if t.Retransmissions > 0 {\n\t\tt.Congestion.CWND = t.smss()\n\t}", ""},
	{"a timeout keeps the window", "congestion.go", "c.CWND = t.smss()\n\tc.Phase", "c.Phase"},
	{"keep-alives probe a busy connection", "sending.go", "case t.SND.UNA != t.SND.NXT: // not idle: MUST-26", "case false:"},
	{"challenge ACKs are not limited", "otherstates.go", "if t.Challenges == p.challenges {", "if false {"},
	{"the window of a SYN is scaled", "otherstates.go", "if !seg.CTL.Has(SYN) {\n\t\tt.SND.WND <<=", "if true {\n\t\tt.SND.WND <<="},
	{"PAWS hits a RST", "agreed.go", "case seg.CTL.Has(RST):", "case false:"},
	{"TS.Recent moves on beyond a gap", "agreed.go", "&& !before(t.LastACK, seg.SEQ) {", "{"},
	{"blocks come in the order of their numbers", "otherstates.go", "copy(t.Held[1:place+1], t.Held[:place]) // the last to come stands first: RFC 2018 4\n\t\tt.Held[0] = Held{", "t.Held[place] = Held{"},
	{"a block that cannot be is believed", "sack.go", "before(t.SND.UNA, b.Left) && !before(t.SND.NXT, b.Right)", "true"},
	{"a timeout keeps the blocks", "congestion.go", "clear(t.Sacked[:]) // RFC 2018 8: the other end may have given them up", ""},
	{"the MSS of the SYN is not heeded", "arrives.go", "or(seg.Options.MSS, defaultMSS)", "uint16(defaultMSS)"},
	{"a backlog is one too small", "listener.go", "l.Requests > l.Backlog", "l.Requests >= l.Backlog"},
	{"a cookie never grows too old", "cookie.go", "cookieAges = 2", "cookieAges = 3"},
	{"a cookie's MSS can be changed", "cookie.go", "b = append(b, byte(place))", ""},
	{"a request becomes ESTABLISHED whatever waits", "listener.go", "l.acceptsFull() && request.State", "false && request.State"},
}

func TestPlantedFaults(t *testing.T) {
	handshaketest.Plant(t, faults, []string{"testdata/transitions.csv"}, []string{
		"faults_test.go", "fuzz_test.go", "bench_test.go", "example_test.go", "segment_test.go", "walk_test.go",
	})
}
