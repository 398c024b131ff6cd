package zstdcmd

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// oracles are the programs that scripts compare with, and their Debian packages.
var oracles = map[string]string{
	"zstd": "zstd", "zstdcat": "zstd", "zstdgrep": "zstd", "multilog": "daemontools", "strace": "strace",
}

// TestMain makes the test binary, called by the name multilog-zstd, the command.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"multilog-zstd": func() {
			os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
		},
	})
}

// The scripts in testdata/script have these commands besides testscript's own:
//
//	maillog FILE BYTES     write a log with labels, of at least so many bytes
//	run SHELL-COMMAND      sh -c
//	exits CODE COMMAND     sh -c, which must exit with this code
//	same FILE FILE         the files are equal
//	size FILE N|MIN..MAX   the file's bytes
//
// and the condition [has:PROGRAM]; with CI=true a missing program is an error.
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
			_, err := exec.LookPath(program)
			if err != nil && os.Getenv("CI") == "true" {
				return false, fmt.Errorf("%w: install the Debian package %s", err, oracles[program])
			}
			return err == nil, nil
		},
	})
}

// logLines returns a log of at least size bytes, with labels.
func logLines(size int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, 0, size+200)
	for i := 0; len(b) < size; i++ {
		b = fmt.Appendf(b, "@40000000%08x%08x tcpserver: ok %d mx.example.org:198.51.100.25:25 :203.0.113.%d::%d\n",
			0x6955b90a+i/1000, i%1000*1e6+r.IntN(1e6), 20000+r.IntN(3000), r.IntN(256), 1024+r.IntN(60000))
	}
	return b
}

func cmdMaillog(ts *testscript.TestScript, neg bool, args []string) {
	size, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), logLines(size), 0o600))
}

// shell runs a command, which must exit with code, and keeps its output for the
// commands stdout and stderr.
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
