package logdir

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"multilog/tai64n"
)

// The Watch of a real directory reports names that come, go and change.
func TestWatchTellsChanges(t *testing.T) {
	dir := t.TempDir()
	w := newInotify(dir)
	defer w.Close()
	if complete, err := w.Start(); !complete {
		t.Skip("no inotify:", err)
	}
	from, to := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	if err := os.WriteFile(from, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(to); err != nil {
		t.Fatal(err)
	}
	w.Wait(10 * time.Second)
	want := []Change{{Came, "a", ""}, {Came, "b", "a"}, {Went, "b", ""}}
	if got := w.Changes(); !slices.Equal(got, want) {
		t.Errorf("changes: %v, want %v", got, want)
	}
}

// A file that leaves the directory is reported without its new name.
func TestWatchTellsWhatLeaves(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "a")
	if err := os.WriteFile(name, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	w := newInotify(dir)
	defer w.Close()
	if complete, err := w.Start(); !complete {
		t.Skip("no inotify:", err)
	}
	if err := os.Rename(name, filepath.Join(t.TempDir(), "a")); err != nil {
		t.Fatal(err)
	}
	want := []Change{{Went, "a", ""}}
	if got := w.Changes(); !slices.Equal(got, want) {
		t.Errorf("changes: %v, want %v", got, want)
	}
}

// A label that a look did not see, because its file was being renamed, stays known.
// Otherwise the file would be read again. The oldest labels are forgotten.
func TestRecentLabelsStayKnown(t *testing.T) {
	d := &Dir{labels: make(map[string]bool)}
	label := func(i int) string { return tai64n.Label{Sec: 1<<62 + uint64(i)}.String() }
	const known, there = 3 * keptLabels, 50
	for i := range known {
		d.labels[label(i)] = true
	}
	const leftover = 7 // left by a kill long ago
	old := []string{label(leftover) + ".u"}
	for i := known - there; i < known-1; i++ {
		old = append(old, label(i)+".s")
	}
	d.forgetRemoved(old)
	for _, i := range []int{leftover, known - there, known - 2, known - 1} {
		if !d.labels[label(i)] {
			t.Errorf("label %d of %d is forgotten", i, known)
		}
	}
	if n := len(d.labels); n > known/2 || d.labels[label(0)] {
		t.Errorf("%d of %d labels are still known", n, known)
	}
}

// If a directory that tells no changes was empty, and then has a first file, nothing was
// removed in between. If there are old files already, some may have been.
func TestFirstFileIsNoGap(t *testing.T) {
	for _, tt := range []struct {
		names []string
		gap   bool
	}{
		{[]string{"current"}, false},
		{[]string{"current", "next"}, false},
		{[]string{"previous", "current"}, false},
		{[]string{"@400000005000000000000001.s", "current"}, true},
	} {
		d := newSimDir(rand.New(rand.NewPCG(1, 1)))
		files := &stepFiles{t: t, dir: OpenDir("sim", d)}
		files.look()
		for _, name := range tt.names {
			d.create(name).data = []byte("a line\n")
		}
		files.look()
		gap := slices.ContainsFunc(files.waiting, func(f *File) bool { return f.Gap != nil })
		if gap != tt.gap {
			t.Errorf("%v: a gap: %v, want %v", tt.names, gap, tt.gap)
		}
		for _, f := range files.waiting {
			f.Close()
		}
		files.dir.Close()
	}
}
