package fault

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"multilog/fleet/layout"
	"multilog/tai64n"
)

// buildReader builds mlcat and its helper, and returns the path of mlcat.
func buildReader(t *testing.T) string {
	dir := t.TempDir()
	for _, c := range []struct{ in, pkg string }{{"..", "./cmd/mlcat-s3"}, {"../..", "./cmd/mlcat"}} {
		cmd := exec.Command("go", "build", "-C", c.in, "-o", dir+"/", c.pkg)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", cmd, err, out)
		}
	}
	return filepath.Join(dir, "mlcat")
}

const aLog = "s3://" + bucket + "/logs/mx1/log"

// output runs a command that must print no message, and returns what it prints.
func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "TZ=UTC0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("%v: %v\n%s", cmd, err, stderr.Bytes())
	}
	return string(out)
}

// TestRead compares what mlcat reads from the store with what it reads from the
// directory, while the store has finished files and pieces.
func TestRead(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	for _, script := range []string{"s65536 n1000", "z s65536 n1000"} {
		t.Run(script, func(t *testing.T) { testRead(t, script) })
	}
}

func testRead(t *testing.T, script string) {
	s := startServer(t)
	mlship, multilog := build(t)
	mlcat := buildReader(t)
	dir := filepath.Join(t.TempDir(), "main")
	logger, input := startLogger(t, multilog, dir, script)
	sender := startSender(t, mlship, dir)
	if err := write(input, *lines, *rate); err != nil {
		t.Fatal(err)
	}
	if err := logger.Wait(); err != nil {
		t.Fatal(err)
	}
	awaitComplete(t, s, dir)
	sender.end()
	view, err := layout.Look(context.Background(), s.client(), theLog, "")
	if err != nil || len(view.Files) < 5 || len(view.Live) != 1 {
		t.Fatalf("the store has %d files and pieces of %d, %v", len(view.Files), len(view.Live), err)
	}
	third := view.Files[2].Label
	all := strings.SplitAfter(output(t, mlcat, "-o", "tai64n", dir), "\n")
	some, later, last := all[len(all)/3][:tai64n.Len], all[len(all)/2][:tai64n.Len], all[len(all)-3][:tai64n.Len]
	for _, options := range [][]string{
		{},
		{"-S", some},
		{"-U", some},
		{"-S", some, "-U", later},
		{"-S", third, "-U", third},
		{"-S", last},
		{"-n", "7"},
		{"-r", "-n", "7"},
		{"-r"},
		{"-g", "7777 of"},
		{"-v", "-g", "7"},
		{"-g", "5", "-S", some, "-n", "3"},
		{"--after-cursor=" + later, "-n", "all"},
		{"--show-cursor"},
	} {
		options = append(options, "-o", "tai64n")
		want := output(t, mlcat, append(options, dir)...)
		for _, url := range []string{aLog, "s3://" + bucket + "/lo*/mx?/[l]og"} {
			if got := output(t, mlcat, append(options, url)...); placeless(got) != placeless(want) {
				t.Errorf("mlcat %q %s shows %d bytes, but the directory has %d:\n%s", options, url, len(got), len(want), difference(got, want))
			}
		}
	}
	if got, want := output(t, mlcat, "-o", "tai64n", "-n", "all", aLog, dir), 2*(len(all)-1); strings.Count(got, "\n") != want {
		t.Errorf("store and directory have %d lines, want %d", strings.Count(got, "\n"), want)
	}
}

// placeOfCursor matches what follows the labels of a cursor: a place in a file, which the
// store and the file system name differently.
var placeOfCursor = regexp.MustCompile(`(?m)^(-- cursor: @[0-9a-f]{24}\+[0-9]+\+[0-9]+/@[0-9a-f]{24})\+.*$`)

// placeless returns the output without the place of a cursor.
func placeless(text string) string { return placeOfCursor.ReplaceAllString(text, "$1") }

// difference returns the first lines in which two texts differ.
func difference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d: %q, want %q", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}

// TestReadMoving reads the log again and again while it is logged in small files and sent:
// it must show all lines from the first one on, once, in order, and no fewer than the time
// before. Another reader follows it, and must have all lines once, in order.
func TestReadMoving(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	s := startServer(t)
	mlship, multilog := build(t)
	mlcat := buildReader(t)
	dir := filepath.Join(t.TempDir(), "main")
	logger, input := startLogger(t, multilog, dir, "z s65536 n1000")
	sender := startSender(t, mlship, dir)
	var followed bytes.Buffer
	follower := exec.Command(mlcat, "-f", "--no-tail", "-q", "-o", "cat", aLog)
	out, err := os.Create(filepath.Join(t.TempDir(), "followed"))
	if err != nil {
		t.Fatal(err)
	}
	follower.Stdout, follower.Stderr = out, &followed
	if err := follower.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = follower.Process.Kill(); _ = follower.Wait() })

	written := make(chan error, 1)
	go func() { written <- write(input, *lines, *rate) }()
	reads, before := 0, 0
	for done := false; !done; {
		select {
		case err := <-written:
			if err != nil {
				t.Fatal(err)
			}
			done = true
		case <-time.After(20 * time.Millisecond):
		}
		cmd := exec.Command(mlcat, "-o", "cat", aLog)
		got, err := cmd.Output()
		if err != nil && reads > 0 {
			t.Fatalf("mlcat: %v", err)
		}
		n := countLines(t, "mlcat", string(got))
		if n < before {
			t.Fatalf("%d lines, but an earlier read showed %d", n, before)
		}
		if before = n; n > 0 {
			reads++
		}
	}
	if err := logger.Wait(); err != nil {
		t.Fatal(err)
	}
	awaitComplete(t, s, dir)
	sender.end()
	if n := countLines(t, "mlcat, in the end", output(t, mlcat, "-o", "cat", aLog)); n != *lines {
		t.Errorf("%d lines, want %d", n, *lines)
	}
	until(t, "all lines are followed", func() bool {
		text, err := os.ReadFile(out.Name())
		if err != nil {
			t.Fatal(err)
		}
		return countLines(t, "mlcat -f", string(text)) == *lines
	})
	if followed.Len() > 0 {
		t.Errorf("mlcat -f says %s", followed.String())
	}
	t.Logf("%d reads while lines were logged", reads)
}

// countLines returns how many lines text has, which where has shown and which must be numbered from 0 on.
func countLines(t *testing.T, where, text string) int {
	t.Helper()
	n := 0
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, fmt.Sprintf("%d of a log", n)) {
			t.Fatalf("%s: line %q where number %d belongs", where, line, n)
		}
		n++
	}
	return n
}
