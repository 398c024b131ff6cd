package rotate

import (
	"syscall"

	"multilog/ioring"
)

// How files are opened. These flags follow no link. If a FIFO has taken the place of a
// file, the open does not wait; for regular files O_NONBLOCK has no effect.
const (
	openSafely = syscall.O_NOFOLLOW | syscall.O_NONBLOCK
	openAppend = syscall.O_WRONLY | syscall.O_APPEND | openSafely
	openDir    = syscall.O_RDONLY | syscall.O_DIRECTORY
)

// place is the directory on disk, and the host through which it is reached. Its methods
// fill in operations on its files, carry them out, or submit them.
type place struct {
	host Host
	name string // as in the script
	fd   int    // -1 until it is open
	lock int    // descriptor of the file lock; -1 until it is open
	disk uint64 // the device that the directory is on
}

// path returns the name of a file of the directory for messages.
func (p *place) path(name string) string { return p.name + "/" + name }

func (p *place) now() int64       { return p.host.Now() }
func (p *place) mono() int64      { return p.host.Mono() }
func (p *place) warn(text string) { p.host.Warn(text) }

// submit starts op in the background. Operations wait only for others on the same disk.
func (p *place) submit(op *ioring.Op) {
	op.Lane = p.disk
	p.host.Submit(op)
}

// do carries op out, waits for it, and returns it with its results.
func (p *place) do(op ioring.Op) *ioring.Op {
	p.host.Do(&op)
	return &op
}

func (p *place) open(op *ioring.Op, name string, flags int) {
	op.Code, op.Dir, op.Path, op.Flags, op.Mode = ioring.OpenAt, p.fd, name, flags, modeOpen
}

func (p *place) rename(op *ioring.Op, from, to string) {
	op.Code, op.Dir, op.Path, op.NewPath = ioring.RenameAt, p.fd, from, to
}

func (p *place) unlink(op *ioring.Op, name string) {
	op.Code, op.Dir, op.Path = ioring.UnlinkAt, p.fd, name
}

func (p *place) stat(op *ioring.Op, name string) {
	op.Code, op.Dir, op.Path = ioring.Stat, p.fd, name
}

func (p *place) rewrite(op *ioring.Op, name string) {
	op.Code, op.Dir, op.Path = ioring.Rewrite, p.fd, name
}

// ofDirectory fills in an operation on the directory itself: Fsync, ReadDir or Statfs.
func (p *place) ofDirectory(op *ioring.Op, code ioring.Code) { op.Code, op.FD = code, p.fd }

// syncNamesStep puts the names in the directory on disk.
func syncNamesStep[T worker](name string) *step[T] {
	return &step[T]{
		name:    name,
		op:      func(t T, op *ioring.Op) { t.dir().ofDirectory(op, ioring.Fsync) },
		trouble: func(t T) string { return "write directory " + t.dir().name + " to disk" },
	}
}

// unlinkStep removes a name. It succeeds if the name does not exist.
func unlinkStep[T worker](name string) *step[T] {
	return &step[T]{
		name:    "remove " + name,
		op:      func(t T, op *ioring.Op) { t.dir().unlink(op, name) },
		then:    ignoreMissing[T],
		trouble: troubleWith[T]("remove ", name, ""),
	}
}

// The following methods wait. They are used at the start. Errors are of type *Error.

// lookFor returns information about a file. there reports whether it exists.
func (p *place) lookFor(name string) (info ioring.FileInfo, there bool, err error) {
	op := p.do(ioring.Op{Code: ioring.Stat, Dir: p.fd, Path: name})
	switch op.Err {
	case nil:
		return op.Stat, true, nil
	case syscall.ENOENT:
		return ioring.FileInfo{}, false, nil
	}
	return ioring.FileInfo{}, false, &Error{What: "stat " + p.path(name), Err: op.Err}
}

// remove removes a name. It succeeds if the name does not exist.
func (p *place) remove(name string) error {
	op := p.do(ioring.Op{Code: ioring.UnlinkAt, Dir: p.fd, Path: name})
	if op.Err != nil && op.Err != syscall.ENOENT {
		return &Error{What: "remove " + p.path(name), Err: op.Err}
	}
	return nil
}

// list returns all names in the directory.
func (p *place) list() ([]string, error) {
	op := p.do(ioring.Op{Code: ioring.ReadDir, FD: p.fd})
	if op.Err != nil {
		return nil, &Error{What: "read directory " + p.name, Err: op.Err}
	}
	return op.Names, nil
}

// syncNames puts the names in the directory on disk.
func (p *place) syncNames() error {
	if op := p.do(ioring.Op{Code: ioring.Fsync, FD: p.fd}); op.Err != nil {
		return &Error{What: "write directory " + p.name + " to disk", Err: op.Err}
	}
	return nil
}

// link gives a file another name.
func (p *place) link(from, to string) error {
	op := p.do(ioring.Op{Code: ioring.LinkAt, Dir: p.fd, Path: from, NewPath: to})
	if op.Err != nil {
		return &Error{What: "link to " + p.path(to), Err: op.Err}
	}
	return nil
}

// withFile opens a file, carries out the operations on its descriptor, one after
// another until one fails, closes it, and returns the first error.
func (p *place) withFile(name string, flags int, ops ...ioring.Op) error {
	op := p.do(ioring.Op{Code: ioring.OpenAt, Dir: p.fd, Path: name, Flags: flags, Mode: modeOpen})
	if op.Err != nil {
		return op.Err
	}
	fd := int(op.Res)
	var err error
	for i := 0; i < len(ops) && err == nil; i++ {
		ops[i].FD = fd
		err = p.do(ops[i]).Err
	}
	p.do(ioring.Op{Code: ioring.Close, FD: fd})
	return err
}
