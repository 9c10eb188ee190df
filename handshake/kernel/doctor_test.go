package kernel

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// Each thing is tried, the engine last; whatever fails says why.
func TestDiagnoseTriesEverything(t *testing.T) {
	found := slices.Collect(Diagnose(t.Context()))
	require.Equal(t, "engine", found[len(found)-1].Name)
	for i, name := range probeNames() {
		require.Equal(t, name, found[i].Name)
	}
	for _, f := range found {
		require.Equal(t, f.OK, f.Cause == "", "%+v", f)
		require.Equal(t, f.OK, f.Err == "", "%+v", f)
	}
}

// Who has seen enough is not told the rest.
func TestDiagnoseCanBeLeft(t *testing.T) {
	for f := range Diagnose(t.Context()) {
		require.NotEmpty(t, f.Name)
		break
	}
}

func TestAFailureNamesItsCause(t *testing.T) {
	system := errors.New("permission denied")
	require.Equal(t, Finding{Name: "queue", Cause: "failed", Err: "permission denied"}, failure("queue", system))
	unable := fmt.Errorf("start: %w", &Unable{"apparmor", system})
	require.Equal(t, Finding{Name: "queue", Cause: "apparmor", Err: "start: permission denied"}, failure("queue", unable))
	require.ErrorIs(t, unable, ErrMachine)
	require.ErrorIs(t, unable, system)
}
