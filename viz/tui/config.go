package tui

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Config is what a user's config.toml says about the dashboard.
type Config struct {
	Keys   *Keys
	Glyphs string // "line", "ascii", or "auto": ask the terminal
}

// ConfigFile is where config.toml is looked for: in sockscope, in XDG_CONFIG_HOME or
// else in ~/.config, as the XDG base directory specification says.
func ConfigFile(getenv func(string) string) string {
	folder := getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(folder) { // "If [it] is relative, the path is to be ignored"
		folder = filepath.Join(getenv("HOME"), ".config")
	}
	return filepath.Join(folder, "sockscope", "config.toml")
}

// LoadConfig reads a config.toml. Without such a file every setting has its default.
func LoadConfig(path string) (Config, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrPermission) {
		path = "" // a folder that may not be entered, such as the home of who ran su: what is in it is not this person's
	}
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Config{}, fmt.Errorf("tui: %w", err)
	}
	return ReadConfig(path, bytes.NewReader(text))
}

// ReadConfig reads this part of TOML: `glyphs = "ascii"`, and below `[keys]` lines of
// the form `action = ["key", "key"]`. Errors give the name, the line, what was found
// and what is allowed.
func ReadConfig(name string, r io.Reader) (Config, error) {
	c := Config{Glyphs: "auto"}
	bindings := defaultBindings()
	lines := bufio.NewScanner(r)
	section := ""
	for n := 1; lines.Scan(); n++ {
		err := c.line(strings.TrimSpace(lines.Text()), &section, bindings)
		if err != nil {
			return Config{}, fmt.Errorf("tui: %s:%d: %w", name, n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return Config{}, fmt.Errorf("tui: %s: %w", name, err)
	}
	var err error
	if c.Keys, err = newKeys(bindings); err != nil {
		return Config{}, fmt.Errorf("tui: %s: %w", name, err)
	}
	return c, nil
}

func (c *Config) line(line string, section *string, bindings []binding) error {
	if line == "" || line[0] == '#' {
		return nil
	}
	if line[0] == '[' {
		if before, comment, _ := strings.Cut(line, "]"); before != "[keys" || !isComment(comment) {
			return fmt.Errorf("section %q, want [keys]", line)
		}
		*section = "keys"
		return nil
	}
	setting, text, found := strings.Cut(line, "=")
	if !found {
		return fmt.Errorf("line %q, want name = value", line)
	}
	setting = strings.TrimSpace(setting)
	values, err := stringList(strings.TrimSpace(text))
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", setting, err)
	case *section == "keys":
		return rebind(bindings, Action(setting), values)
	case setting != "glyphs":
		return fmt.Errorf("setting %q, want glyphs, or an action below [keys]", setting)
	case len(values) != 1 || !slices.Contains([]string{"auto", "line", "ascii"}, values[0]):
		return fmt.Errorf("glyphs %q, want auto, line or ascii", values)
	}
	c.Glyphs = values[0]
	return nil
}

// rebind gives an action other keys.
func rebind(bindings []binding, action Action, keys []string) error {
	var names []string
	for i, b := range bindings {
		if b.action == actQuit {
			continue
		}
		names = append(names, string(b.action))
		if b.action != action {
			continue
		}
		for j, name := range keys {
			k, err := parseKey(name)
			if err != nil {
				return err
			}
			keys[j] = k.String()
		}
		bindings[i].keys = keys
		return nil
	}
	slices.Sort(names)
	return fmt.Errorf("action %q, want one of %s", action, strings.Join(names, ", "))
}

// stringList reads a TOML string or a list of strings on one line.
func stringList(text string) ([]string, error) {
	wrong := fmt.Errorf(`value %s, want "text" or ["text", "text"]`, text)
	rest, list := strings.CutPrefix(text, "[")
	var values []string
	for {
		rest = strings.TrimSpace(rest)
		if list && strings.HasPrefix(rest, "]") {
			rest = rest[1:]
			break
		}
		value, after, ok := tomlString(rest)
		if !ok {
			return nil, wrong
		}
		values, rest = append(values, value), strings.TrimSpace(after)
		if !list {
			break
		}
		rest, ok = strings.CutPrefix(rest, ",")
		if !ok && !strings.HasPrefix(rest, "]") {
			return nil, wrong
		}
	}
	if !isComment(rest) {
		return nil, wrong
	}
	return values, nil
}

func isComment(s string) bool {
	s = strings.TrimSpace(s)
	return s == "" || s[0] == '#'
}

// tomlString takes a string off: "with escapes" or 'as it stands'.
func tomlString(s string) (value, rest string, ok bool) {
	if after, literal := strings.CutPrefix(s, "'"); literal {
		return strings.Cut(after, "'")
	}
	quoted, err := strconv.QuotedPrefix(s)
	if err != nil || quoted[0] != '"' {
		return "", "", false
	}
	value, err = strconv.Unquote(quoted)
	return value, s[len(quoted):], err == nil
}
