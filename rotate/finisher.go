package rotate

import (
	"syscall"
	"time"

	"multilog/internal/reason"
	"multilog/ioring"
	"multilog/rotate/lockpage"
	"multilog/tai64n"
)

// finisher makes finished files safe. It renames the files of a swap, puts the finished
// one into a queue, and works on the files in the queue one after another.
type finisher struct {
	d      *Dir
	suffix string // of the names of safe files
	most   int    // the maximum number of pending files

	turn turn // to run a processor

	queue  []*pending      // the oldest first
	labels map[string]bool // of queue

	naming    task[*pending]
	finishing task[*pending] // of queue[0]
}

// pending is a full file that is not safe yet.
type pending struct {
	*file
	in    *finisher
	label tai64n.Label

	stage   lockpage.Stage
	failing bool  // a step has failed and waits to be tried again
	since   int64 // Now at the start of the stage or of the latest try

	gone  bool // another process has removed it
	split bool // it ends within a line

	run  run     // of the processor
	kept listing // the old files in its directory
}

func (p *pending) theLabel() tai64n.Label { return p.label }
func (p *pending) dir() *Dir              { return p.in.d }
func (p *pending) theFile() *file         { return p.file }
func (p *pending) listed() *listing       { return &p.kept }
func (p *pending) processing() *run       { return &p.run }
func (p *pending) unsafeName() string     { return p.label.String() + unsafeSuffix }

// safeName returns the name that the file gets when it is safe.
func (p *pending) safeName() string { return p.label.String() + p.in.suffix }

// openPending is the number of pending files of a directory that stay open.
const openPending = 2

// add takes the file that was current.
func (f *finisher) add(old *file, label tai64n.Label, split bool) {
	p := &pending{file: old, in: f, label: label, split: split, run: noRun, stage: lockpage.StageNaming, since: f.d.now()}
	f.queue = append(f.queue, p)
	f.labels[label.String()] = true
}

// name starts to rename the files of the last swap.
func (f *finisher) name() {
	f.noteFiles()
	f.naming.start(f.d, namingSteps, f.queue[len(f.queue)-1], func(p *pending) {
		p.enter(lockpage.StageWaiting)
		f.next()
		f.d.lookAhead()
	})
}

// next starts to make the oldest pending file safe, unless an operation on that file is
// in flight (see file).
func (f *finisher) next() {
	if len(f.queue) == 0 || f.queue[0].stage != lockpage.StageWaiting || f.queue[0].isUsed() {
		return
	}
	if !f.turn.take() {
		return
	}
	p := f.queue[0]
	f.d.syncsNoLonger(p)
	p.enter(lockpage.StageSyncing)
	steps := plainSteps
	if f.d.hasProcessor() {
		steps = processorSteps
	}
	f.finishing.start(f.d, steps, p, func(p *pending) {
		delete(f.labels, p.label.String())
		f.queue = append(f.queue[:0], f.queue[1:]...)
		f.noteFiles()
		f.turn.giveBack()
		f.next()
	})
}

// granted continues when the directory gets its turn.
func (f *finisher) granted() {
	switch {
	case f.d.hasGivenUp():
	case f.finishing.isBusy():
		f.finishing.tryAgain(f.d.mono())
		return
	default:
		f.next()
	}
	if !f.finishing.isBusy() || f.d.hasGivenUp() {
		f.turn.giveBack()
	}
}

// nextTry returns the Mono at which a failed step is due, or 0 if none is.
func (f *finisher) nextTry() int64 {
	if f.turn.isWaiting() {
		return 0
	}
	return f.finishing.nextTry()
}

// tryAgain tries a failed step again if it is due and the directory has its turn.
func (f *finisher) tryAgain(now int64) {
	if f.finishing.isDue(now) && f.turn.take() {
		f.finishing.tryAgain(now)
	}
}

// keepsFew reports whether files that wait for their turn must be closed.
func (f *finisher) keepsFew() bool { return f.turn.isBounded() || len(f.queue) > openPending }

// noteFiles stores in the lock page how many files are pending, and the stages of the
// oldest ones.
func (f *finisher) noteFiles() {
	f.d.note(func(page *lockpage.Page) {
		lockpage.Set(&page.Counters.Pending, uint64(len(f.queue)))
		for i := range lockpage.FileSlots {
			var file lockpage.File
			if i < len(f.queue) {
				p := f.queue[i]
				file = lockpage.File{Label: p.label, Stage: p.stage, Failing: p.failing, Since: time.Unix(0, p.since)}
			}
			page.SetFile(i, file)
		}
	})
}

// enter notes that the file has reached a stage.
func (p *pending) enter(s lockpage.Stage) {
	p.stage, p.failing, p.since = s, false, p.in.d.now()
	p.in.noteFiles()
}

// pauses notes that a step has failed, or, if failing is false, that it is tried again.
func (p *pending) pauses(failing bool) {
	p.failing, p.since = failing, p.in.d.now()
	p.in.noteFiles()
}

// enterStep notes that a file has reached a stage.
func enterStep(s lockpage.Stage) *step[*pending] {
	return &step[*pending]{name: "stage", do: func(p *pending) { p.enter(s) }}
}

// namingPauses and finishingPauses are called when a step has failed, and, with false,
// when it is tried again.
func (f *finisher) namingPauses(failing bool) { f.naming.worksOn().pauses(failing) }

func (f *finisher) finishingPauses(failing bool) {
	f.finishing.worksOn().pauses(failing)
	if failing {
		f.turn.giveBack()
	}
}

// countSync counts the fsync of a finished file that has just ended.
func (f *finisher) countSync() { f.d.countSync(f.d.mono() - f.finishing.since()) }

// isNaming reports whether the files of the last swap are still being renamed. Until
// that is done, current has the name of the spare file.
func (f *finisher) isNaming() bool {
	n := len(f.queue)
	return n > 0 && f.queue[n-1].stage == lockpage.StageNaming
}

// hasRoom reports whether one more file may be pending.
func (f *finisher) hasRoom() bool { return len(f.queue) < f.most }

// limit returns how many files may be pending.
func (f *finisher) limit() int { return f.most }

// count returns how many files are pending.
func (f *finisher) count() int { return len(f.queue) }

// isPending reports whether an old file is pending, or became safe a moment ago.
func (f *finisher) isPending(name string) bool { return f.labels[name[:tai64n.Len]] }

// bytes returns the total size of all pending files.
func (f *finisher) bytes() (n int64) {
	for _, p := range f.queue {
		if made := p.run.made(); made > 0 {
			n += made
		} else {
			n += p.bytes()
		}
	}
	return n
}

// unsynced returns the oldest file that waits for its turn and is not on disk yet. It
// returns nil if there is none, or without y.
func (f *finisher) unsynced() *pending {
	for _, p := range f.queue {
		if p.dirtySince() != 0 && p.stage == lockpage.StageWaiting {
			return p
		}
	}
	return nil
}

// failing reports whether a step that a rotation depends on has failed and waits to be
// tried again.
func (f *finisher) failing() bool { return f.naming.failing() || f.finishing.failing() }

// stuck reports whether nothing more will happen in the queue without another try of a
// failed step.
func (f *finisher) stuck() bool {
	return f.finishing.failing() || f.naming.failing() && !f.finishing.isBusy()
}

// namingSteps rename the files of a swap. Until they are done, the file that is being
// written has the name next.
var namingSteps = concat(lenient(capSteps()), []*step[*pending]{
	{
		name: "rename current to @LABEL.u",
		op: func(p *pending, op *ioring.Op) {
			p.dir().rename(op, currentName, p.unsafeName())
		},
		then: func(p *pending, op *ioring.Op) verdict[*pending] {
			v := continueAnyway(p.stopIfRemoved(currentName, op))
			if v.err == nil {
				p.named(p.unsafeName())
			}
			return v
		},
		trouble: func(p *pending) string {
			return "rename current to " + p.unsafeName() + " in directory " + p.dir().name
		},
	},
	{
		name: "rename next to current",
		op: func(p *pending, op *ioring.Op) {
			p.dir().rename(op, nextName, currentName)
		},
		then: func(p *pending, op *ioring.Op) verdict[*pending] {
			switch op.Err {
			case syscall.ENOENT:
				p.dir().warnRemoved(nextName, op.Err)
			case nil:
			default:
				return verdict[*pending]{err: op.Err}
			}
			p.dir().current().named(currentName)
			return verdict[*pending]{}
		},
		trouble: func(p *pending) string { return "rename next to current in directory " + p.dir().name },
	},
	retireStep,
	closeRetiredStep,
})

// retireStep closes a pending file until its turn: hundreds of files may be pending,
// but descriptors are few.
var retireStep = &step[*pending]{
	name: "close @LABEL.u until its turn",
	when: func(p *pending) bool { return p.in.keepsFew() },
	do:   func(p *pending) { p.retire() },
}

// closeRetiredStep closes the file. If an operation on it is in flight, the end of that
// operation closes it.
var closeRetiredStep = &step[*pending]{
	name: "close @LABEL.u",
	when: func(p *pending) bool { return p.isToClose() },
	op:   func(p *pending, op *ioring.Op) { p.close(op) },
	then: ignoreError[*pending],
}

// stopIfRemoved handles the result of an operation on the file of that name. If another
// process has removed the file, its lines are lost, and new lines must not wait for
// them: it warns once and ends the list.
func (p *pending) stopIfRemoved(name string, op *ioring.Op) verdict[*pending] {
	if op.Err != syscall.ENOENT {
		return verdict[*pending]{err: op.Err}
	}
	if !p.gone {
		p.gone = true
		p.forget()
		p.dir().warnRemoved(name, op.Err)
	}
	return verdict[*pending]{over: true}
}

// continueAnyway continues with the list, even if the file is gone.
func continueAnyway(v verdict[*pending]) verdict[*pending] {
	v.over = false
	return v
}

func stopIfUnsafeRemoved(p *pending, op *ioring.Op) verdict[*pending] {
	return p.stopIfRemoved(p.unsafeName(), op)
}

// warnRemoved warns that another process has removed the file of that name.
func (p *place) warnRemoved(name string, err error) {
	follows := " (another process has removed it: its lines are lost)"
	if name == nextName { // the file that is being written
		follows = " (another process has removed it: lines are lost until the next rotation)"
	}
	p.warn("unable to find " + p.path(name) + ": " + reason.Of(err) + follows)
}

func pendingTrouble(verb, rest string) func(*pending) string {
	return func(p *pending) string { return verb + p.dir().path(p.unsafeName()) + rest }
}
