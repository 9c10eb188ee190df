package main_test

import (
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A row says what the Go files that match a pattern may import beside the standard
// library; tests may import anything. rows is the table of docs/ARCHITECTURE.md.
type row struct {
	rule  string // in .golangci.yml
	files string
	may   []string
}

var rows = []row{
	{"rfc147", "rfc147/*.go", nil},
	{"hosthost", "rfc147/hosthost/*.go", []string{"sockscope/rfc147"}},
	{"tcp", "statemachine/tcp/*.go", nil},
	{"ncp", "statemachine/ncp/*.go", []string{"sockscope/rfc147", "sockscope/rfc147/hosthost"}},
	{"handshake", "handshake/*.go", []string{"golang.org/x/tools/txtar"}},
	{"handshaketest", "handshake/handshaketest/*.go", []string{
		"sockscope/handshake", "github.com/stretchr/testify/require", "github.com/rogpeppe/go-internal/diff",
	}},
	{"wire", "handshake/wire/*.go", []string{"sockscope/handshake", "sockscope/statemachine/tcp"}},
	{"calls", "handshake/calls/*.go", []string{"sockscope/handshake"}},
	{"model", "handshake/model/*.go", []string{
		"sockscope/handshake", "sockscope/handshake/calls", "sockscope/handshake/wire", "sockscope/statemachine/tcp",
	}},
	{"kernel", "handshake/kernel/*.go", []string{
		"sockscope/handshake", "sockscope/handshake/calls", "sockscope/handshake/wire", "sockscope/statemachine/tcp",
		"github.com/google/nftables", "github.com/google/nftables/expr", "github.com/google/nftables/xt",
		"golang.org/x/sys/unix",
	}},
	{"mixed", "handshake/mixed/*.go", []string{
		"sockscope/handshake", "sockscope/handshake/kernel", "sockscope/handshake/model", "sockscope/statemachine/tcp",
	}},
	{"arpanet", "handshake/arpanet/*.go", []string{
		"sockscope/handshake", "sockscope/handshake/calls", "sockscope/handshake/wire", "sockscope/rfc147", "sockscope/rfc147/hosthost", "sockscope/statemachine/ncp",
	}},
	{"replay", "handshake/replay/*.go", []string{
		"sockscope/handshake", "sockscope/handshake/wire", "sockscope/statemachine/tcp",
		"github.com/gopacket/gopacket", "github.com/gopacket/gopacket/layers", "github.com/gopacket/gopacket/pcapgo",
	}},
	{"compare", "handshake/compare/*.go", []string{"sockscope/handshake"}},
	{"schedule", "handshake/schedule/*.go", []string{"sockscope/handshake", "sockscope/handshake/model", "sockscope/handshake/wire", "sockscope/statemachine/tcp"}},
	{"viz", "viz/*.go", []string{
		"sockscope/handshake", "sockscope/handshake/compare", "sockscope/handshake/wire", "sockscope/rfc147", "sockscope/viz/words",
		"github.com/gopacket/gopacket", "github.com/gopacket/gopacket/layers", "github.com/gopacket/gopacket/pcapgo",
	}},
	{"words", "viz/words/*.go", nil},
	{"tui", "viz/tui/*.go", []string{
		"sockscope/handshake", "sockscope/handshake/compare", "sockscope/viz", "sockscope/viz/words", "sockscope/rfc147", "sockscope/docs",
		"github.com/rivo/tview", "github.com/gdamore/tcell/v2",
	}},
	{"tui-model", "viz/tui/model*.go", []string{"sockscope/handshake", "sockscope/viz"}},
	{"explorer-model", "viz/tui/explorer_model*.go", []string{"sockscope/rfc147"}},
	{"docs", "docs/*.go", nil},
	{"cmd", "cmd/sockscope/*.go", []string{
		"sockscope/rfc147", "sockscope/rfc147/hosthost", "sockscope/statemachine/tcp", "sockscope/handshake", "sockscope/handshake/wire",
		"sockscope/handshake/arpanet", "sockscope/handshake/kernel", "sockscope/handshake/mixed", "sockscope/handshake/model", "sockscope/handshake/replay", "sockscope/handshake/compare", "sockscope/viz", "sockscope/viz/words",
		"sockscope/viz/tui", "sockscope/docs", "github.com/spf13/cobra", "golang.org/x/term",
	}},
}

// apart is the row of a module of its own: the linter, which goes through one module,
// does not see it.
var apart = row{"differential", "handshake/differential/*.go", []string{
	"sockscope/handshake", "sockscope/handshake/calls", "sockscope/handshake/wire", "sockscope/statemachine/tcp",
	"gvisor.dev/gvisor/pkg/buffer", "gvisor.dev/gvisor/pkg/tcpip", "gvisor.dev/gvisor/pkg/tcpip/header",
	"gvisor.dev/gvisor/pkg/tcpip/link/channel", "gvisor.dev/gvisor/pkg/tcpip/network/ipv4",
	"gvisor.dev/gvisor/pkg/tcpip/stack", "gvisor.dev/gvisor/pkg/tcpip/transport/tcp", "gvisor.dev/gvisor/pkg/waiter",
}}

// The rows whose engines and screens have deadlines and autoplay to keep.
var mayReadTheClock = []string{"wire", "kernel", "mixed", "arpanet", "replay", "tui", "tui-model", "explorer-model", "cmd"}

const root = "../.."

func TestEveryFileImportsOnlyWhatItsRowNames(t *testing.T) {
	for _, file := range repositoryFiles(t) {
		if path.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") || strings.Contains(file, "/testdata/") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, file), nil, parser.ImportsOnly)
		require.NoError(t, err)
		inTable := false
		for _, r := range append(rows, apart) {
			if match, err := path.Match(r.files, file); err != nil || !match {
				require.NoError(t, err)
				continue
			}
			inTable = true
			for _, spec := range parsed.Imports {
				name, err := strconv.Unquote(spec.Path.Value)
				require.NoError(t, err)
				if !standard(name) && !slices.Contains(r.may, name) {
					t.Errorf("%s imports %s, want only the standard library and %q", file, name, r.may)
				}
			}
		}
		if !inTable {
			t.Errorf("%s: its package has no row in the table of docs/ARCHITECTURE.md", file)
		}
	}
}

// standard tells the standard library's import paths from all others.
func standard(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	return first != "sockscope" && !strings.Contains(first, ".")
}

// In a second tree, a file of each row imports everything; the linter must refuse
// exactly what is not in the row.
func TestTheLinterRefusesExactlyWhatNoRowAllows(t *testing.T) {
	linter := findLinter(t)
	everything := everyImport(t)
	house := t.TempDir()
	for _, name := range []string{"go.mod", "go.sum"} {
		copyFile(t, filepath.Join(root, name), filepath.Join(house, name))
	}
	for _, name := range everything {
		if dir, ours := strings.CutPrefix(name, "sockscope/"); ours {
			write(t, filepath.Join(house, dir, "empty.go"), "package "+path.Base(dir)+"\n")
		}
	}
	garden := filepath.Join(house, "garden")
	copyFile(t, filepath.Join(root, ".golangci.yml"), filepath.Join(garden, ".golangci.yml"))
	source := "package planted\n\nimport (\n\t\"time\"\n\n\t_ \"" + strings.Join(everything, "\"\n\t_ \"") + "\"\n)\n\nvar _ = time.Now\n"
	for _, r := range rows {
		name := filepath.Join(garden, plantedFile(r))
		write(t, name, source)
		write(t, strings.TrimSuffix(name, ".go")+"_test.go", source) // tests may do all this
	}

	refused := lint(t, linter, garden)

	for _, r := range rows {
		for _, name := range everything {
			planted := finding{"depguard", plantedFile(r), "import '" + name + "' is not allowed from list '" + r.rule + "'"}
			require.Equal(t, !slices.Contains(r.may, name), refused[planted], "%s: refused %s", r.files, name)
			delete(refused, planted)
		}
		clock := finding{"forbidigo", plantedFile(r), "use of `time.Now` forbidden because \"the engine passes the time in\""}
		require.Equal(t, !slices.Contains(mayReadTheClock, r.rule), refused[clock], "%s: refused time.Now", r.files)
		delete(refused, clock)
	}
	for f := range refused { // the models are in the row of viz/tui, too
		if !strings.HasSuffix(f.file, "modelplanted.go") || !strings.HasSuffix(f.text, "from list 'tui'") {
			t.Errorf("refused beyond the table: %+v", f)
		}
	}
}

// A finding is one line of the linter's report.
type finding struct{ linter, file, text string }

func plantedFile(r row) string { return strings.Replace(r.files, "*", "planted", 1) }

// everyImport lists the house's packages, what some row may import, and what none may.
func everyImport(t *testing.T) []string {
	t.Helper()
	names := []string{"github.com/gopacket/gopacket/layers", "golang.org/x/text/width", "github.com/gdamore/tcell/v2/terminfo"}
	for _, r := range rows {
		names = append(names, r.may...)
		if dir := path.Dir(r.files); r.rule != "cmd" {
			names = append(names, "sockscope/"+dir)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// lint runs the arrows' linters over a folder.
func lint(t *testing.T, linter, dir string) map[finding]bool {
	t.Helper()
	run := exec.CommandContext(t.Context(), linter, "run", "--enable-only=depguard,forbidigo",
		"--allow-parallel-runners", "--output.json.path=stdout", "--show-stats=false", "./...")
	run.Dir = dir
	var stderr strings.Builder
	run.Stderr = &stderr
	out, err := run.Output()
	var exit *exec.ExitError
	require.True(t, errors.As(err, &exit) && exit.ExitCode() == 1, "golangci-lint: %v, want exit status 1\n%s%s", err, out, &stderr)
	var report struct {
		Issues []struct {
			FromLinter, Text string
			Pos              struct{ Filename string }
		}
	}
	require.NoError(t, json.Unmarshal(out, &report), "%s", out)
	found := map[finding]bool{}
	for _, issue := range report.Issues {
		require.NotEqual(t, "typecheck", issue.FromLinter, "the planted tree does not build: %s", issue.Text)
		found[finding{issue.FromLinter, filepath.ToSlash(issue.Pos.Filename), issue.Text}] = true
	}
	return found
}

// findLinter gives golangci-lint at the version that .ci/run pins. Without it the test
// is skipped, but not in CI: .ci/run installs it before any test.
func findLinter(t *testing.T) string {
	t.Helper()
	script, err := os.ReadFile(filepath.Join(root, ".ci", "run"))
	require.NoError(t, err)
	pin := regexp.MustCompile(`(?m)^lint_version=(\S+)$`).FindSubmatch(script)
	require.NotNil(t, pin, ".ci/run: no line lint_version=…")
	gopath, err := exec.CommandContext(t.Context(), "go", "env", "GOPATH").Output()
	require.NoError(t, err)
	var found []string
	for _, name := range []string{"golangci-lint", filepath.Join(strings.TrimSpace(string(gopath)), "bin", "golangci-lint")} {
		version, err := exec.CommandContext(t.Context(), name, "version", "--short").Output()
		if err != nil {
			continue
		}
		if strings.TrimSpace(string(version)) == string(pin[1]) {
			return name
		}
		found = append(found, name+" "+strings.TrimSpace(string(version)))
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("golangci-lint %q, want %s", found, pin[1])
	}
	t.Skipf("golangci-lint %q, want %s: .ci/run installs it", found, pin[1])
	return ""
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	require.NoError(t, err)
	write(t, to, string(data))
}

func write(t *testing.T, name, data string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o777))
	require.NoError(t, os.WriteFile(name, []byte(data), 0o666))
}
