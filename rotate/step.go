package rotate

import (
	"errors"
	"slices"
	"syscall"

	"multilog/ioring"
)

// What happens to a full file, and at the end to the directory, is written down as
// lists of named steps. Each step has at most one file operation. The steps run in the
// background, one after another. A step that fails is warned about and tried again
// after a pause. A kill or a power cut may come between any two steps: recover.go says
// what the next logger does with what it finds then.

// retryPause is the time between two tries of a failed step or processor. It is as long
// in daemontools' multilog.
const retryPause = 5e9 // nanoseconds

// step is one step of a list that works on a T. It has an operation (op), or an action
// (do), or it is a place where a list pauses.
type step[T any] struct {
	name string // for people: a list of names reads like the manual

	// when reports whether the step is needed now; nil means always. It has no side
	// effects, because it is called again before each try.
	when func(T) bool

	// on returns the file that the operation is about, which counts as used during the
	// operation. The operation's FD is set to its descriptor. on, or what it returns,
	// is nil if this process has no such file open.
	on func(T) *file

	// op fills in the operation. It is called before each try.
	op func(T, *ioring.Op)

	// do is called when the list reaches the step.
	do func(T)

	// then returns what follows the finished operation. If it is nil, the list
	// continues after a success and tries again after an error.
	then func(T, *ioring.Op) verdict[T]

	// pause makes a list wait here if it has failed and is going back to try again.
	// Such a step has nothing else.
	pause bool

	// trouble returns what could not be done, for the warning. It is nil if a failure
	// of the step does not matter.
	trouble func(T) string
}

// verdict is what follows a finished operation. The zero verdict continues with the
// next step.
type verdict[T any] struct {
	err  error    // warn about it, and pause before the next try
	redo *step[T] // go back to this step of the list
	tidy bool     // go back at once, and pause at the next step that is a pause
	over bool     // end the list here
}

// progress is the state of a task, independent of what it works on.
type progress struct {
	busy  bool
	file  *file // that op is about, or nil
	op    ioring.Op
	begun int64 // Mono at which op was submitted
	retry int64 // Mono at which the failed step is due; 0 while an operation is running
}

// isBusy reports whether a list is running or waits for another try.
func (p *progress) isBusy() bool { return p.busy }

// is reports whether other belongs to the same task.
func (p *progress) is(other *progress) bool { return p == other }

// failing reports whether a step has failed and waits to be tried again.
func (p *progress) failing() bool { return p.busy && p.retry != 0 }

// doing reports whether an operation of that kind is in flight.
func (p *progress) doing(code ioring.Code) bool {
	return p.busy && p.retry == 0 && p.op.Code == code
}

// since returns the Mono at which the latest operation was submitted.
func (p *progress) since() int64 { return p.begun }

// theFile returns the file that the operation is about, or nil.
func (p *progress) theFile() *file { return p.file }

// dropIfFailing ends a list whose step has failed.
func (p *progress) dropIfFailing() {
	if p.failing() {
		p.busy, p.retry = false, 0
	}
}

// isDue reports whether a failed step is due at now.
func (p *progress) isDue(now int64) bool { return p.retry != 0 && p.retry <= now }

// nextTry returns the Mono at which a failed step is due, or 0 if none is.
func (p *progress) nextTry() int64 { return p.retry }

// task carries out lists of steps that work on a T, one list at a time.
type task[T any] struct {
	progress
	d     *Dir
	on    T
	steps []*step[T]
	at    int
	after func(T) // called at the end of the list; may be nil

	pauseTo int64      // Mono until which the list will wait at the next pause; 0 for no wait
	paused  func(bool) // called with true when the list pauses and with false when it continues; may be nil

	done     func(*ioring.Op)
	troubles map[*step[T]]*Trouble // of steps that have failed
}

// worksOn returns what the latest list works on.
func (t *task[T]) worksOn() T { return t.on }

// start starts a list. after is called at its end. Invariant: on entry, the task is not
// busy.
func (t *task[T]) start(d *Dir, steps []*step[T], on T, after func(T)) {
	if t.done == nil {
		t.done = t.completed
	}
	t.d, t.on, t.steps, t.at, t.after, t.busy = d, on, steps, 0, after, true
	t.run()
}

// run goes through the list to the next operation and submits it.
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

// pauseUntil continues the list when Mono reaches until.
func (t *task[T]) pauseUntil(until int64) {
	t.retry, t.pauseTo = until, 0
	t.d.triesAgain(until)
	if t.paused != nil {
		t.paused(true)
	}
}

// tryAgain tries a failed step again if it is due.
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

// proceed continues the list after op.
func (t *task[T]) proceed(op *ioring.Op) {
	s := t.steps[t.at]
	what := t.failedAt(s)
	v := verdict[T]{err: op.Err}
	if s.then != nil {
		v = s.then(t.on, op)
	}
	if t.pauseTo == 0 { // success of a step that tidies up does not mean that a refusal is over
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

// failedAt returns what the step s could not do, or "" if it has not failed or has
// succeeded since.
func (t *task[T]) failedAt(s *step[T]) string {
	if t.troubles[s] == nil {
		return ""
	}
	return s.trouble(t.on)
}

// failed warns about the failure of step s, if a warning is due.
func (t *task[T]) failed(s *step[T], err error) {
	if t.troubles == nil {
		t.troubles = map[*step[T]]*Trouble{}
	}
	if t.troubles[s] == nil {
		t.troubles[s] = &Trouble{}
	}
	t.troubles[s].Failed(t.d.host, s.trouble(t.on), err)
}

// recovered is called when the list continues after a step that had failed. The trouble
// is over only if the same operation has succeeded: a list also continues if a file is
// gone or is left alone.
func (t *task[T]) recovered(s *step[T], what string, err error) {
	trouble := t.troubles[s]
	if err == nil && trouble.isAbout(what) {
		trouble.Over(t.d.host)
	} else {
		delete(t.troubles, s)
	}
}

// refusal remembers which task has found the file system read-only.
type refusal struct{ of *progress }

// note notes the result of a step.
func (r *refusal) note(p *progress, err error) {
	if errors.Is(err, syscall.EROFS) {
		r.of = p
	} else if r.of == p {
		r.of = nil
	}
}

// lasts reports whether the file system has refused a step because it is read-only, and
// no later try of that step has succeeded.
func (r *refusal) lasts() bool { return r.of != nil && r.of.busy }

// worker is something that steps work on. Steps that belong to several lists use it to
// reach the directory.
type worker interface{ dir() *Dir }

// restrict returns the steps with a condition added: each runs only in directories for
// which wanted returns true.
func restrict[T worker](wanted func(*Dir) bool, steps []*step[T]) []*step[T] {
	for _, s := range steps {
		when := s.when
		s.when = func(t T) bool { return wanted(t.dir()) && (when == nil || when(t)) }
	}
	return steps
}

// lenient returns the steps changed so that each continues if its operation fails: they
// are worth a try, but the following ones must not wait for them.
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

// ignoreError continues whether or not the operation has succeeded.
func ignoreError[T any](T, *ioring.Op) verdict[T] { return verdict[T]{} }

// ignoreMissing continues if the name to remove did not exist.
func ignoreMissing[T any](_ T, op *ioring.Op) verdict[T] {
	if op.Err == syscall.ENOENT {
		return verdict[T]{}
	}
	return verdict[T]{err: op.Err}
}

// troubleWith returns the text for a step about a file of the directory, such as "write
// ./main/current to disk".
func troubleWith[T worker](verb, name, rest string) func(T) string {
	return func(t T) string { return verb + t.dir().path(name) + rest }
}
