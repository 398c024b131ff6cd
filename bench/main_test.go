package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// fakeEnv makes the test binary a logger that does as the variable says.
const fakeEnv = "BENCH_FAKE"

func TestMain(m *testing.M) {
	runChild()
	if how := os.Getenv(fakeEnv); how != "" {
		if err := fakeLogger(how); err != nil {
			fmt.Fprintln(os.Stderr, "fake:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// fakeLogger understands as much of a script as the tests give it, logs to
// two files, and does a harm on the way.
func fakeLogger(how string) error {
	if err := os.Mkdir("main", 0o700); err != nil {
		return err
	}
	current, err := os.Create("main/current")
	if err != nil {
		return err
	}
	var lines [][]byte
	for in := bufio.NewReader(os.Stdin); ; {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		lines = append(lines, line)
	}
	at := len(lines) / 2
	switch how {
	case "good":
	case "lose":
		lines = slices.Delete(lines, at, at+1)
	case "lose last":
		lines = lines[:len(lines)-1]
	case "double":
		lines = slices.Insert(lines, at, lines[at])
	case "reorder":
		lines[at], lines[at+1] = lines[at+1], lines[at]
	case "change":
		lines[at][0] ^= 1
	case "tear":
		lines[len(lines)-1] = bytes.TrimSuffix(lines[len(lines)-1], []byte("\n"))
	case "complain":
		fmt.Fprintln(os.Stderr, "fake: warning: unable to be quiet")
	case "fail":
		return fmt.Errorf("no more")
	case "hang":
		time.Sleep(time.Hour)
	}
	label := func(i int) string {
		if !slices.Contains(os.Args, "t") {
			return ""
		}
		return fmt.Sprintf("@%016x%08x ", uint64(taiOffset+1700000000), i)
	}
	var out bytes.Buffer
	for i, line := range lines {
		if i == at { // a rotation, in the middle of a line
			out.Write([]byte(label(i)))
			if err := os.WriteFile("main/@400000006b000000000000000.s", out.Bytes(), 0o600); err != nil {
				return err
			}
			out.Reset()
		} else {
			out.WriteString(label(i))
		}
		out.Write(line)
	}
	_, err = current.Write(out.Bytes())
	return err
}

// fake is a contender that is this test.
func fake(t *testing.T, how string) contender {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return contender{Name: how, Path: exe, Family: familyMultilog, Env: []string{fakeEnv + "=" + how}}
}

// testBench is a bench in a directory of the test's, which must be empty in
// the end.
func testBench(t *testing.T) *bench {
	t.Helper()
	top := t.TempDir()
	b := &bench{limit: time.Minute, dir: filepath.Join(top, "bench"), progress: &progress{out: io.Discard}}
	if err := os.Mkdir(b.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		b.close()
		if left, _ := os.ReadDir(top); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
	return b
}

// TestHarmIsSeen runs loggers that do harm, the whole way: pipe, producer,
// check.
func TestHarmIsSeen(t *testing.T) {
	for _, test := range []struct{ how, want string }{
		{"good", ""},
		{"lose", "comes too early, or the lines before it are lost"},
		{"lose last", "lost: the last 1 lines"},
		{"double", "comes twice, or too late"},
		{"reorder", "comes too early, or the lines before it are lost"},
		{"change", "is torn or changed"},
		{"tear", "is torn"},
		{"complain", "complains: fake: warning: unable to be quiet"},
		{"fail", "exit status 1: fake: no more"},
	} {
		t.Run(test.how, func(t *testing.T) {
			b := testBench(t)
			in, err := b.input("lines", 1<<16, numbered(20))
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range []order{{Chunk: 4096}, {}} {
				j := job{stamp: true, fileBytes: fileBytes, files: keepAll}
				got, err := b.fromPipe(t.Context(), fake(t, test.how), j, in, o)
				if test.want == "" {
					if err != nil || got["speed"] <= 0 || got["cpu-line"] <= 0 {
						t.Errorf("%+v: %v, %v", o, got, err)
					}
				} else if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("%+v: error %v, want %q", o, err, test.want)
				}
			}
		})
	}
}

// TestNoFigureForHarm runs a race in which one contender loses a line, and one
// in which one does not come to an end.
func TestNoFigureForHarm(t *testing.T) {
	b := testBench(t)
	b.contenders = []contender{fake(t, "good"), fake(t, "lose")}
	s := &scenario{name: "test", baseline: "good", metrics: throughputMetrics}
	tc := feedings[0].testcase(b, loads[0])
	tc.rounds, tc.seconds = 2, 0
	tc.run = func(ctx context.Context, b *bench, c contender) (sample, error) {
		in, err := b.input("lines", 1<<16, numbered(20))
		if err != nil {
			return nil, err
		}
		return b.fromPipe(ctx, c, job{fileBytes: fileBytes, files: keepAll}, in, order{Chunk: 4096})
	}
	got, err := b.runCase(t.Context(), s, tc)
	if err != nil {
		t.Fatal(err)
	}
	good, lose := got.Rows[0], got.Rows[1]
	if good.Out != "" || len(good.Figures["speed"].Samples) != 2 || good.Figures["speed"].Ratio != 1 {
		t.Errorf("good: %+v", good)
	}
	if !strings.HasPrefix(lose.Out, "failed: main: ") || lose.Figures != nil {
		t.Errorf("lose: %+v", lose)
	}

	b.contenders = []contender{fake(t, "hang")}
	b.limit = 2 * time.Second
	if got, err = b.runCase(t.Context(), s, tc); err != nil {
		t.Fatal(err)
	}
	if hang := got.Rows[0]; !strings.HasPrefix(hang.Out, "failed: not done after 2s") || hang.Figures != nil {
		t.Errorf("hang: %+v", hang)
	}
}

// TestFileAsStdin checks the way without a producer.
func TestFileAsStdin(t *testing.T) {
	b := testBench(t)
	in, err := b.input("lines", 1<<16, numbered(20))
	if err != nil {
		t.Fatal(err)
	}
	j := job{stamp: true, fileBytes: fileBytes, files: keepAll}
	if got, err := b.fromFile(t.Context(), fake(t, "good"), j, in); err != nil || got["speed"] <= 0 {
		t.Errorf("good: %v, %v", got, err)
	}
	if _, err := b.fromFile(t.Context(), fake(t, "lose"), j, in); err == nil {
		t.Error("a lost line was not seen")
	}
}

// TestPacedProducer checks that a paced producer writes what it should, and
// says what it has seen.
func TestPacedProducer(t *testing.T) {
	b := testBench(t)
	in, err := b.input("lines", 20*50, numbered(20))
	if err != nil {
		t.Fatal(err)
	}
	const lines = 170 // more than three times round
	dir, remove, err := b.runDir(b.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer remove()
	got, err := feed{
		contender: fake(t, "good"), job: job{fileBytes: fileBytes, files: keepAll}, in: in, dir: dir,
		order: order{Rate: 5000, Lines: lines, Timed: true},
	}.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.Lines != lines || got.Bytes != 20*lines || got.End <= got.Start || got.Waits.Max <= 0 {
		t.Errorf("produced %+v", got.produced)
	}
	if err := (checker{dir: dir, input: repeated(in, lines)}).check(got.outputs); err != nil {
		t.Error(err)
	}
}

// TestFullPipeIsSeen feeds a logger that does not read for a while.
func TestFullPipeIsSeen(t *testing.T) {
	r, w, err := newPipe()
	if err != nil {
		t.Fatal(err)
	}
	b := testBench(t)
	in, err := b.input("lines", 1<<20, numbered(1024))
	if err != nil {
		t.Fatal(err)
	}
	p, err := startProducer(t.Context(), in, order{Rate: 1e6, Lines: in.lines, Timed: true}, w)
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	defer p.discard()
	const asleep = 300 * time.Millisecond
	time.Sleep(asleep)
	if n, err := io.Copy(io.Discard, r); err != nil || n != int64(len(in.data)) {
		t.Errorf("read %d bytes, %v", n, err)
	}
	got, err := p.wait()
	if err != nil {
		t.Fatal(err)
	}
	if got.FullTimes == 0 || got.FullAt <= 0 || got.FullTotal < got.FullAt || got.Waits.Max < got.FullAt {
		t.Errorf("the pipe was full, but: %+v", got)
	}
}

// TestRealLogger runs scenarios against daemontools' multilog, from the
// command line to the report.
func TestRealLogger(t *testing.T) {
	if _, err := exec.LookPath(daemontoolsName); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("daemontools is not installed")
		}
		t.Skip("daemontools is not installed")
	}
	for _, test := range []struct{ scenario, run string }{
		{"footprint", "start|idle-1$"}, {"latency", "alone"}, {"limit", "t-63"},
	} {
		t.Run(test.scenario, func(t *testing.T) {
			if testing.Short() && test.scenario != "latency" {
				t.Skip("takes seconds")
			}
			dir := t.TempDir()
			var out bytes.Buffer
			o := options{
				ours: "none", racers: "^multilog$", names: []string{test.scenario}, run: test.run, rounds: 1, quick: true,
				dir: dir, report: filepath.Join(dir, "report"), runLimit: time.Minute,
			}
			null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer null.Close()
			if err := run(t.Context(), o, &out, null); err != nil {
				t.Fatal(err)
			}
			if text := out.String(); strings.Contains(text, "failed:") || !strings.Contains(text, "multilog  ") {
				t.Error(text)
			}
			if left, _ := os.ReadDir(dir); len(left) != 1 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestParse(t *testing.T) {
	o, err := parse([]string{"-quick", "-peer", "a=/b", "-env", "pool=MULTILOG_IO=pool,X=y", "rate", "limit"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if !o.quick || o.peers[0] != "a=/b" || o.envs[0] != "pool=MULTILOG_IO=pool,X=y" || len(o.chosen()) != 2 || o.chosen()[0] != rate {
		t.Errorf("%+v", o)
	}
	for _, bad := range [][]string{{"-peer", "a"}, {"-env", "=x"}, {"nothing"}, {"-bad"}} {
		if _, err := parse(bad, io.Discard); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

// TestCaseNames checks that every case can be chosen by its own name.
func TestCaseNames(t *testing.T) {
	for _, quick := range []bool{false, true} {
		seen := map[string]bool{}
		for _, s := range scenarios {
			for _, tc := range s.cases(&bench{quick: quick}) {
				name := s.name + "/" + tc.name
				if seen[name] || strings.ContainsAny(name, " ,()") || tc.rounds < 1 {
					t.Errorf("case %q, %d rounds, seen before: %v", name, tc.rounds, seen[name])
				}
				seen[name] = true
			}
		}
	}
}
