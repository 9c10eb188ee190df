//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"

	"sockscope/viz/words"
)

// Each cause that the code can name has a sentence and a remedy.
func TestEveryCauseHasARemedy(t *testing.T) {
	named := regexp.MustCompile(`(?:[bB]ecause\(|Unable\{|Cause: |[cC]ause = )"([a-z-]+)"`)
	found := map[string]bool{}
	for _, pattern := range []string{"../../handshake/kernel/*.go", "../../viz/tui/doctor.go"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, file := range files {
			source, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, match := range named.FindAllSubmatch(source, -1) {
				found[string(match[1])] = true
			}
		}
	}
	require.Greater(t, len(found), 15)
	for cause := range found {
		require.True(t, words.For("en").Has("ui.doctor.cause."+cause), cause)
		require.True(t, words.For("en").Has("ui.doctor.remedy."+cause), cause)
	}
}

// At a terminal, its colours, its size and the width of its line glyphs are told, and
// one that does not answer keeps nobody waiting.
func TestDoctorAtATerminal(t *testing.T) {
	for answer, want := range map[string]string{
		"\x1b[1;2R": "width of line glyphs      yes     1\r\n",
		"\x1b[1;3R": "width of line glyphs      no      the terminal draws lines two columns wide, or does not say; ",
		"":          "width of line glyphs      no      the terminal draws lines two columns wide, or does not say; ",
	} {
		t.Run(fmt.Sprintf("%q", answer), func(t *testing.T) {
			c := exec.CommandContext(t.Context(), "sockscope", "doctor")
			c.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "TERM=xterm-256color", "COLORTERM=")
			terminal, err := pty.StartWithSize(c, &pty.Winsize{Rows: 24, Cols: 200})
			require.NoError(t, err)
			defer terminal.Close()
			var shown bytes.Buffer
			part := make([]byte, 4096)
			for asked := false; ; {
				n, err := terminal.Read(part)
				if err != nil {
					break // the program has ended
				}
				shown.Write(part[:n])
				if !asked && bytes.Contains(shown.Bytes(), []byte("\x1b[6n")) {
					asked = true
					_, err = terminal.WriteString(answer)
					require.NoError(t, err)
				}
			}
			_ = c.Wait() // the exit code is the engine's
			require.Contains(t, shown.String(), want)
			require.Contains(t, shown.String(), "colours                   yes     256\r\n")
			require.Contains(t, shown.String(), "size                      yes     200x24\r\n")
		})
	}
}
