package main_test

// This file's commands look at what a logger left, or wait until it has. Each
// check is a command; "until CHECK ..." repeats it until it holds.
// FILE may have wildcards, if one name matches.
//
//	is [-labels] FILE ITEM...  the file holds exactly the items; -labels: each TAI64N
//	                           label at the start of a line reads @L in it, and the labels
//	                           of the file do not decrease
//	all [-labels] DIR ITEM...  the same of a log directory: old files in order, then current
//	has FILE ITEM...           the file contains the items somewhere
//	increasing FILE            each of its labels is greater than the one before
//	kept FILE ITEM...          the file and after it what is left on stdin, after the logger's
//	                           exit, are the items
//	match FILE REGEXP          the file, as one string, matches
//	size FILE N|MIN..MAX       its length in bytes; of each file, if more match
//	whole GLOB                 each file that matches ends with a newline
//	mode FILE MODE             its permission bits, four octal digits
//	count GLOB N               so many names match
//	absent FILE                there is no such file
//	ls DIR ENTRY...            the directory holds just these: "0744 @LABEL.s 12", by name;
//	                           no size for lock, which is the logger's own affair
//	sameflags                  file status flags of stdin and stderr are as at the start
//	running                    the logger has not exited
//	peak KIB                   its resident memory never was more than so many KiB
//	now FILE                   its first label is about now

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

type check func(ts *testscript.TestScript, args []string) error

func checks() map[string]check {
	return map[string]check{
		"is":         checkIs,
		"all":        checkAll,
		"has":        checkHas,
		"increasing": checkIncreasing,
		"kept":       checkKept,
		"match":      checkMatch,
		"size":       checkSize,
		"whole":      checkWhole,
		"mode":       checkMode,
		"count":      checkCount,
		"absent":     checkAbsent,
		"ls":         checkLs,
		"sameflags":  checkSameFlags,
		"running":    checkRunning,
		"now":        checkNow,
		"peak":       checkPeak,
	}
}

func cmdUntil(ts *testscript.TestScript, neg bool, args []string) {
	c := checks()[args[0]]
	if c == nil {
		ts.Fatalf("until: no check %q", args[0])
	}
	end := time.Now().Add(patience)
	for {
		err := c(ts, args[1:])
		if (err == nil) != neg {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("until %s: still %v%s", args[0], err, whatLoggersSaid(ts))
		}
		time.Sleep(3 * time.Millisecond)
	}
}

// labelled is a line's start that "is -labels" masks.
var labelled = regexp.MustCompile(`(?m)^@[0-9a-f]{24} `)

// maskLabels puts @L for each label, or says which one comes before its predecessor.
func maskLabels(data []byte) ([]byte, error) {
	var last []byte
	for _, label := range labelled.FindAll(data, -1) {
		if bytes.Compare(label, last) < 0 {
			return nil, fmt.Errorf("label %s comes after %s", label, last)
		}
		last = label
	}
	return labelled.ReplaceAllLiteral(data, []byte("@L ")), nil
}

func compare(ts *testscript.TestScript, data []byte, labels bool, args []string) error {
	if labels {
		var err error
		if data, err = maskLabels(data); err != nil {
			return err
		}
	}
	want, err := items(ts, args)
	if err != nil {
		return err
	}
	if !bytes.Equal(data, want) {
		return fmt.Errorf("%s", unlike(data, want))
	}
	return nil
}

func cutLabels(args []string) (bool, []string) {
	if len(args) > 0 && args[0] == "-labels" {
		return true, args[1:]
	}
	return false, args
}

// readOne is what the one file holds whose name matches glob.
func readOne(ts *testscript.TestScript, glob string) ([]byte, error) {
	name, err := oneName(ts, glob)
	if err != nil {
		return nil, err
	}
	return os.ReadFile(name)
}

func checkIs(ts *testscript.TestScript, args []string) error {
	labels, args := cutLabels(args)
	data, err := readOne(ts, args[0])
	if err != nil {
		return err
	}
	return compare(ts, data, labels, args[1:])
}

func checkAll(ts *testscript.TestScript, args []string) error {
	labels, args := cutLabels(args)
	names, err := filepath.Glob(ts.MkAbs(args[0]) + "/@*")
	if err != nil {
		return err
	}
	var data []byte
	for _, name := range append(names, filepath.Join(ts.MkAbs(args[0]), "current")) {
		part, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		data = append(data, part...)
	}
	return compare(ts, data, labels, args[1:])
}

func checkHas(ts *testscript.TestScript, args []string) error {
	data, err := os.ReadFile(ts.MkAbs(args[0]))
	if err != nil {
		return err
	}
	want, err := items(ts, args[1:])
	if err == nil && !bytes.Contains(data, want) {
		err = fmt.Errorf("%q is not in %s, which holds %s", want, args[0], shorten(data))
	}
	return err
}

func checkKept(ts *testscript.TestScript, args []string) error {
	l, args := named(ts, args)
	if !l.gone() {
		return fmt.Errorf("the logger is still running")
	}
	data, err := readOne(ts, args[0])
	if err != nil {
		return err
	}
	return compare(ts, append(data, l.stdin.rest()...), false, args[1:])
}

func checkIncreasing(ts *testscript.TestScript, args []string) error {
	data, err := readOne(ts, args[0])
	if err != nil {
		return err
	}
	labels := labelled.FindAll(data, -1)
	for i := 1; i < len(labels); i++ {
		if bytes.Compare(labels[i-1], labels[i]) >= 0 {
			return fmt.Errorf("label %s comes after %s", labels[i], labels[i-1])
		}
	}
	return nil
}

func checkMatch(ts *testscript.TestScript, args []string) error {
	data, err := readOne(ts, args[0])
	if err != nil {
		return err
	}
	re, err := regexp.Compile(args[1])
	if err == nil && !re.Match(data) {
		err = fmt.Errorf("%s does not match %s: %s", args[0], args[1], shorten(data))
	}
	return err
}

// oneName is the one name that matches glob. It may be gone the next moment: a
// logger renames current while a script looks.
func oneName(ts *testscript.TestScript, glob string) (string, error) {
	names, err := filepath.Glob(ts.MkAbs(glob))
	if err == nil && len(names) != 1 {
		err = fmt.Errorf("%d names match %s, want 1", len(names), glob)
	}
	if err != nil {
		return "", err
	}
	return names[0], nil
}

// stat is os.Stat of the one file whose name matches glob.
func stat(ts *testscript.TestScript, glob string) (os.FileInfo, error) {
	name, err := oneName(ts, glob)
	if err != nil {
		return nil, err
	}
	return os.Stat(name)
}

func checkSize(ts *testscript.TestScript, args []string) error {
	low, high, isRange := strings.Cut(args[1], "..")
	if !isRange {
		high = low
	}
	from, err := strconv.ParseInt(low, 10, 64)
	if err != nil {
		return err
	}
	to, err := strconv.ParseInt(high, 10, 64)
	if err != nil {
		return err
	}
	names, err := filepath.Glob(ts.MkAbs(args[0]))
	if err == nil && len(names) == 0 {
		err = fmt.Errorf("no name matches %s", args[0])
	}
	for _, name := range names {
		info, statErr := os.Stat(name)
		if statErr != nil {
			return statErr
		}
		if info.Size() < from || info.Size() > to {
			return fmt.Errorf("%s has %d bytes, want %s", name, info.Size(), args[1])
		}
	}
	return err
}

func checkWhole(ts *testscript.TestScript, args []string) error {
	names, err := filepath.Glob(ts.MkAbs(args[0]))
	if err == nil && len(names) == 0 {
		err = fmt.Errorf("no name matches %s", args[0])
	}
	for _, name := range names {
		data, readErr := os.ReadFile(name)
		if readErr != nil {
			return readErr
		}
		if !bytes.HasSuffix(data, []byte("\n")) {
			return fmt.Errorf("%s ends inside a line", name)
		}
	}
	return err
}

func checkMode(ts *testscript.TestScript, args []string) error {
	info, err := stat(ts, args[0])
	if err != nil {
		return err
	}
	if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[1] {
		return fmt.Errorf("%s has mode %s, want %s", args[0], got, args[1])
	}
	return nil
}

func checkCount(ts *testscript.TestScript, args []string) error {
	names, err := filepath.Glob(ts.MkAbs(args[0]))
	if err == nil && strconv.Itoa(len(names)) != args[1] {
		err = fmt.Errorf("%d names match %s, want %s", len(names), args[0], args[1])
	}
	return err
}

func checkAbsent(ts *testscript.TestScript, args []string) error {
	if _, err := os.Lstat(ts.MkAbs(args[0])); err == nil {
		return fmt.Errorf("%s is there", args[0])
	}
	return nil
}

// labelName begins an old file's name made by a logger now; labels that a script
// gives to files of its own are of years before 2013: @400000003, @400000004.
var labelName = regexp.MustCompile(`^@40000000[5-9a-f][0-9a-f]{15}`)

func checkLs(ts *testscript.TestScript, args []string) error {
	entries, err := os.ReadDir(ts.MkAbs(args[0]))
	if err != nil {
		return err
	}
	var got []string
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			return err
		}
		line := fmt.Sprintf("%04o %s", info.Mode().Perm(), labelName.ReplaceAllLiteralString(entry.Name(), "@LABEL"))
		if entry.Name() != "lock" {
			line += fmt.Sprintf(" %d", info.Size())
		}
		got = append(got, line)
	}
	if g, w := strings.Join(got, "\n"), strings.Join(args[1:], "\n"); g != w {
		return fmt.Errorf("%s holds\n%s\nwant\n%s", args[0], g, w)
	}
	return nil
}

func checkSameFlags(ts *testscript.TestScript, args []string) error {
	l, _ := named(ts, args)
	if now := l.stdin.flags(); now != l.stdinFlags {
		return fmt.Errorf("stdin's file status flags were %#x, are %#x", l.stdinFlags, now)
	}
	if now := statusFlags(l.errFile); now != l.errFlags {
		return fmt.Errorf("stderr's file status flags were %#x, are %#x", l.errFlags, now)
	}
	return nil
}

func checkRunning(ts *testscript.TestScript, args []string) error {
	if l, _ := named(ts, args); l.gone() {
		return fmt.Errorf("the logger has exited: %v", l.cmd.ProcessState)
	}
	return nil
}

// checkNow holds a file's first label against the clock, to five minutes: what
// would be wrong is the offset, or the unit.
func checkNow(ts *testscript.TestScript, args []string) error {
	data, err := os.ReadFile(ts.MkAbs(args[0]))
	if err != nil {
		return err
	}
	var seconds, nanoseconds uint64
	if _, err := fmt.Sscanf(string(data), "@%16x%8x", &seconds, &nanoseconds); err != nil {
		return err
	}
	at := time.Unix(int64(seconds-1<<62-10), int64(nanoseconds))
	if off := time.Since(at); nanoseconds > 999999999 || off < -5*time.Minute || off > 5*time.Minute {
		return fmt.Errorf("%s begins with label %.25s, which is %v, %v off", args[0], data, at, off)
	}
	return nil
}

func checkPeak(ts *testscript.TestScript, args []string) error {
	l, args := named(ts, args)
	limit, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", l.cmd.Process.Pid))
	if err != nil {
		return err
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	var peak int
	if _, err := fmt.Sscan(after, &peak); err != nil {
		return fmt.Errorf("no VmHWM: %w", err)
	}
	if peak > limit {
		return fmt.Errorf("peak of resident memory is %d KiB, want at most %d", peak, limit)
	}
	return nil
}
