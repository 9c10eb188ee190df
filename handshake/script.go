package handshake

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// place is where a script stands: a value, so that every step of a [Timeline]
// remembers its own.
type place struct {
	line    int               // the next line of the script
	made    map[string]int    // how many calls each peer has made
	states  map[string]string // the state that each peer is in
	strayed bool              // a person has chosen otherwise: from then on a line waits until it fits
	note    string            // the narration of the choice that led here
	asked   int               // the number of the line that asked for it; 0: none
}

func (p place) state(peer, state string) place {
	if p.states[peer] != state {
		p.states = maps.Clone(p.states)
		p.states[peer] = state
	}
	return p
}

func (p place) call(peer string) place {
	p.made = maps.Clone(p.made)
	p.made[peer]++
	return p
}

// plan says what Next would do now: the script's next line if it can be done; else
// the oldest thing that waits; else, once a person has chosen otherwise, what an
// undisturbed world would do. With an error comes the place where it is so.
func (t *Timeline) plan() (Choice, place, error) {
	if t.scenario == nil {
		return first(t.at.choices, t.at.script)
	}
	p := t.at.script
	p.note, p.asked = "", 0
	choices := t.at.choices
	var line *Line
	for ; p.line < len(t.scenario.Script) && line == nil; p.line++ {
		l := &t.scenario.Script[p.line]
		if l.On(t.header.Engine) && !t.done(p, l) {
			line = l
			break
		}
	}
	if line != nil {
		if c, ok := line.now(choices); ok {
			p.line++
			p.note, p.asked = line.Label, line.Number
			return c, p, nil
		}
	}
	waits := len(choices) > 0 && slices.Contains([]Verb{Depart, Return, Answer}, choices[0].Verb)
	switch {
	case waits:
		return first(choices, p)
	case p.strayed:
		return first(t.toChoose(choices), p)
	case line == nil:
		return Choice{}, p, ErrOver
	case line.Choice.Verb == until && len(t.toChoose(choices)) > 0:
		return first(t.toChoose(choices), p)
	}
	return Choice{}, p, t.stuck(line, p)
}

// toChoose leaves out the timers where a running clock ends them by itself: they are
// waited for.
func (t *Timeline) toChoose(choices []Choice) []Choice {
	if !t.Live() {
		return choices
	}
	return slices.DeleteFunc(slices.Clone(choices), func(c Choice) bool { return c.Verb == Timeout })
}

func first(choices []Choice, p place) (Choice, place, error) {
	if len(choices) == 0 {
		return Choice{}, p, ErrOver
	}
	return choices[0], p, nil
}

// done reports whether a line needs nothing any more: an until that is reached, or a
// call that was made out of turn.
func (t *Timeline) done(p place, l *Line) bool {
	switch c := l.Choice; c.Verb {
	case until:
		return p.states[c.Peer] == c.What
	case Call:
		nth := 0
		for i := range p.line {
			if e := &t.scenario.Script[i]; e.Choice.Verb == Call && e.Choice.Peer == c.Peer && e.On(t.header.Engine) {
				nth++
			}
		}
		return nth < p.made[c.Peer]
	default:
		return false
	}
}

// now finds the line among what can happen. A wait and an injected segment are never
// listed; the session says whether they can be.
func (l *Line) now(choices []Choice) (Choice, bool) {
	switch l.Choice.Verb {
	case until:
		return Choice{}, false
	case Wait, Inject, Replace, Begin:
		return l.Choice, true
	}
	for _, c := range choices {
		if l.Choice.fits(c) {
			return c, true
		}
	}
	return Choice{}, false
}

// stray is the script's place after a person's own choice. A call of a later line
// goes on from there: the calls that were passed over wait their turn.
func (p place) stray(s *Scenario, engine string, c Choice) place {
	p.strayed, p.note, p.asked = true, "", 0
	if s == nil || c.Verb != Call {
		return p
	}
	nth := p.made[c.Peer]
	for i, l := range s.Script {
		if l.Choice.Verb != Call || l.Choice.Peer != c.Peer || !l.On(engine) {
			continue
		}
		if nth == 0 {
			p.line = max(p.line, i+1)
			p.note = l.Label
			return p
		}
		nth--
	}
	return p
}

// stuck says that the script asks for what cannot be, and what can.
func (t *Timeline) stuck(l *Line, p place) error {
	found := fmt.Sprintf("%q, which cannot be done now", l.Choice)
	if l.Choice.Verb == until {
		found = fmt.Sprintf("%q, but %s is %s and all is over", l.Choice, l.Choice.Peer, p.states[l.Choice.Peer])
	}
	return t.scenario.Mistake(l.Number, found, possible(t.at.choices))
}

// possible lists choices for an error.
func possible(choices []Choice) string {
	if len(choices) == 0 {
		return "nothing, all is over"
	}
	can := make([]string, len(choices))
	for i, c := range choices {
		can[i] = c.String()
	}
	return strings.Join(can, "; ")
}
