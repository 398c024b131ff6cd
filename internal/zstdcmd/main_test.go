package zstdcmd

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"multilog/bench/maillog"
	"multilog/internal/test/logger"
)

// TestMain makes the test binary act as the command when it is called multilog-zstd.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		Name: func() {
			os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
		},
	})
}

// The scripts in testdata/script have these commands besides testscript's own:
//
//	maillog FILE BYTES     write a log with labels and at least BYTES bytes
//	run SHELL-COMMAND      run sh -c, which must exit with 0
//	exits CODE COMMAND     run sh -c, which must exit with CODE
//	same FILE FILE         check that the files are equal
//	size FILE N|MIN..MAX   check the file's size in bytes
//
// and the condition [has:PROGRAM]. With CI=true a missing program is an error.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                "testdata/script",
		RequireUniqueNames: true,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"maillog": cmdMaillog,
			"run":     func(ts *testscript.TestScript, neg bool, args []string) { shell(ts, 0, args) },
			"exits": func(ts *testscript.TestScript, neg bool, args []string) {
				code, err := strconv.Atoi(args[0])
				ts.Check(err)
				shell(ts, code, args[1:])
			},
			"same": cmdSame,
			"size": cmdSize,
		},
		Condition: func(cond string) (bool, error) {
			program, ok := strings.CutPrefix(cond, "has:")
			if !ok {
				return false, fmt.Errorf("unknown condition %s", cond)
			}
			missing, err := logger.Missing(program)
			return !missing, err
		},
	})
}

// logLines returns a mail log of at least size bytes, with labels.
func logLines(size int) []byte {
	g := maillog.New(maillog.Config{Seed: 1, Gap: 5 * time.Millisecond, Start: time.Unix(1.8e9, 0)})
	b := make([]byte, 0, size+2*maillog.MeanLine)
	for len(b) < size {
		b = g.AppendLine(b)
	}
	return b
}

func cmdMaillog(ts *testscript.TestScript, neg bool, args []string) {
	size, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), logLines(size), 0o600))
}

// shell runs a shell command, which must exit with code. The script's commands stdout
// and stderr then look at its output.
func shell(ts *testscript.TestScript, code int, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: run COMMAND, exits CODE COMMAND")
	}
	err := ts.Exec("sh", "-c", args[0])
	got := 0
	if exit, ok := err.(*exec.ExitError); ok {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != code {
		ts.Fatalf("exit code %d, want %d: %v", got, code, err)
	}
}

func cmdSame(ts *testscript.TestScript, neg bool, args []string) {
	if ts.ReadFile(args[0]) != ts.ReadFile(args[1]) {
		ts.Fatalf("%s and %s differ", args[0], args[1])
	}
}

func cmdSize(ts *testscript.TestScript, neg bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	low, high, ok := strings.Cut(args[1], "..")
	if !ok {
		high = low
	}
	least, err := strconv.ParseInt(low, 10, 64)
	ts.Check(err)
	most, err := strconv.ParseInt(high, 10, 64)
	ts.Check(err)
	if info.Size() < least || info.Size() > most {
		ts.Fatalf("%s has %d bytes, not %s", args[0], info.Size(), args[1])
	}
}
