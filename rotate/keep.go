package rotate

import (
	"slices"
	"syscall"

	"multilog/internal/reason"
	"multilog/ioring"
	"multilog/rotate/lockpage"
	"multilog/tai64n"
)

// What is kept, and for how long: the oldest files go when there are more than
// Count, when they take more than Cap, and when less than KeepFree is left of
// the filesystem. Neither current nor what is pending ever goes. A file whose
// name is ahead of the clock counts as the oldest, see horizon.

// keeping is what is known of a directory's old files while they are judged.
type keeping struct {
	names    []string
	free     int64 // of the filesystem
	measured bool  // free is
}

// drop forgets a file that was removed.
func (h *keeping) drop(name string) {
	h.names = slices.DeleteFunc(h.names, func(n string) bool { return n == name })
	h.measured = false
}

// unmeasured is an old file among names that is not pending and whose size is
// not known, or "".
func (d *Dir) unmeasured(names []string) string {
	for _, name := range names {
		if _, known := d.sizes[name]; isOld(name) && !known && !d.isKept(name) {
			return name
		}
	}
	return ""
}

// total is what the old files take, in bytes: names, and what is pending.
func (d *Dir) total(names []string) int64 {
	n := d.pendingBytes()
	for _, name := range names {
		if isOld(name) && !d.isKept(name) {
			n += d.sizes[name]
		}
	}
	return n
}

// pendingBytes is what is pending, under whatever name.
func (d *Dir) pendingBytes() (n int64) {
	for _, p := range d.queue {
		if p.result > 0 {
			n += p.result
		} else {
			n += p.size
		}
	}
	return n
}

var listStep = listStepIf(func(*Dir) bool { return true })

// listStepIf lists the old files, if that is wanted.
func listStepIf(wanted func(d *Dir) bool) step {
	return step{
		name: "list old files",
		prepare: func(d *Dir, p *pending, op *ioring.Op) bool {
			p.kept.names, p.kept.measured = nil, false
			op.Code, op.FD = ioring.ReadDir, d.fd
			return wanted(d)
		},
		then: func(d *Dir, p *pending, op *ioring.Op) verdict {
			if op.Err == nil {
				// A pending file may bear another name just now.
				p.kept.names = slices.DeleteFunc(op.Names, func(name string) bool { return d.stuck[name] })
				d.oldFiles = countOld(p.kept.names) + len(d.queue)
				if len(d.sizes) > 2*d.oldFiles {
					clear(d.sizes) // most of them are gone
				}
			}
			return verdict{err: op.Err}
		},
		trouble: func(d *Dir, _ *pending) string { return "read directory " + d.conf.Name },
	}
}

// removeStep removes the oldest file for as long as tooMany says. After each it
// goes back to the step called again: itself, or one before it.
func removeStep(name, again string, tooMany func(d *Dir, p *pending) bool) step {
	return step{
		name: name,
		prepare: func(d *Dir, p *pending, op *ioring.Op) bool {
			if !tooMany(d, p) {
				return false
			}
			op.Code, op.Dir, op.Path = ioring.UnlinkAt, d.fd, oldest(p.kept.names, d.horizon(), d.isKept)
			return op.Path != ""
		},
		then: func(d *Dir, p *pending, op *ioring.Op) verdict {
			if op.Err != nil && op.Err != syscall.ENOENT && !d.passesOver(op.Path, op.Err) {
				return verdict{err: op.Err}
			}
			p.kept.drop(op.Path)
			return verdict{redo: again}
		},
		trouble: func(d *Dir, p *pending) string {
			return "remove " + d.path(oldest(p.kept.names, d.horizon(), d.isKept))
		},
	}
}

// passesOver says whether it is for a reason of its own that an old file can't
// be removed: a directory, something mounted, a file that somebody has made
// immutable. No other try does better, so it is left alone, and does not count.
func (d *Dir) passesOver(name string, err error) bool {
	if err != syscall.EISDIR && err != syscall.EPERM && err != syscall.EBUSY {
		return false
	}
	d.stuck[name] = true
	d.k.Warn("unable to remove " + d.path(name) + ", going on without: " + reason.Of(err))
	return true
}

// isKept says whether an old file is one that waits to be made safe, or has
// just been.
func (d *Dir) isKept(name string) bool { return d.waiting[name[:tai64n.Len]] }

// countSteps remove what is too many.
var countSteps = []step{
	listStepIf(func(d *Dir) bool { return d.oldFiles >= d.conf.Count }),
	removeStep("remove the oldest", "remove the oldest", func(d *Dir, p *pending) bool { return countOld(p.kept.names) >= d.conf.Count }),
}

// measureProcessed finds out what the file will take that a processor has made.
var measureProcessed = ifConfigured(capped, []step{{
	name: "measure processed",
	prepare: func(d *Dir, _ *pending, op *ioring.Op) bool {
		op.Code, op.Dir, op.Path = ioring.Stat, d.fd, processedName
		return true
	},
	then: func(_ *Dir, p *pending, op *ioring.Op) verdict {
		p.result = op.Stat.Size
		return verdict{err: op.Err}
	},
	trouble: troubleWith("stat ", processedName, ""),
}})

func capped(d *Dir) bool { return d.conf.Cap > 0 }

// capSteps make room under the cap for what is pending, which counts. They
// come before another file becomes pending, so that the cap holds at any time,
// and again before it becomes an old one, should it have grown.
var capSteps = ifConfigured(capped, []step{
	listStep,
	{
		name: "measure an old file",
		prepare: func(d *Dir, p *pending, op *ioring.Op) bool {
			op.Code, op.Dir, op.Path = ioring.Stat, d.fd, d.unmeasured(p.kept.names)
			return op.Path != ""
		},
		then: func(d *Dir, _ *pending, op *ioring.Op) verdict {
			if op.Err != nil && op.Err != syscall.ENOENT {
				return verdict{err: op.Err}
			}
			d.sizes[op.Path] = op.Stat.Size // none of a file that is gone
			return verdict{redo: "measure an old file"}
		},
		trouble: func(d *Dir, p *pending) string { return "stat " + d.path(d.unmeasured(p.kept.names)) },
	},
	removeStep("remove the oldest above the cap", "remove the oldest above the cap", func(d *Dir, p *pending) bool { return d.total(p.kept.names) > d.conf.Cap }),
})

// capAllows says whether current may become pending too: what is pending can't
// be removed, and counts. One file is always allowed.
func (d *Dir) capAllows() bool {
	return d.conf.Cap == 0 || len(d.queue) == 0 || d.cur.size+d.pendingBytes() <= d.conf.Cap
}

// freeSteps keep some of the filesystem free.
var freeSteps = ifConfigured(func(d *Dir) bool { return d.conf.KeepFree > 0 }, []step{
	listStep,
	{
		name: "look at the free space",
		prepare: func(d *Dir, p *pending, op *ioring.Op) bool {
			op.Code, op.FD = ioring.Statfs, d.fd
			return !p.kept.measured
		},
		then: func(_ *Dir, p *pending, op *ioring.Op) verdict {
			p.kept.free, p.kept.measured = op.Free, true
			return verdict{err: op.Err}
		},
		trouble: func(d *Dir, _ *pending) string { return "find out what is free in " + d.conf.Name },
	},
	removeStep("remove the oldest for room", "look at the free space", func(d *Dir, p *pending) bool { return p.kept.free < d.conf.KeepFree }),
})

// reliefSteps remove one file from a disk that is full.
var reliefSteps = []step{
	listStep,
	{
		name: "remove the oldest from a full disk",
		prepare: func(d *Dir, p *pending, op *ioring.Op) bool {
			op.Code, op.Dir, op.Path = ioring.UnlinkAt, d.fd, oldest(p.kept.names, d.horizon(), d.isKept)
			return op.Path != ""
		},
		then: func(d *Dir, _ *pending, op *ioring.Op) verdict {
			if op.Err == nil {
				d.relieved = 0
				d.k.Warn("out of disk space, removed " + d.path(op.Path))
			} else {
				d.passesOver(op.Path, op.Err)
			}
			return verdict{} // the write is tried again anyway
		},
	},
}

// ifConfigured passes the steps over in directories that do not ask for them.
func ifConfigured(wanted func(d *Dir) bool, steps []step) []step {
	for i := range steps {
		prepare := steps[i].prepare
		steps[i].prepare = func(d *Dir, p *pending, op *ioring.Op) bool {
			return wanted(d) && prepare(d, p, op)
		}
	}
	return steps
}

// lenient are steps that are worth a try: what follows them must not wait.
func lenient(steps []step) []step {
	steps = slices.Clone(steps)
	for i := range steps {
		then := steps[i].then
		steps[i].then = func(d *Dir, p *pending, op *ioring.Op) verdict {
			v := then(d, p, op)
			v.err = nil
			return v
		}
	}
	return steps
}

// reliefPause is the time between two looks for a file to remove when there
// was none: the end of each wakes the loop, which tries to write again.
const reliefPause = 1e9 // nanoseconds

// reliefRetry is the time after which a step that found the disk full is tried
// again, while room is made.
const reliefRetry = 50e6 // nanoseconds

// relieve has the oldest file removed when the disk was found full and the
// script wants some of it kept free, and reports whether that is under way. Other
// errors are not what relief is about.
func (d *Dir) relieve(err error) bool {
	full := err == syscall.ENOSPC || err == syscall.EDQUOT
	now := d.k.Mono()
	if full && d.conf.KeepFree > 0 && !d.relief.busy() && now >= d.relieved {
		d.relieved = now + reliefPause
		d.relief.start(d, reliefSteps, &pending{}, nil)
	}
	return full && d.relief.busy()
}

// flushSteps bring current to disk while it is written.
var flushSteps = []step{
	rewriteStep("write current again", func(*pending) string { return currentName }, currentFile),
	{
		name: "sync current's data",
		on:   currentFile,
		prepare: func(d *Dir, _ *pending, op *ioring.Op) bool {
			d.cur.dirty = 0
			op.Code = ioring.Fdatasync
			return true
		},
		then: func(d *Dir, _ *pending, op *ioring.Op) verdict {
			f := d.flush.file
			f.syncFailed = f.syncFailed || op.Err != nil
			switch {
			case f != d.cur: // it is pending now, and will be written again in its turn
				return verdict{}
			case op.Err != nil:
				return verdict{err: op.Err, redo: "write current again"}
			case f.syncFailed:
				d.wrote() // it is still to be written again
			}
			return verdict{}
		},
		trouble: troubleWith("write ", currentName, " to disk"),
	},
}

// waitingSteps bring a file to disk that waits for its turn to be made safe:
// those before it may take long, their processor above all.
var waitingSteps = []step{
	openAgainStep,
	{
		name: "sync @LABEL.u's data while it waits",
		on:   pendingFile,
		prepare: func(_ *Dir, p *pending, op *ioring.Op) bool {
			p.dirty = 0
			op.Code = ioring.Fdatasync
			return true
		},
		then: func(_ *Dir, p *pending, op *ioring.Op) verdict {
			p.syncFailed = p.syncFailed || op.Err != nil // then it is written again in its turn
			return verdict{}
		},
	},
	{
		name: "close @LABEL.u until its turn",
		prepare: func(d *Dir, p *pending, op *ioring.Op) bool {
			return len(d.queue) > openPending && p.retire(op)
		},
		then: harmless,
	},
}

// unsynced is the oldest file of those that wait for their turn and are not on
// disk yet; nil if there is none, or if nobody asks.
func (d *Dir) unsynced() *pending {
	for i, p := range d.queue {
		if p.dirty != 0 && p.named && !(i == 0 && d.finish.busy()) {
			return p
		}
	}
	return nil
}

// wrote notes that current was written to.
func (d *Dir) wrote() {
	if d.conf.SyncWithin > 0 && d.cur.dirty == 0 {
		d.cur.dirty = d.k.Mono()
	}
	if d.conf.MaxAge > 0 && d.ripe == 0 {
		d.sinceIs(d.k.Now())
	}
}

// sinceIs notes when current's first line came, in nanoseconds since 1970, for the
// next logger, too. This one counts by Mono: nobody sets that.
func (d *Dir) sinceIs(since int64) {
	d.ripensAfter(d.k.Now() - since)
	d.note(func(page *lockpage.Page) { page.AgeIno, page.AgeSince = d.cur.ino, since })
}

// ripensAfter notes how old current's first line is, in nanoseconds.
func (d *Dir) ripensAfter(age int64) { d.ripe = max(d.k.Mono()+d.conf.MaxAge-age, 1) }

// findSince finds out since when the current that was opened has lines: from
// the lock page, or else from the file's birth.
func (d *Dir) findSince(birth int64) {
	if d.conf.MaxAge == 0 || d.cur.size == 0 {
		return
	}
	now := d.k.Now()
	if l := d.left; l.AgeIno == d.cur.ino && l.AgeSince != 0 && l.AgeSince <= now {
		d.ripensAfter(now - l.AgeSince)
		return
	}
	if birth == 0 || birth > now {
		birth = now
	}
	d.sinceIs(birth)
}

// due is when a file is to be synced, or current rotated, as Mono counts; 0 is never.
func (d *Dir) due() int64 {
	at := int64(0)
	if p := d.unsynced(); p != nil && !d.flush.busy() {
		at = p.dirty + d.conf.SyncWithin
	} else if d.cur.dirty != 0 && !d.flush.busy() && !d.ended && !d.ending.busy() {
		at = d.cur.dirty + d.conf.SyncWithin
	}
	if d.ripe != 0 && !d.want && d.cur.size > 0 && !d.ended && !d.ending.busy() && (at == 0 || d.ripe < at) {
		at = d.ripe
	}
	return at
}

// tend syncs a file, or rotates current, if it is time.
func (d *Dir) tend(now int64) {
	if p := d.unsynced(); p != nil && now >= p.dirty+d.conf.SyncWithin && !d.flush.busy() {
		d.flush.start(d, waitingSteps, p, nil)
	} else if d.cur.dirty != 0 && now >= d.cur.dirty+d.conf.SyncWithin && !d.flush.busy() && !d.ended && !d.ending.busy() {
		d.flush.start(d, flushSteps, nil, nil)
	}
	if d.ripe != 0 && !d.want && now >= d.ripe {
		d.Want()
	}
}
