package main_test

// The commands in this file check what a logger has left. Each check is a command;
// "until CHECK ..." repeats the check until it holds. FILE may have wildcards if exactly
// one name matches.
//
//	is [-labels] FILE ITEM...  the file contains exactly the items; with -labels, @L in an
//	                           item stands for a TAI64N label at the start of a line, and
//	                           the labels in the file must not decrease
//	all [-labels] DIR ITEM...  the same for the old files of a log directory, in order, and current
//	has FILE ITEM...           the file contains the items somewhere
//	increasing FILE            each label in the file is greater than the one before it
//	kept FILE ITEM...          the logger has ended, and the file together with what is left
//	                           in stdin is the items
//	match FILE REGEXP          the file, as one string, matches
//	size FILE N|MIN..MAX       the size in bytes of each file that matches
//	whole GLOB                 each file that matches ends with a newline
//	mode FILE MODE             the permission bits, four octal digits
//	count GLOB N               N names match
//	absent FILE                the file does not exist
//	ls DIR ENTRY...            the directory contains exactly these, by name: "0744 @LABEL.s 12";
//	                           lock has no size in the list
//	sameflags                  the file status flags of stdin and stderr are as at the start
//	running                    the logger has not ended
//	peak KIB                   its resident memory was never more than KIB
//	now FILE                   the first label in the file is about now

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

	"multilog/internal/test/logger"
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
	var err error
	if !logger.Await(func() bool { err = c(ts, args[1:]); return (err == nil) != neg }) {
		ts.Fatalf("until %s: still %v%s", args[0], err, whatLoggersSaid(ts))
	}
}

// labelled matches the labels that "is -labels" replaces.
var labelled = regexp.MustCompile(`(?m)^@[0-9a-f]{24} `)

// maskLabels replaces each label with @L. It returns an error if a label is before its
// predecessor.
func maskLabels(data []byte) ([]byte, error) {
	var last []byte
	for _, label := range labelled.FindAll(data, -1) {
		if bytes.Compare(label, last) < 0 {
			return nil, fmt.Errorf("label %s is after %s", label, last)
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

// readOne returns the content of the one file that matches glob.
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
		err = fmt.Errorf("%q is not in %s, which contains %s", want, args[0], shorten(data))
	}
	return err
}

func checkKept(ts *testscript.TestScript, args []string) error {
	l, args := named(ts, args)
	if !l.Ended() {
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
			return fmt.Errorf("label %s is after %s", labels[i], labels[i-1])
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

// oneName returns the one name that matches glob. The file may be renamed at any time,
// because the logger runs.
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

// stat returns the os.Stat of the one file that matches glob.
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
			return fmt.Errorf("%s ends within a line", name)
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

// labelName matches the label in the name of an old file that a logger has made in this
// test. The labels that scripts give to their own files are before 2013: @400000003,
// @400000004.
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
		return fmt.Errorf("%s contains\n%s\nwant\n%s", args[0], g, w)
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
	if l, _ := named(ts, args); l.Ended() {
		return fmt.Errorf("the logger has ended: %s", l.Outcome())
	}
	return nil
}

// checkNow compares the first label of a file with the clock. Five minutes are accepted,
// because a wrong offset or unit makes a larger difference.
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
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", l.PID()))
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
