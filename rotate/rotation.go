package rotate

import (
	"slices"
	"syscall"

	"multilog/internal/reason"
	"multilog/ioring"
	"multilog/rotate/lockpage"
)

// What happens to a file when it is full: the lists of steps that make the
// spare, give the files of a swap their names, and make the full one safe. What
// comes between, when there is a processor, is in processor.go; what is done to
// a directory that is closed, in end.go; what is removed, in keep.go.

// spareSteps make next.
var spareSteps = []step{
	// Nobody else makes a file of that name, unless to harm: it is neither
	// written to nor waited for, and is not in the way for long.
	{
		name: "move another's next away",
		prepare: func(d *Dir, _ *pending, op *ioring.Op) bool {
			return d.obstacle && rename(d, op, nextName, nextName+"."+d.newLabel().String())
		},
		then: func(d *Dir, _ *pending, op *ioring.Op) verdict {
			if op.Err == nil {
				d.k.Warn("another program has made " + d.path(nextName) + ": renamed to " + op.NewPath + ", going on")
			}
			d.obstacle = op.Err != nil && op.Err != syscall.ENOENT
			return unlessMissing(d, nil, op)
		},
		trouble: troubleWith("rename ", nextName, ""),
	},
	{
		name: "open next",
		prepare: func(d *Dir, _ *pending, op *ioring.Op) bool {
			op.Code, op.Dir, op.Path = ioring.OpenAt, d.fd, nextName
			op.Flags, op.Mode = openAppend|syscall.O_CREAT|syscall.O_EXCL, modeOpen
			return true
		},
		then: func(d *Dir, _ *pending, op *ioring.Op) verdict {
			switch op.Err {
			case nil:
				d.made = &file{fd: int(op.Res)}
			case syscall.EEXIST:
				d.obstacle = true
				return verdict{redo: "move another's next away"}
			}
			return verdict{err: op.Err}
		},
		trouble: troubleWith("create ", nextName, ""),
	},
	{
		name: "look at next",
		on:   spareFile,
		prepare: func(_ *Dir, _ *pending, op *ioring.Op) bool {
			op.Code = ioring.Stat
			return true
		},
		then: func(d *Dir, _ *pending, op *ioring.Op) verdict {
			d.made.identify(op.Stat)
			return verdict{err: op.Err}
		},
		trouble: troubleWith("stat ", nextName, ""),
	},
	{
		name: "preallocate next",
		on:   spareFile,
		prepare: func(d *Dir, _ *pending, op *ioring.Op) bool {
			if !preallocates || d.cur.size < preallocateAt {
				return false // it was asked for, not filled: next may stay small too
			}
			d.made.preallocated = true
			preallocate(op, d.conf.Size)
			return true
		},
		then: harmless,
	},
	{
		name: "offer next",
		prepare: func(d *Dir, _ *pending, _ *ioring.Op) bool {
			d.next, d.made = d.made, nil
			return false
		},
	},
}

// extendSteps preallocate the current that the directory was opened with.
var extendSteps = []step{{
	name: "preallocate current",
	on:   currentFile,
	prepare: func(d *Dir, _ *pending, op *ioring.Op) bool {
		preallocate(op, d.conf.Size)
		return true
	},
	then: harmless,
}}

// pushBytes is how much of current may wait to be written out before the kernel
// is told to begin, so that the last fsync finds little left to do.
const pushBytes = 1 << 20

var pushSteps = []step{{
	name: "push out current's pages",
	on:   currentFile,
	prepare: func(d *Dir, _ *pending, op *ioring.Op) bool {
		op.Code, op.Off, op.Len = ioring.SyncRange, d.cur.pushed, d.cur.size-d.cur.pushed
		d.cur.pushed = d.cur.size
		return true
	},
	then: harmless,
}}

// preallocate reserves blocks behind the end of the file, which does not grow:
// readers and log shippers would choke on trailing zeros.
func preallocate(op *ioring.Op, size int64) {
	op.Code, op.Flags, op.Len = ioring.Fallocate, fallocKeepSize, size
}

const fallocKeepSize = 0x1 // FALLOC_FL_KEEP_SIZE

// harmless is the end of an operation that may fail: blocks that can't be
// reserved are found when they are written.
func harmless(*Dir, *pending, *ioring.Op) verdict { return verdict{} }

// namingSteps give the files of a swap their names. Until they are done the
// file that is written bears the name next.
var namingSteps = slices.Concat(lenient(capSteps), []step{
	{
		name: "rename current to @LABEL.u",
		prepare: func(d *Dir, p *pending, op *ioring.Op) bool {
			return rename(d, op, currentName, p.unsafeName())
		},
		then: func(d *Dir, p *pending, op *ioring.Op) verdict {
			return onward(d.unlessGone(currentName, p, op))
		},
		trouble: func(d *Dir, p *pending) string {
			return "rename current to " + p.unsafeName() + " in directory " + d.conf.Name
		},
	},
	{
		name: "rename next to current",
		prepare: func(d *Dir, _ *pending, op *ioring.Op) bool {
			return rename(d, op, nextName, currentName)
		},
		then: func(d *Dir, _ *pending, op *ioring.Op) verdict {
			return onward(d.unlessGone(nextName, &pending{file: &file{}}, op))
		},
		trouble: func(d *Dir, _ *pending) string {
			return "rename next to current in directory " + d.conf.Name
		},
	},
	{
		// Hundreds of files may be pending, and descriptors are few.
		name: "close @LABEL.u until its turn",
		prepare: func(d *Dir, p *pending, op *ioring.Op) bool {
			return len(d.queue) > openPending && p.retire(op)
		},
		then: harmless,
	},
})

// unlessGone is what follows an operation on a file of that name. If somebody
// has removed it, nothing can be done for its lines, and those that come must
// not wait for them.
func (d *Dir) unlessGone(name string, p *pending, op *ioring.Op) verdict {
	if op.Err != syscall.ENOENT {
		return verdict{err: op.Err}
	}
	if !p.gone {
		p.gone, p.dirty = true, 0
		follows := " (somebody has removed it: the lines in it are lost)"
		if name == nextName { // which is what is being written
			follows = " (somebody has removed it: what is logged until the next rotation is lost)"
		}
		d.k.Warn("unable to find " + d.path(name) + ": " + reason.Of(op.Err) + follows)
	}
	return verdict{over: true}
}

// onward has the rest of the list done, also when the file is gone.
func onward(v verdict) verdict {
	v.over = false
	return v
}

func thenUnlessGone(d *Dir, p *pending, op *ioring.Op) verdict {
	return d.unlessGone(p.unsafeName(), p, op)
}

// openPending is how many pending files of a directory keep their descriptors.
const openPending = 2

func rename(d *Dir, op *ioring.Op, from, to string) bool {
	op.Code, op.Dir, op.Path, op.NewPath = ioring.RenameAt, d.fd, from, to
	return true
}

// openAgainStep opens a pending file that was closed until its turn.
var openAgainStep = step{
	name: "open @LABEL.u again",
	on:   pendingFile,
	prepare: func(d *Dir, p *pending, op *ioring.Op) bool {
		p.retired = false
		op.Code, op.Dir, op.Path, op.Flags = ioring.OpenAt, d.fd, p.unsafeName(), openAppend
		return p.fd < 0
	},
	then: func(d *Dir, p *pending, op *ioring.Op) verdict {
		if op.Err == nil {
			p.fd = int(op.Res)
		}
		return thenUnlessGone(d, p, op)
	},
	trouble: pendingTrouble("open ", ""),
}

// finishedSteps make the data of a finished file safe; they begin both
// plainSteps and processorSteps.
var finishedSteps = []step{
	openAgainStep,
	sizeStep("look at @LABEL.u", pendingFile),
	giveBackStep("give back its unused blocks", pendingFile),
	rewriteStep("write @LABEL.u again", (*pending).unsafeName, pendingFile),
	{
		name: "sync @LABEL.u",
		on:   pendingFile,
		prepare: func(d *Dir, p *pending, op *ioring.Op) bool {
			p.syncing = d.k.Mono()
			op.Code = ioring.Fsync
			return true
		},
		then: func(d *Dir, p *pending, op *ioring.Op) verdict {
			if op.Err != nil {
				p.syncFailed = true
				return verdict{err: op.Err, redo: "write @LABEL.u again"}
			}
			took := uint64(d.k.Mono() - p.syncing)
			d.note(func(page *lockpage.Page) {
				c := &page.Counters
				lockpage.Add(&c.Syncs, 1)
				lockpage.Set(&c.SyncLast, took)
				lockpage.AtLeast(&c.SyncLongest, took)
			})
			return verdict{}
		},
		trouble: pendingTrouble("write ", " to disk"),
	},
	// The mode does not come before the data is on disk: a power cut may give
	// the file the name current back, and current with this mode is taken for
	// whole and appended to. If it ends within a line, the name comes first, too.
	{
		name: "sync the directory",
		prepare: func(d *Dir, p *pending, op *ioring.Op) bool {
			return sync(op, d.fd) && p.split
		},
		trouble: syncDirStep.trouble,
	},
	{
		name: "set mode of @LABEL.u",
		on:   pendingFile,
		prepare: func(_ *Dir, _ *pending, op *ioring.Op) bool {
			return chmod(op)
		},
		trouble: pendingTrouble("set mode of ", ""),
	},
	{
		name: "close @LABEL.u",
		prepare: func(_ *Dir, p *pending, op *ioring.Op) bool {
			return closeFile(op, &p.fd)
		},
		then: harmless,
	},
}

// sizeStep finds out the size of a preallocated file: it is not the one that
// was written if somebody has emptied the file to make room.
func sizeStep(title string, on func(*Dir, *pending) *file) step {
	return step{
		name: title,
		on:   on,
		prepare: func(d *Dir, p *pending, op *ioring.Op) bool {
			op.Code = ioring.Stat
			return on(d, p).preallocated
		},
		then: func(d *Dir, p *pending, op *ioring.Op) verdict {
			f := on(d, p)
			if f.preallocated = op.Err == nil; f.preallocated {
				f.size = op.Stat.Size
			}
			return verdict{}
		},
	}
}

// giveBackStep frees the blocks that were reserved behind the file's end.
func giveBackStep(title string, on func(*Dir, *pending) *file) step {
	return step{
		name: title,
		on:   on,
		prepare: func(d *Dir, p *pending, op *ioring.Op) bool {
			f := on(d, p)
			op.Code, op.Len = ioring.Ftruncate, f.size
			return f.preallocated
		},
		then: harmless,
	}
}

// rewriteStep writes a file's data again when an fsync of it has failed: after
// that, Linux takes what it could not write for clean, and the next fsync would
// succeed for nothing. The file is opened by its name, so it must bear that all
// the while: a file that is current until a rotation may not.
func rewriteStep(title string, name func(*pending) string, on func(*Dir, *pending) *file) step {
	return step{
		name: title,
		on:   on,
		prepare: func(d *Dir, p *pending, op *ioring.Op) bool {
			if f := on(d, p); !f.syncFailed || f == d.cur && d.naming.busy() {
				return false
			}
			op.Code, op.Dir, op.Path = ioring.Rewrite, d.fd, name(p)
			return true
		},
		then: func(d *Dir, p *pending, op *ioring.Op) verdict {
			if op.Err == nil {
				on(d, p).syncFailed = false
			}
			return verdict{err: op.Err}
		},
		trouble: func(d *Dir, p *pending) string { return "write " + d.path(name(p)) + " again" },
	}
}

func sync(op *ioring.Op, fd int) bool {
	op.Code, op.FD = ioring.Fsync, fd
	return true
}

func chmod(op *ioring.Op) bool {
	op.Code, op.Mode = ioring.Fchmod, modeFinished
	return true
}

var syncDirStep = step{
	name: "sync the directory",
	prepare: func(d *Dir, _ *pending, op *ioring.Op) bool {
		return sync(op, d.fd)
	},
	trouble: func(d *Dir, _ *pending) string { return "write directory " + d.conf.Name + " to disk" },
}

// safeSteps end both plainSteps and processorSteps, when the file is safe.
var safeSteps = slices.Concat([]step{syncDirStep}, countSteps, freeSteps)

// plainSteps make a file safe when there is no processor.
var plainSteps = slices.Concat(finishedSteps, capSteps, []step{{
	name: "rename @LABEL.u to @LABEL.s",
	prepare: func(d *Dir, p *pending, op *ioring.Op) bool {
		return rename(d, op, p.unsafeName(), d.safeName(p))
	},
	then: thenUnlessGone,
	trouble: func(d *Dir, p *pending) string {
		return "rename " + d.path(p.unsafeName()) + " to " + d.safeName(p)
	},
}}, safeSteps)
