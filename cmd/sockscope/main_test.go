package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"sockscope/handshake/kernel"
)

// The test binary is the program: a script, or a test that looks in $PATH, runs it. It is
// the kernel engine's child, too.
func TestMain(m *testing.M) {
	kernel.Main()
	testscript.Main(m, map[string]func(){"sockscope": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"fails": fails},
		Condition:           condition,
		Setup: func(env *testscript.Env) error {
			for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG", "NO_COLOR", "CLICOLOR"} {
				env.Setenv(name, "")
			}
			captures, err := filepath.Abs(filepath.Join("..", "..", "handshake", "replay", "testdata", "captures"))
			env.Setenv("CAPTURES", captures)
			env.Setenv("GORACE", "atexit_sleep_ms=0") // under -race each exit would take a second
			return err
		},
	})
}

// condition knows [kernel]: the kernel engine runs here, or has to.
func condition(name string) (bool, error) {
	if name != "kernel" {
		return false, fmt.Errorf("condition %q, want kernel", name)
	}
	return kernelRuns(), nil
}

var kernelRuns = sync.OnceValue(func() bool {
	return os.Getenv("CI") == "true" && runtime.GOOS == "linux" || exec.Command("sockscope", "doctor").Run() == nil
})

// fails CODE PATTERN ARG... runs sockscope, which has to end with that exit code, print
// no result, and say why in one line that the whole pattern matches.
func fails(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: fails CODE PATTERN ARG...")
	}
	err := ts.Exec("sockscope", args[2:]...)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || strconv.Itoa(exit.ExitCode()) != args[0] {
		ts.Fatalf("sockscope %q: %v, want exit status %s", args[2:], err, args[0])
	}
	stdout, stderr := ts.ReadFile("stdout"), ts.ReadFile("stderr")
	if stdout != "" {
		ts.Fatalf("sockscope %q: stdout %q, want none", args[2:], stdout)
	}
	line, ended := strings.CutSuffix(stderr, "\n")
	if want := regexp.MustCompile("^sockscope: (" + args[1] + ")$"); !ended || strings.Contains(line, "\n") || !want.MatchString(line) {
		ts.Fatalf("sockscope %q: stderr %q, want one line, %s", args[2:], stderr, want)
	}
}
