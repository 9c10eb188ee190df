//go:build unix

package main_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"testing"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
)

// withoutNamespaces runs the program where no namespace can be made.
func withoutNamespaces(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	onLinux(t, "a user namespace")
	none := []string{"-Ur", "sh", "-c", `echo 0 > /proc/sys/user/max_user_namespaces && echo 0 > /proc/sys/user/max_net_namespaces && exec "$@"`, "sh"}
	if out, err := exec.Command("unshare", append(none, "true")...).CombinedOutput(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("unshare: %s: %v", out, err)
		}
		t.Skipf("no user namespace to forbid others in: %s: %v", out, err)
	}
	c := exec.CommandContext(t.Context(), "unshare", append(append(none, "sockscope"), args...)...)
	c.Env = append(os.Environ(), "XDG_CONFIG_HOME="+t.TempDir(), "LC_ALL=C.UTF-8", "TERM=xterm-256color", "GORACE=atexit_sleep_ms=0")
	return c
}

// Where the kernel cannot be stepped: exit 3 with the cause and the remedy in one line.
func TestWithoutNamespacesRunSaysWhyAndWhatHelps(t *testing.T) {
	var errs bytes.Buffer
	c := withoutNamespaces(t, "run", "three-way", "--engine", "kernel")
	c.Stderr = &errs
	require.EqualError(t, c.Run(), "exit status 3")
	require.Regexp(t, "^sockscope: this machine cannot run the kernel engine: [^\n]*max_user_namespaces[^\n]*`sockscope doctor` says more\n$", errs.String())
}

// The dashboard opens all the same, and offers the model and the calls alone.
func TestWithoutNamespacesTheDashboardOffersWhatThereIs(t *testing.T) {
	for key, says := range map[string]string{"\r": "model", "c": "Linux"} {
		terminal, err := pty.StartWithSize(withoutNamespaces(t, "step", "three-way", "--engine", "kernel"), &pty.Winsize{Rows: 24, Cols: 120})
		require.NoError(t, err)
		defer terminal.Close()
		shown := showing(t, terminal)
		require.Contains(t, shown.String(), "No kernel: ")
		_, err = terminal.WriteString(key + "q")
		require.NoError(t, err)
		_, _ = io.Copy(shown, terminal)
		require.Contains(t, shown.String(), says)
	}
}
