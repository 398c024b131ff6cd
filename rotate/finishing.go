package rotate

import (
	"slices"

	"multilog/ioring"
	"multilog/rotate/lockpage"
)

// The lists of steps that make a file safe. The steps of a processor are in
// processor.go, those that remove files in retention.go.

func concat[T any](lists ...[]*step[T]) []*step[T] { return slices.Concat(lists...) }

// openAgainSteps open a pending file that was closed until its turn.
var openAgainSteps = []*step[*pending]{
	{
		name: "keep @LABEL.u open",
		do:   func(p *pending) { p.keep() },
	},
	{
		name: "open @LABEL.u again",
		on:   (*pending).theFile,
		when: func(p *pending) bool { return !p.isOpen() },
		op: func(p *pending, op *ioring.Op) {
			p.dir().open(op, p.unsafeName(), openAppend)
		},
		then: func(p *pending, op *ioring.Op) verdict[*pending] {
			if op.Err == nil {
				p.opened(op)
			}
			return stopIfUnsafeRemoved(p, op)
		},
		trouble: pendingTrouble("open ", ""),
	},
}

// beginSync is where a list goes back to when a sync has failed: the file is written
// again first.
var beginSync = enterStep(lockpage.StageSyncing)

// finishedSteps put the data of a finished file on disk. Both plainSteps and
// processorSteps begin with them.
var finishedSteps = concat(openAgainSteps, []*step[*pending]{
	measureStep("look at @LABEL.u", (*pending).theFile),
	giveBackStep("give back its unused blocks", (*pending).theFile),
	beginSync,
	rewriteStep("write @LABEL.u again", (*pending).theFile),
	{
		name: "sync @LABEL.u",
		on:   (*pending).theFile,
		op:   func(_ *pending, op *ioring.Op) { op.Code = ioring.Fsync },
		then: func(p *pending, op *ioring.Op) verdict[*pending] {
			p.synced(op.Err)
			if op.Err != nil {
				return verdict[*pending]{err: op.Err, redo: beginSync}
			}
			p.in.countSync()
			return verdict[*pending]{}
		},
		trouble: pendingTrouble("write ", " to disk"),
	},
	// The data must be on disk before the mode is set. A power cut may give the file
	// its name current back, and recovery takes a current with this mode for complete
	// and appends to it. If the file ends within a line, its new name must be on disk,
	// too.
	{
		name:    "sync the directory",
		when:    func(p *pending) bool { return p.split },
		op:      syncTheDirectory.op,
		trouble: syncTheDirectory.trouble,
	},
	modeStep("set mode of @LABEL.u", (*pending).theFile),
	{
		name: "close @LABEL.u",
		when: func(p *pending) bool { return p.isOpen() },
		op:   func(p *pending, op *ioring.Op) { p.close(op) },
		then: ignoreError[*pending],
	},
})

var syncTheDirectory = syncNamesStep[*pending]("sync the directory")

// safeSteps follow when the file is safe. Both plainSteps and processorSteps end with
// them.
var safeSteps = concat([]*step[*pending]{
	enterStep(lockpage.StageRemoving), syncNamesStep[*pending]("sync the directory")}, countSteps, freeSteps)

// plainSteps make a file safe when there is no processor.
var plainSteps = concat(finishedSteps, capSteps(), []*step[*pending]{{
	name: "rename @LABEL.u to @LABEL.s",
	op: func(p *pending, op *ioring.Op) {
		p.dir().rename(op, p.unsafeName(), p.safeName())
	},
	then: stopIfUnsafeRemoved,
	trouble: func(p *pending) string {
		return "rename " + p.dir().path(p.unsafeName()) + " to " + p.safeName()
	},
}}, safeSteps)
