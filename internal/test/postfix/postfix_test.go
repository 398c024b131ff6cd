package postfix

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"multilog/internal/test/logger"
)

// asServer has the test binary start a Postfix in the directory that it names, print
// its sessions, and sleep.
const asServer = "POSTFIX_TEST_AS_SERVER"

func TestMain(m *testing.M) {
	dir := os.Getenv(asServer)
	if dir == "" {
		os.Exit(m.Run())
	}
	log, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		panic(err)
	}
	s, err := Start(context.Background(), dir, log)
	if err != nil {
		panic(err)
	}
	fmt.Println(s.PID(), s.sink.Process.Pid, s.guard.Process.Pid)
	time.Sleep(time.Hour)
}

// TestKilledLeavesNothing kills a program that has started a Postfix.
func TestKilledLeavesNothing(t *testing.T) {
	s, _ := startServer(t)
	s.Stop()
	dir := filepath.Dir(s.dir) + "/killed"
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asServer+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var sessions [3]int
	_, err = fmt.Fscan(out, &sessions[0], &sessions[1], &sessions[2])
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range sessions {
		logger.Until(t, fmt.Sprintf("session %d goes", id), func() bool { return errors.Is(syscall.Kill(-id, 0), syscall.ESRCH) })
	}
}

// startServer starts a Postfix whose log comes out of a pipe.
func startServer(t *testing.T) (*Server, *os.File) {
	t.Helper()
	if why := Missing(); why != "" {
		if os.Getenv("CI") == "true" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	if testing.Short() {
		t.Skip("takes seconds")
	}
	dir, err := os.MkdirTemp("", "multilog-postfix-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	s, err := Start(t.Context(), filepath.Join(dir, "postfix"), w)
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s, r
}

// TestDelivers has mails delivered, and finds their lines and nothing that is left.
func TestDelivers(t *testing.T) {
	s, log := startServer(t)
	const mails = 20
	text, logged := make(chan string), make(chan struct{})
	go func() {
		var all strings.Builder
		removed := 0
		for lines := bufio.NewScanner(log); lines.Scan(); {
			all.WriteString(lines.Text() + "\n")
			if strings.HasSuffix(lines.Text(), ": removed") {
				if removed++; removed == mails {
					close(logged)
				}
			}
		}
		text <- all.String()
	}()
	if took, err := s.Send(t.Context(), mails, 1000, 3); err != nil || took <= 0 {
		t.Fatalf("%v, %v", took, err)
	}
	select {
	case <-logged: // which is after the queue is empty
	case <-time.After(time.Minute):
	}
	groups := []int{s.PID(), s.sink.Process.Pid}
	s.Stop()
	for _, g := range groups {
		if err := syscall.Kill(-g, 0); !errors.Is(err, syscall.ESRCH) {
			t.Errorf("session %d is still there: %v", g, err)
		}
	}
	if all := <-text; strings.Count(all, ": removed\n") != mails || strings.Count(all, " status=sent ") != mails {
		t.Errorf("the log:\n%s", all)
	}
}

// TestBlockedIsSeen does not read the log for a while.
func TestBlockedIsSeen(t *testing.T) {
	s, log := startServer(t)
	const asleep = 500 * time.Millisecond
	watch := s.WatchLog()
	sent := make(chan error)
	go func() { _, err := s.Send(t.Context(), 300, 1000, 10); sent <- err }()
	logger.Until(t, "postlogd finds the pipe full", func() bool {
		pid := findPostlogd(s.PID())
		if pid == 0 {
			return false
		}
		state, _ := blockedWrite(pid)
		return state != ""
	})
	time.Sleep(asleep)
	go func() { _, _ = io.Copy(io.Discard, log) }()
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	if longest := watch.Stop(); longest < asleep/2 {
		t.Errorf("the longest write took %v", longest)
	}
}

// TestUnreachable checks that it says so when Postfix's user can't get to its files.
func TestUnreachable(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), filepath.Join(dir, "postfix"), nil); err == nil || !strings.Contains(err.Error(), "may not enter "+dir) {
		t.Errorf("%v", err)
	}
}
