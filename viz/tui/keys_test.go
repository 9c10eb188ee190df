package tui

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/gdamore/tcell/v2"
	"github.com/stretchr/testify/require"
)

func defaultKeys(t *testing.T) *Keys {
	t.Helper()
	k, err := newKeys(defaultBindings())
	require.NoError(t, err, "a key has one action in each scene")
	return k
}

// typed is what keys mean that come in one read.
func typed(k *Keys, in scene, runes string) string {
	var names []string
	for _, r := range runes {
		for _, h := range k.find(tcell.NewEventKey(tcell.KeyRune, r, tcell.ModNone), in).hits {
			names = append(names, string(h.action))
		}
	}
	return strings.Join(names, " ")
}

func TestKeysOfTheDesign(t *testing.T) {
	k := defaultKeys(t)
	for _, c := range []struct {
		in   scene
		code tcell.Key
		r    rune
		want hit
	}{
		{stepping, tcell.KeyRune, ' ', hit{actForward, 0}},
		{stepping, tcell.KeyPgDn, 0, hit{actForward, 3}},
		{stepping, tcell.KeyBackspace2, 0, hit{actBack, 3}},
		{stepping, tcell.KeyRune, '.', hit{actPredict, 1}},
		{stepping, tcell.KeyF5, 0, hit{actChoose, 1}},
		{stepping, tcell.KeyRune, '4', hit{actPane, 3}},
		{stepping, tcell.KeyRune, '0', hit{actLadder, 0}},
		{stepping, tcell.KeyBacktab, 0, hit{actPreviousPane, 0}},
		{stepping, tcell.KeyF3, 0, hit{actLanguage, 2}},
		{stepping, tcell.KeyCtrlD, 0, hit{actScrollDown, 0}},
		{stepping, tcell.KeyRune, '₩', hit{actEnlarge, 2}},
		{stepping, tcell.KeyRune, 'N', hit{actSearchPrevious, 0}},
		{stepping, tcell.KeyRune, 'X', hit{actLose, 0}},
		{menu, tcell.KeyRune, '.', hit{actDo, 1}},
		{menu, tcell.KeyPgDn, 0, hit{actMenuDown, 2}},
		{menu, tcell.KeyRune, '3', hit{actEntry, 2}},
		{explorer, tcell.KeyRune, ' ', hit{actFlip, 0}},
		{explorer, tcell.KeyRune, '0', hit{actDigit, 0}},
		{explorer, tcell.KeyCtrlC, 0, hit{actQuit, 0}},
	} {
		require.Equal(t, []hit{c.want}, k.find(tcell.NewEventKey(c.code, c.r, tcell.ModNone), c.in).hits, "%v", c)
	}
}

func TestSpaceDoesNothingInAMenu(t *testing.T) {
	require.Empty(t, typed(defaultKeys(t), menu, " "))
}

func TestUnknownKeyHasAName(t *testing.T) {
	k := defaultKeys(t)
	p := k.find(tcell.NewEventKey(tcell.KeyRune, 'v', tcell.ModNone), stepping)
	require.Equal(t, pressed{name: "v"}, p)
	p = k.find(tcell.NewEventKey(tcell.KeyF9, 0, tcell.ModNone), stepping)
	require.Equal(t, pressed{name: "F9"}, p)
	p = k.find(tcell.NewEventKey(tcell.KeyRune, 'x', tcell.ModAlt), stepping)
	require.Empty(t, p.hits, "Alt-x is not x")
	p = k.find(tcell.NewEventKey(tcell.KeyCtrlD, 0, tcell.ModCtrl), stepping)
	require.Equal(t, pressed{hits: []hit{{actScrollDown, 0}}, name: "Ctrl-D"}, p)
}

// Most Hangul keys send the same jamo with Shift and without.
func TestNoTwoActionsDifferByShiftExceptN(t *testing.T) {
	k := defaultKeys(t)
	for in, hits := range k.hits {
		for bound, h := range hits {
			lower, ok := hits[key{bound.code, unicode.ToLower(bound.r)}]
			if ok && bound.r != 'N' {
				require.Equal(t, lower.action, h.action, "scene %d, key %s", in, bound)
			}
		}
	}
}

func TestHangulTypesTheSameActions(t *testing.T) {
	k := defaultKeys(t)
	for _, c := range []struct{ typed, want string }{
		{"ㅓ", "forward"},
		{"ㅊ", "choose"},
		{"외", "double help language"},
		{"ㅜ", "search-next"},
		{"ㅃ", "leave"},            // Shift-q
		{"값", "back leave bytes"}, // the keys r k q t
		{"ㅁ", ""},
	} {
		require.Equal(t, c.want, typed(k, stepping, c.typed), c.typed)
	}
	require.True(t, k.find(tcell.NewEventKey(tcell.KeyRune, 'ㅁ', tcell.ModNone), stepping).hangul)
}

// The Enter that made the input method hand ㅎ over does not end the line that ㅎ opened.
func TestTheCommitOfTheKeyThatOpensAPromptIsNotItsEnd(t *testing.T) {
	k, err := newKeys(defaultBindings())
	require.NoError(t, err)
	enter := tcell.NewEventKey(tcell.KeyEnter, 0, tcell.ModNone)
	require.Equal(t, []hit{{action: actGoTo}}, k.find(tcell.NewEventKey(tcell.KeyRune, 'ㅎ', tcell.ModNone), stepping).hits)
	require.True(t, k.commits(enter))
	require.False(t, k.commits(enter), "the next Enter is one")
}

// A jamo is what a key types under an input method, no key of its own.
func TestAJamoIsNoKeyToBind(t *testing.T) {
	_, err := parseKey("ㅊ")
	require.ErrorContains(t, err, `key "ㅊ", want one character`)
}

// All 11,172 syllables and all jamo fall apart into letters.
func TestEveryHangulRuneFallsApart(t *testing.T) {
	for r := '가'; r <= '힣'; r++ {
		require.GreaterOrEqual(t, len(hangulLetters(r)), 2, string(r))
	}
	for r := 'ㄱ'; r <= 'ㅣ'; r++ {
		require.NotEmpty(t, hangulLetters(r), string(r))
	}
	require.Equal(t, "gksrmf", hangulLetters('한')+hangulLetters('글'))
	require.Equal(t, "Eksqkfq", hangulLetters('딴')+hangulLetters('밟'))
	require.Empty(t, hangulLetters('a'))
}

func TestSpaceBehindHangulInTheSameReadIsTheCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := defaultKeys(t)
		require.Equal(t, "choose", typed(k, stepping, "ㅊ "))
		require.Equal(t, "forward", typed(k, stepping, " "), "the commit is one key long")

		typed(k, stepping, "ㅊ")
		p := k.find(tcell.NewEventKey(tcell.KeyEnter, 0, tcell.ModNone), stepping)
		require.Equal(t, pressed{hangul: true, name: "Enter"}, p)

		require.Equal(t, "choose", typed(k, stepping, "ㅊ"))
		time.Sleep(sameRead) // in the bubble: the person waits
		require.Equal(t, "forward", typed(k, stepping, " "))
		require.Equal(t, "choose lose", typed(k, stepping, "ㅊx"), "another key commits and counts")
	})
}

func TestEveryKeyNameReadsBack(t *testing.T) {
	for _, b := range defaultBindings() {
		for _, name := range b.keys {
			k, err := parseKey(name)
			require.NoError(t, err)
			require.Equal(t, name, k.String())
		}
	}
}

func TestHelpListsEveryActionOnce(t *testing.T) {
	k := defaultKeys(t)
	seen := map[Action]bool{}
	for _, in := range []scene{stepping, menu, explorer} {
		for _, line := range k.help(in) {
			seen[line.action] = true
			require.NotEmpty(t, line.keys)
			require.Regexp(t, `^key\.[a-z]+(-[a-z]+)*$`, line.action.word())
		}
	}
	require.Len(t, seen, len(defaultBindings()), "each row has an action of its own and a scene")
	require.Contains(t, k.help(stepping), helpLine{actLose, "x Del", "ㅌ"})
	require.Contains(t, k.help(stepping), helpLine{actPane, "1-7", ""})
	require.Contains(t, k.help(stepping), helpLine{actForward, "Space -> Down PgDn Enter j", "ㅓ"})
	require.Equal(t, "Space", k.hint(actForward))
	require.Empty(t, k.hint("no such action"))
}

func TestConfigRebinds(t *testing.T) {
	c, err := ReadConfig("config.toml", strings.NewReader(`
# my keys
glyphs = "ascii"   # old font
[keys]
lose = ["v", "Ctrl-X"]
forward = "Right"
enlarge = ['\', "\u20A9" ] # no z
`))
	require.NoError(t, err)
	require.Equal(t, "ascii", c.Glyphs)
	require.Equal(t, "lose", typed(c.Keys, stepping, "v"))
	require.Empty(t, typed(c.Keys, stepping, "x z"))
	require.Equal(t, "enlarge enlarge", typed(c.Keys, stepping, `\₩`))
	require.Equal(t, "->", c.Keys.hint(actForward))
}

func TestConfigMistakesNameFileLineFoundAndAllowed(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"[keys]\nlose = [\"Hyper\"]", `tui: config.toml:2: key "Hyper", want one character, Space, Enter, Tab, `},
		{"[keys]\nloose = [\"x\"]", `tui: config.toml:2: action "loose", want one of back, bit-left, `},
		{"[keys]\nquit = [\"x\"]", `tui: config.toml:2: action "quit", want one of `},
		{"[keys]\nlose = x", `tui: config.toml:2: lose: value x, want "text" or ["text", "text"]`},
		{"[keys]\nlose = [\"x\" \"y\"]", `want "text" or ["text", "text"]`},
		{"[keys]\nlose = [\"x\"", `want "text" or ["text", "text"]`},
		{"[keys]\nlose = \"x\" y", `want "text" or ["text", "text"]`},
		{"[keys]\nlose", `tui: config.toml:2: line "lose", want name = value`},
		{"[keys]\nlose = [\"d\"]", `tui: config.toml: key "d" for lose and for double, want one action a key`},
		{"lose = [\"v\"]", `tui: config.toml:1: setting "lose", want glyphs, or an action below [keys]`},
		{"glyphs = \"round\"", `tui: config.toml:1: glyphs ["round"], want auto, line or ascii`},
		{"[colours]", `tui: config.toml:1: section "[colours]", want [keys]`},
	} {
		_, err := ReadConfig("config.toml", strings.NewReader(c.text))
		require.ErrorContains(t, err, c.want)
		require.NotContains(t, err.Error(), "\n")
	}
}

func TestConfigFileFollowsXDG(t *testing.T) {
	env := map[string]string{"HOME": "/home/u"}
	getenv := func(name string) string { return env[name] }
	require.Equal(t, "/home/u/.config/sockscope/config.toml", ConfigFile(getenv))
	env["XDG_CONFIG_HOME"] = "relative"
	require.Equal(t, "/home/u/.config/sockscope/config.toml", ConfigFile(getenv))
	env["XDG_CONFIG_HOME"] = "/xdg"
	require.Equal(t, "/xdg/sockscope/config.toml", ConfigFile(getenv))
}

func TestNoConfigFileMeansDefaults(t *testing.T) {
	c, err := LoadConfig(t.TempDir() + "/config.toml")
	require.NoError(t, err)
	require.Equal(t, "auto", c.Glyphs)
	require.Equal(t, "lose", typed(c.Keys, stepping, "x"))
	_, err = LoadConfig(t.TempDir())
	require.ErrorContains(t, err, "tui: ")
}

func FuzzReadConfig(f *testing.F) {
	f.Add("glyphs = \"line\"\n[keys]\nlose = ['x', \"Del\"] # lost\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ReadConfig("config.toml", strings.NewReader(text))
		if err == nil {
			require.NotEmpty(t, c.Keys.help(stepping))
		}
	})
}
