package rotate

import "multilog/ioring"

// closer closes the directory at the end.
type closer struct {
	d     *Dir
	state closing
	task  task[*closer]
}

// closing is how far the directory has been closed.
type closing int

const (
	stillOpen closing = iota
	closingIt         // endingSteps are running
	closed            // everything is on disk and marked as complete
	givenUp           // the next logger does the rest
)

func (c *closer) dir() *Dir         { return c.d }
func (c *closer) theCurrent() *file { return c.d.current() }

// begin starts to close the directory. Invariant: on entry, no file is pending and no
// operation on current is in flight.
func (c *closer) begin() {
	c.state = closingIt
	c.task.start(c.d, endingSteps, c, func(c *closer) { c.state = closed })
}

// isOpen reports whether current may still be written, synced and rotated.
func (c *closer) isOpen() bool { return c.state == stillOpen }

// is reports whether closing has reached that state.
func (c *closer) is(state closing) bool { return c.state == state }

// giveUp leaves the rest to the next logger.
func (c *closer) giveUp() { c.state = givenUp }

func (c *closer) failing() bool { return c.task.failing() }

var rewriteLast = rewriteStep("write current again", (*closer).theCurrent)

// endingSteps close a directory that has no pending files.
var endingSteps = []*step[*closer]{
	measureStep("look at current", (*closer).theCurrent),
	giveBackStep("give back current's unused blocks", (*closer).theCurrent),
	{
		name:    "remove next",
		when:    func(c *closer) bool { return c.d.hasSpare() },
		op:      func(c *closer, op *ioring.Op) { c.d.unlink(op, nextName) },
		then:    ignoreMissing[*closer],
		trouble: troubleWith[*closer]("remove ", nextName, ""),
	},
	rewriteLast,
	{
		name: "sync current",
		on:   (*closer).theCurrent,
		op:   func(_ *closer, op *ioring.Op) { op.Code = ioring.Fsync },
		then: func(c *closer, op *ioring.Op) verdict[*closer] {
			if op.Err != nil {
				c.theCurrent().synced(op.Err)
				return verdict[*closer]{err: op.Err, redo: rewriteLast}
			}
			return verdict[*closer]{}
		},
		trouble: troubleWith[*closer]("write ", currentName, " to disk"),
	},
	// The mode says that nothing else needs recovery. So a power cut must not bring
	// back names that were removed before it.
	syncNamesStep[*closer]("sync the directory"),
	markWholeStep(),
}

// markWholeStep marks current as finished by its mode. It leaves the mode alone if the
// input was left within a line or within a batch: then the next logger must recover the
// directory as after a kill, because what follows may not continue current.
func markWholeStep() *step[*closer] {
	s := modeStep("set mode of current", (*closer).theCurrent)
	s.when = func(c *closer) bool { return c.d.isClean() }
	return s
}
