package viz

import (
	"fmt"
	"io"
	"strings"

	"sockscope/rfc147"
	"sockscope/viz/words"
)

// Structures writes what a socket at a host says under each structure that was
// proposed for its number: the fields, who gives out and who understands it, what
// became of the proposal, and where that stands.
func Structures(w io.Writer, host uint8, s rfc147.Socket, lang string) error {
	say := words.For(lang)
	p := &printer{w: w}
	p.line(0, say.Say("structure.heading", Fill("socket", s.String(), "host", fmt.Sprint(host))))
	for _, t := range rfc147.Structures() {
		p.line()
		p.line(0, say.Text("structure."+t.ID+".name"), 24, t.Date+", "+strings.Join(t.Authors, ", "))
		p.structureFields(t, host, s, say)
		for _, about := range []string{"assigned", "user", "repeatable", "fate"} {
			p.line(2, say.Text("structure."+about), 14, say.Text("structure."+t.ID+"."+about))
		}
		p.line(2, say.Text("structure.source"), 14, strings.Join(t.Sources, ", "))
	}
	return p.err
}

// structureFields writes the fields with their values, and the host where it is.
func (p *printer) structureFields(t rfc147.Structure, host uint8, s rfc147.Socket, say *words.Words) {
	values := t.Read(host, s)
	for i, f := range t.Fields {
		bits := say.Say("structure.bits", Fill("first", fmt.Sprint(f.First), "last", fmt.Sprint(f.First+f.Len-1)))
		if f.Len == 1 {
			bits = say.Say("structure.bit", Fill("first", fmt.Sprint(f.First)))
		}
		sends := ""
		if i == len(t.Fields)-1 {
			sends = say.Text("structure." + s.Polarity().String())
		}
		p.line(2, FieldName(f, say), 14, fmt.Sprint(values[i]), 26, bits, 40, sends)
	}
	if t.HostInside() {
		p.line(14, WholeNumber(t, host, s, say))
		return
	}
	p.line(2, say.Text("structure.field.host"), 14, fmt.Sprint(host), 26, say.Text("structure.host.beside"))
}

// FieldName is the word for a field of a structure.
func FieldName(f rfc147.Field, say *words.Words) string {
	return say.Text("structure.field." + strings.ReplaceAll(f.Name, " ", "-"))
}

// WholeNumber writes a number with the host inside, as RFC 33 p.10 does: 40 bits,
// X'0100050107'.
func WholeNumber(t rfc147.Structure, host uint8, s rfc147.Socket, say *words.Words) string {
	return say.Say("structure.whole", Fill("bits", fmt.Sprint(t.Bits()),
		"number", fmt.Sprintf("X'%0*X'", t.Bits()/4, t.Number(host, s))))
}

// The JSON shape of a socket under one structure.
type (
	jsonStructure struct {
		Structure  string          `json:"structure"`
		Name       string          `json:"name"`
		Date       string          `json:"date"`
		Authors    []string        `json:"authors"`
		Socket     uint32          `json:"socket"`
		Host       uint8           `json:"host"`
		HostInside bool            `json:"host_inside"`
		Bits       int             `json:"bits"`
		Number     uint64          `json:"number"`
		Fields     []jsonPart      `json:"fields"`
		Polarity   string          `json:"polarity"`
		AssignedBy rfc147.Assigner `json:"assigned_by"`
		User       rfc147.Answer   `json:"identifies_user"`
		Repeatable rfc147.Answer   `json:"repeatable"`
		Adopted    bool            `json:"adopted"`
		Sources    []string        `json:"sources"`
	}
	jsonPart struct {
		Name  string `json:"name"`
		First int    `json:"first"`
		Last  int    `json:"last"`
		Value uint32 `json:"value"`
	}
)

// StructuresJSON writes one object for each structure: what a socket at a host says
// under it. Bits count from 1 at the most significant one.
func StructuresJSON(w io.Writer, host uint8, s rfc147.Socket) error {
	var all []jsonStructure
	for _, t := range rfc147.Structures() {
		j := jsonStructure{
			t.ID, t.Name, t.Date, t.Authors, uint32(s), host, t.HostInside(), t.Bits(), t.Number(host, s), nil,
			s.Polarity().String(), t.AssignedBy, t.User, t.Repeatable, t.Adopted, t.Sources,
		}
		for i, value := range t.Read(host, s) {
			f := t.Fields[i]
			j.Fields = append(j.Fields, jsonPart{f.Name, f.First, f.First + f.Len - 1, value})
		}
		all = append(all, j)
	}
	return objects(w, all...)
}
