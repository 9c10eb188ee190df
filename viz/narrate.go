package viz

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"sockscope/handshake"
	"sockscope/viz/words"
)

// Narration is a step in words: why it happened, what to look at, where it is written.
type Narration struct {
	Event     string   // what happened: "The server sent segment 2. It is in flight."
	Sentences []string // of each rule that fired, in the order of [handshake.Step.Why]
	Main      string   // the one of them that a reader needs most; empty if no rule fired
	Note      string   // what the scenario says of the step; mostly empty
	Source    string   // RFC 9293 3.4.1, 3.10.7.2
}

// Narrate tells step n of a trace; n is 1 for the first.
func Narrate(t *handshake.Trace, n int, lang string) Narration {
	say := words.For(lang).Speaking(t.Protocol)
	s := &t.Steps[n-1]
	fill := stepFill(t, n, say)
	story := Narration{Event: say.Say(eventKey(s), fill), Source: sources(s.Why)}
	for _, y := range s.Why {
		sentence := say.Say(y.Rule, fill)
		story.Sentences = append(story.Sentences, sentence)
		if story.Main == "" || !say.Quiet(y.Rule) || allQuiet(say, s.Why) {
			story.Main = sentence
		}
	}
	if sentence := t.Words[lang][s.Note]; sentence != "" {
		// Say gives a sentence that is no key as it stands, filled.
		story.Note = say.Say(sentence, func(name string) (string, bool) { return peerVar(t, n, name, say) })
	}
	return story
}

// Look parts a sentence into what happened and what to look at.
func Look(sentence, lang string) (why, look string) {
	why, look, _ = strings.Cut(sentence, words.For(lang).Text("ui.look")+" ")
	return strings.TrimSpace(why), look
}

func allQuiet(say *words.Words, why []handshake.Why) bool {
	return !slices.ContainsFunc(why, func(y handshake.Why) bool { return !say.Quiet(y.Rule) })
}

// eventKey is the key of the sentence for what a step shows.
func eventKey(s *handshake.Step) string {
	switch key := "ui.event." + string(s.Kind); {
	case Waits(*s):
		return key + ".waits"
	case s.Kind == handshake.KindCall && !strings.Contains(s.Label, ") = "):
		return key + ".silent" // reboot() does not return
	case s.Peer == handshake.WirePeer && s.Kind == handshake.KindDepart:
		return key + ".wire"
	case s.Kind == handshake.KindNote && !strings.HasPrefix(s.Label, "wait"):
		return key + ".beside"
	default:
		return key
	}
}

// stepFill knows the placeholders of a step's sentences.
func stepFill(t *handshake.Trace, n int, say *words.Words) func(string) (string, bool) {
	s := &t.Steps[n-1]
	return func(name string) (string, bool) {
		switch name {
		case "end":
			return s.Peer, true
		case "other":
			return other(t, s), true
		case "state":
			return s.After, true
		case "was":
			return s.Before, true
		case "label":
			return s.Label, true
		case "timer":
			return say.Our("var", s.Label+" timer"), true
		case "signal":
			return say.Our("signal", s.Label), true
		case "call", "result":
			call, result, _ := strings.Cut(s.Label, ") = ")
			return map[string]string{"call": strings.TrimSuffix(call, ")") + ")", "result": result}[name], true
		case "note":
			return say.Note(s.Label), true
		case "packet":
			return strconv.Itoa(s.Packet), true
		case "time":
			return seconds(s.At), true
		}
		return stepVar(t, n, name, say)
	}
}

// other is the end opposite to a step's; of the wire, the end that the packet goes to. Among
// several it is that of the packet, or of the connection.
func other(t *handshake.Trace, s *handshake.Step) string {
	i := PeerIndex(t, s.Peer)
	switch {
	case i >= 0 && len(t.Peers) == 2:
		return t.Peers[1-i].Name
	case i >= 0 && s.Packet != 0:
		if at := hostIndex(t, leaderHost(s)); at >= 0 {
			return t.Peers[at].Name
		}
	case i >= 0:
		_, host, _ := strings.Cut(s.On, " host ")
		if at := hostIndex(t, host); at >= 0 {
			return t.Peers[at].Name
		}
	}
	for n := range t.Steps {
		if d := &t.Steps[n]; i < 0 && d.Kind == handshake.KindDepart && d.Packet == s.Packet {
			return t.Peers[destination(t, d)].Name
		}
	}
	return t.Peers[0].Name
}

// stepVar is a variable as the step's sentences mean it: of its segment, else of its
// connection after the step, or before if the step deleted the TCB.
func stepVar(t *handshake.Trace, n int, name string, say *words.Words) (string, bool) {
	s := &t.Steps[n-1]
	for _, v := range s.Vars {
		if v.Name == name && v.Value != "" {
			return Value(v, say), true
		}
	}
	peer := PeerIndex(t, s.Peer)
	if peer < 0 {
		return "", false
	}
	for _, at := range []int{n, n - 1} {
		end := Ends(t, at)[peer]
		if c := end.Conn(s.On); c != nil {
			if v, ok := c.Var(name); ok {
				return Value(v, say), true
			}
		}
	}
	return "", false
}

// peerVar is what {client.SND.NXT} means: the variable of that peer's newest connection
// after step n.
func peerVar(t *handshake.Trace, n int, name string, say *words.Words) (string, bool) {
	peer, variable, _ := strings.Cut(name, ".")
	i := PeerIndex(t, peer)
	if i < 0 {
		return "", false
	}
	end := Ends(t, n)[i]
	c := end.Conn(end.On)
	if c == nil {
		return "", false
	}
	v, ok := c.Var(variable)
	if !ok {
		v, ok = octets(c, variable)
	}
	return Value(v, say), ok
}

// octets is a congestion variable of RFC 5681 where a kernel tells it in segments.
func octets(c *Conn, variable string) (handshake.Var, bool) {
	segments, told := c.Var("snd_" + variable)
	mss, _ := c.Var("snd_mss")
	n, err := strconv.Atoi(segments.Value)
	size, err2 := strconv.Atoi(mss.Value)
	return handshake.Var{Name: variable, Value: strconv.Itoa(n * size), Unit: "B"}, told && errors.Join(err, err2) == nil
}

// Value is a variable's value as people read it: a timer's as a point in time, another
// time as a length.
func Value(v handshake.Var, say *words.Words) string {
	n, err := strconv.ParseInt(v.Value, 10, 64)
	switch {
	case v.Unit != "ns" || err != nil:
		return v.Value
	case !strings.HasSuffix(v.Name, " timer"):
		return length(time.Duration(n), say)
	}
	return say.Say("ui.at", Fill("time", seconds(time.Duration(n))))
}

// length is a time in seconds, or below one in thousandths of it.
func length(d time.Duration, say *words.Words) string {
	if d < time.Second {
		return fmt.Sprintf("%.3f ms", float64(d)/float64(time.Millisecond))
	}
	return say.Say("ui.lasts", Fill("time", seconds(d)))
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

// sources joins citations: a document is named once, then its sections.
func sources(why []handshake.Why) string {
	var documents []string
	sections := map[string][]string{}
	for _, y := range why {
		document, section := y.Cite, ""
		if words := strings.SplitN(y.Cite, " ", 3); len(words) == 3 {
			document, section = words[0]+" "+words[1], words[2]
		}
		if !slices.Contains(documents, document) {
			documents = append(documents, document)
		}
		if section != "" && !slices.Contains(sections[document], section) {
			sections[document] = append(sections[document], section)
		}
	}
	for i, d := range documents {
		documents[i] = strings.TrimSpace(d + " " + strings.Join(sections[d], ", "))
	}
	return strings.Join(documents, "; ")
}
