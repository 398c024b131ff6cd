package rotate

import (
	"errors"
	"os"
	"strconv"
	"syscall"

	"multilog/internal/reason"
	"multilog/ioring"
	"multilog/rotate/lockpage"
)

// Lock opens a log directory, relative to the directory with descriptor start, and
// locks it without waiting. It makes the directory if it does not exist. It changes
// nothing that the previous logger left: call Settle and then Recover for that. Errors
// are of type *Error.
func Lock(host Host, start int, conf Config) (*Dir, error) {
	d := newDir(host, conf)
	if err := d.openDirectory(start); err != nil {
		return nil, err
	}
	if err := d.takeLock(); err != nil {
		return nil, err
	}
	if err := d.refuseObstacles(); err != nil {
		return nil, err
	}
	d.openPage()
	return d, nil
}

// openDirectory opens the directory, or makes it if it does not exist. If it can't make
// it, it returns that error, not that the directory does not exist.
func (p *place) openDirectory(start int) error {
	name := p.name
	mkdir := p.do(ioring.Op{Code: ioring.MkdirAt, Dir: start, Path: name, Mode: modeDir})
	op := p.do(ioring.Op{Code: ioring.OpenAt, Dir: start, Path: name, Flags: openDir})
	switch {
	case op.Err == nil:
		p.fd = int(op.Res)
		return nil
	case op.Err == syscall.ENOENT && mkdir.Err == syscall.ENOENT:
		return &Error{What: "open directory " + name, Err: op.Err, More: " (its parent directory does not exist either: make that first)"}
	case op.Err == syscall.ENOENT && mkdir.Err != nil:
		return &Error{What: "create directory " + name, Err: mkdir.Err, More: howToMake(name, mkdir.Err)}
	}
	return &Error{What: "open directory " + name, Err: op.Err, More: howToOwn(name, op.Err)}
}

// takeLock opens the lock file and locks it, against loggers that use flock
// (daemontools' multilog, svlogd, this one) and those that use fcntl (s6-log).
func (p *place) takeLock() error {
	what := "lock directory " + p.name
	if info, there, err := p.lookFor(lockName); err != nil {
		return err
	} else if err := notRegular(info.Mode); there && err != nil {
		return &Error{What: what, Err: err, More: inTheWay(p.path(lockName))}
	}
	op := p.do(ioring.Op{Code: ioring.OpenAt, Dir: p.fd, Path: lockName, Flags: syscall.O_RDWR | syscall.O_CREAT | openSafely, Mode: modeLock})
	if op.Err != nil {
		return &Error{What: what, Err: op.Err, More: howToOwn(p.name, op.Err)}
	}
	p.lock = int(op.Res)
	other := p.do(ioring.Op{Code: ioring.GetLock, FD: p.lock})
	op = p.do(ioring.Op{Code: ioring.Flock, FD: p.lock, Flags: syscall.LOCK_EX | syscall.LOCK_NB})
	if op.Err == syscall.EAGAIN {
		return &Error{What: what, Err: op.Err, More: p.heldBy()}
	} else if op.Err != nil {
		return &Error{What: what, Err: op.Err}
	}
	if other.Err == nil && other.Res == 0 {
		if op = p.do(ioring.Op{Code: ioring.SetLock, FD: p.lock}); op.Err == nil {
			return nil
		}
		// Another logger has come in between. Or the lock is this logger's own flock,
		// which NFS turns into a lock of this kind, and which has no process here.
		other = p.do(ioring.Op{Code: ioring.GetLock, FD: p.lock})
	}
	if pid := int(other.Res); other.Err == nil && pid > 0 && pid != os.Getpid() {
		return &Error{What: what, Err: syscall.EAGAIN, More: " (held by pid " + strconv.Itoa(pid) + ")"}
	}
	return nil
}

// heldBy returns which process has the lock, if the system tells, as a part of the
// message.
func (p *place) heldBy() string {
	if h := lockpage.HolderOf(p.lock); h.PID > 0 {
		return " (held by pid " + strconv.Itoa(h.PID) + ")"
	}
	return " (held by another logger)"
}

// refuseObstacles returns an error if anything but a regular file has one of the names
// that the logger writes to or renames. It opens nothing.
func (p *place) refuseObstacles() error {
	for _, name := range []string{currentName, nextName, previousName, processedName, stateName, newstateName} {
		info, there, err := p.lookFor(name)
		if err != nil {
			return err
		}
		if err := notRegular(info.Mode); there && err != nil {
			return &Error{What: "use " + p.path(name), Err: err, More: inTheWay(p.path(name))}
		}
	}
	return nil
}

// mapLockPage maps the lock page. It returns nil if that is impossible, or if the lock
// file belongs to another program, whose content it leaves alone.
func (p *place) mapLockPage() []byte {
	op := p.do(ioring.Op{Code: ioring.Stat, FD: p.lock})
	if op.Err != nil {
		return p.noPage(op.Err)
	}
	kind := lockpage.Blank
	if size := op.Stat.Size; size > 0 {
		mem, err := p.host.MapPage(p.lock)
		if err != nil {
			return p.noPage(err)
		}
		kind = lockpage.KindOf(mem)
		if kind != lockpage.Foreign && size >= lockpage.Size && (kind == lockpage.Ours || op.Stat.Nlink == 1) {
			return mem
		}
	}
	switch {
	case kind == lockpage.Foreign:
		return p.noPage(errors.New("it has content of another program"))
	case kind == lockpage.Blank && op.Stat.Nlink > 1:
		return p.noPage(errors.New("it has a second name, and may be another program's"))
	}
	// Its block is reserved once and for all: on a full disk, a store into a hole is a
	// page fault, and so is a store into a page that the file system writes to a new
	// place.
	p.do(ioring.Op{Code: ioring.InPlace, FD: p.lock}) // most file systems never do anything else, and return an error
	n, err := p.host.Writev(p.lock, [][]byte{make([]byte, lockpage.Size)})
	if err == nil && n < lockpage.Size {
		err = syscall.ENOSPC
	}
	if err != nil {
		return p.noPage(err)
	}
	mem, err := p.host.MapPage(p.lock)
	if err != nil {
		return p.noPage(err)
	}
	return mem
}

// noPage warns that there is no lock page for the next logger, and returns nil.
func (p *place) noPage(err error) []byte {
	p.warn("unable to use " + p.path(lockName) + " as lock page, going on without: " + reason.Of(err) + " (if killed, the last lines may be logged twice)")
	return nil
}
