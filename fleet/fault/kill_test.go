package fault

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"multilog/fleet/layout"
	"multilog/fleet/store"
	"multilog/tai64n"
)

var (
	lines      = flag.Int("lines", 20000, "lines that are logged")
	kills      = flag.Int("kills", 4, "kills of mlship, at least")
	storeKills = flag.Int("storekills", 2, "kills of the store, at least")
	rate       = flag.Int("rate", 20000, "lines a second")
)

// TestKills kills the sender and the store while lines are logged, and afterwards
// counts the lines in the store.
func TestKills(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	for _, script := range []string{"s65536 n20", "z s65536 n20", "s200000 n20 !cat"} {
		t.Run(script, func(t *testing.T) { testKills(t, script) })
	}
}

func testKills(t *testing.T, script string) {
	s := startServer(t)
	mlship, multilog := build(t)
	dir := filepath.Join(t.TempDir(), "main")
	logger, input := startLogger(t, multilog, dir, script)
	sender := startSender(t, mlship, dir)
	written := make(chan error, 1)
	go func() { written <- write(input, *lines, *rate) }()

	killed, storeKilled, done := 0, 0, false
	for !done || killed < *kills || storeKilled < *storeKills {
		select {
		case err := <-written:
			if err != nil {
				t.Fatal(err)
			}
			done, written = true, nil
		case <-time.After(time.Duration(100+rand.IntN(700)) * time.Millisecond):
		}
		if rand.IntN(3) > 0 {
			sender.kill()
			sender = startSender(t, mlship, dir)
			killed++
		} else {
			s.kill()
			time.Sleep(time.Duration(rand.IntN(300)) * time.Millisecond)
			s.start()
			storeKilled++
		}
	}
	if err := logger.Wait(); err != nil {
		t.Fatalf("multilog: %v", err)
	}
	s.awaitAnswer()
	awaitComplete(t, s, dir)
	sender.end()
	checkLines(t, s, *lines)
	out, err := exec.Command(mlship, "--check", "--host=mx1", dir+"=log", "s3://"+bucket+"/logs").CombinedOutput()
	if err != nil {
		t.Errorf("mlship --check: %v\n%s", err, out)
	}
	t.Logf("%d lines, %d kills of mlship, %d of the store; %s", *lines, killed, storeKilled, out)
}

func startLogger(t *testing.T, multilog, dir, script string) (*exec.Cmd, io.WriteCloser) {
	args := append([]string{"t"}, strings.Fields(script)...)
	if i := strings.Index(script, "!"); i >= 0 {
		args = append(append([]string{"t"}, strings.Fields(script[:i])...), script[i:])
	}
	return startCommand(t, multilog, append(args, dir)...)
}

// startCommand starts a logger of any kind, and returns it and its input. It is killed
// at the end of the test.
func startCommand(t *testing.T, name string, args ...string) (*exec.Cmd, io.WriteCloser) {
	cmd := exec.Command(name, args...)
	cmd.Stderr = os.Stderr
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd, input
}

// write writes numbered lines, so many a second.
func write(w io.WriteCloser, lines, rate int) error {
	begun := time.Now()
	out := bufio.NewWriter(w)
	for i := range lines {
		if i%100 == 0 {
			if err := out.Flush(); err != nil {
				return err
			}
			time.Sleep(time.Until(begun.Add(time.Duration(i) * time.Second / time.Duration(rate))))
		}
		fmt.Fprintf(out, "%d of a log that is about mail, as most are\n", i)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return w.Close()
}

// sender is a running mlship.
type sender struct {
	t   *testing.T
	cmd *exec.Cmd
	err bytes.Buffer
}

func startSender(t *testing.T, mlship, dir string) *sender {
	s := &sender{t: t, cmd: exec.Command(mlship, "--every=200ms", "--host=mx1", dir+"=log", "s3://"+bucket+"/logs")}
	s.cmd.Stderr = &s.err
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.cmd.Process.Kill() })
	return s
}

func (s *sender) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// end ends it with SIGTERM.
func (s *sender) end() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	if err := s.cmd.Wait(); err != nil {
		s.t.Errorf("mlship: %v\n%s", err, s.err.Bytes())
	}
}

var theLog = layout.Log{Prefix: "logs", Host: "mx1", Name: "log"}

// awaitComplete waits until everything that is in the directory is in the store. It fails
// when nothing is sent for two minutes.
func awaitComplete(t *testing.T, s *server, dir string) {
	const most = 2 * time.Minute
	deadline := time.Now().Add(most)
	least := 1 << 30 // files that were kept
	for {
		time.Sleep(200 * time.Millisecond)
		kept, _ := filepath.Glob(filepath.Join(dir, ".ship", "@*"))
		if len(kept) < least {
			least, deadline = len(kept), time.Now().Add(most)
		}
		current, err := os.ReadFile(filepath.Join(dir, "current"))
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		if len(kept) == 0 {
			if view, err := layout.Look(context.Background(), s.client(), theLog, ""); err == nil {
				for _, live := range view.Live {
					data, _ := layout.ReadLive(context.Background(), s.client(), live)
					got += len(data)
				}
			}
		}
		if len(kept) == 0 && got == len(current) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not all is sent: %d files are kept, and %d bytes of %d of current are there", len(kept), got, len(current))
		}
	}
}

// checkLines reads the log from the store: every line once, in order.
func checkLines(t *testing.T, s *server, lines int) {
	ctx := context.Background()
	client := s.client()
	view, err := layout.Look(ctx, client, theLog, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(view.Gaps) > 0 {
		t.Errorf("gap objects: %q", view.Gaps)
	}
	next := 0
	take := func(where string, data []byte) {
		for line := range bytes.Lines(data) {
			number, _, _ := bytes.Cut(line[min(len(line), tai64n.StampLen):], []byte(" "))
			if string(number) != strconv.Itoa(next) {
				t.Fatalf("%s: line %q where number %d belongs", where, line, next)
			}
			next++
		}
	}
	for _, f := range view.Files {
		take(f.Key, content(t, client, f.Key))
	}
	for _, live := range view.Live {
		data, err := layout.ReadLive(ctx, client, live)
		if err != nil {
			t.Fatal(err)
		}
		take(string(live.ID), data)
	}
	if next != lines {
		t.Errorf("%d lines are in the store, of %d", next, lines)
	}
}

func content(t *testing.T, s store.Store, key string) []byte {
	body, err := s.Get(context.Background(), key, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	data, err := layout.ReadFile(body)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
