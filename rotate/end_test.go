package rotate

import (
	"syscall"
	"testing"

	"multilog/ioring"
)

// What is left to the next logger is what has failed; what is under way is
// waited for.
func TestGiveUp(t *testing.T) {
	under := task{steps: []step{{}}}
	failed := task{steps: []step{{}}, retry: 1}
	for _, c := range []struct {
		name string
		d    Dir
		want bool
	}{
		{"nothing is left", Dir{}, false},
		{"it has ended", Dir{ended: true, naming: failed}, false},
		{"the naming", Dir{naming: failed}, true},
		{"the naming is under way", Dir{naming: under}, false},
		{"the ending", Dir{ending: failed}, true},
		{"the ending is under way", Dir{ending: under}, false},
		{"a file", Dir{finish: failed}, true},
		{"a file is under way", Dir{finish: under}, false},
		{"a file is under way, the naming of another has failed", Dir{finish: under, naming: failed}, false},
		{"the spare, for which nobody waits", Dir{spare: failed}, false},
		{"the flush, for which nobody waits", Dir{flush: failed}, false},
	} {
		c.d.want = true
		if got := c.d.GiveUp(); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
		if c.d.spare.failing() || c.d.flush.failing() {
			t.Errorf("%s: it is tried again", c.name)
		}
		if wanted := c.name != "the spare, for which nobody waits"; c.d.want != wanted {
			t.Errorf("%s: a rotation is wanted: %v", c.name, c.d.want)
		}
	}
}

// A file that somebody has removed is missed once; any other trouble is one.
func TestUnlessGone(t *testing.T) {
	k, p := newKernel(t), &pending{file: &file{dirty: 1}}
	d := &Dir{k: k, conf: Config{Name: "./main"}}
	if v := d.unlessGone(currentName, p, &ioring.Op{Err: syscall.EIO}); v.err != syscall.EIO || v.over || p.gone {
		t.Errorf("an error: %+v, gone %v", v, p.gone)
	}
	if v := d.unlessGone(currentName, p, &ioring.Op{}); v.err != nil || v.over || p.gone {
		t.Errorf("no error: %+v, gone %v", v, p.gone)
	}
	for range 2 {
		if v := d.unlessGone(currentName, p, &ioring.Op{Err: syscall.ENOENT}); v.err != nil || !v.over || !p.gone || p.dirty != 0 {
			t.Errorf("no file: %+v, %+v", v, p)
		}
	}
	if len(k.warned) != 1 {
		t.Errorf("warnings: %q", k.warned)
	}
}
