// Command mlstat tells what the loggers of log directories are doing.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"multilog/internal/console"
	"multilog/internal/reason"
	"multilog/internal/signals"
	"multilog/internal/version"
	"multilog/rotate/lockpage"
)

const usage = `usage: mlstat [-w] [--json | --openmetrics] [directory ...]

mlstat reads the lock pages of log directories and tells what their loggers
are doing, which costs those nothing. Without arguments it looks at the
directories below the current one.

  -w              show it again every second, with rates
  --json          for programs: one object per directory
  --openmetrics   for node_exporter's textfile collector
`

// Exit codes.
const (
	exitTrouble = 1 // some directory could not be looked at, or standard output not written
	exitUsage   = 2
)

// watchEvery is the time between two looks with -w, and between the two that
// rates come from.
const watchEvery = time.Second

// options is the command line.
type options struct {
	watch, json, openmetrics, version bool
	dirs                              []string
}

func main() {
	signals.Default()
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(args []string, stdout, stderr io.Writer) int {
	out := bufio.NewWriter(stdout)
	code := tell(args, out, stderr)
	if err := out.Flush(); err != nil {
		say(stderr, console.Fatal, "unable to write to standard output: "+reason.Of(err))
		return exitTrouble
	}
	return code
}

// say prints a message.
func say(stderr io.Writer, severity, text string) {
	fmt.Fprint(stderr, console.Line("mlstat", severity, text))
}

// tell does what args ask for. Whether it got to stdout, its Flush tells.
func tell(args []string, stdout *bufio.Writer, stderr io.Writer) int {
	var o options
	set := flag.NewFlagSet("mlstat", flag.ContinueOnError)
	set.SetOutput(io.Discard) // its messages are not like ours
	set.BoolVar(&o.watch, "w", false, "")
	set.BoolVar(&o.json, "json", false, "")
	set.BoolVar(&o.openmetrics, "openmetrics", false, "")
	set.BoolVar(&o.version, "version", false, "")
	switch err := set.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		return 0
	case err != nil:
		say(stderr, console.Fatal, fmt.Sprintf("unable to understand the command line: %v (--help tells more)", err))
		return exitUsage
	}
	if o.version {
		fmt.Fprintln(stdout, "mlstat", version.String())
		return 0
	}
	if o.json && o.openmetrics || o.watch && (o.json || o.openmetrics) {
		say(stderr, console.Fatal, "-w, --json and --openmetrics exclude each other")
		return exitUsage
	}
	if o.dirs = set.Args(); len(o.dirs) == 0 {
		o.dirs = directoriesBelow(".")
	}
	if len(o.dirs) == 0 {
		say(stderr, console.Fatal, "no log directory below this one: name some (--help tells more)")
		return exitUsage
	}
	return show(o, stdout, stderr)
}

func show(o options, stdout *bufio.Writer, stderr io.Writer) int {
	looks, code := look(o.dirs, stderr)
	switch {
	case o.json:
		writeJSON(stdout, looks)
	case o.openmetrics:
		writeOpenMetrics(stdout, looks)
	case o.watch:
		for stdout.Flush() == nil {
			time.Sleep(watchEvery)
			before := looks
			looks, _ = look(o.dirs, io.Discard)
			fmt.Fprint(stdout, "\x1b[H\x1b[J")
			writeTable(stdout, looks, before)
		}
	default:
		writeTable(stdout, looks, nil)
	}
	return code
}

// glance is a status, and when it was read.
type glance struct {
	*lockpage.Status
	at time.Time
}

// look reads the status of each directory, and complains of those that can't
// be read.
func look(dirs []string, stderr io.Writer) (looks []glance, code int) {
	for _, dir := range dirs {
		s, err := lockpage.ReadStatus(dir)
		if err != nil {
			say(stderr, console.Warning, "unable to look at "+dir+": "+reason.Of(err))
			code = exitTrouble
		}
		if s != nil {
			looks = append(looks, glance{s, time.Now()})
		}
	}
	return looks, code
}

// directoriesBelow are the log directories in dir, which may be one itself.
// Supervisors have directories with a lock, too: these hold no log.
func directoriesBelow(dir string) []string {
	locks, _ := filepath.Glob(filepath.Join(dir, "lock"))
	for _, pattern := range []string{"*/lock", "*/*/lock", "*/log/*/lock"} {
		more, _ := filepath.Glob(filepath.Join(dir, pattern))
		locks = append(locks, more...)
	}
	seen := map[string]bool{}
	var dirs []string
	for _, lock := range locks {
		d := filepath.Dir(lock)
		if _, err := os.Stat(filepath.Join(d, "current")); err == nil && !seen[d] {
			seen[d] = true
			dirs = append(dirs, d)
		}
	}
	return dirs
}
