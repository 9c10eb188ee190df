package tui

const mapWidth, mapHeight = 78, 20

func paneMap(c canvas, v *view) {}
