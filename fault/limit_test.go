package fault

import (
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"multilog/internal/test/logger"
)

// TestFileSizeLimit has a limit for the size of files (RLIMIT_FSIZE), which the kernel
// enforces with an error and a signal, come and go while the logger runs. Files end at the
// limit. One that leaves no room in a file is waited for.
func TestFileSizeLimit(t *testing.T) {
	t.Parallel()
	bin, dir := logger.Binary(t, "multilog"), t.TempDir()
	main, in := filepath.Join(dir, "main"), newSupply(t)
	script := []string{bin, "t", "s262144", "n9999", "./main"}
	const limitBytes = 100_001 // within a line
	const tooBig = "unable to write to ./main/current, pausing: file too big"
	const lowered = "files in ./main are finished at 100001 bytes, the new limit for file sizes (prlimit -f), not at 262144"
	limit := func(l *logger.Logger, soft uint64) {
		t.Helper()
		// The logger looks at its limits before it opens current.
		l.Until("it has started", func() bool { return hasOpen(l, filepath.Join(main, "current")) })
		if err := unix.Prlimit(l.PID(), unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: soft, Max: unix.RLIM_INFINITY}, nil); err != nil {
			t.Fatal(err)
		}
	}
	l := logger.Start(t, dir, in.r, script...)
	limit(l, limitBytes)
	in.send(diskLines)
	in.wait(t, l)
	l.SaidOnce(lowered)
	l.Signal(syscall.SIGTERM)
	l.Exits(0)
	if sizes := sizesOf(t, main); len(sizes) < 10 || slices.Max(sizes) > limitBytes {
		t.Errorf("files have %d bytes, the limit is %d", sizes, limitBytes)
	}

	l = logger.Start(t, dir, in.r, script...)
	limit(l, 100)
	in.send(diskLines)
	l.Says(tooBig)
	mustRest(t, l)
	l.SaidOnce(tooBig)
	l.Signal(syscall.SIGTERM)
	l.Exits(0)
	if next, last := in.next(t), lastLine(t, main, true); next != last+1 {
		t.Errorf("the log ends with line %d, the pipe begins with line %d", last, next)
	}

	l = logger.Start(t, dir, in.r, script...)
	limit(l, 100)
	l.Says(tooBig)
	limit(l, limitBytes)
	l.Says(lowered)
	limit(l, unix.RLIM_INFINITY)
	in.wait(t, l)
	in.w.Close()
	l.Exits(0)
	mustHold(t, read(t, main), true, 0, in.lines)
	if sizes := sizesOf(t, main); slices.Max(sizes) <= limitBytes {
		t.Errorf("files have %d bytes, though the limit is gone", sizes)
	}
}

// sizesOf returns the sizes of the log's files.
func sizesOf(t *testing.T, dir string) (sizes []int64) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "[@c]*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, info.Size())
	}
	return sizes
}

// TestQuota has some writes fail as they do when a user's quota is used up. strace injects
// the error, because not every kernel has quotas.
func TestQuota(t *testing.T) {
	t.Parallel()
	logger.Need(t, "strace")
	bin, dir := logger.Binary(t, "multilog"), t.TempDir()
	main, in := filepath.Join(dir, "main"), newSupply(t)
	l := logger.Start(t, dir, in.r, "strace", "-f", "-qq", "-o", "trace", "-P", filepath.Join(main, "current"),
		"-e", "trace=write,writev", "-e", "inject=write,writev:error=EDQUOT:when=1..3",
		bin, "t", "s16777215", "n9999", "./main")
	in.send(shortLines)
	const text = "unable to write to ./main/current, pausing: disk quota exceeded"
	l.Says("write to ./main/current succeeded after ")
	l.SaidOnce(text)
	in.wait(t, l)
	in.w.Close()
	l.Exits(0)
	mustHold(t, read(t, main), true, 0, in.lines)
}
