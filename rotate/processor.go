package rotate

import (
	"fmt"

	"multilog/internal/reason"
	"multilog/ioring"
	"multilog/rotate/lockpage"
	"multilog/tai64n"
)

// processor is the program that finished files pass through. It finds what daemontools'
// multilog gives it: its command runs in the log directory, with descriptor 0 =
// previous, 1 = processed, 4 = state, 5 = newstate. While it runs, the pending file has
// the name previous. So either of the two loggers can recover from a kill of the other.
type processor struct {
	at          *place
	command     []string // empty for none
	saidNoState bool     // it has warned that the processor leaves no new state
}

// isThere reports whether finished files pass through a processor.
func (c *processor) isThere() bool { return len(c.command) > 0 }

// fill fills in op to run the processor with the files of a run.
func (c *processor) fill(op *ioring.Op, dir int, files []int) {
	op.Code = ioring.Run
	op.Cmd = &ioring.Command{Path: c.command[0], Args: c.command[1:], Dir: dir, Files: files, Idle: true}
}

// leftNoState warns that the processor has left no new state. A processor that does so
// does it each time, so it warns only once.
func (c *processor) leftNoState(err error) {
	if !c.saidNoState {
		c.saidNoState = true
		c.at.warn("unable to find " + c.at.path(newstateName) + " after the processor's run, going on with the state before: " + reason.Of(err))
	}
}

// After a run that failed, the list goes back to tidyUp at once and closes all files
// that the run had open. Then it pauses, and begins the next run.
var tidyUp = closeStep(previousName, (*run).previousFD)

// runAgain returns the verdict for a run that has failed.
func runAgain(err error) verdict[*pending] {
	return verdict[*pending]{err: err, redo: tidyUp, tidy: true}
}

// processorSteps make a file safe with a processor. If the processor fails they run it
// again, beginning with the opening of its files.
var processorSteps = concat(finishedSteps, []*step[*pending]{
	enterStep(lockpage.StagePreparing),
	{
		// From here on no name contains the label, but recovery needs it.
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
	// The name previous must be on disk before processed is. A file system may put a
	// synced processed on disk without other changes of the directory; then its lines
	// would be there twice.
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
	// A run that failed may have left anything under these names. And a processed that
	// was finished but could not be synced has the mode of a complete one. The next run
	// must not begin with that mode.
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
	// Sync once more, for the mode: the next step removes the only other copy.
	syncStep(processedName, (*run).processedFD),
	closeStep(processedName, (*run).processedFD),
	closeStep(newstateName, (*run).newstateFD),
	syncNamesStep[*pending]("sync the directory"),
	unlinkStep[*pending](previousName),
	syncNamesStep[*pending]("sync the directory"), // before processed gets another name: previous beside that would be taken for another file
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

// lastSignal is the greatest number of a signal (SIGRTMAX).
const lastSignal = 64

// failureOf returns how a run has failed, or nil if it has not. Shells, too, exit with 128
// plus the number of the signal that has ended a command.
func failureOf(op *ioring.Op) error {
	switch {
	case op.Err != nil:
		return op.Err
	case op.Res > 128 && op.Res <= 128+lastSignal:
		return fmt.Errorf("killed by signal %d", op.Res-128)
	case op.Res != 0:
		return fmt.Errorf("exit code %d", op.Res)
	}
	return nil
}

// measureProcessed reads the size of the processor's output, which counts against the
// cap.
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
