package examples

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"multilog/bench/maillog"
	"multilog/internal/test/logger"
)

// rcloneStub stands in for rclone. Its store is a directory, and its first copy fails.
const rcloneStub = `#!/bin/sh
set -e
[ "$1" = copyto ]
if [ ! -e "$STORE/tried" ]; then touch "$STORE/tried"; exit 1; fi
cp "$2" "$STORE/${3##*/}"
`

// TestObjectStore lets the example's processor ship files, and compares their lines
// with the input.
func TestObjectStore(t *testing.T) {
	if testing.Short() {
		t.Skip("multilog runs a failed processor again after five seconds")
	}
	t.Parallel()
	base := t.TempDir()
	store := filepath.Join(base, "store")
	must(t, os.Mkdir(store, 0o755))
	must(t, os.WriteFile(filepath.Join(base, "rclone"), []byte(rcloneStub), 0o755))
	ship, err := filepath.Abs("object-store/ship")
	must(t, err)

	log := make([]byte, 100_000)
	size, _ := maillog.New(maillog.Config{Seed: 3}).Fill(log, 1<<30)
	log = log[:size]
	l := logger.New(t, base, logger.Binary(t, "multilog"), "t", "s20000", "n20", "!"+ship, "./main")
	l.Command().Env = append(os.Environ(), "PATH="+base+":"+os.Getenv("PATH"), "STORE="+store)
	l.Command().Stdin = bytes.NewReader(log)
	l.Start()
	l.Exits(0)
	if said := l.Said(); !strings.Contains(said, "unable to run processor in ./main") {
		t.Errorf("no warning of the processor's failure: %q", said)
	}

	kept, err := filepath.Glob(filepath.Join(base, "main", "@*.s"))
	must(t, err)
	shipped, err := filepath.Glob(filepath.Join(store, "@*.log"))
	must(t, err)
	if len(kept) < 5 || len(shipped) != len(kept) {
		t.Fatalf("%d files kept, %d shipped", len(kept), len(shipped))
	}
	var lines []byte
	for i := range kept {
		here, err := os.ReadFile(kept[i])
		must(t, err)
		there, err := os.ReadFile(shipped[i])
		must(t, err)
		if !bytes.Equal(here, there) {
			t.Errorf("%s and %s differ", shipped[i], kept[i])
		}
		lines = append(lines, there...)
	}
	current, err := os.ReadFile(filepath.Join(base, "main", "current"))
	must(t, err)
	lines = append(lines, current...)
	if got := labels.ReplaceAll(lines, nil); !bytes.Equal(got, log) {
		t.Errorf("%d bytes were sent, and %d are in the files", len(log), len(got))
	}
}
