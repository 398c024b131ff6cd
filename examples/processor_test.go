package examples

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"multilog/bench/maillog"
)

// rcloneStub is a store in a directory that can't be reached the first time.
const rcloneStub = `#!/bin/sh
set -e
[ "$1" = copyto ]
if [ ! -e "$STORE/tried" ]; then touch "$STORE/tried"; exit 1; fi
cp "$2" "$STORE/${3##*/}"
`

// TestObjectStore ships files with the example's processor and counts their lines.
func TestObjectStore(t *testing.T) {
	if testing.Short() {
		t.Skip("a processor that fails is run again after five seconds")
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
	cmd := exec.Command(ours, "t", "s20000", "n20", "!"+ship, "./main")
	cmd.Dir = base
	cmd.Env = append(os.Environ(), "PATH="+base+":"+os.Getenv("PATH"), "STORE="+store)
	cmd.Stdin = bytes.NewReader(log)
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	if !bytes.Contains(said, []byte("unable to run processor in ./main")) {
		t.Errorf("a store that can't be reached is not mentioned: %q", said)
	}

	kept, err := filepath.Glob(filepath.Join(base, "main", "@*.s"))
	must(t, err)
	shipped, err := filepath.Glob(filepath.Join(store, "@*.log"))
	must(t, err)
	if len(kept) < 5 || len(shipped) != len(kept) {
		t.Fatalf("%d files are kept, %d were shipped", len(kept), len(shipped))
	}
	var lines []byte
	for i := range kept {
		here, err := os.ReadFile(kept[i])
		must(t, err)
		there, err := os.ReadFile(shipped[i])
		must(t, err)
		if !bytes.Equal(here, there) {
			t.Errorf("%s is not what is in %s", shipped[i], kept[i])
		}
		lines = append(lines, there...)
	}
	current, err := os.ReadFile(filepath.Join(base, "main", "current"))
	must(t, err)
	lines = append(lines, current...)
	if got := labels.ReplaceAll(lines, nil); !bytes.Equal(got, log) {
		t.Errorf("%d bytes were sent, %d are in the files", len(log), len(got))
	}
}
