package rotate

import (
	"errors"
	"slices"
	"syscall"

	"multilog/ioring"
)

// What happens to a file when it is full, and to a directory when it is
// closed, is written down as lists of named steps, each at most one file
// operation, carried out in the background, one after another. A step that fails
// is warned about and tried again after a pause. Between any two of them the
// process may be killed or the power cut: recover.go has what the next logger
// makes of what it finds then.

// retryPause is the time between two tries of a step that failed, or of a
// processor; daemontools' multilog waits as long.
const retryPause = 5e9 // nanoseconds

// step is one step of a list that works on a T. It has an operation, op, or an
// action, do; or it is where a list pauses.
type step[T any] struct {
	name string // for people: lists read like the manual

	// when reports whether the step is wanted now; nil is for always. It has no
	// effects: it is asked again before each try.
	when func(T) bool

	// on returns the file that the operation is about, which then counts as used
	// while the operation is under way; nil if it is about none that this
	// process has open. The operation's FD is that file's descriptor.
	on func(T) *file

	// op fills in the operation. It is called before each try.
	op func(T, *ioring.Op)

	// do is done at once, when the list comes to the step.
	do func(T)

	// then looks at the finished operation and returns what follows. nil goes on
	// if the operation has succeeded, and tries it again otherwise.
	then func(T, *ioring.Op) verdict[T]

	// pause makes a list that has failed, and is on its way back to try again,
	// wait here. Such a step has nothing else.
	pause bool

	// trouble returns what could not be done, for the warning. nil is for
	// steps whose failures do not matter.
	trouble func(T) string
}

// verdict is what follows a finished operation. The zero verdict goes on with
// the next step.
type verdict[T any] struct {
	err  error    // warn, and pause before the next try
	redo *step[T] // go back to this step of the list
	tidy bool     // do so at once: the pause comes at the next step that is one
	over bool     // leave the rest of the list out
}

// progress is how far a task is, whatever it works on.
type progress struct {
	busy  bool
	file  *file // that op is about, or nil
	op    ioring.Op
	begun int64 // Mono at which op was submitted
	retry int64 // Mono at which the step is tried again; 0 while it is under way
}

// isBusy reports whether a list is under way, or waits for another try.
func (p *progress) isBusy() bool { return p.busy }

// is reports whether other is this task's.
func (p *progress) is(other *progress) bool { return p == other }

// failing reports whether a step has failed, and will be tried again.
func (p *progress) failing() bool { return p.busy && p.retry != 0 }

// doing reports whether an operation of that kind is under way.
func (p *progress) doing(code ioring.Code) bool {
	return p.busy && p.retry == 0 && p.op.Code == code
}

// since returns the Mono at which the operation that is under way was submitted,
// or the one before that has just ended.
func (p *progress) since() int64 { return p.begun }

// theFile returns the file that the operation is about, or nil.
func (p *progress) theFile() *file { return p.file }

// dropIfFailing forgets a list whose step has failed.
func (p *progress) dropIfFailing() {
	if p.failing() {
		p.busy, p.retry = false, 0
	}
}

// isDue reports whether a failed step is to be tried again at now.
func (p *progress) isDue(now int64) bool { return p.retry != 0 && p.retry <= now }

// nextTry returns the Mono at which a failed step is to be tried again; 0 for
// none.
func (p *progress) nextTry() int64 { return p.retry }

// task carries out lists of steps that work on a T, one list at a time.
type task[T any] struct {
	progress
	d     *Dir
	on    T
	steps []*step[T]
	at    int
	after func(T) // called when the list has ended; may be nil

	pauseTo int64      // Mono up to which the list will pause, at the next step that is a pause; 0 for no pause
	paused  func(bool) // called when the list pauses, and, with false, when it goes on; may be nil

	done     func(*ioring.Op)
	troubles map[*step[T]]*Trouble // of the steps that have failed
}

// worksOn returns what the latest list works on.
func (t *task[T]) worksOn() T { return t.on }

// start begins a list. Invariant: on entry, the task is not busy.
func (t *task[T]) start(d *Dir, steps []*step[T], on T, after func(T)) {
	if t.done == nil {
		t.done = t.completed
	}
	t.d, t.on, t.steps, t.at, t.after, t.busy = d, on, steps, 0, after, true
	t.run()
}

// run goes through the list up to the next operation, and submits that.
func (t *task[T]) run() {
	for ; t.at < len(t.steps); t.at++ {
		s := t.steps[t.at]
		switch {
		case s.pause:
			if t.pauseTo != 0 {
				t.at++
				t.pauseUntil(t.pauseTo)
				return
			}
		case s.when != nil && !s.when(t.on):
		case s.op != nil:
			t.submit(s)
			return
		default:
			s.do(t.on)
		}
	}
	t.busy = false
	if t.after != nil {
		t.after(t.on)
	}
}

func (t *task[T]) submit(s *step[T]) {
	t.op, t.file = ioring.Op{Done: t.done}, nil
	if s.on != nil {
		t.file = s.on(t.on)
		t.file.use(&t.op)
	}
	s.op(t.on, &t.op)
	t.begun = t.d.mono()
	t.d.submit(&t.op)
}

// pauseUntil has the list go on when Mono is at until.
func (t *task[T]) pauseUntil(until int64) {
	t.retry, t.pauseTo = until, 0
	t.d.triesAgain(until)
	if t.paused != nil {
		t.paused(true)
	}
}

// tryAgain tries a failed step again, if it is time to.
func (t *task[T]) tryAgain(now int64) {
	if t.isDue(now) {
		if t.paused != nil {
			t.paused(false)
		}
		t.retry = 0
		t.run()
	}
}

func (t *task[T]) completed(op *ioring.Op) {
	f := t.file
	if f != nil {
		f.release()
	}
	t.proceed(op)
	if f != nil {
		t.d.freed(f)
	}
}

// proceed goes on with the list after op.
func (t *task[T]) proceed(op *ioring.Op) {
	s := t.steps[t.at]
	what := t.failedAt(s)
	v := verdict[T]{err: op.Err}
	if s.then != nil {
		v = s.then(t.on, op)
	}
	if t.pauseTo == 0 { // what tidies up does not show that a refusal is over
		t.d.noteRefusal(&t.progress, v.err)
	}
	switch {
	case v.over:
		t.at = len(t.steps)
	case v.redo != nil:
		t.at = slices.Index(t.steps, v.redo)
	case v.err == nil:
		t.at++
	}
	if v.err == nil {
		if what != "" {
			t.recovered(s, what, op.Err)
		}
		t.run()
		return
	}
	until := t.d.mono() + reliefRetry
	if !t.d.relieves(&t.progress, v.err) {
		t.failed(s, v.err)
		until = t.d.mono() + retryPause
	}
	if v.tidy {
		t.pauseTo = until
		t.run()
		return
	}
	t.pauseUntil(until)
}

// failedAt returns what the step s could not do when it failed; "" if it did
// not fail, or has succeeded since.
func (t *task[T]) failedAt(s *step[T]) string {
	if t.troubles[s] == nil {
		return ""
	}
	return s.trouble(t.on)
}

// failed warns that the step s has failed, when it is time to.
func (t *task[T]) failed(s *step[T], err error) {
	if t.troubles == nil {
		t.troubles = map[*step[T]]*Trouble{}
	}
	if t.troubles[s] == nil {
		t.troubles[s] = &Trouble{}
	}
	t.troubles[s].Failed(t.d.host, s.trouble(t.on), err)
}

// recovered notes that the list goes on behind a step that had failed. The
// trouble is over only if the operation that failed has succeeded: a list also
// goes on where a file is gone, or is left as it is.
func (t *task[T]) recovered(s *step[T], what string, err error) {
	trouble := t.troubles[s]
	if err == nil && trouble.isAbout(what) {
		trouble.Over(t.d.host)
	} else {
		delete(t.troubles, s)
	}
}

// refusal remembers which task has met a read-only file system.
type refusal struct{ of *progress }

// note notes how a step has ended.
func (r *refusal) note(p *progress, err error) {
	if errors.Is(err, syscall.EROFS) {
		r.of = p
	} else if r.of == p {
		r.of = nil
	}
}

// lasts reports whether the file system has refused a step because it is
// read-only, and no later try has shown that this is over.
func (r *refusal) lasts() bool { return r.of != nil && r.of.busy }

// worker is something that steps work on; steps that several lists share reach
// the directory by it.
type worker interface{ dir() *Dir }

// restrict leaves all steps out but in directories for which wanted returns true.
func restrict[T worker](wanted func(*Dir) bool, steps []*step[T]) []*step[T] {
	for _, s := range steps {
		when := s.when
		s.when = func(t T) bool { return wanted(t.dir()) && (when == nil || when(t)) }
	}
	return steps
}

// lenient makes all steps go on when their operation fails: they are worth a try,
// but what follows them must not wait.
func lenient[T any](steps []*step[T]) []*step[T] {
	for _, s := range steps {
		then := s.then
		s.then = func(t T, op *ioring.Op) verdict[T] {
			if then == nil {
				return verdict[T]{}
			}
			v := then(t, op)
			v.err = nil
			return v
		}
	}
	return steps
}

// ignoreError goes on, whether or not the operation has succeeded.
func ignoreError[T any](T, *ioring.Op) verdict[T] { return verdict[T]{} }

// ignoreMissing goes on if the name to remove was not there.
func ignoreMissing[T any](_ T, op *ioring.Op) verdict[T] {
	if op.Err == syscall.ENOENT {
		return verdict[T]{}
	}
	return verdict[T]{err: op.Err}
}

// troubleWith returns the usual text of a step about a file of the directory:
// "write ./main/current to disk".
func troubleWith[T worker](verb, name, rest string) func(T) string {
	return func(t T) string { return verb + t.dir().path(name) + rest }
}
