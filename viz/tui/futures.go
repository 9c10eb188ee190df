package tui

import (
	"strconv"

	"sockscope/handshake"
)

// futures opens the list of every way that things went.
func (d *dashboard) futures() {
	all := d.model.timeline.Futures()
	if len(all) < 2 {
		d.remark = func(v *view) string { return v.words("dash.one-future", "key", d.keys.hint(actChoose)) }
		return
	}
	l := &list{
		width: 72,
		title: func(v *view) (string, string) { return v.say.Text("dash.futures"), "" },
		lines: func(v *view, _ int) []listLine {
			lines := make([]listLine, len(all))
			for i, f := range all {
				lines[i] = listLine{text: v.future(f), do: func() { d.model.visit(f) }}
				if f.Current {
					lines[i].key = "*"
				}
			}
			return lines
		},
	}
	for i, f := range all {
		if f.Current {
			l.at = i
		}
	}
	d.list = l
}

// future says where a future parts from the others and how far it was gone.
func (v *view) future(f handshake.Future) string {
	return v.words("dash.future", "from", strconv.Itoa(f.From+1), "what", v.sentence(f.Choice, false), "to", strconv.Itoa(f.Steps))
}
