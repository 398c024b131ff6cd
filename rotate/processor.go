package rotate

import (
	"fmt"

	"multilog/internal/reason"
	"multilog/ioring"
	"multilog/rotate/lockpage"
	"multilog/tai64n"
)

// processor is the program that finished files go through. What it sees is what
// daemontools' multilog shows it: its command in the log directory, 0 =
// previous, 1 = processed, 4 = state, 5 = newstate. While it runs the pending
// file bears the name previous, so that recovery after an outage is the same as
// daemontools', whichever of the two comes next.
type processor struct {
	at          *place
	command     []string // empty for none
	saidNoState bool     // it leaves no new state, and that was said
}

// isThere reports whether files go through a processor.
func (c *processor) isThere() bool { return len(c.command) > 0 }

// fill fills in op to run the processor with the files of a run.
func (c *processor) fill(op *ioring.Op, dir int, files []int) {
	op.Code = ioring.Run
	op.Cmd = &ioring.Command{Path: c.command[0], Args: c.command[1:], Dir: dir, Files: files, Idle: true}
}

// leftNoState warns that the processor has left no new state. One that does this
// does it each time, so the warning comes once.
func (c *processor) leftNoState(err error) {
	if !c.saidNoState {
		c.saidNoState = true
		c.at.warn("unable to find " + c.at.path(newstateName) + " after the processor's run, going on with the state before: " + reason.Of(err))
	}
}

// A run that has failed begins anew: at once all files that it has left open are
// closed, from tidyUp on, and after a pause the next run begins.
var tidyUp = closeStep(previousName, (*run).previousFD)

// runAgain is what follows when a run has failed.
func runAgain(err error) verdict[*pending] {
	return verdict[*pending]{err: err, redo: tidyUp, tidy: true}
}

// processorSteps make a file safe by way of a processor. One that fails is
// run again, from the opening of its files.
var processorSteps = concat(finishedSteps, []*step[*pending]{
	enterStep(lockpage.StagePreparing),
	{
		// From here on no name has the label, which recovery wants to know.
		name: "note the label",
		do:   func(p *pending) { p.dir().notePrevious(p.theLabel()) },
	},
	{
		name: "rename @LABEL.u to previous",
		op: func(p *pending, op *ioring.Op) {
			p.dir().rename(op, p.unsafeName(), previousName)
		},
		then:    stopIfUnsafeRemoved,
		trouble: pendingTrouble("rename ", " to previous"),
	},
	// A file system may put processed, which is synced, on disk without what
	// else happened in the directory: then its lines would be there twice.
	syncNamesStep[*pending]("sync the directory"),
	tidyUp,
	closeStep(processedName, (*run).processedFD),
	closeStep(stateName, (*run).stateFD),
	closeStep(newstateName, (*run).newstateFD),
	{name: "pause after a run that has failed", pause: true},
	{
		name: "begin a run",
		do:   func(p *pending) { p.processing().begin() },
	},
	openPreviousStep,
	// A run that failed may have left anything under these names. And a processed
	// that was finished, and could not be synced, has the mode of a whole one: it
	// must not keep that when it is begun anew.
	unlinkStep[*pending](processedName),
	unlinkStep[*pending](newstateName),
	openStep(processedName, openNew, (*run).processedFD),
	removeBadState,
	openStateStep,
	openStep(newstateName, openNew, (*run).newstateFD),
	enterStep(lockpage.StageProcessing),
	{
		name: "run the processor",
		op:   func(p *pending, op *ioring.Op) { p.dir().fillRun(op, p.processing().files()) },
		then: func(p *pending, op *ioring.Op) verdict[*pending] {
			err := failureOf(op)
			p.dir().countRun(err == nil)
			if err != nil {
				return runAgain(err)
			}
			return verdict[*pending]{}
		},
		trouble: func(p *pending) string { return "run processor in " + p.dir().name },
	},
	enterStep(lockpage.StageSaving),
	closeStep(previousName, (*run).previousFD),
	closeStep(stateName, (*run).stateFD),
}, replacedSteps(processedName, (*run).processedFD, missingProcessed), replacedSteps(newstateName, (*run).newstateFD, missingNewstate), []*step[*pending]{
	syncStep(processedName, (*run).processedFD),
	syncStep(newstateName, (*run).newstateFD),
	{
		name: "set mode of processed",
		op: func(p *pending, op *ioring.Op) {
			op.Code, op.FD, op.Mode = ioring.Fchmod, *p.processing().processedFD(), modeFinished
		},
		trouble: troubleWith[*pending]("set mode of ", processedName, ""),
	},
	// Once more, for the mode: what comes next removes the only other copy.
	syncStep(processedName, (*run).processedFD),
	closeStep(processedName, (*run).processedFD),
	closeStep(newstateName, (*run).newstateFD),
	syncNamesStep[*pending]("sync the directory"),
	unlinkStep[*pending](previousName),
	syncNamesStep[*pending]("sync the directory"), // before processed has a name beside which previous would be another file
	{
		name: "rename newstate to state",
		when: func(p *pending) bool { return !p.processing().hasNoState() },
		op:   func(p *pending, op *ioring.Op) { p.dir().rename(op, newstateName, stateName) },
		trouble: func(p *pending) string {
			return "rename newstate to state in directory " + p.dir().name
		},
	},
}, measureProcessed, capSteps(), []*step[*pending]{
	{
		name: "rename processed to @LABEL.s",
		op:   func(p *pending, op *ioring.Op) { p.dir().rename(op, processedName, p.safeName()) },
		trouble: func(p *pending) string {
			return "rename processed to " + p.safeName() + " in directory " + p.dir().name
		},
	},
}, safeSteps)

// failureOf returns how a run has failed; nil if it has not.
func failureOf(op *ioring.Op) error {
	switch {
	case op.Err != nil:
		return op.Err
	case op.Res > 128:
		return fmt.Errorf("killed by signal %d", op.Res-128)
	case op.Res != 0:
		return fmt.Errorf("exit code %d", op.Res)
	}
	return nil
}

// measureProcessed finds out what the file will take that a processor has made.
var measureProcessed = restrict((*Dir).isCapped, []*step[*pending]{{
	name: "measure processed",
	op:   func(p *pending, op *ioring.Op) { p.dir().stat(op, processedName) },
	then: func(p *pending, op *ioring.Op) verdict[*pending] {
		p.processing().measured(op.Stat.Size)
		return verdict[*pending]{err: op.Err}
	},
	trouble: troubleWith[*pending]("stat ", processedName, ""),
}})

// notePrevious stores a label in the lock page, for recovery.
func (r *record) notePrevious(l tai64n.Label) {
	r.note(func(page *lockpage.Page) {
		lockpage.Set(&page.PreviousSec, l.Sec)
		lockpage.Set(&page.PreviousNano, uint64(l.Nano))
	})
}
