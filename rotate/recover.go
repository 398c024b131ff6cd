package rotate

import (
	"errors"
	"syscall"

	"multilog/ioring"
	"multilog/rotate/lockpage"
	"multilog/tai64n"
)

// What recovery finds in a directory, and what it makes of it. The rules are
// daemontools', with next and .u files added:
//
//	current, 0100 set       finished cleanly: goes on, if next holds nothing,
//	                        no old file is the same one, it is not a link to
//	                        another user's file, and there is neither previous
//	                        nor a whole processed: those a power cut has brought
//	                        back, and current's name with them
//	current, 0100 not set   an outage: becomes @LABEL.u
//	next, not empty         was swapped in, and not named yet: becomes
//	                        @LABEL.u after current; before it, if another
//	                        logger, which knows of no next, has made current
//	next, empty             goes
//	processed, 0100 set     a processor's whole output: becomes @LABEL.s, and
//	                        previous goes
//	processed otherwise     goes, and previous becomes @LABEL.u
//	state, newstate         go after an outage
//	@LABEL.u                stays what it is
//
// Recovery may itself be interrupted, anywhere, and then begins anew: each of
// its steps leaves a state of this table, and the table says the same of it
// again. In particular the mark of a clean current goes only when everything
// else is settled, and a name is given before the old one is taken.

// Recover puts the directory in order and opens current. Errors are of type
// *Error.
func (d *Dir) Recover() error {
	names, err := d.list()
	if err != nil {
		return err
	}
	next, haveNext, err := d.lookFor(nextName)
	if err != nil {
		return err
	}
	cur, haveCurrent, err := d.lookFor(currentName)
	if err != nil {
		return err
	}
	if haveNext && next.Size == 0 {
		haveNext = false
		if d.flightFile == nextName {
			if err := d.rebindFlight(names, haveCurrent); err != nil {
				return err
			}
		}
		if err := d.remove(nextName); err != nil {
			return err
		}
	}
	if haveNext && haveCurrent && cur.Birth > next.Mtime && d.left.Swapped != 0 && cur.Ino != d.left.Swapped {
		haveNext, d.line = false, lockpage.LineNone
		if err := d.makeOld(names, nextName, unsafeSuffix, d.labelBehind(names, next.Mtime)); err != nil {
			return err
		}
	}
	if haveCurrent && cur.Mode&ownerExec != 0 && !haveNext {
		named, err := d.hasOldName(names, cur)
		if err != nil {
			return err
		}
		unsettled, err := d.processorUnsettled()
		if err != nil {
			return err
		}
		if !named && !unsettled && !foreign(cur) {
			return d.openCurrent(0)
		}
	}
	if err := d.afterOutage(names, haveCurrent, haveNext); err != nil {
		return err
	}
	return d.prune()
}

// afterOutage gives every file its name and makes an empty state and current.
func (d *Dir) afterOutage(names []string, haveCurrent, haveNext bool) error {
	if err := d.remove(stateName); err != nil {
		return err
	}
	if err := d.remove(newstateName); err != nil {
		return err
	}
	if err := d.settleProcessor(names); err != nil {
		return err
	}
	if haveCurrent {
		if err := d.makeOld(names, currentName, unsafeSuffix, d.newLabel()); err != nil {
			return err
		}
	}
	if haveNext {
		// A power cut must not leave current, for a later label than next has.
		if err := d.syncNames(); err != nil {
			return err
		}
		if err := d.makeOld(names, nextName, unsafeSuffix, d.newLabel()); err != nil {
			return err
		}
	}
	op := ioring.Op{Code: ioring.OpenAt, Dir: d.fd, Path: stateName, Flags: syscall.O_WRONLY | syscall.O_CREAT | syscall.O_TRUNC | openSafely, Mode: modeOpen}
	if d.k.Do(&op); op.Err != nil {
		return &Error{What: "write to " + d.path(stateName), Err: op.Err}
	}
	op = ioring.Op{Code: ioring.Close, FD: int(op.Res)}
	d.k.Do(&op)
	return d.openCurrent(syscall.O_CREAT)
}

// processorUnsettled reports whether there are lines under the names of a
// processor's files.
func (d *Dir) processorUnsettled() (bool, error) {
	_, havePrevious, err := d.lookFor(previousName)
	if err != nil || havePrevious {
		return havePrevious, err
	}
	processed, haveProcessed, err := d.lookFor(processedName)
	return haveProcessed && processed.Mode&ownerExec != 0, err
}

// settleProcessor takes a processor's whole output instead of its input, or
// else its input.
func (d *Dir) settleProcessor(names []string) error {
	previous, havePrevious, err := d.lookFor(previousName)
	if err != nil {
		return err
	}
	processed, haveProcessed, err := d.lookFor(processedName)
	if err != nil {
		return err
	}
	if haveProcessed && processed.Mode&ownerExec != 0 {
		// Its mode may not be on disk yet, and without that it is worth nothing.
		if err := d.syncFile(processedName); err != nil {
			return err
		}
		// Its second name, not the first, is what a repetition finds.
		if err := d.remove(previousName); err != nil {
			return err
		}
		// A power cut must not leave previous beside a file that has its lines.
		if err := d.syncNames(); err != nil {
			return err
		}
		return d.makeOld(names, processedName, d.safeSuffix(), d.previousLabel(names, previous.Birth))
	}
	if err := d.remove(processedName); err != nil {
		return err
	}
	if !havePrevious {
		return nil
	}
	return d.makeOld(names, previousName, unsafeSuffix, d.previousLabel(names, previous.Birth))
}

// makeOld turns a file into an old file, by link and unlink, as daemontools
// does: a file that is one of the old files, called names, already got that
// link just before an outage, and is only unlinked. The blocks that were
// reserved for it are given back.
func (d *Dir) makeOld(names []string, name, suffix string, label tai64n.Label) error {
	info, _, err := d.lookFor(name)
	if err != nil {
		return err
	}
	named, err := d.hasOldName(names, info)
	if err != nil {
		return err
	}
	if !named {
		if !foreign(info) {
			d.giveBack(name, info.Size)
		}
		op := ioring.Op{Code: ioring.LinkAt, Dir: d.fd, Path: name, NewPath: label.String() + suffix}
		if d.k.Do(&op); op.Err != nil {
			return &Error{What: "link to " + d.path(op.NewPath), Err: op.Err}
		}
	}
	return d.remove(name)
}

// hasOldName says whether a file is one of the old files, called names. Its
// other links are somebody's copies, which say nothing (cp -l, ln).
func (d *Dir) hasOldName(names []string, file ioring.FileInfo) (bool, error) {
	if file.Nlink == 1 {
		return false, nil
	}
	for _, name := range names {
		if !isOld(name) {
			continue
		}
		info, there, err := d.lookFor(name)
		if err != nil || there && info.Ino == file.Ino {
			return err == nil, err
		}
	}
	return false, nil
}

// syncFile puts a file on disk.
func (d *Dir) syncFile(name string) error {
	op := ioring.Op{Code: ioring.OpenAt, Dir: d.fd, Path: name, Flags: openAppend}
	d.k.Do(&op)
	err := op.Err
	if err == nil {
		fd := int(op.Res)
		op = ioring.Op{Code: ioring.Fsync, FD: fd}
		d.k.Do(&op)
		err = op.Err
		op = ioring.Op{Code: ioring.Close, FD: fd}
		d.k.Do(&op)
	}
	if err != nil {
		return &Error{What: "write " + d.path(name) + " to disk", Err: err}
	}
	return nil
}

// syncNames puts the directory's names on disk.
func (d *Dir) syncNames() error {
	op := ioring.Op{Code: ioring.Fsync, FD: d.fd}
	if d.k.Do(&op); op.Err != nil {
		return &Error{What: "write directory " + d.conf.Name + " to disk", Err: op.Err}
	}
	return nil
}

// giveBack frees what was preallocated behind the file's end. Failing costs
// disk space, nothing else.
func (d *Dir) giveBack(name string, size int64) {
	op := ioring.Op{Code: ioring.OpenAt, Dir: d.fd, Path: name, Flags: openAppend}
	if d.k.Do(&op); op.Err != nil {
		return
	}
	fd := int(op.Res)
	op = ioring.Op{Code: ioring.Ftruncate, FD: fd, Len: size}
	d.k.Do(&op)
	op = ioring.Op{Code: ioring.Close, FD: fd}
	d.k.Do(&op)
}

// remove removes a name; one that is not there is fine.
func (d *Dir) remove(name string) error {
	op := ioring.Op{Code: ioring.UnlinkAt, Dir: d.fd, Path: name}
	if d.k.Do(&op); op.Err != nil && op.Err != syscall.ENOENT {
		return &Error{What: "remove " + d.path(name), Err: op.Err}
	}
	return nil
}

// prune removes the oldest files beyond what Count leaves room for.
func (d *Dir) prune() error {
	names, err := d.list()
	if err != nil {
		return err
	}
	for n := countOld(names); n >= d.conf.Count; n-- {
		name := oldest(names, d.horizon(), func(string) bool { return false })
		if err := d.remove(name); err != nil && !d.passesOver(name, errors.Unwrap(err)) {
			return err
		}
		for i := range names {
			if names[i] == name {
				names[i] = ""
			}
		}
	}
	return nil
}
