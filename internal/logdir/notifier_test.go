package logdir

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// watching returns a Watch of a directory, which tells all changes.
func watching(t *testing.T, dir string) *inotify {
	t.Helper()
	w := newInotify(dir)
	t.Cleanup(w.Close)
	if complete, err := w.Start(); !complete {
		t.Skip("no inotify:", err)
	}
	return w
}

func create(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Linux gives a user few inotify instances, so all logs share one.
func TestOneInstanceForAllLogs(t *testing.T) {
	for range 5 {
		watching(t, t.TempDir())
	}
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip(err)
	}
	instances := 0
	for _, fd := range fds {
		if to, err := os.Readlink("/proc/self/fd/" + fd.Name()); err == nil && strings.Contains(to, "inotify") {
			instances++
		}
	}
	if instances != 1 {
		t.Errorf("%d inotify instances for 5 directories", instances)
	}
}

// Each Watch is told the changes of its own directory, also if two have the same one and
// one of them ends, and if another one asks before.
func TestWatchesShareAnInstance(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	a, b, other := watching(t, one), watching(t, one), watching(t, two)
	create(t, one, "x")
	create(t, two, "y")
	for _, tt := range []struct {
		w    *inotify
		want string
	}{{other, "y"}, {b, "x"}, {a, "x"}} {
		tt.w.Wait(time.Minute) // it returns at once
		if got := tt.w.Changes(); !slices.Equal(got, []Change{{Came, tt.want, ""}}) {
			t.Errorf("changes of %s: %v", tt.w.path, got)
		}
	}
	gone := newInotify(one)
	if _, err := gone.Start(); err != nil {
		t.Fatal(err)
	}
	gone.Close()
	create(t, one, "z")
	for _, w := range []*inotify{a, b} {
		if got := w.Changes(); !slices.Equal(got, []Change{{Came, "z", ""}}) {
			t.Errorf("changes, after another Watch has ended: %v", got)
		}
	}
}

// A Wait ends when something changes, also if another goroutine reads the events.
func TestWaitEndsWithChange(t *testing.T) {
	dir := t.TempDir()
	w, other := watching(t, dir), watching(t, t.TempDir())
	ended := make(chan bool)
	go func() {
		w.Wait(time.Minute)
		ended <- true
	}()
	go other.Changes()
	create(t, dir, "x")
	select {
	case <-ended:
	case <-time.After(30 * time.Second):
		t.Error("it waits still")
	}
	go func() {
		w.Rest(time.Minute)
		ended <- true
	}()
	w.Interrupt()
	select {
	case <-ended:
	case <-time.After(30 * time.Second):
		t.Error("it rests still, after an interrupt")
	}
}

// If more happens than Linux or a Watch keeps for a reader that does not ask, that is
// told.
func TestWatchTellsThatItMissed(t *testing.T) {
	for _, waits := range []bool{false, true} {
		dir := t.TempDir()
		w := watching(t, dir)
		if waits { // then a goroutine reads the events
			w.Wait(0)
		}
		var files []*os.File
		for _, name := range []string{"a", "b"} {
			f, err := os.Create(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			files = append(files, f)
		}
		for i := range 4 * maxQueued {
			if _, err := files[i%2].WriteString("x"); err != nil {
				t.Fatal(err)
			}
		}
		changes := w.Changes()
		if len(changes) > maxQueued || !slices.ContainsFunc(changes, func(c Change) bool { return c.Kind == Missed }) {
			t.Errorf("waits %v: %d changes, and none says that some were missed", waits, len(changes))
		}
		create(t, dir, "c")
		if changes = w.Changes(); !slices.Contains(changes, Change{Came, "c", ""}) {
			t.Errorf("waits %v: afterwards %v", waits, changes)
		}
	}
}

// The halves of a rename are one change, however far apart they come.
func TestHalvesOfRename(t *testing.T) {
	w := watching(t, t.TempDir())
	take := func(mask, cookie uint32, name string) {
		notify.mu.Lock()
		defer notify.mu.Unlock()
		w.take(&event{w.wd, mask, cookie, name})
	}
	take(unix.IN_MOVED_FROM, 1, "a")
	take(unix.IN_MODIFY, 0, "c")
	take(unix.IN_MOVED_TO, 1, "b")
	take(unix.IN_MOVED_FROM, 2, "d")
	want := []Change{{Written, "c", ""}, {Came, "b", "a"}, {Went, "d", ""}}
	if got := w.Changes(); !slices.Equal(got, want) {
		t.Errorf("changes: %v, want %v", got, want)
	}
	take(unix.IN_MOVED_TO, 2, "e")
	if got := w.Changes(); !slices.Equal(got, []Change{{Came, "e", ""}}) {
		t.Errorf("changes: %v", got)
	}
}

// A Watch of a directory that does not exist is told when it begins to.
func TestWatchOfMissingDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	w := newInotify(dir)
	defer w.Close()
	if complete, err := w.Start(); complete || err != nil {
		t.Fatal(complete, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	w.Wait(time.Minute)
	if got := w.Changes(); len(got) == 0 {
		t.Error("nothing is told")
	}
	if complete, err := w.Start(); !complete || err != nil {
		t.Error(complete, err)
	}
}
