package rotate

import "multilog/ioring"

// syncer syncs what was written, within a given time (word y). It works on one file at
// a time: current, or a file that waits for its turn to become safe, because the files
// before that may take long, above all with a processor.
type syncer struct {
	d      *Dir
	within int64 // nanoseconds after a write; 0 for no limit

	current task[*syncer]
	waiting task[*pending]
}

func (s *syncer) dir() *Dir { return s.d }

// wrote notes a write to the file, which is current.
func (s *syncer) wrote(cur *file) {
	if s.within > 0 && cur.dirtySince() == 0 {
		cur.wrote(s.d.mono())
	}
}

func (s *syncer) busy() bool { return s.current.isBusy() || s.waiting.isBusy() }

// deadline returns the Mono at which a file must be synced, or 0 for none. cur is
// current, or nil if the directory is being closed.
func (s *syncer) deadline(cur *file) int64 {
	switch p := s.d.unsynced(); {
	case s.busy():
	case p != nil:
		return p.dirtySince() + s.within
	case cur != nil && cur.dirtySince() != 0:
		return cur.dirtySince() + s.within
	}
	return 0
}

// run syncs a file if it is due.
func (s *syncer) run(now int64, cur *file) {
	if at := s.deadline(cur); at == 0 || now < at {
		return
	}
	if p := s.d.unsynced(); p != nil {
		s.waiting.start(s.d, waitingSteps, p, nil)
	} else {
		s.current.start(s.d, flushSteps, s, nil)
	}
}

// rewrites reports whether current is being written again after a failed sync.
func (s *syncer) rewrites() bool { return s.current.doing(ioring.Rewrite) }

// noLongerWaits drops a failed sync of the file, because the file is about to become
// safe.
func (s *syncer) noLongerWaits(p *pending) {
	if s.waiting.worksOn() == p {
		s.waiting.dropIfFailing()
	}
}

// giveUp drops failed syncs.
func (s *syncer) giveUp() {
	s.current.dropIfFailing()
	s.waiting.dropIfFailing()
}

func (s *syncer) theCurrent() *file { return s.d.current() }

var rewriteCurrent = rewriteStep("write current again", (*syncer).theCurrent)

// flushSteps sync current while it is being written.
var flushSteps = []*step[*syncer]{
	rewriteCurrent,
	{
		name: "sync current's data",
		on:   (*syncer).theCurrent,
		op:   func(s *syncer, op *ioring.Op) { s.theCurrent().syncData(op) },
		then: func(s *syncer, op *ioring.Op) verdict[*syncer] {
			f := s.current.theFile()
			f.synced(op.Err)
			switch {
			case f != s.theCurrent(): // it is pending by now, and will be written again in its turn
				return verdict[*syncer]{}
			case op.Err != nil:
				return verdict[*syncer]{err: op.Err, redo: rewriteCurrent}
			case f.mustRewrite():
				s.wrote(f) // it must still be written again
			}
			return verdict[*syncer]{}
		},
		trouble: troubleWith[*syncer]("write ", currentName, " to disk"),
	},
}

// waitingSteps sync a file that waits for its turn.
var waitingSteps = concat(openAgainSteps, []*step[*pending]{
	{
		name: "sync @LABEL.u's data while it waits",
		on:   (*pending).theFile,
		op:   func(p *pending, op *ioring.Op) { p.syncData(op) },
		then: func(p *pending, op *ioring.Op) verdict[*pending] {
			p.synced(op.Err) // after an error it is written again in its turn
			return verdict[*pending]{}
		},
	},
	retireStep,
	closeRetiredStep,
})
