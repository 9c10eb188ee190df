package schedule

import (
	"slices"
	"strings"

	"sockscope/handshake"
)

// Shrink takes away from a scenario what it can do without: lines of the script, settings,
// parts of the labels that name segments, octets. What it gives back still differs, and
// would not without any one of its lines. It is s itself if that does not differ.
//
// differs is asked often, each time about a scenario that may not be playable at all: that
// is no difference.
func Shrink(s *handshake.Scenario, differs func(*handshake.Scenario) bool) *handshake.Scenario {
	try := func(change func(c *handshake.Scenario)) bool {
		c := *s
		c.Script, c.Sysctls = slices.Clone(s.Script), slices.Clone(s.Sysctls)
		change(&c)
		smaller, err := handshake.Parse(s.Name, s.File, []byte(c.String()))
		if err != nil || !differs(smaller) {
			return false
		}
		s = smaller
		return true
	}
	if !try(func(*handshake.Scenario) {}) {
		return s
	}
	shorten(s.Script, func(script []handshake.Line) bool {
		return try(func(c *handshake.Scenario) { c.Script = script })
	})
	shorten(s.Sysctls, func(sysctls []handshake.Sysctl) bool {
		return try(func(c *handshake.Scenario) { c.Sysctls = sysctls })
	})
	for i := range s.Script {
		for _, simpler := range simpler(s.Script[i].Choice) {
			if try(func(c *handshake.Scenario) { c.Script[i].Choice = simpler }) {
				break
			}
		}
	}
	return s
}

// shorten leaves out runs of a list, from its end on, ever shorter ones, until nothing
// more can be left out; ok says if what is left will do.
func shorten[T any](list []T, ok func([]T) bool) {
	for run := len(list); run > 0; {
		shorter := false
		for end := len(list); end > 0; end = min(end, len(list)) {
			rest := slices.Delete(slices.Clone(list), max(end-run, 0), end)
			if ok(rest) {
				list, shorter = rest, true
			}
			end -= run
		}
		if run > 1 || !shorter {
			run /= 2
		}
	}
}

// simpler are choices that say less, the simplest first: a segment by its control bits or
// by its number alone, a text of one octet.
func simpler(c handshake.Choice) []handshake.Choice {
	var all []handshake.Choice
	with := func(what, args string) {
		if what != c.What || args != c.Args {
			simple := c
			simple.What, simple.Args = what, args
			all = append(all, simple)
		}
	}
	switch c.Verb {
	case handshake.Depart, handshake.Arrive, handshake.Drop, handshake.Duplicate:
		with("", "")
		for piece := range strings.SplitAfterSeq(c.What, ">") {
			if strings.HasPrefix(piece, "<CTL=") || strings.HasPrefix(piece, "<SEQ=") {
				with(piece, "")
			}
		}
	case handshake.Call:
		if c.What == "send" {
			with(c.What, `"a"`)
		}
	case handshake.Return, handshake.Timeout, handshake.Wait, handshake.Inject, handshake.Replace:
	}
	return all
}
