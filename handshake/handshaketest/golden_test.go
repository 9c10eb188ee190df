package handshaketest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A recorder stands for a test that is allowed to fail.
type recorder struct {
	testing.TB
	said string
}

func (r *recorder) Helper()                           {}
func (r *recorder) Errorf(format string, args ...any) { r.said += fmt.Sprintf(format, args...) }
func (r *recorder) Fatalf(format string, args ...any) {
	r.said += fmt.Sprintf(format, args...)
	panic(r)
}
func (r *recorder) FailNow() { panic(r) }

// golden gives what Golden said when it failed, nothing if it passed.
func golden(t *testing.T, name, got string, rewrite bool) (said string) {
	t.Helper()
	before := *update
	*update = rewrite
	r := &recorder{TB: t}
	defer func() {
		*update = before
		if failed := recover(); failed != nil {
			require.Same(t, r, failed)
			said = r.said
		}
	}()
	Golden(r, name, got)
	return r.said
}

func TestGoldenComparesAndUpdates(t *testing.T) {
	t.Chdir(t.TempDir())
	file := filepath.Join("testdata", "run", "three-way.txt")
	require.Contains(t, golden(t, "run/three-way.txt", "LISTEN\n", false), "-update", "no golden file yet")

	require.Empty(t, golden(t, "run/three-way.txt", "LISTEN\nSYN-RECEIVED\n", true))
	written, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "LISTEN\nSYN-RECEIVED\n", string(written))
	require.Empty(t, golden(t, "run/three-way.txt", "LISTEN\nSYN-RECEIVED\n", false))

	said := golden(t, "run/three-way.txt", "LISTEN\nESTABLISHED\n", false)
	require.Contains(t, said, " LISTEN\n-SYN-RECEIVED\n+ESTABLISHED\n")
	require.Contains(t, said, file)
	written, err = os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "LISTEN\nSYN-RECEIVED\n", string(written), "a comparison writes nothing")
}
