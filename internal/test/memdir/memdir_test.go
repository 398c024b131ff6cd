package memdir

import (
	"os"
	"path/filepath"
	"testing"
)

func TestNew(t *testing.T) {
	var dir string
	t.Run("used", func(t *testing.T) {
		dir = New(t)
		if other := New(t); other == dir {
			t.Errorf("New returned %s twice", dir)
		}
		if !inMemory(memory) {
			t.Logf("%s is no tmpfs", memory)
		} else if !inMemory(dir) {
			t.Errorf("%s is not in memory", dir)
		}
		if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
			t.Error(err)
		}
	})
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", dir, err)
	}
}
