package pipeline_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"multilog/internal/test/simkernel"
	"multilog/ioring"
	"multilog/pipeline/script"
	"multilog/tai64n"
)

// endsWaiting is a kernel whose logger is killed while it waits with the beginning of a
// line in the lock page.
type endsWaiting struct {
	*simkernel.Kernel
	w *simkernel.World
}

func (k *endsWaiting) Wait(until int64, input bool) (terms, alarms int) {
	if k.w.Pipe.Kept > 0 {
		k.Kill()
	}
	return k.Kernel.Wait(until, input)
}

// A label is the time at which the first byte of its line was seen, even if the logger
// was killed before the last byte came. Later lines have later labels.
func TestLabelOfFirstByte(t *testing.T) {
	const second = int64(1e9)
	for _, killed := range []bool{false, true} {
		w := simkernel.NewWorld(rand.New(rand.NewPCG(1, 1)))
		begin := w.Mono()
		w.NewPipe(&simkernel.Pipe{Stream: []byte("one\ntwo\nbegun, done\nthree\n"), Capacity: 4096, Calls: []simkernel.Call{
			{At: begin + second, Upto: 13}, {At: begin + 3*second, Upto: 26},
		}})
		w.Pipe.Close(1)
		plan := simkernel.Plan{
			Delay: func(ioring.Code) (before, after int64) { return 1000, 1000 },
			Idle:  func(*simkernel.Kernel) { w.Fail("the logger waits for ever") },
		}
		parsed, err := script.Parse([]string{"t", "./main"})
		if err != nil {
			t.Fatal(err)
		}
		k := w.Start(plan)
		var outer kernel = k
		if killed {
			outer = &endsWaiting{k, w}
		}
		out := k.Run(logger(outer, parsed))
		if killed {
			if !out.Killed {
				t.Fatalf("the logger was not killed: %+v", out)
			}
			k = w.Start(plan)
			out = k.Run(logger(k, parsed))
		}
		if out.Err != nil || w.Err() != nil {
			t.Fatal(out.Err, w.Err())
		}
		var all string
		for _, e := range w.Dir("./main").Entries() { // by name: old files first
			if e.Name != "lock" && e.Name != "state" {
				all += string(e.File.Data)
			}
		}
		var last tai64n.Label
		lines := strings.SplitAfter(strings.TrimSuffix(all, "\n"), "\n")
		if len(lines) != 4 {
			t.Fatalf("killed %v: %q", killed, lines)
		}
		for i, line := range lines {
			l, ok := tai64n.Parse([]byte(line))
			if !ok || !last.Before(l) {
				t.Errorf("killed %v: the label of %q does not follow", killed, line)
			}
			last = l
			want := 1 + 2*int64(i/3) // seconds after the start
			if got := (l.UnixNano() - int64(1767225600e9) - begin) / second; got != want {
				t.Errorf("killed %v: %q is of second %d, not %d", killed, line, got, want)
			}
		}
	}
}
