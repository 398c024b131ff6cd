package ioring

import (
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// shell runs script with /bin/sh in the directory dir and returns the finished
// operation and the output.
func shell(t *testing.T, do func(*Op), dir int, script string, idle bool) (*Op, string) {
	t.Helper()
	return program(t, do, dir, idle, "sh", "-c", script)
}

func program(t *testing.T, do func(*Op), dir int, idle bool, args ...string) (*Op, string) {
	t.Helper()
	path, err := exec.LookPath(args[0])
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	op := &Op{Code: Run, Cmd: &Command{
		Path: path, Args: args, Dir: dir, Files: []int{-1, int(out.Fd()), 2}, Idle: idle,
	}}
	do(op)
	text, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	return op, strings.TrimSpace(string(text))
}

func runs(t *testing.T, do func(*Op)) {
	dir := openDir(t, t.TempDir())
	for script, want := range map[string]int64{
		"exit 0": 0, "exit 7": 7, "exit 255": 255, "kill -TERM $$": 128 + 15, "kill -KILL $$": 128 + 9,
	} {
		if op, _ := shell(t, do, dir, script, false); op.Err != nil || op.Res != want {
			t.Errorf("%s: %d, %v, want %d", script, op.Res, op.Err, want)
		}
	}
	for path, want := range map[string]error{"/nothing/here": unix.ENOENT, "/dev/null": unix.EACCES} {
		op := &Op{Code: Run, Cmd: &Command{Path: path, Args: []string{"x"}, Dir: dir}}
		if do(op); op.Err != want {
			t.Errorf("%s: error %v, want %v", path, op.Err, want)
		}
	}
	op := &Op{Code: Run, Cmd: &Command{Path: "/bin/sh", Args: []string{"sh"}, Dir: -1}}
	if do(op); op.Err == nil {
		t.Error("no working directory: no error")
	}
}

func TestRun(t *testing.T) { runs(t, Do) }

func TestRunInRenamedDirectory(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	top := t.TempDir()
	if err := os.Mkdir(filepath.Join(top, "a"), 0o700); err != nil {
		t.Fatal(err)
	}
	dir := openDir(t, filepath.Join(top, "a"))
	if err := os.Rename(filepath.Join(top, "a"), filepath.Join(top, "b")); err != nil {
		t.Fatal(err)
	}
	if _, got := shell(t, Do, dir, "pwd -P", false); got != filepath.Join(top, "b") {
		t.Errorf("working directory %q, want %q", got, filepath.Join(top, "b"))
	}
	if now, err := os.Getwd(); err != nil || now != here {
		t.Errorf("our own working directory became %q, %v", now, err)
	}
}

func TestRunDescriptors(t *testing.T) {
	dir := openDir(t, t.TempDir())
	leak, err := unix.Open("/dev/null", unix.O_RDONLY, 0) // without O_CLOEXEC, as if we had inherited it
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(leak)
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pipe[0])
	const script = "i=0; while [ $i -lt 200 ]; do [ ! -e /proc/$$/fd/$i ] || echo $i; i=$((i+1)); done; test /proc/$$/fd/4 -ef /proc/$$/fd/5"
	// 0 and 2 closed, 4 both moved and in the way of another, 5 twice the same.
	op := &Op{Code: Run, Cmd: &Command{
		Path: "/bin/sh", Args: []string{"sh", "-c", script}, Dir: dir,
		Files: []int{-1, pipe[1], -1, -1, dir, dir},
	}}
	Do(op)
	unix.Close(pipe[1])
	if op.Err != nil || op.Res != 0 {
		t.Errorf("%d, %v", op.Res, op.Err)
	}
	buf := make([]byte, 100)
	n, _ := unix.Read(pipe[0], buf)
	if got := string(buf[:max(n, 0)]); got != "1\n4\n5\n" {
		t.Errorf("open descriptors: %q, want 1 4 5", got)
	}
}

// A process that a program leaves running, with all its descriptors, is not waited for.
func TestRunLeavesChildBehind(t *testing.T) {
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pipe[0])
	op := &Op{Code: Run, Cmd: &Command{
		Path: "/bin/sh", Args: []string{"sh", "-c", "sleep 1000 & echo $!"},
		Dir: openDir(t, t.TempDir()), Files: []int{-1, pipe[1], 2},
	}}
	Do(op) // waiting for the child would take 1000 s
	unix.Close(pipe[1])
	if op.Err != nil || op.Res != 0 {
		t.Fatalf("%d, %v", op.Res, op.Err)
	}
	buf := make([]byte, 100)
	n, _ := unix.Read(pipe[0], buf)
	var pid int
	for _, c := range strings.TrimSpace(string(buf[:max(n, 0)])) {
		pid = pid*10 + int(c-'0')
	}
	if err := unix.Kill(pid, 0); pid == 0 || err != nil {
		t.Fatalf("child %d does not run: %v", pid, err)
	}
	if err := unix.Kill(pid, unix.SIGKILL); err != nil {
		t.Error(err)
	}
}

func TestRunIdle(t *testing.T) {
	dir := openDir(t, t.TempDir())
	own, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil {
		t.Fatal(err)
	}
	const script = "cut -d' ' -f19 /proc/self/stat" // nice value of a child of the shell
	for idle, want := range map[bool]int{false: 20 - own, true: min(20-own+idleNice, maxNice)} {
		if _, got := shell(t, Do, dir, script, idle); got != itoa(want) {
			t.Errorf("idle %v: nice %s, want %d", idle, got, want)
		}
	}
	if now, err := unix.Getpriority(unix.PRIO_PROCESS, 0); err != nil || now != own {
		t.Errorf("our own priority went from %d to %d, %v", own, now, err)
	}
}

func TestRunIdleIOClass(t *testing.T) {
	if _, err := os.Stat("/usr/bin/ionice"); err != nil {
		t.Skip("no ionice")
	}
	if _, got := shell(t, Do, openDir(t, t.TempDir()), "ionice", true); !strings.HasPrefix(got, "idle") {
		t.Errorf("I/O class %q, want idle", got)
	}
}

// Signals that this process catches are neither blocked nor ignored in the child.
func TestRunSignals(t *testing.T) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, unix.SIGTERM, unix.SIGALRM, unix.SIGPIPE)
	defer signal.Stop(c)
	// Without a shell: some unblock everything themselves.
	op, got := program(t, Do, openDir(t, t.TempDir()), false, "grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status")
	if op.Res != 0 {
		t.Fatalf("grep: %d", op.Res)
	}
	const caught = 1<<(unix.SIGTERM-1) | 1<<(unix.SIGALRM-1) | 1<<(unix.SIGPIPE-1)
	for _, line := range strings.Split(got, "\n") {
		name, hex, _ := strings.Cut(line, ":\t")
		mask, err := strconv.ParseUint(hex, 16, 64)
		if err != nil || mask&caught != 0 {
			t.Errorf("%s: %s, %v", name, hex, err)
		}
	}
}

// This test's program starts again with ALRM blocked, as a careless supervisor might do
// it. (The Go runtime unblocks TERM itself.)
func TestRunSignalsBlockedByParent(t *testing.T) {
	if os.Getenv("IORING_TEST_BLOCKED") != "" {
		var mask unix.Sigset_t
		if err := unix.PthreadSigmask(unix.SIG_BLOCK, nil, &mask); err != nil || mask.Val[0]&(1<<13) == 0 {
			t.Fatalf("SIGALRM is not blocked here: %#x, %v", mask.Val[0], err)
		}
		TestRunSignals(t)
		return
	}
	onThrowawayThread(func() {
		var mask unix.Sigset_t
		mask.Val[0] = 1 << 13
		if err := unix.PthreadSigmask(unix.SIG_BLOCK, &mask, nil); err != nil {
			t.Error(err)
			return
		}
		rerun(t, "IORING_TEST_BLOCKED=1")
	})
}

// One thread, which remains, starts programs that run one after another. A new thread
// for each would cost more than the start of the program.
func TestStarterStays(t *testing.T) {
	q, err := NewQueue(Options{Backend: "pool"})
	if err != nil {
		t.Fatal(err)
	}
	var first *starter
	for range 5 {
		op, _ := program(t, q.do(t), openDir(t, t.TempDir()), true, "true")
		if op.Err != nil || op.Res != 0 {
			t.Fatalf("exit status %d, error %v", op.Res, op.Err)
		}
		q.programs.mu.Lock()
		free := q.programs.free
		q.programs.mu.Unlock()
		if first == nil && len(free) == 1 {
			first = free[0]
		}
		if len(free) != 1 || free[0] != first {
			t.Fatalf("%d threads start programs", len(free))
		}
	}
	if err := q.Close(); err != nil {
		t.Error(err)
	}
}
