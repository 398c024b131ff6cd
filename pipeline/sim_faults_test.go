package pipeline_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"

	"multilog/internal/test/simkernel"
	"multilog/ioring"
	"multilog/pipeline/script"
)

// Every fallible operation fails once, and nothing is lost.

var faultScripts = []struct {
	name string
	args []string
	dirs []simDir
}{
	{"plain", []string{"s4096", "n3", "./dir0"}, []simDir{{name: "./dir0", count: 3}}},
	{"label", []string{"t", "s4096", "n2", "./dir0"}, []simDir{{name: "./dir0", count: 2}}},
	{"processor", []string{"s4096", "n3", "!process", "./dir0"}, []simDir{{name: "./dir0", count: 3}}},
	{"several", []string{"t", "=status", "s4096", "n2", "./dir0", "-@* b*", "!process", "./dir1"}, []simDir{
		{name: "./dir0", count: 2}, {name: "./dir1", count: 2, rules: []simRule{{kind: 'b'}}},
	}},
}

// faultErrors are the errors of operations that fail.
var faultErrors = []error{syscall.EIO, syscall.ENOSPC}

// maxFaults is much more than the number of fallible operations in a run.
const maxFaults = 5_000

func TestEveryOperationFailsOnce(t *testing.T) {
	for _, s := range faultScripts {
		for _, killed := range []bool{false, true} {
			for _, err := range faultErrors {
				t.Run(fmt.Sprintf("%s/killed=%v/%d", s.name, killed, err), func(t *testing.T) {
					for n := 1; ; n++ {
						f := faultRun{script: &simScript{label: s.args[0] == "t", args: s.args, dirs: s.dirs}, killed: killed}
						reached, failure := f.run(n, err)
						if failure != nil {
							t.Fatalf("operation %d fails with %q: %v\n%s", n, err, failure, f.trace)
						}
						if !reached {
							t.Logf("%d operations", n-1)
							break
						}
						if n > maxFaults {
							t.Fatal("the number of operations has no end")
						}
					}
				})
			}
		}
	}
}

// faultRun is a run in which one operation fails.
type faultRun struct {
	script *simScript
	killed bool // the logger before was killed while it was busy
	trace  []byte

	w     *simkernel.World
	check *check
	lines simLines
}

// run runs loggers until one ends properly. Operation n of the first fails. reached
// reports whether there was an operation n.
func (f *faultRun) run(n int, err error) (reached bool, failure error) {
	r := rand.New(rand.NewPCG(3, 3))
	f.w = simkernel.NewWorld(r)
	f.w.Trace = func(line string) { f.trace = append(append(f.trace, line...), '\n') }
	f.w.Processor = func() simkernel.Behaviour { return simkernel.Behaviour{} }
	f.check = newCheck(f.w, f.script, &f.lines)
	for len(f.lines.stream) < 9000 {
		f.lines.newStream(r)
	}
	p := &simkernel.Pipe{Stream: f.lines.stream, Capacity: 65536}
	p.Schedule(f.w.Mono()+1, f.lines.pieces(r), func() int64 { return 2e6 })
	p.Close(1)
	f.w.NewPipe(p)
	f.check.newStream()
	if f.killed {
		f.life(simkernel.Plan{EndAt: 130, End: simkernel.EndWithin})
	}
	out := f.life(simkernel.Plan{FailAt: n, FailWith: err})
	for lives := 0; f.w.Err() == nil && !f.over(); lives++ {
		if lives > 2 {
			return true, errors.New("the following loggers do not end")
		}
		if next := f.life(simkernel.Plan{}); next.Err != nil {
			return true, fmt.Errorf("the next logger does not start: %w", next.Err)
		}
	}
	func() {
		defer func() { _ = recover() }() // World.Err has the reason
		f.check.finished(0, false)
	}()
	return out.Fallible >= n, f.w.Err()
}

func (f *faultRun) over() bool {
	return f.w.Pipe.Closed && f.w.Pipe.Head == len(f.w.Pipe.Stream) && f.ended()
}

// ended reports whether the last logger has closed the directories.
func (f *faultRun) ended() bool {
	for _, d := range f.check.dirs {
		if c := d.dir.Lookup("current"); c == nil || c.Mode != 0o744 || d.dir.Lookup("next") != nil {
			return false
		}
	}
	return true
}

func (f *faultRun) life(plan simkernel.Plan) simkernel.Outcome {
	plan.Delay = func(ioring.Code) (before, after int64) { return 1e6, 1e6 }
	plan.Idle = func(*simkernel.Kernel) { f.w.Fail("the logger waits for ever") }
	for _, d := range f.check.dirs {
		d.pending, d.rotated = nil, false
	}
	parsed, err := script.Parse(f.script.args)
	if err != nil {
		panic(err) // the scripts are this test's own
	}
	k := f.w.Start(plan)
	out := k.Run(logger(k, parsed))
	f.w.Tracef("the logger has ended: %+v", out)
	return out
}
