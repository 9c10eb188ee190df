package tui

import (
	"context"
	"sockscope/viz"
)

func CompareEras(ctx context.Context, e *viz.Eras, o Options) error { return nil }
