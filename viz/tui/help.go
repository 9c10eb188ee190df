package tui

import (
	"slices"
	"strings"
)

// help opens the list of all keys, made from the table that binds them.
func (d *dashboard) help() {
	d.list = &list{
		width: 100,
		title: func(v *view) (string, string) { return v.say.Text("dash.help"), "" },
		lines: func(v *view, columns int) []listLine {
			lines := append([]listLine{{text: v.say.Text("dash.help-stepping")}}, d.helpLines(v, stepping, columns)...)
			lines = append(lines, listLine{}, listLine{text: v.say.Text("dash.help-menu")})
			lines = append(lines, d.helpLines(v, menu, columns)...)
			lines = append(lines, listLine{}, listLine{text: v.say.Text("dash.help-commands")})
			for _, c := range commands() {
				lines = append(lines, helpRow(c.name+" "+c.argument, "", v.say.Text("dash.command."+c.name), columns)...)
			}
			return lines
		},
	}
}

// helpLines are the keys of a scene. A menu's help leaves out what the dashboard's
// has told already.
func (d *dashboard) helpLines(v *view, in scene, columns int) []listLine {
	told := d.keys.help(stepping)
	var lines []listLine
	for _, l := range d.keys.help(in) {
		if in == stepping || !slices.Contains(told, l) {
			lines = append(lines, helpRow(l.keys, l.hangul, v.say.Text(l.action.word()), columns)...)
		}
	}
	return lines
}

// helpRow is keys and what they do, in as many lines as that takes.
func helpRow(keys, hangul, text string, columns int) []listLine {
	begin := "  " + pad(keys, 26) + " " + pad(hangul, 4) + " "
	var lines []listLine
	for _, part := range wrap(text, columns-width(begin)) {
		lines = append(lines, listLine{text: begin + part})
		begin = strings.Repeat(" ", width(begin))
	}
	return lines
}
