package feed

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// killGrace bounds the wait for the output of a process that was killed.
const killGrace = 5 * time.Second

// endWith makes cmd the leader of a process group that is killed as a whole when
// the context of cmd ends. The kernel kills the leader when the thread ends that
// has started it. Threads of this program end with it alone, since no goroutine
// that is locked to its thread returns.
func endWith(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = killGrace
}

// awaitExit waits until a child has ended, kills what is left of its process
// group, and returns when it ended, in CLOCK_MONOTONIC. The child must be waited
// for afterwards: until then its process id is not used again.
func awaitExit(pid int) (at int64) {
	for unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
	}
	at = Monotonic()
	_ = syscall.Kill(-pid, syscall.SIGKILL)
	return at
}

// NewPipe returns the ends of a pipe, which block, as those of a supervisor do.
func NewPipe() (r, w *os.File, err error) {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		return nil, nil, fmt.Errorf("pipe: %w", err)
	}
	return os.NewFile(uintptr(p[0]), "pipe"), os.NewFile(uintptr(p[1]), "pipe"), nil
}

// Command returns a command that does not outlive ctx or this program, with all that it
// starts.
func Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	endWith(cmd)
	return cmd
}
