package linux

import (
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"multilog/internal/console"
)

// Signals are the signals that [Open] takes over.
var Signals = []syscall.Signal{syscall.SIGTERM, syscall.SIGALRM, syscall.SIGXFSZ}

// signals counts SIGTERM and SIGALRM and wakes the waiter.
type signals struct {
	fd      int // eventfd that signals make readable
	arrived atomic.Bool
	terms   atomic.Int32
	alarms  atomic.Int32
	started atomic.Bool // the loop is waiting or has waited
}

// watchSignals takes over the signals. Go's runtime receives them even if the parent
// had them blocked or ignored. SIGXFSZ is handled so that a write beyond the limit for
// file sizes fails instead of ending the process. Programs do not inherit a handler, as
// they would inherit that the signal is ignored.
func watchSignals() (*signals, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, err
	}
	s := &signals{fd: fd}
	c := make(chan os.Signal, 16)
	for _, sig := range Signals {
		signal.Notify(c, sig)
	}
	go func() {
		for sig := range c {
			s.count(sig)
		}
	}()
	return s, nil
}

func (s *signals) count(sig os.Signal) {
	switch sig {
	case syscall.SIGTERM:
		if s.terms.Add(1); !s.started.Load() {
			time.AfterFunc(startGrace, s.giveUpStart)
		}
	case syscall.SIGALRM:
		s.alarms.Add(1)
	default:
		return
	}
	s.arrived.Store(true)
	_, _ = unix.Write(s.fd, []byte{1, 0, 0, 0, 0, 0, 0, 0})
}

// startGrace is how long a start may continue after SIGTERM.
const startGrace = time.Second

// ExitTrouble is the exit status of a logger that could not start.
const ExitTrouble = 111

// giveUpStart ends the process if it is still starting, because an operation on a file
// system that does not answer never returns. The process leaves what a kill leaves, and
// has taken nothing from standard input.
func (s *signals) giveUpStart() {
	if !s.started.Load() {
		console.Say("multilog", console.Fatal, "unable to finish starting within a second of SIGTERM, exiting (a file system does not answer; nothing was taken from standard input)")
		os.Exit(ExitTrouble)
	}
}

// begin notes that the loop has begun to wait.
func (s *signals) begin() {
	if !s.started.Load() {
		s.started.Store(true)
	}
}

// take returns how many signals have come since the last call.
func (s *signals) take() (terms, alarms int) {
	if s.arrived.Swap(false) {
		terms, alarms = int(s.terms.Swap(0)), int(s.alarms.Swap(0))
	}
	return terms, alarms
}

// term reports whether a SIGTERM has come that take has not returned yet.
func (s *signals) term() bool { return s.terms.Load() > 0 }
