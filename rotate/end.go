package rotate

import (
	"multilog/ioring"
	"multilog/rotate/lockpage"
)

// End begins to close the directory: when nothing is pending any more,
// current is made safe and marked as finished. Ended says when that is done.
// Call it again after each wait until then.
func (d *Dir) End() {
	if d.ended || d.ending.busy() || d.spare.busy() || d.naming.busy() || d.cur.users > 0 || len(d.queue) > 0 {
		return
	}
	d.flush.dropIfFailing() // what it would try again, the steps that follow do
	d.ending.start(d, endingSteps, nil, func() { d.ended = true })
}

// Ended says that the directory is closed, and whole.
func (d *Dir) Ended() bool { return d.ended }

// Failing reports whether what a rotation waits for has failed, and will be
// tried again.
func (d *Dir) Failing() bool {
	return d.spare.failing() || d.naming.failing() || d.finish.failing()
}

// GiveUp leaves to the next logger what fails while the directory is being
// closed, and reports whether nothing else is left to do. What is under way,
// a processor above all, is waited for; once it has failed it is not tried
// again. Recovery finds then what an outage leaves.
func (d *Dir) GiveUp() bool {
	if d.ended || d.givenUp {
		return d.givenUp
	}
	if d.spare.failing() {
		d.want = false
		d.spare.dropIfFailing()
	}
	d.flush.dropIfFailing()
	switch {
	case d.finish.failing():
		d.givenUp = true
	case d.finish.busy():
	default:
		d.givenUp = d.naming.failing() || d.ending.failing()
	}
	return d.givenUp
}

// endingSteps close a directory in which nothing is pending.
var endingSteps = []step{
	sizeStep("look at current", currentFile),
	giveBackStep("give back current's unused blocks", currentFile),
	{
		name: "remove next",
		prepare: func(d *Dir, _ *pending, op *ioring.Op) bool {
			op.Code, op.Dir, op.Path = ioring.UnlinkAt, d.fd, nextName
			return d.next != nil
		},
		then:    unlessMissing,
		trouble: troubleWith("remove ", nextName, ""),
	},
	rewriteStep("write current again", func(*pending) string { return currentName }, currentFile),
	{
		name: "sync current",
		on:   currentFile,
		prepare: func(_ *Dir, _ *pending, op *ioring.Op) bool {
			op.Code = ioring.Fsync
			return true
		},
		then: func(d *Dir, _ *pending, op *ioring.Op) verdict {
			if op.Err != nil {
				d.cur.syncFailed = true
				return verdict{err: op.Err, redo: "write current again"}
			}
			return verdict{}
		},
		trouble: troubleWith("write ", currentName, " to disk"),
	},
	// The mark says that there is nothing else to look at: a power cut must not
	// leave names beside it that are gone already.
	syncDirStep,
	{
		// Input that was left within a line, or within a batch, makes this an
		// outage: what follows may not be what belongs there.
		name: "set mode of current",
		on:   currentFile,
		prepare: func(d *Dir, _ *pending, op *ioring.Op) bool {
			r := d.page.Record()
			return chmod(op) && r.State() == lockpage.StateNone && r.LineAfter != lockpage.LineHere
		},
		trouble: troubleWith("set mode of ", currentName, ""),
	},
}
