package feed

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

	"multilog/bench/internal/contender"
)

const (
	readyLimit   = 20 * time.Second // for a logger to make its log directories
	readyPause   = time.Millisecond // between two looks for them
	messageBytes = 300              // of a logger's standard error in an error
)

// A Usage is what a process has used, with the children that it has waited for:
// see wait4(2).
type Usage struct {
	CPU         time.Duration // user and system
	Voluntary   int64         // context switches to wait for something
	Involuntary int64
}

// A Logger is a contender that runs. Its owner must call Wait or Abandon.
type Logger struct {
	Dir     string // in which it runs
	Outputs []contender.Output
	// Started and Exited are CLOCK_MONOTONIC in nanoseconds.
	Started, Exited int64

	cmd    *exec.Cmd
	stderr *os.File
	stop   context.CancelFunc
}

// StartLogger starts a contender on a job in dir, which must be empty, with a
// standard input. It writes its standard error to a file beside dir.
func StartLogger(ctx context.Context, c contender.Contender, j contender.Job, dir string, stdin *os.File) (*Logger, error) {
	launch, err := c.Launch(dir, j)
	if err != nil {
		return nil, err
	}
	l := &Logger{Dir: dir, Outputs: launch.Outputs}
	if l.stderr, err = os.CreateTemp(filepath.Dir(dir), "stderr"); err != nil {
		return nil, err
	}
	ctx, l.stop = context.WithCancel(ctx)
	l.cmd = exec.CommandContext(ctx, launch.Argv[0], launch.Argv[1:]...)
	l.cmd.Dir, l.cmd.Stdin, l.cmd.Stderr = dir, stdin, l.stderr
	l.cmd.Env = append(os.Environ(), c.Env...)
	endWith(l.cmd)
	l.Started = Monotonic()
	if err := l.cmd.Start(); err != nil {
		l.discard()
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	return l, nil
}

// PID returns the process id.
func (l *Logger) PID() int { return l.cmd.Process.Pid }

// Ready waits until every log directory has its current. It fails if the logger
// ends before that, or takes more than 20 seconds.
func (l *Logger) Ready(ctx context.Context) error {
	deadline := time.Now().Add(readyLimit)
	for _, o := range l.Outputs {
		for !o.Status {
			if _, err := os.Stat(filepath.Join(l.Dir, o.Path, "current")); err == nil {
				break
			}
			if err := Pause(ctx, readyPause); err != nil {
				return err
			}
			if time.Now().After(deadline) || l.gone() {
				return fmt.Errorf("does not make %s/current%s", o.Path, l.Said())
			}
		}
	}
	return nil
}

// gone reports whether the process has ended. It was not waited for yet.
func (l *Logger) gone() bool {
	state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", l.PID()))
	_, after, ok := strings.Cut(string(state), ") ")
	return err != nil || !ok || strings.HasPrefix(after, "Z")
}

// Said returns a colon and what the logger has written to its standard error, for the
// text of an error.
func (l *Logger) Said() string {
	buf := make([]byte, messageBytes)
	n, _ := l.stderr.ReadAt(buf, 0)
	if text := strings.TrimSpace(string(buf[:n])); text != "" {
		return ": " + strings.ReplaceAll(text, "\n", "; ")
	}
	return ""
}

// Wait waits for the end of the logger and returns what it has used. It fails if
// the logger fails, or if it has written anything to its standard error: then it
// has not done its job. Processes that the logger has left behind are killed.
func (l *Logger) Wait() (Usage, error) {
	l.Exited = awaitExit(l.PID())
	err := l.cmd.Wait()
	said := l.Said()
	l.discard()
	if err != nil {
		return Usage{}, fmt.Errorf("%w%s", err, said)
	}
	if said != "" {
		return Usage{}, errors.New("complains" + said)
	}
	ru, ok := l.cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return Usage{}, errors.New("no rusage")
	}
	cpu := time.Duration(syscall.TimevalToNsec(ru.Utime) + syscall.TimevalToNsec(ru.Stime))
	return Usage{CPU: cpu, Voluntary: int64(ru.Nvcsw), Involuntary: int64(ru.Nivcsw)}, nil
}

// Abandon kills a logger whose run has failed. It has no effect after Wait.
func (l *Logger) Abandon() {
	if l.stderr == nil {
		return
	}
	l.stop()
	awaitExit(l.PID())
	_ = l.cmd.Wait()
	l.discard()
}

// End waits for the end of a logger whose result does not matter any more. It has
// no effect after Wait.
func (l *Logger) End() {
	if l.stderr != nil {
		_, _ = l.Wait()
	}
}

// discard removes what belongs to the process, once that has ended.
func (l *Logger) discard() {
	l.stop()
	os.Remove(l.stderr.Name())
	l.stderr.Close()
	l.stderr = nil
}

// Pause sleeps unless the context ends first; then it returns its error.
func Pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
