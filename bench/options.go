package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"

	"multilog/bench/internal/contender"
	"multilog/bench/internal/race"
	"multilog/bench/internal/scenario"
)

// errHelp says that the help text was asked for, and has been printed.
var errHelp = flag.ErrHelp

// options is the command line.
type options struct {
	ours           string
	peers, envs    []string // NAME=VALUE each
	racers, run    *regexp.Regexp
	rounds         int
	quick, list    bool
	json           bool
	report, redraw string
	dir            string
	names          []string // of the scenarios; none: all
}

// parse reads the command line. Options may stand before, between and behind the
// names of scenarios, and begin with one hyphen or two. It prints the help text to
// stdout if that is asked for.
func parse(args []string, stdout io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&o.ours, "ours", "", "use this `binary` as ours instead of building it; \"none\" leaves it out")
	f.Func("peer", "add a peer that has multilog's command line, `name=path`; may be given more than once", nameValue(&o.peers))
	f.Func("env", "add our binary with variables of the environment set, `name=VAR=VALUE,...`; may be given more than once", nameValue(&o.envs))
	racers := f.String("racers", "", "run only contenders whose name matches this `regexp`")
	run := f.String("run", "", "run only cases whose scenario/case matches this `regexp`; -list shows them")
	f.IntVar(&o.rounds, "rounds", 0, "run this `number` of rounds of each case instead of its own")
	f.BoolVar(&o.quick, "quick", false, "run fewer and shorter cases: some five minutes instead of 35")
	f.BoolVar(&o.list, "list", false, "say what the scenarios measure, list their cases, and exit")
	f.BoolVar(&o.json, "json", false, "print the results as JSON; tables go to standard error")
	f.StringVar(&o.report, "report", "", "write HTML pages with charts, pictures and results.json to this `directory`")
	f.StringVar(&o.redraw, "redraw", "", "run nothing, show the results of an earlier run instead: a `file` that -json or -report wrote")
	f.StringVar(&o.dir, "dir", os.TempDir(), "keep the logs, while they are needed, below this `directory`")
	for {
		if err := f.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				usage(f, stdout)
			}
			return o, err
		}
		rest := f.Args()
		if len(rest) == 0 {
			break
		}
		if taken := len(args) - len(rest); taken > 0 && args[taken-1] == "--" {
			o.names = append(o.names, rest...)
			break
		}
		o.names, args = append(o.names, rest[0]), rest[1:]
	}
	var err error
	if o.racers, err = regexp.Compile(*racers); err != nil {
		return o, fmt.Errorf("-racers: %w", err)
	}
	if o.run, err = regexp.Compile(*run); err != nil {
		return o, fmt.Errorf("-run: %w", err)
	}
	if o.rounds < 0 {
		return o, fmt.Errorf("-rounds: %d is less than none", o.rounds)
	}
	all := scenario.All(nil, o.quick)
	for _, name := range o.names {
		if !slices.ContainsFunc(all, func(s race.Scenario) bool { return s.Name == name }) {
			return o, fmt.Errorf("there is no scenario %q", name)
		}
	}
	return o, nil
}

// nameValue returns a function that checks NAME=VALUE and appends it.
func nameValue(to *[]string) func(string) error {
	return func(s string) error {
		if _, _, err := contender.NameValue(s); err != nil {
			return err
		}
		*to = append(*to, s)
		return nil
	}
}

// usage prints the help text.
func usage(f *flag.FlagSet, w io.Writer) {
	fmt.Fprint(w, "usage: go run ./bench [options] [scenario...]\n\n"+
		"Race this project's multilog against the loggers that are installed, check what they log, and print tables.\n\n"+
		"scenarios (all of them, unless some are named):\n")
	for _, s := range scenario.All(nil, false) {
		fmt.Fprintf(w, "  %-11s %s\n", s.Name, s.Title)
	}
	fmt.Fprint(w, "\noptions:\n")
	f.SetOutput(w)
	f.PrintDefaults()
}

// chosen returns the scenarios that are named, in their order in all.
func (o options) chosen(all []race.Scenario) []race.Scenario {
	if len(o.names) == 0 {
		return all
	}
	return slices.DeleteFunc(all, func(s race.Scenario) bool { return !slices.Contains(o.names, s.Name) })
}

// race returns a race that has no contenders yet.
func (o options) race() *race.Race {
	return &race.Race{Rounds: o.rounds, Only: o.run, RunLimit: race.RunLimit}
}
