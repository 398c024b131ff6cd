package pipeline_test

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"

	"multilog/internal/test/simkernel"
	"multilog/ioring"
	"multilog/pipeline/script"
	"multilog/rotate"
)

// A history is the lives of a logger in a simulated kernel, with kills, power cuts,
// errors, signals and slow disks. Its seed determines it.

var (
	simHistories = flag.Int("histories", 100_000, "how many histories to simulate")
	simSeed      = flag.Uint64("seed", 0, "the only history to simulate; with -v, its trace is printed")
)

const shortHistories = 5_000

func TestHistories(t *testing.T) {
	if *simSeed != 0 {
		h := history{seed: *simSeed}
		if testing.Verbose() {
			h.trace = func(line string) { fmt.Println(line) }
		}
		if err := h.run(); err != nil {
			t.Fatal(err)
		}
		return
	}
	count := *simHistories
	if testing.Short() {
		count = min(count, shortHistories)
	}
	if seed, err := firstFailure(1, count, nil); err != nil {
		t.Fatalf("%v\nreplay: go test ./pipeline -run 'TestHistories$' -seed=%d -v", err, seed)
	}
}

// firstFailure simulates count histories, beginning with the seed from, and returns the
// smallest seed that fails, and its error. wrap may be nil.
func firstFailure(from uint64, count int, wrap wrapper) (uint64, error) {
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	var next atomic.Int64
	var mu sync.Mutex
	var failed uint64
	var why error
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for {
				n := int(next.Add(1)) - 1
				if n >= count {
					return
				}
				h := history{seed: from + uint64(n), wrap: wrap}
				if err := h.run(); err != nil {
					next.Store(int64(count))
					mu.Lock()
					if failed == 0 || h.seed < failed {
						failed, why = h.seed, err
					}
					mu.Unlock()
				}
			}
		})
	}
	workers.Wait()
	return failed, why
}

// wrapper puts something between a logger and its kernel.
type wrapper func(k *simkernel.Kernel, w *simkernel.World) kernel

// history is one history.
type history struct {
	seed  uint64
	trace func(line string)
	wrap  wrapper

	r      *rand.Rand
	w      *simkernel.World
	script *simScript
	lines  *simLines
	check  *check
	full   bool // the disk is full
	small  bool // the limit for file sizes leaves no room in any file
	window int  // see simkernel.Plan
	plain  bool // the input can only be read
	calm   bool // nothing fails any more
}

// How a life ends.
const (
	endKill = iota
	endCut
	endAll // the service is killed, too
	endTerm
	endInput
)

func (h *history) run() error {
	h.r = rand.New(rand.NewPCG(h.seed, 0))
	h.w = simkernel.NewWorld(h.r)
	h.w.Trace = h.trace
	h.w.Journal = h.r.IntN(2) == 0
	h.w.Processor = h.processor
	h.script, h.lines = randomScript(h.r), &simLines{}
	h.w.Tracef("multilog %q", h.script.args)
	h.window = pick(h.r, 0, 0, 1500, 5000)
	h.plain = h.r.IntN(8) == 0
	h.check = newCheck(h.w, h.script, h.lines)
	h.check.order = h.wrap == nil
	h.newPipe()
	lives := h.r.IntN(5)
	for life := 0; h.w.Err() == nil; life++ {
		h.calm = life >= lives
		if h.life() && h.calm {
			break
		}
	}
	if err := h.w.Err(); err != nil {
		return fmt.Errorf("seed %d: %q: %w", h.seed, h.script.args, err)
	}
	return nil
}

// guard runs f, which may call World.Fail.
func (h *history) guard(f func()) {
	defer func() {
		if v := recover(); v != nil && h.w.Err() == nil {
			panic(v)
		}
	}()
	f()
}

// newPipe starts another stream of lines.
func (h *history) newPipe() {
	h.lines.newStream(h.r)
	p := &simkernel.Pipe{Stream: h.lines.stream, Capacity: pick(h.r, 4096, 8192, 16384, 65536)}
	gap := pick(h.r, 0, 20e3, 2e6, 50e6)
	p.Schedule(h.w.Mono()+1, h.lines.pieces(h.r), func() int64 { return h.r.Int64N(int64(gap) + 1) })
	h.w.NewPipe(p)
	h.check.newStream()
}

// life runs a logger from its start to its end, and reports whether its input ended.
func (h *history) life() bool {
	end := pick(h.r, endKill, endKill, endKill, endCut, endCut, endCut, endAll, endTerm, endTerm, endInput)
	plan := simkernel.Plan{Delay: h.delay(), Window: h.window, Plain: h.plain, Lazy: h.r.IntN(4) == 0}
	if h.r.IntN(4) == 0 {
		plan.Window = 1500 // the private pipe may not be enlarged
	}
	terms, trouble := 0, false
	if h.calm {
		end = endInput
	} else {
		trouble = h.disturb(&plan)
		if end == endKill || end == endCut || end == endAll {
			plan.EndAt, plan.End = h.moment(), pick(h.r, simkernel.EndBefore, simkernel.EndWithin, simkernel.EndAfter)
		}
		if end == endTerm && h.r.IntN(2) == 0 {
			plan.TermAt = append(plan.TermAt, h.moment())
			if h.r.IntN(4) == 0 {
				plan.TermAt = append(plan.TermAt, h.moment())
			}
		}
	}
	trouble = trouble || h.full || h.small
	if end == endInput && h.r.IntN(2) == 0 {
		h.w.Pipe.Close(h.w.Mono())
	}
	plan.Idle = func(k *simkernel.Kernel) {
		h.check.idle()
		if k.Idles() > 1 && end != endTerm || k.Idles() > 2 {
			h.w.Fail("the logger waits, but must end")
		}
		switch end {
		case endKill, endCut, endAll:
			k.Kill()
		case endTerm:
			k.Term()
			terms++
		case endInput:
			h.w.Pipe.Close(h.w.Mono())
		}
	}
	for _, d := range h.check.dirs {
		d.pending, d.rotated = nil, false
	}
	h.check.badRun = false
	return h.live(plan, end, &terms, trouble)
}

// live runs the logger and checks what it leaves.
func (h *history) live(plan simkernel.Plan, end int, terms *int, trouble bool) (over bool) {
	h.check.unable = false
	k := h.w.Start(plan)
	var outer kernel = k
	if h.wrap != nil {
		outer = h.wrap(k, h.w)
	}
	parsed, err := script.Parse(h.script.args)
	if err != nil {
		panic(err) // the scripts are this test's own
	}
	if h.seed%4 == 0 {
		turns := rotate.NewTurns(1 + int(h.seed/4%2))
		for i := range parsed.Dirs {
			parsed.Dirs[i].Turns = turns
		}
	}
	out := k.Run(logger(outer, parsed))
	h.w.Tracef("the logger has ended: %+v", out)
	if h.w.Err() != nil {
		return true
	}
	h.guard(func() {
		switch {
		case out.Killed && (end != endKill || h.plain):
			h.lose(end == endCut)
		case out.Err != nil:
			if !trouble {
				h.w.Fail("the logger did not start: %v", out.Err)
			}
		case !out.Killed:
			for _, at := range plan.TermAt {
				if at <= out.Calls {
					*terms++
				}
			}
			h.check.finished(*terms, trouble)
			if h.plain && *terms > 1 || h.w.Pipe.Held > h.w.Pipe.Kept {
				h.lose(false)
				return
			}
			if p := h.w.Pipe; p.Closed && p.Head == len(p.Stream) && *terms <= 1 {
				over = true
				h.check.over()
				if !h.calm {
					h.newPipe()
				}
			}
		}
	})
	if h.r.IntN(4) == 0 {
		h.w.WriteBack()
	}
	h.w.Pass(int64(pick(h.r, 1, 1e6, 5e9)))
	return over
}

// lose ends the stream without the lines that are not logged, and expects from now on
// what is left. With an input that can only be read, every kill does that.
func (h *history) lose(cut bool) {
	before := h.check.beforeCut()
	if n := h.lines.lineAt(h.w.Pipe.Head); n >= 0 {
		h.check.cutLines = append(h.check.cutLines, h.lines.first+n)
	}
	if cut {
		h.w.PowerCut()
	} else {
		h.w.KillAll()
	}
	h.check.afterCut(before)
	h.newPipe()
}

// moment returns the number of a call. Small ones are likelier, because more happens
// there.
func (h *history) moment() int {
	return 1 + h.r.IntN(pick(h.r, 20, 60, 150, 400))
}

// disturb plans what fails in a life, except its end, and reports whether operations
// may fail.
func (h *history) disturb(plan *simkernel.Plan) (trouble bool) {
	switch h.r.IntN(8) {
	case 0:
		// Without lock pages, a kill may lead to lines that are written twice.
		trouble, plan.FailRate, plan.FailFrom = true, pick(h.r, 0.01, 0.1, 0.3), len(h.script.dirs)
	case 2: // a limit for file sizes, which may leave no room in any file
		limit := int64(pick(h.r, 4096, 5000, 4096+h.r.IntN(20000), 100))
		h.w.SetFileLimit(limit)
		h.small = limit < 4096
		h.w.At(h.w.Mono()+h.r.Int64N(20e9), func() {
			h.w.SetFileLimit(math.MaxInt64)
			h.small = false
		})
	case 1: // a full disk, which does not stay full
		h.full = true
		h.w.SetFree(int64(h.r.IntN(8000)))
		h.w.At(h.w.Mono()+h.r.Int64N(20e9), func() {
			h.w.SetFree(1 << 40)
			h.full = false
		})
	}
	if h.r.IntN(4) == 0 {
		plan.ShortRate = 0.3
	}
	for range pick(h.r, 0, 0, 1, 3) {
		plan.AlrmAt = append(plan.AlrmAt, h.moment())
	}
	if h.r.IntN(8) == 0 {
		h.check.clockSet = true
		by, in := int64(pick(h.r, -3600e9, -1e9, -1e6, -1, 3600e9)), int64(pick(h.r, 1, 1e6, 10e9))
		h.w.At(h.w.Mono()+h.r.Int64N(in), func() { h.w.SetClock(by) })
	}
	return trouble
}

// delay returns how long operations take in a life.
func (h *history) delay() func(c ioring.Code) (before, after int64) {
	most := pick(h.r, 1, 20e3, 20e3, 1e6, 20e6, 2e9)
	return func(ioring.Code) (before, after int64) {
		return h.r.Int64N(int64(most)), h.r.Int64N(int64(most))
	}
}

// processor returns what a processor does.
func (h *history) processor() simkernel.Behaviour {
	b := simkernel.Behaviour{Chunk: pick(h.r, 0, 1000, 3000), Every: int64(pick(h.r, 1, 1e6, 300e6))}
	if !h.calm && h.r.IntN(5) == 0 {
		b.Exit, b.After = int64(pick(h.r, 1, 128+9)), h.r.IntN(4000)
		h.check.badRun = true
	}
	if !h.calm && h.r.IntN(8) == 0 {
		b.Removes = pick(h.r, "processed", "newstate", "")
		b.Replaces = pick(h.r, "processed", "newstate", "")
		h.check.badRun = h.check.badRun || b.Removes == "processed"
	}
	return b
}
