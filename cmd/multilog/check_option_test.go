package main_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"multilog/internal/test/logger"
)

// checkScript runs multilog --check in a directory, and returns its exit code and what it
// has printed.
func checkScript(t *testing.T, dir string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := exec.Command(logger.Binary(t, "multilog"), append([]string{"--check"}, args...)...)
	cmd.Dir = dir
	var out, complaints strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), complaints.String()
}

// --check tells what each word does and whether directories can be written, and makes
// nothing.
func TestCheck(t *testing.T) {
	dir := t.TempDir()
	for _, d := range []string{"old", "odd/current"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := checkScript(t, dir, "t", "kk", "--hlep", "d", "s99999999", "a1d", "./old", "./new", "=status")
	if code != 0 || stderr != "" {
		t.Errorf("exit %d, %s", code, stderr)
	}
	for _, want := range []string{
		"\nkk         ignored: k is followed by a size", `did you mean --help?`, "\nd          ignored: there is no such action\n", "16,777,215 bytes",
		"1 day old", "\n./old: can be written\n", "\n./new: will be created, with mode 0700\n",
	} {
		if !strings.Contains(strings.ReplaceAll(stdout, "\n           ", " "), want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
	for script, want := range map[string]string{
		"./a/b":         "multilog: fatal: unable to create directory ./a/b: a: file does not exist\n",
		"./file":        "multilog: fatal: unable to open directory ./file: not a directory\n",
		"./odd":         "multilog: fatal: unable to use ./odd/current: it is not a regular file\n",
		"./old ././old": "multilog: fatal: unable to lock directory ././old: ./old is the same, and only one action can use it\n",
		"=old":          "multilog: fatal: unable to write old: is a directory\n",
		"=no/where":     "multilog: fatal: unable to write no/where: file does not exist\n",
		"a1q ./new":     "multilog: fatal: unable to understand a1q in the script: not a time longer than 0, such as 90s, 5m, 24h or 7d\n",
	} {
		if code, _, stderr := checkScript(t, dir, strings.Fields(script)...); code != 111 || stderr != want {
			t.Errorf("%s: exit %d, %q, want %q", script, code, stderr, want)
		}
	}
	if _, stdout, _ := checkScript(t, dir); !strings.Contains(stdout, "no line is logged") {
		t.Errorf("of no script: %s", stdout)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 3 {
		t.Errorf("it has made something: %v, %v", entries, err)
	}
	l := logger.Start(t, dir, nil, logger.Binary(t, "multilog"), "./old")
	l.Feed("x\n")
	logger.Until(t, "the logger has its directory", func() bool {
		text, _ := os.ReadFile(filepath.Join(dir, "old/current"))
		return len(text) > 0
	})
	if code, stdout, _ := checkScript(t, dir, "./old"); code != 0 || !strings.Contains(stdout, "./old: can be written; now a logger uses it, pid ") {
		t.Errorf("beside a logger: exit %d, %s", code, stdout)
	}
}

// --check is for the user who asks: it tells that this one may not write.
func TestCheckAsAnother(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("not root: can't become another user")
	}
	logger.Need(t, "setuidgid")
	dir := t.TempDir()
	for at := dir; at != "/"; at = filepath.Dir(at) {
		_ = os.Chmod(at, 0o755)
		if filepath.Dir(at) == os.TempDir() {
			break
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "main"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("setuidgid", "nobody", logger.Binary(t, "multilog"), "--check", dir+"/main", dir+"/new")
	out, err := cmd.CombinedOutput()
	for _, want := range []string{"unable to write to directory " + dir + "/main: access denied\n", "unable to create directory " + dir + "/new: " + dir + ": access denied\n"} {
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("no %q in %v\n%s", want, err, out)
		}
	}
}

// On a terminal multilog tells what it is about to do, if that may be a surprise.
func TestNotice(t *testing.T) {
	logger.Need(t, "script") // of util-linux: it runs a command on a terminal
	multilog := logger.Binary(t, "multilog")
	for command, want := range map[string]string{
		multilog + " </dev/null":         "multilog: note: lines from standard input are read and not logged: ",
		multilog + " t s4096 </dev/null": "multilog: note: lines from standard input are read and not logged: ",
		multilog + " e =status ./main":   "multilog: note: lines are read from the terminal, up to ^D, and written to standard error, status, ./main\r\n",
		multilog + " ./main </dev/null":  "",
		multilog + " 2>err":              "",
	} {
		cmd := exec.Command("script", "-qefc", command, "/dev/null")
		cmd.Dir = t.TempDir()
		out, err := cmd.CombinedOutput() // standard input is empty: script types ^D
		if err != nil || !strings.Contains(string(out), want) || want == "" && strings.Contains(string(out), "multilog") {
			t.Errorf("%s: %v, %q, want %q", command, err, out, want)
		}
		if text, _ := os.ReadFile(filepath.Join(cmd.Dir, "err")); len(text) > 0 {
			t.Errorf("%s: %s", command, text)
		}
	}
}
