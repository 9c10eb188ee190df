package kernel

import (
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// testTask begins the task of a child that runs one test.
const testTask = "test"

func TestMain(m *testing.M) {
	if args := strings.Fields(os.Getenv(childVariable)); len(args) > 0 && args[0] == testTask {
		childTask()
		os.Args = append(os.Args[:1], args[1:]...)
		inside, os.Stdout = true, os.NewFile(answersFD, "answers")
	} else {
		Main()
	}
	os.Exit(m.Run())
}

// inside says that this process is the child.
var inside bool

// inNamespace runs the body of a test in a child with namespaces of its own, as the
// engine's child has them.
func inNamespace(tb testing.TB, body func()) {
	tb.Helper()
	if inside {
		require.NoError(tb, smallTables())
		body()
		return
	}
	args := []string{testTask, "-test.timeout=30s", "-test.v"}
	if _, ok := tb.(*testing.B); ok {
		args = append(args, "-test.run=^$", "-test.benchmem", "-test.bench=^"+tb.Name()+"$")
	} else {
		args = append(args, "-test.run=^"+tb.Name()+"$")
	}
	p, err := spawn(strings.Join(args, " "))
	privilege(tb, err)
	defer p.close()
	require.NoError(tb, p.out.SetReadDeadline(time.Now().Add(40*time.Second)))
	said, err := io.ReadAll(p.out)
	require.NoError(tb, err)
	err = p.cmd.Wait()
	tb.Logf("in the namespace:\n%s%s", said, p.last)
	require.NoError(tb, err)
}

// privilege skips a test that this machine has no right to on a desk, and fails it
// where all must run.
func privilege(tb testing.TB, err error) {
	tb.Helper()
	if err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		tb.Fatal(err)
	}
	tb.Skip(err)
}
