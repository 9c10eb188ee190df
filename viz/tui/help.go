package tui

import (
	"slices"
	"strings"
)

// help opens the list of all keys, made from the table that binds them.
func (d *dashboard) help() {
	d.show(&list{
		width: 100, hint: true,
		title: func(v *view) (string, string) { return v.say.Text("dash.help"), "" },
		lines: func(v *view) []listLine {
			lines := append([]listLine{{text: v.say.Text("dash.help-stepping")}}, d.helpLines(v, stepping)...)
			lines = append(lines, listLine{}, listLine{text: v.say.Text("dash.help-menu")})
			lines = append(lines, d.helpLines(v, menu)...)
			lines = append(lines, listLine{}, listLine{text: v.say.Text("dash.help-commands")})
			for _, c := range commands() {
				lines = append(lines, listLine{text: helpRow(c.name+" "+c.argument, "", v.say.Text("dash.command."+c.name))})
			}
			return lines
		},
	})
}

// helpLines are the keys of a context. A menu's help leaves out what the dashboard's
// has told already.
func (d *dashboard) helpLines(v *view, in scene) []listLine {
	told := d.keys.help(stepping)
	var lines []listLine
	for _, l := range d.keys.help(in) {
		if in == stepping || !slices.Contains(told, l) {
			lines = append(lines, listLine{text: helpRow(l.keys, l.hangul, v.say.Text(l.action.word()))})
		}
	}
	return lines
}

func helpRow(keys, hangul, text string) string {
	return strings.TrimRight("  "+pad(keys, 26)+" "+pad(hangul, 4)+" "+text, " ")
}
