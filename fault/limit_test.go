package fault

import (
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Limits: of a process's files (RLIMIT_FSIZE, which comes with a signal) and of
// a user's blocks (quota, which needs a kernel that was built with it: strace
// does it anywhere).

func TestFileSizeLimit(t *testing.T) {
	t.Parallel()
	bin, dir := binary(t), t.TempDir()
	main, in := filepath.Join(dir, "main"), newSupply(t)
	script := []string{bin, "t", "s262144", "n9999", "./main"}
	const limitBytes = 100_001 // a line is cut there
	const text = "unable to write to ./main/current, pausing: file too big"
	limit := func(l *logger, soft uint64) {
		t.Helper()
		// The logger looks at its limits before it opens the directory.
		until(t, "its start", l.said, func() bool { return l.hasOpen(filepath.Join(main, "current")) })
		if err := unix.Prlimit(l.cmd.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: soft, Max: unix.RLIM_INFINITY}, nil); err != nil {
			t.Fatal(err)
		}
	}
	l := run(t, dir, in.r, script...)
	limit(l, limitBytes)
	in.send(diskLines)
	l.says(text)
	l.rests()
	l.saidOnce(text)
	l.signal(syscall.SIGTERM)
	l.exits(0)
	if next, last := in.next(t), lastLine(t, main, true); next != last+1 {
		t.Errorf("the log ends with line %d, the pipe begins with line %d", last, next)
	}

	l = run(t, dir, in.r, script...)
	limit(l, limitBytes)
	l.says(text)
	l.rests()
	limit(l, unix.RLIM_INFINITY)
	l.says("able to write to ./main/current again after ")
	in.wait(t, l)
	in.w.Close()
	l.exits(0)
	mustHold(t, read(t, main), true, 0, in.lines)
}

// TestQuota has writes fail as they do when a user's quota is used up, for
// some seconds.
func TestQuota(t *testing.T) {
	t.Parallel()
	need(t, "strace")
	bin, dir := binary(t), t.TempDir()
	main, in := filepath.Join(dir, "main"), newSupply(t)
	l := run(t, dir, in.r, "strace", "-f", "-qq", "-o", "trace", "-P", filepath.Join(main, "current"),
		"-e", "trace=write,writev", "-e", "inject=write,writev:error=EDQUOT:when=1..3",
		bin, "t", "s16777215", "n9999", "./main")
	in.send(shortLines)
	const text = "unable to write to ./main/current, pausing: disk quota exceeded"
	l.says("able to write to ./main/current again after ")
	l.saidOnce(text)
	in.wait(t, l)
	in.w.Close()
	l.exits(0)
	mustHold(t, read(t, main), true, 0, in.lines)
}
