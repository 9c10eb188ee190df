package tui

import (
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
		if e.ask != nil {
			e.edit(event)
			return
		}
		pressed := e.keys.find(event, explorer)
		for _, hit := range pressed.hits {
			if e.ask == nil { // the rest of a Hangul syllable
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

// do does what a key stands for.
func (e *explorerScreen) do(h hit) {
	switch h.action {
	case actLanguage:
		langs := words.Langs()
		for i, lang := range langs {
			if lang == e.lang {
				e.lang = langs[(i+1)%len(langs)]
				return
			}
		}
	case actHelp:
		e.help, e.model.scroll = !e.help, 0
	case actClose:
		e.help, e.model.field, e.model.typed = false, noField, ""
	case actLeave, actQuit:
		e.app.Stop()
	case actScrollDown:
		e.model.scroll += max(e.tall/2, 1)
	case actScrollUp:
		e.model.scroll = max(e.model.scroll-max(e.tall/2, 1), 0)
	default:
		e.help = false
		e.change(h)
	}
}

// change does what changes the number, or where the person is in it.
func (e *explorerScreen) change(h hit) {
	m := &e.model
	switch h.action {
	case actFlip:
		m.flip()
	case actBitLeft:
		m.move(-1)
	case actBitRight:
		m.move(1)
	case actNextField:
		m.nextField(1)
	case actPreviousField:
		m.nextField(-1)
	case actDigit:
		m.digit(h.nth)
	case actErase:
		m.erase()
	case actMate:
		m.mate()
	case actNextSection:
		m.nextPane(1)
	case actPreviousSection:
		m.nextPane(-1)
	case actNotation:
		e.question, e.line, e.ask = "ask.notation", "", m.read
	case actCheck:
		e.question, e.line, e.ask = "ask.check", "", m.check
	}
}

// longestLine is more than any notation needs.
const longestLine = 60

// edit takes a key of the line being typed.
func (e *explorerScreen) edit(event *tcell.EventKey) {
	switch event.Key() {
	case tcell.KeyEnter:
		ask := e.ask
		e.ask = nil
		ask(e.line)
	case tcell.KeyEsc:
		e.ask = nil
	case tcell.KeyBackspace, tcell.KeyBackspace2:
		runes := []rune(e.line)
		e.line = string(runes[:max(len(runes)-1, 0)])
	case tcell.KeyCtrlU:
		e.line = ""
	case tcell.KeyRune:
		if len(e.line) < longestLine {
			e.line += string(event.Rune())
		}
	}
}

// drawBar says what the next key will do, or what the last one could not, and lists
// keys.
func (e *explorerScreen) drawBar(c canvas) {
	if e.ask != nil {
		used := c.text(1, 0, c.w, e.say(e.question)+" ", e.palette.Focus)
		c.text(1+used, 0, c.w, e.line+"_", tcell.StyleDefault)
		c.text(0, 1, c.w, "Enter "+e.say("hint.take")+"   Esc "+e.say("hint.close"), tcell.StyleDefault)
		return
	}
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
		hint("notation", actNotation), hint("mate", actMate), hint("check", actCheck), "1-5 " + e.say("hint.pane"),
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
