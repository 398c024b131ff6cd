package man

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"multilog/bench/maillog"
)

// Every example of the pages is run, as it stands there, in a directory with logs
// of a mail service: main, and /service/qmail-send/log/main, which is taken for
// one in the directory.

// outcome is what an example is to do.
type outcome struct {
	input   int                            // lines of mail log on standard input; 0 leaves it empty
	shows   string                         // an expression that its output matches
	endless bool                           // it goes on after that
	leaves  []string                       // files that have something in them then
	needs   string                         // a program that must be installed
	before  func(t *testing.T, dir string) // what must have happened
}

// Lines of mail log.
const (
	someLines = 3000    // some 200 KB
	bigLines  = 260_000 // a file of 16777215 bytes, and some of the next
)

var outcomes = map[string]outcome{
	"mlcat -S -15min /service/qmail-send/log/main":            {shows: `(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{9} new msg`},
	"mlcat -f /service/*/log/main":                            {shows: `(?m)^\d{4}-.* (delivery|status|end msg)`, endless: true},
	"mlcat -n 20 -g '^delivery [0-9]+: failure' main":         {shows: `^([^\n]* delivery [0-9]+: failure[^\n]*\n){20}$`},
	"mlstat -w /service/*/log/main":                           {shows: `DIRECTORY .*LOGGER.*\n.*qmail-send/log/main `, endless: true},
	"mlstat --openmetrics /service/*/log/main >multilog.prom": {leaves: []string{"multilog.prom"}},
	"multilog t s16777215 n20 '!multilog-zstd' ./main":        {input: bigLines, leaves: []string{"main/@*.s", "main/current"}},
	"multilog-zstd -l main/@*":                                {shows: `(?m)main/@[0-9a-f]{24}\.s$`, before: compress},
	"#!/bin/sh\nexec setuidgid qmaill multilog t \\\n  s1000000 n20 ./main \\\n  '-*' '+* status: *' =./status \\\n  '-*' '+* delivery *: failure: *' ./alert\n": {
		input: someLines, leaves: []string{"main/current", "status", "alert/current"}},
	"multilog t z b64MB a24h n1000 c2GB ./main":  {input: someLines, leaves: []string{"main/current"}},
	"svc -a /service/qmail-send/log":             {needs: "supervise", before: supervise, leaves: []string{"service/qmail-send/log/main/@*.s"}},
	"make 2>&1 | tai64n | tee log | tai64nlocal": {needs: "make", shows: `^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{9} echo made\n[-0-9:. ]* made\n$`, leaves: []string{"log"}},
	"tail -F main/current | tai64nlocal":         {shows: `(?m)^\d{4}-.* (delivery|status|end msg)`, endless: true},
	"TZ=Asia/Tokyo tai64nlocal <main/current":    {shows: `(?m)^\d{4}-.* (delivery|status|end msg)`},
}

// examples are those of a page: a line of .Dl each, or a display.
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
	// Supervisors and accounts are tested in ../examples.
	stubs := t.TempDir()
	if err := os.WriteFile(filepath.Join(stubs, "setuidgid"), []byte("#!/bin/sh\nshift\nexec \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", stubs+":"+bin+":"+os.Getenv("PATH"))
	t.Setenv("TZ", "UTC0")
	t.Setenv("MAKELEVEL", "") // the tests may be run by make, which says more when it runs itself
	run := 0
	for _, page := range pages(t) {
		for _, example := range examples(t, page) {
			want, ok := outcomes[example]
			if !ok {
				t.Errorf("%s: nothing says what this is to do: %q", page, example)
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

// try runs one example.
func try(t *testing.T, example string, want outcome) {
	if want.needs != "" {
		need(t, want.needs)
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
		t.Errorf("%s\nshows\n%s\nthat is not %s", example, shown, want.shows)
	}
	for _, pattern := range want.leaves {
		await(t, filepath.Join(dir, pattern))
	}
}

// perform runs a command and returns what it shows: all of it, or of an endless
// one until that is enough.
func perform(t *testing.T, dir, command string, want outcome) string {
	cmd := exec.Command("/bin/sh", "-c", strings.ReplaceAll(command, "/service/", dir+"/service/"))
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // with all that it starts
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	if want.input > 0 {
		cmd.Stdin = mailLog(want.input)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	tooLate := time.AfterFunc(time.Minute, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	defer tooLate.Stop()
	var shown strings.Builder
	for r := bufio.NewReader(output); ; {
		line, err := r.ReadString('\n')
		shown.WriteString(line)
		if err != nil {
			break
		}
		if want.endless && regexp.MustCompile(want.shows).MatchString(shown.String()) {
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			break
		}
	}
	if err := cmd.Wait(); !want.endless && (err != nil || complaints.Len() > 0) {
		t.Errorf("%s: %v\n%s", command, err, &complaints)
	}
	return shown.String()
}

// mailLog is so many lines of qmail-send's log.
func mailLog(lines int) io.Reader {
	g := maillog.New(maillog.Config{Seed: 1, Kind: maillog.Send})
	var b bytes.Buffer
	for range lines {
		b.Write(g.Next())
	}
	return &b
}

// writeLog has our multilog make a log directory, of which old files are part.
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

// compress makes a log directory with a processor.
func compress(t *testing.T, dir string) {
	perform(t, dir, "multilog t s65536 n20 '!multilog-zstd' ./main", outcome{input: someLines})
}

// supervise has daemontools' supervise run a logger that has something to rotate.
func supervise(t *testing.T, dir string) {
	service := filepath.Join(dir, "service/qmail-send/log")
	if err := os.MkdirAll(service, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(service, "run"), []byte("#!/bin/sh\nexec multilog t ./main\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("supervise", service)
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		input.Close() // the logger ends, and supervise is told not to start another
		if out, err := exec.Command("svc", "-dx", service).CombinedOutput(); err != nil {
			t.Errorf("svc: %v\n%s", err, out)
		}
		_ = cmd.Wait()
	})
	fmt.Fprintln(input, "a line")
	await(t, filepath.Join(service, "main/current"))
}

// await waits until a file of that pattern has something in it.
func await(t *testing.T, pattern string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if info, err := os.Stat(name); err == nil && info.Size() > 0 {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("there is nothing in %s", pattern)
		}
	}
}
