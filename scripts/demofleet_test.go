package scripts

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"multilog/internal/test/logger"
)

// needGateway skips a test if versitygw is not installed. In CI it must be.
func needGateway(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes seconds")
	}
	if _, err := os.Stat("../bin/peers/versitygw"); err == nil {
		return
	}
	if _, err := exec.LookPath("versitygw"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("versitygw is not installed: run scripts/fleet-peers")
		}
		t.Skip("versitygw is not installed: run scripts/fleet-peers")
	}
}

// In the short form of the fleet's demo, sender and store are killed, and every line is
// found. Nothing is left behind.
func TestDemoFleet(t *testing.T) {
	needGateway(t)
	temp := t.TempDir()
	out := runIn(t, []string{"TMPDIR=" + temp, "LINES=4000"}, "make", "demo-fleet", "BIN="+bin)
	for _, want := range []string{
		`mlship was killed [1-9][0-9]* times, the store [1-9][0-9]* times\.`, `mx1/qmail-send: \d+ files with \d+ lines in the store`,
		`20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ `, `qmail-in +4000 lines sent, 4000 found, the same and in order: yes`,
		`Lines sent: 12000\. Lines found: 12000, and 12000 when`,
	} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("there is no %q in\n%s", want, out)
		}
	}
	leavesNothing(t, temp)
}

// If a line is missing in what is read, the demo fails.
func TestDemoFleetNoticesLoss(t *testing.T) {
	needGateway(t)
	runIn(t, nil, "make", "build", "BIN="+bin)
	temp, lossy := t.TempDir(), filepath.Join(t.TempDir(), "mlcat")
	script := "#!/bin/sh\ncase $* in *qmail-in) '" + bin + "/mlcat' \"$@\" | sed 1d ;; *) exec '" + bin + "/mlcat' \"$@\" ;; esac\n"
	if err := os.WriteFile(lossy, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := command([]string{"TMPDIR=" + temp, "LINES=1000", "BIN=" + bin, "MLCAT=" + lossy}, "scripts/demo-fleet")
	if err == nil || !strings.Contains(out, "1000 lines sent, 999 found, the same and in order: no") {
		t.Errorf("a lost line is not noticed: %v\n%s", err, out)
	}
	leavesNothing(t, temp)
}

// When the demo is interrupted, it ends what it has started.
func TestDemoFleetInterrupted(t *testing.T) {
	needGateway(t)
	runIn(t, nil, "make", "build", "BIN="+bin)
	temp := t.TempDir()
	cmd := exec.Command("scripts/demo-fleet")
	cmd.Dir, cmd.Env = "..", append(os.Environ(), "TMPDIR="+temp, "BIN="+bin)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if !logger.Await(func() bool { return len(processesIn(temp)) > 8 }) {
		t.Error("mlship does not run") // the signal below ends what does
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("it succeeds")
	}
	leavesNothing(t, temp)
}

// leavesNothing checks that no process works in a directory, and that it is empty.
func leavesNothing(t *testing.T, dir string) {
	t.Helper()
	// What was killed may take a moment to go.
	var left []string
	if !logger.Await(func() bool { left = processesIn(dir); return len(left) == 0 }) {
		t.Errorf("processes left behind: %q", left)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// processesIn returns the command lines of the processes whose working directory is
// below dir, also if it was removed.
func processesIn(dir string) (found []string) {
	links, _ := filepath.Glob("/proc/[0-9]*/cwd")
	for _, link := range links {
		if cwd, err := os.Readlink(link); err == nil && strings.HasPrefix(cwd+"/", dir+"/") {
			line, _ := os.ReadFile(filepath.Dir(link) + "/cmdline")
			found = append(found, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}
