package main

import (
	"bytes"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"multilog/internal/test/logger"
)

// shared is what a command has written so far.
type shared struct {
	sync.Mutex
	b bytes.Buffer
}

func (s *shared) Write(p []byte) (int, error) {
	s.Lock()
	defer s.Unlock()
	return s.b.Write(p)
}

func (s *shared) String() string {
	s.Lock()
	defer s.Unlock()
	return s.b.String()
}

// On a terminal -w draws each table over the one before and leaves the last one there,
// with all that was on the screen before. q ends it, and the terminal is as it was.
func TestWatch(t *testing.T) {
	logger.Need(t, "script") // of util-linux: it runs a command on a terminal
	dir := filepath.Join(t.TempDir(), "main")
	startLogger(t, dir).Feed("x\n")
	until(t, dir, func(o object) bool { return o.Metrics["read_lines"] == 1 })
	for key, ends := range map[string]string{"q": "status 0", "\x03": "status 130"} {
		cmd := exec.Command("script", "-qefc", `trap : INT; stty rows 24 cols 100; stty -a; `+logger.Binary(t, "mlstat")+` -w `+dir+`; echo "status $?"; stty -a`, "/dev/null")
		var out shared
		cmd.Stdout, cmd.Stderr = &out, &out
		keys, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		const title = "LINES/s"
		logger.Until(t, "three tables are drawn", func() bool { return strings.Count(out.String(), title) >= 3 })
		_, _ = io.WriteString(keys, key)
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
		text := out.String()
		before, drawn, _ := strings.Cut(text, "q quits")
		drawn, after, _ := strings.Cut(drawn, "status ")
		for _, clearing := range []string{"\x1b[H", "\x1b[2J", "\x1b[?1049h"} {
			if strings.Contains(drawn, clearing) {
				t.Errorf("%q clears the screen: %q", clearing, drawn)
			}
		}
		if !strings.Contains(drawn, "\x1b[3A\r") || !strings.HasSuffix(drawn, "\x1b[J") && !strings.HasSuffix(drawn, "^C") {
			t.Errorf("tables are not drawn over each other: %q", drawn)
		}
		if !strings.HasPrefix("status "+after, ends) {
			t.Errorf("%q ends it with %q", key, after)
		}
		for _, setting := range []string{" icanon", " echo "} {
			if !strings.Contains(before, setting) || !strings.Contains(after, setting) {
				t.Errorf("after %q the terminal has no %s: %s", key, setting, after)
			}
		}
	}
}

// Elsewhere -w writes one table after the other.
func TestWatchIntoPipe(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "main")
	startLogger(t, dir).Feed("x\n")
	until(t, dir, func(o object) bool { return o.Metrics["read_lines"] == 1 })
	cmd := exec.Command("sh", "-c", `"$0" -w "$1" | head -n 6`, logger.Binary(t, "mlstat"), dir)
	out, err := cmd.Output()
	if strings.Count(string(out), "LOG ") != 2 || strings.Contains(string(out), "\x1b") || err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// A table that is longer than the terminal is cut, and says so.
func TestDraw(t *testing.T) {
	var out bytes.Buffer
	s := screen{w: &out, fd: -1}
	if err := s.draw([]byte("a\nb\n")); err != nil || out.String() != "a\nb\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
	lines := cut(strings.Split("1 2 3 4 5 6", " "), 100, 5)
	if got := strings.Join(lines, "|"); got != "1|2|3|... 3 more lines" {
		t.Errorf("%q", got)
	}
	if got := cut([]string{"äöüß", "x"}, 2, 5); got[0] != "äö" || len(got) != 2 {
		t.Errorf("%q", got)
	}
}
