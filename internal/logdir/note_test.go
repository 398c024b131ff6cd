package logdir

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestEventsBeforeFirstLook has an old file appear in a directory that is
// watched and has never been looked at.
func TestEventsBeforeFirstLook(t *testing.T) {
	w := newWatch()
	defer w.close()
	d := &Dir{Path: t.TempDir(), watch: w}
	if !w.add(d.Path) {
		t.Skip("no inotify")
	}
	name := "@4000000040cebb173743e93c.s"
	if err := os.WriteFile(filepath.Join(d.Path, name), []byte("x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	w.wait(10 * time.Second)
	d.note()
	if n := d.seen[labelOf(name)]; n != 1 {
		t.Errorf("the label was seen %d times, want 1", n)
	}
}
