package handshake

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// until and begin are verbs of script lines only: no session is ever asked for until.
const (
	until Verb = "until"
	// Begin tells a session that what came before is not part of what is shown: its
	// packets are numbered from 1 again. Only [NewTimeline] does it.
	Begin Verb = "begin"
)

// segmentVerbs are the verbs whose What is a piece of a segment's label.
var segmentVerbs = []Verb{Depart, Arrive, Answer, Drop, Duplicate, Inject, Replace}

// verbs are the words that cannot name a peer.
var verbs = []Verb{Depart, Return, Arrive, Answer, Drop, Duplicate, Timeout, Wait, Inject, Replace, until, Begin}

// String is the choice's line in a scenario file.
func (c Choice) String() string {
	words := []string{string(c.Verb)}
	switch c.Verb {
	case Call:
		words = []string{c.Peer, c.What, c.Args}
	case Wait, Begin:
		words = append(words, c.Args)
	default:
		words = append(words, c.Peer)
		if c.Packet != 0 {
			words = append(words, strconv.Itoa(c.Packet))
		}
		words = append(words, c.What)
	}
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " ")
}

// ParseChoice reads a line that [Choice.String] wrote or a person did. It does not
// know which peers, calls and timers exist: the scenario and the engine do.
func ParseChoice(line string) (Choice, error) {
	first, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	rest = strings.TrimSpace(rest)
	verb := Verb(first)
	if !slices.Contains(verbs, verb) {
		return parseCall(first, rest)
	}
	switch verb {
	case Begin:
		if rest != "" {
			return Choice{}, fmt.Errorf("found %q after begin, allowed: nothing", rest)
		}
		return Choice{Verb: Begin}, nil
	case Wait:
		if rest == "" {
			return Choice{Verb: Wait}, nil
		}
		if d, err := time.ParseDuration(rest); err != nil || d <= 0 {
			return Choice{}, fmt.Errorf("found wait %q, allowed: a length of time such as 500ms, 1s, 2m", rest)
		}
		return Choice{Verb: Wait, Args: rest}, nil
	}
	c := Choice{Verb: verb}
	c.Peer, c.What, _ = strings.Cut(rest, " ")
	c.What = strings.TrimSpace(c.What)
	if c.Peer == "" {
		return Choice{}, fmt.Errorf("found %s alone, allowed: %s PEER and what", verb, verb)
	}
	if slices.Contains(segmentVerbs, verb) {
		return parseSelector(c)
	}
	if c.What == "" && verb != Return {
		return Choice{}, fmt.Errorf("found %q, allowed: %s PEER %s", line, verb, map[Verb]string{Timeout: "TIMER", until: "STATE"}[verb])
	}
	return c, nil
}

func parseCall(peer, rest string) (Choice, error) {
	if peer == "" || rest == "" {
		return Choice{}, fmt.Errorf("found %q, allowed: PEER CALL ARGS, or one of %s", peer, joinVerbs())
	}
	c := Choice{Verb: Call, Peer: peer}
	c.What, c.Args, _ = strings.Cut(rest, " ")
	c.Args = strings.TrimSpace(c.Args)
	return c, nil
}

// parseSelector takes a packet's number off the front of What.
func parseSelector(c Choice) (Choice, error) {
	word, rest, _ := strings.Cut(c.What, " ")
	if n, err := strconv.Atoi(word); err == nil {
		if n < 1 {
			return Choice{}, fmt.Errorf("found packet %d, allowed: 1 and up", n)
		}
		c.Packet, c.What = n, strings.TrimSpace(rest)
	}
	if c.Verb == Inject && (c.What == "" || c.Packet != 0) {
		return Choice{}, fmt.Errorf("found %q, allowed: inject PEER <SEQ=n><CTL=SYN>", c)
	}
	if c.Verb == Replace && c.What == "" {
		return Choice{}, fmt.Errorf("found %q, allowed: replace PEER [PACKET] <SEQ=n><CTL=SYN>", c)
	}
	return c, nil
}

func joinVerbs() string {
	words := make([]string, len(verbs))
	for i, v := range verbs {
		words[i] = string(v)
	}
	return strings.Join(words, ", ")
}

// fits reports whether the script's line c means the listed choice o: what c leaves
// open may be anything, and a piece of a segment's label is enough.
func (c Choice) fits(o Choice) bool {
	switch {
	case c.Verb != o.Verb, c.Peer != o.Peer, c.Args != o.Args:
		return false
	case c.Packet != 0 && c.Packet != o.Packet:
		return false
	case slices.Contains(segmentVerbs, c.Verb), c.Verb == Return:
		return strings.Contains(o.What, c.What)
	default:
		return c.What == o.What
	}
}
