package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"

	"multilog/bench/internal/contender"
	"multilog/bench/internal/race"
	"multilog/bench/internal/scenario"
	"multilog/internal/cmdline"
)

// options is the command line.
type options struct {
	ours           string
	peers          []string // NAME=VALUE each
	racers, run    *regexp.Regexp
	rounds         int
	quick, list    bool
	report, redraw string
	dir            string
	names          []string // of the scenarios; none: all
}

// command returns the command line, whose options set those in o.
func (o *options) command() *cmdline.Command {
	const required = cmdline.Required
	files, directories := cmdline.Values{Files: true}, cmdline.Values{Directories: true}
	all := scenario.All(nil, false)
	names := make([]string, len(all))
	about := "Race this project's multilog against the loggers that are installed, check what\nthey log, and print tables.\n\nScenarios (all of them, unless some are named):\n"
	for i, s := range all {
		names[i] = s.Name
		about += fmt.Sprintf("  %-11s %s\n", s.Name, s.Title)
	}
	return &cmdline.Command{
		Name: "bench", Forms: []string{"[OPTION]... [SCENARIO]...   (go run ./bench ...)"}, About: about, OneHyphen: true,
		Notes:     "Words may also follow one hyphen: -quick.\n\nExit status: 0 if all went well, 2 if the command line is wrong, 111 if\nsomething failed.",
		Arguments: cmdline.Values{Words: names},
		Options: []cmdline.Option{
			{Word: "ours", Value: required, Name: "BINARY", Help: "use this binary as ours instead of building it; none leaves it out", Values: files, Set: cmdline.Text(&o.ours)},
			{Word: "peer", Value: required, Name: "NAME=PATH", Help: "add a peer that has multilog's command line; may be given more than once", Set: nameValue(&o.peers)},
			{Word: "racers", Value: required, Name: "REGEXP", Help: "run only contenders whose name matches", Set: expression(&o.racers)},
			{Word: "run", Value: required, Name: "REGEXP", Help: "run only cases whose scenario/case matches; --list shows them", Set: expression(&o.run)},
			{Word: "rounds", Value: required, Name: "NUMBER", Help: "run this number of rounds of each case instead of its own", Set: o.setRounds},
			{Word: "quick", Help: "run fewer and shorter cases: some eight minutes instead of 40", Set: cmdline.Flag(&o.quick)},
			{Word: "list", Help: "say what the scenarios measure, list their cases, and exit", Set: cmdline.Flag(&o.list)},
			{Word: "report", Value: required, Name: "DIR", Help: "write HTML pages with charts, pictures and results.json to DIR", Values: directories, Set: cmdline.Text(&o.report)},
			{Word: "redraw", Value: required, Name: "FILE", Help: "run nothing, show the results of an earlier run instead, whose results.json is FILE",
				Values: files, Set: cmdline.Text(&o.redraw)},
			{Word: "dir", Value: required, Name: "DIR", Help: "keep the logs, while they are needed, below DIR (" + os.TempDir() + ")", Values: directories, Set: cmdline.Text(&o.dir)},
		},
	}
}

// parse reads the command line. If it asks for help or the like, answer is that text.
func parse(args []string) (o options, answer string, err error) {
	any := regexp.MustCompile("")
	o = options{racers: any, run: any, dir: os.TempDir()}
	if o.names, answer, err = o.command().Parse(args); err != nil || answer != "" {
		return o, answer, err
	}
	all := scenario.All(nil, o.quick)
	for _, name := range o.names {
		if !slices.ContainsFunc(all, func(s race.Scenario) bool { return s.Name == name }) {
			return o, "", cmdline.Wrong(fmt.Errorf("there is no scenario %q", name))
		}
	}
	return o, "", nil
}

// expression returns a function that sets *to to the regular expression.
func expression(to **regexp.Regexp) func(string) error {
	return func(s string) (err error) {
		*to, err = regexp.Compile(s)
		return err
	}
}

// setRounds takes the value of --rounds.
func (o *options) setRounds(s string) (err error) {
	if o.rounds, err = strconv.Atoi(s); err != nil || o.rounds < 0 {
		return fmt.Errorf("%q is not a number from 0 on", s)
	}
	return nil
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
