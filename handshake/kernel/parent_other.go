//go:build !linux

package kernel

import (
	"context"
	"fmt"
	"runtime"
)

// Main does nothing here: there are no children.
func Main() {}

func start(context.Context, opening) (Half, error) {
	return nil, &Unable{"linux", fmt.Errorf("kernel: the engine needs Linux, this is %s", runtime.GOOS)}
}
