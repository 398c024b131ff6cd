package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"multilog/bench/maillog"
)

// build returns the path of the binary of the package in dir.
func build(t *testing.T, dir string) string {
	t.Helper()
	abs, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(t.TempDir(), filepath.Base(abs))
	cmd := exec.Command("go", "build", "-o", binary, ".")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build in %s: %v\n%s", dir, err, out)
	}
	return binary
}

// Beside a logger that rotates hundreds of times a second every line is shown
// once, in order.
func TestFollowBesideLogger(t *testing.T) {
	mlcat := build(t, ".")
	ours := build(t, filepath.Join("..", "multilog"))
	for _, tt := range []struct {
		name, logger string
		script       []string
	}{
		{"ours", ours, []string{"t", "s4096", "n100000", "./main"}},
		{"ours, processor", ours, []string{"t", "s32768", "n100000", "!gzip", "./main"}},
		{"daemontools", "multilog", []string{"t", "s4096", "n100000", "./main"}},
		{"daemontools, processor", "multilog", []string{"t", "s32768", "n100000", "!gzip", "./main"}},
		{"s6-log", "s6-log", []string{"t", "n100000", "s4096", "./main"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			logger, err := exec.LookPath(tt.logger)
			if err != nil {
				if os.Getenv("CI") == "true" {
					t.Fatal(err)
				}
				t.Skipf("%v (install the Debian packages daemontools and s6)", err)
			}
			duration := 3 * time.Second
			if testing.Short() {
				duration = time.Second / 2
			}
			followLogger(t, mlcat, exec.Command(logger, tt.script...), duration)
		})
	}
}

func followLogger(t *testing.T, mlcat string, logger *exec.Cmd, duration time.Duration) {
	dir := t.TempDir()
	out, err := os.Create(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	follower := exec.Command(mlcat, "-f", "--no-tail", "-o", "cat", "main")
	follower.Dir, follower.Stdout, follower.Stderr = dir, out, &said
	logger.Dir, logger.Stderr = dir, os.Stderr
	in, err := logger.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	for _, cmd := range []*exec.Cmd{follower, logger} {
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { cmd.Process.Kill(); cmd.Wait() }()
	}
	sent := feed20000(t, in, duration)
	in.Close()
	var got []byte
	for deadline := time.Now().Add(time.Minute); len(got) < len(sent) && time.Now().Before(deadline); {
		time.Sleep(20 * time.Millisecond)
		if got, err = os.ReadFile(out.Name()); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(got, sent) {
		at := 0
		for at < min(len(got), len(sent)) && got[at] == sent[at] {
			at++
		}
		t.Errorf("%d bytes sent, %d shown; they differ from byte %d on\n%s", len(sent), len(got), at, said.Bytes())
	}
	if said.Len() > 0 {
		t.Errorf("mlcat said: %s", said.Bytes())
	}
}

// feed20000 writes some 20,000 lines a second, and returns them.
func feed20000(t *testing.T, in interface{ Write([]byte) (int, error) }, duration time.Duration) []byte {
	g := maillog.New(maillog.Config{Seed: 3})
	const every, lines = 2 * time.Millisecond, 40
	tick := time.NewTicker(every)
	defer tick.Stop()
	var sent []byte
	for range duration / every {
		<-tick.C
		start := len(sent)
		for range lines {
			sent = g.AppendLine(sent)
		}
		if _, err := in.Write(sent[start:]); err != nil {
			t.Fatal(err)
		}
	}
	return sent
}
