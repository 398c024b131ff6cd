package pipeline_test

import (
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"

	"multilog/internal/test/simkernel"
	"multilog/ioring"
	"multilog/pipeline/script"
)

// blindKernel fails to stat files that were opened in the background, until sees is
// set.
type blindKernel struct {
	*simkernel.Kernel
	sees     bool
	warnings []string
}

func (k *blindKernel) Submit(op *ioring.Op) {
	if done := op.Done; op.Code == ioring.Stat {
		op.Done = func(op *ioring.Op) {
			if !k.sees {
				op.Err = syscall.EIO
			}
			done(op)
		}
	}
	k.Kernel.Submit(op)
}

func (k *blindKernel) Warn(text string) { k.warnings = append(k.warnings, text) }

// If SIGTERM comes while the spare file is being made, a rotation that is requested
// later does not take the file for another program's.
func TestSpareIsOursAfterTerm(t *testing.T) {
	const second = int64(1e9)
	w := simkernel.NewWorld(rand.New(rand.NewPCG(1, 1)))
	d := w.MakeDir("./main")
	w.Processor = func() simkernel.Behaviour { return simkernel.Behaviour{Chunk: 1000, Every: 10 * second} }
	p := &simkernel.Pipe{Stream: []byte(lines(0, 70)), Capacity: 65536, Calls: []simkernel.Call{
		{At: 1, Upto: 4000}, {At: w.Mono() + second, Upto: 7000},
	}}
	w.NewPipe(p)
	parsed, err := script.Parse([]string{"s4096", "n9", "!process", "./main"})
	if err != nil {
		t.Fatal(err)
	}
	inner := w.Start(simkernel.Plan{
		Delay: func(ioring.Code) (before, after int64) { return 1e6, 1e6 },
		Idle:  func(*simkernel.Kernel) { w.Fail("the logger waits for ever") },
	})
	k := &blindKernel{Kernel: inner, sees: true}
	w.At(w.Mono()+second-1, func() { k.sees = false })
	w.At(w.Mono()+9*second, k.Term)
	w.At(w.Mono()+10*second, func() {
		k.sees = true
		k.Alrm()
	})
	if out := inner.Run(logger(k, parsed)); out.Err != nil || w.Err() != nil {
		t.Fatal(out.Err, w.Err())
	}
	if said := strings.Join(k.warnings, "\n"); !strings.Contains(said, "unable to stat ./main/next, pausing") || strings.Contains(said, "another program") {
		t.Errorf("warnings: %s", said)
	}
	for _, e := range d.Entries() {
		if strings.HasPrefix(e.Name, "next") {
			t.Errorf("%s is left", e.Name)
		}
	}
}
