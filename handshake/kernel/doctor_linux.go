package kernel

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// probeNames are the things that [examine] knows, and the tasks of its children.
func probeNames() []string {
	return []string{"user-namespaces", "network-namespaces", "pid-namespaces", "settings", "queue", "raw-sockets", "states"}
}

// examine has a child in the namespaces that a thing needs try it.
func examine(name string) Finding {
	flags := uintptr(unix.CLONE_NEWNET | unix.CLONE_NEWPID)
	switch name {
	case "user-namespaces":
		flags = unix.CLONE_NEWUSER
	case "network-namespaces":
		flags = unix.CLONE_NEWNET
	case "pid-namespaces":
		flags = unix.CLONE_NEWPID
	}
	if !privileged() {
		flags |= unix.CLONE_NEWUSER
	}
	p, err := spawnIn(flags, name)
	if err != nil {
		return failure(name, err)
	}
	var f Finding
	err = errors.Join(p.out.SetReadDeadline(time.Now().Add(probeTime)), json.NewDecoder(p.out).Decode(&f))
	if closed := p.close(); err != nil || closed != nil {
		return failure(name, errors.Join(fmt.Errorf("kernel: the child's answer: %w", err), closed))
	}
	return f
}

// probe is the life of such a child.
func probe(name string) int {
	f := Finding{Name: name, OK: true}
	how, err := try(name)
	if err != nil {
		f = failure(name, err)
	}
	f.How = how
	if json.NewEncoder(os.NewFile(answersFD, "answers")).Encode(f) != nil {
		return 1
	}
	return 0
}

// try does a thing. The namespaces end with the process, and so it is undone.
func try(name string) (how string, err error) {
	switch name {
	case "user-namespaces":
		return "", isRoot()
	case "network-namespaces":
		return "", orBecause("link", linkUp())
	case "pid-namespaces":
		return "", isFirst()
	case "settings":
		return "", orBecause("settings", errors.Join(linkUp(), settings()))
	case "queue":
		if _, err := bindQueue(); err != nil {
			return "", because("queue", err)
		}
		how, err := holdSegments()
		return how, orBecause("queue", err)
	case "raw-sockets":
		_, err := rawSocket()
		return "", orBecause("raw", err)
	case "states":
		return "", orBecause("states", readStates())
	}
	return "", fmt.Errorf("kernel: probe %q, want one of %q", name, probeNames())
}

// isRoot reports a user namespace that has not made us root.
func isRoot() error {
	if !privileged() {
		return because("refused", fmt.Errorf("kernel: user %d in a user namespace without its privileges: %w", os.Geteuid(), unix.EPERM))
	}
	return nil
}

// isFirst reports a PID namespace in which we are not the first.
func isFirst() error {
	if pid := os.Getpid(); pid != 1 {
		return &Unable{"namespaces", fmt.Errorf("kernel: process number %d in a new PID namespace, want 1", pid)}
	}
	return nil
}

// readStates reads a listener's state in both ways.
func readStates() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("kernel: socket: %w", err)
	}
	if err := unix.Listen(fd, 1); err != nil { // on a port that the kernel chooses
		return fmt.Errorf("kernel: listen: %w", err)
	}
	var i info
	if err := tcpInfo(fd, &i); err != nil {
		return err
	}
	d, err := openDiag()
	if err != nil {
		return err
	}
	all, err := d.dump(nil)
	if err == nil && len(all) != 1 {
		err = fmt.Errorf("kernel: sock_diag: %d sockets, want the one that there is", len(all))
	}
	return err
}

// orBecause is [because] for what may be no error.
func orBecause(cause string, err error) error {
	if err == nil {
		return nil
	}
	return because(cause, err)
}
