// Genlog writes the made-up log of a mail exchanger to standard output: as fast
// as it is taken, or line by line at a given rate. See [maillog] for what it is
// like. It ends at the first limit that it reaches, or when its reader is gone.
package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"golang.org/x/sys/unix"

	"multilog/bench/maillog"
	"multilog/internal/cmdline"
	"multilog/internal/console"
)

// options are the command line.
type options struct {
	maillog.Config
	bytes    uint64 // no more than these
	lines    int64
	duration time.Duration
	rate     float64 // lines per second; 0 is as fast as possible
	labels   bool
	span     time.Duration // with labels: of the whole log
	start    time.Time     // with labels: before the first line
	report   bool
	progress io.Writer // nil for none
	redraw   bool      // it is a terminal
}

func main() {
	o, answer, err := parse(os.Args[1:])
	switch {
	case err != nil:
		fatal(err)
	case answer != "":
		os.Exit(o.command().Print(os.Stdout, os.Stderr, answer))
	}
	signal.Ignore(unix.SIGPIPE) // a reader that is gone is an end, not a death
	done, err := run(o, os.Stdout)
	if o.report {
		fmt.Fprintln(os.Stderr, "genlog:", done)
	}
	if err != nil && !errors.Is(err, unix.EPIPE) {
		fatal(err)
	}
}

// fatal prints why genlog ends, and ends it.
func fatal(err error) {
	fmt.Fprint(os.Stderr, console.Line("genlog", console.Fatal, err.Error()))
	os.Exit(cmdline.Status(err))
}

// command returns the command line, whose options set those in o.
func (o *options) command() *cmdline.Command {
	const required = cmdline.Required
	return &cmdline.Command{
		Name: "genlog", Forms: []string{"[OPTION]..."}, OneHyphen: true,
		About: "Write the made-up log of a mail exchanger to standard output.",
		Notes: "Words may also follow one hyphen: -lines.",
		Options: []cmdline.Option{
			{Word: "bytes", Value: required, Name: "SIZE", Help: "stop before the line that would exceed this size (512MB, 1GiB)", Set: o.setBytes},
			{Word: "lines", Value: required, Name: "NUMBER", Help: "stop after this number of lines", Set: o.setLines},
			{Word: "duration", Value: required, Name: "TIME", Help: "stop after this time", Set: setTime(&o.duration)},
			{Word: "rate", Value: required, Name: "NUMBER",
				Help: "write this number of lines per second, one write each (default: as fast as they are taken, 64 KiB a write)", Set: o.setRate},
			{Word: "seed", Value: required, Name: "NUMBER", Help: "the same number makes the same log (1)", Set: o.setSeed},
			{Word: "kind", Value: required, Name: "WHOSE", Help: "these lines: mixed, smtpd or send (mixed)",
				Values: cmdline.Values{Words: []string{"mixed", "smtpd", "send"}}, Set: o.setKind},
			{Word: "labels", Help: "put TAI64N labels of a simulated clock before the lines", Set: cmdline.Flag(&o.labels)},
			{Word: "span", Value: required, Name: "TIME",
				Help: "with --labels and --lines or --bytes: the time from the first to about the last line (24h)", Set: setTime(&o.span)},
			{Word: "start", Value: required, Name: "INSTANT", Help: "with --labels: the instant before the first line (2026-01-01T00:00:00Z)", Set: o.setStart},
			{Word: "report", Help: "say at the end, on standard error, what was written and how long writes took", Set: cmdline.Flag(&o.report)},
			{Word: "progress", Help: "say meanwhile, on standard error, how far it is", Set: o.setProgress},
		},
	}
}

// parse parses the command line. If it asks for help or the like, answer is that text.
func parse(args []string) (o options, answer string, err error) {
	o = options{bytes: math.MaxInt64, lines: math.MaxInt64, span: 24 * time.Hour, start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	o.Seed = 1
	rest, answer, err := o.command().Parse(args)
	if err != nil || answer != "" {
		return o, answer, err
	}
	if len(rest) > 0 {
		return o, "", cmdline.Wrong(fmt.Errorf("unexpected argument %q", rest[0]))
	}
	if o.labels {
		expected := min(float64(o.lines), float64(o.bytes)/(maillog.MeanLine+26))
		if expected > 1e15 {
			return o, "", cmdline.Wrong(errors.New("--labels needs --lines or --bytes, to spread them over --span"))
		}
		o.Start, o.Gap = o.start, max(1, time.Duration(float64(o.span)/max(1, expected)))
	}
	return o, "", nil
}

func (o *options) setBytes(s string) (err error) {
	o.bytes, err = humanize.ParseBytes(s)
	return err
}

func (o *options) setLines(s string) (err error) {
	if o.lines, err = strconv.ParseInt(s, 10, 64); err == nil && o.lines <= 0 {
		o.lines = math.MaxInt64
	}
	return err
}

func (o *options) setRate(s string) (err error) {
	if o.rate, err = strconv.ParseFloat(s, 64); err == nil && o.rate < 0 {
		err = fmt.Errorf("%v is negative", o.rate)
	}
	return err
}

func (o *options) setSeed(s string) (err error) {
	o.Seed, err = strconv.ParseUint(s, 10, 64)
	return err
}

func (o *options) setKind(s string) (err error) {
	o.Kind, err = maillog.ParseKind(s)
	return err
}

func (o *options) setStart(s string) (err error) {
	o.start, err = time.Parse(time.RFC3339, s)
	return err
}

func (o *options) setProgress(string) error {
	o.progress = os.Stderr
	_, err := unix.IoctlGetTermios(int(os.Stderr.Fd()), unix.TCGETS)
	o.redraw = err == nil
	return nil
}

// setTime returns a function that sets *to to a time such as 90s.
func setTime(to *time.Duration) func(string) error {
	return func(s string) (err error) {
		*to, err = time.ParseDuration(s)
		return err
	}
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
