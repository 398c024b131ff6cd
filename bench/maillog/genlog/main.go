// Genlog writes the made-up log of a mail exchanger to standard output: as fast
// as it is taken, or line by line at a given rate. See [maillog] for what it is
// like. It ends at the first limit that it reaches, or when its reader is gone.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"golang.org/x/sys/unix"

	"multilog/bench/maillog"
)

// options are the command line.
type options struct {
	maillog.Config
	bytes    uint64 // no more than these
	lines    int64
	duration time.Duration
	rate     float64 // lines per second; 0 is as fast as possible
	report   bool
	progress io.Writer // nil for none
	redraw   bool      // it is a terminal
}

func main() {
	o, err := parse(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(0)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "genlog: fatal:", err)
		os.Exit(100)
	}
	signal.Ignore(unix.SIGPIPE) // a reader that is gone is an end, not a death
	done, err := run(o, os.Stdout)
	if o.report {
		fmt.Fprintln(os.Stderr, "genlog:", done)
	}
	if err != nil && !errors.Is(err, unix.EPIPE) {
		fmt.Fprintln(os.Stderr, "genlog: fatal:", err)
		os.Exit(111)
	}
}

func parse(args []string, help io.Writer) (options, error) {
	o := options{bytes: math.MaxInt64, lines: math.MaxInt64}
	flags := flag.NewFlagSet("genlog", flag.ContinueOnError)
	flags.SetOutput(help)
	size := flags.String("bytes", "", "stop before the line that would exceed this `size` (512MB, 1GiB)")
	lines := flags.Int64("lines", 0, "stop after this `number` of lines")
	flags.DurationVar(&o.duration, "duration", 0, "stop after this `time`")
	flags.Float64Var(&o.rate, "rate", 0, "write this `number` of lines per second, one write each (default: as fast as they are taken, 64 KiB a write)")
	flags.Uint64Var(&o.Seed, "seed", 1, "the same `number` makes the same log")
	kind := flags.String("kind", "mixed", "`whose` lines: mixed, smtpd or send")
	labels := flags.Bool("labels", false, "put TAI64N labels of a simulated clock before the lines")
	span := flags.Duration("span", 24*time.Hour, "with -labels and -lines or -bytes: the `time` from the first to about the last line")
	start := flags.String("start", "2026-01-01T00:00:00Z", "with -labels: the `instant` before the first line (RFC 3339)")
	flags.BoolVar(&o.report, "report", false, "say at the end, on standard error, what was written and how long writes took")
	progress := flags.Bool("progress", false, "say meanwhile, on standard error, how far it is")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	var err error
	if o.Kind, err = maillog.ParseKind(*kind); err != nil {
		return o, err
	}
	if *size != "" {
		if o.bytes, err = humanize.ParseBytes(*size); err != nil {
			return o, fmt.Errorf("-bytes: %w", err)
		}
	}
	if *progress {
		o.progress = os.Stderr
		_, err := unix.IoctlGetTermios(int(os.Stderr.Fd()), unix.TCGETS)
		o.redraw = err == nil
	}
	if *lines > 0 {
		o.lines = *lines
	}
	if o.rate < 0 {
		return o, fmt.Errorf("-rate: %v is negative", o.rate)
	}
	if *labels {
		if o.Start, err = time.Parse(time.RFC3339, *start); err != nil {
			return o, fmt.Errorf("-start: %w", err)
		}
		expected := min(float64(o.lines), float64(o.bytes)/(maillog.MeanLine+26))
		if expected > 1e15 {
			return o, errors.New("-labels needs -lines or -bytes, to spread them over -span")
		}
		o.Gap = max(1, time.Duration(float64(*span)/max(1, expected)))
	}
	return o, nil
}

// totals is what was written.
type totals struct {
	bytes   uint64
	lines   int64
	writes  times
	elapsed time.Duration
}

func (t totals) String() string {
	return fmt.Sprintf("%s lines, %s, in %v; a write took %v", humanize.Comma(t.lines), humanize.Bytes(t.bytes), t.elapsed.Round(time.Millisecond), &t.writes)
}

// run writes the log to w until a limit is reached or a write fails.
func run(o options, w io.Writer) (totals, error) {
	const pieceBytes = 64 << 10
	var (
		done  totals
		g     = maillog.New(o.Config)
		buf   = make([]byte, pieceBytes)
		begin = time.Now()
		now   = begin
		shown = begin
	)
	every, end := repeatEvery, "\n"
	if o.redraw {
		every, end = redrawEvery, "\r"
	}
	for done.lines < o.lines && done.bytes < o.bytes && (o.duration == 0 || now.Sub(begin) < o.duration) {
		room := buf[:min(uint64(len(buf)), o.bytes-done.bytes)]
		n, lines := g.Fill(room, o.perWrite(done.lines))
		if n == 0 {
			break
		}
		if o.rate > 0 {
			sleepUntil(begin.Add(time.Duration(float64(done.lines) / o.rate * float64(time.Second))))
		}
		before := time.Now()
		_, err := w.Write(buf[:n])
		now = time.Now()
		done.elapsed = now.Sub(begin)
		if err != nil {
			return done, err
		}
		done.writes.add(now.Sub(before))
		done.bytes += uint64(n)
		done.lines += int64(lines)
		if o.progress != nil && now.Sub(shown) >= every {
			shown = now
			fmt.Fprint(o.progress, o.state(done), end)
		}
	}
	if o.progress != nil {
		fmt.Fprintln(o.progress, o.state(done))
	}
	return done, nil
}

// How often the progress is said: on a terminal, where the line is written anew,
// and elsewhere.
const (
	redrawEvery = 100 * time.Millisecond
	repeatEvery = time.Second
)

// state is one line about what was done so far.
func (o *options) state(done totals) string {
	s := fmt.Sprintf("%11s lines, %7s, %5.1f s", humanize.Comma(done.lines), humanize.Bytes(done.bytes), done.elapsed.Seconds())
	if o.lines == math.MaxInt64 {
		return s
	}
	const width = 30
	full := int(done.lines * width / max(1, o.lines))
	return s + "  [" + strings.Repeat("#", full) + strings.Repeat(".", width-full) + "]"
}

// perWrite is how many lines the next write may have.
func (o *options) perWrite(done int64) int {
	if o.rate > 0 {
		return 1
	}
	return int(min(o.lines-done, math.MaxInt))
}

// sleepUntil returns at t, or at once when t is past. The kernel's timer is finer
// than that of Go's scheduler, which waits for whole milliseconds.
func sleepUntil(t time.Time) {
	for {
		left := time.Until(t)
		if left <= 0 {
			return
		}
		ts := unix.NsecToTimespec(int64(left))
		_ = unix.Nanosleep(&ts, nil) // a signal may end it early
	}
}
