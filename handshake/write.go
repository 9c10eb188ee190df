package handshake

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// String is the scenario as the file that [Parse] reads back. Comments, and the blanks
// that only please the eye, are not kept.
func (s *Scenario) String() string {
	var b strings.Builder
	b.WriteString("-- setup --\n")
	s.writeSetup(&b)
	b.WriteString("-- script --\n")
	for _, l := range s.Script {
		fmt.Fprintln(&b, l)
	}
	for _, lang := range slices.Sorted(maps.Keys(s.Words)) {
		fmt.Fprintf(&b, "-- %s --\n", lang)
		for _, key := range slices.Sorted(maps.Keys(s.Words[lang])) {
			fmt.Fprintf(&b, "%s: %s\n", key, s.Words[lang][key])
		}
	}
	s.writeCast(&b)
	if s.Ladder != "" {
		fmt.Fprintf(&b, "-- ladder --\n%s", s.Ladder)
	}
	return b.String()
}

func (s *Scenario) writeSetup(b *strings.Builder) {
	if s.Figure != "" {
		fmt.Fprintln(b, "figure", s.Figure)
	}
	for _, p := range s.Peers {
		fmt.Fprint(b, "peer ", p.Name, " ", p.Address)
		for i, n := range p.ISS {
			b.WriteString([]string{" iss=", ","}[min(i, 1)] + strconv.FormatUint(uint64(n), 10))
		}
		if p.Profile != "" {
			fmt.Fprint(b, " profile=", p.Profile)
		}
		b.WriteByte('\n')
	}
	if s.Protocol != TCP {
		fmt.Fprintln(b, "protocol", s.Protocol)
	}
	if s.Delay != 0 {
		fmt.Fprintln(b, "delay", s.Delay)
	}
	if s.Seed != 0 {
		fmt.Fprintln(b, "seed", s.Seed)
	}
	for _, y := range s.Sysctls {
		fmt.Fprintln(b, "sysctl", y.Name, y.Value)
	}
	if s.Quick {
		fmt.Fprintln(b, "quickack")
	}
	if s.Window != 0 {
		fmt.Fprintln(b, "initcwnd", s.Window)
	}
	for _, engine := range slices.Sorted(maps.Keys(s.Not)) {
		fmt.Fprintln(b, "not", engine, s.Not[engine])
	}
}

func (s *Scenario) writeCast(b *strings.Builder) {
	heading := "-- 1971 --\n"
	for _, p := range s.Peers {
		if c := p.Cast; c != nil {
			fmt.Fprintf(b, "%s%s host=%d home=%d user=%d plugs=%d,%d\n", heading, p.Name, c.Host, c.Home, c.User, c.Plugs[0], c.Plugs[1])
			heading = ""
		}
	}
	if s.Source != "" {
		fmt.Fprintf(b, "%ssource %s\n", heading, s.Source)
	}
}

// String is the line as a script has it.
func (l Line) String() string {
	line := l.Choice.String()
	if l.Label != "" {
		line = l.Label + ": " + line
	}
	if l.Engine != "" {
		line = "[" + l.Engine + "] " + line
	}
	return line
}
