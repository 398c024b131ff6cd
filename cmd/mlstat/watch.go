package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"multilog/internal/cmdline"
	"multilog/internal/reason"
)

// watch shows the table again and again, in the place of the one before if stdout is a
// terminal, until q is typed, a signal comes, or the table can't be written. What was on
// the screen before stays, and so does the last table. It returns the exit status.
func (v *view) watch(stdin *os.File, stdout io.Writer) int {
	screen := screenOf(stdout)
	keys := readKeys(stdin)
	defer keys.restore()
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	var before []look
	for {
		looks, _ := v.look()
		v.stderr = io.Discard // what can't be read was told once
		if err := screen.draw(v.frame(looks, before, screen.columns(), keys.on)); err != nil {
			return fatal(os.Stderr, fmt.Errorf("unable to write to standard output: %s", reason.Of(err)))
		}
		before = looks
		select {
		case <-time.After(watchEvery):
		case <-keys.quit:
			return cmdline.ExitOK
		case s := <-caught:
			keys.restore()
			signal.Reset()
			_ = syscall.Kill(os.Getpid(), s.(syscall.Signal))
			time.Sleep(watchEvery) // it ends here
		}
	}
}

// frame returns the lines of the clock and the table.
func (v *view) frame(looks, before []look, width int, quits bool) []byte {
	var b bytes.Buffer
	b.WriteString(time.Now().Format("Mon Jan _2 15:04:05 MST 2006"))
	if quits {
		b.WriteString("   q quits")
	}
	b.WriteString("\n")
	if v.long {
		writeLong(&b, looks, before)
	} else {
		writeTable(&b, looks, before, width)
	}
	return b.Bytes()
}

// screen is where tables are drawn.
type screen struct {
	w     io.Writer
	fd    int // of the terminal, or -1
	lines int // of the table that is there
}

func screenOf(w io.Writer) *screen {
	s := &screen{w: w, fd: -1}
	if f, ok := w.(*os.File); ok {
		if _, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS); err == nil {
			s.fd = int(f.Fd())
		}
	}
	return s
}

// size returns the size of the terminal, or zeros if there is none.
func (s *screen) size() (columns, rows int) {
	if s.fd < 0 {
		return 0, 0
	}
	size, err := unix.IoctlGetWinsize(s.fd, unix.TIOCGWINSZ)
	if err != nil {
		return 0, 0
	}
	return int(size.Col), int(size.Row)
}

func (s *screen) columns() int {
	columns, _ := s.size()
	return columns
}

// draw draws the frame over the one before. On a terminal, lines that do not fit are left
// out.
func (s *screen) draw(frame []byte) error {
	if s.fd < 0 {
		if s.lines > 0 {
			frame = append([]byte("\n"), frame...)
		}
		s.lines++
		_, err := s.w.Write(frame)
		return err
	}
	var b bytes.Buffer
	if s.lines > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", s.lines) // up
	}
	columns, rows := s.size()
	lines := cut(strings.Split(strings.TrimSuffix(string(frame), "\n"), "\n"), columns, rows)
	for _, line := range lines {
		fmt.Fprintf(&b, "\r%s\x1b[K\n", line) // the rest of the line is cleared
	}
	b.WriteString("\x1b[J") // and what is below
	s.lines = len(lines)
	_, err := s.w.Write(b.Bytes())
	return err
}

// cut returns the lines that fit into that many columns, and rows but the last, where the
// cursor is. 0 is for any number.
func cut(lines []string, columns, rows int) []string {
	if rows > 2 && len(lines) > rows-1 {
		rest := len(lines) - (rows - 2)
		lines = append(lines[:rows-2:rows-2], fmt.Sprintf("... %d more lines", rest))
	}
	for i, line := range lines {
		if runes := []rune(line); columns > 0 && len(runes) > columns {
			lines[i] = string(runes[:columns])
		}
	}
	return lines
}

// keys reads from a terminal without waiting for the end of a line.
type keys struct {
	on   bool
	quit chan struct{}
	fd   int
	was  *unix.Termios
}

// readKeys begins to read. If stdin is not a terminal, it reads nothing.
func readKeys(stdin *os.File) *keys {
	k := &keys{quit: make(chan struct{}), fd: int(stdin.Fd())}
	was, err := unix.IoctlGetTermios(k.fd, unix.TCGETS)
	if err != nil {
		return k
	}
	now := *was
	now.Lflag &^= unix.ICANON | unix.ECHO
	now.Cc[unix.VMIN], now.Cc[unix.VTIME] = 1, 0
	if unix.IoctlSetTermios(k.fd, unix.TCSETS, &now) != nil {
		return k
	}
	k.on, k.was = true, was
	go func() {
		var key [1]byte
		for {
			n, err := stdin.Read(key[:])
			if err != nil || n == 0 || key[0] == 'q' || key[0] == 'Q' || key[0] == 4 { // ^D
				close(k.quit)
				return
			}
		}
	}()
	return k
}

// restore makes the terminal what it was.
func (k *keys) restore() {
	if k.was != nil {
		_ = unix.IoctlSetTermios(k.fd, unix.TCSETS, k.was)
	}
}
