package rotate

import (
	"syscall"
	"testing"

	"multilog/ioring"
)

// GiveUp leaves to the next logger only what has failed; it waits for running
// operations.
func TestGiveUp(t *testing.T) {
	under := progress{busy: true}
	failed := progress{busy: true, retry: 1}
	for _, c := range []struct {
		name string
		set  func(d *Dir)
		want bool
	}{
		{"nothing is left", func(*Dir) {}, false},
		{"it has ended", func(d *Dir) { d.closer.state, d.finisher.naming.progress = closed, failed }, false},
		{"the naming", func(d *Dir) { d.finisher.naming.progress = failed }, true},
		{"the naming is under way", func(d *Dir) { d.finisher.naming.progress = under }, false},
		{"the ending", func(d *Dir) { d.closer.task.progress = failed }, true},
		{"the ending is under way", func(d *Dir) { d.closer.task.progress = under }, false},
		{"a file", func(d *Dir) { d.finisher.finishing.progress = failed }, true},
		{"a file is under way", func(d *Dir) { d.finisher.finishing.progress = under }, false},
		{
			"a file is under way, the naming of another has failed",
			func(d *Dir) { d.finisher.finishing.progress, d.finisher.naming.progress = under, failed }, false,
		},
		{"a spare that is not needed", func(d *Dir) { d.spare.task.progress = failed }, false},
		{"a sync of current, which is not needed", func(d *Dir) { d.syncer.current.progress = failed }, false},
		{"a sync of another file, which is not needed", func(d *Dir) { d.syncer.waiting.progress = failed }, false},
	} {
		d := newDir(newKernel(t), Config{})
		c.set(d)
		d.writer.requested = true
		if got := d.GiveUp(); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
		if d.spare.failing() || d.syncer.current.failing() || d.syncer.waiting.failing() {
			t.Errorf("%s: a failed step will be tried again", c.name)
		}
		if requested := c.name != "a spare that is not needed"; d.RotationRequested() != requested {
			t.Errorf("%s: a rotation is requested: %v", c.name, d.RotationRequested())
		}
	}
}

// A file that another process has removed is warned about once. Other errors are
// returned.
func TestStopIfRemoved(t *testing.T) {
	k := newKernel(t)
	d := newDir(k, Config{Name: "./main"})
	p := &pending{file: &file{dirty: 1}, in: &d.finisher}
	if v := p.stopIfRemoved(currentName, &ioring.Op{Err: syscall.EIO}); v.err != syscall.EIO || v.over || p.gone {
		t.Errorf("an error: %+v, gone %v", v, p.gone)
	}
	if v := p.stopIfRemoved(currentName, &ioring.Op{}); v.err != nil || v.over || p.gone {
		t.Errorf("no error: %+v, gone %v", v, p.gone)
	}
	for range 2 {
		if v := p.stopIfRemoved(currentName, &ioring.Op{Err: syscall.ENOENT}); v.err != nil || !v.over || !p.gone || p.dirty != 0 {
			t.Errorf("no file: %+v, %+v", v, p)
		}
	}
	if len(k.warned) != 1 {
		t.Errorf("warnings: %q", k.warned)
	}
}
