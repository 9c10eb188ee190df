package tui

func paneNumbers(c canvas, v *view) {}
