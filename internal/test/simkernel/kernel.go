package simkernel

import (
	"slices"
	"syscall"

	"multilog/ioring"
	"multilog/pipeline/input"
	"multilog/rotate"
)

// How a logger ends before its time.
const (
	EndNot    = iota
	EndBefore // before the call takes effect
	EndWithin // when some of it has, if it can be cut
	EndAfter  // when it has
)

// Plan is what happens to a logger.
type Plan struct {
	EndAt int // the number of the call at which it is killed, or the power cut
	End   int // EndBefore and so on

	TermAt []int // the numbers of the calls before which SIGTERM comes
	AlrmAt []int // the same for SIGALRM

	FailAt    int     // the number of the fallible operation that fails; 0: none
	FailWith  error   // how
	FailRate  float64 // how likely it is that any other fails,
	FailFrom  int     // once so many lock pages are mapped
	ShortRate float64 // how likely it is that a write is short

	// Delay is how long an operation takes before, and after, it happens.
	Delay func(c ioring.Code) (before, after int64)

	Window int  // most that Peek shows, in bytes; 0 for all that it ever does
	Plain  bool // standard input is one that can only be read
	Lazy   bool // waking for nothing, now and then

	// Idle is called when nothing is going to happen any more: it may have
	// something happen (Term, Alrm, Kill, World.Pipe.Close), or fail.
	Idle func(k *Kernel)
}

// Kernel is the kernel as one logger sees it. It is the
// rotate.Kernel, the input.Input, and what else the loop runs on.
type Kernel struct {
	Edges bool // input is waited for by edge-triggered epoll

	w    *World
	plan Plan

	calls    int // so far
	fallible int // operations so far that might have failed
	dead     bool

	fds      []*open // fds[n] is descriptor n
	flying   []*flying
	terms    int
	alrms    int
	shown    int // where in the stream the bytes end that the last Peek has shown
	buf      []byte
	lineOnly bool
	idles    int
	pages    []*File
	records  []record // in the pages, at the call before the last one
}

var (
	_ rotate.Kernel = (*Kernel)(nil)
	_ input.Input   = (*Kernel)(nil)
)

// open is an open file description.
type open struct {
	f       *File
	at      int // where the next write goes, unless it appends
	appends bool
}

// killed is what a logger's end panics with.
type killed struct{}

// maxCalls is far more than a history needs: whoever makes more makes no
// progress.
const maxCalls = 200_000

// Start begins a logger's life. The descriptors 0 to 2 are taken.
func (w *World) Start(plan Plan) *Kernel {
	k := &Kernel{w: w, plan: plan, fds: make([]*open, 3, 32)}
	if p := w.Pipe; p != nil {
		p.Head, p.Held, p.Kept = p.Head+p.Held, 0, 0 // but see Hold
		p.poll()
	}
	return k
}

// Outcome is how a logger's life went.
type Outcome struct {
	Err      error // that the logger returned
	Killed   bool
	Calls    int
	Fallible int
}

// Run runs a logger, which is a function that runs the loop on k or on what wraps
// it, from its start to its end.
func (k *Kernel) Run(logger func() error) (out Outcome) {
	defer func() {
		out.Calls, out.Fallible = k.calls, k.fallible
		k.dead = true
		switch v := recover().(type) {
		case nil:
		case killed:
			out.Killed = true
		case violation:
			out.Err = v.err
		default:
			panic(v)
		}
	}()
	out.Err = logger()
	k.leave()
	return out
}

// Kill ends the logger here and now.
func (k *Kernel) Kill() {
	k.w.tracef("the end of the logger, at call %d", k.calls)
	k.cutPages()
	k.leave()
	k.dead = true
	panic(killed{})
}

// Term and Alrm send a signal.
func (k *Kernel) Term() { k.terms++; k.w.tracef("SIGTERM") }

// Alrm sends SIGALRM.
func (k *Kernel) Alrm() { k.alrms++; k.w.tracef("SIGALRM") }

// call is the beginning of every call that has an effect: time passes, signals
// come, and the end, if it is to come before this call's effect. It returns
// how the call is to end.
func (k *Kernel) call() (end int) {
	if k.dead {
		panic(killed{})
	}
	if k.w.broken != nil {
		panic(violation{k.w.broken})
	}
	k.calls++
	if k.calls == k.plan.EndAt {
		end = k.plan.End
	}
	if k.calls > maxCalls {
		k.w.Fail("no progress: %d calls", k.calls)
	}
	k.tick()
	if slices.Contains(k.plan.TermAt, k.calls) {
		k.Term()
	}
	if slices.Contains(k.plan.AlrmAt, k.calls) {
		k.Alrm()
	}
	if end == EndBefore {
		k.Kill()
	}
	if k.calls == k.plan.EndAt-1 {
		k.keepPages()
	}
	return end
}

// returns is the end of every call.
func (k *Kernel) returns(end int) {
	if end != EndNot {
		k.keepPages()
		k.Kill()
	}
}

// tick lets a little time pass.
func (k *Kernel) tick() {
	k.w.mono += 1000
	k.pump()
}

// Calls is how many calls the logger has made.
func (k *Kernel) Calls() int { return k.calls }

// Idles is how often the logger was found idle.
func (k *Kernel) Idles() int { return k.idles }

// Now is the time of day.
func (k *Kernel) Now() int64 { return k.w.now() }

// Mono is the monotonic clock.
func (k *Kernel) Mono() int64 { return k.w.mono }

// BootID differs between power cuts.
func (k *Kernel) BootID() (id [16]byte) {
	id[0], id[15] = byte(k.w.boot), 1
	return id
}

// Warn only shows in the trace.
func (k *Kernel) Warn(text string) {
	end := k.call()
	k.w.tracef("warning: %s", text)
	if k.w.Watch != nil {
		k.w.Watch.Warned(text)
	}
	k.returns(end)
}

// WriteStderr only shows in the trace.
func (k *Kernel) WriteStderr(b []byte) {
	end := k.call()
	k.w.tracef("stderr: %q", b)
	k.returns(end)
}

// Do carries out op.
func (k *Kernel) Do(op *ioring.Op) {
	end := k.call()
	k.do(op)
	k.returns(end)
}

// Writev appends to a file.
func (k *Kernel) Writev(fd int, pieces [][]byte) (n int, err error) {
	end := k.call()
	defer k.returnsUnlessDead(end)
	o := k.fd(fd)
	if o == nil {
		k.w.Fail("write to descriptor %d, which is closed", fd)
	}
	if err := k.fails(); err != nil {
		k.w.tracef("write to %s: %v", k.w.NameOf(o.f), err)
		return 0, err
	}
	size := 0
	for _, p := range pieces {
		size += len(p)
	}
	limit := size
	if o.appends && (end == EndWithin || k.plan.ShortRate > 0 && k.w.Rand.Float64() < k.plan.ShortRate) {
		limit = k.w.Rand.IntN(size + 1)
		if end != EndWithin {
			limit = max(limit, 1)
		}
	}
	for _, p := range pieces {
		m, e := k.write(o, p[:min(len(p), limit-n)])
		if n += m; e != nil {
			err = e
		}
		if m < len(p) {
			break
		}
	}
	if n > 0 {
		err = nil
	}
	if k.w.Trace != nil {
		k.w.tracef("write %d of %d bytes to %s (%d): %v", n, size, k.w.NameOf(o.f), len(o.f.Data), err)
	}
	return n, err
}

// returnsUnlessDead is returns for defer.
func (k *Kernel) returnsUnlessDead(end int) {
	if !k.dead && k.w.broken == nil {
		k.returns(end)
	}
}

func (k *Kernel) write(o *open, b []byte) (int, error) {
	if !o.appends {
		for len(o.f.Data) < o.at+len(b) {
			o.f.Data = append(o.f.Data, 0)
		}
		o.at += copy(o.f.Data[o.at:], b)
		return len(b), nil
	}
	n, err := k.w.append(o.f, b)
	o.f.home.Logged += int64(n)
	return n, err
}

// WriteStatus writes a =file.
func (k *Kernel) WriteStatus(fd int, b []byte) error {
	end := k.call()
	defer k.returnsUnlessDead(end)
	if err := k.fails(); err != nil {
		return err
	}
	f := k.fd(fd).f
	f.Data = append(append([]byte(nil), b...), f.Data[min(len(b), len(f.Data)):]...)
	return nil
}

// fails says whether a fallible operation fails, and how.
func (k *Kernel) fails() error {
	k.fallible++
	if k.fallible == k.plan.FailAt {
		return k.plan.FailWith
	}
	if k.plan.FailRate > 0 && len(k.pages) >= k.plan.FailFrom && k.w.Rand.Float64() < k.plan.FailRate {
		return failures[k.w.Rand.IntN(len(failures))]
	}
	return nil
}

var failures = []error{syscall.EIO, syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.EMFILE, syscall.ENOMEM}
