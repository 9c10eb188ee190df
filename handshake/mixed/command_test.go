package mixed_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sockscope/handshake/mixed"
)

func TestACommandLineIsSplitAsAShellWould(t *testing.T) {
	for line, want := range map[string][]string{
		"nc 127.0.0.2 7147":                 {"nc", "127.0.0.2", "7147"},
		"  nc\t-l\n":                        {"nc", "-l"},
		`sh -c 'echo "a b" | nc 1 2'`:       {"sh", "-c", `echo "a b" | nc 1 2`},
		`a "b 'c' \" d" ''`:                 {"a", `b 'c' " d`, ""},
		`a\ b c"d"'e'`:                      {"a b", "cde"},
		`'/tmp/a program' '\' $HOME *.go ;`: {"/tmp/a program", `\`, "$HOME", "*.go", ";"},
	} {
		words, ok := mixed.Command(line)
		require.True(t, ok, line)
		require.Equal(t, want, words, line)
	}
	for _, line := range []string{"", "  ", `'`, `a "b`, `a \`, `'' a`} {
		_, ok := mixed.Command(line)
		require.False(t, ok, line)
	}
}

func FuzzCommand(f *testing.F) {
	f.Add(`a "b c" 'd'\ e`)
	f.Fuzz(func(t *testing.T, line string) {
		if words, ok := mixed.Command(line); ok {
			require.NotEmpty(t, words[0])
		}
	})
}
