package rotate

import (
	"os"
	"strconv"
	"syscall"

	"multilog/ioring"
	"multilog/rotate/lockpage"
	"multilog/tai64n"
)

const (
	openAppend = syscall.O_WRONLY | syscall.O_APPEND
	openDir    = syscall.O_RDONLY | syscall.O_DIRECTORY
)

// Lock opens a log directory, relative to the directory start, making it when
// it is not there, and locks it, without waiting. What the logger before left
// is not touched yet: Settle, then Recover. Errors are of type *Error.
func Lock(k Kernel, start int, conf Config) (*Dir, error) {
	d := &Dir{k: k, conf: conf, waiting: map[string]bool{}, sizes: map[string]int64{}, stuck: map[string]bool{}, fd: -1, lock: -1}
	op := ioring.Op{Code: ioring.MkdirAt, Dir: start, Path: conf.Name, Mode: modeDir}
	k.Do(&op) // trouble shows when it is opened
	op = ioring.Op{Code: ioring.OpenAt, Dir: start, Path: conf.Name, Flags: openDir}
	if k.Do(&op); op.Err != nil {
		return nil, &Error{What: "open directory " + conf.Name, Err: op.Err}
	}
	d.fd = int(op.Res)
	what := "lock directory " + conf.Name
	op = ioring.Op{Code: ioring.OpenAt, Dir: d.fd, Path: lockName, Flags: syscall.O_RDWR | syscall.O_CREAT, Mode: modeLock}
	if k.Do(&op); op.Err != nil {
		return nil, &Error{What: what, Err: op.Err}
	}
	d.lock = int(op.Res)
	op = ioring.Op{Code: ioring.Flock, FD: d.lock, Flags: syscall.LOCK_EX | syscall.LOCK_NB}
	if k.Do(&op); op.Err != nil {
		return nil, &Error{What: what, Err: op.Err, More: d.holder(op.Err)}
	}
	d.openPage()
	return d, nil
}

// holder names the process that holds the lock, if its lock page says so.
func (d *Dir) holder(err error) string {
	if err != syscall.EAGAIN {
		return ""
	}
	info := ioring.Op{Code: ioring.Stat, FD: d.lock}
	if d.k.Do(&info); info.Err != nil || info.Stat.Size < lockpage.Size {
		return " (held by another logger)"
	}
	mem, err := d.k.MapPage(d.lock)
	if err != nil {
		return " (held by another logger)"
	}
	pid := lockpage.PIDOf(mem)
	if pid == 0 {
		return " (held by another logger)"
	}
	return " (held by pid " + strconv.Itoa(pid) + ")"
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
		return nil
	}
	if size := op.Stat.Size; size > 0 {
		mem, err := d.k.MapPage(d.lock)
		if err != nil {
			return nil
		}
		kind := lockpage.KindOf(mem)
		if kind == lockpage.Foreign {
			d.k.Warn("unable to use " + d.path(lockName) + " as lock page, going on without: there is something else in it, which stays as it is (if killed, the last lines may be logged twice; to mend it, stop the logger and remove the file)")
			return nil
		}
		if size >= lockpage.Size {
			return mem
		}
	}
	// Its block is reserved first, and for good: a store into a hole is a fault
	// when the disk is full, and so is one into a page that is to be written
	// elsewhere than before.
	op = ioring.Op{Code: ioring.InPlace, FD: d.lock}
	d.k.Do(&op) // most file systems can't do anything else, and say so
	if n, err := d.k.Writev(d.lock, [][]byte{make([]byte, lockpage.Size)}); err != nil || n < lockpage.Size {
		return nil
	}
	mem, err := d.k.MapPage(d.lock)
	if err != nil {
		return nil
	}
	return mem
}

// lookFor looks at a file, which may not be there.
func (d *Dir) lookFor(name string) (info ioring.FileInfo, there bool, err error) {
	op := ioring.Op{Code: ioring.Stat, Dir: d.fd, Path: name}
	d.k.Do(&op)
	switch op.Err {
	case nil:
		return op.Stat, true, nil
	case syscall.ENOENT:
		return ioring.FileInfo{}, false, nil
	}
	return ioring.FileInfo{}, false, &Error{What: "stat " + d.path(name), Err: op.Err}
}

// SetBackend notes in the lock page how file operations are done.
func (d *Dir) SetBackend(text string) {
	d.note(func(page *lockpage.Page) {
		clear(page.Backend[copy(page.Backend[:], text):])
	})
}

// list reads the directory's names and notes the newest label among them.
func (d *Dir) list() ([]string, error) {
	op := ioring.Op{Code: ioring.ReadDir, FD: d.fd}
	if d.k.Do(&op); op.Err != nil {
		return nil, &Error{What: "read directory " + d.conf.Name, Err: op.Err}
	}
	d.oldFiles = countOld(op.Names)
	if l := newestLabel(op.Names); d.last.Compare(l) < 0 {
		d.last = l
	}
	return op.Names, nil
}

// openCurrent opens current for appending, with flags besides, and gives it
// its mode back.
func (d *Dir) openCurrent(flags int) error {
	what := "append to " + d.path(currentName)
	op := ioring.Op{Code: ioring.OpenAt, Dir: d.fd, Path: currentName, Flags: openAppend | flags, Mode: modeOpen}
	if d.k.Do(&op); op.Err != nil {
		return &Error{What: what, Err: op.Err}
	}
	d.cur = &file{fd: int(op.Res)}
	op = ioring.Op{Code: ioring.Stat, FD: d.cur.fd}
	if d.k.Do(&op); op.Err != nil {
		return &Error{What: what, Err: op.Err}
	}
	d.cur.identify(op.Stat)
	marked := op.Stat.Mode&ownerExec != 0
	op = ioring.Op{Code: ioring.Fchmod, FD: d.cur.fd, Mode: modeOpen}
	if d.k.Do(&op); op.Err != nil {
		return &Error{What: "set mode of " + d.path(currentName), Err: op.Err}
	}
	if marked {
		// Not a byte may follow before the mark is gone from the disk: what a
		// power cut leaves of those would be taken for whole.
		op = ioring.Op{Code: ioring.Fsync, FD: d.cur.fd}
		if d.k.Do(&op); op.Err != nil {
			return &Error{What: "write mode of " + d.path(currentName) + " to disk", Err: op.Err}
		}
	}
	d.newline = d.line != lockpage.LineHere
	d.findSince(d.cur.birth)
	d.noFlight(d.line, d.tail)
	return nil
}

// labelBefore is a label for the file that a processor was at work on, beside
// old files called names. Files become safe one after another: so it follows
// those that are, and those that were there when it was begun, in nanoseconds
// since 1970, 0 if that is not known; the .u files that are left wait behind it.
func (d *Dir) labelBefore(names []string, begun int64) tai64n.Label {
	var after, first tai64n.Label
	if begun != 0 {
		after = tai64n.FromUnixNano(begun)
	}
	for _, name := range names {
		if l, waits := oldLabel(name); !waits && after.Before(l) {
			after = l
		}
	}
	for _, name := range names {
		if l, waits := oldLabel(name); waits && after.Before(l) && (first.IsZero() || l.Before(first)) {
			first = l
		}
	}
	if after.IsZero() {
		after = tai64n.FromUnixNano(first.UnixNano() - 2)
	}
	if after = after.Next(); !first.IsZero() && after.Before(first) {
		return after
	}
	return d.newLabel()
}

// labelBehind is a label for a next that was written until wrote, before other
// loggers came. The first of them has made .u files of what was older than it.
func (d *Dir) labelBehind(names []string, wrote int64) tai64n.Label {
	after, end := tai64n.FromUnixNano(wrote), tai64n.Label{}
	for _, name := range names {
		if l, waits := oldLabel(name); !waits && after.Before(l) && (end.IsZero() || l.Before(end)) {
			end = l
		}
	}
	for _, name := range names {
		if l, waits := oldLabel(name); waits && after.Before(l) && (end.IsZero() || l.Before(end)) {
			after = l
		}
	}
	if after = after.Next(); !end.IsZero() && !after.Before(end) {
		return d.newLabel()
	}
	if d.last.Before(after) {
		d.last = after
	}
	return after
}

// oldLabel is the label of an old file, and whether that is a .u file; the
// zero label if it has none.
func oldLabel(name string) (l tai64n.Label, waits bool) {
	if isOld(name) {
		l, _ = tai64n.ParseString(name[:tai64n.Len])
	}
	return l, !l.IsZero() && name[tai64n.Len:] == unsafeSuffix
}
