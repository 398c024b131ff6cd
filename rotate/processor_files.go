package rotate

import (
	"errors"
	"syscall"

	"multilog/internal/reason"
	"multilog/ioring"
)

// The files of a processor. Its command runs in the log directory and may do anything
// there: remove its files, replace them, or put links, FIFOs and directories in their
// place. The logger follows and waits for nothing that the command leaves, and makes
// only a regular file an old file or the state.

// openNew opens files that must not exist yet. With it nothing is followed, overwritten
// or waited for.
const openNew = syscall.O_WRONLY | syscall.O_CREAT | syscall.O_EXCL

// run is one run of the processor, or several until one succeeds. A descriptor is -1
// while its file is closed.
type run struct {
	previous, processed int
	state, newstate     int

	given    ioring.FileInfo // the file that the processor was given under a name
	replaced bool            // the processor has put another file there
	noState  bool            // the processor has left no new state
	badState bool            // state can't be opened
	result   int64           // size of the output in bytes, once previous is gone; else 0
}

// noRun is a run that has not begun.
var noRun = run{previous: -1, processed: -1, state: -1, newstate: -1}

func (r *run) previousFD() *int  { return &r.previous }
func (r *run) processedFD() *int { return &r.processed }
func (r *run) stateFD() *int     { return &r.state }
func (r *run) newstateFD() *int  { return &r.newstate }

// files returns the processor's descriptors 0 to 5.
func (r *run) files() []int { return []int{r.previous, r.processed, 2, -1, r.state, r.newstate} }

// begin starts another run.
func (r *run) begin() { r.noState = false }

// hasNoState reports whether the processor has left no new state.
func (r *run) hasNoState() bool { return r.noState }

// measured notes the size of the output in bytes; made returns it, or 0 while it is
// unknown.
func (r *run) measured(size int64) { r.result = size }
func (r *run) made() int64         { return r.result }

// openStep opens one of a processor's files.
func openStep(name string, flags int, fd func(*run) *int) *step[*pending] {
	return &step[*pending]{
		name: "open " + name,
		op:   func(p *pending, op *ioring.Op) { p.dir().open(op, name, flags) },
		then: func(p *pending, op *ioring.Op) verdict[*pending] {
			if op.Err != nil {
				return runAgain(op.Err)
			}
			*fd(p.processing()) = int(op.Res)
			return verdict[*pending]{}
		},
		trouble: troubleWith[*pending]("open ", name, ""),
	}
}

// openPreviousStep opens the processor's input. A processor that failed may have
// removed it.
var openPreviousStep = &step[*pending]{
	name: "open previous",
	op:   func(p *pending, op *ioring.Op) { p.dir().open(op, previousName, openSafely|syscall.O_RDONLY) },
	then: func(p *pending, op *ioring.Op) verdict[*pending] {
		if op.Err == nil {
			p.processing().previous = int(op.Res)
		}
		return p.stopIfRemoved(previousName, op)
	},
	trouble: troubleWith[*pending]("open ", previousName, ""),
}

// removeBadState removes a state that openStateStep could not open.
var removeBadState = &step[*pending]{
	name: "remove state",
	when: func(p *pending) bool { return p.processing().badState },
	op:   func(p *pending, op *ioring.Op) { p.dir().unlink(op, stateName) },
	then: func(p *pending, op *ioring.Op) verdict[*pending] {
		v := ignoreMissing(p, op)
		p.processing().badState = v.err != nil
		return v
	},
	trouble: troubleWith[*pending]("remove ", stateName, ""),
}

// openStateStep opens the state that the previous run left, or makes an empty one. If
// the processor has put something there that is not a file or can't be read, the step
// removes it.
var openStateStep = &step[*pending]{
	name: "open state",
	op: func(p *pending, op *ioring.Op) {
		p.dir().open(op, stateName, openSafely|syscall.O_RDONLY|syscall.O_CREAT)
	},
	then: func(p *pending, op *ioring.Op) verdict[*pending] {
		switch op.Err {
		case nil:
			p.processing().state = int(op.Res)
		case syscall.ELOOP, syscall.ENXIO, syscall.EACCES:
			p.dir().warn("unable to open " + p.dir().path(stateName) + ", going on with an empty one: " + reason.Of(op.Err))
			p.processing().badState = true
			return verdict[*pending]{redo: removeBadState}
		default:
			return runAgain(op.Err)
		}
		return verdict[*pending]{}
	},
	trouble: troubleWith[*pending]("open ", stateName, ""),
}

// replacedSteps check the name of one of a processor's files after the run. It may
// belong to another file than the one that the processor was given, because programs
// write a new file and rename it. If it belongs to no regular file, missing returns
// what follows.
func replacedSteps(name string, fd func(*run) *int, missing func(p *pending, err error) verdict[*pending]) []*step[*pending] {
	return []*step[*pending]{
		{
			name: "look at the file that was given as " + name,
			op:   func(p *pending, op *ioring.Op) { op.Code, op.FD = ioring.Stat, *fd(p.processing()) },
			then: func(p *pending, op *ioring.Op) verdict[*pending] {
				p.processing().given = op.Stat
				return verdict[*pending]{err: op.Err}
			},
			trouble: troubleWith[*pending]("stat ", name, ""),
		},
		{
			name: "look at " + name,
			op:   func(p *pending, op *ioring.Op) { p.dir().stat(op, name) },
			then: func(p *pending, op *ioring.Op) verdict[*pending] {
				r := p.processing()
				r.replaced = op.Stat.Ino != r.given.Ino || op.Stat.Dev != r.given.Dev
				switch {
				case op.Err == syscall.ENOENT:
					return missing(p, op.Err)
				case op.Err == nil && op.Stat.Mode&syscall.S_IFMT != syscall.S_IFREG:
					return missing(p, errNoFile)
				}
				return verdict[*pending]{err: op.Err}
			},
			trouble: afterRun(name),
		},
		{
			name: "close the file that was given as " + name,
			when: func(p *pending) bool { return p.processing().replaced && *fd(p.processing()) >= 0 },
			op:   closeStep(name, fd).op,
			then: ignoreError[*pending],
		},
		{
			name: "open the " + name + " that is there",
			when: func(p *pending) bool {
				return p.processing().replaced && !(p.processing().noState && name == newstateName)
			},
			op: func(p *pending, op *ioring.Op) { p.dir().open(op, name, openSafely|syscall.O_WRONLY) },
			then: func(p *pending, op *ioring.Op) verdict[*pending] {
				if op.Err != nil {
					return runAgain(op.Err)
				}
				*fd(p.processing()) = int(op.Res)
				return verdict[*pending]{}
			},
			trouble: afterRun(name),
		},
	}
}

// errNoFile is the reason for a directory, a link, a FIFO.
var errNoFile = errors.New("not a regular file")

// afterRun returns the text of a warning about what a processor has left.
func afterRun(name string) func(*pending) string {
	return troubleWith[*pending]("find ", name, " after the processor's run")
}

// missingProcessed runs the processor again: without its output, its input must stay.
func missingProcessed(_ *pending, err error) verdict[*pending] {
	return runAgain(err)
}

// missingNewstate continues without a new state.
func missingNewstate(p *pending, err error) verdict[*pending] {
	p.processing().noState = true
	p.dir().leftNoState(err)
	return verdict[*pending]{}
}

func syncStep(name string, fd func(*run) *int) *step[*pending] {
	return &step[*pending]{
		name: "sync " + name,
		when: func(p *pending) bool { return *fd(p.processing()) >= 0 },
		op:   func(p *pending, op *ioring.Op) { op.Code, op.FD = ioring.Fsync, *fd(p.processing()) },
		then: func(p *pending, op *ioring.Op) verdict[*pending] {
			if op.Err != nil {
				// The kernel takes what it could not write for clean, so run again.
				return runAgain(op.Err)
			}
			return verdict[*pending]{}
		},
		trouble: troubleWith[*pending]("write ", name, " to disk"),
	}
}

func closeStep(name string, fd func(*run) *int) *step[*pending] {
	return &step[*pending]{
		name: "close " + name,
		when: func(p *pending) bool { return *fd(p.processing()) >= 0 },
		op: func(p *pending, op *ioring.Op) {
			open := fd(p.processing())
			op.Code, op.FD, *open = ioring.Close, *open, -1
		},
		then: ignoreError[*pending],
	}
}
