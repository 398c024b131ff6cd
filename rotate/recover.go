package rotate

import (
	"errors"
	"slices"
	"syscall"

	"multilog/ioring"
	"multilog/rotate/lockpage"
	"multilog/tai64n"
)

// What recovery does with the files that it finds. The rules are daemontools', extended
// by next and .u files:
//
//	current, 0100 set       finished cleanly: it is appended to, unless next holds
//	                        something, an old file is the same file, it is a link to
//	                        another user's file, or previous or a complete processed
//	                        exists: a power cut has brought those back, and current's
//	                        name with them
//	current, 0100 not set   the logger was killed: it becomes @LABEL.u
//	next, not empty         it was swapped in, but not renamed yet: it becomes
//	                        @LABEL.u after current, or before it if another logger,
//	                        which does not know next, has made current
//	next, empty             it is removed
//	processed, 0100 set     a processor's complete output: it becomes @LABEL.s, and
//	                        previous is removed
//	processed otherwise     it is removed, and previous becomes @LABEL.u
//	state, newstate         they are removed after a kill
//	@LABEL.u                it stays
//
// Recovery may itself be killed at any point and then starts again. Each of its steps
// leaves a state of this table, for which the table has the same result. In particular,
// the mode of a clean current is changed only when everything else is settled, and a
// file gets its new name before it loses the old one.

// recover puts the directory in order and opens current.
func (p *predecessor) recover() error {
	names, err := p.d.look()
	if err != nil {
		return err
	}
	next, haveNext, err := p.d.lookFor(nextName)
	if err != nil {
		return err
	}
	cur, haveCurrent, err := p.d.lookFor(currentName)
	if err != nil {
		return err
	}
	if haveNext && next.Size == 0 {
		haveNext = false
		if err := p.removeEmptyNext(names, haveCurrent); err != nil {
			return err
		}
	}
	if haveNext && haveCurrent && p.isAnothers(cur, next) {
		haveNext, p.inputPosition = false, lockpage.LineNone
		if err := p.makeOld(names, nextName, unsafeSuffix, p.d.labelBehind(names, next.Mtime)); err != nil {
			return err
		}
	}
	if haveCurrent && !haveNext {
		clean, err := p.isClean(names, cur)
		if err != nil {
			return err
		}
		if clean {
			return p.openCurrent(0)
		}
	}
	if err := p.afterOutage(names, haveCurrent, haveNext); err != nil {
		return err
	}
	return p.prune()
}

// removeEmptyNext removes a spare file that was not needed.
func (p *predecessor) removeEmptyNext(names []string, haveCurrent bool) error {
	if p.fileName == nextName {
		if err := p.rebindRecord(names, haveCurrent); err != nil {
			return err
		}
	}
	return p.d.remove(nextName)
}

// isClean reports whether current was finished cleanly; there is no next.
func (p *predecessor) isClean(names []string, cur ioring.FileInfo) (bool, error) {
	if cur.Mode&ownerExec == 0 {
		return false, nil
	}
	named, err := p.hasOldName(names, cur)
	if err != nil {
		return false, err
	}
	unsettled, err := p.processorUnsettled()
	return !named && !unsettled && !foreign(cur), err
}

// openCurrent opens current for appending, with additional flags, and sets its mode.
func (p *predecessor) openCurrent(flags int) error {
	what := "append to " + p.d.path(currentName)
	op := ioring.Op{}
	p.d.open(&op, currentName, openAppend|flags)
	opened := p.d.do(op)
	if opened.Err != nil {
		return &Error{What: what, Err: opened.Err}
	}
	cur := newFile(currentName, int(opened.Res))
	look := p.d.do(ioring.Op{Code: ioring.Stat, FD: int(opened.Res)})
	if look.Err != nil {
		return &Error{What: what, Err: look.Err}
	}
	cur.identify(look.Stat)
	if op := p.d.do(ioring.Op{Code: ioring.Fchmod, FD: int(opened.Res), Mode: modeOpen}); op.Err != nil {
		return &Error{What: "set mode of " + p.d.path(currentName), Err: op.Err}
	}
	if look.Stat.Mode&ownerExec != 0 {
		// No byte may follow before the disk has the mode of an unfinished file.
		// Otherwise a power cut could leave some of those bytes in a file that counts
		// as complete.
		if op := p.d.do(ioring.Op{Code: ioring.Fsync, FD: int(opened.Res)}); op.Err != nil {
			return &Error{What: "write mode of " + p.d.path(currentName) + " to disk", Err: op.Err}
		}
	}
	since := int64(0)
	if p.left.AgeIno == look.Stat.Ino {
		since = p.left.AgeSince
	}
	if look.Stat.Size > 0 {
		p.labelsBefore = look.Stat.Mtime
		if p.left.LabelsIno == look.Stat.Ino && p.left.LabelsSize == uint64(look.Stat.Size) {
			p.labelsBefore = p.left.LabelsBefore
		}
	}
	p.d.currentOpened(cur, look.Stat, p.inputPosition == lockpage.LineHere, since)
	p.d.storeIdle(cur, p.inputPosition, p.tail)
	return nil
}

// isAnothers reports whether another logger, which does not know next, has made current
// since next was swapped in. The lock page says which file was current at the last
// swap. That counts only if the page also says that next was written since: a power cut
// may leave a page from before that swap, or names from before a later one. And current
// must be the younger file by the clock.
func (p *predecessor) isAnothers(cur, next ioring.FileInfo) bool {
	left := &p.left
	ofNext := left.WrittenIno == 0 || left.WrittenIno == next.Ino && left.WrittenBirth == uint64(next.Birth)
	return ofNext && left.Swapped != 0 && cur.Ino != left.Swapped && cur.Birth > next.Mtime
}

// afterOutage renames files after a kill or a power cut, and makes an empty state and
// current.
func (p *predecessor) afterOutage(names []string, haveCurrent, haveNext bool) error {
	if err := p.d.remove(stateName); err != nil {
		return err
	}
	if err := p.d.remove(newstateName); err != nil {
		return err
	}
	if err := p.settleProcessor(names); err != nil {
		return err
	}
	if haveCurrent {
		if err := p.makeOld(names, currentName, unsafeSuffix, p.d.newLabel()); err != nil {
			return err
		}
	}
	if haveNext {
		// A power cut must not leave the name current, because it would get a later
		// label than next has.
		if err := p.d.syncNames(); err != nil {
			return err
		}
		if err := p.makeOld(names, nextName, unsafeSuffix, p.d.newLabel()); err != nil {
			return err
		}
	}
	if err := p.d.withFile(stateName, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_TRUNC|openSafely); err != nil {
		return &Error{What: "write to " + p.d.path(stateName), Err: err}
	}
	return p.openCurrent(syscall.O_CREAT)
}

// processorUnsettled reports whether the processor's files contain lines.
func (p *predecessor) processorUnsettled() (bool, error) {
	_, havePrevious, err := p.d.lookFor(previousName)
	if err != nil || havePrevious {
		return havePrevious, err
	}
	processed, haveProcessed, err := p.d.lookFor(processedName)
	return haveProcessed && processed.Mode&ownerExec != 0, err
}

// settleProcessor keeps a processor's complete output instead of its input, or, if the
// output is not complete, its input.
func (p *predecessor) settleProcessor(names []string) error {
	previous, havePrevious, err := p.d.lookFor(previousName)
	if err != nil {
		return err
	}
	processed, haveProcessed, err := p.d.lookFor(processedName)
	if err != nil {
		return err
	}
	if haveProcessed && processed.Mode&ownerExec != 0 {
		// Its mode may not be on disk yet, and without the mode it counts as
		// incomplete.
		if err := p.d.withFile(processedName, openAppend, ioring.Op{Code: ioring.Fsync}); err != nil {
			return &Error{What: "write " + p.d.path(processedName) + " to disk", Err: err}
		}
		// Its name may not be on disk either, and it is about to be the only copy.
		if err := p.d.syncNames(); err != nil {
			return err
		}
		// If this is interrupted, the next recovery finds its second name, not the
		// first.
		if err := p.d.remove(previousName); err != nil {
			return err
		}
		// A power cut must not leave previous beside a file that has its lines.
		if err := p.d.syncNames(); err != nil {
			return err
		}
		return p.makeOld(names, processedName, p.d.safeSuffix(), p.d.previousLabel(p.left.Previous, names, previous.Birth))
	}
	if err := p.d.remove(processedName); err != nil {
		return err
	}
	if !havePrevious {
		return nil
	}
	return p.makeOld(names, previousName, unsafeSuffix, p.d.previousLabel(p.left.Previous, names, previous.Birth))
}

// makeOld turns a file into an old file, by link and unlink, as daemontools' multilog
// does. If the file is one of the old files already (names), the link was made just
// before the kill, and only the unlink is missing. It also gives back the file's
// reserved blocks.
func (p *predecessor) makeOld(names []string, name, suffix string, label tai64n.Label) error {
	info, _, err := p.d.lookFor(name)
	if err != nil {
		return err
	}
	named, err := p.hasOldName(names, info)
	if err != nil {
		return err
	}
	if !named {
		if !foreign(info) {
			// Failing costs disk space, nothing else.
			_ = p.d.withFile(name, openAppend, ioring.Op{Code: ioring.Ftruncate, Len: info.Size})
		}
		if err := p.d.link(name, label.String()+suffix); err != nil {
			return err
		}
	}
	return p.d.remove(name)
}

// hasOldName reports whether a file is one of the old files (names). Other links to it
// are copies, which say nothing (cp -l, ln).
func (p *predecessor) hasOldName(names []string, file ioring.FileInfo) (bool, error) {
	if file.Nlink == 1 {
		return false, nil
	}
	for _, name := range names {
		if !isOld(name) {
			continue
		}
		info, there, err := p.d.lookFor(name)
		if err != nil || there && info.Ino == file.Ino {
			return err == nil, err
		}
	}
	return false, nil
}

// prune removes the oldest files until there are as many as Count allows.
func (p *predecessor) prune() error {
	names, err := p.d.look()
	if err != nil {
		return err
	}
	for p.d.hasTooMany(names) {
		name := p.d.oldestOf(names)
		if err := p.d.remove(name); err != nil && !p.d.passesOver(name, errors.Unwrap(err)) {
			return err
		}
		names = slices.DeleteFunc(names, func(n string) bool { return n == name })
	}
	return nil
}
