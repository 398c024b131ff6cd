package ioring

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"multilog/internal/test/logger"
)

// The owner submits from one thread after another.
func TestOwnerMoves(t *testing.T) {
	q, err := NewQueue(Options{})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for range 4 {
		next := make(chan struct{})
		go func() {
			runtime.LockOSThread() // and let the thread live on: other tests' rings may use it
			defer runtime.UnlockOSThread()
			defer close(next)
			seen[unix.Gettid()] = true
			done := false
			q.Submit(&Op{Code: Stat, Dir: unix.AT_FDCWD, Path: "/", Done: func(op *Op) {
				done = op.Err == nil
			}})
			q.Flush()
			if !logger.Await(func() bool { return q.Complete() > 0 }) || !done {
				t.Error("the operation did not finish")
			}
		}()
		runtime.LockOSThread() // keeps this thread from being the next one
		<-next
		runtime.UnlockOSThread()
	}
	if len(seen) < 2 {
		t.Log("all goroutines had the same thread")
	}
	if q.ring != nil && len(q.ring.threads) < len(seen) {
		t.Errorf("%d threads submitted, %d are known", len(seen), len(q.ring.threads))
	}
	if err := q.Close(); err != nil {
		t.Error(err)
	}
}
