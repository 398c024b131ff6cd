package rotate

import (
	"syscall"

	"multilog/ioring"
)

// spare makes next, the file that replaces current at a rotation. It opens and
// preallocates it in good time.
type spare struct {
	d        *Dir
	next     *file // ready to be swapped in, or nil
	making   *file // being made, or nil
	obstacle bool  // another file has the name next

	task task[*spare]
}

func (s *spare) dir() *Dir { return s.d }

// ready reports whether there is a spare file.
func (s *spare) ready() bool { return s.next != nil }

// make starts to make the spare file, unless it exists or is being made.
func (s *spare) make() {
	if s.next == nil && !s.task.isBusy() {
		s.task.start(s.d, spareSteps, s, nil)
	}
}

// take returns the spare file, which belongs to the caller from now on.
func (s *spare) take() *file {
	f := s.next
	s.next = nil
	return f
}

// isMaking reports whether the spare file is being made.
func (s *spare) isMaking() bool { return s.task.isBusy() }

// failing reports whether a step failed while making the spare file and waits to be
// tried again.
func (s *spare) failing() bool { return s.task.failing() }

// giveUp stops making the spare file if a step has failed, and reports whether it did.
func (s *spare) giveUp() bool {
	fails := s.task.failing()
	s.task.dropIfFailing()
	return fails
}

// moveAside renames a file that another program has put under the name of the spare
// file. Such a file may be meant to do harm, so the logger neither writes to it nor
// waits for it.
var moveAside = &step[*spare]{
	name: "move another's next away",
	when: func(s *spare) bool { return s.obstacle },
	op: func(s *spare, op *ioring.Op) {
		s.d.rename(op, nextName, nextName+"."+s.d.newLabel().String())
	},
	then: func(s *spare, op *ioring.Op) verdict[*spare] {
		if op.Err == nil {
			s.d.warn("another program has made " + s.d.path(nextName) + ": renamed to " + op.NewPath + ", going on")
		}
		s.obstacle = op.Err != nil && op.Err != syscall.ENOENT
		return ignoreMissing(s, op)
	},
	trouble: troubleWith[*spare]("rename ", nextName, ""),
}

// spareSteps make next.
var spareSteps = []*step[*spare]{
	moveAside,
	{
		name: "open next",
		when: func(s *spare) bool { return s.making == nil }, // it may exist since a task that was given up
		op: func(s *spare, op *ioring.Op) {
			s.d.open(op, nextName, openAppend|syscall.O_CREAT|syscall.O_EXCL)
		},
		then: func(s *spare, op *ioring.Op) verdict[*spare] {
			switch op.Err {
			case nil:
				s.making = newFile(nextName, int(op.Res))
			case syscall.EEXIST:
				s.obstacle = true
				return verdict[*spare]{redo: moveAside}
			}
			return verdict[*spare]{err: op.Err}
		},
		trouble: troubleWith[*spare]("create ", nextName, ""),
	},
	{
		name: "look at next",
		on:   func(s *spare) *file { return s.making },
		op:   func(_ *spare, op *ioring.Op) { op.Code = ioring.Stat },
		then: func(s *spare, op *ioring.Op) verdict[*spare] {
			s.making.identify(op.Stat)
			return verdict[*spare]{err: op.Err}
		},
		trouble: troubleWith[*spare]("stat ", nextName, ""),
	},
	{
		name: "preallocate next",
		on:   func(s *spare) *file { return s.making },
		// A rotation of a small current was requested, so next may stay small, too.
		when: func(s *spare) bool { return preallocates && s.d.currentSize() >= preallocateAt },
		op:   func(s *spare, op *ioring.Op) { s.d.preallocate(s.making, op) },
		then: func(s *spare, _ *ioring.Op) verdict[*spare] {
			s.making.wasPreallocated()
			return verdict[*spare]{}
		},
	},
	{
		name: "offer next",
		do:   func(s *spare) { s.next, s.making = s.making, nil },
	},
}
