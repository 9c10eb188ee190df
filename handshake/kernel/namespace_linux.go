package kernel

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// childVariable marks a program as the child of another: its value is the child's task.
const childVariable = "SOCKSCOPE_KERNEL_CHILD"

// The child's ends of the two pipes.
const (
	commandsFD = 3 // the child reads
	answersFD  = 4 // the child writes
)

// A process is this program once more, in namespaces of its own.
type process struct {
	cmd  *exec.Cmd
	in   *os.File // what is written here the child reads; its end is the child's
	out  *os.File // what the child writes is read here
	last beginning
}

// spawn starts this program as a child with a task, in a new network and a new PID
// namespace: of all networks it knows only a loopback interface of its own, and when
// it ends, the kernel ends every program that it has started. Who may not do that gets
// a user namespace around them, in which the child is root.
func spawn(task string) (*process, error) {
	flags := uintptr(unix.CLONE_NEWNET | unix.CLONE_NEWPID)
	if !privileged() {
		flags |= unix.CLONE_NEWUSER
	}
	return spawnIn(flags, task)
}

// spawnIn is spawn with other namespaces.
func spawnIn(flags uintptr, task string) (*process, error) {
	commands, in, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("kernel: pipe: %w", err)
	}
	defer commands.Close() //nolint:errcheck // the child has its own
	out, answers, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("kernel: pipe: %w", err), in.Close())
	}
	defer answers.Close() //nolint:errcheck // the child has its own
	p := &process{cmd: command(flags, task), in: in, out: out}
	p.cmd.ExtraFiles = []*os.File{commands, answers} // descriptors 3 and 4
	p.cmd.Stderr = &p.last
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Join(because("namespaces", fmt.Errorf("kernel: new namespaces: %w", err)), in.Close(), out.Close())
	}
	return p, nil
}

// command is this program again. /proc/self/exe is the one that runs, even if its file
// has been replaced. The group of its own keeps the terminal's Ctrl-C away from it.
// A signal at the parent's death would come when the thread ends that started it, so
// the child reads its pipe to the end instead.
func command(flags uintptr, task string) *exec.Cmd {
	c := exec.Command("/proc/self/exe")
	c.Args[0] = os.Args[0]
	c.Env = append(os.Environ(), childVariable+"="+task)
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags, Setpgid: true}
	c.WaitDelay = time.Second // a program below may hold on to stderr for a moment
	if flags&unix.CLONE_NEWUSER != 0 {
		c.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
		c.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
	}
	return c
}

// close ends the child and all below it. It has nothing that it could lose.
func (p *process) close() error {
	err := errors.Join(p.in.Close(), p.out.Close(), p.cmd.Process.Kill())
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	_ = p.cmd.Wait() // killed, as it should be
	return err
}

// lastWords is what the child has said on its stderr, in one line: why it ended
// unasked. They are complete after close.
func (p *process) lastWords() string { return strings.Join(strings.Fields(string(p.last)), " ") }

// A beginning keeps the beginning of what is written to it, where a panic says why.
type beginning []byte

func (o *beginning) Write(b []byte) (int, error) {
	const enough = 512
	*o = append(*o, b[:min(len(b), enough-len(*o))]...)
	return len(b), nil
}

// childTask is what this program was started for, "" if it is nobody's child. The
// pipes are closed, and the task forgotten, in what it starts itself.
func childTask() string {
	task := os.Getenv(childVariable)
	if task != "" {
		_ = os.Unsetenv(childVariable)
		unix.CloseOnExec(commandsFD)
		unix.CloseOnExec(answersFD)
	}
	return task
}

// privileged reports whether this program may make a network namespace and rule it
// without a user namespace around it.
func privileged() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if os.Geteuid() != 0 || unix.Capget(&header, &data[0]) != nil {
		return false
	}
	const needed = 1<<unix.CAP_SYS_ADMIN | 1<<unix.CAP_NET_ADMIN | 1<<unix.CAP_NET_RAW
	return data[0].Effective&needed == needed
}

// because finds out why the system does not do something: it has not got it, which is
// the cause given, or it does not let us.
func because(cause string, err error) *Unable {
	switch {
	case errors.Is(err, unix.ENOENT) && cause == "namespaces":
		cause = "proc" // /proc/self/exe
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EUSERS):
		cause = "limit"
		for _, kind := range []string{"user", "net", "pid"} {
			if is("user/max_"+kind+"_namespaces", "0") {
				cause = "off"
			}
		}
	case errors.Is(err, unix.EROFS):
		cause = "read-only"
	case !errors.Is(err, unix.EPERM) && !errors.Is(err, unix.EACCES):
	case is("kernel/unprivileged_userns_clone", "0"): // Debian's
		cause = "off"
	case is("kernel/apparmor_restrict_unprivileged_userns", "1"): // Ubuntu's
		cause = "apparmor"
	case exists("/.dockerenv"), exists("/run/.containerenv"):
		cause = "container"
	default:
		cause = "refused"
	}
	return &Unable{cause, err}
}

// is reports whether a setting of the system has a value. Not every system knows each.
func is(setting, value string) bool {
	found, err := os.ReadFile("/proc/sys/" + setting)
	return err == nil && strings.TrimSpace(string(found)) == value
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
