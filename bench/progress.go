package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// A progress shows on a terminal what is going on, and on anything else, now
// and then, a line.
type progress struct {
	out   io.Writer
	tty   bool
	steps int
	total int // 0: not known yet
	// done and work are seconds of work as the cases estimate them: done so far,
	// and in all.
	done, work float64
	start      time.Time
	shown      time.Time
}

// progressInterval is how often a progress that is not on a terminal says
// something.
const progressInterval = 15 * time.Second

// trustSeconds of estimated work must be done before what they took corrects
// the estimate.
const trustSeconds = 20

func newProgress(f *os.File) *progress {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return &progress{out: f, tty: err == nil, start: time.Now()}
}

// left is how long it will take from now on.
func (p *progress) left(elapsed time.Duration) time.Duration {
	left := p.work - p.done
	if p.done >= trustSeconds {
		left *= elapsed.Seconds() / p.done
	}
	return time.Duration(max(left, 0) * float64(time.Second))
}

// showLeft shows how long something takes, roughly.
func showLeft(d time.Duration) string {
	if d < 2*time.Minute {
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	return fmt.Sprintf("%.0f min", d.Minutes())
}

// step says what begins.
func (p *progress) step(format string, args ...any) {
	elapsed := time.Since(p.start)
	text := fmt.Sprintf("[%s] ", elapsed.Round(time.Second))
	if p.total > 0 {
		text += fmt.Sprintf("run %d of %d, about %s left: ", p.steps, p.total, showLeft(p.left(elapsed)))
	}
	text += fmt.Sprintf(format, args...)
	switch {
	case p.tty:
		fmt.Fprintf(p.out, "\r\x1b[K%s", text)
	case time.Since(p.shown) >= progressInterval:
		fmt.Fprintln(p.out, text)
		p.shown = time.Now()
	}
}

// say shows a line that stays.
func (p *progress) say(format string, args ...any) {
	p.clear()
	fmt.Fprintf(p.out, format+"\n", args...)
}

// clear removes the line that step left.
func (p *progress) clear() {
	if p.tty {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
