package tui

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/gdamore/tcell/v2"
	"github.com/rivo/tview"

	"sockscope/handshake"
	"sockscope/viz"
	"sockscope/viz/words"
)

// Options are what a person can choose of the dashboard.
type Options struct {
	Lang   string // "en" or "ko"
	Mouse  bool   // the wheel steps, and the terminal copies no text
	Color  bool
	Config Config
	Load   func(name string) (*handshake.Timeline, error) // another scenario, for :open
	Offer  *Offer                                         // what else there is, if this was not asked for

	// Eras puts a trace beside one of the other era, 1971 or today. One that is not whole may
	// have ended elsewhere: its scenario is played to the end. Nil: the dashboard has no such key.
	Eras func(ctx context.Context, t *handshake.Trace, whole bool) (*viz.Eras, error)
}

// Run shows a timeline until the person leaves or the context ends. It closes what
// Load gave it, the first timeline is its caller's. The terminal is left as it was
// found, also by a panic.
func Run(ctx context.Context, t *handshake.Timeline, o Options) error {
	screen, glyphs, err := openScreen(o)
	if err != nil {
		return err
	}
	d := newDashboard(ctx, t, o, glyphs)
	return errors.Join(d.run(screen), d.close())
}

// ErrScreen is a terminal that cannot show a screen: its kind is unknown, it lacks the
// characters, or there is none.
var ErrScreen = errors.New("tui: no screen")

// openScreen starts the screen of the terminal and finds out which glyphs it can draw.
func openScreen(o Options) (tcell.Screen, Glyphs, error) {
	if o.Lang == "ko" && !isUTF8(os.Getenv) {
		return nil, Glyphs{}, fmt.Errorf("%w: the locale's character set has no Hangul, want UTF-8", ErrScreen)
	}
	kind := os.Getenv("TERM")
	if _, err := tcell.LookupTerminfo(kind); err != nil && runtime.GOOS != "windows" {
		return nil, Glyphs{}, fmt.Errorf("%w: TERM is %q, want a terminal that is known here", ErrScreen, kind)
	}
	tcell.SetEncodingFallback(tcell.EncodingFallbackASCII) // of a locale such as en_US.ISO-8859-1
	tty, glyphs, err := openTerminal(os.Getenv, o.Config.Glyphs)
	if err != nil {
		return nil, Glyphs{}, fmt.Errorf("%w: %w", ErrScreen, err)
	}
	screen, err := newScreen(tty)
	if err != nil {
		return nil, Glyphs{}, fmt.Errorf("%w: %w", ErrScreen, err)
	}
	shadow := newShadow(screen)
	if err := shadow.Init(); err != nil { // here, for tview would drop it
		return nil, Glyphs{}, fmt.Errorf("%w: %w", ErrScreen, err)
	}
	return shadow, glyphs, nil
}

// newScreen makes the screen on a Tty, or on tcell's own choice of one.
func newScreen(tty tcell.Tty) (tcell.Screen, error) {
	if tty == nil {
		return tcell.NewScreen()
	}
	return tcell.NewTerminfoScreenFromTty(tty)
}

// dashboard is the one widget of the application: it draws every panel, and takes
// every key. What it shows is in its model.
type dashboard struct {
	*tview.Box
	app     *tview.Application
	ctx     context.Context
	model   *stepper
	keys    *Keys
	does    map[Action]func(nth int) // what its keys stand for
	load    func(string) (*handshake.Timeline, error)
	loaded  *handshake.Timeline // by load, to be closed
	via     string              // the kernel that runs, or the sockets that carry the segments
	lang    string
	say     *words.Words
	glyphs  Glyphs
	colours Palette
	mouse   bool
	erasOf  func(context.Context, *handshake.Trace, bool) (*viz.Eras, error)
	over    *compareScreen     // is shown instead, and takes the keys
	list    *list              // what is open
	prompt  *prompt            // what is being typed
	remark  func(*view) string // said instead of what comes next, until a key is pressed
	asking  func()             // what is done if the next key says yes
	offer   *Offer             // said until a step is made
	timer   *time.Timer        // autoplay's
	job     *job               // what goes on beside the screen
	ahead   []hit              // steps that were asked for while it did, in order
	pressed time.Time          // when the last key was
	before  time.Time          // and the one before
	tired   bool               // waiting failed: none in the background until a key is pressed
	queue   func(func())       // has something done where the screen is drawn
	frame   *view
	fresh   bool // frame is what the model shows
	more    int  // the pane that has more below what it shows; 0: none
}

func newDashboard(ctx context.Context, t *handshake.Timeline, o Options, glyphs Glyphs) *dashboard {
	d := &dashboard{
		Box: tview.NewBox(), app: tview.NewApplication(), ctx: ctx, keys: o.Config.Keys, load: o.Load, offer: o.Offer, erasOf: o.Eras,
		lang: o.Lang, say: words.For(o.Lang), glyphs: glyphs, mouse: o.Mouse,
	}
	if o.Color {
		d.colours = Colours()
	}
	d.queue = func(f func()) { d.app.QueueUpdateDraw(f) }
	d.does = d.actions()
	d.begin(t)
	return d
}

// begin shows a timeline from its start.
func (d *dashboard) begin(t *handshake.Timeline) {
	d.model, d.via, d.fresh = newStepper(t), t.Trace().Host, false
	if s, ok := t.Session().(interface{ Via() string }); ok {
		d.via = s.Via()
	}
}

// close closes the timeline that was loaded, if one was.
func (d *dashboard) close() error {
	if d.loaded == nil {
		return nil
	}
	return d.loaded.Close()
}

func (d *dashboard) run(screen tcell.Screen) error {
	defer context.AfterFunc(d.ctx, d.app.Stop)()
	defer d.halt()
	defer d.pause()
	d.rest()
	return d.app.SetScreen(screen).EnableMouse(d.mouse).SetRoot(d, true).Run()
}

// Draw implements [tview.Primitive].
func (d *dashboard) Draw(screen tcell.Screen) {
	x, y, w, h := d.GetRect()
	if d.over != nil {
		d.over.SetRect(x, y, w, h)
		d.over.Draw(screen)
		return
	}
	d.draw(newCanvas(screen, x, y, w, h, d.glyphs, d.colours))
}

// InputHandler implements [tview.Primitive].
func (d *dashboard) InputHandler() func(*tcell.EventKey, func(tview.Primitive)) {
	return func(event *tcell.EventKey, _ func(tview.Primitive)) {
		defer d.rest()
		d.fresh, d.remark, d.tired = false, nil, false
		d.press(event.When())
		if d.over != nil {
			d.over.InputHandler()(event, nil)
			return
		}
		if d.prompt != nil {
			if !d.keys.commits(event) { // the key that opened the prompt
				d.typed(event)
			}
			return
		}
		in := stepping
		if d.list != nil {
			in = menu
		}
		p := d.keys.find(event, in)
		if p.hangul {
			d.mention("dash.hangul")
		}
		asking := d.asking
		d.asking = nil
		if asking != nil && d.answer(p, asking) || d.accepts(p) {
			return
		}
		for _, h := range p.hits {
			if d.prompt == nil { // the rest of a Hangul syllable
				d.act(h)
			}
		}
		if len(p.hits) == 0 && !p.hangul && (in != menu || p.name != "Space") {
			d.mention("dash.no-key", "key", p.name, "help", d.keys.hint(actHelp))
		}
	}
}

// MouseHandler implements [tview.Primitive]. The wheel and a click step; in a list the
// wheel moves.
func (d *dashboard) MouseHandler() func(tview.MouseAction, *tcell.EventMouse, func(tview.Primitive)) (bool, tview.Primitive) {
	return func(action tview.MouseAction, event *tcell.EventMouse, _ func(tview.Primitive)) (bool, tview.Primitive) {
		does := map[tview.MouseAction]hit{
			tview.MouseScrollDown: {action: actForward}, tview.MouseScrollUp: {action: actBack}, tview.MouseLeftClick: {action: actForward},
		}
		if d.list != nil {
			does = map[tview.MouseAction]hit{
				tview.MouseScrollDown: {action: actMenuDown}, tview.MouseScrollUp: {action: actMenuUp},
			}
		}
		h, ok := does[action]
		if ok && d.prompt == nil && d.over == nil {
			defer d.rest()
			d.remark, d.asking, d.tired = nil, nil, false
			d.press(event.When())
			d.act(h)
		}
		return ok, nil
	}
}

// act does what a key stands for.
func (d *dashboard) act(h hit) {
	d.fresh = false
	does := d.does[h.action]
	if d.list != nil {
		if inList, ok := d.inList(d.list)[h.action]; ok {
			inList(h.nth)
			return
		}
		d.list = nil
	}
	if !slices.Contains(whileWaiting(), h.action) {
		d.offer = nil
	}
	if d.interrupts(h) {
		return
	}
	if d.model.playing && !slices.Contains(whilePlaying(), h.action) {
		d.pause()
	}
	if does != nil {
		does(h.nth)
	}
}

// turnLanguage goes on to the next language.
func (d *dashboard) turnLanguage() {
	langs := words.Langs()
	for i, lang := range langs {
		if lang == d.lang {
			d.speak(langs[(i+1)%len(langs)])
			return
		}
	}
}

// leave stops, or asks first if the person has made futures.
func (d *dashboard) leave() { d.unlessFutures("dash.ask-leave", d.app.Stop) }

// unlessFutures does what loses the futures that a person has made; if there are any,
// only after q or Enter.
func (d *dashboard) unlessFutures(question string, do func()) {
	if len(d.model.timeline.Futures()) < 2 {
		do()
		return
	}
	d.asking = do
	d.mention(question)
}

// answer takes the key after a question whether to do something; false if it is none.
func (d *dashboard) answer(p pressed, do func()) bool {
	for _, h := range p.hits {
		switch {
		case h.action == actLeave, p.name == "Enter":
			do()
			return true
		case h.action == actClose:
			return true
		}
	}
	return false
}

// play steps by itself, or stops that.
func (d *dashboard) play() {
	if d.model.playing {
		d.pause()
		return
	}
	d.model.playing = true
	d.wait()
}

// wait takes the next step of autoplay after a while. Only here and in [dashboard.tell]
// another goroutine changes the dashboard.
func (d *dashboard) wait() {
	d.timer = time.AfterFunc(speeds[d.model.speed], func() { d.queue(d.tick) })
}

func (d *dashboard) tick() {
	if !d.model.playing {
		return
	}
	d.fresh, d.remark = false, nil
	d.move(d.comingText, forward, func(err error) {
		switch {
		case err != nil:
			d.pause()
			d.try(err)
		case d.model.playing:
			d.wait()
		}
	})
	d.rest()
}

func (d *dashboard) pause() {
	d.model.playing = false
	if d.timer != nil {
		d.timer.Stop()
	}
}

// faster plays faster, or slower, and says how fast.
func (d *dashboard) faster(by int) {
	d.model.faster(by)
	d.mention("dash.speed", "n", fmt.Sprintf("%g", 1/speeds[d.model.speed].Seconds()))
}

// mention puts a sentence in the place of the next line until a key is pressed.
func (d *dashboard) mention(key string, pairs ...string) {
	d.remark = func(v *view) string { return v.words(key, pairs...) }
}

// try says what went wrong, if something did.
func (d *dashboard) try(err error) {
	d.fresh = false
	switch {
	case err == nil, errors.Is(err, context.Canceled): // nobody waits any more
	case errors.Is(err, handshake.ErrOver):
		d.remark = nil // the next line says so
	case errors.Is(err, errInFlight):
		d.mention("dash.in-flight")
	case errors.Is(err, errRecorded):
		d.mention("dash.recorded")
	default:
		d.fail(err)
	}
}

// fail shows an error on one line.
func (d *dashboard) fail(err error) {
	text := strings.Join(strings.Fields(err.Error()), " ")
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		text = path.Path + ": " + path.Err.Error()
	}
	d.remark = func(*view) string { return text }
}

// clock is the time at the cursor.
func (d *dashboard) clock(v *view) time.Duration {
	if s := v.step(); s != nil {
		return s.At
	}
	return 0
}
