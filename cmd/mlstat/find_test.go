package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"multilog/internal/cmdline"
	"multilog/internal/test/logger"
)

// Without arguments mlstat shows the logs in MLCAT_PATH, tells where it looked, and takes
// other loggers' logs for what they are.
func TestFind(t *testing.T) {
	root := t.TempDir()
	ours := filepath.Join(root, "smtpd/log/main")
	for _, dir := range []string{"smtpd/log", "other/log/main", "smtpd/supervise"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"other/log/main/current", "smtpd/supervise/lock"} {
		if err := os.WriteFile(filepath.Join(root, file), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	startLogger(t, ours).Feed("x\n")
	until(t, ours, func(o object) bool { return o.Metrics["read_lines"] == 1 })
	t.Setenv("MLCAT_PATH", root+":"+root+"/missing")
	var stdout, stderr bytes.Buffer
	code := run(nil, &stdout, &stderr)
	if code != 0 || stderr.String() != "mlstat: note: these are the logs in "+root+"\n" {
		t.Errorf("exit %d, %s", code, stderr.String())
	}
	if out := stdout.String(); !strings.Contains(out, "\nsmtpd ") || !strings.Contains(out, " up ") || !strings.Contains(out, "\nother              none ") || strings.Count(out, "\n") != 3 {
		t.Errorf("%s", out)
	}
	stderr.Reset()
	if run([]string{"--prometheus"}, &stdout, &stderr); stderr.Len() > 0 || !strings.Contains(stdout.String(), `multilog_up{dir="`+ours+`"} 1`) {
		t.Errorf("%s, %s", stderr.String(), stdout.String())
	}
	t.Setenv("MLCAT_PATH", root+"/missing")
	stderr.Reset()
	if code := run(nil, &stdout, &stderr); code != cmdline.ExitNo || !strings.HasPrefix(stderr.String(), "mlstat: fatal: no log found in "+root+"/missing, none of which is there (MLCAT_PATH") {
		t.Errorf("exit %d, %s", code, stderr.String())
	}
}

// mlstat tells what it may not read, and who may.
func TestFindDenied(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("not root: can't become another user")
	}
	logger.Need(t, "setuidgid")
	root, err := os.MkdirTemp("", "mlstat-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(root)
	_ = os.Chmod(root, 0o755)
	closed := filepath.Join(root, "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(root, "main")
	startLogger(t, dir).Feed("x\n")
	until(t, dir, func(o object) bool { return o.Metrics["read_lines"] == 1 })
	_ = os.Chmod(dir, 0o755)
	cmd := exec.Command("setuidgid", "nobody", logger.Binary(t, "mlstat"))
	cmd.Env = append(os.Environ(), "MLCAT_PATH="+root)
	out, err := cmd.CombinedOutput()
	for _, want := range []string{
		"mlstat: warning: unable to search " + closed + ": permission denied: it takes root (",
		"mlstat: warning: unable to look at " + dir + ": access denied: it takes root (" + dir + "/lock has owner root, ",
	} {
		if cmd.ProcessState.ExitCode() != cmdline.ExitFailed || !strings.Contains(string(out), want) {
			t.Errorf("no %q in %v\n%s", want, err, out)
		}
	}
}
