package words

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// note is the pattern of one thing that an engine notes beside its events.
type note struct {
	key     string
	pattern *regexp.Regexp
}

// notes are the English sentences whose keys begin with "ui.note.": an engine writes
// English, and a placeholder stands for what varies.
var notes = sync.OnceValue(func() []note {
	var list []note
	placeholder := regexp.MustCompile(`\\\{([a-z]+)\\\}`)
	for _, key := range slices.Sorted(maps.Keys(english().sentences)) {
		if strings.HasPrefix(key, "ui.note.") {
			sentence := regexp.QuoteMeta(english().Text(key))
			list = append(list, note{key, regexp.MustCompile(`^` + placeholder.ReplaceAllString(sentence, `(?P<$1>.+?)`) + `$`)})
		}
	}
	return list
})

// Note gives in the language what an engine has noted; what it does not know stays as
// it is.
func (w *Words) Note(label string) string {
	for _, n := range notes() {
		if found := n.pattern.FindStringSubmatch(label); found != nil {
			return w.Say(n.key, func(name string) (string, bool) {
				i := n.pattern.SubexpIndex(name)
				return found[max(i, 0)], i >= 0
			})
		}
	}
	return label
}
