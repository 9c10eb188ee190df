package tui

import (
	"strings"

	"github.com/gdamore/tcell/v2"

	"sockscope/handshake"
)

// Offer stands at the start of a timeline that is shown in the place of one whose engine
// cannot run here: why not, and what else there is.
type Offer struct {
	Why   func(lang string) string            // in one line
	Calls func() (*handshake.Timeline, error) // the same calls without segments; nil: there is no such thing
}

// accepts takes a key for the offer: Enter stays with what is shown, the key of choose
// goes over to the calls.
func (d *dashboard) accepts(p pressed) bool {
	if d.offer == nil {
		return false
	}
	if p.name == "Enter" {
		d.offer = nil
		return true
	}
	for _, h := range p.hits {
		if h.action == actChoose && d.offer.Calls != nil {
			calls := d.offer.Calls
			d.offer = nil
			d.replace(calls())
			return true
		}
	}
	return false
}

// drawOffer says what is offered in the place of the keys.
func (d *dashboard) drawOffer(c canvas, v *view) {
	says := []string{"Enter " + v.words("dash.offer", "engine", v.trace.Engine)}
	if d.offer.Calls != nil {
		says = append(says, d.keys.hint(actChoose)+" "+v.say.Text("dash.offer-calls"))
	}
	says = append(says, d.keys.hint(actLeave)+" "+v.say.Text("dash.hint.leave"))
	c.text(0, 0, c.w, strings.Join(says, "   "), tcell.StyleDefault)
}
