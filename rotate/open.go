package rotate

import (
	"syscall"

	"multilog/ioring"
	"multilog/rotate/lockpage"
	"multilog/tai64n"
)

// How files are opened. No name in a log directory is followed if it is a link,
// and no FIFO that has taken the place of a file makes the logger wait; on
// regular files O_NONBLOCK does nothing.
const (
	openSafely = syscall.O_NOFOLLOW | syscall.O_NONBLOCK
	openAppend = syscall.O_WRONLY | syscall.O_APPEND | openSafely
	openDir    = syscall.O_RDONLY | syscall.O_DIRECTORY
)

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
	horizon := d.horizon()
	if l := newestLabel(op.Names, horizon); d.last.Before(l) {
		d.last = l
	}
	d.warnOfNamesAhead(op.Names, horizon)
	return op.Names, nil
}

// warnOfNamesAhead says, once, what becomes of names that are ahead of the clock.
func (d *Dir) warnOfNamesAhead(names []string, horizon tai64n.Label) {
	for _, name := range names {
		if isOld(name) && isAhead(name, horizon) && !d.warnedAhead {
			d.warnedAhead = true
			d.k.Warn(d.path(name) + " is named more than a day ahead of the clock: it counts as the oldest file, and is removed first")
		}
	}
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
	d.disk = op.Stat.Dev
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
	horizon := d.horizon()
	if begun != 0 {
		after = tai64n.FromUnixNano(begun)
	}
	for _, name := range names {
		if l, waits := oldLabel(name, horizon); !waits && after.Before(l) {
			after = l
		}
	}
	for _, name := range names {
		if l, waits := oldLabel(name, horizon); waits && after.Before(l) && (first.IsZero() || l.Before(first)) {
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
	after, end, horizon := tai64n.FromUnixNano(wrote), tai64n.Label{}, d.horizon()
	for _, name := range names {
		if l, waits := oldLabel(name, horizon); !waits && after.Before(l) && (end.IsZero() || l.Before(end)) {
			end = l
		}
	}
	for _, name := range names {
		if l, waits := oldLabel(name, horizon); waits && after.Before(l) && (end.IsZero() || l.Before(end)) {
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
// zero label if it has none, or one behind the horizon.
func oldLabel(name string, horizon tai64n.Label) (l tai64n.Label, waits bool) {
	if isOld(name) && !isAhead(name, horizon) {
		l, _ = tai64n.ParseString(name[:tai64n.Len])
	}
	return l, !l.IsZero() && name[tai64n.Len:] == unsafeSuffix
}
