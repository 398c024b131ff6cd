package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"multilog/internal/cmdline"
)

// With --output, readers see the old content or the new one, and nothing else is left in
// the directory.
func TestOutput(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "multilog.prom")
	full := func(w *bufio.Writer) { _, _ = io.WriteString(w, strings.Repeat("a line\n", 5000)+"end\n") }
	if err := replaceFile(path, full); err != nil {
		t.Fatal(err)
	}
	var stop atomic.Bool
	torn := make(chan string)
	go func() {
		defer close(torn)
		for !stop.Load() {
			if text, err := os.ReadFile(path); err != nil || !bytes.HasSuffix(text, []byte("\nend\n")) {
				torn <- string(text[max(0, len(text)-20):])
				return
			}
		}
	}()
	for range 300 {
		if err := replaceFile(path, full); err != nil {
			t.Fatal(err)
		}
	}
	stop.Store(true)
	if text, bad := <-torn; bad {
		t.Errorf("a reader sees a part, which ends in %q", text)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o644 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	checkNames(t, dir, "multilog.prom")
}

// A link stays a link, and what is no file is written to. After an error the old content
// stays.
func TestOutputPlaces(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	for _, err := range []error{os.WriteFile(path, []byte("old"), 0o600), os.Symlink("file", link)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	write := func(w *bufio.Writer) { _, _ = w.WriteString("new") }
	if err := replaceFile(link, write); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if to, _ := os.Readlink(link); string(text) != "new" || err != nil || to != "file" {
		t.Errorf("%q, %v, the link leads to %q", text, err, to)
	}
	if err := replaceFile("/dev/null", write); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat("/dev/null"); err != nil || info.Mode()&os.ModeDevice == 0 {
		t.Fatalf("/dev/null is no device any more: %v, %v", info, err)
	}
	if err := replaceFile(filepath.Join(dir, "no/where"), write); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
	if err := replaceFile(dir, write); err == nil {
		t.Error("a directory is written to")
	}
	checkNames(t, dir, "file", "link")
	var stderr bytes.Buffer
	code := run([]string{"--output=" + dir + "/no/where", dir}, io.Discard, &stderr)
	if want := "mlstat: fatal: unable to write to " + dir + "/no/where: file does not exist\n"; code != cmdline.ExitFailed || stderr.String() != want {
		t.Errorf("exit %d, %q", code, stderr.String())
	}
}

// checkNames checks what is in a directory.
func checkNames(t *testing.T, dir string, want ...string) {
	t.Helper()
	var names []string
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if strings.Join(names, " ") != strings.Join(want, " ") || err != nil {
		t.Errorf("in the directory: %q, %v", names, err)
	}
}
