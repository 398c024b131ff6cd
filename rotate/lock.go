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

// Lock opens a log directory, relative to the directory start, making it when
// it is not there, and locks it, without waiting. What the logger before left
// is not touched yet: Settle, then Recover. Errors are of type *Error.
func Lock(k Kernel, start int, conf Config) (*Dir, error) {
	d := &Dir{k: k, conf: conf, waiting: map[string]bool{}, sizes: map[string]int64{}, stuck: map[string]bool{}, fd: -1, lock: -1}
	if err := d.open(start); err != nil {
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

// open opens the directory, and makes it if it is not there. If it can't be
// made, that is the error, not that it is not there.
func (d *Dir) open(start int) error {
	name := d.conf.Name
	mkdir := ioring.Op{Code: ioring.MkdirAt, Dir: start, Path: name, Mode: modeDir}
	d.k.Do(&mkdir)
	op := ioring.Op{Code: ioring.OpenAt, Dir: start, Path: name, Flags: openDir}
	d.k.Do(&op)
	switch {
	case op.Err == nil:
		d.fd = int(op.Res)
		return nil
	case op.Err == syscall.ENOENT && mkdir.Err == syscall.ENOENT:
		return &Error{What: "open directory " + name, Err: op.Err, More: " (its parent directory is not there either: make that first)"}
	case op.Err == syscall.ENOENT && mkdir.Err != nil:
		return &Error{What: "create directory " + name, Err: mkdir.Err, More: howToMake(name, mkdir.Err)}
	}
	return &Error{What: "open directory " + name, Err: op.Err, More: howToOwn(name, op.Err)}
}

// takeLock opens the lock file and locks it, against loggers that use flock
// (daemontools' multilog, svlogd, this one) and those that use fcntl (s6-log).
func (d *Dir) takeLock() error {
	what := "lock directory " + d.conf.Name
	if info, there, err := d.lookFor(lockName); err != nil {
		return err
	} else if err := notRegular(info.Mode); there && err != nil {
		return &Error{What: what, Err: err, More: inTheWay(d.path(lockName))}
	}
	op := ioring.Op{Code: ioring.OpenAt, Dir: d.fd, Path: lockName, Flags: syscall.O_RDWR | syscall.O_CREAT | openSafely, Mode: modeLock}
	if d.k.Do(&op); op.Err != nil {
		return &Error{What: what, Err: op.Err, More: howToOwn(d.conf.Name, op.Err)}
	}
	d.lock = int(op.Res)
	other := ioring.Op{Code: ioring.GetLock, FD: d.lock}
	d.k.Do(&other)
	op = ioring.Op{Code: ioring.Flock, FD: d.lock, Flags: syscall.LOCK_EX | syscall.LOCK_NB}
	if d.k.Do(&op); op.Err == syscall.EAGAIN {
		return &Error{What: what, Err: op.Err, More: d.heldBy()}
	} else if op.Err != nil {
		return &Error{What: what, Err: op.Err}
	}
	if other.Err == nil && other.Res == 0 {
		op = ioring.Op{Code: ioring.SetLock, FD: d.lock}
		if d.k.Do(&op); op.Err == nil {
			return nil
		}
		// Another logger has come in between; or it is this one's own flock,
		// which NFS makes a lock like this of. That has no process here.
		d.k.Do(&other)
	}
	if pid := int(other.Res); other.Err == nil && pid > 0 && pid != os.Getpid() {
		return &Error{What: what, Err: syscall.EAGAIN, More: " (held by pid " + strconv.Itoa(pid) + ")"}
	}
	return nil
}

// heldBy names the process that holds the lock, if the system says which.
func (d *Dir) heldBy() string {
	if h := lockpage.HolderOf(d.lock); h.PID > 0 {
		return " (held by pid " + strconv.Itoa(h.PID) + ")"
	}
	return " (held by another logger)"
}

// refuseObstacles returns an error if one of the names that the logger writes
// to, or renames, is something else than a regular file. Nothing is opened.
func (d *Dir) refuseObstacles() error {
	for _, name := range []string{currentName, nextName, previousName, processedName, stateName, newstateName} {
		info, there, err := d.lookFor(name)
		if err != nil {
			return err
		}
		if err := notRegular(info.Mode); there && err != nil {
			return &Error{What: "use " + d.path(name), Err: err, More: inTheWay(d.path(name))}
		}
	}
	return nil
}

// openPage maps the lock page, keeps what the last logger has left in it, and
// makes it this process's. A page that can't be had is replaced by one of this
// process's own: everything works but the in-flight record.
func (d *Dir) openPage() {
	owner := lockpage.Owner{PID: os.Getpid(), Started: d.k.Now(), Boot: d.k.BootID()}
	d.page, d.left = lockpage.Open(d.mapPage(), owner)
	d.stored(!d.page.Lost())
	if d.left.Damaged {
		d.k.Warn("unable to use the record in " + d.path(lockName) + ", going on without: it is damaged (if the logger before was killed, its last lines may be logged twice)")
	}
}

// mapPage maps the lock page. It returns nil if that can't be done, or if the
// lock file is somebody's: what is in it stays as it is.
func (d *Dir) mapPage() []byte {
	op := ioring.Op{Code: ioring.Stat, FD: d.lock}
	if d.k.Do(&op); op.Err != nil {
		return d.noPage(op.Err)
	}
	kind := lockpage.Blank
	if size := op.Stat.Size; size > 0 {
		mem, err := d.k.MapPage(d.lock)
		if err != nil {
			return d.noPage(err)
		}
		kind = lockpage.KindOf(mem)
		if kind != lockpage.Foreign && size >= lockpage.Size && (kind == lockpage.Ours || op.Stat.Nlink == 1) {
			return mem
		}
	}
	switch {
	case kind == lockpage.Foreign:
		return d.noPage(errors.New("holds something that is not a logger's"))
	case kind == lockpage.Blank && op.Stat.Nlink > 1:
		return d.noPage(errors.New("has another name, and may be another program's"))
	}
	// Its block is reserved first, and for good: a store into a hole is a fault
	// when the disk is full, and so is one into a page that is to be written
	// elsewhere than before.
	op = ioring.Op{Code: ioring.InPlace, FD: d.lock}
	d.k.Do(&op) // most file systems can't do anything else, and say so
	n, err := d.k.Writev(d.lock, [][]byte{make([]byte, lockpage.Size)})
	if err == nil && n < lockpage.Size {
		err = syscall.ENOSPC
	}
	if err != nil {
		return d.noPage(err)
	}
	mem, err := d.k.MapPage(d.lock)
	if err != nil {
		return d.noPage(err)
	}
	return mem
}

// noPage warns that there is no lock page that the next logger will see, and
// returns none.
func (d *Dir) noPage(err error) []byte {
	d.k.Warn("unable to use " + d.path(lockName) + " as lock page, going on without: " + reason.Of(err) + " (if killed, the last lines may be logged twice)")
	return nil
}
