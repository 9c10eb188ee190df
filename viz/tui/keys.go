package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gdamore/tcell/v2"
)

// Action is what a key does, by the name under which config.toml binds it.
type Action string

// word is the key of its sentence for help in viz/words.
func (a Action) word() string { return "key." + string(a) }

// scene says what is open, and so which keys count.
type scene int

const (
	stepping  scene = 1 << iota // the dashboard
	menu                        // a list to choose from, help
	explorer                    // RFC 147's number
	comparing                   // two engines side by side
	anyScreen = stepping | menu | explorer | comparing
)

// The actions, in the order of help.
const (
	actForward         Action = "forward"
	actBack            Action = "back"
	actNextChange      Action = "next-change"
	actPreviousChange  Action = "previous-change"
	actFirst           Action = "first"
	actLatest          Action = "latest"
	actGoTo            Action = "go-to"
	actPlay            Action = "play"
	actFaster          Action = "faster"
	actSlower          Action = "slower"
	actChoose          Action = "choose"
	actLose            Action = "lose"
	actDouble          Action = "double"
	actFutures         Action = "futures"
	actPredict         Action = "predict"
	actPane            Action = "pane" // its first key opens pane 1
	actLadder          Action = "ladder"
	actNextPane        Action = "next-pane"
	actPreviousPane    Action = "previous-pane"
	actEnlarge         Action = "enlarge"
	actScrollDown      Action = "scroll-down"
	actScrollUp        Action = "scroll-up"
	actWhy             Action = "why"
	actBytes           Action = "bytes"
	actRelative        Action = "relative"
	actSearch          Action = "search"
	actSearchNext      Action = "search-next"
	actSearchPrevious  Action = "search-previous"
	actExport          Action = "export"
	actEras            Action = "eras"
	actCommand         Action = "command"
	actMouse           Action = "mouse"
	actMenuDown        Action = "menu-down"
	actMenuUp          Action = "menu-up"
	actDo              Action = "do"
	actEntry           Action = "entry" // its first key does entry 1
	actFlip            Action = "flip"
	actBitLeft         Action = "bit-left"
	actBitRight        Action = "bit-right"
	actNextField       Action = "next-field"
	actPreviousField   Action = "previous-field"
	actDigit           Action = "digit" // its first key is 0
	actErase           Action = "erase"
	actNotation        Action = "notation"
	actMate            Action = "mate"
	actCheck           Action = "check"
	actNextSection     Action = "next-section"
	actPreviousSection Action = "previous-section"
	actLanguage        Action = "language"
	actHelp            Action = "help"
	actClose           Action = "close"
	actLeave           Action = "leave"
	actQuit            Action = "quit" // cannot be bound anew: Ctrl-C always leaves
)

// binding is a row of the key table.
type binding struct {
	action Action
	in     scene
	keys   []string
}

// defaultBindings is the one table of keys. No two actions differ by Shift on a
// letter, since most Hangul keys send the same jamo with it; N alone does.
func defaultBindings() []binding {
	row := func(action Action, in scene, keys string) binding {
		return binding{action, in, strings.Fields(keys)}
	}
	return []binding{
		row(actForward, stepping|comparing, "Space -> Down PgDn Enter j"),
		row(actBack, stepping|comparing, "<- Up PgUp Backspace k"),
		row(actNextChange, stepping, "]"),
		row(actPreviousChange, stepping, "["),
		row(actFirst, stepping|comparing, "Home"),
		row(actLatest, stepping|comparing, "End"),
		row(actGoTo, stepping, "g"),
		row(actPlay, stepping, "p"),
		row(actFaster, stepping, "+ ="),
		row(actSlower, stepping, "-"),
		row(actChoose, stepping, "c F5"),
		row(actLose, stepping|menu, "x Del"),
		row(actDouble, stepping|menu, "d"),
		row(actFutures, stepping, "f"),
		row(actPredict, stepping, "b ."),
		row(actPane, stepping, "1 2 3 4 5 6 7"),
		row(actLadder, stepping, "0"),
		row(actNextPane, stepping, "Tab"),
		row(actPreviousPane, stepping, "Shift-Tab"),
		row(actEnlarge, stepping, `z \ ₩`),
		row(actScrollDown, anyScreen, "Ctrl-D"),
		row(actScrollUp, anyScreen, "Ctrl-U"),
		row(actWhy, stepping, "w"),
		row(actBytes, stepping, "t"),
		row(actRelative, stepping, "#"),
		row(actSearch, stepping, "/"),
		row(actSearchNext, stepping|comparing, "n"),
		row(actSearchPrevious, stepping|comparing, "N"),
		row(actExport, stepping, "s F2"),
		row(actEras, stepping, "y"),
		row(actCommand, stepping, ":"),
		row(actMouse, stepping, "m"),
		row(actMenuDown, menu, "Down -> PgDn j"),
		row(actMenuUp, menu, "Up <- PgUp k"),
		row(actDo, menu, "Enter ."),
		row(actEntry, menu, "1 2 3 4 5 6 7 8 9"),
		row(actFlip, explorer, "Space"),
		row(actBitLeft, explorer, "<-"),
		row(actBitRight, explorer, "->"),
		row(actNextField, explorer, "Tab"),
		row(actPreviousField, explorer, "Shift-Tab"),
		row(actDigit, explorer, "0 1 2 3 4 5 6 7 8 9"),
		row(actErase, explorer, "Backspace Del"),
		row(actNotation, explorer, ":"),
		row(actMate, explorer, "m"),
		row(actCheck, explorer, "/"),
		row(actNextSection, explorer, "] Down PgDn j"),
		row(actPreviousSection, explorer, "[ Up PgUp k"),
		row(actLanguage, anyScreen, "l L F3"),
		row(actHelp, anyScreen, "? h F1"),
		row(actClose, anyScreen, "Esc"),
		row(actLeave, anyScreen, "q"),
		row(actQuit, anyScreen, "Ctrl-C"),
	}
}

// key is one key of the keyboard, as tcell tells it; code is tcell.KeyRune for a
// character.
type key struct {
	code tcell.Key
	r    rune
}

// specialKeys names the keys that send no character, as help shows them.
var specialKeys = map[tcell.Key]string{
	tcell.KeyLeft: "<-", tcell.KeyRight: "->", tcell.KeyUp: "Up", tcell.KeyDown: "Down",
	tcell.KeyPgUp: "PgUp", tcell.KeyPgDn: "PgDn", tcell.KeyHome: "Home", tcell.KeyEnd: "End",
	tcell.KeyEnter: "Enter", tcell.KeyBackspace: "Backspace", tcell.KeyDelete: "Del", tcell.KeyInsert: "Ins",
	tcell.KeyTab: "Tab", tcell.KeyBacktab: "Shift-Tab", tcell.KeyEsc: "Esc",
}

// String is the key's name in help and in config.toml.
func (k key) String() string {
	name, special := specialKeys[k.code]
	switch {
	case special:
		return name
	case k.code == tcell.KeyRune && k.r == ' ':
		return "Space"
	case k.code == tcell.KeyRune:
		return string(k.r)
	case k.code >= tcell.KeyF1 && k.code <= tcell.KeyF64:
		return fmt.Sprintf("F%d", k.code-tcell.KeyF1+1)
	case k.code >= tcell.KeyCtrlA && k.code <= tcell.KeyCtrlZ:
		return "Ctrl-" + string('A'+rune(k.code-tcell.KeyCtrlA))
	}
	return tcell.KeyNames[k.code]
}

// parseKey reads what [key.String] prints, and Left and Right.
func parseKey(name string) (key, error) {
	switch name {
	case "Left":
		name = "<-"
	case "Right":
		name = "->"
	case "Space":
		return key{tcell.KeyRune, ' '}, nil
	}
	for code, special := range specialKeys {
		if special == name {
			return key{code: code}, nil
		}
	}
	if r, n := utf8.DecodeRuneInString(name); n == len(name) && r != utf8.RuneError && unicode.IsGraphic(r) && r != ' ' && hangulLetters(r) == "" {
		return key{tcell.KeyRune, r}, nil
	}
	for code := tcell.KeyF1; code <= tcell.KeyF12; code++ {
		if k := (key{code: code}); k.String() == name {
			return k, nil
		}
	}
	for code := tcell.KeyCtrlA; code <= tcell.KeyCtrlZ; code++ {
		if k := (key{code: code}); k.String() == name {
			return k, nil
		}
	}
	return key{}, fmt.Errorf("key %q, want one character, Space, Enter, Tab, Shift-Tab, Backspace, Del, Ins, Esc, "+
		"Home, End, PgUp, PgDn, Up, Down, Left, Right, F1 to F12 or Ctrl-A to Ctrl-Z", name)
}

// keyOf is the key of an event. ok is false for one held down together with Alt or
// such: those are bound to nothing.
func keyOf(event *tcell.EventKey) (k key, ok bool) {
	k.code = event.Key()
	modifiers := event.Modifiers()
	switch {
	case k.code == tcell.KeyRune:
		k.r = event.Rune()
	case k.code >= tcell.KeyCtrlA && k.code <= tcell.KeyCtrlZ:
		modifiers &^= tcell.ModCtrl
	}
	return k, modifiers == tcell.ModNone
}

// hit is an action that a key stands for, and which of the action's keys it is,
// counted from 0: key 4 is number 3 of pane's keys.
type hit struct {
	action Action
	nth    int
}

// pressed is what a key event means.
type pressed struct {
	hits   []hit  // what to do, in order; a Hangul syllable is several letters
	hangul bool   // typed with a Hangul input method: it hands letters over one key late
	name   string // for "no key for ..."
}

// Keys finds the action of a key. It remembers the Hangul typed last: one goroutine
// at a time may use it.
type Keys struct {
	bindings []binding
	hits     map[scene]map[key]hit
	hangul   time.Time // when a Hangul rune came last
}

// sameRead is how close together the events of one read are made: tcell takes less
// than a millisecond, and nobody types a key within ten.
const sameRead = 10 * time.Millisecond

// newKeys makes the look-up of a table. It refuses a key that has two actions in one
// scene.
func newKeys(bindings []binding) (*Keys, error) {
	k := &Keys{bindings: bindings, hits: map[scene]map[key]hit{}}
	for _, in := range []scene{stepping, menu, explorer, comparing} {
		k.hits[in] = map[key]hit{}
		for _, b := range bindings {
			for nth, name := range b.keys {
				bound, err := parseKey(name)
				if err != nil {
					return nil, err
				}
				if b.in&in == 0 {
					continue
				}
				if other, taken := k.hits[in][bound]; taken {
					return nil, fmt.Errorf("key %q for %s and for %s, want one action a key", name, other.action, b.action)
				}
				k.hits[in][bound] = hit{b.action, nth}
			}
		}
	}
	return k, nil
}

// find says what a key event means where something is open.
//
// An input method hands a jamo over only when the next key commits it. So a Space or
// Enter that comes in the same read behind Hangul is that commit and does nothing.
func (k *Keys) find(event *tcell.EventKey, in scene) pressed {
	pressedKey, ok := keyOf(event)
	p := pressed{name: pressedKey.String()}
	if !ok {
		return p
	}
	if letters := hangulLetters(pressedKey.r); letters != "" {
		k.hangul, p.hangul = event.When(), true
		for _, letter := range letters {
			p.hits = k.add(p.hits, key{tcell.KeyRune, letter}, in)
		}
		return p
	}
	if k.commits(event) {
		p.hangul = true
		return p
	}
	p.hits = k.add(nil, pressedKey, in)
	return p
}

// commits reports a Space or Enter in the same read behind a Hangul rune: it only made
// the input method hand that over. It is to be asked of each key once.
func (k *Keys) commits(event *tcell.EventKey) bool {
	behind := !k.hangul.IsZero() && event.When().Sub(k.hangul) < sameRead
	k.hangul = time.Time{}
	return behind && (event.Key() == tcell.KeyEnter || event.Key() == tcell.KeyRune && event.Rune() == ' ')
}

// add appends the action of a key, if it has one. A capital stands for its letter
// where it has no action of its own: Caps Lock, and the jamo that need Shift.
func (k *Keys) add(hits []hit, pressedKey key, in scene) []hit {
	h, ok := k.hits[in][pressedKey]
	if !ok {
		pressedKey.r = unicode.ToLower(pressedKey.r)
		h, ok = k.hits[in][pressedKey]
	}
	if !ok {
		return hits
	}
	return append(hits, h)
}

// hint is the name of the first key of an action, for a line that tells what to press.
func (k *Keys) hint(action Action) string { return k.nth(action, 0) }

// nth is the name of one of an action's keys, counted from 0; empty if it has not so many.
func (k *Keys) nth(action Action, n int) string {
	for _, b := range k.bindings {
		if b.action == action && n < len(b.keys) {
			return b.keys[n]
		}
	}
	return ""
}

// helpLine is an action with all its keys, for help.
type helpLine struct {
	action Action
	keys   string // "x Del", "1-7"
	hangul string // the jamo on the same keys, "ㅌ"
}

// help lists the actions of a scene in the table's order.
func (k *Keys) help(in scene) []helpLine {
	var lines []helpLine
	for _, b := range k.bindings {
		if b.in&in == 0 {
			continue
		}
		var jamo []string
		for _, name := range b.keys {
			if j := jamoOf(strings.ToLower(name)); j != "" && !slices.Contains(jamo, j) {
				jamo = append(jamo, j)
			}
		}
		lines = append(lines, helpLine{b.action, keyList(b.keys), strings.Join(jamo, " ")})
	}
	return lines
}

// keyList joins key names; a run of digits is shortened to 1-7.
func keyList(names []string) string {
	run := len(names) > 2
	for i, name := range names {
		run = run && len(name) == 1 && unicode.IsDigit(rune(name[0])) && name[0] == names[0][0]+byte(i)
	}
	if run {
		return names[0] + "-" + names[len(names)-1]
	}
	return strings.Join(names, " ")
}
