package shipper

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"multilog/bench/internal/feed"
	"multilog/internal/test/ports"
)

const (
	upLimit   = 30 * time.Second // for a server to listen
	stopLimit = 8 * time.Second  // for a process to end after SIGTERM
)

// A Process is a program that is killed and started again.
type Process struct {
	argv, env []string
	dir       string // in which it runs
	cmd       *exec.Cmd
	said      *os.File // standard output and error of all its lives
	cpu       time.Duration
}

// newProcess returns a process that does not run yet.
func newProcess(dir string, env []string, argv ...string) (*Process, error) {
	said, err := os.CreateTemp(dir, "said-"+filepath.Base(argv[0])+"-")
	return &Process{argv: argv, env: env, dir: dir, said: said}, err
}

// Start starts the process.
func (p *Process) Start(ctx context.Context) error {
	p.cmd = feed.Command(ctx, p.argv[0], p.argv[1:]...)
	p.cmd.Dir, p.cmd.Env = p.dir, append(os.Environ(), p.env...)
	p.cmd.Stdout, p.cmd.Stderr = p.said, p.said
	return p.cmd.Start()
}

// Kill ends the process with SIGKILL.
func (p *Process) Kill() { p.end(syscall.SIGKILL) }

// Stop ends it with SIGTERM, and if that takes too long with SIGKILL.
func (p *Process) Stop() { p.end(syscall.SIGTERM) }

func (p *Process) end(sig syscall.Signal) {
	if p.cmd == nil || p.cmd.Process == nil {
		return
	}
	group := -p.cmd.Process.Pid
	_ = syscall.Kill(group, sig)
	killer := time.AfterFunc(stopLimit, func() { _ = syscall.Kill(group, syscall.SIGKILL) })
	_ = p.cmd.Wait()
	killer.Stop()
	if used, ok := p.cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		p.cpu += time.Duration(used.Utime.Nano() + used.Stime.Nano())
	}
	p.cmd = nil
}

// CPU returns the CPU time that all lives of the process have used so far.
func (p *Process) CPU() (time.Duration, error) {
	if p.cmd == nil {
		return p.cpu, nil
	}
	now, err := feed.ProcessCPU(p.cmd.Process.Pid)
	return p.cpu + time.Duration(now), err
}

// awaitPort waits until the process listens on a port on loopback.
func (p *Process) awaitPort(ctx context.Context, port int) error {
	if err := ports.Await(ctx, port, upLimit); err != nil {
		return fmt.Errorf("%s does not come up: %w%s", filepath.Base(p.argv[0]), err, p.lastSaid())
	}
	return nil
}

// lastSaid returns the last line that the process has written, with a colon in front.
func (p *Process) lastSaid() string {
	text, err := os.ReadFile(p.said.Name())
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if err != nil || lines[len(lines)-1] == "" {
		return ""
	}
	return ": " + lines[len(lines)-1]
}

// find returns the path of a program: in bin/peers of this tree, or in PATH. A name with
// slashes is a pattern for a file.
func find(name string) (string, error) {
	if strings.Contains(name, "/") {
		if found, err := filepath.Glob(name); err == nil && len(found) > 0 {
			return found[0], nil
		}
		return "", errors.New("it is not installed")
	}
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "multilog").Output()
	if err == nil {
		path := filepath.Join(strings.TrimSpace(string(root)), "bin/peers", name)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	for _, path := range []string{name, "/usr/sbin/" + name} {
		if path, err := exec.LookPath(path); err == nil {
			return path, nil
		}
	}
	return "", errors.New("it is not installed")
}
