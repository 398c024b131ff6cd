package pipeline_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"multilog/internal/test/simkernel"
	"multilog/ioring"
	"multilog/pipeline/script"
	"multilog/rotate"
	"multilog/rotate/lockpage"
)

// If a batch is too long to be seen, recovery takes it into memory to compare it. If it
// is not the batch of the record, it is input, even if it ends within a line.
func TestTakenBatchEndsWithinLine(t *testing.T) {
	const whole = "the same head of both batches, which is as long as what a fingerprint looks at first\n"
	taken := strings.Repeat(whole, 30) + "begun, "
	input := taken + "done\nlast\n"
	w := simkernel.NewWorld(rand.New(rand.NewPCG(1, 1)))
	d := w.MakeDir("./main")
	current := w.MakeFile(d, "current", taken, 0o644)
	p := &simkernel.Pipe{Stream: []byte(input), Capacity: 65536, Calls: []simkernel.Call{
		{At: w.Mono(), Upto: len(taken)}, {At: w.Mono() + 1e9, Upto: len(input)},
	}}
	p.Close(1)
	w.NewPipe(p)
	w.Pass(1)
	k := w.Start(simkernel.Plan{
		Window: 1500,
		Delay:  func(ioring.Code) (before, after int64) { return 1, 1 },
		Idle:   func(*simkernel.Kernel) { w.Fail("the logger waits for ever") },
	})
	traits := k.Traits()
	page := lockpage.New()
	writer, _ := lockpage.Open(page, lockpage.Owner{PID: 1, Started: 1, Boot: k.BootID()})
	writer.Put(&lockpage.Record{
		Batch: 1, SrcDev: traits.Dev, SrcIno: traits.Ino, Last: taken[len(taken)-1],
		Length: uint64(len(taken)), Sum: rotate.Fingerprint([]byte(taken)) ^ 1, // they differ behind the head
		FileIno: current.Ino, FileBirth: uint64(current.Birth), Written: uint64(len(taken)),
	}, lockpage.StateDone)
	w.MakeFile(d, "lock", string(page), 0o600)
	parsed, err := script.Parse([]string{"./main"})
	if err != nil {
		t.Fatal(err)
	}
	if out := k.Run(logger(k, parsed)); out.Err != nil || w.Err() != nil {
		t.Fatal(out.Err, w.Err())
	}
	if got := string(d.Lookup("current").Data); got != input {
		t.Errorf("logged: %q", got)
	}
}
