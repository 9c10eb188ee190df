package handshake

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Schema is the number of the trace's JSON form. Within it field names never change.
const Schema = 1

// The JSON shapes: one header, then one object a step.
type (
	jsonHeader struct {
		Schema   int                          `json:"schema"`
		Scenario string                       `json:"scenario"`
		Engine   string                       `json:"engine"`
		Protocol string                       `json:"protocol"`
		Host     string                       `json:"host,omitempty"`
		Peers    []jsonPeer                   `json:"peers"`
		Words    map[string]map[string]string `json:"words,omitempty"`
		Source   string                       `json:"source,omitempty"`
	}
	jsonPeer struct {
		Name    string    `json:"name"`
		Address string    `json:"address"`
		State   string    `json:"state"`
		On      string    `json:"on,omitempty"`
		Vars    []jsonVar `json:"vars,omitempty"`
		Cast    *jsonCast `json:"cast,omitempty"`
	}
	jsonCast struct {
		Host  int   `json:"host"`
		Home  int   `json:"home"`
		User  int   `json:"user"`
		Plugs []int `json:"plugs"`
	}
	jsonStep struct {
		N      int         `json:"n"`
		At     int64       `json:"at_ns"`
		Peer   string      `json:"peer"`
		On     string      `json:"on,omitempty"`
		Kind   Kind        `json:"kind"`
		Packet int         `json:"packet,omitempty"`
		Label  string      `json:"label"`
		Before string      `json:"before,omitempty"`
		After  string      `json:"after,omitempty"`
		Wire   string      `json:"wire,omitempty"`
		IP     string      `json:"ip,omitempty"`
		Vars   []jsonVar   `json:"vars,omitempty"`
		Why    []jsonWhy   `json:"why,omitempty"`
		Fields []jsonField `json:"fields,omitempty"`
		Choice string      `json:"choice,omitempty"`
		Note   string      `json:"note,omitempty"`
	}
	jsonVar struct {
		Name  string `json:"name"`
		Value string `json:"value"`
		Unit  string `json:"unit,omitempty"`
	}
	jsonWhy struct {
		Rule string `json:"rule"`
		Cite string `json:"cite"`
	}
	jsonField struct {
		Group string `json:"group"`
		Name  string `json:"name"`
		Bit   int    `json:"bit"`
		Len   int    `json:"len"`
		Value string `json:"value"`
	}
)

// each maps a slice; nothing stays nothing, so that omitempty holds both ways.
func each[A, B any](in []A, f func(A) B) []B {
	if len(in) == 0 {
		return nil
	}
	out := make([]B, len(in))
	for i, a := range in {
		out[i] = f(a)
	}
	return out
}

// WriteJSON writes the trace as JSON Lines.
func (t *Trace) WriteJSON(w io.Writer) error {
	b := bufio.NewWriter(w)
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false) // labels are full of < and >
	header := jsonHeader{
		Schema: Schema, Scenario: t.Scenario, Engine: t.Engine, Protocol: t.Protocol, Host: t.Host,
		Words: t.Words, Source: t.Source,
		Peers: each(t.Peers, func(p Peer) jsonPeer {
			return jsonPeer{p.Name, p.Address, p.State, p.On, each(p.Vars, toVar), (*jsonCast)(p.Cast)}
		}),
	}
	if err := enc.Encode(header); err != nil {
		return err
	}
	for _, s := range t.Steps {
		if err := enc.Encode(toStep(s)); err != nil {
			return err
		}
	}
	return b.Flush()
}

func toStep(s Step) jsonStep {
	return jsonStep{
		s.N, int64(s.At), s.Peer, s.On, s.Kind, s.Packet, s.Label, s.Before, s.After,
		hex.EncodeToString(s.Wire), hex.EncodeToString(s.IP), each(s.Vars, toVar),
		each(s.Why, func(y Why) jsonWhy { return jsonWhy(y) }),
		each(s.Fields, func(f Field) jsonField { return jsonField(f) }),
		s.Choice, s.Note,
	}
}

// MarshalJSON writes the step as its line of a trace.
func (s Step) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(toStep(s))
	return b.Bytes(), err
}

// UnmarshalJSON reads a step's line of a trace.
func (s *Step) UnmarshalJSON(line []byte) (err error) {
	*s, err = readStep(line)
	return err
}

func toVar(v Var) jsonVar { return jsonVar(v) }

func fromVar(v jsonVar) Var { return Var(v) }

// maxLine bounds a line of a trace: a step with the largest datagram stays below it.
const maxLine = 4 << 20

// ReadJSON reads what WriteJSON wrote. A mistake names the line, what was found and
// what is allowed.
func ReadJSON(r io.Reader) (*Trace, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	if !lines.Scan() {
		return nil, errors.Join(errors.New("trace: empty, want a header line and a line for each step"), lines.Err())
	}
	t, err := readHeader(lines.Bytes())
	if err != nil {
		return nil, fmt.Errorf("trace: line 1: %w", err)
	}
	known := map[int]bool{}
	for n := 2; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		s, err := readStep(lines.Bytes())
		if err == nil {
			err = t.accept(s, known)
		}
		if err != nil {
			return nil, fmt.Errorf("trace: line %d: %w", n, err)
		}
		t.Steps = append(t.Steps, s)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("trace: line %d: %w", len(t.Steps)+2, err)
	}
	return t, nil
}

// strict decodes one line and says in plain words what is wrong with it. Unknown
// fields are passed over: a newer sockscope may have added some.
func strict(line []byte, into any) error {
	err := json.Unmarshal(line, into)
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind) && kind.Field == "":
		return fmt.Errorf("found JSON's %s, want one object", kind.Value)
	case errors.As(err, &kind):
		return fmt.Errorf("field %s is JSON's %s, want %s", kind.Field, kind.Value, plain(kind.Type.Kind()))
	case err != nil:
		return fmt.Errorf("not JSON (%w), want one object", err)
	}
	return printed(line)
}

// plain names a kind of value as JSON does.
func plain(k reflect.Kind) string {
	switch k {
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.String:
		return "a string"
	case reflect.Slice:
		return "an array"
	default:
		return "an object"
	}
}

// printed refuses strings that a terminal would obey instead of showing.
func printed(line []byte) error {
	tokens := json.NewDecoder(bytes.NewReader(line))
	for {
		token, err := tokens.Token()
		if err != nil {
			return nil // its end: the line was decoded before
		}
		if text, ok := token.(string); ok {
			if found := control(text); found != "" {
				return fmt.Errorf("%s, want text without control characters", found)
			}
		}
	}
}

func readHeader(line []byte) (*Trace, error) {
	var h jsonHeader
	if err := strict(line, &h); err != nil {
		return nil, err
	}
	switch {
	case h.Schema != Schema:
		return nil, fmt.Errorf("schema %d, want %d", h.Schema, Schema)
	case len(h.Peers) != 2 && (h.Protocol != NCP || len(h.Peers) < 2):
		return nil, fmt.Errorf("%d peers, want 2, or more of protocol %s", len(h.Peers), NCP)
	}
	t := &Trace{Scenario: h.Scenario, Engine: h.Engine, Protocol: h.Protocol, Host: h.Host, Words: h.Words, Source: h.Source}
	for _, p := range h.Peers {
		if p.Name == "" || p.Name == WirePeer || slices.ContainsFunc(t.Peers, func(q Peer) bool { return q.Name == p.Name }) {
			return nil, fmt.Errorf("peer %q, want a name of its own, not empty and not %s", p.Name, WirePeer)
		}
		if p.Cast != nil && len(p.Cast.Plugs) != 2 {
			return nil, fmt.Errorf("cast of %s has %d plugs, want 2", p.Name, len(p.Cast.Plugs))
		}
		t.Peers = append(t.Peers, Peer{p.Name, p.Address, p.State, p.On, each(p.Vars, fromVar), (*Cast)(p.Cast)})
	}
	return t, nil
}

func readStep(line []byte) (Step, error) {
	var s jsonStep
	if err := strict(line, &s); err != nil {
		return Step{}, err
	}
	wire, err := octets("wire", s.Wire)
	if err != nil {
		return Step{}, err
	}
	ip, err := octets("ip", s.IP)
	if err != nil {
		return Step{}, err
	}
	return Step{
		N: s.N, At: time.Duration(s.At), Peer: s.Peer, On: s.On, Kind: s.Kind, Packet: s.Packet,
		Label: s.Label, Before: s.Before, After: s.After, Wire: wire, IP: ip,
		Vars:   each(s.Vars, fromVar),
		Why:    each(s.Why, func(y jsonWhy) Why { return Why(y) }),
		Fields: each(s.Fields, func(f jsonField) Field { return Field(f) }),
		Choice: s.Choice, Note: s.Note,
	}, nil
}

// octets reads a field of hexadecimal digits; an empty one is nil.
func octets(field, digits string) ([]byte, error) {
	if digits == "" {
		return nil, nil
	}
	b, err := hex.DecodeString(digits)
	if err != nil {
		return nil, fmt.Errorf("%s: %w, want pairs of hexadecimal digits", field, err)
	}
	return b, nil
}

var kinds = []string{
	string(KindCall), string(KindReturn), string(KindDepart), string(KindArrive), string(KindDrop),
	string(KindDuplicate), string(KindTimeout), string(KindSignal), string(KindNote),
}

// accept checks what the views rely on: the numbering, the peers, the kinds, that
// time does not run back, and that what arrives has departed.
func (t *Trace) accept(s Step, departed map[int]bool) error {
	var last Step
	if len(t.Steps) > 0 {
		last = t.Steps[len(t.Steps)-1]
	}
	switch {
	case s.N != last.N+1:
		return fmt.Errorf("step n %d, want %d", s.N, last.N+1)
	case s.At < last.At:
		return fmt.Errorf("at_ns %d, want %d or later", int64(s.At), int64(last.At))
	case !slices.Contains(kinds, string(s.Kind)):
		return fmt.Errorf("kind %q, want one of %s", s.Kind, strings.Join(kinds, ", "))
	case s.Peer != WirePeer && !slices.ContainsFunc(t.Peers, func(p Peer) bool { return p.Name == s.Peer }):
		return fmt.Errorf("peer %q, want a peer of the header, or %s", s.Peer, WirePeer)
	}
	switch s.Kind {
	case KindDepart:
		departed[s.Packet] = true
	case KindArrive, KindDrop, KindDuplicate:
		if !departed[s.Packet] {
			return fmt.Errorf("packet %d in %s, want one that has departed", s.Packet, s.Kind)
		}
	case KindCall, KindReturn, KindTimeout, KindSignal, KindNote:
	}
	if onTheWire := []Kind{KindDepart, KindDrop, KindDuplicate, KindNote}; s.Peer == WirePeer && !slices.Contains(onTheWire, s.Kind) {
		return fmt.Errorf("%s at peer %s, want a peer of the header", s.Kind, WirePeer)
	}
	for _, f := range s.Fields {
		if f.Bit < 0 || f.Len < 0 || f.Bit+f.Len > 8*maxLine {
			return fmt.Errorf("field %s: bit %d, length %d, want none below 0", f.Name, f.Bit, f.Len)
		}
	}
	return nil
}
