package feed

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"multilog/bench/internal/check"
	"multilog/bench/internal/contender"
	"multilog/bench/internal/fakelogger"
	"multilog/bench/maillog"
	"multilog/internal/test/logger"
)

func TestMain(m *testing.M) {
	RunChild()
	fakelogger.Main()
	os.Exit(m.Run())
}

// testLab is a lab in a directory of the test's, which must be empty in the end.
func testLab(t *testing.T) *Lab {
	t.Helper()
	top := t.TempDir()
	lab, err := NewLab(top)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		lab.Close()
		if left, _ := os.ReadDir(top); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
	return lab
}

// runFake feeds a fake logger.
func runFake(t *testing.T, how string, in *Input, o Order) (Fed, string, error) {
	t.Helper()
	dir, remove, err := testLab(t).RunDir("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(remove)
	got, err := Feed{
		Contender: fakelogger.Contender(how), Job: contender.Job{FileBytes: 1 << 20, Files: 20}, Input: in, Order: o, Dir: dir,
	}.Run(t.Context())
	return got, dir, err
}

func newTestInput(t *testing.T, size, length int) *Input {
	t.Helper()
	in, err := NewInput("test", size, Numbered(length))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(in.Close)
	return in
}

// TestInputs checks that lines are as long as they should be, and no two the same.
func TestInputs(t *testing.T) {
	for _, length := range []int{8, 9, 63, 2048} {
		in := newTestInput(t, 1<<17, length)
		seen := map[string]bool{}
		for line := range strings.Lines(string(in.Data)) {
			if len(line) != length || seen[line] {
				t.Fatalf("line %q has %d bytes, seen before: %v", line, len(line), seen[line])
			}
			seen[line] = true
		}
		if len(seen) != in.Lines || in.Longest != length {
			t.Errorf("%d lines, longest %d", in.Lines, in.Longest)
		}
	}
}

// TestPacedProducer checks that a paced producer writes what it should, and tells
// what it has seen.
func TestPacedProducer(t *testing.T) {
	const lines = 170 // more than three times round
	in := newTestInput(t, 20*50, 20)
	got, dir, err := runFake(t, "good", in, Order{Rate: 5000, Lines: lines, Timed: true})
	if err != nil {
		t.Fatal(err)
	}
	if got.Lines != lines || got.Bytes != 20*lines || got.End <= got.Start || got.Writes.Max <= 0 {
		t.Errorf("produced %+v", got.Produced)
	}
	if err := (check.Checker{Dir: dir, Input: in.Repeated(lines)}).Check(got.Outputs); err != nil {
		t.Error(err)
	}
}

// TestFullPipeIsSeen feeds a reader that does not read for a while.
func TestFullPipeIsSeen(t *testing.T) {
	r, w, err := NewPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	in := newTestInput(t, 1<<20, 1024)
	p, err := produce(t.Context(), in, Order{Rate: 1e6, Lines: in.Lines, Timed: true}, w)
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	defer p.discard()
	time.Sleep(300 * time.Millisecond)
	if n, err := io.Copy(io.Discard, r); err != nil || n != int64(len(in.Data)) {
		t.Errorf("read %d bytes, %v", n, err)
	}
	got, err := p.wait()
	if err != nil {
		t.Fatal(err)
	}
	if w := got.Writes; w.Full == 0 || w.FullLongest <= 0 || w.FullTotal < w.FullLongest || w.Max < w.FullLongest {
		t.Errorf("the pipe was full, but: %+v", got)
	}
}

// TestLongWrites checks that a write may take longer than 2^32 ns.
func TestLongWrites(t *testing.T) {
	const seven = int64(7 * time.Second)
	if q := newQuantiles([]int64{seven, 1}); q.Max != seven || q.P50 != 1 {
		t.Errorf("%+v", q)
	}
	if testing.Short() {
		t.Skip("takes seconds")
	}
	r, w, err := NewPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	in := newTestInput(t, 1<<17, 1024)
	p, err := produce(t.Context(), in, Order{Rate: 1e6, Lines: in.Lines, Timed: true}, w)
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	defer p.discard()
	time.Sleep(5 * time.Second)
	if _, err := io.Copy(io.Discard, r); err != nil {
		t.Fatal(err)
	}
	if got, err := p.wait(); err != nil || got.Writes.Max < int64(4500*time.Millisecond) {
		t.Errorf("the pipe was full for five seconds, the longest write took %v: %v", time.Duration(got.Writes.Max), err)
	}
}

// TestMailProducer checks that a producer of mail writes its log, whole lines of
// it in each write, and no faster than it should.
func TestMailProducer(t *testing.T) {
	for _, size := range []int64{1, 200_000} {
		const pace = 2_000_000
		config := maillog.Config{Seed: 2}
		r, w, err := NewPipe()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		p, err := produce(t.Context(), nil, Order{Mail: Mail{Config: config, Bytes: size, Pace: pace}, Chunk: 4096, Timed: true}, w)
		w.Close()
		if err != nil {
			t.Fatal(err)
		}
		defer p.discard()
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.wait()
		if err != nil {
			t.Fatal(err)
		}
		log, lines := maillog.New(config), 0
		for line := range strings.Lines(string(text)) {
			if want := string(log.Next()); line != want {
				t.Fatalf("line %d: %q, want %q", lines+1, line, want)
			}
			lines++
		}
		if got.Lines != lines || got.Bytes != int64(len(text)) || got.Bytes < size || got.Bytes > size+4096 || got.Writes.Max <= 0 {
			t.Errorf("%d bytes, %d lines came; the producer tells %+v", len(text), lines, got)
		}
		if least := int64(time.Second) * (size - 4096) / pace; got.End-got.Start < least {
			t.Errorf("took %v, want no less than %v", time.Duration(got.End-got.Start), time.Duration(least))
		}
	}
}

func TestNearestRank(t *testing.T) {
	sorted := make([]int64, 100)
	for i := range sorted {
		sorted[i] = int64(i + 1)
	}
	for q, want := range map[float64]int64{0: 1, 0.001: 1, 0.5: 50, 0.99: 99, 0.999: 100, 1: 100} {
		if got := NearestRank(sorted, q); got != want {
			t.Errorf("rank %v = %v, want %v", q, got, want)
		}
	}
	if NearestRank(nil, 0.5) != 0 {
		t.Error("none has no rank")
	}
}

// TestEarlyEndIsTheLoggers checks that the reason is the logger's when it ends
// while the producer still writes.
func TestEarlyEndIsTheLoggers(t *testing.T) {
	in := newTestInput(t, 1<<20, 63)
	_, _, err := runFake(t, "end early", in, Order{})
	if want := fakelogger.Harms()["end early"]; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}
}

// TestNothingIsLeft checks that what a logger has started, and leaves behind, is
// killed.
func TestNothingIsLeft(t *testing.T) {
	t.Setenv("BENCH_TEST_MARK", t.Name()+strconv.Itoa(os.Getpid()))
	if _, _, err := runFake(t, "leave", newTestInput(t, 1000, 20), Order{}); err != nil {
		t.Fatal(err)
	}
	awaitNone(t, os.Getenv("BENCH_TEST_MARK"))
}

// awaitNone waits until no process but this one has the mark in its environment.
func awaitNone(t *testing.T, mark string) {
	t.Helper()
	if left := fakelogger.Left(mark); len(left) > 0 {
		t.Errorf("these are left: %q", left)
	}
}

// TestHogEnds checks that a hog is bounded and ends when it is told to.
func TestHogEnds(t *testing.T) {
	t.Setenv("BENCH_TEST_MARK", t.Name()+strconv.Itoa(os.Getpid()))
	dir := t.TempDir()
	stop, err := StartHog(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	logger.Until(t, "a file of the hog", func() bool { names, _ = filepath.Glob(dir + "/hog*"); return len(names) > 0 })
	if len(names) != 1 {
		t.Errorf("its files: %v", names)
	}
	stop()
	awaitNone(t, os.Getenv("BENCH_TEST_MARK"))
}

// TestCopiers checks that copiers copy, and preallocate nothing that is seen.
func TestCopiers(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	in := newTestInput(t, 1<<20, 63)
	for _, c := range Copiers(exe) {
		dir, remove, err := testLab(t).RunDir("")
		if err != nil {
			t.Fatal(err)
		}
		got, err := Feed{Contender: c, Input: in, Order: Order{Chunk: 65536}, Dir: dir}.Run(t.Context())
		if err == nil {
			err = (check.Checker{Dir: dir, Input: in.Data}).Check(got.Outputs)
		}
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
		remove()
	}
}

// TestLookAt looks at this process.
func TestLookAt(t *testing.T) {
	a, err := LookAt(os.Getpid(), true)
	if err != nil {
		t.Fatal(err)
	}
	b, err := LookAt(os.Getpid(), false)
	if err != nil || b.At <= a.At || b.CPU < a.CPU || a.Threads < 1 || a.PSS <= 0 || a.USS <= 0 || a.USS > a.PSS || b.PSS != 0 {
		t.Errorf("%+v, then %+v, %v", a, b, err)
	}
	if s, err := LookAt(1<<30, false); err == nil {
		t.Errorf("of no process: %+v", s)
	}
}
