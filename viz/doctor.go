package viz

import (
	"encoding/json"
	"io"

	"sockscope/viz/words"
)

// A Finding says whether this machine can do something.
type Finding struct {
	Name  string // a key: "ui.doctor.NAME" is what it is called
	OK    bool
	How   string // in which way
	Cause string // why not: "ui.doctor.cause.KEY" says it, and "ui.doctor.remedy.KEY" what helps
	Err   string // the system's own words
}

// Doctor writes a finding in one line: name, yes or no, how or why not, the remedy.
func Doctor(w io.Writer, f Finding, lang string) error {
	say := words.For(lang)
	p := &printer{w: w}
	name := say.Text("ui.doctor." + f.Name)
	if f.OK {
		p.line(0, name, 26, say.Text("ui.doctor.yes"), 34, f.How)
		return p.err
	}
	cause := say.Text("ui.doctor.cause." + f.Cause)
	if f.Err != "" {
		cause += " (" + f.Err + ")"
	}
	p.line(0, name, 26, say.Text("ui.doctor.no"), 34, cause+"; "+say.Text("ui.doctor.remedy."+f.Cause))
	return p.err
}

// DoctorJSON writes a finding as one line of JSON, with the remedy's sentence.
func DoctorJSON(w io.Writer, f Finding, lang string) error {
	line := struct {
		Name   string `json:"name"`
		OK     bool   `json:"ok"`
		How    string `json:"how,omitempty"`
		Cause  string `json:"cause,omitempty"`
		Error  string `json:"error,omitempty"`
		Remedy string `json:"remedy,omitempty"`
	}{f.Name, f.OK, f.How, f.Cause, f.Err, ""}
	if !f.OK {
		line.Remedy = words.For(lang).Text("ui.doctor.remedy." + f.Cause)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(line)
}
