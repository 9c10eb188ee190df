package tcp

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// everything asks for all options.
var everything = Settings{MSS: 1460, Scale: true, SACK: true, Stamp: true, NoDelay: true}

// meet lets an active end with its settings hear a SYN,ACK with the options.
func meet(asks Settings, answers Options) Outcome {
	syn := Step(TCB{}, Open{Now: now, ISS: iss, Active: true, Remote: true, Settings: asks})
	s := from(irs, iss+1, SYN|ACK, "")
	s.Options = answers
	return Step(syn.TCB, arrive(s))
}

// stamped is a connection with timestamps whose other end last said 7.
func stamped() TCB {
	return wide(meet(Settings{Stamp: true, NoDelay: true}, Options{Timestamps: true, TSval: 7}).TCB)
}

// timed is a segment with a timestamp.
func timed(s Segment, tsval uint32) Segment {
	s.Options.Timestamps, s.Options.TSval = true, tsval
	return s
}

// losing is a connection with SACK that has eight segments on their way.
func losing() TCB {
	t := wide(meet(Settings{SACK: true, NoDelay: true}, Options{SACKPermitted: true}).TCB)
	return then(t, octets(8*defaultMSS)).TCB
}

// RFC 7323 2.2, R7323-2.2: Window Scale stands in SYNs alone, and in a SYN,ACK only if the
// SYN had it. RFC 2018 2, R2018-2: likewise SACK-Permitted. RFC 7323 3.2, R7323-3.2a:
// timestamps that both SYNs had stand in each segment.
func TestOptionsAreOfferedAndAnswered(t *testing.T) {
	all := Options{MSS: 1460, WindowScale: true, SACKPermitted: true, Timestamps: true, TSval: 10_000}
	syn := Step(TCB{}, Open{Now: now, ISS: iss, Active: true, Remote: true, Settings: everything})
	require.Equal(t, all, syn.Segments[0].Options)
	require.Equal(t, Options{MSS: 1460}, Step(TCB{}, Open{Now: now, ISS: iss, Active: true, Remote: true, Settings: Settings{MSS: 1460}}).Segments[0].Options)

	listener := then(TCB{}, Open{Now: now, Settings: everything}).TCB
	heard := from(irs, 0, SYN, "")
	require.Equal(t, Options{MSS: 1460}, Step(listener, arrive(heard)).Segments[0].Options, "nothing was offered")
	heard.Options = Options{WindowScale: true, Shift: 3, SACKPermitted: true, Timestamps: true, TSval: 5}
	answer := all
	answer.TSecr = 5
	o := Step(listener, arrive(heard))
	require.Equal(t, answer, o.Segments[0].Options)
	o = then(o.TCB, arrive(timed(from(irs+1, iss+1, ACK, ""), 6)), Send{Now: now, Text: "hello"}, Close{Now: now})
	require.Equal(t, Options{Timestamps: true, TSval: 10_000, TSecr: 6}, o.Segments[0].Options)

	none := meet(everything, Options{})
	require.Equal(t, Options{}, none.Segments[0].Options)
	require.Equal(t, Agreed{}, none.TCB.Agreed)
	require.Equal(t, Agreed{}, meet(Settings{}, all).TCB.Agreed, "nothing was asked for")
}

// RFC 7323 2.3: every window but a SYN's is scaled (R7323-2.3b), by 14 at most (R7323-2.3).
func TestWindowsAreScaled(t *testing.T) {
	large := everything
	large.Buffer = 1 << 20
	syn := Step(TCB{}, Open{Now: now, ISS: iss, Active: true, Remote: true, Settings: large})
	require.Equal(t, uint16(65535), syn.Segments[0].WND)
	require.Equal(t, uint8(5), syn.Segments[0].Options.Shift)
	o := meet(large, Options{WindowScale: true, Shift: 15})
	require.Equal(t, uint32(65535), o.TCB.SND.WND, "a SYN's window is not scaled")
	require.Equal(t, uint16(1<<20>>5), o.Segments[0].WND)
	require.Equal(t, uint32(1<<20), o.TCB.RCV.WND)
	tcb := Step(o.TCB, withWindow(o.TCB, o.TCB.SND.UNA, 3)).TCB
	require.Equal(t, uint32(3<<14), tcb.SND.WND)

	alone := meet(large, Options{})
	require.Equal(t, uint16(65535), alone.Segments[0].WND, "not scaled, and no larger than the header can say")
	alone = Step(alone.TCB, withWindow(alone.TCB, alone.TCB.SND.UNA, 3))
	require.Equal(t, uint32(3), alone.TCB.SND.WND)
	require.Equal(t, uint8(14), (&TCB{Settings: Settings{Buffer: 1 << 31}}).shift())
}

// RFC 7323 3.2, R7323-3.2a: once agreed on, timestamps stand in each segment, in a RST, too.
func TestRFC7323_3_2_EachSegmentHasTimestamps(t *testing.T) {
	tcb := stamped()
	for _, o := range []Outcome{
		Step(tcb, Send{Now: now, Text: "hello"}), Step(tcb, Close{Now: now}), Step(tcb, Abort{Now: now}),
		Step(tcb, arrive(timed(next(tcb, ACK, "x"), 7))), then(tcb, Send{Now: now, Text: "hello"}, RetransmissionTimeout{Now: now}),
	} {
		require.Equal(t, Options{Timestamps: true, TSval: 10_000, TSecr: 7}, o.Segments[0].Options)
	}
	require.Equal(t, []int{536 - 12, 12}, lengths(Step(tcb, octets(536)).Segments), "MUST-16: less text in each")
}

// RFC 7323 3.2: a segment without timestamps is dropped silently (R7323-3.2b) and ends
// nothing (R7323-3.2c); a RST needs none.
func TestRFC7323_3_2_WithoutTimestamps(t *testing.T) {
	tcb := stamped()
	o := Step(tcb, arrive(next(tcb, ACK, "x")))
	require.Empty(t, o.Segments)
	require.Equal(t, tcb, o.TCB)
	require.Equal(t, []Rule{timestampsMissing}, o.Rules)
	require.Equal(t, Closed, Step(tcb, arrive(next(tcb, RST, ""))).TCB.State)
}

// RFC 7323 4.3, R7323-4.3: TS.Recent moves on with a segment that begins at or before
// Last.ACK.sent, not with one beyond a gap, and never back.
func TestRFC7323_4_3_WhenTSRecentMovesOn(t *testing.T) {
	tcb := stamped()
	recent := func(s Segment) uint32 { return Step(tcb, arrive(s)).TCB.Agreed.TSRecent }
	require.Equal(t, uint32(9), recent(timed(next(tcb, ACK, "x"), 9)))
	require.Equal(t, uint32(7), recent(timed(from(tcb.RCV.NXT+1, tcb.SND.NXT, ACK, "y"), 9)))
	require.Equal(t, uint32(7), recent(timed(from(tcb.RCV.NXT-5, tcb.SND.NXT, ACK, "x"), 9)), "nor with what is no longer acceptable")
	late := Step(tcb, arrive(timed(from(tcb.RCV.NXT+1, tcb.SND.NXT, ACK, "y"), 9)))
	require.Equal(t, uint32(7), late.Segments[0].Options.TSecr)
}

// RFC 7323 5.3: a segment with a timestamp from before TS.Recent is dropped and answered
// (R7323-5.3), but a RST is not (R7323-5.3b). After 24 days TS.Recent says nothing (5.5).
func TestRFC7323_5_3_PAWS(t *testing.T) {
	tcb := stamped()
	o := Step(tcb, arrive(timed(next(tcb, ACK, "x"), 6)))
	require.Equal(t, []Rule{timestampOld}, o.Rules)
	require.Equal(t, []string{Segment{SEQ: iss + 1, ACK: irs + 1, CTL: ACK}.String()}, labels(o.Segments))
	require.Equal(t, tcb, o.TCB)
	require.Equal(t, []Rule{timestampOld}, Step(tcb, arrive(timed(next(tcb, ACK, "x"), 7+1<<31))).Rules, "modulo 2^32")
	require.Equal(t, Closed, Step(tcb, arrive(timed(next(tcb, RST, ""), 6))).TCB.State)
	old := arrive(timed(next(tcb, ACK, "x"), 6))
	old.Now = now + 24*24*time.Hour
	require.Equal(t, "x", Step(tcb, old).Text)
}

// RFC 2018 4, R2018-4: the first block is that of the segment that came last, the others
// follow in the order in which they came; three beside timestamps.
func TestRFC2018_4_WhichBlocks(t *testing.T) {
	tcb := wide(meet(Settings{SACK: true}, Options{SACKPermitted: true}).TCB)
	base := tcb.RCV.NXT
	at := func(n uint32, text string) SegmentArrives { return arrive(from(base+n, tcb.SND.NXT, ACK, text)) }
	o := then(tcb, at(10, "ab"), at(30, "cd"), at(20, "ef"))
	block := func(n, m uint32) Block { return Block{base + n, base + m} }
	require.Equal(t, [4]Block{block(20, 22), block(30, 32), block(10, 12)}, o.Segments[0].Options.SACK)
	joined := Step(o.TCB, at(22, "ghijklmn"))
	require.Equal(t, [4]Block{block(20, 32), block(10, 12)}, joined.Segments[0].Options.SACK)
	filled := Step(o.TCB, at(0, "0123456789"))
	require.Equal(t, base+12, filled.Segments[0].ACK)
	require.Equal(t, [4]Block{block(20, 22), block(30, 32)}, filled.Segments[0].Options.SACK)
	fin := Step(o.TCB, arrive(from(base+40, tcb.SND.NXT, FIN|ACK, "z")))
	require.Equal(t, block(40, 42), fin.Segments[0].Options.SACK[0])

	both := meet(Settings{SACK: true, Stamp: true}, Options{SACKPermitted: true, Timestamps: true, TSval: 7}).TCB
	for n := range uint32(4) {
		o = Step(both, arrive(timed(from(base+10*n+5, both.SND.NXT, ACK, "x"), 7)))
		both = o.TCB
	}
	require.Equal(t, 3, o.Segments[0].Options.Blocks())
	require.Equal(t, 36, o.Segments[0].Options.Len())
	require.Empty(t, Step(in(Established), at(10, "ab")).Segments[0].Options, "not agreed on")
}

// RFC 6675: what the blocks show to be lost goes again, and nothing else, as far as the
// congestion window lets it; a retransmission timeout forgets the blocks (RFC 2018 8).
func TestRFC6675_5_RecoveryWithSACK(t *testing.T) {
	tcb := losing()
	una := tcb.SND.UNA
	seg := func(n uint32) uint32 { return una + n*defaultMSS }
	duplicate := func(t TCB, blocks ...Block) SegmentArrives {
		e := ack(t, una)
		copy(e.Segment.Options.SACK[:], blocks)
		return e
	}
	o := then(tcb, duplicate(tcb, Block{seg(1), seg(2)}), duplicate(tcb, Block{seg(3), seg(4)}, Block{seg(1), seg(2)}))
	require.Equal(t, []Block{{seg(1), seg(2)}, {seg(3), seg(4)}, {}, {}}, o.TCB.Sacked[:])
	o = Step(o.TCB, duplicate(tcb, Block{seg(3), seg(5)}, Block{seg(1), seg(2)}))
	require.Contains(t, o.Rules, fastRetransmit)
	require.Equal(t, []uint32{una}, numbers(o.Segments), "three have come: the first is lost, the third may be on its way")
	require.Equal(t, []int{defaultMSS}, lengths(o.Segments))
	require.Equal(t, o.TCB.Congestion.SSThresh, o.TCB.Congestion.CWND)
	o = Step(o.TCB, duplicate(tcb, Block{seg(3), seg(7)}, Block{seg(1), seg(2)}))
	require.Equal(t, []uint32{seg(2)}, numbers(o.Segments), "now the third is lost, too")
	require.Contains(t, o.Rules, holeFilled)
	o = Step(o.TCB, duplicate(tcb, Block{seg(3), seg(8)}, Block{seg(1), seg(2)}))
	require.Empty(t, o.Segments, "each goes once")
	partial := Step(o.TCB, ack(o.TCB, seg(2)))
	require.Empty(t, partial.Segments)
	require.Equal(t, []Block{{seg(3), seg(8)}, {}, {}, {}}, partial.TCB.Sacked[:])
	over := Step(partial.TCB, ack(o.TCB, seg(8)))
	require.Contains(t, over.Rules, recoveryOver)
	require.Equal(t, [MaxSACK]Block{}, over.TCB.Sacked)
	require.Equal(t, [MaxSACK]Block{}, Step(o.TCB, RetransmissionTimeout{Now: now}).TCB.Sacked)

	wrong := then(tcb, duplicate(tcb, Block{una, seg(1)}, Block{seg(2), seg(9)}, Block{seg(3), seg(2)}))
	require.Equal(t, [MaxSACK]Block{}, wrong.TCB.Sacked, "no block can be like that")
}

// The scoreboard keeps the runs in order and apart, four of them.
func TestTheScoreboardKeepsRuns(t *testing.T) {
	var tcb TCB
	for _, n := range []uint32{50, 10, 30, 70} {
		tcb.mark(Block{n, n + 5})
	}
	require.Equal(t, [MaxSACK]Block{{10, 15}, {30, 35}, {50, 55}, {70, 75}}, tcb.Sacked)
	tcb.mark(Block{90, 95})
	require.Equal(t, Block{70, 75}, tcb.Sacked[3], "no room")
	tcb.mark(Block{15, 30})
	require.Equal(t, [MaxSACK]Block{{10, 35}, {50, 55}, {70, 75}}, tcb.Sacked)
	tcb.mark(Block{0, 100})
	require.Equal(t, [MaxSACK]Block{{0, 100}}, tcb.Sacked)
}
