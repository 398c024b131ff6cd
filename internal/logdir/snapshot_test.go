package logdir

import (
	"os"
	"path/filepath"
	"testing"
)

// A symbolic link that leads to nothing hides no other file.
func TestDanglingLink(t *testing.T) {
	dir := t.TempDir()
	const old = "@40000000500000003fffffff.s"
	if err := os.WriteFile(filepath.Join(dir, old), []byte("line\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nothing", filepath.Join(dir, "current")); err != nil {
		t.Fatal(err)
	}
	files, err := NewDir(dir).Look()
	if err != nil || len(files) != 1 || files[0].Name != old {
		t.Errorf("%v, %v", files, err)
	}
}
