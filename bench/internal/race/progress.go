package race

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// A Progress shows what is going on: on a terminal in one line that changes, on
// anything else in a line now and then.
type Progress struct {
	out          io.Writer
	tty          bool
	steps, total int // runs: begun or skipped, and in all
	// done and work are seconds, as the cases estimate them: done so far, and in all.
	done, work float64
	start      time.Time
	shown      time.Time
}

const (
	// shownEvery is how often a Progress that is not on a terminal shows a line.
	shownEvery = 15 * time.Second
	// trustSeconds of estimated work must be done before what they took corrects the
	// estimate.
	trustSeconds = 20
)

// NewProgress returns a Progress that writes to f.
func NewProgress(f *os.File) *Progress {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return &Progress{out: f, tty: err == nil, start: time.Now()}
}

// Begin sets how many runs there are, and about how many seconds they take.
func (p *Progress) Begin(runs int, seconds float64) {
	p.total, p.work, p.start = runs, seconds, time.Now()
}

// finish notes that a run has ended that was estimated to take so long.
func (p *Progress) finish(seconds float64) { p.done += seconds }

// skip takes runs that do not take place out of the account.
func (p *Progress) skip(runs int, seconds float64) {
	p.steps += runs
	p.work -= seconds
}

// left returns how long the rest will take.
func (p *Progress) left(elapsed time.Duration) time.Duration {
	left := p.work - p.done
	if p.done >= trustSeconds {
		left *= elapsed.Seconds() / p.done
	}
	return time.Duration(max(left, 0) * float64(time.Second))
}

// ShowRoughly shows a duration in seconds or minutes.
func ShowRoughly(d time.Duration) string {
	if d < 2*time.Minute {
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	return fmt.Sprintf("%.0f min", d.Minutes())
}

// Step shows the run that begins.
func (p *Progress) Step(format string, args ...any) {
	elapsed := time.Since(p.start)
	text := fmt.Sprintf("[%s] ", elapsed.Round(time.Second))
	if p.total > 0 {
		p.steps++
		text += fmt.Sprintf("run %d of %d, about %s left: ", p.steps, p.total, ShowRoughly(p.left(elapsed)))
	}
	text += fmt.Sprintf(format, args...)
	switch {
	case p.tty:
		fmt.Fprintf(p.out, "\r\x1b[K%s", text)
	case time.Since(p.shown) >= shownEvery:
		fmt.Fprintln(p.out, text)
		p.shown = time.Now()
	}
}

// Say shows a line that stays.
func (p *Progress) Say(format string, args ...any) {
	p.Clear()
	fmt.Fprintf(p.out, format+"\n", args...)
}

// Clear removes the line that Step has left.
func (p *Progress) Clear() {
	if p.tty {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
