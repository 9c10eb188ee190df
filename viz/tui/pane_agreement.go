package tui

func paneAgreement(c canvas, v *view) {}
