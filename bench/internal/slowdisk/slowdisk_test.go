package slowdisk

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"multilog/internal/test/mountns"
)

// TestSlowDisk runs itself again in a mount namespace of its own, and writes to a
// slow disk there.
func TestSlowDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("mounting needs root")
	}
	if testing.Short() {
		t.Skip("takes seconds")
	}
	if !mountns.Entered() {
		cmd := exec.Command("unshare", "--mount", os.Args[0], "-test.run=^TestSlowDisk$", "-test.v")
		cmd.Env = append(os.Environ(), mountns.Env+"=1")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if strings.Contains(string(out), "--- SKIP") {
			t.Skipf("%s", out)
		}
		return
	}
	dir := t.TempDir()
	d, err := New(t.Context(), dir)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(d.Close)
	name := filepath.Join(d.dir, "file")
	if err := os.WriteFile(name, []byte("some bytes"), 0o600); err != nil {
		t.Fatal(err)
	}
	took, err := timeFsync(d.dir)
	if err != nil {
		t.Fatal(err)
	}
	if least := FlushTime; took < least || d.fsync < least {
		t.Errorf("fsync took %v, and %v at first: not slow", took, d.fsync)
	}
	if text, err := os.ReadFile(name); err != nil || string(text) != "some bytes" {
		t.Errorf("read %q, %v", text, err)
	}
	d.Close()
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
