package ioring

import "golang.org/x/sys/unix"

// run starts cmd and waits for it, but not for processes that it leaves behind. It
// returns the exit status, or 128 plus the number of the signal that ended it.
func run(cmd *Command) (int64, error) {
	s, err := newStarter(cmd.Idle)
	if err != nil {
		return 0, err
	}
	defer s.end()
	pid, pidfd, err := s.start(cmd)
	if err != nil {
		return 0, err
	}
	if pidfd >= 0 {
		_ = unix.Close(pidfd)
	}
	return waitFor(pid)
}

// waitFor waits until a program has ended. It returns the exit status, or 128 plus the
// number of the signal that ended it.
func waitFor(pid int) (int64, error) {
	for {
		var status unix.WaitStatus
		if _, err := unix.Wait4(pid, &status, 0, nil); err == unix.EINTR {
			continue
		} else if err != nil {
			return 0, err
		}
		switch {
		case status.Signaled():
			return 128 + int64(status.Signal()), nil
		default:
			return int64(status.ExitStatus()), nil
		}
	}
}
