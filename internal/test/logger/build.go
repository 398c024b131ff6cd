package logger

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// binVariable is the environment variable with a directory of commands; if it is set,
// none are built.
const binVariable = "MULTILOG_BIN"

// built is what Binary has built in this process.
var built struct {
	sync.Mutex
	removes bool              // Main removes dir
	dir     string            // empty until something is built
	by      map[string]result // by the command's name
}

type result struct {
	path string
	err  error
}

// Main is a test binary's testing.M. Its Run also removes what Binary has built.
type Main struct{ *testing.M }

// Run runs the tests and returns the exit code.
func (m Main) Run() int {
	built.removes = true
	defer func() {
		if built.dir != "" {
			_ = os.RemoveAll(built.dir) // what is left is in a temporary directory
		}
	}()
	return m.M.Run()
}

// Binary returns the path of a command of this module. The first call for a command
// builds it, as a release is built, unless MULTILOG_BIN is set. Every user may run it.
//
// The results of the test then depend on the sources of the command, so that the go
// command does not show cached results after a change in them.
func Binary(t testing.TB, command string) string {
	t.Helper()
	if dir := os.Getenv(binVariable); dir != "" {
		return filepath.Join(dir, command)
	}
	built.Lock()
	defer built.Unlock()
	r, ok := built.by[command]
	if !ok {
		r.path, r.err = build(command)
		if built.by == nil {
			built.by = map[string]result{}
		}
		built.by[command] = r
	}
	if r.err != nil {
		t.Fatal(r.err)
	}
	return r.path
}

// Bin returns a directory that holds these commands, for a PATH.
func Bin(t testing.TB, commands ...string) string {
	t.Helper()
	dir := ""
	for _, command := range commands {
		dir = filepath.Dir(Binary(t, command))
	}
	return dir
}

func build(command string) (string, error) {
	if !built.removes {
		return "", errors.New("unable to build commands: TestMain does not use logger.Main, which removes them")
	}
	if built.dir == "" {
		dir, err := os.MkdirTemp("", "multilog-test-")
		if err != nil {
			return "", err
		}
		built.dir = dir
		if err := os.Chmod(dir, 0o755); err != nil { // some tests run loggers as another user
			return "", err
		}
	}
	if _, err := sources(command); err != nil {
		return "", err
	}
	path := filepath.Join(built.dir, command)
	_, err := golang("build", "-o", path, "multilog/cmd/"+command)
	return path, err
}

// sources returns the directories with the packages of a command, and the files go.mod
// of their modules. It looks at each of them: the go command runs a test again, and does
// not take its results from the cache, if a file of this module has changed that the
// test has looked at.
func sources(command string) ([]string, error) {
	out, err := golang("list", "-deps", "-f", `{{if not .Standard}}{{.Dir}}{{with .Module}}
{{.GoMod}}{{end}}{{end}}`, "multilog/cmd/"+command)
	if err != nil {
		return nil, err
	}
	paths := strings.Fields(out)
	for _, path := range paths {
		f, err := os.Open(path) // of a directory, that counts for all files in it
		if err != nil {
			return nil, err
		}
		_ = f.Close()
	}
	return paths, nil
}

// golang runs the go command and returns its standard output.
func golang(args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, complaints.String())
	}
	return string(out), nil
}
