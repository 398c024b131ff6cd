package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	readyLimit     = 20 * time.Second // for a logger to make its current
	pollInterval   = time.Millisecond
	messageBytes   = 300 // of a logger's stderr in an error
	killGraceLimit = 5 * time.Second
)

// A usage is what wait4 says a process has used, its waited-for children
// included.
type usage struct {
	cpu         time.Duration // user and system
	voluntary   int64         // context switches: waits
	involuntary int64
}

// A logger is a running contender.
type logger struct {
	cmd    *exec.Cmd
	dir    string
	launch launch
	stderr *os.File
	// started and exited are CLOCK_MONOTONIC in nanoseconds.
	started, exited int64
	// stops ends the context that the process hangs on.
	stop context.CancelFunc
}

// newPipe is a pipe whose ends block, as a supervisor's.
func newPipe() (r, w *os.File, err error) {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		return nil, nil, fmt.Errorf("pipe: %w", err)
	}
	return os.NewFile(uintptr(p[0]), "pipe"), os.NewFile(uintptr(p[1]), "pipe"), nil
}

// group makes cmd the leader of a process group that ends as a whole with the
// context.
func group(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = killGraceLimit
}

// startLogger starts a contender on a job, in an empty directory, with stdin.
func startLogger(ctx context.Context, c contender, j job, dir string, stdin *os.File, env ...string) (*logger, error) {
	l, err := c.prepare(dir, j)
	if err != nil {
		return nil, err
	}
	lg := &logger{dir: dir, launch: l}
	if lg.stderr, err = os.CreateTemp(filepath.Dir(dir), "stderr"); err != nil {
		return nil, err
	}
	ctx, lg.stop = context.WithCancel(ctx)
	lg.cmd = exec.CommandContext(ctx, l.argv[0], l.argv[1:]...)
	lg.cmd.Dir, lg.cmd.Stdin, lg.cmd.Stderr = dir, stdin, lg.stderr
	lg.cmd.Env = append(append(os.Environ(), c.Env...), env...)
	if c.Family.copies() {
		lg.cmd.Env = append(lg.cmd.Env, childEnv+"=copier")
	}
	group(lg.cmd)
	lg.started = monotonic()
	if err := lg.cmd.Start(); err != nil {
		lg.discard()
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	return lg, nil
}

// ready waits until every log directory has its current.
func (lg *logger) ready(ctx context.Context) error {
	deadline := time.Now().Add(readyLimit)
	for _, o := range lg.launch.outputs {
		for !o.status {
			if _, err := os.Stat(filepath.Join(lg.dir, o.path, "current")); err == nil {
				break
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if time.Now().After(deadline) || syscall.Kill(lg.cmd.Process.Pid, 0) != nil || lg.gone() {
				return fmt.Errorf("does not make %s/current%s", o.path, lg.message())
			}
			time.Sleep(pollInterval)
		}
	}
	return nil
}

// gone tells whether the process has ended without having been waited for.
func (lg *logger) gone() bool {
	state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", lg.cmd.Process.Pid))
	_, after, ok := strings.Cut(string(state), ") ")
	return err != nil || !ok || strings.HasPrefix(after, "Z")
}

// message is what the logger said on stderr, for an error's text.
func (lg *logger) message() string {
	buf := make([]byte, messageBytes)
	n, _ := lg.stderr.ReadAt(buf, 0)
	if text := strings.TrimSpace(string(buf[:n])); text != "" {
		return ": " + strings.ReplaceAll(text, "\n", "; ")
	}
	return ""
}

// wait waits for the end and says what it took. A logger that fails, or that
// has something to complain about, has not done its job.
func (lg *logger) wait() (usage, error) {
	err := lg.cmd.Wait()
	lg.exited = monotonic()
	said := lg.message()
	lg.discard()
	if err != nil {
		return usage{}, fmt.Errorf("%w%s", err, said)
	}
	if said != "" {
		return usage{}, errors.New("complains" + said)
	}
	ru, ok := lg.cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return usage{}, errors.New("no rusage")
	}
	cpu := time.Duration(syscall.TimevalToNsec(ru.Utime) + syscall.TimevalToNsec(ru.Stime))
	return usage{cpu: cpu, voluntary: int64(ru.Nvcsw), involuntary: int64(ru.Nivcsw)}, nil
}

// abandon ends a logger whose run has failed.
func (lg *logger) abandon() {
	lg.stop()
	_ = lg.cmd.Wait()
	lg.discard()
}

func (lg *logger) discard() {
	lg.stop()
	if lg.stderr != nil {
		os.Remove(lg.stderr.Name())
		lg.stderr.Close()
		lg.stderr = nil
	}
}

// A producerProcess is a running producer.
type producerProcess struct {
	cmd    *exec.Cmd
	result *os.File
	times  *os.File // nil unless watched
	lines  int
}

// startProducer starts a producer that writes to pipe.
func startProducer(ctx context.Context, in *input, o order, pipe *os.File) (_ *producerProcess, err error) {
	var data *os.File // none for a producer that makes its own up
	if in != nil {
		o.Bytes, data = len(in.data), in.file
	}
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &producerProcess{lines: o.Lines}
	r, w, err := newPipe()
	if err != nil {
		return nil, err
	}
	defer w.Close()
	p.result = r
	p.cmd = exec.CommandContext(ctx, exe, string(text))
	p.cmd.Env = childEnviron("producer")
	p.cmd.Stdout, p.cmd.Stderr = pipe, os.Stderr
	p.cmd.ExtraFiles = []*os.File{data, w}
	if o.Watch != "" {
		fd, err := unix.MemfdCreate("bench-times", unix.MFD_CLOEXEC)
		if err != nil {
			r.Close()
			return nil, fmt.Errorf("memfd_create: %w", err)
		}
		p.times = os.NewFile(uintptr(fd), "bench-times")
		if err := p.times.Truncate(int64(8 * o.Lines)); err != nil {
			p.discard()
			return nil, err
		}
		p.cmd.ExtraFiles = append(p.cmd.ExtraFiles, p.times)
	}
	group(p.cmd)
	if err := p.cmd.Start(); err != nil {
		p.discard()
		return nil, fmt.Errorf("producer: %w", err)
	}
	return p, nil
}

// wait waits for the producer's result.
func (p *producerProcess) wait() (produced, error) {
	var out produced
	text, readErr := io.ReadAll(p.result)
	if err := p.cmd.Wait(); err != nil {
		return out, fmt.Errorf("producer: %w", err)
	}
	if readErr != nil {
		return out, fmt.Errorf("producer: %w", readErr)
	}
	if err := json.Unmarshal(text, &out); err != nil {
		return out, fmt.Errorf("producer: %w", err)
	}
	return out, nil
}

// writeTimes are the times of the writes, in nanoseconds since 1970.
func (p *producerProcess) writeTimes() ([]int64, error) {
	data := make([]byte, 8*p.lines)
	if _, err := p.times.ReadAt(data, 0); err != nil {
		return nil, fmt.Errorf("times: %w", err)
	}
	return unsafe.Slice((*int64)(unsafe.Pointer(unsafe.SliceData(data))), p.lines), nil
}

func (p *producerProcess) discard() {
	p.result.Close()
	if p.times != nil {
		p.times.Close()
	}
}

// A feed is a run of a logger behind a producer's pipe.
type feed struct {
	contender contender
	job       job
	in        *input // nil where the order is for mail
	order     order
	dir       string // empty, for the run; its parent takes odds and ends
	// during, if set, is called while the producer writes.
	during func(context.Context, *logger) error
}

// A fed is what came of a feed.
type fed struct {
	produced
	usage
	exited  int64 // CLOCK_MONOTONIC in nanoseconds
	outputs []output
	times   []int64 // of the writes, when watched
}

// run starts the logger, then the producer, and waits for both.
func (f feed) run(ctx context.Context) (_ fed, err error) {
	r, w, err := newPipe()
	if err != nil {
		return fed{}, err
	}
	defer w.Close()
	var env []string
	if f.in != nil {
		env = append(env, copierSizeEnv+"="+strconv.Itoa(len(f.in.data)))
	}
	lg, err := startLogger(ctx, f.contender, f.job, f.dir, r, env...)
	r.Close()
	if err != nil {
		return fed{}, err
	}
	defer func() {
		if err != nil {
			lg.abandon()
		}
	}()
	if err := lg.ready(ctx); err != nil {
		return fed{}, err
	}
	if f.order.Watch != "" {
		f.order.Watch = filepath.Join(f.dir, f.order.Watch)
	}
	p, err := startProducer(ctx, f.in, f.order, w)
	if err != nil {
		return fed{}, err
	}
	defer p.discard()
	w.Close()
	if f.during != nil {
		if err := f.during(ctx, lg); err != nil {
			_ = p.cmd.Cancel() // it may have ended by itself
			_, _ = p.wait()
			return fed{}, err
		}
	}
	out := fed{outputs: lg.launch.outputs}
	if out.produced, err = p.wait(); err != nil {
		return fed{}, err
	}
	if f.order.Watch != "" {
		if out.times, err = p.writeTimes(); err != nil {
			return fed{}, err
		}
	}
	if out.usage, err = lg.wait(); err != nil {
		return fed{}, err
	}
	out.exited = lg.exited
	return out, nil
}
