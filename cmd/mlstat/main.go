// Mlstat shows what the loggers of log directories are doing. It reads the lock pages
// that multilog keeps in the directories, which costs the loggers nothing.
//
// It first looks at each directory (look.go), then writes what it saw in one of three
// formats (table.go, json.go, openmetrics.go). The numbers of the latter two are one list
// (metrics.go), and the table's columns are another, so a new figure is one entry.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"multilog/internal/cmdline"
	"multilog/internal/console"
	"multilog/internal/reason"
	"multilog/internal/signals"
)

// The texts of --help above and below the options.
const (
	about = `
Show what the loggers of log directories are doing, from the lock pages in
these directories. Loggers do not notice. Without arguments, mlstat looks for
log directories in the current directory and below.
`

	notes = `
Exit status: 0 if all went well; 2 if the command line is wrong or there is no
directory; 111 if a directory could not be read, or the output not written.
`
)

// watchEvery is the time between two looks with -w.
const watchEvery = time.Second

// options are the options and directories on the command line.
type options struct {
	watch, json, openmetrics bool
	dirs                     []string
}

// command returns the command line, whose options set those in o.
func (o *options) command() *cmdline.Command {
	return &cmdline.Command{
		Name: "mlstat", Forms: []string{"[-w | --json | --openmetrics] [directory ...]"}, About: about, Notes: notes,
		Arguments: cmdline.Values{Directories: true},
		Options: []cmdline.Option{
			{Letter: 'w', Word: "watch", Help: "show it again every second, with the rates of that second", Set: cmdline.Flag(&o.watch)},
			{Word: "json", Help: "write one JSON object for each directory", Set: cmdline.Flag(&o.json)},
			{Word: "openmetrics", Help: "write metrics in the text format of OpenMetrics", Set: cmdline.Flag(&o.openmetrics)},
		},
	}
}

// parse parses the arguments after the program's name.
func parse(args []string) (o options, answer string, err error) {
	if o.dirs, answer, err = o.command().Parse(args); err != nil || answer != "" {
		return o, answer, err
	}
	if o.json && o.openmetrics || o.watch && (o.json || o.openmetrics) {
		return o, "", cmdline.Wrong(errors.New("-w, --json and --openmetrics exclude each other"))
	}
	if len(o.dirs) == 0 {
		if o.dirs = directoriesBelow("."); len(o.dirs) == 0 {
			return o, "", cmdline.Wrong(errors.New("no log directory given, and none found in this directory or below"))
		}
	}
	return o, "", nil
}

func main() {
	signals.Default()
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run runs mlstat with args, the arguments after the program's name, and returns its
// exit status.
func run(args []string, stdout, stderr io.Writer) int {
	out := bufio.NewWriter(stdout)
	status := show(args, out, stderr)
	if err := out.Flush(); err != nil {
		say(stderr, console.Fatal, "unable to write to standard output: "+reason.Of(err))
		return cmdline.ExitFailed
	}
	return status
}

// say prints a message.
func say(stderr io.Writer, severity, text string) {
	fmt.Fprint(stderr, console.Line("mlstat", severity, text))
}

// show does what args ask for, and returns the exit status. An error in writing stays in
// stdout until its next Flush.
func show(args []string, stdout *bufio.Writer, stderr io.Writer) int {
	o, answer, err := parse(args)
	switch {
	case err != nil:
		say(stderr, console.Fatal, err.Error())
		return cmdline.Status(err)
	case answer != "":
		return o.command().Print(stdout, stderr, answer)
	}
	looks, status := lookAt(o.dirs, stderr)
	switch {
	case o.json:
		writeJSON(stdout, looks)
	case o.openmetrics:
		writeOpenMetrics(stdout, looks)
	case o.watch:
		watch(o.dirs, looks, stdout)
	default:
		writeTable(stdout, looks, nil)
	}
	return status
}

// watch shows the table again and again, until it can't be written.
func watch(dirs []string, looks []look, stdout *bufio.Writer) {
	for stdout.Flush() == nil {
		time.Sleep(watchEvery)
		before := looks
		looks, _ = lookAt(dirs, io.Discard)
		fmt.Fprint(stdout, "\x1b[H\x1b[J")
		writeTable(stdout, looks, before)
	}
}
