package tui

import (
	"context"
	"maps"

	"sockscope/handshake"
)

// actions are what the keys of the dashboard stand for; nth is which of the action's
// keys it was, from 0.
func (d *dashboard) actions() map[Action]func(nth int) {
	all := d.steps()
	maps.Copy(all, d.looks())
	maps.Copy(all, d.asks())
	return all
}

// steps are the actions that move in time.
func (d *dashboard) steps() map[Action]func(int) {
	return map[Action]func(int){
		actForward:        func(int) { d.step(forward) },
		actBack:           func(int) { d.model.back() },
		actNextChange:     func(int) { d.step(nextChange) },
		actPreviousChange: func(int) { d.model.previousChange() },
		actFirst:          func(int) { d.goToStep(0) },
		actLatest:         func(int) { d.goToStep(d.model.timeline.Len()) },
		actPlay:           func(int) { d.play() },
		actFaster:         func(int) { d.faster(1) },
		actSlower:         func(int) { d.faster(-1) },
		actLose:           func(int) { d.disturb(handshake.Drop) },
		actDouble:         func(int) { d.disturb(handshake.Duplicate) },
	}
}

func forward(ctx context.Context, m *stepper) error { return m.forward(ctx) }

func nextChange(ctx context.Context, m *stepper) error { return m.nextChange(ctx) }

func (d *dashboard) goToStep(n int) {
	d.step(func(ctx context.Context, m *stepper) error { return m.goTo(ctx, n) })
}

func (d *dashboard) disturb(verb handshake.Verb) {
	d.step(func(ctx context.Context, m *stepper) error { return m.disturb(ctx, verb) })
}

// scrollBy is how many lines a long pane moves at once.
const scrollBy = 5

// looks are the actions that change how the steps are shown, not which.
func (d *dashboard) looks() map[Action]func(int) {
	return map[Action]func(int){
		actPredict:      func(int) { d.predict() },
		actPane:         func(nth int) { d.model.open(nth + 1) },
		actLadder:       func(int) { d.model.open(0) },
		actNextPane:     func(int) { d.model.turn(1) },
		actPreviousPane: func(int) { d.model.turn(-1) },
		actEnlarge:      func(int) { d.model.large = !d.model.large && d.model.pane > 0 },
		actScrollDown:   func(int) { d.model.scroll += scrollBy }, // the pane bounds it
		actScrollUp:     func(int) { d.model.scroll = max(d.model.scroll-scrollBy, 0) },
		actWhy:          func(int) { d.model.why() },
		actBytes:        func(int) { d.model.octets() },
		actRelative:     func(int) { d.model.relative = !d.model.relative },
		actLanguage:     func(int) { d.turnLanguage() },
		actMouse:        func(int) { d.turnMouse() },
	}
}

// asks are the actions that open something, or close it.
func (d *dashboard) asks() map[Action]func(int) {
	return map[Action]func(int){
		actChoose:         func(int) { d.choose() },
		actFutures:        func(int) { d.futures() },
		actGoTo:           func(int) { d.ask("dash.ask-goto", d.goTo) },
		actSearch:         func(int) { d.ask("dash.ask-search", d.search) },
		actSearchNext:     func(int) { d.find(1) },
		actSearchPrevious: func(int) { d.find(-1) },
		actExport:         func(int) { d.ask("dash.ask-export", d.export) },
		actEras:           func(int) { d.eras() },
		actCommand:        func(int) { d.ask("", d.command) },
		actHelp:           func(int) { d.help() },
		actClose:          func(int) { d.model.large = false },
		actLeave:          func(int) { d.leave() },
	}
}

// inList are the actions that mean something else while a list is open. All others
// close it first.
func (d *dashboard) inList(l *list) map[Action]func(int) {
	page := max(l.shown-1, 1) // one line of it stays
	return map[Action]func(int){
		actMenuDown:   func(int) { l.move(1) },
		actMenuUp:     func(int) { l.move(-1) },
		actScrollDown: func(int) { l.move(page) },
		actScrollUp:   func(int) { l.move(-page) },
		actDo:         func(int) { d.pick(l.at) },
		actEntry:      func(nth int) { d.pick(nth) },
		actClose:      func(int) { d.list = nil },
		actHelp:       func(int) { d.turnHelp() },
		actLanguage:   func(int) { d.turnLanguage() },
	}
}

// whilePlaying are the actions that do not stop autoplay.
func whilePlaying() []Action {
	return []Action{
		actPlay, actFaster, actSlower, actPane, actLadder, actNextPane, actPreviousPane, actEnlarge,
		actScrollDown, actScrollUp, actWhy, actBytes, actRelative, actMouse, actLanguage,
	}
}

// pick does an entry of the list, if it has it, and closes the list.
func (d *dashboard) pick(nth int) {
	if do := d.list.pick(nth); do != nil {
		d.list = nil
		do()
	}
}

// turnHelp closes help, or opens it in the place of a menu.
func (d *dashboard) turnHelp() {
	if d.list.count == 0 {
		d.list = nil
		return
	}
	d.help()
}

func (d *dashboard) predict() {
	m := d.model
	m.predict = !m.predict
	if m.hidden = m.hidden && m.predict; m.predict {
		d.mention("dash.predict-on")
	} else {
		d.mention("dash.predict-off")
	}
}

func (d *dashboard) turnMouse() {
	d.mouse = !d.mouse
	d.app.EnableMouse(d.mouse)
	if d.mouse {
		d.mention("dash.mouse-on")
	} else {
		d.mention("dash.mouse-off")
	}
}
