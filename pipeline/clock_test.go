package pipeline_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"multilog/internal/test/naive"
	"multilog/internal/test/simkernel"
	"multilog/ioring"
	"multilog/pipeline/script"
	"multilog/tai64n"
)

// runClock logs a line every 100 ms for twenty seconds. After ten seconds the clock is
// set by step. It returns how far each label is ahead of the clock, and the warnings.
func runClock(t *testing.T, step time.Duration) (ahead []time.Duration, warnings []string) {
	ahead, warnings, _ = runAged(t, step, "t", "./main")
	return ahead, warnings
}

// runAged is runClock with a script. It also returns the number of old files.
func runAged(t *testing.T, step time.Duration, args ...string) (ahead []time.Duration, warnings []string, files int) {
	const lines, gap, setAfter = 200, 100e6, 10e9
	w := simkernel.NewWorld(rand.New(rand.NewPCG(1, 0)))
	pipe := &simkernel.Pipe{Stream: []byte(strings.Repeat("line\n", lines)), Capacity: 65536}
	var ends []int
	for i := range lines {
		ends = append(ends, 5*(i+1))
	}
	begin := w.Mono()
	pipe.Schedule(begin, ends, func() int64 { return gap })
	pipe.Close(begin)
	w.NewPipe(pipe)
	w.At(begin+setAfter, func() { w.SetClock(int64(step)) })
	inner := w.Start(simkernel.Plan{
		Delay: func(ioring.Code) (before, after int64) { return 1, 1 },
		Idle:  func(*simkernel.Kernel) { w.Fail("the logger waits, but all input has come") },
	})
	k := &streamKernel{Kernel: inner}
	clock := k.Now()
	parsed, err := script.Parse(args)
	if err != nil {
		t.Fatal(err)
	}
	if out := inner.Run(logger(k, parsed)); w.Err() != nil || out.Err != nil {
		t.Fatal(w.Err(), out.Err)
	}
	old, current := contents(w, "./main")
	for _, file := range append(old, current) {
		wantAscending(t, file)
	}
	for i, line := range naive.Lines(strings.Join(old, "") + current) {
		l, ok := tai64n.ParseString(line)
		if !ok {
			t.Fatalf("no label: %q", line)
		}
		now := clock + int64(i)*gap
		if int64(i)*gap >= setAfter {
			now += int64(step)
		}
		ahead = append(ahead, time.Duration(l.UnixNano()-now))
	}
	if len(ahead) != lines {
		t.Fatalf("%d lines", len(ahead))
	}
	return ahead, k.warnings, len(old)
}

// wantAscending wants the labels of a file's lines to ascend.
func wantAscending(t *testing.T, file string) {
	t.Helper()
	var last tai64n.Label
	for _, line := range naive.Lines(file) {
		if l, ok := tai64n.ParseString(line); !ok || !last.Before(l) {
			t.Errorf("the label of %q is not later than the one before, in one file", line)
			return
		} else {
			last = l
		}
	}
}

// Labels are at most a second ahead of a clock that was set back. If they go back, a
// warning says what that means.
func TestClockSetBack(t *testing.T) {
	const near = 50 * time.Millisecond
	for _, tt := range []struct {
		step time.Duration
		said string
	}{
		{-2 * time.Hour, "the clock was set back by 1h59m59.9s, and so are stamps, in new files: lines in older files may have later ones"},
		{-time.Second, ""},
		{-300 * time.Millisecond, ""},
		{2 * time.Hour, ""},
	} {
		ahead, warnings := runClock(t, tt.step)
		if got := strings.Join(warnings, "\n"); got != tt.said {
			t.Errorf("%v: the warning is %q, want %q", tt.step, got, tt.said)
		}
		for i, d := range ahead {
			most := near
			if i >= 100 && tt.step < 0 && tt.step >= -time.Second {
				most += max(0, -tt.step-time.Duration(i-100)*100*time.Millisecond) // labels stand still
			}
			if d < -near || d > most {
				t.Errorf("%v: the label of line %d is %v ahead of the clock", tt.step, i, d)
				break
			}
		}
	}
}

// A file's age is the time that has passed, whatever the clock says.
func TestAgeWithoutClock(t *testing.T) {
	for _, step := range []time.Duration{0, -2 * time.Hour, 2 * time.Hour} {
		if _, _, files := runAged(t, step, "t", "a6s", "./main"); files != 3 {
			t.Errorf("clock set by %v: %d files in 20 seconds, want 3", step, files)
		}
	}
}

// A logger that starts goes on behind the labels of the one before, and begins a new file
// if the clock was set back meanwhile: also if the lock page does not know current.
func TestClockSetBackBetween(t *testing.T) {
	for _, tt := range []struct {
		step   time.Duration
		forget bool // the lock page is lost
		files  int  // that are old in the end
	}{
		{0, false, 0}, {-300 * time.Millisecond, false, 0}, {-2 * time.Hour, false, 1}, {-2 * time.Hour, true, 1}, {2 * time.Hour, true, 0},
	} {
		w := simkernel.NewWorld(rand.New(rand.NewPCG(1, 2)))
		for i, line := range []string{"one\ntwo\n", "three\nfour\n"} {
			w.NewPipe(&simkernel.Pipe{Stream: []byte(line), Capacity: 4096, Calls: []simkernel.Call{{At: w.Mono() + 1, Upto: len(line)}}})
			w.Pipe.Close(w.Mono() + 2)
			k := w.Start(simkernel.Plan{
				Delay: func(ioring.Code) (before, after int64) { return 1000, 1000 },
				Idle:  func(*simkernel.Kernel) { w.Fail("the logger waits for ever") },
			})
			parsed, err := script.Parse([]string{"t", "./main"})
			if err != nil {
				t.Fatal(err)
			}
			if out := k.Run(logger(k, parsed)); out.Err != nil || w.Err() != nil {
				t.Fatal(out.Err, w.Err())
			}
			if i == 0 {
				w.SetClock(int64(tt.step))
				if tt.forget {
					clear(w.Dir("./main").Lookup("lock").Data)
				}
			}
		}
		old, current := contents(w, "./main")
		for _, file := range append(old, current) {
			wantAscending(t, file)
		}
		if all := strings.Join(old, "") + current; len(old) != tt.files || len(naive.Lines(all)) != 4 {
			t.Errorf("%+v: %d old files, and in all %q", tt, len(old), all)
		}
	}
}
