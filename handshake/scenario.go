package handshake

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/tools/txtar"
)

//go:embed scenarios/*.txtar
var builtin embed.FS

// Scenario is a lesson: who takes part, what happens by default, and what is said
// about it. The file that it comes from is described in docs/ARCHITECTURE.md.
type Scenario struct {
	Name   string // of a built-in one its file's name without the ending, else the path
	File   string // for messages
	Figure string // "RFC 9293 figure 7"; empty if it is none

	Protocol string // what its peers speak: TCP or NCP
	Peers    []PeerSetup
	Delay    time.Duration     // a segment may arrive this long after its departure, not before
	Seed     uint64            // draws what the setup leaves open
	Not      map[string]string // engines that cannot play it, and the key of the sentence that says why
	Sysctls  []Sysctl          // settings of the network namespace, for engines that run on a kernel
	Quick    bool              // no end delays an acknowledgment, as RFC 9293 3.8.6.3 would let it
	Window   uint32            // segments of the initial congestion window at both ends (initcwnd); 0: each end's own
	Script   []Line
	Words    map[string]map[string]string // language, key, sentence
	Source   string                       // where the cast of 1971 comes from
	Ladder   string                       // the expected ladder
	Loose    bool                         // each line waits until it fits, as it does once a person has chosen otherwise

	keyLines  map[string]int // where "LANG KEY" stands in the file
	variables map[string]int // where a sentence asks for one
}

// PeerSetup is a peer as the setup describes it.
type PeerSetup struct {
	Name, Address string
	ISS           []uint32 // the initial sequence numbers it will use, in order
	Profile       Profile
	Cast          *Cast
	Line          int // in the file, for messages
}

// The protocols of scenarios. Where the setup names none, it is TCP.
const (
	TCP = "tcp"
	NCP = "ncp"
)

// Profile says whose values a peer's machine has where the RFCs leave them open, or let an
// implementation choose. A kernel has its own, whatever a scenario says.
type Profile string

// The profiles. Where the setup names none, it is Strict.
const (
	Strict Profile = "strict" // what the RFCs name or recommend
	Linux  Profile = "linux"  // what Linux was measured to have
)

// Sysctl is a setting of a kernel, by its dotted name.
type Sysctl struct {
	Name, Value string
	Line        int // in the file, for messages
}

// Line is one line of a script.
type Line struct {
	Number int    // in the file
	Engine string // the engines that play it, with commas; empty: all
	Label  string // the key of its narration
	Choice Choice
}

// Mistake is an error in a scenario file, or in what it asks for.
type Mistake struct {
	File           string
	Line           int
	Found, Allowed string
}

func (m *Mistake) Error() string {
	return fmt.Sprintf("%s:%d: found %s, allowed: %s", m.File, m.Line, m.Found, m.Allowed)
}

// Mistake makes an error that names the file and the line.
func (s *Scenario) Mistake(line int, found, allowed string) error {
	return &Mistake{File: s.File, Line: line, Found: found, Allowed: allowed}
}

// Unplayable says that an engine cannot play a scenario: by the scenario's own word, or
// because it speaks another protocol.
type Unplayable struct {
	Scenario, Engine string
	Protocol         string            // what the scenario speaks
	Why              map[string]string // language, sentence; nil: it is the protocol
	On               []string          // the engines that can
}

func (u *Unplayable) Error() string {
	why := u.Why["en"]
	if u.Why == nil {
		why = "its protocol is " + u.Protocol
	}
	return fmt.Sprintf("%s: %s cannot be played here: %s", u.Engine, u.Scenario, why)
}

// Playable is an [Unplayable] if the engine cannot play the scenario.
func (s *Scenario) Playable(engine string) error {
	key, not := s.Not[engine]
	if !not && speaks(engine) == s.Protocol {
		return nil
	}
	u := &Unplayable{Scenario: s.Name, Engine: engine, Protocol: s.Protocol}
	if not {
		u.Why = map[string]string{}
		for lang, words := range s.Words {
			u.Why[lang] = words[key]
		}
	}
	for _, other := range engines {
		if _, not := s.Not[other]; !not && speaks(other) == s.Protocol {
			u.On = append(u.On, other)
		}
	}
	return u
}

// ErrNoScenario is in the chain of what [Load] says when there is no such scenario.
var ErrNoScenario = errors.New("no such scenario")

// Names lists the built-in scenarios in the order in which a class would meet them:
// lessons first, then the RFC's figures, then the lessons of 1971, each by name, the
// default before all.
func Names() []string { return slices.Clone(names()) }

var names = sync.OnceValue(func() []string {
	entries, err := fs.ReadDir(builtin, "scenarios")
	if err != nil {
		panic("handshake: the embedded scenarios are gone: " + err.Error())
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".txtar"))
	}
	slices.SortFunc(names, func(a, b string) int {
		return strings.Compare(rank(a), rank(b))
	})
	return names
})

// rank makes figure-10 follow figure-9, three-way come first, and 1971 last.
func rank(name string) string {
	if name == Default {
		return ""
	}
	data, err := builtin.ReadFile(path.Join("scenarios", name+".txtar"))
	if err == nil && bytes.Contains(data, []byte("\nprotocol "+NCP+"\n")) {
		return "~~" + name
	}
	if n, ok := strings.CutPrefix(name, "figure-"); ok {
		return fmt.Sprintf("~%4s", n)
	}
	return name
}

// Default is the scenario that is played when none is named.
const Default = "three-way"

// Load reads a built-in scenario by its name, or a file by its path.
func Load(name string) (*Scenario, error) {
	if slices.Contains(Names(), name) {
		data, err := builtin.ReadFile(path.Join("scenarios", name+".txtar"))
		if err != nil {
			return nil, fmt.Errorf("scenario %s: %w", name, err)
		}
		return Parse(name, name+".txtar", data)
	}
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %q is neither a file nor one of %s", ErrNoScenario, name, strings.Join(Names(), ", "))
	}
	if err != nil {
		return nil, fmt.Errorf("scenario: %w", err)
	}
	return Parse(name, name, data)
}

// engines are the names that a line or a "not" can be limited to.
var engines = []string{"model", "kernel", "mixed", "arpanet"}

// speaks is the protocol of each engine.
func speaks(engine string) string {
	if engine == "arpanet" {
		return NCP
	}
	return TCP
}

// Engine is the one that plays a scenario where none is named.
func (s *Scenario) Engine() string {
	i := slices.IndexFunc(engines, func(e string) bool { return speaks(e) == s.Protocol && s.Not[e] == "" })
	return engines[max(i, 0)]
}

// sections are what a scenario file may hold.
var sections = []string{"setup", "script", "en", "ko", "1971", "ladder"}

// Parse reads a scenario file.
func Parse(name, file string, data []byte) (*Scenario, error) {
	s := &Scenario{Name: name, File: file, Protocol: TCP, Not: map[string]string{}, Words: map[string]map[string]string{}, keyLines: map[string]int{}, variables: map[string]int{}}
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // some editors write one
	if err := s.printable(data); err != nil {
		return nil, err
	}
	// The ladder comes last and goes to the end: its lines that tell the time, such as
	// -- 1.000 s --, look like the beginning of a section.
	data, ladder, _ := bytes.Cut(data, []byte("\n-- ladder --\n"))
	s.Ladder = string(ladder)
	archive := txtar.Parse(data)
	at := strings.Count(string(archive.Comment), "\n")
	seen := map[string]bool{}
	for _, f := range archive.Files {
		at++ // the marker's own line
		if !slices.Contains(sections, f.Name) {
			return nil, s.Mistake(at, "section "+f.Name, strings.Join(sections, ", "))
		}
		if seen[f.Name] {
			return nil, s.Mistake(at, "section "+f.Name+" twice", "each section once")
		}
		seen[f.Name] = true
		if err := s.section(f.Name, string(f.Data), at); err != nil {
			return nil, err
		}
		at += strings.Count(string(f.Data), "\n")
	}
	for _, need := range []string{"setup", "script"} {
		if !seen[need] {
			return nil, s.Mistake(max(at, 1), "no section "+need, "-- setup -- and -- script --")
		}
	}
	return s, s.check()
}

// printable refuses what a terminal would obey instead of showing.
func (s *Scenario) printable(data []byte) error {
	at := 0
	for line := range bytes.Lines(data) {
		at++
		if found := control(string(bytes.TrimRight(line, "\r\n"))); found != "" {
			return s.Mistake(at, found, "text in UTF-8 without control characters")
		}
	}
	return nil
}

// control finds what is no printable text: a control character other than a tab, or
// an octet that is not UTF-8; empty if there is none.
func control(text string) string {
	for i, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd") {
			return fmt.Sprintf("octet 0x%02x", text[i])
		}
		if unicode.IsControl(r) && r != '\t' {
			return fmt.Sprintf("character U+%04X", r)
		}
	}
	return ""
}

func (s *Scenario) section(name, data string, at int) error {
	if name == "ladder" {
		s.Ladder = data
		return nil
	}
	if name == "en" || name == "ko" {
		return s.words(name, data, at)
	}
	for text := range strings.Lines(data) {
		at++
		text = strings.TrimSpace(uncomment(text))
		if text == "" {
			continue
		}
		if err := s.line(name, text, at); err != nil {
			return err
		}
	}
	return nil
}

func (s *Scenario) line(section, text string, at int) error {
	switch section {
	case "setup":
		return s.setup(text, at)
	case "1971":
		return s.cast(text, at)
	default:
		return s.script(text, at)
	}
}

// uncomment cuts a comment off, which begins with # at the start or behind a blank,
// but not inside quotes.
func uncomment(text string) string {
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted:
			i++ // what is escaped ends nothing
		case c == '#' && !quoted && (i == 0 || text[i-1] == ' ' || text[i-1] == '\t'):
			return text[:i]
		}
	}
	return text
}

// maxWindow is the largest initial congestion window, in segments (RFC 6928 2).
const maxWindow = 10

const setupForms = "peer NAME ADDR [iss=N,N] [profile=NAME], protocol NAME, delay D, seed N, figure WORDS, sysctl NAME VALUE, quickack, initcwnd N, not ENGINE KEY"

func (s *Scenario) setup(text string, at int) error {
	words := strings.Fields(text)
	var err error
	switch {
	case words[0] == "peer" && len(words) >= 3:
		return s.peer(words[1:], at)
	case words[0] == "delay" && len(words) == 2:
		if s.Delay, err = time.ParseDuration(words[1]); err != nil || s.Delay < 0 {
			return s.Mistake(at, "delay "+words[1], "a length of time such as 10ms or 1s")
		}
	case words[0] == "seed" && len(words) == 2:
		if s.Seed, err = strconv.ParseUint(words[1], 10, 64); err != nil {
			return s.Mistake(at, "seed "+words[1], "a whole number from 0 on")
		}
	case words[0] == "protocol" && len(words) == 2:
		if s.Protocol = words[1]; s.Protocol != TCP && s.Protocol != NCP {
			return s.Mistake(at, "protocol "+words[1], "tcp or ncp")
		}
	case words[0] == "figure" && len(words) > 1:
		s.Figure = strings.Join(words[1:], " ")
	case words[0] == "sysctl" && len(words) >= 3:
		s.Sysctls = append(s.Sysctls, Sysctl{words[1], strings.Join(words[2:], " "), at})
	case words[0] == "quickack" && len(words) == 1:
		s.Quick = true
	case words[0] == "initcwnd" && len(words) == 2:
		n, err := strconv.ParseUint(words[1], 10, 32)
		if err != nil || n < 1 || n > maxWindow {
			return s.Mistake(at, "initcwnd "+words[1], fmt.Sprintf("1 to %d segments (RFC 6928 2)", maxWindow))
		}
		s.Window = uint32(n)
	case words[0] == "not" && len(words) == 3:
		s.Not[words[1]], s.keyLines["not "+words[1]] = words[2], at
	default:
		return s.Mistake(at, strconv.Quote(text), setupForms)
	}
	return nil
}

func (s *Scenario) peer(words []string, at int) error {
	p := PeerSetup{Name: words[0], Address: words[1], Line: at}
	if slices.Contains(verbs, Verb(p.Name)) || p.Name == WirePeer {
		return s.Mistake(at, "a peer called "+p.Name, "any name but "+WirePeer+", "+joinVerbs())
	}
	if s.Peer(p.Name) != nil {
		return s.Mistake(at, "peer "+p.Name+" twice", "each peer once")
	}
	for _, w := range words[2:] {
		if err := s.peerOption(&p, w); err != nil {
			return err
		}
	}
	s.Peers = append(s.Peers, p)
	return nil
}

// peerOption reads what may stand behind a peer's address.
func (s *Scenario) peerOption(p *PeerSetup, option string) error {
	name, value, _ := strings.Cut(option, "=")
	switch {
	case name == "iss" && p.ISS == nil:
		for w := range strings.SplitSeq(value, ",") {
			n, err := strconv.ParseUint(w, 10, 32)
			if err != nil {
				return s.Mistake(p.Line, "iss="+w, "0 to 4294967295")
			}
			p.ISS = append(p.ISS, uint32(n))
		}
	case name == "profile" && p.Profile == "":
		p.Profile = Profile(value)
		if p.Profile != Strict && p.Profile != Linux {
			return s.Mistake(p.Line, option, "profile=strict or profile=linux: the values of the RFCs, or those of Linux")
		}
	default:
		return s.Mistake(p.Line, option, "iss=N,N and profile=NAME, each once")
	}
	return nil
}

// Peer finds a peer's setup by name; nil if there is none.
func (s *Scenario) Peer(name string) *PeerSetup {
	for i := range s.Peers {
		if s.Peers[i].Name == name {
			return &s.Peers[i]
		}
	}
	return nil
}

const castForm = "PEER host=N home=N user=N plugs=N,N, or source WORDS"

func (s *Scenario) cast(text string, at int) error {
	words := strings.Fields(text)
	if words[0] == "source" && len(words) > 1 {
		s.Source = strings.Join(words[1:], " ")
		return nil
	}
	p := s.Peer(words[0])
	if p == nil {
		return s.Mistake(at, words[0], castForm)
	}
	c := Cast{}
	fields := map[string]struct {
		to    *int
		limit int
	}{"host": {&c.Host, 255}, "home": {&c.Home, 255}, "user": {&c.User, 65535}}
	for _, w := range words[1:] {
		name, value, _ := strings.Cut(w, "=")
		if name == "plugs" {
			for v := range strings.SplitSeq(value, ",") {
				n, err := strconv.Atoi(v)
				if err != nil || n < 0 || n > 127 {
					return s.Mistake(at, "plug "+v, "0 to 127")
				}
				c.Plugs = append(c.Plugs, n)
			}
			continue
		}
		f, ok := fields[name]
		if !ok {
			return s.Mistake(at, w, castForm)
		}
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 || n > f.limit {
			return s.Mistake(at, w, fmt.Sprintf("%s=0 to %s=%d", name, name, f.limit))
		}
		*f.to = n
	}
	if len(c.Plugs) != 2 {
		return s.Mistake(at, fmt.Sprintf("%d plugs", len(c.Plugs)), "plugs=N,N: one for the initial connection, one for the data")
	}
	p.Cast = &c
	return nil
}

// script reads [ENGINE,ENGINE] LABEL: LINE.
func (s *Scenario) script(text string, at int) error {
	l := Line{Number: at}
	if rest, ok := strings.CutPrefix(text, "["); ok {
		if l.Engine, text, ok = strings.Cut(rest, "]"); !ok || l.Engine == "" {
			return s.Mistake(at, strconv.Quote("["+rest), "[ENGINE] LINE")
		}
	}
	head, rest, ok := strings.Cut(text, ":")
	if label := strings.TrimSpace(head); ok && label != "" && !strings.ContainsAny(label, " \t") {
		l.Label, text = label, rest
	}
	plain, quoted := text, ""
	if i := strings.IndexByte(text, '"'); i >= 0 { // blanks inside quotes count
		plain, quoted = text[:i], " "+strings.TrimSpace(text[i:])
	}
	c, err := ParseChoice(strings.Join(strings.Fields(plain), " ") + quoted)
	if err != nil {
		found, allowed, _ := strings.Cut(err.Error(), ", allowed: ")
		return s.Mistake(at, strings.TrimPrefix(found, "found "), allowed)
	}
	l.Choice = c
	s.Script = append(s.Script, l)
	return nil
}

// words reads key: sentence, continued by indentation.
func (s *Scenario) words(lang, data string, at int) error {
	words := map[string]string{}
	s.Words[lang] = words
	key := ""
	for text := range strings.Lines(data) {
		at++
		text = strings.TrimRight(text, " \t\r\n")
		switch {
		case text == "":
		case text[0] == ' ' || text[0] == '\t':
			if key == "" {
				return s.Mistake(at, strconv.Quote(text), "key: sentence, before a line that continues one")
			}
			words[key] += " " + strings.TrimSpace(text)
		default:
			k, sentence, ok := strings.Cut(text, ":")
			if !ok || strings.ContainsAny(k, " \t") {
				return s.Mistake(at, strconv.Quote(text), "key: sentence")
			}
			if _, twice := words[k]; twice {
				return s.Mistake(at, "key "+k+" twice", "each key once")
			}
			key = k
			s.keyLines[lang+" "+key] = at
			words[key] = strings.TrimSpace(sentence)
		}
	}
	return nil
}

// check looks at what the sections say of each other.
func (s *Scenario) check() error {
	if len(s.Peers) < 2 {
		return s.Mistake(1, fmt.Sprintf("%d peers", len(s.Peers)), "two or more: peer NAME ADDR")
	}
	names := make([]string, len(s.Peers))
	for i, p := range s.Peers {
		names[i] = p.Name
	}
	keys := map[string]bool{"title": true, "shows": true}
	for engine, key := range s.Not {
		keys[key] = true
		if err := s.checkNot(engine, key); err != nil {
			return err
		}
	}
	begins := 0
	for _, l := range s.Script {
		if l.Choice.Peer != "" && s.Peer(l.Choice.Peer) == nil {
			return s.Mistake(l.Number, strconv.Quote(l.Choice.Peer), strings.Join(names, ", ")+", or "+joinVerbs())
		}
		if l.Choice.Verb == Begin {
			begins++
		}
		if begins > 1 {
			return s.Mistake(l.Number, "begin twice", "begin once")
		}
		for engine := range strings.SplitSeq(l.Engine, ",") {
			if l.Engine != "" && !slices.Contains(engines, engine) {
				return s.Mistake(l.Number, "["+l.Engine+"]", "["+strings.Join(engines, "], [")+"], or two of them, as in [model,kernel]")
			}
		}
		if keys[l.Label] {
			return s.Mistake(l.Number, "label "+l.Label+" twice", "each label once, and none called title or shows")
		}
		keys[l.Label] = l.Label != ""
	}
	for lang, words := range s.Words {
		for key, sentence := range words {
			at := s.keyLines[lang+" "+key]
			if !keys[key] {
				return s.Mistake(at, "key "+key+" in "+lang, "title, shows, and the labels of the script")
			}
			if err := s.placeholders(at, sentence); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkNot looks at an engine that cannot play the scenario, and the key that says why.
func (s *Scenario) checkNot(engine, key string) error {
	at := s.keyLines["not "+engine]
	if !slices.Contains(engines, engine) {
		return s.Mistake(at, "not "+engine, "not, and one of "+strings.Join(engines, ", "))
	}
	for lang, words := range s.Words {
		if words[key] == "" {
			return s.Mistake(at, fmt.Sprintf("no sentence %s in %s", key, lang), key+": why it cannot be played there")
		}
	}
	return nil
}

// placeholders checks those of a sentence and remembers their variables. Which there
// are is the protocol's to say: see [Scenario.CheckVariables].
func (s *Scenario) placeholders(at int, sentence string) error {
	for rest := sentence; ; {
		_, after, found := strings.Cut(rest, "{")
		if !found {
			return nil
		}
		name, tail, closed := strings.Cut(after, "}")
		peer, variable, _ := strings.Cut(name, ".")
		if !closed || s.Peer(peer) == nil || variable == "" {
			return s.Mistake(at, strconv.Quote("{"+name), "{PEER.VARIABLE}, such as {"+s.Peers[0].Name+".SND.NXT}")
		}
		s.variables[variable], rest = at, tail
	}
}

// CheckVariables refuses a sentence with a variable that the protocol does not have.
func (s *Scenario) CheckVariables(known []string) error {
	for _, name := range slices.Sorted(maps.Keys(s.variables)) {
		if !slices.Contains(known, name) {
			return s.Mistake(s.variables[name], "variable "+name, strings.Join(known, ", "))
		}
	}
	return nil
}

// Program is what a peer calls, in order, on an engine.
func (s *Scenario) Program(engine, peer string) []Line {
	var program []Line
	for _, l := range s.Script {
		if l.Choice.Verb == Call && l.Choice.Peer == peer && l.On(engine) {
			program = append(program, l)
		}
	}
	return program
}

// On reports whether an engine plays the line.
func (l Line) On(engine string) bool {
	return l.Engine == "" || slices.Contains(strings.Split(l.Engine, ","), engine)
}
