package viz

import (
	"io"
	"strconv"

	"sockscope/rfc147"
	"sockscope/viz/words"
)

// Users writes how names came by their user numbers: where each hashes to, and who had the
// numbers from there on (RFC 147 p.3 asks for such a table).
func Users(w io.Writer, all []rfc147.Explanation, lang string) error {
	say := words.For(lang)
	p := &printer{w: w}
	for _, e := range all {
		number := func(n uint16) string { return strconv.Itoa(int(n)) }
		p.line(0, say.Say("ui.users.number", Fill("name", e.Name, "n", number(e.User), "hash", number(e.Hash))))
		for _, h := range e.Passed {
			key := "ui.users.pushed"
			if h.Hash == e.Hash {
				key = "ui.users.collides"
			}
			p.line(2, say.Say(key, Fill("name", h.Name, "n", number(h.User), "hash", number(h.Hash))))
		}
	}
	p.line(0, say.Text("ui.users.source"))
	return p.err
}
