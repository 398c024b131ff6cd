package rotate

import (
	"errors"
	"syscall"

	"multilog/ioring"
)

// What happens to a file when it is full, and to a directory when it is
// closed: lists of named steps, each one file operation, carried out in the
// background, one after another. A step that fails is warned about and tried
// again after a pause. Between any two of them the process may be killed or
// the power cut: recover.go says what is made of what it finds then.

// step is one operation of a list.
type step struct {
	name string // golden files and tests call it this

	// on is the file that the operation is about; nil if it is about none that
	// this process has open. The operation's FD is that file's descriptor then.
	on func(d *Dir, p *pending) *file

	// prepare fills in the operation; false passes the step over.
	prepare func(d *Dir, p *pending, op *ioring.Op) bool

	// then looks at the finished operation; nil fails if the operation did.
	then func(d *Dir, p *pending, op *ioring.Op) verdict

	// trouble is what could not be done, for the warning.
	trouble func(d *Dir, p *pending) string
}

// verdict is what to do after a step.
type verdict struct {
	err  error
	redo string // the step, this one or before it, to go back to
	over bool   // the rest of the list is void
}

// task carries out a list of steps.
type task struct {
	d     *Dir
	p     *pending
	steps []step
	at    int
	file  *file // that op is about, or nil
	op    ioring.Op
	retry int64 // Mono at which the step is tried again; 0: it is under way
	after func()

	troubles map[*step]*Trouble // of the steps that have failed
}

func (t *task) busy() bool { return t.steps != nil }

// failing says whether a step has failed, and will be tried again.
func (t *task) failing() bool { return t.busy() && t.retry != 0 }

// dropIfFailing forgets a list that can't go on.
func (t *task) dropIfFailing() {
	if t.failing() {
		t.steps, t.retry = nil, 0
	}
}

// readOnly says whether the file system has refused a step because it is
// read-only, and nothing says that this is over. Nothing is written then: ext4,
// which makes itself read-only when it finds an error, goes on taking what is
// written to open files, before Linux 6.15, and drops it.
func (d *Dir) readOnly() bool { return d.refused != nil && d.refused.busy() }

func (t *task) start(d *Dir, steps []step, p *pending, after func()) {
	t.d, t.p, t.steps, t.at, t.after = d, p, steps, 0, after
	t.run()
}

// run submits the step that t has come to.
func (t *task) run() {
	for t.at < len(t.steps) {
		s := &t.steps[t.at]
		t.op, t.file = ioring.Op{Lane: t.d.disk, Done: t.completed}, nil
		if s.on != nil {
			t.file = s.on(t.d, t.p)
			t.op.FD = t.file.fd
		}
		if s.prepare(t.d, t.p, &t.op) {
			if t.file != nil {
				t.file.users++
			}
			t.d.k.Submit(&t.op)
			return
		}
		t.at++
	}
	t.steps = nil
	if t.after != nil {
		t.after()
	}
}

func (t *task) completed(op *ioring.Op) {
	f := t.file
	if f == nil {
		t.proceed(op)
		return
	}
	f.users--
	t.proceed(op)
	t.d.released(f)
}

// proceed goes on with the list after op.
func (t *task) proceed(op *ioring.Op) {
	s := &t.steps[t.at]
	what := t.failedAt(s)
	v := verdict{err: op.Err}
	if s.then != nil {
		v = s.then(t.d, t.p, op)
	}
	if errors.Is(v.err, syscall.EROFS) {
		t.d.refused = t
	} else if t.d.refused == t {
		t.d.refused = nil
	}
	switch {
	case v.over:
		t.at = len(t.steps)
	case v.redo != "":
		for t.steps[t.at].name != v.redo {
			t.at--
		}
	case v.err == nil:
		t.at++
	}
	if v.err != nil && t != &t.d.relief && t.d.relieve(v.err) {
		t.retry = t.d.k.Mono() + reliefRetry
		return
	}
	if v.err != nil {
		t.failed(s, v.err)
		t.retry = t.d.k.Mono() + retryPause
		return
	}
	if what != "" {
		t.recovered(s, what, op.Err)
	}
	t.run()
}

// failedAt returns what the step s could not do when it failed; "" if it did
// not fail, or has succeeded since.
func (t *task) failedAt(s *step) string {
	if t.troubles[s] == nil {
		return ""
	}
	return s.trouble(t.d, t.p)
}

// failed warns that the step s has failed, when it is time to.
func (t *task) failed(s *step, err error) {
	if t.troubles == nil {
		t.troubles = map[*step]*Trouble{}
	}
	if t.troubles[s] == nil {
		t.troubles[s] = &Trouble{}
	}
	t.troubles[s].Failed(t.d.k, s.trouble(t.d, t.p), err)
}

// recovered notes that the list goes on behind a step that had failed. The
// trouble is over only if the operation that failed has succeeded: a list also
// goes on where a file is gone, or is left as it is.
func (t *task) recovered(s *step, what string, err error) {
	trouble := t.troubles[s]
	if err == nil && trouble.what == what {
		trouble.Over(t.d.k)
	} else {
		delete(t.troubles, s)
	}
}

// troubleWith is the usual text: "write ./main/current to disk".
func troubleWith(verb, name, rest string) func(*Dir, *pending) string {
	return func(d *Dir, _ *pending) string { return verb + d.path(name) + rest }
}

func pendingTrouble(verb, rest string) func(*Dir, *pending) string {
	return func(d *Dir, p *pending) string { return verb + d.path(p.unsafeName()) + rest }
}
