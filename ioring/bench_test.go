package ioring

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// benchmark calls f with a queue of each backend. It reports the CPU time per iteration
// of the process and of the kernel's workers for it.
func benchmark(b *testing.B, f func(b *testing.B, q *Queue)) {
	for _, backend := range []string{"ring", "pool"} {
		b.Run(backend, func(b *testing.B) {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			q, err := NewQueue(Options{Backend: backend})
			if err != nil {
				b.Skip(err)
			}
			before := cpuTime(b)
			f(b, q)
			b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/op")
			if err := q.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

func cpuTime(b *testing.B) int64 {
	var ru unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &ru); err != nil {
		b.Fatal(err)
	}
	return ru.Utime.Nano() + ru.Stime.Nano()
}

// roundTrip does with one operation what the loop does: submit, sleep, complete.
func roundTrip(b *testing.B, q *Queue, op *Op) {
	q.Submit(op)
	for q.Inflight() > 0 {
		q.Flush()
		fds := []unix.PollFd{{Fd: int32(q.FD()), Events: unix.POLLIN}}
		if _, err := unix.Poll(fds, -1); err != nil && err != unix.EINTR {
			b.Fatal(err)
		}
		q.Complete()
	}
	if op.Err != nil {
		b.Fatal(op.Err)
	}
}

func BenchmarkNop(b *testing.B) {
	benchmark(b, func(b *testing.B, q *Queue) {
		op := &Op{Code: Nop}
		for b.Loop() {
			roundTrip(b, q, op)
		}
	})
}

// A stat needs a worker, but no disk.
func BenchmarkStat(b *testing.B) {
	benchmark(b, func(b *testing.B, q *Queue) {
		op := &Op{Code: Stat, Dir: unix.AT_FDCWD, Path: "."}
		for b.Loop() {
			roundTrip(b, q, op)
		}
	})
}

func BenchmarkFsync(b *testing.B) {
	benchmark(b, func(b *testing.B, q *Queue) {
		f, err := os.Create(filepath.Join(b.TempDir(), "f"))
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		op := &Op{Code: Fsync, FD: int(f.Fd())}
		page := make([]byte, 4096)
		for b.Loop() {
			if _, err := f.WriteAt(page, 0); err != nil {
				b.Fatal(err)
			}
			roundTrip(b, q, op)
		}
	})
}
