package linux

import (
	"syscall"

	"golang.org/x/sys/unix"

	"multilog/internal/console"
)

// writer is the real pipeline.Console.
type writer struct{ signals *signals }

// stderrMillis is how long WriteStderr waits before it looks for SIGTERM again.
const stderrMillis = 100

// WriteStderr implements [pipeline.Console]. Like daemontools' multilog it waits if the
// reader of standard error does not read, but not after SIGTERM.
func (w *writer) WriteStderr(b []byte) {
	for len(b) > 0 {
		n, err := console.Write(b)
		switch {
		case err == nil:
			b = b[n:]
		case err != syscall.EAGAIN || w.signals.term():
			return
		default:
			console.Wait(stderrMillis)
		}
	}
}

// WriteStatus implements [pipeline.Console].
func (w *writer) WriteStatus(fd int, b []byte) error {
	for at := 0; at < len(b); {
		n, err := unix.Pwrite(fd, b[at:], int64(at))
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		at += n
	}
	return nil
}
