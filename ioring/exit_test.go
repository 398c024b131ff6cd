package ioring

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// A process that exits or is killed while operations are in flight ends, and its locks
// with it, without help.
func TestExitWithOperationsInFlight(t *testing.T) {
	if how := os.Getenv("IORING_TEST_EXIT"); how != "" {
		exitInFlight(t, how, os.Getenv("IORING_TEST_BACKEND"))
	}
	for _, backend := range []string{"ring", "pool"} {
		for how, want := range map[string]string{"exit": "exit status 9", "kill": "signal: killed"} {
			t.Run(backend+" "+how, func(t *testing.T) {
				if backend == "ring" {
					newRingQueue(t)
				}
				cmd := exec.Command("/proc/self/exe", "-test.run=^TestExitWithOperationsInFlight$")
				cmd.Dir = t.TempDir()
				cmd.Env = append(os.Environ(), "IORING_TEST_EXIT="+how, "IORING_TEST_BACKEND="+backend)
				out, err := cmd.CombinedOutput()
				if err == nil || err.Error() != want {
					t.Fatalf("%v, want %s\n%s", err, want, out)
				}
				fd, err := unix.Open(filepath.Join(cmd.Dir, "lock"), unix.O_RDWR|unix.O_CLOEXEC, 0)
				if err != nil {
					t.Fatal(err)
				}
				defer unix.Close(fd)
				if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); err != nil {
					t.Errorf("lock of the process that is gone: %v", err)
				}
			})
		}
	}
}

// exitInFlight locks a file, writes to another, submits more operations on that file
// than a ring and a pool take at once, and ends this process.
func exitInFlight(t *testing.T, how, backend string) {
	runtime.LockOSThread()
	q, err := NewQueue(Options{Backend: backend})
	if err != nil {
		t.Fatal(err)
	}
	open := func(name string) int {
		op := Op{Code: OpenAt, Dir: unix.AT_FDCWD, Path: name, Flags: unix.O_RDWR | unix.O_CREAT, Mode: 0o600}
		if Do(&op); op.Err != nil {
			t.Fatal(op.Err)
		}
		return int(op.Res)
	}
	if err := unix.Flock(open("lock"), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		t.Fatal(err)
	}
	data := open("data")
	if _, err := unix.Write(data, make([]byte, 8<<20)); err != nil {
		t.Fatal(err)
	}
	for range 2 * ringSlots {
		q.Submit(&Op{Code: Fsync, FD: data})
	}
	q.Flush()
	wait(t, q, 2*ringSlots-1) // some have finished, some are running, some wait
	if how == "kill" {
		_ = unix.Kill(os.Getpid(), unix.SIGKILL)
		select {}
	}
	os.Exit(9)
}
