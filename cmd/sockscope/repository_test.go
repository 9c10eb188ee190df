package main_test

import (
	"go/format"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// repositoryFiles lists every file with its path from the root, in forward slashes;
// folders of git and of editors are left out.
func repositoryFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	house := os.DirFS(root)
	require.NoError(t, fs.WalkDir(house, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !entry.IsDir():
			files = append(files, name)
		case name != "." && name != ".ci" && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir
		}
		return nil
	}))
	require.Contains(t, files, "go.mod")
	return files
}

func TestTheTopLevelFoldersAreFixed(t *testing.T) {
	fixed := []string{".ci", "cmd", "rfc147", "handshake", "statemachine", "viz", "docs"}
	for _, file := range repositoryFiles(t) {
		folders := strings.Split(path.Dir(file), "/")
		if folders[0] != "." && !slices.Contains(fixed, folders[0]) {
			t.Errorf("%s: top-level folder %s, want one of %q", file, folders[0], fixed)
		}
		for _, vague := range []string{"internal", "pkg", "util", "common", "types"} {
			if slices.Contains(folders, vague) {
				t.Errorf("%s: a folder named %s says nothing about its job", file, vague)
			}
		}
	}
}

func TestNoFileNamesTheMachineItWasWrittenOn(t *testing.T) {
	machine := regexp.MustCompile(`(?m)(?:^|[^\w./])/(?:root|work|Users)/\w.*` +
		`|\b(?:proxy|sum|index)\.golang\.org\b|\bregistry\.[\w-]+\.\w+|\bGOPROXY=\S+`)
	for _, file := range repositoryFiles(t) {
		text, err := os.ReadFile(filepath.Join(root, file))
		require.NoError(t, err)
		if !utf8.Valid(text) { // a capture, a built program
			continue
		}
		for _, found := range machine.FindAllString(string(text), -1) {
			t.Errorf("%s names a machine: %s", file, strings.TrimSpace(found))
		}
	}
}

func TestEveryGoFileIsFormatted(t *testing.T) {
	for _, file := range repositoryFiles(t) {
		if path.Ext(file) != ".go" {
			continue
		}
		source, err := os.ReadFile(filepath.Join(root, file))
		require.NoError(t, err)
		formatted, err := format.Source(source)
		require.NoError(t, err, file)
		if string(formatted) != string(source) {
			t.Errorf("%s: run gofmt -w", file)
		}
	}
}
