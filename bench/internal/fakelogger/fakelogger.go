// Package fakelogger is a logger for tests that misbehaves: it loses a line, swaps two,
// hangs, or leaves a process behind. A test binary that calls [Main] first is such a
// logger if [Contender] has started it.
package fakelogger

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"multilog/bench/internal/check"
	"multilog/bench/internal/contender"
	"multilog/internal/test/logger"
)

// env is the environment variable with the way in which the logger misbehaves.
const env = "BENCH_FAKE"

// Harms lists what a fake logger can do wrong, and a part of the error that is due.
// "hang" and "good" are not in it.
func Harms() map[string]string {
	return map[string]string{
		"lose":      "comes too early, or the lines before it are lost",
		"lose last": "lost: the last 1 lines",
		"double":    "comes twice, or too late",
		"reorder":   "comes too early, or the lines before it are lost",
		"change":    "is torn or changed",
		"tear":      "is torn",
		"complain":  "complains: fake: warning: unable to be quiet",
		"fail":      "exit status 1: fake: no more",
		"end early": "ends before its input does: exit status 1: fake: out of disk space",
	}
}

// Contender returns a contender that is this program, and does a harm; "good" does
// none.
func Contender(how string) contender.Contender {
	exe, err := os.Executable()
	if err != nil {
		exe = os.Args[0]
	}
	return contender.Contender{Name: how, Path: exe, Family: contender.Multilog, Env: []string{env + "=" + how}}
}

// Main is the logger, if this process is one, and exits then. Otherwise it returns
// at once.
func Main() {
	how := os.Getenv(env)
	if how == "" {
		return
	}
	if err := run(how); err != nil {
		fmt.Fprintln(os.Stderr, "fake:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// run understands as much of a script as the tests use. It logs to two files, the
// first of which ends within a line.
func run(how string) error {
	if err := os.Mkdir("main", 0o700); err != nil {
		return err
	}
	current, err := os.Create("main/current")
	if err != nil {
		return err
	}
	switch how {
	case "end early":
		if _, err := io.CopyN(io.Discard, os.Stdin, 10); err != nil {
			return err
		}
		return errors.New("out of disk space")
	case "busy start":
		for ownCPU() < 200*time.Millisecond {
		}
	case "leave":
		if err := exec.Command("sleep", "1000").Start(); err != nil {
			return err
		}
	}
	lines, err := readLines()
	if err != nil {
		return err
	}
	if lines, err = harm(how, lines); err != nil {
		return err
	}
	label := func(i int) string {
		if !slices.Contains(os.Args, "t") {
			return ""
		}
		return fmt.Sprintf("@%016x%08x ", uint64(check.TAIOffset+1700000000), i)
	}
	var out bytes.Buffer
	for i, line := range lines {
		out.WriteString(label(i))
		if i == len(lines)/2 { // a rotation within a line
			if err := os.WriteFile("main/@400000006b000000000000000.s", out.Bytes(), 0o600); err != nil {
				return err
			}
			out.Reset()
		}
		out.Write(line)
	}
	_, err = current.Write(out.Bytes())
	return err
}

func readLines() (lines [][]byte, err error) {
	for in := bufio.NewReader(os.Stdin); ; {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
}

// harm damages the lines.
func harm(how string, lines [][]byte) ([][]byte, error) {
	at := len(lines) / 2
	switch how {
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
		return nil, errors.New("no more")
	case "hang":
		time.Sleep(time.Hour)
	}
	return lines, nil
}

// ownCPU returns the CPU time of this process.
func ownCPU() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return time.Hour // the test finds that nothing was used
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// Marked returns the command lines of the processes that have a mark in their
// environment and a word in their command line, except this one.
func Marked(mark, word string) (found []string) {
	names, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, name := range names {
		environ, err := os.ReadFile(name)
		dir := filepath.Dir(name)
		if err != nil || !strings.Contains(string(environ), mark) || filepath.Base(dir) == strconv.Itoa(os.Getpid()) {
			continue
		}
		line, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
		if text := strings.ReplaceAll(string(line), "\x00", " "); strings.Contains(text, word) {
			found = append(found, text)
		}
	}
	return found
}

// Left waits until no process but this one has a mark in its environment, and returns the
// command lines of those that stay.
func Left(mark string) (found []string) {
	logger.Await(func() bool {
		found = Marked(mark, "")
		return len(found) == 0
	})
	return found
}
