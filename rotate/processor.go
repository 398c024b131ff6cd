package rotate

import (
	"fmt"
	"slices"

	"multilog/ioring"
	"multilog/rotate/lockpage"
	"multilog/tai64n"
)

// What a processor sees is what daemontools' multilog shows it: its command in
// the log directory, 0 = previous, 1 = processed, 4 = state, 5 = newstate.
// While it runs the pending file bears the name previous, so that recovery
// after an outage is the same as daemontools', whichever of the two comes
// next.

// beginRun is where another run begins. What the run before has left open is
// closed.
var beginRun = step{
	name: "begin a run",
	prepare: func(_ *Dir, p *pending, _ *ioring.Op) bool {
		p.noState = false
		return false
	},
}

// processorSteps make a file safe by way of a processor. One that fails is
// run again, from the opening of its files.
var processorSteps = slices.Concat(finishedSteps, []step{
	{
		name: "rename @LABEL.u to previous",
		prepare: func(d *Dir, p *pending, op *ioring.Op) bool {
			d.notePrevious(p.label)
			return rename(d, op, p.unsafeName(), previousName)
		},
		then:    thenUnlessGone,
		trouble: pendingTrouble("rename ", " to previous"),
	},
	// A file system may put processed, which is synced, on disk without what
	// else happened in the directory: then its lines would be there twice.
	syncDirStep,
	beginRun,
	closeStep(previousName, previousFD),
	closeStep(processedName, processedFD),
	closeStep(stateName, stateFD),
	closeStep(newstateName, newstateFD),
	openPreviousStep,
	// A run that failed may have left anything under these names. And a processed
	// that was finished, and could not be synced, has the mode of a whole one: it
	// must not keep that when it is begun anew.
	unlinkStep(processedName),
	unlinkStep(newstateName),
	openStep(processedName, openNew, processedFD),
	removeBadStateStep,
	openStateStep,
	openStep(newstateName, openNew, newstateFD),
	{
		name: "run the processor",
		prepare: func(d *Dir, p *pending, op *ioring.Op) bool {
			op.Code = ioring.Run
			op.Cmd = &ioring.Command{
				Path:  d.conf.Command[0],
				Args:  d.conf.Command[1:],
				Dir:   d.fd,
				Files: []int{p.previous, p.processed, 2, -1, p.state, p.fresh},
				Idle:  true,
			}
			return true
		},
		then: func(d *Dir, p *pending, op *ioring.Op) verdict {
			d.note(func(page *lockpage.Page) { lockpage.Add(&page.Counters.ProcessorRuns, 1) })
			err := op.Err
			switch {
			case err != nil:
			case op.Res > 128:
				err = fmt.Errorf("killed by signal %d", op.Res-128)
			case op.Res != 0:
				err = fmt.Errorf("exit code %d", op.Res)
			}
			if err == nil {
				return verdict{}
			}
			d.note(func(page *lockpage.Page) { lockpage.Add(&page.Counters.ProcessorBad, 1) })
			return verdict{err: err, redo: beginRun.name}
		},
		trouble: func(d *Dir, _ *pending) string { return "run processor in " + d.conf.Name },
	},
	closeStep(previousName, previousFD),
	closeStep(stateName, stateFD),
}, replacedSteps(processedName, processedFD, missingProcessed), replacedSteps(newstateName, newstateFD, missingNewstate), []step{
	syncStep(processedName, processedFD),
	syncStep(newstateName, newstateFD),
	{
		name: "set mode of processed",
		prepare: func(_ *Dir, p *pending, op *ioring.Op) bool {
			op.FD = p.processed
			return chmod(op)
		},
		trouble: troubleWith("set mode of ", processedName, ""),
	},
	// Once more, for the mode: what comes next removes the only other copy.
	syncStep(processedName, processedFD),
	closeStep(processedName, processedFD),
	closeStep(newstateName, newstateFD),
	syncDirStep,
	unlinkStep(previousName),
	syncDirStep, // before processed has a name beside which previous would be another file
	{
		name: "rename newstate to state",
		prepare: func(d *Dir, p *pending, op *ioring.Op) bool {
			return rename(d, op, newstateName, stateName) && !p.noState
		},
		trouble: func(d *Dir, _ *pending) string {
			return "rename newstate to state in directory " + d.conf.Name
		},
	},
}, measureProcessed, capSteps, []step{
	{
		name: "rename processed to @LABEL.s",
		prepare: func(d *Dir, p *pending, op *ioring.Op) bool {
			return rename(d, op, processedName, d.safeName(p))
		},
		trouble: func(d *Dir, p *pending) string {
			return "rename processed to " + d.safeName(p) + " in directory " + d.conf.Name
		},
	},
}, safeSteps)

// notePrevious stores a label in the lock page, for recovery: from here on no
// name has it.
func (d *Dir) notePrevious(l tai64n.Label) {
	d.note(func(page *lockpage.Page) {
		lockpage.Set(&page.PreviousSec, l.Sec)
		lockpage.Set(&page.PreviousNano, uint64(l.Nano))
	})
}

// previousLabel is the label for the file that a processor was at work on when
// the logger ended, beside old files called names; begun is when the file was
// made, 0 if that is not known.
func (d *Dir) previousLabel(names []string, begun int64) tai64n.Label {
	noted, horizon := d.left.Previous, d.horizon()
	if horizon.Before(noted) {
		noted = tai64n.Label{}
	}
	for _, name := range names {
		if !isOld(name) || isAhead(name, horizon) {
			continue
		}
		// Files become safe in the order of their labels, so this one's is
		// greater than theirs, or somebody else has been here.
		l, ok := tai64n.ParseString(name[:tai64n.Len])
		if ok && (l == noted || name[tai64n.Len:] != unsafeSuffix && noted.Before(l)) {
			noted = tai64n.Label{}
		}
	}
	if noted.IsZero() {
		return d.labelBefore(names, begun)
	}
	if d.last.Before(noted) {
		d.last = noted
	}
	return noted
}
