package schedule

import (
	"fmt"
	"slices"
	"strings"
)

// pick draws one of a list; what stands twice is twice as likely.
func pick[T any](g *generator, from ...T) T { return from[g.random.IntN(len(from))] }

// program draws the calls of both ends: one end listens, or both connect, or nobody
// listens; then what programs do with a connection, sense or not.
func (g *generator) program() {
	client := []string{"socket", "connect server"}
	server := []string{"socket", "bind :7147", "listen 8", "accept"}
	switch g.random.IntN(10) {
	case 0: // nobody listens
		server = nil
	case 1, 2: // simultaneous open, RFC 9293 figure 7
		server = []string{"socket", "bind :7147", "connect client"}
	case 3: // nobody accepts
		server = server[:3]
	}
	g.programs = [2][]string{g.use(client, "server"), g.use(server, "client")}
}

// use adds what a program does with its connection to the other end.
func (g *generator) use(program []string, other string) []string {
	opening := len(program)
	for range g.random.IntN(7) {
		program = append(program, pick(g,
			g.text(), g.text(), g.text(), "recv", "recv", "shutdown", "shutdown", "close", "close", "close", "abort", "status"))
	}
	if g.random.IntN(6) == 0 { // a call in the wrong place
		at := opening + g.random.IntN(len(program)-opening+1)
		program = slices.Insert(program, at, pick(g, "connect "+other, "listen 8", "accept", "close"))
	}
	return program
}

// text is a send() of few octets, which tell one from another.
func (g *generator) text() string {
	words := [...]string{"a", "be", "sea", "deep", "ocean"}
	return fmt.Sprintf("send %q", words[g.random.IntN(len(words))])
}

// sends counts the send() calls of a program.
func (g *generator) sends(peer string) (n int) {
	for i, p := range peers {
		for _, c := range g.programs[i] {
			if p == peer && strings.HasPrefix(c, "send ") {
				n++
			}
		}
	}
	return n
}
