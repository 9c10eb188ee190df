// Package handshaketest compares what a test made with a golden file, plays timelines to
// their end, and plants faults for a package's tests to find. Only tests import it.
package handshaketest

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// Golden fails the test, with a diff, unless testdata/name of the package under test
// holds exactly got. With the flag -update it writes got there instead; look at
// `git diff` before you commit it.
func Golden(tb testing.TB, name, got string) {
	tb.Helper()
	file := filepath.Join("testdata", filepath.FromSlash(name))
	if *update {
		require.NoError(tb, os.MkdirAll(filepath.Dir(file), 0o777))
		require.NoError(tb, os.WriteFile(file, []byte(got), 0o666))
		return
	}
	want, err := os.ReadFile(file)
	require.NoError(tb, err, "run the test with -update to write it")
	if difference := diff.Diff(file, want, "got", []byte(got)); difference != nil {
		tb.Fatalf("not the golden file; if the change is meant, run the test with -update\n%s", difference)
	}
}
