package tui

func pane1971(c canvas, v *view) {}
