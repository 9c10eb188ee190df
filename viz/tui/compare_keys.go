package tui

import (
	"slices"

	"github.com/gdamore/tcell/v2"
	"github.com/rivo/tview"

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

// do does what a key stands for. Help stays open only for what serves to read it; what closes
// it does no more than that.
func (s *compareScreen) do(a Action) {
	if s.help && a == actClose {
		s.help = false
		return
	}
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
		actLatest:         func() { s.goTo(s.len() - 1) },
		actSearchNext:     func() { s.leapBy(1) },
		actSearchPrevious: func() { s.leapBy(-1) },
		actScrollDown:     func() { s.scroll += scrollBy }, // Draw bounds it
		actScrollUp:       func() { s.scroll = max(s.scroll-scrollBy, 0) },
		actHelp:           func() { s.help, s.scroll = !s.help, 0 },
		actClose:          s.leave,
		actLeave:          s.leave,
		actQuit:           s.quit,
		actLanguage: func() {
			langs := words.Langs()
			s.lang = langs[(slices.Index(langs, s.lang)+1)%len(langs)]
		},
	}
}

// goTo puts the cursor on a line, as near as there are lines.
func (s *compareScreen) goTo(line int) {
	s.at, s.scroll = max(min(line, s.len()-1), 0), 0
}

// leapBy goes to the next difference or aim, or to the one before.
func (s *compareScreen) leapBy(by int) {
	for i := s.at + by; i >= 0 && i < s.len(); i += by {
		if s.leap(i) {
			s.goTo(i)
			return
		}
	}
	_, none := s.leaps()
	s.said = s.say(none)
}
