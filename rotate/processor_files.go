package rotate

import (
	"errors"
	"syscall"

	"multilog/internal/reason"
	"multilog/ioring"
)

// The files of a processor. The command runs in the log directory and may do
// anything there: remove its files, replace them, put links, FIFOs and
// directories under their names. Nothing that it leaves is followed or waited
// for, and only a regular file becomes an old file, or state.

const (
	// openNew is for files that must not be there yet: nothing is followed,
	// overwritten or waited for.
	openNew = syscall.O_WRONLY | syscall.O_CREAT | syscall.O_EXCL
	// openOld is for what may be anything.
	openOld = openSafely
)

func previousFD(p *pending) *int  { return &p.previous }
func processedFD(p *pending) *int { return &p.processed }
func stateFD(p *pending) *int     { return &p.state }
func newstateFD(p *pending) *int  { return &p.fresh }

// openStep opens one of a processor's files.
func openStep(name string, flags int, fd func(*pending) *int) step {
	return step{
		name: "open " + name,
		prepare: func(d *Dir, p *pending, op *ioring.Op) bool {
			op.Code, op.Dir, op.Path = ioring.OpenAt, d.fd, name
			op.Flags, op.Mode = flags, modeOpen
			return true
		},
		then: func(_ *Dir, p *pending, op *ioring.Op) verdict {
			if op.Err != nil {
				return verdict{err: op.Err, redo: beginRun.name}
			}
			*fd(p) = int(op.Res)
			return verdict{}
		},
		trouble: troubleWith("open ", name, ""),
	}
}

// openPreviousStep opens what is to be processed. A processor that failed may
// have removed it.
var openPreviousStep = step{
	name: "open previous",
	prepare: func(d *Dir, _ *pending, op *ioring.Op) bool {
		op.Code, op.Dir, op.Path, op.Flags = ioring.OpenAt, d.fd, previousName, openOld|syscall.O_RDONLY
		return true
	},
	then: func(d *Dir, p *pending, op *ioring.Op) verdict {
		if op.Err == nil {
			p.previous = int(op.Res)
		}
		return d.unlessGone(previousName, p, op)
	},
	trouble: troubleWith("open ", previousName, ""),
}

// removeBadStateStep removes a state that openStateStep could not open.
var removeBadStateStep = step{
	name: "remove state",
	prepare: func(d *Dir, p *pending, op *ioring.Op) bool {
		op.Code, op.Dir, op.Path = ioring.UnlinkAt, d.fd, stateName
		return p.badState
	},
	then: func(_ *Dir, p *pending, op *ioring.Op) verdict {
		v := unlessMissing(nil, nil, op)
		p.badState = v.err != nil
		return v
	},
	trouble: troubleWith("remove ", stateName, ""),
}

// openStateStep opens what the run before has left, or makes it. What a
// processor has put there that is no file, or can't be read, is no state.
var openStateStep = step{
	name: "open state",
	prepare: func(d *Dir, _ *pending, op *ioring.Op) bool {
		op.Code, op.Dir, op.Path = ioring.OpenAt, d.fd, stateName
		op.Flags, op.Mode = openOld|syscall.O_RDONLY|syscall.O_CREAT, modeOpen
		return true
	},
	then: func(d *Dir, p *pending, op *ioring.Op) verdict {
		switch op.Err {
		case nil:
			p.state = int(op.Res)
		case syscall.ELOOP, syscall.ENXIO, syscall.EACCES:
			d.k.Warn("unable to open " + d.path(stateName) + ", going on with an empty one: " + reason.Of(op.Err))
			p.badState = true
			return verdict{redo: removeBadStateStep.name}
		}
		return verdict{err: op.Err}
	},
	trouble: troubleWith("open ", stateName, ""),
}

// replacedSteps look at what bears the name of one of a processor's files after
// the run. It may be another file than the one that was given to the processor:
// programs write a new file and rename it. If it is no file at all, missing
// returns what follows.
func replacedSteps(name string, fd func(*pending) *int, missing func(d *Dir, p *pending, err error) verdict) []step {
	return []step{
		{
			name: "look at the file that was given as " + name,
			prepare: func(_ *Dir, p *pending, op *ioring.Op) bool {
				op.Code, op.FD = ioring.Stat, *fd(p)
				return true
			},
			then: func(_ *Dir, p *pending, op *ioring.Op) verdict {
				p.given = op.Stat
				return verdict{err: op.Err}
			},
			trouble: troubleWith("stat ", name, ""),
		},
		{
			name: "look at " + name,
			prepare: func(d *Dir, _ *pending, op *ioring.Op) bool {
				op.Code, op.Dir, op.Path = ioring.Stat, d.fd, name
				return true
			},
			then: func(d *Dir, p *pending, op *ioring.Op) verdict {
				p.replaced = op.Stat.Ino != p.given.Ino || op.Stat.Dev != p.given.Dev
				switch {
				case op.Err == syscall.ENOENT:
					return missing(d, p, op.Err)
				case op.Err == nil && op.Stat.Mode&syscall.S_IFMT != syscall.S_IFREG:
					return missing(d, p, errNoFile)
				}
				return verdict{err: op.Err}
			},
			trouble: afterRun(name),
		},
		{
			name: "close the file that was given as " + name,
			prepare: func(_ *Dir, p *pending, op *ioring.Op) bool {
				return p.replaced && closeFile(op, fd(p))
			},
			then: harmless,
		},
		{
			name: "open the " + name + " that is there",
			prepare: func(d *Dir, p *pending, op *ioring.Op) bool {
				op.Code, op.Dir, op.Path, op.Flags = ioring.OpenAt, d.fd, name, openOld|syscall.O_WRONLY
				return p.replaced && !(p.noState && name == newstateName)
			},
			then: func(_ *Dir, p *pending, op *ioring.Op) verdict {
				if op.Err != nil {
					return verdict{err: op.Err, redo: beginRun.name}
				}
				*fd(p) = int(op.Res)
				return verdict{}
			},
			trouble: afterRun(name),
		},
	}
}

// errNoFile is said of a directory, a link, a FIFO.
var errNoFile = errors.New("not a regular file")

// afterRun is the text of trouble with what a processor has left.
func afterRun(name string) func(*Dir, *pending) string {
	return troubleWith("find ", name, " after the processor's run")
}

// missingProcessed has the processor run again: without its output its input
// must stay.
func missingProcessed(_ *Dir, _ *pending, err error) verdict {
	return verdict{err: err, redo: beginRun.name}
}

// missingNewstate goes on without a new state. A processor that does this does
// it each time, so the warning comes once.
func missingNewstate(d *Dir, p *pending, err error) verdict {
	p.noState = true
	if !d.saidNoState {
		d.saidNoState = true
		d.k.Warn("unable to find " + d.path(newstateName) + " after the processor's run, going on with the state before: " + reason.Of(err))
	}
	return verdict{}
}

// unlinkStep removes a name, which need not be there.
func unlinkStep(name string) step {
	return step{
		name: "remove " + name,
		prepare: func(d *Dir, _ *pending, op *ioring.Op) bool {
			op.Code, op.Dir, op.Path = ioring.UnlinkAt, d.fd, name
			return true
		},
		then:    unlessMissing,
		trouble: troubleWith("remove ", name, ""),
	}
}

// unlessMissing is what follows the removal of a name, which need not be there.
func unlessMissing(_ *Dir, _ *pending, op *ioring.Op) verdict {
	if op.Err == syscall.ENOENT {
		return verdict{}
	}
	return verdict{err: op.Err}
}

func syncStep(name string, fd func(*pending) *int) step {
	return step{
		name: "sync " + name,
		prepare: func(_ *Dir, p *pending, op *ioring.Op) bool {
			return sync(op, *fd(p)) && *fd(p) >= 0
		},
		then: func(_ *Dir, _ *pending, op *ioring.Op) verdict {
			if op.Err != nil {
				// What was not written counts as clean now: it must be made anew.
				return verdict{err: op.Err, redo: beginRun.name}
			}
			return verdict{}
		},
		trouble: troubleWith("write ", name, " to disk"),
	}
}

func closeStep(name string, fd func(*pending) *int) step {
	return step{
		name: "close " + name,
		prepare: func(_ *Dir, p *pending, op *ioring.Op) bool {
			return closeFile(op, fd(p))
		},
		then: harmless,
	}
}
