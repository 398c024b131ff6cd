package self

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestStartedAs(t *testing.T) {
	path, err := filepath.Abs(startedAs())
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.Stat(exe)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.Stat(path); err != nil || !os.SameFile(got, want) {
		t.Errorf("started as %s, which is not this program (%v)", path, err)
	}
}

func TestFirstExecutable(t *testing.T) {
	for _, c := range []struct {
		paths []string
		want  string
		err   error
	}{
		{[]string{"/nothing/here", "/bin/sh"}, "/bin/sh", nil},
		{[]string{"/bin/sh", "/nothing/here"}, "/bin/sh", nil},
		{[]string{"/nothing/here"}, "", unix.ENOENT},
		{[]string{"/nothing/here", "/dev/null"}, "", unix.EACCES},
	} {
		got, err := firstExecutable(c.paths...)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%q: %q, %v", c.paths, got, err)
		}
	}
}
