package rotate

import (
	"syscall"
	"testing"

	"multilog/ioring"
)

// TestCapCountsWhatIsPending: pending files can't be removed, so no file may
// become pending that would bring them above the cap.
func TestCapCountsWhatIsPending(t *testing.T) {
	for _, c := range []struct {
		limit, pending, current int64
		want                    bool
	}{
		{0, 1000, 1000, true}, // no cap
		{100, 60, 40, true},
		{100, 60, 41, false},
		{100, 0, 1000, true}, // one file is always allowed
	} {
		d := &Dir{conf: Config{Cap: c.limit}, cur: &file{size: c.current}}
		if c.pending > 0 {
			d.queue = []*pending{{file: &file{size: c.pending}}}
		}
		if got := d.capAllows(); got != c.want {
			t.Errorf("cap %d, pending %d, current %d: %v", c.limit, c.pending, c.current, got)
		}
	}
}

// After a sync that failed current is written again, once; not by the name that
// the file before it still has.
func TestFlushWritesAgainOnce(t *testing.T) {
	k := &latentKernel{realKernel: newKernel(t)}
	d, _ := k.open(t.TempDir(), &head{})
	d.k, d.conf.SyncWithin = k, 1
	flush := func(codes ...ioring.Code) {
		t.Helper()
		d.flush.start(d, flushSteps, nil, nil)
		for _, code := range codes {
			if got := d.flush.op.Code; got != code {
				t.Errorf("operation %v, not %v", got, code)
			}
			k.finish(nil)
		}
		if d.flush.busy() {
			t.Errorf("operation %v is too much", d.flush.op.Code)
		}
	}
	fail := func(code ioring.Code) {
		t.Helper()
		k.finish(syscall.EIO)
		k.mono += retryPause
		d.Tick(k.mono)
		if got := d.flush.op.Code; got != code {
			t.Errorf("after an error, operation %v, not %v", got, code)
		}
	}
	d.batch(t, "one\n")
	d.flush.start(d, flushSteps, nil, nil)
	fail(ioring.Rewrite)
	fail(ioring.Rewrite)
	k.finish(nil)
	k.finish(nil)
	flush(ioring.Fdatasync)

	d.flush.start(d, flushSteps, nil, nil)
	fail(ioring.Rewrite)
	d.flush = task{}
	k.submitted = nil
	d.naming.steps = namingSteps
	flush(ioring.Fdatasync)
	if d.due() == 0 {
		t.Error("what was not written again never will be")
	}
	d.naming.steps = nil
	flush(ioring.Rewrite, ioring.Fdatasync)
	if d.due() != 0 {
		t.Error("what was written again is to be written once more")
	}
}

// Only a full disk is relieved: another error is warned about, and waits as
// long as ever, also while room is made.
func TestReliefIsForFullDisks(t *testing.T) {
	k := &latentKernel{realKernel: newKernel(t)}
	d, _ := k.open(t.TempDir(), &head{})
	d.k, d.conf.KeepFree = k, 1
	for _, c := range []struct {
		err  error
		want bool
	}{{syscall.EIO, false}, {syscall.ENOSPC, true}, {syscall.EIO, false}, {syscall.EROFS, false}, {syscall.EDQUOT, true}} {
		if got := d.relieve(c.err); got != c.want {
			t.Errorf("%v: relief under way: %v", c.err, got)
		}
	}
}
