package scripts

import (
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

	"multilog/internal/test/logger"
)

// exempt holds the files that may print messages without package console, with the
// reason.
var exempt = map[string]string{
	"internal/console/console.go": "it is that package",
	"tai64n/filter/filter.go":     "tai64n imports no other package of ours, and its messages contain no names",
}

// Package console makes all messages, and escapes what would control a terminal. No
// other file contains the beginning of a message, or prints to standard error anything
// but the result of console.Line.
func TestMessagesPassConsole(t *testing.T) {
	begins := regexp.MustCompile(`\b(fatal|warning): `)
	found := 0
	for _, root := range programTrees {
		err := filepath.WalkDir("../"+root, func(path string, d fs.DirEntry, err error) error {
			name := strings.TrimPrefix(path, "../")
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || testOnly.MatchString(name) {
				return err
			}
			if exempt[name] != "" {
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
	if found != len(exempt) {
		t.Errorf("%d of the %d exempt files exist", found, len(exempt))
	}
}

// printsToStderr reports whether a call prints to os.Stderr, or to a variable called
// stderr, anything but the result of console.Line. It returns the function's name.
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

// isStderr reports whether e is os.Stderr or a variable called stderr.
func isStderr(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == "stderr"
	case *ast.SelectorExpr:
		return e.Sel.Name == "Stderr"
	}
	return false
}

// Ctrl-\ ends each command without a message, as it ends a program in C.
func TestQuit(t *testing.T) {
	// With these arguments a command runs until it is ended. Others read standard input.
	endless := map[string][]string{
		"mlcat":    {"-f", "./main"},
		"mlstat":   {"-w", "./main"},
		"multilog": {"./other"},
	}
	dir := t.TempDir()
	log := exec.Command(logger.Binary(t, "multilog"), "./main")
	log.Dir = dir
	if out, err := log.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range commands(t) {
		t.Run(name, func(t *testing.T) {
			l := logger.Start(t, dir, nil, append([]string{logger.Binary(t, name)}, endless[name]...)...)
			if name == "multilog" { // it executes itself once, which gives up what was set before
				l.Until("it has opened its log", func() bool { _, err := os.Stat(dir + "/other/current"); return err == nil })
			}
			l.Until("it has set its signal handlers", func() bool { return handlesSignals(l.PID()) })
			l.Signal(syscall.SIGQUIT)
			if l.Wait(); l.Outcome() != "QUIT" || l.Said() != "" {
				t.Errorf("exit %s, messages %q", l.Outcome(), l.Said())
			}
		})
	}
}

// handlesSignals reports whether a Go program has set its signal handlers and has given
// up that for SIGQUIT.
func handlesSignals(pid int) bool {
	const quit, urg = 1 << (syscall.SIGQUIT - 1), 1 << (syscall.SIGURG - 1)
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, caught, _ := strings.Cut(string(status), "SigCgt:\t")
	caught, _, _ = strings.Cut(caught, "\n")
	mask, err := strconv.ParseUint(caught, 16, 64)
	return err == nil && mask&(quit|urg) == urg
}
