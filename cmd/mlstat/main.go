// Mlstat shows what the loggers of log directories are doing. It reads the lock pages
// that multilog keeps in the directories, which costs the loggers nothing.
//
// It finds the directories and looks at each (look.go), then writes what it saw: the table
// (table.go, with the cells in cells.go), the wide table (long.go), JSON (json.go), or
// metrics (metrics.go has the list, expose.go writes it). watch.go shows the table again and
// again. A new figure is one entry in a list.
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
these directories. Loggers do not notice. Without arguments, mlstat shows the
logs that mlcat --list finds: those in the directories of MLCAT_PATH, or in
/service, /var/service, /etc/service and /var/log.
`

	notes = `
Exit status: 0 if all went well, 1 if no log was found, 2 if the command line is
wrong, 111 if a directory could not be read or the output not written.
`
)

// options are the options and directories on the command line.
type options struct {
	watch, long                   bool
	json, openmetrics, prometheus bool
	output                        string
	dirs                          []string
}

// command returns the command line, whose options set those in o.
func (o *options) command() *cmdline.Command {
	return &cmdline.Command{
		Name: "mlstat", Forms: []string{"[OPTION]... [DIR]..."}, About: about, Notes: notes,
		Arguments: cmdline.Values{Directories: true},
		Options: []cmdline.Option{
			{Letter: 'l', Word: "long", Help: "show all figures, in a table that is wider than a terminal", Set: cmdline.Flag(&o.long)},
			{Letter: 'w', Word: "watch", Help: "show the table again every second; q ends it", Set: cmdline.Flag(&o.watch)},
			{Word: "json", Help: "write one JSON object for each directory", Set: cmdline.Flag(&o.json)},
			{Word: "openmetrics", Help: "write metrics in the text format of OpenMetrics", Set: cmdline.Flag(&o.openmetrics)},
			{Word: "prometheus", Help: "write metrics in the text format of Prometheus, for node_exporter's textfile collector", Set: cmdline.Flag(&o.prometheus)},
			{Word: "output", Value: cmdline.Required, Name: "FILE", Help: "write to FILE, which readers see whole, instead of standard output",
				Values: cmdline.Values{Files: true}, Set: cmdline.Text(&o.output)},
		},
	}
}

// parse parses the arguments after the program's name. If they ask for help or the like,
// answer is that text.
func parse(args []string) (o options, answer string, err error) {
	if o.dirs, answer, err = o.command().Parse(args); err != nil || answer != "" {
		return o, answer, err
	}
	return o, "", cmdline.Wrong(o.check())
}

// check returns an error if options do not fit together.
func (o *options) check() error {
	formats := 0
	for _, given := range []bool{o.watch, o.json, o.openmetrics, o.prometheus} {
		if given {
			formats++
		}
	}
	switch {
	case formats > 1:
		return errors.New("--watch, --json, --openmetrics and --prometheus exclude each other")
	case o.watch && o.output != "":
		return errors.New("--watch and --output exclude each other")
	case o.long && (o.json || o.openmetrics || o.prometheus):
		return errors.New("--long is for the table, not for --json, --openmetrics or --prometheus")
	}
	return nil
}

func main() {
	signals.Default()
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run runs mlstat with args, the arguments after the program's name, and returns its
// exit status.
func run(args []string, stdout, stderr io.Writer) int {
	o, answer, err := parse(args)
	switch {
	case err != nil:
		return fatal(stderr, err)
	case answer != "":
		return o.command().Print(stdout, stderr, answer)
	}
	v := view{options: o, stderr: stderr}
	if status := v.find(); status != cmdline.ExitOK {
		return status
	}
	switch {
	case o.watch:
		return v.watch(os.Stdin, stdout)
	case o.output != "":
		return v.toFile(o.output)
	}
	out := bufio.NewWriter(stdout)
	status := v.show(out)
	if err := out.Flush(); err != nil {
		return fatal(stderr, fmt.Errorf("unable to write to standard output: %s", reason.Of(err)))
	}
	return status
}

// fatal prints why mlstat ends, and returns its exit status.
func fatal(stderr io.Writer, err error) int {
	say(stderr, console.Fatal, err.Error())
	return cmdline.Status(err)
}

// say prints a message.
func say(stderr io.Writer, severity, text string) {
	fmt.Fprint(stderr, console.Line("mlstat", severity, text))
}

// show looks at the directories and writes what it saw, in the format of the options. It
// returns the exit status. An error in writing stays in w until its next Flush.
func (v *view) show(w *bufio.Writer) int {
	looks, status := v.look()
	switch {
	case v.json:
		writeJSON(w, looks)
	case v.openmetrics:
		writeMetrics(w, looks, openMetrics)
	case v.prometheus:
		writeMetrics(w, looks, prometheus)
	case v.long:
		writeLong(w, looks, nil)
	default:
		writeTable(w, looks, nil, tableColumns)
	}
	return status
}

// toFile writes to the file what show shows. Readers see the old content or the new one.
// It returns the exit status.
func (v *view) toFile(path string) int {
	var status int
	err := replaceFile(path, func(w *bufio.Writer) { status = v.show(w) })
	if err != nil {
		return fatal(v.stderr, fmt.Errorf("unable to write to %s: %s", path, reason.Of(err)))
	}
	return status
}

// watchEvery is the time between two looks with -w.
const watchEvery = time.Second
