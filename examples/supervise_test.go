// Package examples tests the examples in this directory: service directories of
// Postfix, qmail-send and qmail-smtpd, each with its logger, for daemontools, runit and
// s6, and a processor. They are installed as README.md says. It also tests the configurations that the README gives for log readers.
//
// The tests run the scripts unchanged, except for the directory with qmail's programs
// and the users. In place of qmail, the service starts a program that copies lines from
// the test. The logger is our multilog, or daemontools' to check the test. While lines
// flow, the tests restart and kill the logger, let it rotate, and stop it. Each line
// must arrive once and in order.
package examples

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"multilog/bench/maillog"
	"multilog/internal/test/logger"
)

const (
	oracle = "/usr/bin/multilog" // daemontools'
	user   = "nobody"            // stands in for qmail's users
)

// lastLine is the last line that a test sends.
const lastLine = "new msg 4294967295\n"

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "9"); err != nil { // the tests mostly wait for supervisors
		panic(err)
	}
	os.Exit(logger.Main{M: m}.Run())
}

func TestUnderSupervisors(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("not root: the examples start their loggers as other users")
	}
	for _, s := range supervisors {
		for _, service := range []string{"qmail-send", "qmail-smtpd"} {
			for _, name := range []string{"multilog", "djb"} {
				if name == "djb" && (testing.Short() || service != "qmail-send") || testing.Short() && service != "qmail-send" {
					continue
				}
				t.Run(s.name+"/"+service+"/"+name, func(t *testing.T) {
					t.Parallel()
					program := oracle
					if name == "multilog" {
						program = logger.Binary(t, name)
					}
					logger.Need(t, append([]string{program}, s.needs...)...)
					r := start(t, s, service, program)
					r.runThrough(t)
				})
			}
		}
	}
}

// run is a service under its supervisor. The test feeds it through a FIFO.
type run struct {
	supervised
	program string // the path of the multilog that runs
	fifo    *os.File
	lines   *maillog.Generator
	sent    []string
	output  *bytes.Buffer // standard error of supervisor, service and logger
}

// start installs the example and starts its supervisor.
func start(t *testing.T, s supervisor, service, program string) *run {
	r := newRun(t, s, service, program)
	r.lines = maillog.New(maillog.Config{Seed: 2, Kind: maillog.Send})
	if service == "qmail-smtpd" {
		r.lines = maillog.New(maillog.Config{Seed: 2, Kind: maillog.SMTP})
	}
	r.makeFIFO(t, r.base, r.bin())
	r.begin(t, r.output)
	return r
}

// newRun installs the example.
func newRun(t *testing.T, s supervisor, service, program string) *run {
	base := enterable(t)
	r := &run{
		supervised: supervised{
			supervisor: s,
			base:       base,
			scan:       filepath.Join(base, "scan"),
			service:    filepath.Join(base, service),
			log:        filepath.Join(base, service, "log"),
		},
		program: program,
		output:  new(bytes.Buffer),
	}
	must(t, os.MkdirAll(r.bin(), 0o755))
	must(t, os.Mkdir(r.scan, 0o755))
	must(t, os.Symlink(program, filepath.Join(r.bin(), "multilog")))
	r.install(t, service)
	t.Cleanup(func() { // runs after the end of all processes that write to output
		if t.Failed() {
			t.Logf("standard error:\n%s", r.output)
		}
	})
	return r
}

// enterable returns a temporary directory that other users may enter; t.TempDir is not
// one of these.
func enterable(t *testing.T) string {
	dir, err := os.MkdirTemp("", "multilog-examples-")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	must(t, os.Chmod(dir, 0o755))
	return dir
}

// bin returns the directory with the multilog that is to run.
func (r *run) bin() string { return filepath.Join(r.base, "bin") }

// install runs the commands that README.md gives for the service, all but adduser. In
// them and in the scripts it replaces the directories and the users.
func (r *run) install(t *testing.T, service string) {
	readme, err := os.ReadFile("README.md")
	must(t, err)
	_, section, ok := strings.Cut(string(readme), "\n## "+service+"\n")
	if !ok {
		t.Fatalf("README.md has no section %s", service)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	here := strings.NewReplacer("SUPERVISOR", r.name, "/etc/postfix-service", r.service, "/etc/"+service, r.service, "/service/", r.scan+"/",
		"qmails", user, "qmaill", user, "maillog", user)
	commands := 0
	for line := range strings.Lines(section) {
		if line, ok := strings.CutPrefix(line, "    "); ok && !strings.HasPrefix(line, "adduser ") {
			if strings.HasPrefix(line, "ln ") {
				r.adapt(t)
			}
			out, err := exec.Command("sh", "-c", here.Replace(line)).CombinedOutput()
			if err != nil {
				t.Fatalf("%s: %v: %s", line, err, out)
			}
			commands++
		}
	}
	if commands < 3 {
		t.Fatalf("README.md has %d commands for %s", commands, service)
	}
}

// adapt replaces in the scripts the directories with qmail's programs and with
// multilog, and the users.
func (r *run) adapt(t *testing.T) {
	for _, path := range []string{filepath.Join(r.service, "run"), filepath.Join(r.log, "run")} {
		script, err := os.ReadFile(path)
		must(t, err)
		s := strings.NewReplacer("/var/qmail/bin", r.bin(), "/usr/lib/multilog/bin", r.bin(), "qmails", user, "qmaill", user, "qmaild", user, "maillog", user).Replace(string(script))
		must(t, os.WriteFile(path, []byte(s), 0o755))
	}
}

// makeFIFO makes the FIFO and the programs that copy it to their standard output.
func (r *run) makeFIFO(t *testing.T, base, bin string) {
	path := filepath.Join(base, "lines")
	must(t, mkfifo(path))
	for _, name := range []string{"qmail-start", "tcpserver"} {
		must(t, os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\nexec cat "+path+"\n"), 0o755))
	}
	var err error
	r.fifo, err = os.OpenFile(path, os.O_RDWR, 0) // read and write, so that cat never reaches its end
	must(t, err)
	t.Cleanup(func() { r.fifo.Close() })
}

// send sends a line to the service.
func (r *run) send(t *testing.T, line string) {
	t.Helper()
	must(t, r.fifo.SetWriteDeadline(time.Now().Add(logger.Patience)))
	if _, err := r.fifo.WriteString(line); err != nil {
		t.Fatalf("after %d lines: %v", len(r.sent), err)
	}
	r.sent = append(r.sent, line)
}

// flowing sends lines, each with a write of its own, until done returns true. It calls
// done after every 20 lines, and fails the test if that takes too long. It sends at
// least 100 lines and at most 600: the pipe of a stopped logger must not fill up, and
// the logger keeps only ten files of 100 kB.
func (r *run) flowing(t *testing.T, what string, done func() bool) {
	t.Helper()
	for n, deadline := 0, time.Now().Add(logger.Patience); n < 100 || n%20 != 0 || !done(); n++ {
		if n < 600 {
			r.send(t, string(r.lines.Next()))
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited %v, in vain: %s", logger.Patience, what)
		}
		time.Sleep(time.Millisecond)
	}
}

// runsProgram checks that the logger is the program that the test wants, though
// daemontools' multilog is in PATH, too.
func (r *run) runsProgram(t *testing.T) {
	t.Helper()
	exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", r.loggerPID(t)))
	must(t, err)
	want, err := filepath.EvalSymlinks(r.program)
	must(t, err)
	if exe != want {
		t.Fatalf("the logger runs %s, want %s", exe, want)
	}
}

// restarts ends the logger with a signal and waits until its supervisor has started it
// again.
func (r *run) restarts(t *testing.T, what string, signal []string) {
	t.Helper()
	pid := r.loggerPID(t)
	r.control(t, signal, r.log)
	r.flowing(t, what, func() bool { now := r.loggerPID(t); return now != pid && now != 0 })
}

// runThrough does with the logger what an administrator does, and checks that all lines
// arrive.
func (r *run) runThrough(t *testing.T) {
	main := filepath.Join(r.log, "main")
	oldFiles := func() int {
		names, _ := filepath.Glob(main + "/@*")
		return len(names)
	}
	r.flowing(t, "the first lines", func() bool { return size(main+"/current") > 0 })
	r.runsProgram(t)

	rounds := 2
	if testing.Short() {
		rounds = 1
	}
	for range rounds {
		r.restarts(t, "a restart", r.restart)
		if r.program != oracle { // daemontools' loses what it has read and not yet written
			r.restarts(t, "a kill", r.kill)
		}

		// A logger that is just starting may miss the signal, so repeat it.
		files := oldFiles()
		r.flowing(t, "a rotation", func() bool {
			if oldFiles() > files {
				return true
			}
			r.control(t, r.rotate, r.log)
			return false
		})

		r.control(t, r.down, r.log)
		r.flowing(t, "a stop", func() bool { return r.loggerPID(t) == 0 })
		r.control(t, r.up, r.log)
		r.flowing(t, "a start", func() bool { return r.loggerPID(t) != 0 })
	}

	r.send(t, lastLine)
	logger.Until(t, "the last line", func() bool {
		data, _ := os.ReadFile(newestFile(main))
		return bytes.HasSuffix(data, []byte(" "+lastLine))
	})
	r.end(t)
	r.verify(t, main, r.sent)
	if filepath.Base(r.service) == "qmail-send" {
		r.verifyAlert(t)
	}
}
