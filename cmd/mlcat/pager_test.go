package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"multilog/internal/test/logger"
)

// A pager that can't run does not keep lines from being shown. script(1) gives mlcat a terminal.
func TestPager(t *testing.T) {
	logger.Need(t, "script")
	bin := logger.Bin(t, "mlcat")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "current"), []byte("@400000004b3d3b970000000a one\n@400000004b3d3b970000000b two\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	const shown = "2010-01-01 00:02:21.000000010 one\n2010-01-01 00:02:21.000000011 two\n"
	run := func(pager, command string) string {
		cmd := exec.Command("script", "-qec", command, "/dev/null")
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "TZ=UTC0", "NO_COLOR=1", "TERM=xterm", "LANG=C.UTF-8", "LC_ALL=", "MLCAT_PAGER="+pager)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v", pager, err)
		}
		return strings.ReplaceAll(string(out), "\r", "")
	}
	for pager, want := range map[string]string{
		"sed s/^/page:/":     "page:" + strings.Replace(shown, "\n", "\npage:", 1),
		"no-such-pager":      "mlcat: warning: unable to run the pager no-such-pager: executable file not found in $PATH; lines are shown without it\n" + shown,
		"no-such-pager -x":   "mlcat: warning: unable to run the pager no-such-pager -x: executable file not found in $PATH; lines are shown without it\n" + shown,
		"X=1 no-such-pager":  "mlcat: warning: unable to run the pager X=1 no-such-pager: exit status 127; lines are shown without it\n" + shown,
		"./current":          "mlcat: warning: unable to run the pager ./current: permission denied; lines are shown without it\n" + shown,
		"head -n 1; exit 3":  strings.SplitAfter(shown, "\n")[0],
		"cat":                shown,
		"echo $LESS; cat >x": "FRSXMK\n",
	} {
		if got := run(pager, "mlcat ."); !strings.HasSuffix(got, want) {
			t.Errorf("%s: %q, want %q", pager, got, want)
		}
	}
	os.Remove(filepath.Join(dir, "seen"))
	if got := run("X=1 no-such-pager", "mlcat --cursor-file=seen ."); !strings.HasSuffix(got, shown) {
		t.Errorf("with a cursor file: %q", got)
	}
	if got := run("X=1 no-such-pager", "mlcat --cursor-file=seen ."); strings.Contains(got, "one") {
		t.Errorf("again with a cursor file: %q", got)
	}
	if got := run("echo $LESS; cat >x", "mlcat -e ."); !strings.HasSuffix(got, "FRSXMK +G\n") {
		t.Errorf("-e: %q", got)
	}
	// Bars fit the terminal.
	if got := run("cat", "stty columns 50; mlcat --histogram ."); !strings.HasSuffix(got, "2010-01-01 00:02 2 "+strings.Repeat("█", 31)+"\n") {
		t.Errorf("histogram: %q", got)
	}
}
