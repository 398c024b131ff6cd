// Bench races this project's multilog against the loggers that are installed on
// the machine, checks what they log, and prints tables:
//
//	go run ./bench [options] [scenario...]
//
// It runs binaries and knows nothing of how they work. --help lists options and
// scenarios; --list says what each scenario measures, and how.
//
// The packages below internal: contender knows the loggers and how they are told
// what to do, feed runs one of them and writes to it, check looks at what it has
// logged, slowdisk makes a disk with a slow fsync, shipper sends logs to servers, race
// has contenders take turns, report shows results, and scenario has the questions.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/dustin/go-humanize"

	"multilog/bench/internal/contender"
	"multilog/bench/internal/feed"
	"multilog/bench/internal/race"
	"multilog/bench/internal/report"
	"multilog/bench/internal/scenario"
	"multilog/internal/cmdline"
	"multilog/internal/console"
	"multilog/internal/test/mountns"
)

func main() {
	feed.RunChild()
	o, answer, err := parse(os.Args[1:])
	switch {
	case err != nil:
		fatal(err)
	case answer != "":
		os.Exit(o.command().Print(os.Stdout, os.Stderr, answer))
	}
	mountns.Enter()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err = run(ctx, o, os.Stdout, os.Stderr)
	if err != nil && ctx.Err() != nil {
		err = errors.New("interrupted: what it had started was ended and removed, and no report was written")
	}
	stop()
	if err != nil {
		fatal(err)
	}
}

// fatal prints why bench ends, and ends it.
func fatal(err error) {
	fmt.Fprint(os.Stderr, console.Line("bench", console.Fatal, err.Error()))
	os.Exit(cmdline.Status(err))
}

// run does what the options say. When it returns, nothing that it has started or
// made is left but the report.
func run(ctx context.Context, o options, stdout io.Writer, stderr *os.File) error {
	switch {
	case o.list:
		list(o, stdout)
		return nil
	case o.redraw != "":
		return redraw(o, stdout)
	}
	lab, err := feed.NewLab(o.dir)
	if err != nil {
		return err
	}
	defer lab.Close()
	progress := race.NewProgress(stderr)
	res := report.Results{Machine: report.LookAround(lab.Dir()), Quick: o.quick}
	if err := enlist(ctx, o, lab, progress, &res); err != nil {
		return err
	}
	res.Introduce(stdout)
	r := o.race()
	r.Contenders, r.Progress = res.Contenders, progress
	scenarios := o.chosen(scenario.All(lab, o.quick))
	runs, seconds := r.Plan(scenarios)
	if runs == 0 {
		return errors.New("--run selects no case: --list shows them")
	}
	fmt.Fprintf(stdout, "%s runs, about %s\n", humanize.Comma(int64(runs)), race.ShowRoughly(time.Duration(seconds*float64(time.Second))))
	progress.Begin(runs, seconds)
	for _, s := range scenarios {
		if len(r.Chosen(s)) == 0 {
			continue
		}
		got, err := r.Run(ctx, s)
		if err != nil {
			return err
		}
		report.WriteScenario(stdout, got)
		res.Scenarios = append(res.Scenarios, got)
	}
	return writeReport(o, res, stdout)
}

// redraw shows the results of an earlier run.
func redraw(o options, w io.Writer) error {
	res, err := report.Read(o.redraw)
	if err != nil {
		return fmt.Errorf("--redraw: %w", err)
	}
	res.WriteText(w)
	return writeReport(o, res, w)
}

// writeReport writes the report if one is requested, and prints where it is.
func writeReport(o options, res report.Results, w io.Writer) error {
	if o.report == "" {
		return nil
	}
	page, err := res.WriteHTML(o.report)
	if err != nil {
		return fmt.Errorf("--report: %w", err)
	}
	fmt.Fprintf(w, "\nreport: %s\n", page)
	return nil
}

// list prints what the scenarios measure, and the names of their cases.
func list(o options, w io.Writer) {
	r := o.race()
	for _, s := range o.chosen(scenario.All(nil, o.quick)) {
		cases := r.Chosen(s)
		if len(cases) == 0 {
			continue
		}
		fmt.Fprintf(w, "%s: %s\n%s\n", s.Name, s.Title, wrap(s.About, "    "))
		for _, c := range cases {
			fmt.Fprintf(w, "  %-40s %s\n", s.Name+"/"+c.Name, c.Title)
		}
		fmt.Fprintln(w)
	}
}

// wrap breaks a text into lines of 90 characters with an indent.
func wrap(text, indent string) string {
	const width = 90
	var out strings.Builder
	line := indent
	for word := range strings.FieldsSeq(text) {
		if len(line)+len(word) > width {
			out.WriteString(strings.TrimRight(line, " ") + "\n")
			line = indent
		}
		line += word + " "
	}
	return out.String() + strings.TrimRight(line, " ")
}

// enlist builds our logger, finds the peers, and notes who races and who does not.
func enlist(ctx context.Context, o options, lab *feed.Lab, progress *race.Progress, res *report.Results) error {
	var all []contender.Contender
	if o.ours != "none" {
		c, err := ours(ctx, o.ours, lab, progress)
		if err != nil {
			return err
		}
		all = append(all, c)
	}
	found, missing := contender.Peers()
	all, res.Missing = append(all, found...), missing
	for _, p := range o.peers {
		name, path, _ := contender.NameValue(p)
		c, err := contender.New(name, path, contender.Multilog)
		if err != nil {
			return fmt.Errorf("--peer %s: %w", name, err)
		}
		c.Peer = true
		all = append(all, c)
	}
	for _, c := range all {
		if o.racers.MatchString(c.Name) {
			res.Contenders = append(res.Contenders, c)
		}
	}
	if len(res.Contenders) == 0 {
		return errors.New("no contender is left: --racers selects none of those that are installed")
	}
	return nil
}

// ours returns our logger, which is built when no path is given.
func ours(ctx context.Context, path string, lab *feed.Lab, progress *race.Progress) (contender.Contender, error) {
	if path == "" {
		path = filepath.Join(lab.Dir(), "multilog")
		progress.Step("building cmd/multilog")
		build := exec.CommandContext(ctx, "go", "build", "-o", path, "multilog/cmd/multilog")
		if out, err := build.CombinedOutput(); err != nil {
			return contender.Contender{}, fmt.Errorf("go build multilog/cmd/multilog: %w\n%s", err, out)
		}
		progress.Clear()
	}
	c, err := contender.New(contender.Ours, path, contender.Multilog)
	if err != nil {
		return c, fmt.Errorf("--ours: %w", err)
	}
	if out, err := exec.CommandContext(ctx, c.Path, "--version").Output(); err == nil {
		c.Version, _, _ = strings.Cut(string(out), "\n")
	}
	return c, nil
}
