package tui

import (
	"slices"

	"github.com/gdamore/tcell/v2"
	"github.com/rivo/tview"

	"sockscope/handshake/compare"
	"sockscope/viz/words"
)

// InputHandler implements [tview.Primitive].
func (s *compareScreen) InputHandler() func(*tcell.EventKey, func(tview.Primitive)) {
	return func(event *tcell.EventKey, _ func(tview.Primitive)) {
		s.said = ""
		pressed := s.keys.find(event, comparing)
		for _, h := range pressed.hits {
			s.do(h.action)
		}
		switch {
		case pressed.hangul:
			s.said = s.say("dash.hangul")
		case len(pressed.hits) == 0:
			s.said = s.say("explorer.no-key", "key", pressed.name, "help", s.keys.hint(actHelp))
		}
	}
}

// do does what a key stands for. Help stays open only for what serves to read it.
func (s *compareScreen) do(a Action) {
	if !slices.Contains([]Action{actHelp, actLanguage, actScrollDown, actScrollUp}, a) {
		s.help = false
	}
	s.actions()[a]()
}

// actions are what the keys of the comparison do.
func (s *compareScreen) actions() map[Action]func() {
	return map[Action]func(){
		actForward:        func() { s.goTo(s.at + 1) },
		actBack:           func() { s.goTo(s.at - 1) },
		actFirst:          func() { s.goTo(0) },
		actLatest:         func() { s.goTo(len(s.comparison.Lines) - 1) },
		actSearchNext:     func() { s.difference(1) },
		actSearchPrevious: func() { s.difference(-1) },
		actScrollDown:     func() { s.scroll += scrollBy }, // Draw bounds it
		actScrollUp:       func() { s.scroll = max(s.scroll-scrollBy, 0) },
		actHelp:           func() { s.help, s.scroll = !s.help, 0 },
		actClose:          func() {},
		actLeave:          func() { s.app.Stop() },
		actQuit:           func() { s.app.Stop() },
		actLanguage: func() {
			langs := words.Langs()
			s.lang = langs[(slices.Index(langs, s.lang)+1)%len(langs)]
		},
	}
}

// goTo puts the cursor on a line, as near as there are lines.
func (s *compareScreen) goTo(line int) {
	s.at, s.scroll = max(min(line, len(s.comparison.Lines)-1), 0), 0
}

// difference goes to where the next difference begins, or the one before.
func (s *compareScreen) difference(by int) {
	for i := s.at + by; i >= 0 && i < len(s.comparison.Lines); i += by {
		if l := &s.comparison.Lines[i]; l.Differs != compare.Equal && l.Cause == i {
			s.goTo(i)
			return
		}
	}
	s.said = s.say("ui.compare.none")
}
