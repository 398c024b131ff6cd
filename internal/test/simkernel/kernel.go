package simkernel

import (
	"slices"
	"syscall"

	"multilog/ioring"
	"multilog/pipeline/input"
	"multilog/rotate"
)

// How a call ends at which a logger is killed.
const (
	EndNot    = iota
	EndBefore // before it takes effect
	EndWithin // after some of its effect, if it can be divided
	EndAfter  // after its effect
)

// Plan is what happens to a logger.
type Plan struct {
	EndAt int // the number of the call at which it is killed, or the power is cut; 0: none
	End   int // EndBefore, EndWithin or EndAfter

	TermAt []int // the numbers of the calls before which SIGTERM comes
	AlrmAt []int // the same for SIGALRM

	FailAt    int     // the number of the fallible operation that fails; 0: none
	FailWith  error   // its error
	FailRate  float64 // the probability that another one fails
	FailFrom  int     // the number of mapped lock pages from which FailRate counts
	ShortRate float64 // the probability that a write is short

	// Delay returns how long, in nanoseconds, a submitted operation takes before its effect
	// and from then until it is handed back.
	Delay func(c ioring.Code) (before, after int64)

	Window int  // how many bytes Peek shows at most; 0: widestBytes
	Plain  bool // standard input can only be read
	Lazy   bool // Wait sometimes returns without a reason

	// Idle is called when the logger waits and no event is left. It may make one (Term,
	// Alrm, Kill, World.Pipe.Close) or fail.
	Idle func(k *Kernel)
}

// Kernel is the kernel as one logger sees it. It implements rotate.Host, input.Input
// and what else the loop runs on, so it has many methods. Each interface that it
// implements has fewer than ten.
type Kernel struct {
	Edges bool // input is waited for by edge-triggered epoll

	w    *World
	plan Plan

	calls    int // how many calls the logger has made
	fallible int // how many of its operations could have failed
	dead     bool

	fds     []*open // fds[n] is descriptor n
	flying  []*flying
	terms   int
	alrms   int
	reading reading
	idles   int
	pages   []*File
	records []record // of the pages, as they were at the call before the last one
}

var (
	_ rotate.Host = (*Kernel)(nil)
	_ input.Input = (*Kernel)(nil)
)

// reading is what a logger knows of the pipe beyond its bytes.
type reading struct {
	shown    int // the end, in the stream, of what the last Peek has shown
	buf      []byte
	lineOnly bool
}

// open is an open file description.
type open struct {
	f       *File
	at      int // where the next write goes, unless it appends
	appends bool
}

// killed is the value with which a kill panics to end the logger.
type killed struct{}

// maxCalls is far more than a history needs. A logger that makes more makes no progress.
const maxCalls = 200_000

// Start returns the kernel for a logger that is starting. Descriptors 0 to 2 are in use.
func (w *World) Start(plan Plan) *Kernel {
	k := &Kernel{w: w, plan: plan, fds: make([]*open, 3, 32)}
	if p := w.Pipe; p != nil {
		p.Head, p.Held, p.Kept = p.Head+p.Held, 0, 0 // but see Hold
		p.poll()
	}
	return k
}

// Outcome is how a logger has ended.
type Outcome struct {
	Err      error // what the logger has returned
	Killed   bool
	Calls    int
	Fallible int
}

// Run runs a logger from its start to its end. The function logger runs the loop on k.
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

// Kill ends the logger at this point.
func (k *Kernel) Kill() {
	k.w.tracef("the end of the logger, at call %d", k.calls)
	k.cutPages()
	k.leave()
	k.dead = true
	panic(killed{})
}

// Term sends SIGTERM.
func (k *Kernel) Term() { k.terms++; k.w.tracef("SIGTERM") }

// Alrm sends SIGALRM.
func (k *Kernel) Alrm() { k.alrms++; k.w.tracef("SIGALRM") }

// call begins every call that has an effect. Time passes, signals come, and the logger
// is killed if it must end before this call takes effect. call returns how the call
// ends.
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

// returns ends a call, and kills the logger if end is not EndNot.
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

// Calls returns how many calls the logger has made.
func (k *Kernel) Calls() int { return k.calls }

// Idles returns how often Plan.Idle was called.
func (k *Kernel) Idles() int { return k.idles }

// Now returns the time of day in nanoseconds since 1970.
func (k *Kernel) Now() int64 { return k.w.now() }

// Mono returns the time of the monotonic clock in nanoseconds.
func (k *Kernel) Mono() int64 { return k.w.mono }

// BootID returns a number that changes with each power cut.
func (k *Kernel) BootID() (id [16]byte) {
	id[0], id[15] = byte(k.w.boot), 1
	return id
}

// Warn adds a line to the trace and calls Watch.Warned.
func (k *Kernel) Warn(text string) {
	end := k.call()
	k.w.tracef("warning: %s", text)
	if k.w.Watch != nil {
		k.w.Watch.Warned(text)
	}
	k.returns(end)
}

// WriteStderr adds a line to the trace.
func (k *Kernel) WriteStderr(b []byte) {
	end := k.call()
	k.w.tracef("stderr: %q", b)
	k.returns(end)
}

// Do carries out op at once.
func (k *Kernel) Do(op *ioring.Op) {
	end := k.call()
	k.do(op)
	k.returns(end)
}

// Writev writes to a file, at its end if it was opened with O_APPEND.
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

// returnsUnlessDead is returns for defer, which also runs when the logger is killed.
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
	room := max(0, k.w.fileLimit-int64(len(o.f.Data)))
	if room == 0 && len(b) > 0 {
		return 0, syscall.EFBIG
	}
	n, err := k.w.append(o.f, b[:min(int64(len(b)), room)])
	o.f.home.Logged += int64(n)
	return n, err
}

// WriteStatus writes to the start of a status file.
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

// fails counts a fallible operation and returns its error if it must fail.
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
