package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"multilog/bench/internal/contender"
	"multilog/bench/internal/fakelogger"
	"multilog/bench/internal/feed"
	"multilog/bench/internal/report"
	"multilog/bench/internal/scenario"
	"multilog/internal/cmdline"
	"multilog/internal/test/logger"
	"multilog/internal/test/mountns"
)

// asCommand has the test binary be the command.
const asCommand = "BENCH_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	feed.RunChild()
	fakelogger.Main()
	if os.Getenv(asCommand) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// mustParse parses a command line.
func mustParse(t *testing.T, args ...string) options {
	t.Helper()
	o, _, err := parse(args)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestParse(t *testing.T) {
	for _, args := range []string{
		"-quick -peer a=/b -rounds 7 rate limit",
		"limit rate --quick --peer=a=/b --rounds=7",
		"-quick rate -peer=a=/b limit -rounds 7",
		"-quick -peer a=/b -rounds 7 -- rate limit",
	} {
		o := mustParse(t, strings.Fields(args)...)
		chosen := o.chosen(scenario.All(nil, o.quick))
		if !o.quick || o.peers[0] != "a=/b" || o.rounds != 7 || len(chosen) != 2 || chosen[0].Name != "rate" {
			t.Errorf("%s: %+v", args, o)
		}
	}
	for _, bad := range []string{"-peer a", "-peer =x", "-env a=X=y", "-json", "nothing", "-bad", "-rounds -1", "-run (", "-racers [", "rate -quick nothing", "-- -quick"} {
		if _, _, err := parse(strings.Fields(bad)); !errors.As(err, new(*cmdline.Error)) {
			t.Errorf("%q: error %v", bad, err)
		}
	}
}

// TestHelp checks that the help text comes to standard output, names all options
// and scenarios, and is no failure.
func TestHelp(t *testing.T) {
	for _, arg := range []string{"-h", "-help", "--help"} {
		_, answer, err := parse([]string{"rate", arg})
		if err != nil {
			t.Errorf("%s: error %v", arg, err)
		}
		for _, want := range []string{"usage: bench [OPTION]... [SCENARIO]... ", "--quick", "--report=DIR", "throughput  as fast as it goes"} {
			if !strings.Contains(answer, want) {
				t.Errorf("%s: no %q in\n%s", arg, want, answer)
			}
		}
	}
}

// TestList checks that the list says what scenarios measure.
func TestList(t *testing.T) {
	var out bytes.Buffer
	list(mustParse(t, "-run", "^rate/10$", "-list"), &out)
	for _, want := range []string{"rate: what a steady stream costs\n    63-byte lines come one write each", "  rate/10 "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "stall") {
		t.Errorf("more than was asked for:\n%s", out.String())
	}
	for line := range strings.Lines(out.String()) {
		if len(line) > 100 {
			t.Errorf("a long line: %q", line)
		}
	}
}

// TestRealLogger runs scenarios with daemontools' multilog, from the command line
// to the report and back.
func TestRealLogger(t *testing.T) {
	logger.Need(t, contender.Daemontools)
	for _, test := range []struct{ scenario, run string }{
		{"footprint", "start|idle-1$"}, {"latency", "alone"}, {"limit", "t-63"}, {"rate", "/1000$"},
	} {
		t.Run(test.scenario, func(t *testing.T) {
			if testing.Short() && test.scenario != "latency" {
				t.Skip("takes seconds")
			}
			dir := t.TempDir()
			to := filepath.Join(dir, "report")
			out := runCommand(t, "-ours", "none", "-racers", "^multilog$", test.scenario, "-run", test.run, "-rounds", "1", "-quick", "-dir", dir, "-report", to)
			if strings.Contains(out, "failed:") || !strings.Contains(out, "multilog  ") {
				t.Error(out)
			}
			if left, _ := os.ReadDir(dir); len(left) != 1 {
				t.Errorf("left behind: %v", left)
			}
			if res, err := report.Read(filepath.Join(to, "results.json")); err != nil || len(res.Scenarios) != 1 || res.Scenarios[0].Cases[0].Rows[0].Figures == nil {
				t.Errorf("%+v, %v", res, err)
			}
			if again := runCommand(t, "-redraw", filepath.Join(to, "results.json")); !strings.Contains(again, "multilog  ") {
				t.Errorf("drawn again:\n%s", again)
			}
		})
	}
}

// runCommand runs what a command line says and returns what it prints.
func runCommand(t *testing.T, args ...string) string {
	t.Helper()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	var out bytes.Buffer
	if err := run(t.Context(), mustParse(t, args...), &out, null); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestInterrupted interrupts the command in the middle of a case, and checks that it
// leaves no process, no file and no mount. A kill leaves files, but nothing that
// runs or is mounted.
func TestInterrupted(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for _, name := range []string{"stall/hog", "stall/slow-disk", "footprint/idle-40"} {
		if name == "stall/slow-disk" && os.Geteuid() != 0 {
			continue
		}
		for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL} {
			t.Run(fmt.Sprint(name, " ", sig), func(t *testing.T) {
				dir := t.TempDir()
				mark := "BENCH_TEST_MARK=" + dir
				var out bytes.Buffer
				cmd := exec.Command(os.Args[0], "-quick", "-run", name+"$", "-ours", "none", "-racers", "^multilog$", "-dir", dir)
				cmd.Env = append(os.Environ(), asCommand+"=1", mark, mountns.Env+"=")
				cmd.Stdout, cmd.Stderr = &out, &out
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				ended := make(chan error, 1)
				go func() { ended <- cmd.Wait() }()
				if !logger.Await(func() bool { return len(fakelogger.Marked(mark, "./main")) > 0 || len(ended) > 0 }) {
					t.Error("no logger runs") // the signal below ends what does
				}
				if len(ended) > 0 && strings.Contains(out.String(), "not run") {
					t.Skip(out.String())
				}
				time.Sleep(200 * time.Millisecond)
				_ = cmd.Process.Signal(sig)
				err := <-ended
				if sig != syscall.SIGKILL {
					if cmd.ProcessState.ExitCode() != cmdline.ExitFailed || !strings.Contains(out.String(), "bench: fatal: interrupted") {
						t.Errorf("%v: %s", err, out.String())
					}
					if left, _ := os.ReadDir(dir); len(left) > 0 {
						t.Errorf("left behind: %v", left)
					}
				}
				if left := fakelogger.Left(mark); len(left) > 0 {
					t.Errorf("processes left behind: %q", left)
				}
				if mounts, err := os.ReadFile("/proc/self/mountinfo"); err != nil || strings.Contains(string(mounts), dir) {
					t.Errorf("mounts left behind, or %v", err)
				}
			})
		}
	}
}
