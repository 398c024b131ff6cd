package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"multilog/internal/cmdline"
	"multilog/internal/test/logger"
	"multilog/internal/test/mountns"
	"multilog/rotate/lockpage"
)

func TestMain(m *testing.M) {
	mountns.Enter() // one test mounts something
	os.Exit(logger.Main{M: m}.Run())
}

// startLogger starts the real logger on dir, with its input held open.
func startLogger(t *testing.T, dir string, script ...string) *logger.Logger {
	t.Helper()
	command := append([]string{logger.Binary(t, "multilog")}, script...)
	return logger.Start(t, t.TempDir(), nil, append(command, dir)...)
}

// until runs mlstat on dir until ok returns true for its output, which it returns.
func until(t *testing.T, dir string, ok func(o object) bool) object {
	t.Helper()
	var o object
	var last string
	came := logger.Await(func() bool {
		var stdout, stderr bytes.Buffer
		run([]string{"--json", dir}, &stdout, &stderr)
		last = stdout.String() + stderr.String()
		o = object{}
		return json.Unmarshal(stdout.Bytes(), &o) == nil && ok(o)
	})
	if !came {
		t.Fatalf("waited %v in vain; the last output: %s", logger.Patience, last)
	}
	return o
}

func TestLiveAndGone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "main")
	l := startLogger(t, dir, "t", "-*no*", "s4096", "n5")
	l.Feed(strings.Repeat("yes\n", 150) + "no\n")
	o := until(t, dir, func(o object) bool { return o.Metrics["read_lines"] == 151 && o.Metrics["pending_files"] == 0 })
	if !o.Alive || o.PID != l.PID() || o.Metrics["selected_lines"] != 150 || o.Metrics["read_bytes"] != 603 ||
		o.Metrics["written_bytes"] != 4500 || o.Metrics["rotations"] != 2 || o.Backend == "" {
		t.Errorf("status: %+v", o)
	}
	var table bytes.Buffer
	if code := run([]string{dir}, &table, io.Discard); code != 0 {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{"LOG ", " STATE ", "\n001 ", " up ", " 0/4 -\n"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, table.String())
		}
	}
	table.Reset()
	run([]string{"-l", dir}, &table, io.Discard)
	for _, want := range []string{"DIRECTORY", "pid ", "151", "4.4 KiB"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the wide table lacks %q:\n%s", want, table.String())
		}
	}
	l.End()
	o = until(t, dir, func(o object) bool { return !o.Alive })
	if o.Metrics["read_lines"] != 151 {
		t.Errorf("after the kill: %+v", o)
	}
	table.Reset()
	if run([]string{dir}, &table, io.Discard); !strings.Contains(table.String(), " gone ") || !strings.Contains(table.String(), "no logger, the last one was pid ") {
		t.Errorf("after the kill:\n%s", table.String())
	}
}

// While a processor is running, the table and JSON tell that, and since when; when it has
// failed, that it is tried again.
func TestStage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "main")
	started := time.Now()
	startLogger(t, dir, "s4096", "n5", "!sleep 0.2; exit 1").Feed(strings.Repeat("a line of a log\n", 400))
	o := until(t, dir, func(o object) bool { return len(o.Files) > 0 && o.Files[0].Stage == "processing" && o.Files[0].Failing })
	if f := o.Files[0]; len(f.Label) != len("@400000000000000000000000") || f.Since.Before(started) || f.Since.After(time.Now()) {
		t.Errorf("%+v", f)
	}
	var table bytes.Buffer
	if code := run([]string{"-l", dir}, &table, io.Discard); code != 0 || !strings.Contains(table.String(), "STAGE") || !strings.Contains(table.String(), " processing ") {
		t.Errorf("exit code %d, table:\n%s", code, table.String())
	}
}

// The cell of the column STAGE.
func TestStageCell(t *testing.T) {
	now := time.Unix(1000, 0)
	file := lockpage.File{Stage: lockpage.StageSyncing, Since: now.Add(-12 * time.Second)}
	failing := lockpage.File{Stage: lockpage.StageProcessing, Failing: true, Since: now.Add(time.Second)} // the clock was set
	for want, s := range map[string]*lockpage.Status{
		"-":                      {Alive: true},
		"syncing 12s":            {Alive: true, Files: []lockpage.File{file, failing}},
		"processing 0s, failing": {Alive: true, Files: []lockpage.File{failing}},
	} {
		if got := stage(look{s, "", now}); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := stage(look{&lockpage.Status{Files: []lockpage.File{file}}, "", now}); got != "-" {
		t.Errorf("of a logger that is gone: %q", got)
	}
}

func TestOpenMetrics(t *testing.T) {
	dir := filepath.Join(t.TempDir(), `a"b`)
	startLogger(t, dir).Feed("x\n")
	until(t, dir, func(o object) bool { return o.Metrics["read_lines"] == 1 })
	var out bytes.Buffer
	run([]string{"--openmetrics", dir}, &out, io.Discard)
	for _, want := range []string{"# TYPE multilog_read_lines counter\n", `a\"b"} 1` + "\n", "multilog_up{dir="} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out.String())
		}
	}
	if !strings.HasSuffix(out.String(), "\n# EOF\n") {
		t.Error("no # EOF at the end")
	}
}

// Other users choose the names of directories and the content of lock pages. Neither can
// begin a line or a cell of the table, or control a terminal.
func TestNames(t *testing.T) {
	var table bytes.Buffer
	looks := []look{{&lockpage.Status{Dir: "a\x1b[2J\tb\nc", Backend: "pool\n\u009b2J"}, "a\x1b[2J\tb\nc", time.Time{}}}
	writeLong(&table, looks, nil)
	_, row, _ := strings.Cut(table.String(), "\n")
	if !strings.HasPrefix(row, `a\x1b[2J\x09b\x0ac `) || !strings.HasSuffix(row, ` pool\x0a\x9b2J`+"\n") {
		t.Errorf("the row is %q", row)
	}
	table.Reset()
	writeTable(&table, looks, nil, 0)
	if _, row, _ = strings.Cut(table.String(), "\n"); !strings.HasPrefix(row, `a\x1b[2J\x09b\x0ac none `) {
		t.Errorf("the row is %q", row)
	}
	var stderr bytes.Buffer
	run([]string{"not\nthere"}, io.Discard, &stderr)
	if want := `mlstat: warning: unable to look at not\x0athere: file does not exist` + "\n"; stderr.String() != want {
		t.Errorf("%q, want %q", stderr.String(), want)
	}
}

func TestTrouble(t *testing.T) {
	dir := t.TempDir()
	for name, want := range map[string]string{
		"missing": "mlstat: warning: unable to look at missing: file does not exist\n",
		"empty":   "no lock page",
	} {
		if name == "empty" {
			if err := os.WriteFile(filepath.Join(dir, "lock"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			name = dir
		}
		var stdout, stderr bytes.Buffer
		if code := run([]string{"--", name}, &stdout, &stderr); code != cmdline.ExitFailed {
			t.Errorf("%s: exit code %d", name, code)
		}
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("%s: %q, want %q", name, stderr.String(), want)
		}
	}
	for _, args := range [][]string{{"--json", "--openmetrics", "x"}, {"--prometheus", "-w"}, {"-w", "--output=x"}, {"-l", "--json"}, {"-q"}} {
		if code := run(args, io.Discard, io.Discard); code != cmdline.ExitUsage {
			t.Errorf("%v: exit code %d, want %d", args, code, cmdline.ExitUsage)
		}
	}
}

// Output that can't be written is an error, because programs replace the old output by
// the new one if mlstat succeeds.
func TestFullDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "main")
	startLogger(t, dir).Feed("x\n")
	until(t, dir, func(o object) bool { return o.Metrics["read_lines"] == 1 })
	for _, args := range [][]string{{dir}, {"--json", dir}, {"--openmetrics", dir}, {"--prometheus", dir}, {"-l", dir}, {"--output=/dev/full", dir}, {"--help"}, {"--version"}} {
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Skip(err)
		}
		defer full.Close()
		var stderr bytes.Buffer
		code := run(args, full, &stderr)
		want := "mlstat: fatal: unable to write to standard output: out of disk space\n"
		if args[0] == "--output=/dev/full" {
			want = "mlstat: fatal: unable to write to /dev/full: out of disk space\n"
		}
		if code != cmdline.ExitFailed || stderr.String() != want {
			t.Errorf("%q: exit code %d, %q", args, code, stderr.String())
		}
	}
}

// OpenMetrics output is UTF-8, or readers refuse it. A name may be any bytes.
func TestNameOfBytes(t *testing.T) {
	var out bytes.Buffer
	writeMetrics(&out, []look{{&lockpage.Status{Dir: "a\xff\xfeb", PID: 1}, "", time.Time{}}}, openMetrics)
	if !utf8.Valid(out.Bytes()) || !strings.Contains(out.String(), `multilog_up{dir="a\\xff\\xfeb"} 0`) {
		t.Errorf("%q", out.String())
	}
}
