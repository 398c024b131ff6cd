// Package main_test runs scripts that a person can read, one per rule of
// multilog's behaviour, against two binaries: the one built from this package
// and, where it is installed, the multilog of daemontools, the oracle.
//
// The scripts are testdata/script/*.txtar. Besides the commands of
// [github.com/rogpeppe/go-internal/testscript] they have those of
// logger_test.go (start a logger, feed and signal it), of obstacles_test.go (what
// is in its way) and of check_test.go (look at what it left). What differs on
// purpose stands under the condition [ours] or [djb] and, with the reason, in
// testdata/differences.txt; what has no script is listed in
// testdata/not-tested.txt.
package main_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	// The program is built by the test. Importing it tells the go command that the
	// results depend on its source, so that it does not take them from its cache.
	_ "multilog/cmd/multilog"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// oracle is daemontools' multilog, from the Debian package of that name.
const oracle = "/usr/bin/multilog"

// parallelScripts is how many scripts run at a time. They wait much more than
// they compute, so it has nothing to do with the number of processors.
const parallelScripts = "12"

const scriptDir = "testdata/script"

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", parallelScripts); err != nil {
		panic(err)
	}
	// What this process has inherited is not for loggers and processors to have.
	fds, err := os.ReadDir("/proc/self/fd") // close_range came with Linux 5.9, what this needs of it with 5.11
	if err != nil {
		panic(err)
	}
	for _, fd := range fds {
		if n, err := strconv.Atoi(fd.Name()); err == nil && n > 2 {
			unix.CloseOnExec(n)
		}
	}
	// Nor is that HUP and INT are ignored. The other signals have Go's handlers here,
	// and so their default action in a child.
	for _, sig := range []os.Signal{unix.SIGHUP, unix.SIGINT} {
		if signal.Ignored(sig) {
			signal.Notify(make(chan os.Signal, 1), sig)
		}
	}
	os.Exit(m.Run())
}

func TestScripts(t *testing.T) {
	t.Run("ours", func(t *testing.T) {
		if sources, _ := filepath.Glob("*.go"); !hasProgram(sources) {
			t.Skip("this package holds no program yet")
		}
		binary := filepath.Join(t.TempDir(), "multilog")
		if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
			t.Fatalf("go build: %v\n%s", err, out)
		}
		runScripts(t, "ours", binary)
	})
	t.Run("djb", func(t *testing.T) {
		if _, err := os.Stat(oracle); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("no oracle: %v (install the Debian package daemontools)", err)
			}
			t.Skipf("no oracle: %v (install the Debian package daemontools)", err)
		}
		runScripts(t, "djb", oracle)
	})
}

func hasProgram(sources []string) bool {
	for _, name := range sources {
		if !strings.HasSuffix(name, "_test.go") {
			return true
		}
	}
	return false
}

// runScripts runs every script with binary as the logger. who, "ours" or "djb",
// is the condition that holds meanwhile.
func runScripts(t *testing.T, who, binary string) {
	testscript.Run(t, testscript.Params{
		Dir:                scriptDir,
		RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("MULTILOG", binary)
			env.Values[loggersKey{}] = &loggers{binary: binary, byName: map[string]*logger{}}
			return nil
		},
		Condition: func(cond string) (bool, error) { return condition(who, cond) },
		Cmds:      commands(),
	})
}

// condition says whether the part between the brackets of "[cond] command" holds.
func condition(who, cond string) (bool, error) {
	program, isMissing := strings.CutPrefix(cond, "missing:")
	switch {
	case cond == "ours" || cond == "djb":
		return cond == who, nil
	case cond == "root":
		return os.Geteuid() == 0, nil
	case isMissing:
		_, err := exec.LookPath(program)
		if err != nil && os.Getenv("CI") == "true" {
			return false, fmt.Errorf("%s is missing, which the scripts compare with", program)
		}
		return err != nil, nil
	}
	return false, fmt.Errorf("unknown condition %q", cond)
}

func commands() map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	cmds := map[string]func(ts *testscript.TestScript, neg bool, args []string){
		"logger":   cmdLogger,
		"feed":     cmdFeed,
		"eof":      cmdEOF,
		"hangup":   cmdHangup,
		"signal":   cmdSignal,
		"quiet":    cmdQuiet,
		"waitexit": cmdWaitExit,
		"unread":   cmdUnread,
		"bytes":    cmdBytes,
		"until":    cmdUntil,
		"tmpfs":    cmdTmpfs,
		"readonly": cmdReadOnly,
		"lock":     cmdLock,
	}
	for name, check := range checks() {
		cmds[name] = func(ts *testscript.TestScript, neg bool, args []string) {
			err := check(ts, args)
			if neg && err == nil {
				ts.Fatalf("%s %q holds, and must not", name, args)
			}
			if !neg && err != nil {
				ts.Fatalf("%s: %v%s", name, err, whatLoggersSaid(ts))
			}
		}
	}
	return cmds
}
