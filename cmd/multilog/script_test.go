// Package main_test runs scripts, one for each rule of multilog's behaviour, with two
// binaries: the one built from this package, and daemontools' multilog, the oracle, if it
// is installed.
//
// The scripts are testdata/script/*.txtar. They use the commands of
// [github.com/rogpeppe/go-internal/testscript] and those of logger_test.go (start a
// logger, feed it, signal it), obstacles_test.go (put something in its way) and
// check_test.go (check what it has left). A line with the condition [ours] or [djb] is for
// one binary only. testdata/differences.txt lists each such line with the reason.
// testdata/not-tested.txt lists what has no script.
package main_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"

	"multilog/internal/test/logger"
)

// oracle is the path of daemontools' multilog, from Debian's package daemontools.
const oracle = "/usr/bin/multilog"

// parallelScripts is how many scripts run at the same time. They mostly wait, so the
// number does not depend on that of the processors.
const parallelScripts = "12"

const scriptDir = "testdata/script"

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", parallelScripts); err != nil {
		panic(err)
	}
	// Loggers and processors must not inherit descriptors that this process has inherited.
	fds, err := os.ReadDir("/proc/self/fd") // close_range with CLOSE_RANGE_CLOEXEC needs Linux 5.11
	if err != nil {
		panic(err)
	}
	for _, fd := range fds {
		if n, err := strconv.Atoi(fd.Name()); err == nil && n > 2 {
			unix.CloseOnExec(n)
		}
	}
	// Nor must they inherit that HUP and INT are ignored. Go has handlers for the other
	// signals, so that a child has their default actions.
	for _, sig := range []os.Signal{unix.SIGHUP, unix.SIGINT} {
		if signal.Ignored(sig) {
			signal.Notify(make(chan os.Signal, 1), sig)
		}
	}
	os.Exit(logger.Main{M: m}.Run())
}

func TestScripts(t *testing.T) {
	t.Run("ours", func(t *testing.T) { runScripts(t, "ours", logger.Binary(t, "multilog")) })
	t.Run("djb", func(t *testing.T) {
		logger.Need(t, oracle)
		runScripts(t, "djb", oracle)
	})
}

// runScripts runs every script with binary as the logger. The condition who, "ours" or
// "djb", is true in the scripts.
func runScripts(t *testing.T, who, binary string) {
	testscript.Run(t, testscript.Params{
		Dir:                scriptDir,
		RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("MULTILOG", binary)
			env.Values[loggersKey{}] = &loggers{binary: binary, byName: map[string]*running{}}
			return nil
		},
		Condition: func(cond string) (bool, error) { return condition(who, cond) },
		Cmds:      commands(),
	})
}

// condition reports whether cond is true in a line "[cond] command".
func condition(who, cond string) (bool, error) {
	switch program, isMissing := strings.CutPrefix(cond, "missing:"); {
	case cond == "ours" || cond == "djb":
		return cond == who, nil
	case cond == "root":
		return os.Geteuid() == 0, nil
	case cond == "mounts":
		// A container's seccomp profile refuses unshare, also to root.
		return exec.Command("unshare", "-m", "true").Run() == nil, nil
	case isMissing:
		return logger.Missing(program)
	}
	return false, fmt.Errorf("unknown condition %q", cond)
}

// commands returns the commands of the scripts.
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
				ts.Fatalf("%s %q must not hold", name, args)
			}
			if !neg && err != nil {
				ts.Fatalf("%s: %v%s", name, err, whatLoggersSaid(ts))
			}
		}
	}
	return cmds
}
