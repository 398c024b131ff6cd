package rotate

import (
	"syscall"
	"testing"

	"multilog/ioring"
	"multilog/rotate/lockpage"
)

// Pending files can't be removed. So no file becomes pending if the pending files would
// then exceed the cap.
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
		d := newDir(newKernel(t), Config{Cap: c.limit})
		if c.pending > 0 {
			d.finisher.queue = []*pending{{file: &file{size: c.pending}}}
		}
		if got := d.retention.allows(c.current, d.pendingCount()); got != c.want {
			t.Errorf("cap %d, pending %d, current %d: %v", c.limit, c.pending, c.current, got)
		}
	}
}

// After a failed sync current is written again, once. It is not opened by the name that
// the file before it still has.
func TestFlushWritesAgainOnce(t *testing.T) {
	k := &latentKernel{realKernel: newKernel(t)}
	d, _ := k.open(t.TempDir(), &head{})
	d.host, d.syncer.within = k, 1
	flush := func(codes ...ioring.Code) {
		t.Helper()
		d.syncer.current.start(d, flushSteps, &d.syncer, nil)
		for _, code := range codes {
			if got := d.syncer.current.op.Code; got != code {
				t.Errorf("operation %v, not %v", got, code)
			}
			k.finish(nil)
		}
		if d.syncer.current.busy {
			t.Errorf("unexpected operation %v", d.syncer.current.op.Code)
		}
	}
	fail := func(code ioring.Code) {
		t.Helper()
		k.finish(syscall.EIO)
		k.mono += retryPause
		d.Tick(k.mono)
		if got := d.syncer.current.op.Code; got != code {
			t.Errorf("after an error, operation %v, not %v", got, code)
		}
	}
	d.batch(t, "one\n")
	d.syncer.current.start(d, flushSteps, &d.syncer, nil)
	fail(ioring.Rewrite)
	fail(ioring.Rewrite)
	k.finish(nil)
	k.finish(nil)
	flush(ioring.Fdatasync)

	d.syncer.current.start(d, flushSteps, &d.syncer, nil)
	fail(ioring.Rewrite)
	d.syncer.current.progress = progress{}
	k.submitted = nil
	d.finisher.queue = []*pending{{file: &file{}, in: &d.finisher, stage: lockpage.StageNaming}}
	flush(ioring.Fdatasync)
	if d.Deadline() == 0 {
		t.Error("data that was not written again never will be")
	}
	d.finisher.queue = nil
	flush(ioring.Rewrite, ioring.Fdatasync)
	if d.Deadline() != 0 {
		t.Error("data that was written again will be written once more")
	}
}

// Only a full disk starts relief. Another error is warned about, and the step pauses as
// usual, also while relief is under way.
func TestReliefIsForFullDisks(t *testing.T) {
	k := &latentKernel{realKernel: newKernel(t)}
	d, _ := k.open(t.TempDir(), &head{})
	d.host, d.retention.free = k, 1
	for _, c := range []struct {
		err  error
		want bool
	}{{syscall.EIO, false}, {syscall.ENOSPC, true}, {syscall.EIO, false}, {syscall.EROFS, false}, {syscall.EDQUOT, true}} {
		if got := d.relieve(c.err); got != c.want {
			t.Errorf("%v: relief under way: %v", c.err, got)
		}
	}
}
