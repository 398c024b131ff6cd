package logdir

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	testlogger "multilog/internal/test/logger"
)

// failingDir is a directory that can't be listed while fails is set.
type failingDir struct {
	osDir
	fails atomic.Bool
}

func (d *failingDir) Names() ([]string, error) {
	if d.fails.Load() {
		return nil, &os.PathError{Op: "open", Path: "main", Err: unix.EACCES}
	}
	return d.osDir.Names()
}

// A Follower goes on when its directory could not be read for a while. It tells each
// error once, and then has nothing to tell until something changes.
func TestFollowerGoesOnAfterErrors(t *testing.T) {
	dir := &failingDir{osDir: osDir{t.TempDir()}}
	dir.fails.Store(true)
	f := Follow(OpenDir("main", dir))
	defer f.Close()
	testlogger.Until(t, "the error is told", f.More)
	file, err := f.Next()
	if file != nil || !errors.Is(err, unix.EACCES) || !strings.HasSuffix(err.Error(), "; trying again") {
		t.Errorf("%v, %v", file, err)
	}
	<-f.Changed()
	for range 2 {
		<-f.Changed() // after another look
		if f.More() {
			file, err := f.Next()
			t.Errorf("told again: %v, %v", file, err)
		}
	}
	dir.fails.Store(false)
	if err := os.WriteFile(filepath.Join(dir.path, "current"), []byte("a line\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	testlogger.Until(t, "the file is found", f.More)
	if file, err := f.Next(); err != nil || file.Name != "current" {
		t.Errorf("%v, %v", file, err)
	} else {
		file.Close()
	}
}
