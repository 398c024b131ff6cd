package pipeline

import (
	"syscall"
	"testing"

	"multilog/ioring"
	"multilog/pipeline/input"
	"multilog/pipeline/script"
	"multilog/rotate/lockpage"
)

// fakeKernel accepts everything, keeps nothing and allocates nothing, so that a test
// measures only the loop. Every directory is empty.
var fakeTraits = input.Traits{Dev: 1, Ino: 1, Stays: true, Movable: true}

type fakeKernel struct {
	now       int64
	fds       int
	submitted []*ioring.Op
	written   int64
	shown     int64
	consumed  int64
}

func (k *fakeKernel) Now() int64                             { k.now += 1000; return k.now }
func (k *fakeKernel) Mono() int64                            { return k.now }
func (k *fakeKernel) BootID() [16]byte                       { return [16]byte{} }
func (k *fakeKernel) MapPage(int) ([]byte, error)            { return lockpage.New(), nil }
func (k *fakeKernel) Warn(text string)                       { panic(text) }
func (k *fakeKernel) Submit(op *ioring.Op)                   { k.submitted = append(k.submitted, op) }
func (k *fakeKernel) Traits() input.Traits                   { return fakeTraits }
func (k *fakeKernel) Peek() (b []byte, held int, eof bool)   { return nil, 0, true }
func (k *fakeKernel) Consume(n int, _ *byte, _ []byte) error { k.consumed += int64(n); return nil }
func (k *fakeKernel) Hold([]byte)                            {}
func (k *fakeKernel) Waiting() int                           { return 0 }
func (k *fakeKernel) Take(int, *byte) ([]byte, error)        { return nil, syscall.EIO }
func (k *fakeKernel) LastLine()                              {}
func (k *fakeKernel) WriteStatus(_ int, b []byte) error      { k.written += int64(len(b)); return nil }
func (k *fakeKernel) WriteStderr(b []byte)                   { k.shown += int64(len(b)) }

func (k *fakeKernel) Do(op *ioring.Op) {
	op.Err = nil
	switch op.Code {
	case ioring.OpenAt:
		k.fds++
		op.Res = int64(k.fds)
	case ioring.UnlinkAt:
		op.Err = syscall.ENOENT
	case ioring.Stat:
		op.Stat = ioring.FileInfo{Ino: uint64(op.FD), Nlink: 1}
		if op.Path != "" {
			op.Err = syscall.ENOENT
		}
	}
}

func (k *fakeKernel) Wait(int64, bool) (terms, alarms int) {
	ops := k.submitted
	k.submitted = nil
	for _, op := range ops {
		k.Do(op)
		if op.Done != nil {
			op.Done(op)
		}
	}
	return 0, 0
}

func (k *fakeKernel) Writev(_ int, pieces [][]byte) (int, error) {
	n := 0
	for _, p := range pieces {
		n += len(p)
	}
	k.written += int64(n)
	return n, nil
}

// openLoop returns a loop at the start of its input.
func openLoop(tb testing.TB, args ...string) (*loop, *fakeKernel) {
	tb.Helper()
	parsed, err := script.Parse(args)
	if err != nil {
		tb.Fatal(err)
	}
	k := &fakeKernel{now: 1e18}
	l := newLoop(System{Host: k, Input: k, Waiter: k, Console: k, Backend: "none"})
	if err := l.open(parsed); err != nil {
		tb.Fatal(err)
	}
	return l, k
}
