package kernel

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// On a machine that can, every line says yes.
func TestThisMachineCan(t *testing.T) {
	for f := range Diagnose(t.Context()) {
		if f.OK {
			continue
		}
		privilege(t, errors.New(f.Name+": "+f.Err))
	}
}

func TestAnUnknownProbe(t *testing.T) {
	_, err := try("nothing")
	require.ErrorContains(t, err, `probe "nothing", want one of ["user-namespaces" `)
}

func TestWhatTheSystemRefusesHasACause(t *testing.T) {
	for errno, want := range map[unix.Errno]string{
		unix.EROFS: "read-only", unix.EINVAL: "queue", unix.ENOENT: "queue", unix.EPROTONOSUPPORT: "queue",
	} {
		require.Equal(t, want, because("queue", errno).Cause)
	}
	require.Equal(t, "proc", because("namespaces", unix.ENOENT).Cause)
	require.Contains(t, []string{"limit", "off"}, because("namespaces", unix.ENOSPC).Cause)
	require.Contains(t, []string{"refused", "off", "apparmor", "container"}, because("namespaces", unix.EPERM).Cause)
}
