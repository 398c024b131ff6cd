package rotate

import "multilog/ioring"

// closer closes the directory at the end.
type closer struct {
	d     *Dir
	state closing
	task  task[*closer]
}

// closing is how far the end of the directory is.
type closing int

const (
	stillOpen closing = iota
	closingIt         // endingSteps are under way
	closed            // everything is on disk, and marked as whole
	givenUp           // the rest is left to the next logger
)

func (c *closer) dir() *Dir         { return c.d }
func (c *closer) theCurrent() *file { return c.d.current() }

// begin begins to close the directory. Invariant: on entry, nothing is pending,
// and nothing is under way on current.
func (c *closer) begin() {
	c.state = closingIt
	c.task.start(c.d, endingSteps, c, func(c *closer) { c.state = closed })
}

// isOpen reports whether current may still be written, synced and rotated.
func (c *closer) isOpen() bool { return c.state == stillOpen }

// is reports whether the end is that far.
func (c *closer) is(state closing) bool { return c.state == state }

// giveUp leaves the rest to the next logger.
func (c *closer) giveUp() { c.state = givenUp }

func (c *closer) failing() bool { return c.task.failing() }

var rewriteLast = rewriteStep("write current again", (*closer).theCurrent)

// endingSteps close a directory in which nothing is pending.
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
	// The mark says that there is nothing else to look at: a power cut must not
	// leave names beside it that are gone already.
	syncNamesStep[*closer]("sync the directory"),
	markWholeStep(),
}

// markWholeStep sets current's mode. Input that was left within a line, or within
// a batch, makes this an outage: what follows may not be what belongs there.
func markWholeStep() *step[*closer] {
	s := modeStep("set mode of current", (*closer).theCurrent)
	s.when = func(c *closer) bool { return c.d.isClean() }
	return s
}
