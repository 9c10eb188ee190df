package viz

import (
	"io"
	"strings"

	"sockscope/handshake"
	"sockscope/viz/words"
)

// List writes what scenarios there are: name, what each shows, the figure that it is,
// and the engines that play it.
func List(w io.Writer, all []*handshake.Scenario, engines []string, lang string) error {
	say := words.For(lang)
	p := &printer{w: w}
	for _, s := range all {
		var on []string
		for _, e := range engines {
			if s.Playable(e) == nil {
				on = append(on, e)
			}
		}
		figure := strings.Replace(s.Figure, "figure", say.Text("ui.figure"), 1)
		p.line(0, s.Name, 20, s.Words[lang]["title"])
		p.line(20, s.Words[lang]["shows"])
		p.line(20, joined("; ", figure, say.Say("ui.list.engines", Fill("engines", strings.Join(on, ", ")))))
	}
	return p.err
}
