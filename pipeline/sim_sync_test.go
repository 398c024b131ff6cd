package pipeline_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"multilog/internal/test/simkernel"
	"multilog/ioring"
	"multilog/pipeline/script"
)

// A sync of current that never ends does not prevent finished files from becoming safe:
// only an operation on the same file does.
func TestFilesBecomeSafeWhileCurrentIsSynced(t *testing.T) {
	const forever = 1e15 // nanoseconds
	w := simkernel.NewWorld(rand.New(rand.NewPCG(1, 1)))
	w.MakeDir("./main")
	p := &simkernel.Pipe{Stream: []byte(lines(0, 60)), Capacity: 65536}
	p.Schedule(1, nil, nil)
	w.NewPipe(p)
	script, err := script.Parse([]string{"s4096", "n9", "y1ms", "./main"})
	if err != nil {
		t.Fatal(err)
	}
	swapped, syncing, safe := false, false, false
	w.Trace = func(line string) {
		if strings.Contains(line, ".u to @") && syncing && w.Mono() < forever {
			safe = true
		}
	}
	k := w.Start(simkernel.Plan{
		Delay: func(c ioring.Code) (before, after int64) {
			swapped = swapped || c == ioring.RenameAt
			if c == ioring.Fdatasync && swapped { // of the second file, which is current
				syncing = true
				return forever, 0
			}
			return 1e6, 1e6
		},
		Idle: func(*simkernel.Kernel) { w.Pipe.Close(w.Mono()) },
	})
	out := k.Run(logger(k, script))
	if out.Err != nil || w.Err() != nil {
		t.Fatal(out, w.Err())
	}
	if !syncing {
		t.Fatal("current was not synced")
	}
	if !safe {
		t.Error("the finished file waited for the sync of current")
	}
}
