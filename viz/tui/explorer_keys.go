package tui

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gdamore/tcell/v2"
	"github.com/rivo/tview"

	"sockscope/rfc147"
	"sockscope/viz"
	"sockscope/viz/words"
)

// InputHandler implements [tview.Primitive].
func (e *explorerScreen) InputHandler() func(*tcell.EventKey, func(tview.Primitive)) {
	return func(event *tcell.EventKey, _ func(tview.Primitive)) {
		e.model.said = nil
		if p := e.prompt; p != nil {
			if !e.keys.commits(event) && p.over(event) {
				e.prompt = nil
				p.enter()
			}
			return
		}
		pressed := e.keys.find(event, explorer)
		for _, hit := range pressed.hits {
			if e.prompt == nil { // the rest of a Hangul syllable
				e.do(hit)
			}
		}
		switch {
		case pressed.hangul:
			e.model.say("dash.hangul")
		case len(pressed.hits) == 0:
			e.model.say("explorer.no-key", "key", pressed.name)
		}
	}
}

// do does what a key stands for. Help stays open only for what serves to read it.
func (e *explorerScreen) do(h hit) {
	if !slices.Contains([]Action{actHelp, actLanguage, actScrollDown, actScrollUp}, h.action) {
		e.help = false
	}
	e.actions()[h.action](h.nth)
}

// actions are what the keys of the explorer do; each is told which of its keys it was.
func (e *explorerScreen) actions() map[Action]func(nth int) {
	m := &e.model
	return map[Action]func(int){
		actFlip:            func(int) { m.flip() },
		actBitLeft:         func(int) { m.move(-1) },
		actBitRight:        func(int) { m.move(1) },
		actNextField:       func(int) { m.nextField(1) },
		actPreviousField:   func(int) { m.nextField(-1) },
		actDigit:           m.digit,
		actErase:           func(int) { m.erase() },
		actMate:            func(int) { m.mate() },
		actNextSection:     func(int) { m.nextPane(1) },
		actPreviousSection: func(int) { m.nextPane(-1) },
		actNotation:        func(int) { e.prompt = &prompt{ask: "explorer.ask.notation", done: m.read} },
		actCheck:           func(int) { e.prompt = &prompt{ask: "explorer.ask.check", done: m.check} },
		actScrollDown:      func(int) { m.scroll += max(e.tall/2, 1) },
		actScrollUp:        func(int) { m.scroll = max(m.scroll-max(e.tall/2, 1), 0) },
		actHelp:            func(int) { e.help, m.scroll = !e.help, 0 },
		actClose:           func(int) { m.field, m.typed = noField, "" },
		actLeave:           func(int) { e.app.Stop() },
		actQuit:            func(int) { e.app.Stop() },
		actLanguage: func(int) {
			langs := words.Langs()
			e.lang = langs[(slices.Index(langs, e.lang)+1)%len(langs)]
		},
	}
}

// drawBar says what the next key will do, or what the last one could not, and lists
// keys.
func (e *explorerScreen) drawBar(c canvas) {
	if p := e.prompt; p != nil {
		used := c.text(1, 0, c.w-2, e.words().Text(p.ask)+" "+p.text, e.palette.Now)
		c.screen.ShowCursor(c.x+1+used, c.y)
		c.text(0, 1, c.w, "Enter "+e.say("hint.take")+"   Esc "+e.say("hint.close"), tcell.StyleDefault)
		return
	}
	c.screen.HideCursor()
	c.text(1, 0, c.w-1, e.next(), e.palette.Now)
	c.text(0, 1, c.w, e.hints(c.w), tcell.StyleDefault)
}

// next is what the last key could not do, else what Space or a digit will do.
func (e *explorerScreen) next() string {
	if said := e.model.said; said != nil {
		return e.words().Say(said.key, func(name string) (string, bool) {
			switch name {
			case "key":
				if said.key == "explorer.no-field" {
					return e.keys.hint(actNextField), true
				}
			case "help":
				return e.keys.hint(actHelp), true
			}
			value, ok := viz.Fill(said.pairs...)(name)
			if name == "field" {
				value = e.say(value)
			}
			return value, ok
		})
	}
	return e.say("next") + " > " + e.coming()
}

func (e *explorerScreen) coming() string {
	m, layout := &e.model, rfc147.Layout()
	if m.field != noField {
		f := layout[m.field]
		return e.say("next.type", "field", e.say(f.Name), "most", strconv.FormatUint(uint64(f.Max()), 10))
	}
	flipped := m.flipped()
	value := strconv.Itoa(int(flipped >> (lastBit - m.bit) & 1))
	if m.bit == lastBit {
		return e.say("next.mate", "value", value)
	}
	f := layout[0]
	for _, next := range layout {
		if next.First <= m.bit {
			f = next
		}
	}
	return e.say("next.flip", "bit", strconv.Itoa(m.bit), "value", value,
		"field", e.say(f.Name), "number", strconv.FormatUint(uint64(f.Of(flipped)), 10))
}

// hints lists keys with what they do, as many as fit. Those that a person can do
// without give way first.
func (e *explorerScreen) hints(columns int) string {
	hint := func(word string, actions ...Action) string {
		var keys []string
		for _, a := range actions {
			keys = append(keys, e.keys.hint(a))
		}
		return strings.Join(keys, " ") + " " + e.say("hint."+word)
	}
	hints := []string{
		hint("flip", actFlip), hint("bit", actBitLeft, actBitRight), hint("field", actNextField), "0-9 " + e.say("hint.digit"),
		hint("notation", actNotation), hint("mate", actMate), hint("check", actCheck), "1-6 " + e.say("hint.pane"),
		hint("language", actLanguage), hint("help", actHelp), hint("leave", actLeave),
	}
	giveWay := []int{8, 6, 3, 5, 1, 4}
	for {
		line := joined("   ", hints...)
		if width(line) > columns {
			line = joined("  ", hints...)
		}
		if width(line) <= columns || len(giveWay) == 0 {
			return line
		}
		hints[giveWay[0]], giveWay = "", giveWay[1:]
	}
}
