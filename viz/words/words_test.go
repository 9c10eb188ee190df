package words

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake"
	"sockscope/handshake/arpanet"
	"sockscope/handshake/calls"
	"sockscope/handshake/kernel"
	"sockscope/handshake/replay"
	"sockscope/statemachine/ncp"
	"sockscope/statemachine/tcp"
)

// arpanetIDs names every rule of the network of 1971.
func arpanetIDs() []string {
	var ids []string
	for _, r := range ncp.AllRules() {
		ids = append(ids, r.String())
	}
	for _, w := range slices.Concat(arpanet.Rules(), arpanet.EngineRules()) {
		ids = append(ids, w.Rule)
	}
	return ids
}

// ruleIDs names every rule of every table.
func ruleIDs() []string {
	ids := arpanetIDs()
	for _, r := range tcp.AllRules() {
		ids = append(ids, r.String())
	}
	for _, w := range slices.Concat(calls.Rules(), kernel.Rules(), kernel.ProgramRules(), replay.Rules()) {
		ids = append(ids, w.Rule)
	}
	return ids
}

func TestEveryRuleHasASentenceOfItsOwn(t *testing.T) {
	for _, lang := range Langs() {
		w, owner := For(lang), map[string]string{}
		for _, id := range ruleIDs() {
			require.True(t, w.Has(id), "%s: no sentence for rule %s", lang, id)
			require.Empty(t, owner[w.Text(id)], "%s: %s says the same", lang, id)
			owner[w.Text(id)] = id
		}
	}
}

// usual fills placeholders with what a lesson usually shows.
func usual(end string) func(string) (string, bool) {
	other := map[string]string{"client": "server", "server": "client", "user": "server", "sender": "receiver", "receiver": "sender"}[end]
	return func(name string) (string, bool) {
		switch name {
		case "end":
			return end, true
		case "other":
			return other, true
		case "state", "was":
			return "SYN-RECEIVED", true
		case "SEG.SEQ", "SEG.ACK", "SEG.LEN", "SND.UNA", "SND.NXT", "SND.WND", "ISS", "IRS", "RCV.NXT", "RCV.WND":
			return "301", true
		case "link", "byte size", "MSG.link", "MSG.size", "MSG.data":
			return "71", true
		case "msg space", "bit space", "messages", "bits", "MSG.space", "MSG.bits", "MSG.count":
			return "65535", true
		case "MSG.my", "MSG.your":
			return "10/4660/8/r", true
		}
		return "", false
	}
}

// width counts columns: Hangul takes two.
func width(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r >= '가' && r <= '힣' {
			n++
		}
	}
	return n
}

// wrapped counts the lines of at most 70 columns that a sentence takes.
func wrapped(s string) int {
	const columns = 70
	lines, at := 1, 0
	for word := range strings.FieldsSeq(s) {
		if at > 0 && at+1+width(word) > columns {
			lines, at = lines+1, 0
		}
		if at > 0 {
			at++
		}
		at += width(word)
	}
	return lines
}

// The pane "why" has two lines of 70 columns on the smallest screen.
func TestEverySentenceFitsTwoLines(t *testing.T) {
	for _, lang := range Langs() {
		w, old := For(lang), arpanetIDs()
		for _, id := range ruleIDs() {
			ends := []string{"client", "server"}
			if slices.Contains(old, id) {
				ends = append(ends, "user", "sender", "receiver")
			}
			for _, end := range ends {
				s := w.Say(id, usual(end))
				require.NotContains(t, s, "?", "%s: %s", lang, id)
				require.LessOrEqual(t, wrapped(s), 2, "%s: %s: %s", lang, id, s)
			}
		}
	}
}

var placeholders = regexp.MustCompile(`\{[^}|]*`)

func TestBothLanguagesHaveTheSameKeys(t *testing.T) {
	en, ko := For("en").sentences, For("ko").sentences
	for key := range ko {
		require.Contains(t, en, key)
	}
	for key := range en {
		if key != "quiet" { // says which rules, not how
			require.Contains(t, ko, key)
		}
	}
}

func TestPlaceholdersAreUsedAlike(t *testing.T) {
	en, ko := For("en").sentences, For("ko").sentences
	for key := range ko {
		require.Equal(t, used(en[key]), used(ko[key]), key)
	}
}

// used is the set of a sentence's placeholders, capital or not.
func used(sentence string) map[string]bool {
	set := map[string]bool{}
	for _, p := range placeholders.FindAllString(sentence, -1) {
		switch p {
		case "{End":
			p = "{end"
		case "{Other":
			p = "{other"
		}
		set[p] = true
	}
	return set
}

func TestQuietRulesExist(t *testing.T) {
	ids := ruleIDs()
	for quiet := range strings.FieldsSeq(For("en").sentences["quiet"]) {
		require.Contains(t, ids, quiet)
		require.True(t, For("ko").Quiet(quiet))
	}
	require.False(t, For("en").Quiet("listen-syn"))
	require.False(t, For("en").Quiet(""))
}

// No particle depends on a digit's sound: a noun follows each number, and each name
// of a state. A peer's name takes its particle from behind a bar.
func TestParticlesFollowWordsOnly(t *testing.T) {
	const end = `([^가-힣]|$)`
	number := regexp.MustCompile(`([0-9]|\{[A-Z.]+\}|\{MSG\.[a-z]+\}|\{(state|was|n|m|link|byte size|messages|bits)\})(은|는|이|가|을|를|와|과|로|으로|의|에|도|이다|다)` + end)
	peer := regexp.MustCompile(`\{(end|other)\}(은|는|이|가|을|를|와|과|로|으로|이다|다)` + end)
	for key, sentence := range For("ko").sentences {
		require.NotRegexp(t, number, sentence, key)
		require.NotRegexp(t, peer, sentence, key)
	}
	require.Regexp(t, number, "{RCV.NXT}를 기다린다")
	require.Regexp(t, number, "번호는 3이다.")
	require.NotRegexp(t, number, "그 밖에 {n}가지")
	require.Regexp(t, peer, "{end}가 보낸")
}

// What an engine notes is English; each pattern is its own, and has a Korean sentence.
func TestNotesAreToldInTheLanguage(t *testing.T) {
	for label, korean := range map[string]string{
		"accept queue 1 of 8":                       "accept 큐 1개 (한도 8개)",
		"<SEQ=100><CTL=SYN> sent again, 3 in all":   "<SEQ=100><CTL=SYN> 재전송 3회",
		"the kernel moves on":                       "커널이 상태를 바꿈",
		"<SEQ=1><CTL=SYN> becomes <SEQ=2><CTL=RST>": "<SEQ=1><CTL=SYN> 대신 <SEQ=2><CTL=RST>",
		"wait 1.5s":              "1.5s 기다림",
		`nc says "hello"`:        `nc 출력: "hello"`,
		"nc ends: exit status 1": "nc 종료 (종료 코드 1)",
		"nc acts":                "nc 동작",
		"nc acts: ESTABLISHED":   "nc 동작: ESTABLISHED",
		"what nobody knows":      "what nobody knows",
	} {
		require.Equal(t, label, For("en").Note(label))
		require.Equal(t, korean, For("ko").Note(label))
	}
}

// Behind a noun the particle is that of its sound: 옥텟을, 번호를. 을, 를, 과, 와 end no
// other longer words here, so every noun counts; 은 and 이 do, so only those that are met
// often.
func TestNounsHaveTheirOwnParticle(t *testing.T) {
	const end = `([^가-힣]|$)`
	object := regexp.MustCompile(`[가-힣]([가-힣])(을|를|과|와)` + end)
	noun := regexp.MustCompile(`(옥텟|번|열|행|SYN|FIN|ISN|LISTEN|CLOSING|ALL|STR|INR|RFNM)(는|를|와)` + end +
		`|(초|단계|개|ACK|RST|TCB|WAIT|SENT|RECEIVED|ESTABLISHED|CLOSED|RFC|RTS|CLS|GVB|RET|INS|ECO|ERP|RRP|IMP|ICP|NCP)(은|이|을|과)` + end)
	wrong := func(sentence string) []string {
		var found []string
		for _, m := range object.FindAllStringSubmatch(sentence, -1) {
			if m[2] != particle(m[1], "을/를") && m[2] != particle(m[1], "과/와") {
				found = append(found, m[1]+m[2])
			}
		}
		return append(found, noun.FindAllString(sentence, -1)...)
	}
	for key, sentence := range For("ko").sentences {
		require.Empty(t, wrong(sentence), "%s: %s", key, sentence)
	}
	for _, name := range handshake.Names() {
		s, err := handshake.Load(name)
		require.NoError(t, err)
		for key, sentence := range s.Words["ko"] {
			require.Empty(t, wrong(sentence), "%s, %s: %s", name, key, sentence)
		}
	}
	require.Equal(t, []string{"텟를", "옥텟를 "}, wrong("301옥텟를 알린다"))
	require.Equal(t, []string{"버과"}, wrong("서버과 클라이언트"))
	require.Equal(t, []string{"WAIT이 "}, wrong("양쪽 모두 TIME-WAIT이 된다"))
}

func TestParticleBySound(t *testing.T) {
	for word, want := range map[string]string{
		"클라이언트": "가", "서버": "가", "손님": "이", "TCP 피어 A": "가", "TCP 피어 B": "가", "TCP 피어 L": "이",
		"alice": "가", "bob": "이", "host": "가", "kernel": "이", "router": "가", "ping": "이", "net": "이", "back": "이",
		"h0": "이", "h1": "이", "h2": "가", "h9": "가", "": "가",
	} {
		w := parse("", "k: {end|이/가} 왔다")
		got := w.Say("k", func(string) (string, bool) { return word, true })
		require.Equal(t, word+want+" 왔다", got)
	}
}

func TestPlacesAreFilled(t *testing.T) {
	w := parse("", "peer.client: the client\nk: {End} and {other}\n  saw {RCV.NXT}, {nothing} more.")
	got := w.Say("k", func(name string) (string, bool) {
		values := map[string]string{"end": "client", "other": "mallory", "RCV.NXT": "301"}
		v, ok := values[name]
		return v, ok
	})
	require.Equal(t, "The client and mallory saw 301, ? more.", got)
}

func TestAMalformedLineSaysWhere(t *testing.T) {
	for text, where := range map[string]string{
		"no key here":         "x.txt:1",
		"  continued: before": "x.txt:1",
		"k: one\nk: two":      "x.txt:2",
		"# a remark\n\nk":     "x.txt:3",
		"two words: sentence": "x.txt:1",
	} {
		require.PanicsWithValue(t, "words: "+where+`: `+found(text)+`, want a new "key: sentence" or an indented continuation`, func() { parse("x.txt", text) })
	}
}

func found(text string) string {
	lines := strings.Split(text, "\n")
	return strconv.Quote(lines[len(lines)-1])
}

func TestUnknownNamesStandForThemselves(t *testing.T) {
	require.Equal(t, For("en"), For("fr"))
	require.Equal(t, "서버", For("ko").Peer("server"))
	require.Equal(t, "mallory", For("ko").Peer("mallory"))
	require.Equal(t, "no.such.key", For("en").Text("no.such.key"))
	require.False(t, For("en").Has("no.such.key"))
}

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		parse("ko.txt", koFile)
	}
}

func BenchmarkSay(b *testing.B) {
	w, fill := For("ko"), usual("client")
	b.ReportAllocs()
	for b.Loop() {
		w.Say("open-active", fill)
	}
}

func TestASentenceMayBeginWithAnyName(t *testing.T) {
	for name, want := range map[string]string{"alice": "Alice x", "éric": "Éric x", "철수": "철수 x", "client": "The client x"} {
		got := For("en").Say("{End} x", func(string) (string, bool) { return name, true })
		require.Equal(t, want, got)
	}
}
