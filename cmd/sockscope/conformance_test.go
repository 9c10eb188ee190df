package main_test

import (
	"encoding/csv"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake/calls"
	"sockscope/handshake/handshaketest"
	"sockscope/handshake/kernel"
	"sockscope/statemachine/tcp"
)

// requirement is a row of testdata/requirements.csv: what RFC 9293 and its companions ask for.
type requirement struct{ id, level, section, scope string }

func requirements(t *testing.T) []requirement {
	t.Helper()
	var all []requirement
	for _, r := range table(t, "testdata/requirements.csv") {
		all = append(all, requirement{r[0], r[1], r[2], r[5]})
	}
	return all
}

// table reads a CSV file, without its first line.
func table(t *testing.T, name string) [][]string {
	t.Helper()
	f, err := os.Open(filepath.FromSlash(name))
	require.NoError(t, err)
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	return lines[1:]
}

// evidence is what a verdict may name.
type evidence struct {
	tests map[string]string // source with comment, by folder and name: "handshake/wire.TestX"
	rules map[string]bool
}

func findEvidence(t *testing.T) evidence {
	t.Helper()
	found := evidence{map[string]string{}, map[string]bool{}}
	for _, file := range repositoryFiles(t) {
		if strings.HasSuffix(file, "_test.go") {
			addTests(t, found.tests, file)
		}
	}
	for _, r := range tcp.AllRules() {
		found.rules[r.String()] = true
	}
	for _, r := range slices.Concat(calls.Rules(), kernel.Rules()) {
		found.rules[r.Rule] = true
	}
	return found
}

// addTests adds the tests and fuzz targets of a file.
func addTests(t *testing.T, tests map[string]string, file string) {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(root, file))
	require.NoError(t, err)
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, file, source, parser.ParseComments)
	require.NoError(t, err)
	for _, d := range parsed.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv != nil || !strings.HasPrefix(f.Name.Name, "Test") && !strings.HasPrefix(f.Name.Name, "Fuzz") {
			continue
		}
		from := f.Pos()
		if f.Doc != nil {
			from = f.Doc.Pos()
		}
		tests[path.Dir(file)+"."+f.Name.Name] = string(source[files.Position(from).Offset:files.Position(f.End()).Offset])
	}
}

// names reports whether a source names a requirement: MUST-3 is not in MUST-30.
func names(source, id string) bool {
	return regexp.MustCompile(`(?:^|[^\w.-])` + regexp.QuoteMeta(id) + `(?:$|[^\w-])`).MatchString(source)
}

// flaw says what is wrong with a verdict, or "".
func (e evidence) flaw(v verdict) string {
	switch v.is {
	case met:
		if v.tests == "" {
			return v.id + ": met, but no test shows it"
		}
	case notMet, notApplicable:
		if v.reason == "" || v.tests != "" || v.rules != "" {
			return fmt.Sprintf("%s: %s, want a reason, no test and no rule", v.id, v.is)
		}
	default:
		return fmt.Sprintf("%s: verdict %q, want met, not met or not applicable", v.id, v.is)
	}
	for test := range strings.FieldsSeq(v.tests) {
		switch source, there := e.tests[test]; {
		case !there:
			return fmt.Sprintf("%s: there is no test %s", v.id, test)
		case !names(source, v.id):
			return fmt.Sprintf("%s: %s does not name it", v.id, test)
		}
	}
	for rule := range strings.FieldsSeq(v.rules) {
		if !e.rules[rule] {
			return fmt.Sprintf("%s: there is no rule %s", v.id, rule)
		}
	}
	return ""
}

func TestConformance_EachRequirementHasItsVerdictAndEachVerdictItsEvidence(t *testing.T) {
	found := findEvidence(t)
	var want, got []string
	for _, r := range requirements(t) {
		want = append(want, r.id)
	}
	for _, v := range verdicts {
		got = append(got, v.id)
		require.NotEmpty(t, v.words, v.id)
		require.Empty(t, found.flaw(v))
	}
	require.Equal(t, want, got)
}

func TestConformance_AVerdictWithoutEvidenceIsRefused(t *testing.T) {
	found := evidence{
		tests: map[string]string{"tcp.TestA": "// MUST-30 and MUST-4.\nfunc TestA(t *testing.T) { check(`MUST-5`) }"},
		rules: map[string]bool{"held": true},
	}
	for want, v := range map[string]verdict{
		"MUST-3: met, but no test shows it":                                {"MUST-3", "x", met, "", "held", ""},
		"MUST-3: there is no test tcp.TestB":                               {"MUST-3", "x", met, "tcp.TestB", "", ""},
		"MUST-3: tcp.TestA does not name it":                               {"MUST-3", "x", met, "tcp.TestA", "", ""},
		"MUST-4: there is no test wire.TestA":                              {"MUST-4", "x", met, "tcp.TestA wire.TestA", "", ""},
		"MUST-4: there is no rule hold":                                    {"MUST-4", "x", met, "tcp.TestA", "held hold", ""},
		"MUST-4: not met, want a reason, no test and no rule":              {"MUST-4", "x", notMet, "", "", ""},
		"MUST-5: not applicable, want a reason, no test and no rule":       {"MUST-5", "x", notApplicable, "tcp.TestA", "", "why"},
		"MUST-6: verdict \"perhaps\", want met, not met or not applicable": {"MUST-6", "x", "perhaps", "", "", "why"},
	} {
		require.Equal(t, want, found.flaw(v))
	}
	for _, v := range []verdict{
		{"MUST-4", "x", met, "tcp.TestA", "held", ""},
		{"MUST-5", "x", met, "tcp.TestA", "", "beside"},
		{"MUST-30", "x", met, "tcp.TestA", "", ""},
		{"MUST-6", "x", notMet, "", "", "not yet"},
	} {
		require.Empty(t, found.flaw(v))
	}
}

// The document is made of both tables: the verdicts above, and what
// statemachine/tcp.TestConformanceOfTransitions writes down.
func TestConformance_TheDocumentSaysWhatTheTablesSay(t *testing.T) {
	byID := map[string]verdict{}
	for _, v := range verdicts {
		byID[v.id] = v
	}
	walked := table(t, root+"/statemachine/tcp/testdata/walked.csv")
	var b strings.Builder
	head(&b, requirements(t), byID, walked)
	writeRequirements(&b, requirements(t), byID)
	writeTransitions(&b, walked)
	handshaketest.Golden(t, "../../../docs/conformance.md", b.String())
}

// tally counts the verdicts of the rows that are of a kind.
func tally(all []requirement, byID map[string]verdict, is func(requirement) bool) map[judgment]int {
	n := map[judgment]int{}
	for _, r := range all {
		if is(r) {
			n[byID[r.id].is]++
		}
	}
	return n
}

// force is a requirement's level without its sign and spelling.
func (r requirement) force() string {
	switch strings.ToUpper(r.level) {
	case "MUST", "MUST NOT", "SILENTLY DROP":
		return "MUST"
	case "SHOULD", "SHOULD NOT", "RECOMMENDED":
		return "SHOULD"
	case "MAY", "MAY/MUST":
		return "MAY"
	}
	return "none"
}

func head(b *strings.Builder, all []requirement, byID map[string]verdict, walked [][]string) {
	core := func(force string) map[judgment]int {
		return tally(all, byID, func(r requirement) bool { return r.scope == "core" && r.force() == force })
	}
	must, should := core("MUST"), core("SHOULD")
	ran := 0
	for _, w := range walked {
		if w[4] != "" {
			ran++
		}
	}
	sum := func(n map[judgment]int) int { return n[met] + n[notMet] + n[notApplicable] }
	fmt.Fprintf(b, `# Conformance

Of %d MUST and MUST NOT of core scope: met %d, not applicable %d, not met %d.
Of %d SHOULD and SHOULD NOT: met %d, not applicable %d, not met %d.
Of %d rows of the transition table: walked %d, excused %d.

핵심 범위의 MUST와 MUST NOT %d개 가운데 %d개를 지키고, %d개는 해당하지 않으며, %d개는 아직 지키지 않는다.
SHOULD와 SHOULD NOT은 %d개 가운데 %d개를 지키고, %d개는 해당하지 않으며, %d개는 지키지 않는다.
상태 전이표는 %d행 가운데 %d행을 시험하고, %d행은 까닭을 밝히고 제외한다.

`,
		sum(must), must[met], must[notApplicable], must[notMet],
		sum(should), should[met], should[notApplicable], should[notMet],
		len(walked), ran, len(walked)-ran,
		sum(must), must[met], must[notApplicable], must[notMet],
		sum(should), should[met], should[notApplicable], should[notMet],
		len(walked), ran, len(walked)-ran)
	b.WriteString(prose(`This is about sockscope's own TCP: ~statemachine/tcp~, ~handshake/wire~ and ~handshake/model~. A row is met only where a test shows
it: the test is named, and its source names the row. This file is made by a test; what one changes are the verdicts in
~cmd/sockscope/verdicts_test.go~ and the rows in ~statemachine/tcp/transitions_test.go~. Then

~~~
go test ./statemachine/tcp ./cmd/sockscope -p 1 -run Conformance -update
~~~

| scope | level | rows | met | not applicable | not met |
| --- | --- | --- | --- | --- | --- |
`))
	for _, scope := range []string{"core", "extended", "out"} {
		for _, force := range []string{"MUST", "SHOULD", "MAY", "none"} {
			n := tally(all, byID, func(r requirement) bool { return r.scope == scope && r.force() == force })
			if sum(n) > 0 {
				fmt.Fprintf(b, "| %s | %s | %d | %d | %d | %d |\n", scope, force, sum(n), n[met], n[notApplicable], n[notMet])
			}
		}
	}
	b.WriteString(`
MUST counts "must", MUST NOT and "silently drop" as well, SHOULD counts RECOMMENDED; "none" is a sentence without such a word.
Scope: *core* is TCP between two ends, *extended* is what comes with it, *out* is IP's or a program's business.
`)
}

func writeRequirements(b *strings.Builder, all []requirement, byID map[string]verdict) {
	b.WriteString(`
## Requirements · 요구 사항

The ids with MUST, SHLD, MAY and REC are those of RFC 9293 appendix B; U rows are its sentences that have no label there; the others
name their RFC and section. A section stands for RFC 9293 where no RFC is named. The RFC 7323 rows are written from knowledge of it.

| id | level | section | requirement | scope | verdict | shown by | rules |
| --- | --- | --- | --- | --- | --- | --- | --- |
`)
	for _, r := range all {
		v := byID[r.id]
		judged := string(v.is)
		if v.reason != "" {
			judged += ": " + v.reason
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s | %s |\n",
			r.id, r.level, r.section, v.words, r.scope, judged, code(v.tests), code(v.rules))
	}
}

// prose lets a tilde stand for the sign that a Go literal cannot hold.
func prose(text string) string { return strings.ReplaceAll(text, "~", "`") }

// code writes the words of a list as code.
func code(list string) string {
	words := strings.Fields(list)
	for i, w := range words {
		words[i] = "`" + w + "`"
	}
	return strings.Join(words, " ")
}

func writeTransitions(b *strings.Builder, walked [][]string) {
	b.WriteString(prose(`
## Transitions · 상태 전이

The rows are those of ~statemachine/tcp/testdata/transitions.csv~: RFC 9293 3.10 as a table. ~statemachine/tcp.TestTransitions~ makes
each happen and requires its rule, its next state and its response. These are excused:

| reason | rows |
| --- | --- |
`))
	var reasons []string
	rows := map[string]int{}
	for _, w := range walked {
		if reason := w[5]; reason != "" {
			if rows[reason] == 0 {
				reasons = append(reasons, reason)
			}
			rows[reason]++
		}
	}
	for _, reason := range reasons {
		fmt.Fprintf(b, "| %s | %d |\n", reason, rows[reason])
	}
	b.WriteString("\n| state | event | condition | section | rule, or why it is excused |\n| --- | --- | --- | --- | --- |\n")
	for _, w := range walked {
		condition, answer := w[2], w[5]
		if condition != "" {
			condition = "`" + condition + "`"
		}
		if w[4] != "" {
			answer = code(w[4])
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", w[0], w[1], condition, w[3], answer)
	}
}
