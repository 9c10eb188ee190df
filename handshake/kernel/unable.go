package kernel

// Unable says why this machine cannot do what the engine needs.
type Unable struct {
	// Cause is a key: the sentences "ui.doctor.cause.KEY" and "ui.doctor.remedy.KEY"
	// say what is wrong and what helps.
	Cause string
	Err   error // the system's own words
}

func (u *Unable) Error() string { return u.Err.Error() }
func (u *Unable) Unwrap() error { return u.Err }

// Is says that it is the machine, [ErrMachine].
func (u *Unable) Is(target error) bool { return target == ErrMachine }
