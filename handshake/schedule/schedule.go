// Package schedule draws random scenarios, and makes one that shows something as small
// as it can be while it still shows it.
//
// What can happen next depends on what has happened, so a schedule is played on
// [model.Engine] while it is drawn, in memory, and each choice becomes a line. The result
// is a plain scenario: its String can be saved as NAME.txtar, and played and compared
// like any other. The same seed always gives the same one.
//
// A schedule is meant to be held against an engine whose clock is real, so nothing in it
// depends on who is faster: each departure and each return has a line of its own, and a
// timer ends only while nothing is on its way and no other could end before. What TCP leaves
// open is not drawn, and what Linux is known to do otherwise only by [Daring]; the comment
// at each such place says why.
package schedule

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"sockscope/handshake"
	"sockscope/handshake/model"
	"sockscope/handshake/wire"
)

// Bounds of one schedule: enough for a whole life with something going wrong in it, and
// few enough to be read.
const (
	maxLines    = 60
	maxDrops    = 3
	maxDoubles  = 2
	maxForged   = 3
	maxTimeouts = 2 // each takes a real second or more
)

// Random draws a scenario.
func Random(seed uint64) *handshake.Scenario { return play(seed, false) }

// Daring draws one in which may also happen what Linux is known to do otherwise than RFC
// 9293, as the table of handshake/compare explains.
func Daring(seed uint64) *handshake.Scenario { return play(seed, true) }

func play(seed uint64, daring bool) *handshake.Scenario {
	g := &generator{daring: daring, random: rand.New(rand.NewPCG(seed, 0)), last: map[string]*end{}, used: map[handshake.Verb]int{}}
	g.program()
	return g.draw(seed)
}

// generator is a schedule that is being drawn.
type generator struct {
	daring   bool
	random   *rand.Rand
	programs [2][]string // the calls of each peer that are offered
	session  handshake.Session
	ends     []*end
	last     map[string]*end // by peer: that which moved last
	begun    bool            // a first number has been drawn
	parted   bool            // something has arrived that Linux answers otherwise
	lines    []string
	used     map[handshake.Verb]int // how often
}

// peers are the two ends of every schedule.
var peers = [2]string{"client", "server"}

// draw plays a world and writes down what was chosen in it.
func (g *generator) draw(seed uint64) *handshake.Scenario {
	var calls []string
	for i, program := range g.programs {
		for _, c := range program {
			calls = append(calls, peers[i]+" "+c)
		}
	}
	session, err := model.Engine{Wire: wire.InMemory}.Start(context.Background(), scenario(seed, calls))
	if err != nil {
		panic("schedule: " + err.Error())
	}
	defer session.Close() //nolint:errcheck // it has no wire
	g.session = session
	for _, p := range peers {
		g.last[p] = &end{}
	}
	for len(g.lines) < maxLines {
		c, ok := g.choose()
		if !ok {
			break
		}
		g.do(c)
	}
	g.expire()
	return scenario(seed, g.lines)
}

// scenario is the file of a schedule with these lines, read.
func scenario(seed uint64, lines []string) *handshake.Scenario {
	name := fmt.Sprintf("schedule-%d", seed)
	text := "-- setup --\n" + setup
	if slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, "timeout ") }) {
		text += repeatSoon
	}
	s, err := handshake.Parse(name, name+".txtar", []byte(text+"quickack\n-- script --\n"+strings.Join(lines, "\n")+"\n"))
	if err != nil {
		panic("schedule: " + err.Error())
	}
	return s
}

// setup takes away what makes Linux act by the time that has passed: it delays an ACK for
// 40 ms, answers what is not acceptable once in 500 ms (RFC 5961 7), and drops an old
// segment without a word if a timestamp says that it is (RFC 7323 5.3), which a tick of a
// millisecond decides. With selective ACKs it repeats what was overtaken some time ago
// (RFC 8985); our machine does not.
//
// The first numbers of two connections lie further apart than a window reaches, as a
// kernel draws them.
const setup = `peer client 127.0.0.1:49152 iss=100,1000000100,2000000100
peer server 127.0.0.1:7147 iss=300,1000000300,2000000300
sysctl net.ipv4.tcp_invalid_ratelimit 0
sysctl net.ipv4.tcp_timestamps 0
sysctl net.ipv4.tcp_sack 0
`

// repeatSoon is the shortest retransmission timeout of RFC 6298 2.4. The kernel engine
// parks that of text, which would take a minute.
const repeatSoon = "sysctl net.ipv4.tcp_rto_min_us 1000000\n"

// line is a choice as it is written. Of equal segments the oldest is meant, so it has no
// number, which another engine may count otherwise; and of a RST it does not say whether
// it acknowledges, which is known to differ.
func line(c handshake.Choice) handshake.Choice {
	c.Packet = 0
	if c.Verb != handshake.Inject && strings.Contains(c.What, "<CTL=RST") {
		c.What = "<CTL=RST"
	}
	return c
}

// do lets a choice happen and writes its line.
func (g *generator) do(c handshake.Choice) {
	g.parted = g.parted || c.Verb == handshake.Arrive && g.unlike(c)
	steps, err := g.session.Do(context.Background(), c)
	if err != nil {
		panic(fmt.Sprintf("schedule: %s: %v", c, err))
	}
	g.used[c.Verb]++
	for i := range steps {
		g.learn(&steps[i])
	}
	g.lines = append(g.lines, line(c).String())
}

// expire lets the end of a TIME-WAIT be the last line: only of the model, for it lasts
// four minutes there and one in Linux.
func (g *generator) expire() {
	for _, c := range g.session.Choices() {
		if c.Verb == handshake.Timeout && c.What == "time-wait" && g.random.IntN(4) == 0 {
			g.lines = append(g.lines, "[model] "+c.String())
			return
		}
	}
}
