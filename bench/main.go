// Bench races this project's multilog against the loggers that are installed
// on the machine: go run ./bench [flags] [scenario...]. It runs binaries and
// knows nothing of how they work.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/dustin/go-humanize"

	"multilog/internal/test/mountns"
)

// scenarios in the order in which they run.
var scenarios = []*scenario{throughput, rate, stall, latency, footprint, scale, limit, day, features}

// Limits.
const (
	runLimit  = 2 * time.Minute // for one run of one logger
	exitUsage = 100
	exitFatal = 111
)

// options are what the command line says.
type options struct {
	ours        string
	peers, envs []string
	run, racers string
	rounds      int
	quick, list bool
	json        bool
	report, dir string
	redraw      string
	runLimit    time.Duration
	names       []string
}

func main() {
	runChild()
	mountns.Enter()
	o, err := parse(os.Args[1:], os.Stderr)
	if err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			os.Exit(exitUsage)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err = run(ctx, o, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench: fatal:", err)
		os.Exit(exitFatal)
	}
}

// parse reads the command line.
func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	list := func(to *[]string) func(string) error {
		return func(s string) error {
			if _, _, err := nameValue(s); err != nil {
				return err
			}
			*to = append(*to, s)
			return nil
		}
	}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprintf(stderr, "usage: go run ./bench [flags] [scenario...]\n\nscenarios, all unless some are named:\n")
		for _, s := range scenarios {
			fmt.Fprintf(stderr, "  %-11s %s\n", s.name, s.title)
		}
		fmt.Fprintf(stderr, "\nflags:\n")
		f.PrintDefaults()
	}
	f.StringVar(&o.ours, "ours", "", "our `binary`; built from this tree unless given; \"none\" leaves it out")
	f.Func("peer", "another peer, `name=path`, with multilog's command line; more than once", list(&o.peers))
	f.Func("env", "races our binary once more with an environment, `name=VAR=VALUE,...`; more than once", list(&o.envs))
	f.StringVar(&o.racers, "racers", "", "only contenders whose names match this `regexp`")
	f.StringVar(&o.run, "run", "", "only cases whose scenario/case matches this `regexp`; -list shows them")
	f.IntVar(&o.rounds, "rounds", 0, "rounds of each case, instead of its own number")
	f.BoolVar(&o.quick, "quick", false, "less of everything: some four minutes instead of thirty")
	f.BoolVar(&o.list, "list", false, "list the cases and exit")
	f.BoolVar(&o.json, "json", false, "print the results as JSON")
	f.StringVar(&o.report, "report", "", "write a report with charts, HTML that needs no network, to this `directory`")
	f.StringVar(&o.redraw, "redraw", "", "run nothing: print these results, a `file` that -json or -report wrote, and write -report from them")
	f.StringVar(&o.dir, "dir", os.TempDir(), "keep the logs, while they are needed, below this `directory`")
	f.DurationVar(&o.runLimit, "limit", runLimit, "the longest that one run of one logger may take")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	o.names = f.Args()
	for _, name := range o.names {
		if !slices.ContainsFunc(scenarios, func(s *scenario) bool { return s.name == name }) {
			fmt.Fprintf(stderr, "bench: fatal: unknown scenario %q\n", name)
			f.Usage()
			return o, errors.New("usage")
		}
	}
	return o, nil
}

// chosen are the scenarios to run.
func (o options) chosen() []*scenario {
	if len(o.names) == 0 {
		return scenarios
	}
	var out []*scenario
	for _, s := range scenarios {
		if slices.Contains(o.names, s.name) {
			out = append(out, s)
		}
	}
	return out
}

// run does what the options say.
func run(ctx context.Context, o options, stdout io.Writer, stderr *os.File) (err error) {
	b := &bench{quick: o.quick, rounds: o.rounds, limit: o.runLimit, progress: newProgress(stderr)}
	if b.only, err = regexp.Compile(o.run); err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	if o.list {
		return list(o, b, stdout)
	}
	if o.redraw != "" {
		return redraw(o, stdout)
	}
	if b.dir, err = os.MkdirTemp(o.dir, "multilog-bench-"); err != nil {
		return err
	}
	defer b.close()
	res := results{Machine: lookAround(b.dir), Quick: o.quick}
	if err := b.enlist(ctx, o, &res); err != nil {
		return err
	}
	text := stdout
	if o.json {
		text = stderr
	}
	res.introduce(text)
	b.progress.total, b.progress.work = b.plan(o.chosen())
	if b.progress.total > 0 {
		fmt.Fprintf(text, "%s runs, about %s\n", humanize.Comma(int64(b.progress.total)), showLeft(b.progress.left(0)))
	}
	b.progress.start = time.Now()
	for _, s := range o.chosen() {
		got, err := b.runScenario(ctx, s)
		if err != nil {
			return err
		}
		if len(got.Cases) == 0 {
			continue
		}
		got.write(text)
		res.Scenarios = append(res.Scenarios, got)
	}
	if len(res.Scenarios) == 0 {
		return errors.New("-run selects no case: -list shows them")
	}
	if o.report != "" {
		page, err := writeReport(o.report, res)
		if err != nil {
			return fmt.Errorf("report: %w", err)
		}
		fmt.Fprintf(text, "\nreport: %s\n", page)
	}
	if o.json {
		out := json.NewEncoder(stdout)
		out.SetIndent("", "  ")
		return out.Encode(res)
	}
	return nil
}

// redraw shows results of an earlier run.
func redraw(o options, w io.Writer) error {
	res, err := readResults(o.redraw)
	if err != nil {
		return err
	}
	res.introduce(w)
	for _, s := range res.Scenarios {
		s.write(w)
	}
	if o.report == "" {
		return nil
	}
	page, err := writeReport(o.report, res)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	fmt.Fprintf(w, "\nreport: %s\n", page)
	return nil
}

// list prints the names of the cases.
func list(o options, b *bench, w io.Writer) error {
	for _, s := range o.chosen() {
		for _, tc := range s.cases(b) {
			if name := s.name + "/" + tc.name; b.only.MatchString(name) {
				fmt.Fprintf(w, "%-40s %s\n", name, tc.title)
			}
		}
	}
	return nil
}

// enlist finds and builds the contenders.
func (b *bench) enlist(ctx context.Context, o options, res *results) error {
	racers, err := regexp.Compile(o.racers)
	if err != nil {
		return fmt.Errorf("-racers: %w", err)
	}
	var all []contender
	if o.ours != "none" {
		ours, err := b.ours(ctx, o.ours)
		if err != nil {
			return err
		}
		all = append(all, ours)
		for _, e := range o.envs {
			name, value, _ := nameValue(e)
			variant := ours
			variant.Name, variant.Env = name, strings.Split(value, ",")
			all = append(all, variant)
		}
	}
	found, missing := findPeers()
	all = append(all, found...)
	res.Missing = missing
	for _, p := range o.peers {
		name, path, _ := nameValue(p)
		c, err := newContender(name, path, familyMultilog)
		if err != nil {
			return fmt.Errorf("-peer %s: %w", name, err)
		}
		c.peer = true
		all = append(all, c)
	}
	for _, c := range all {
		if racers.MatchString(c.Name) {
			b.contenders = append(b.contenders, c)
		}
	}
	if len(b.contenders) == 0 {
		return errors.New("no contender is left")
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	b.copiers = copiers(exe)
	res.Contenders = b.contenders
	return nil
}

// ours is our binary, built when no path is given.
func (b *bench) ours(ctx context.Context, path string) (contender, error) {
	if path == "" {
		path = filepath.Join(b.dir, "multilog")
		b.progress.step("building cmd/multilog")
		build := exec.CommandContext(ctx, "go", "build", "-o", path, "multilog/cmd/multilog")
		if out, err := build.CombinedOutput(); err != nil {
			return contender{}, fmt.Errorf("go build multilog/cmd/multilog: %w\n%s", err, out)
		}
		b.progress.clear()
	}
	c, err := newContender(oursName, path, familyMultilog)
	if err != nil {
		return c, fmt.Errorf("-ours: %w", err)
	}
	if out, err := exec.CommandContext(ctx, c.Path, "--version").Output(); err == nil {
		c.Version, _, _ = strings.Cut(string(out), "\n")
	}
	return c, nil
}

// introduce says who races where.
func (r results) introduce(w io.Writer) {
	for _, line := range r.Machine.lines() {
		fmt.Fprintln(w, line)
	}
	for _, c := range r.Contenders {
		text := c.Name + ": " + c.Path
		if c.Version != "" {
			text += " (" + c.Version + ")"
		}
		if len(c.Env) > 0 {
			text += " with " + strings.Join(c.Env, " ")
		}
		fmt.Fprintln(w, text)
	}
	for _, m := range r.Missing {
		fmt.Fprintln(w, m)
	}
	if r.Quick {
		fmt.Fprintln(w, "quick: short runs and few rounds; figures of a full run are steadier")
	}
}
