package logger

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Process is a process that was started. It is waited for as soon as it ends, so that it
// is never a zombie for long.
type Process struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed once the process is waited for
}

// Watch starts to wait for a command that was started.
func Watch(cmd *exec.Cmd) *Process {
	p := &Process{cmd, make(chan struct{})}
	go func() {
		_ = cmd.Wait() // ProcessState has the result
		close(p.ended)
	}()
	return p
}

// PID returns the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done returns a channel that is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.ended }

// Ended reports whether the process has ended.
func (p *Process) Ended() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// Outcome returns how the process has ended: its exit code, or the name of the signal
// that has killed it, such as KILL. The process must have ended.
func (p *Process) Outcome() string {
	status := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return strings.TrimPrefix(unix.SignalName(status.Signal()), "SIG")
	}
	return strconv.Itoa(status.ExitStatus())
}

// End kills the process and waits for its end. If the process was started in a group of
// its own, End kills the whole group, even if the process itself has ended.
func (p *Process) End() {
	if attr := p.cmd.SysProcAttr; attr != nil && attr.Setpgid {
		_ = unix.Kill(-p.PID(), unix.SIGKILL) // it may be gone
	}
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.ended
}

// clockTick is the unit of times in /proc/PID/stat, USER_HZ, which is 100 on all
// machines that Linux and Go run on.
const clockTick = 10 * time.Millisecond

// CPU returns how much time the process has spent on processors, to the hundredth of a
// second. It returns 0 if the process has ended.
func (p *Process) CPU() time.Duration {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID()))
	_, rest, _ := bytes.Cut(stat, []byte(") ")) // see proc_pid_stat(5): state is its 3rd field
	const first, utime, stime = 3, 14, 15
	fields := strings.Fields(string(rest))
	if len(fields) <= stime-first {
		return 0
	}
	user, _ := strconv.Atoi(fields[utime-first]) // the kernel writes digits
	system, _ := strconv.Atoi(fields[stime-first])
	return time.Duration(user+system) * clockTick
}

// Activity is what the threads of a process do.
type Activity struct {
	Threads     int
	Asleep      bool  // all threads sleep, and there are some
	Voluntary   int64 // how often they went to sleep
	Involuntary int64 // how often another thread took their processor
}

// Activity looks at the threads of the process. Threads that have ended do not count; if
// the process has ended, there are none.
func (p *Process) Activity() Activity {
	var a Activity
	names, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", p.PID())) // the pattern is valid
	asleep := 0
	for _, name := range names {
		status, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		a.Threads++
		for line := range strings.Lines(string(status)) {
			name, value, _ := strings.Cut(line, ":")
			value = strings.TrimSpace(value)
			switch n, _ := strconv.ParseInt(value, 10, 64); name {
			case "State":
				if strings.HasPrefix(value, "S") {
					asleep++
				}
			case "voluntary_ctxt_switches":
				a.Voluntary += n
			case "nonvoluntary_ctxt_switches":
				a.Involuntary += n
			}
		}
	}
	a.Asleep = a.Threads > 0 && asleep == a.Threads
	return a
}
