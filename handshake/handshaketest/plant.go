package handshaketest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Fault is a mistake of the kind that people make: a check left out, a comparison turned,
// a timer forgotten. It has a name and a file; there stands, once, what it changes, and last
// what stands there instead.
type Fault [4]string

// Plant plants each fault in a copy of the package in the working directory, the first copy
// without any, and requires that the tests find it. The copies' sources and tests are those
// of the package less what is named in without; with are patterns of what else they need:
// those that begin with "../../" lie in the module and come without their tests, others lie
// in the package's own folder.
func Plant(t *testing.T, faults []Fault, with, without []string) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: builds the package once for each fault")
	}
	module := t.TempDir()
	folder := filepath.Join(module, "copies")
	with = append([]string{"../../go.mod", "../../go.sum", "*.go"}, with...)
	copyPackage(t, module, filepath.Join(folder, "sound"), with, without)
	for i, f := range faults {
		name, file, from, to := f[0], f[1], f[2], f[3]
		dir := filepath.Join(folder, fmt.Sprintf("fault%02d", i))
		copyPackage(t, module, dir, with, without)
		path := filepath.Join(dir, file)
		source, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, 1, strings.Count(string(source), from), "%s: %q must stand once in %s", name, from, file)
		require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(source), from, to, 1)), 0o600))
	}
	failed := failures(t, module, len(faults)+1)
	require.Empty(t, failed["sockscope/copies/sound"], "the copy without a fault fails")
	for i, f := range faults {
		tests := failed[fmt.Sprintf("sockscope/copies/fault%02d", i)]
		if len(tests) == 0 {
			t.Errorf("no test finds: %s", f[0])
			continue
		}
		t.Logf("%s: found by %d, first %s", f[0], len(tests), tests[0])
	}
}

// failures runs the tests of all copies at once and gives, by package, those that failed. A
// copy that does not build is an error.
func failures(t *testing.T, module string, copies int) map[string][]string {
	t.Helper()
	cmd := exec.Command("go", "test", "-vet=off", "-ldflags=-s -w", "-timeout=3m", "-json", "./copies/...")
	cmd.Dir = module
	out, _ := cmd.Output() // fails, since tests do
	failed, ran := map[string][]string{}, map[string]bool{}
	for events := json.NewDecoder(strings.NewReader(string(out))); ; {
		var e struct{ Action, Package, Test, Output string }
		err := events.Decode(&e)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		require.NotEqual(t, "build-fail", e.Action, "%s", out)
		switch {
		case e.Action == "run":
			ran[e.Package] = true
		case e.Action == "fail" && e.Test != "":
			failed[e.Package] = append(failed[e.Package], e.Test)
		}
	}
	require.Len(t, ran, copies, "every copy is tested")
	return failed
}

// copyPackage copies what the patterns name: into the module, or into the copy's own folder.
func copyPackage(t *testing.T, module, dir string, with, without []string) {
	t.Helper()
	for _, pattern := range with {
		files, err := filepath.Glob(filepath.FromSlash(pattern))
		require.NoError(t, err)
		require.NotEmpty(t, files, pattern)
		for _, name := range files {
			path, outside := strings.CutPrefix(filepath.ToSlash(name), "../../")
			switch {
			case !outside && !slices.Contains(without, path):
				copyFile(t, name, filepath.Join(dir, name))
			case outside && !strings.HasSuffix(path, "_test.go"):
				copyFile(t, name, filepath.Join(module, filepath.FromSlash(path)))
			}
		}
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o700))
	require.NoError(t, os.WriteFile(to, data, 0o600))
}
