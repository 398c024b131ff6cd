package rotate

import (
	"slices"
	"syscall"

	"multilog/internal/reason"
	"multilog/ioring"
)

// retention removes old files, the oldest first: when there are more than the count
// allows (n), when they take more than the cap (c), and when too little of the file
// system is free (k). It never removes current or a pending file. A file whose name is
// ahead of the clock counts as the oldest (see horizon).
type retention struct {
	d     *Dir
	count int   // maximum number of files, including current
	most  int64 // the cap, in bytes; 0 for none
	free  int64 // bytes to keep free; 0 for none

	oldFiles int              // maximum number of old files, unless another process has made or removed some
	stuck    map[string]bool  // old files that can't be removed
	sizes    map[string]int64 // of old files, in bytes, as far as they were measured for the cap

	relief    task[*retention] // makes room on a full disk
	kept      listing          // for relief
	relieveAt int64            // Mono before which no other relief is tried
}

func (r *retention) dir() *Dir        { return r.d }
func (r *retention) listed() *listing { return &r.kept }

// listing is what the steps know about a directory's old files.
type listing struct {
	names    []string
	free     int64 // bytes of the file system
	measured bool  // free is known
}

// lister is something that has a listing.
type lister interface {
	worker
	listed() *listing
}

// drop forgets a file that was removed.
func (l *listing) drop(name string) {
	l.names = slices.DeleteFunc(l.names, func(n string) bool { return n == name })
	l.measured = false
}

// counted notes how many old files are among the names in the directory.
func (r *retention) counted(names []string) { r.oldFiles = countOld(names) }

// oneMore notes that another file will become an old one.
func (r *retention) oneMore() { r.oldFiles++ }

// mayHaveTooMany reports whether there may be more old files than the count allows.
func (r *retention) mayHaveTooMany() bool { return r.oldFiles >= r.count }

// hasTooMany reports whether names has more old files than the count allows.
func (r *retention) hasTooMany(names []string) bool { return countOld(names) >= r.count }

func (r *retention) isCapped() bool  { return r.most > 0 }
func (r *retention) keepsFree() bool { return r.free > 0 }

// lacks reports whether too little is free, in bytes.
func (r *retention) lacks(free int64) bool { return free < r.free }

// oldestOf returns the old file among names to remove first, or "".
func (r *retention) oldestOf(names []string) string {
	return oldest(names, r.d.horizon(), r.d.isPending)
}

// unmeasured returns an old file among names that is not pending and has no known size,
// or "".
func (r *retention) unmeasured(names []string) string {
	for _, name := range names {
		if _, known := r.sizes[name]; isOld(name) && !known && !r.d.isPending(name) {
			return name
		}
	}
	return ""
}

// measured notes the size of an old file in bytes, or 0 if it is gone.
func (r *retention) measured(name string, size int64) { r.sizes[name] = size }

// total returns the size of the old files in bytes: those among names and the pending
// ones.
func (r *retention) total(names []string) int64 {
	n := r.d.pendingBytes()
	for _, name := range names {
		if isOld(name) && !r.d.isPending(name) {
			n += r.sizes[name]
		}
	}
	return n
}

// isAboveCap reports whether the old files take more than the cap allows.
func (r *retention) isAboveCap(names []string) bool { return r.total(names) > r.most }

// allows reports whether a file of that size in bytes may become pending, beside that
// many pending files. Pending files can't be removed and count against the cap. One
// pending file is always allowed.
func (r *retention) allows(size int64, pending int) bool {
	return r.most == 0 || pending == 0 || size+r.d.pendingBytes() <= r.most
}

// judge notes the names in the directory and returns those that may be removed. A
// pending file may have another name at the moment.
func (r *retention) judge(names []string) []string {
	names = slices.DeleteFunc(names, func(name string) bool { return r.stuck[name] })
	r.oldFiles = countOld(names) + r.d.pendingCount()
	if len(r.sizes) > 2*r.oldFiles {
		clear(r.sizes) // most of the files are gone
	}
	return names
}

// passesOver reports whether an old file can't be removed for a reason that concerns
// only this file: it is a directory, a mount point, or immutable. Another try would not
// help, so the file is left alone and not counted.
func (r *retention) passesOver(name string, err error) bool {
	if err != syscall.EISDIR && err != syscall.EPERM && err != syscall.EBUSY {
		return false
	}
	r.stuck[name] = true
	r.d.warn("unable to remove " + r.d.path(name) + ", going on without: " + reason.Of(err))
	return true
}

// listSteps list the old files, if wanted returns true; nil means always.
func listSteps[T lister](wanted func(T) bool) []*step[T] {
	return []*step[T]{
		{
			name: "forget what was listed",
			do:   func(t T) { *t.listed() = listing{} },
		},
		{
			name: "list old files",
			when: wanted,
			op:   func(t T, op *ioring.Op) { t.dir().ofDirectory(op, ioring.ReadDir) },
			then: func(t T, op *ioring.Op) verdict[T] {
				if op.Err == nil {
					t.listed().names = t.dir().judge(op.Names)
				}
				return verdict[T]{err: op.Err}
			},
			trouble: func(t T) string { return "read directory " + t.dir().name },
		},
	}
}

// removeStep removes the oldest file while tooMany returns true. After each removal the
// list goes back to the step again, which is before it, or, if again is nil, to itself.
func removeStep(name string, again *step[*pending], tooMany func(p *pending) bool) *step[*pending] {
	s := &step[*pending]{name: name}
	if again == nil {
		again = s
	}
	first := func(p *pending) string { return p.dir().oldestOf(p.listed().names) }
	s.when = func(p *pending) bool { return tooMany(p) && first(p) != "" }
	s.op = func(p *pending, op *ioring.Op) { p.dir().unlink(op, first(p)) }
	s.then = func(p *pending, op *ioring.Op) verdict[*pending] {
		if op.Err != nil && op.Err != syscall.ENOENT && !p.dir().passesOver(op.Path, op.Err) {
			return verdict[*pending]{err: op.Err}
		}
		p.listed().drop(op.Path)
		return verdict[*pending]{redo: again}
	}
	s.trouble = func(p *pending) string { return "remove " + p.dir().path(first(p)) }
	return s
}

// countSteps remove files beyond the count.
var countSteps = concat(listSteps(func(p *pending) bool { return p.dir().mayHaveTooMany() }), []*step[*pending]{
	removeStep("remove the oldest", nil, func(p *pending) bool { return p.dir().hasTooMany(p.listed().names) }),
})

// capSteps make room under the cap for what is pending. They run before another file
// becomes pending, so that the cap holds at any time, and again before it becomes an
// old file, in case it has grown.
func capSteps() []*step[*pending] {
	measure := &step[*pending]{
		name: "measure an old file",
		when: func(p *pending) bool { return p.dir().unmeasured(p.listed().names) != "" },
		op:   func(p *pending, op *ioring.Op) { p.dir().stat(op, p.dir().unmeasured(p.listed().names)) },
		trouble: func(p *pending) string {
			return "stat " + p.dir().path(p.dir().unmeasured(p.listed().names))
		},
	}
	measure.then = func(p *pending, op *ioring.Op) verdict[*pending] {
		if op.Err != nil && op.Err != syscall.ENOENT {
			return verdict[*pending]{err: op.Err}
		}
		p.dir().measured(op.Path, op.Stat.Size)
		return verdict[*pending]{redo: measure}
	}
	return restrict((*Dir).isCapped, concat(listSteps[*pending](nil), []*step[*pending]{
		measure,
		removeStep("remove the oldest above the cap", nil, func(p *pending) bool { return p.dir().isAboveCap(p.listed().names) }),
	}))
}

// lookAtFreeSpace reads how much of the file system is free.
var lookAtFreeSpace = &step[*pending]{
	name: "look at the free space",
	when: func(p *pending) bool { return !p.listed().measured },
	op:   func(p *pending, op *ioring.Op) { p.dir().ofDirectory(op, ioring.Statfs) },
	then: func(p *pending, op *ioring.Op) verdict[*pending] {
		p.listed().free, p.listed().measured = op.Free, true
		return verdict[*pending]{err: op.Err}
	},
	trouble: func(p *pending) string { return "find out what is free in " + p.dir().name },
}

// freeSteps keep some of the file system free.
var freeSteps = restrict((*Dir).keepsFree, concat(listSteps[*pending](nil), []*step[*pending]{
	lookAtFreeSpace,
	removeStep("remove the oldest for room", lookAtFreeSpace, func(p *pending) bool { return p.dir().lacks(p.listed().free) }),
}))

// reliefPause is the time between two searches for a file to remove if the first has
// found none. The end of a search wakes the loop, which tries to write again.
const reliefPause = 1e9 // nanoseconds

// reliefRetry is the time after which a step that found the disk full is tried again
// while files are being removed.
const reliefRetry = 50e6 // nanoseconds

// relieve starts to remove the oldest file if err is that of a full disk and the script
// has a k. It reports whether a removal is under way.
func (r *retention) relieve(err error) bool {
	full := err == syscall.ENOSPC || err == syscall.EDQUOT
	now := r.d.mono()
	if full && r.keepsFree() && !r.relief.isBusy() && now >= r.relieveAt {
		r.relieveAt = now + reliefPause
		r.relief.start(r.d, reliefSteps, r, nil)
	}
	return full && r.relief.isBusy()
}

// relieves is relieve for a step of a task that found the disk full. The steps of
// relief itself pause like those of any other task.
func (r *retention) relieves(p *progress, err error) bool {
	return !r.relief.is(p) && r.relieve(err)
}

// reliefSteps remove one file from a disk that is full.
var reliefSteps = concat(listSteps[*retention](nil), []*step[*retention]{{
	name: "remove the oldest from a full disk",
	when: func(r *retention) bool { return r.oldestOf(r.kept.names) != "" },
	op:   func(r *retention, op *ioring.Op) { r.d.unlink(op, r.oldestOf(r.kept.names)) },
	then: func(r *retention, op *ioring.Op) verdict[*retention] {
		if op.Err == nil {
			r.relieveAt = 0
			r.d.warn("out of disk space, removed " + r.d.path(op.Path))
		} else {
			r.passesOver(op.Path, op.Err)
		}
		return verdict[*retention]{} // the write is tried again in any case
	},
}})
