package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"

	"multilog/bench/maillog"
	"multilog/internal/seekable"
	"multilog/internal/test/logger"
	"multilog/internal/test/seccomp"
)

func TestMain(m *testing.M) {
	testscript.Main(logger.Main{M: m}, map[string]func(){"mlcat": main, "withoutinotify": withoutInotify, "mlcat-together": mlcatTogether})
}

// withoutInotify runs a command as if the user had no inotify instance left.
func withoutInotify() {
	err := seccomp.Run(os.Args[1:], unix.EMFILE, seccomp.Inotify...)
	fmt.Fprintln(os.Stderr, "withoutinotify: fatal:", err)
	os.Exit(111)
}

// The scripts are testdata/script/*.txtar.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                filepath.Join("testdata", "script"),
		RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("TZ", "UTC0")
			env.Setenv("MLCAT_PATH", "/one:/two")
			env.Setenv("NAME", filepath.Base(env.WorkDir))
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"maillog": cmdMaillog,
			"pack":    cmdPack,
			"same":    cmdSame,
			"count":   cmdCount,
			"append":  cmdAppend,
			"until":   cmdUntil,
		},
		Condition: func(cond string) (bool, error) {
			if program, ok := strings.CutPrefix(cond, "missing:"); ok {
				return logger.Missing(program)
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
	})
}

// cmdMaillog makes a log directory with files of so many lines each:
//
//	maillog DIR FILES LINES START GAP
//
// and, beside it, DIR.lines with all lines, and DIR.local with all in local time.
func cmdMaillog(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 5 {
		ts.Fatalf("usage: maillog DIR FILES LINES START GAP")
	}
	number := func(s string) int {
		n, err := strconv.Atoi(s)
		ts.Check(err)
		return n
	}
	start, err := time.Parse(time.RFC3339, args[3])
	ts.Check(err)
	gap, err := time.ParseDuration(args[4])
	ts.Check(err)
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o755))
	g := maillog.New(maillog.Config{Seed: 7, Kind: maillog.Mixed, Gap: gap, Start: start})
	var all []byte
	next := bytes.Clone(g.Next())
	for i, files := 0, number(args[1]); i < files; i++ {
		var content []byte
		for range number(args[2]) {
			content = append(content, next...)
			next = bytes.Clone(g.Next())
		}
		name := "current"
		if i < files-1 {
			name = string(next[:25]) + ".s"
		}
		ts.Check(os.WriteFile(filepath.Join(dir, name), content, 0o744))
		all = append(all, content...)
	}
	ts.Check(os.WriteFile(dir+".lines", all, 0o644))
}

// cmdPack compresses the old files of a directory: pack DIR gzip|zstd.
func cmdPack(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: pack DIR gzip|zstd")
	}
	names, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "@*"))
	ts.Check(err)
	for _, name := range names {
		content, err := os.ReadFile(name)
		ts.Check(err)
		var b bytes.Buffer
		switch args[1] {
		case "gzip":
			w := gzip.NewWriter(&b)
			w.Write(content)
			ts.Check(w.Close())
		case "zstd":
			w, err := seekable.NewWriter(&b, seekable.MinLevel)
			ts.Check(err)
			w.Write(content)
			ts.Check(w.Close())
		default:
			ts.Fatalf("unknown: %s", args[1])
		}
		ts.Check(os.WriteFile(name, b.Bytes(), 0o744))
	}
}

// cmdSame compares standard output with part of a file: same FILE FROM TO, lines
// counted from 1, TO 0 for the end.
func cmdSame(ts *testscript.TestScript, neg bool, args []string) {
	lines := strings.SplitAfter(ts.ReadFile(args[0]), "\n")
	lines = lines[:len(lines)-1]
	from, err := strconv.Atoi(args[1])
	ts.Check(err)
	to, err := strconv.Atoi(args[2])
	ts.Check(err)
	if to == 0 {
		to = len(lines)
	}
	want, got := strings.Join(lines[from-1:to], ""), ts.ReadFile("stdout")
	if (got == want) == neg {
		ts.Fatalf("%d lines of output, %d wanted; equal: %v", strings.Count(got, "\n"), to-from+1, got == want)
	}
}

// cmdCount checks how many lines standard output has.
func cmdCount(ts *testscript.TestScript, neg bool, args []string) {
	got := strconv.Itoa(strings.Count(ts.ReadFile("stdout"), "\n"))
	if (got == args[0]) == neg {
		ts.Fatalf("%s lines of output, not %s", got, args[0])
	}
}

// cmdAppend adds lines of a file to another: append FILE SOURCE FROM TO.
func cmdAppend(ts *testscript.TestScript, neg bool, args []string) {
	lines := strings.SplitAfter(ts.ReadFile(args[1]), "\n")
	from, err := strconv.Atoi(args[2])
	ts.Check(err)
	to, err := strconv.Atoi(args[3])
	ts.Check(err)
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	ts.Check(err)
	_, err = f.WriteString(strings.Join(lines[from-1:to], ""))
	ts.Check(err)
	ts.Check(f.Close())
}

// cmdUntil waits until a file has so many lines: until FILE LINES.
func cmdUntil(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	lines := 0
	came := logger.Await(func() bool {
		data, err := os.ReadFile(ts.MkAbs(args[0]))
		lines = bytes.Count(data, []byte("\n"))
		return err == nil && lines >= want
	})
	if !came {
		ts.Fatalf("%s has %d lines, not %d", args[0], lines, want)
	}
}
