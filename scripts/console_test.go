package scripts

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// silent are files that print messages without package console, with the reason.
var silent = map[string]string{
	"internal/console/console.go": "it is that package",
	"tai64n/filter/filter.go":     "tai64n imports nothing of ours; its messages have no names in them",
}

// TestMessagesPassConsole: all messages are made in internal/console, which shows
// what would steer a terminal. Nothing else makes the beginning of a message, and
// only what takes standard error as an argument, to make it with console.Line, or
// hands it to a program, mentions it.
func TestMessagesPassConsole(t *testing.T) {
	begins := regexp.MustCompile(`\b(fatal|warning): `)
	found := 0
	for _, root := range printing {
		err := filepath.WalkDir("../"+root, func(path string, d fs.DirEntry, err error) error {
			name := strings.TrimPrefix(path, "../")
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || mute.MatchString(name) {
				return err
			}
			if silent[name] != "" {
				found++
				return nil
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.BasicLit:
					if n.Kind == token.STRING && begins.MatchString(n.Value) {
						t.Errorf("%s: %s begins a message without package console", name, n.Value)
					}
				case *ast.CallExpr:
					if s, ok := printsToStderr(n); ok {
						t.Errorf("%s: %s prints to standard error without package console", name, s)
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found != len(silent) {
		t.Errorf("%d files of %d are there that print messages on their own", found, len(silent))
	}
}

// printsToStderr reports whether a call prints to os.Stderr, or to a parameter
// called stderr, something else than what console.Line returns.
func printsToStderr(call *ast.CallExpr) (name string, yes bool) {
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return "", false
	}
	name = f.Sel.Name
	if isStderr(f.X) {
		return name, strings.HasPrefix(name, "Write")
	}
	if !strings.HasPrefix(name, "Fprint") && name != "WriteString" && name != "Write" || len(call.Args) == 0 {
		return "", false
	}
	to := call.Args[0]
	if lit, ok := to.(*ast.BasicLit); ok && lit.Value == "2" {
		return name, true
	}
	if !isStderr(to) {
		return "", false
	}
	if len(call.Args) == 2 && name == "Fprint" {
		if line, ok := call.Args[1].(*ast.CallExpr); ok && called(line) == "Line" {
			return "", false
		}
	}
	return name, true
}

func isStderr(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == "stderr"
	case *ast.SelectorExpr:
		return e.Sel.Name == "Stderr"
	}
	return false
}

// TestQuit: Ctrl-\ ends each command without a word, as it ends a program in C.
func TestQuit(t *testing.T) {
	built := t.TempDir()
	runIn(t, nil, "go", "build", "-o", built+"/", "./cmd/...")
	// With which arguments it goes on until it is ended.
	endless := map[string][]string{
		"mlcat":    {"-f", "./main"},
		"mlstat":   {"-w", "./main"},
		"multilog": {"./other"},
	}
	dir := t.TempDir()
	log := exec.Command(filepath.Join(built, "multilog"), "./main")
	log.Dir = dir
	if out, err := log.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range commands(t) {
		t.Run(name, func(t *testing.T) {
			var said bytes.Buffer
			cmd := exec.Command(filepath.Join(built, name), endless[name]...)
			cmd.Dir, cmd.Stderr = dir, &said
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			awaitSignals(cmd.Process.Pid)
			if err := cmd.Process.Signal(syscall.SIGQUIT); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait() // the status tells
			if status := cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != syscall.SIGQUIT || said.Len() > 0 {
				t.Errorf("%v, and it says %q", cmd.ProcessState, said.String())
			}
		})
	}
}

// awaitSignals waits until a Go program has taken the signals that it wants, and
// given SIGQUIT back: some seconds at most, for one that never does.
func awaitSignals(pid int) {
	const quit, urg = 1 << (syscall.SIGQUIT - 1), 1 << (syscall.SIGURG - 1)
	for range 1000 {
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		_, caught, _ := strings.Cut(string(status), "SigCgt:\t")
		caught, _, _ = strings.Cut(caught, "\n")
		if mask, err := strconv.ParseUint(caught, 16, 64); err == nil && mask&(quit|urg) == urg {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}
