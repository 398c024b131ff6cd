package man

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"multilog/bench/maillog"
	"multilog/internal/test/logger"
)

// This file runs each example of the pages unchanged, in a directory with logs of a mail
// service: main, service/qmail-send/log/main and service/qmail-smtpd/log/main. It takes
// /service/ to mean service/ in that directory.

// outcome is the expected outcome of an example.
type outcome struct {
	input   int                            // lines of mail log on standard input
	shows   string                         // an expression that the output must match
	endless bool                           // the example does not end by itself
	leaves  []string                       // patterns of files that must not be empty at the end
	needs   string                         // a program that must be installed
	before  func(t *testing.T, dir string) // prepares the directory; nil: write the logs
}

// Numbers of lines of mail log.
const (
	someLines = 3000    // about 200 KB
	bigLines  = 260_000 // a file of 16777215 bytes and part of the next
)

var outcomes = map[string]outcome{
	"mlcat -S -15min qmail-send":                                     {shows: `(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{9} new msg`},
	"mlcat -f 'qmail-*'":                                             {shows: `(?m)^\d{4}-.* qmail-(send|smtpd): +(delivery|status|end msg)`, endless: true},
	"mlcat -n 20 -g '^delivery [0-9]+: failure' main":                {shows: `^([^\n]* delivery [0-9]+: failure[^\n]*\n){20}$`},
	"mlstat -w /service/*/log/main":                                  {shows: `LOG .*STATE.*\nqmail-send `, endless: true},
	"mlstat --prometheus --output=multilog.prom /service/*/log/main": {leaves: []string{"multilog.prom"}},
	"multilog t s16777215 n20 '!multilog-zstd' ./main":               {input: bigLines, leaves: []string{"main/@*.s", "main/current"}},
	"multilog-zstd -l main/@*":                                       {shows: `(?m)main/@[0-9a-f]{24}\.s$`, before: compress},
	"#!/bin/sh\nexec setuidgid qmaill multilog t \\\n  s1000000 n20 ./main \\\n  '-*' '+* status: *' =./status \\\n  '-*' '+* delivery *: failure: *' ./alert\n": {
		input: someLines, leaves: []string{"main/current", "status", "alert/current"}},
	"multilog t z b64MB a24h n1000 c2GB ./main":  {input: someLines, leaves: []string{"main/current"}},
	"svc -a /service/qmail-send/log":             {needs: "supervise", before: supervise, leaves: []string{"service/qmail-send/log/main/@*.s"}},
	"make 2>&1 | tai64n | tee log | tai64nlocal": {needs: "make", shows: `^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{9} echo made\n[-0-9:. ]* made\n$`, leaves: []string{"log"}},
	"tail -F main/current | tai64nlocal":         {shows: `(?m)^\d{4}-.* (delivery|status|end msg)`, endless: true},
	"TZ=Asia/Tokyo tai64nlocal <main/current":    {shows: `(?m)^\d{4}-.* (delivery|status|end msg)`},
}

// examples returns the examples of a page. Each is a line of .Dl or a display.
func examples(t *testing.T, page string) (found []string) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := bytes.Cut(text, []byte("\n.Sh EXAMPLES\n"))
	if !ok {
		t.Errorf("%s has no examples", page)
	}
	text, _, _ = bytes.Cut(text, []byte("\n.Sh "))
	display := ""
	within := false
	for line := range strings.Lines(string(text)) {
		switch {
		case strings.HasPrefix(line, ".Dl "):
			found = append(found, strings.TrimSuffix(line[4:], "\n"))
		case strings.HasPrefix(line, ".Bd -literal"):
			display, within = "", true
		case line == ".Ed\n":
			found, within = append(found, display), false
		case within:
			display += strings.ReplaceAll(line, `\e`, `\`)
		}
	}
	return found
}

func TestExamples(t *testing.T) {
	// The tests in ../examples use real supervisors and accounts.
	stubs := t.TempDir()
	if err := os.WriteFile(filepath.Join(stubs, "setuidgid"), []byte("#!/bin/sh\nshift\nexec \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", stubs+":"+bin(t)+":"+os.Getenv("PATH"))
	t.Setenv("TZ", "UTC0")
	t.Setenv("MLCAT_PATH", "service")
	t.Setenv("MAKELEVEL", "") // otherwise make prints more, if make runs the tests
	run := 0
	for _, page := range pages(t) {
		for _, example := range examples(t, page) {
			want, ok := outcomes[example]
			if !ok {
				t.Errorf("%s: no outcome for the example %q", page, example)
				continue
			}
			run++
			t.Run(page, func(t *testing.T) { try(t, example, want) })
		}
	}
	if run != len(outcomes) {
		t.Errorf("%d examples, %d outcomes", run, len(outcomes))
	}
}

// try runs an example and checks its outcome.
func try(t *testing.T, example string, want outcome) {
	if want.needs != "" {
		logger.Need(t, want.needs)
	}
	dir := t.TempDir()
	if want.input == 0 && want.before == nil {
		for _, name := range []string{"main", "service/qmail-send/log/main", "service/qmail-smtpd/log/main"} {
			writeLog(t, filepath.Join(dir, name))
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "Makefile"), []byte("all:\n\techo made\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if want.before != nil {
		want.before(t, dir)
	}
	shown := perform(t, dir, example, want)
	if !regexp.MustCompile(want.shows).MatchString(shown) {
		t.Errorf("%s\nprints\n%s\nwant a match of %s", example, shown, want.shows)
	}
	for _, pattern := range want.leaves {
		await(t, filepath.Join(dir, pattern))
	}
}

// perform runs a command and returns its output. If the command is endless, perform
// kills it as soon as the output matches.
func perform(t *testing.T, dir, command string, want outcome) string {
	l := logger.New(t, dir, "/bin/sh", "-c", strings.ReplaceAll(command, "/service/", dir+"/service/"))
	cmd := l.Command()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that End reaches its children
	if want.input > 0 {
		cmd.Stdin = mailLog(want.input)
	} else {
		cmd.Stdin = strings.NewReader("")
	}
	output, err := os.CreateTemp(t.TempDir(), "output-")
	if err != nil {
		t.Fatal(err)
	}
	defer output.Close()
	cmd.Stdout = output
	l.Start()
	shown := func() string {
		text, err := os.ReadFile(output.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if want.endless {
		l.Until(command+" prints a match of "+want.shows, func() bool { return regexp.MustCompile(want.shows).MatchString(shown()) })
		l.End()
	} else if l.Exits(0); l.Said() != "" {
		t.Errorf("%s has said: %s", command, l.Said())
	}
	return shown()
}

// mailLog returns that many lines of qmail-send's log.
func mailLog(lines int) io.Reader {
	g := maillog.New(maillog.Config{Seed: 1, Kind: maillog.Send})
	var b bytes.Buffer
	for range lines {
		b.Write(g.Next())
	}
	return &b
}

// writeLog makes a log directory with some old files.
func writeLog(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("multilog", "t", "s65536", "n20", dir)
	cmd.Stdin = mailLog(someLines)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("multilog: %v\n%s", err, out)
	}
}

// compress makes a log directory with compressed old files.
func compress(t *testing.T, dir string) {
	perform(t, dir, "multilog t s65536 n20 '!multilog-zstd' ./main", outcome{input: someLines})
}

// supervise starts daemontools' supervise with a logger whose current is not empty.
func supervise(t *testing.T, dir string) {
	service := filepath.Join(dir, "service/qmail-send/log")
	if err := os.MkdirAll(service, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(service, "run"), []byte("#!/bin/sh\nexec multilog t ./main\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	l := logger.Start(t, dir, nil, "supervise", service)
	t.Cleanup(func() {
		l.EOF() // ends the logger; svc -dx keeps supervise from starting it again
		if out, err := exec.Command("svc", "-dx", service).CombinedOutput(); err != nil {
			t.Errorf("svc: %v\n%s", err, out)
		}
		l.Wait()
	})
	l.Feed("a line\n")
	await(t, filepath.Join(service, "main/current"))
}

// await waits until a file that matches the pattern is not empty.
func await(t *testing.T, pattern string) {
	t.Helper()
	logger.Until(t, pattern+" is not empty", func() bool {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(names, func(name string) bool {
			info, err := os.Stat(name)
			return err == nil && info.Size() > 0
		})
	})
}
