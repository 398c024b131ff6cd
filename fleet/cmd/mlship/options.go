package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"multilog/fleet/layout"
	"multilog/fleet/ship"
	"multilog/internal/cmdline"
)

// options is the command line.
type options struct {
	every          time.Duration
	keep           int64
	host, metrics  string
	check          bool
	dirs           []dirOption
	bucket, prefix string
}

type dirOption struct{ dir, log string }

const (
	defaultEvery = 2 * time.Second
	minEvery     = 100 * time.Millisecond
	defaultKeep  = 1 << 30 // bytes
)

// The texts of --help above and below the options.
const (
	about = `
mlship sends log directories of multilog, s6-log or svlogd to an object store:
finished files as they are, and what is in current in small pieces. Every line
is in the store once, in order. The loggers know nothing of it. It runs until it
is told to end by a signal.

The log in DIR is kept below PREFIX/HOST/LOG. LOG is the name of the service, as
far as the path tells: /service/qmail-send/log/main is qmail-send.
`

	notes = `
Credentials and region are those of the AWS tools: AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY, AWS_PROFILE, AWS_REGION, ~/.aws, or the machine's role.
AWS_ENDPOINT_URL names another store than Amazon's.

Exit status: 0 after a signal, or if --check finds all well; 1 if it finds
something missing or different; 2 if the command line is wrong; 111 if mlship
can't start or can't check.
`
)

// command returns the command line, whose options set those in o.
func (o *options) command() *cmdline.Command {
	const required = cmdline.Required
	return &cmdline.Command{
		Name: "mlship", Forms: []string{
			"[OPTION]... DIR[=LOG]... s3://BUCKET[/PREFIX]",
			"--check [--host=NAME] DIR[=LOG]... s3://BUCKET[/PREFIX]",
		},
		About: about, Notes: notes, Arguments: cmdline.Values{Directories: true, Words: []string{"s3://"}},
		Options: []cmdline.Option{
			{Word: "every", Value: required, Name: "TIME", Help: "send what is new after this time (2s); 0: finished files only", Set: o.setEvery},
			{Word: "keep", Value: required, Name: "SIZE",
				Help: "keep at most this much, per directory, of what the logger has removed but the store has not taken yet (1GiB)", Set: o.setKeep},
			{Word: "host", Value: required, Name: "NAME", Help: "call this host NAME in the store (its host name)", Set: cmdline.Text(&o.host)},
			{Word: "metrics", Value: required, Name: "FILE", Help: "write figures to FILE, as OpenMetrics",
				Values: cmdline.Values{Files: true}, Set: cmdline.Text(&o.metrics)},
			{Word: "check", Help: "compare store and directories, and end: 0 if all is well, 1 if something is missing or different", Set: cmdline.Flag(&o.check)},
		},
	}
}

// parse parses args. If they ask for help or the like, it returns that text as answer.
func parse(args []string) (o options, answer string, err error) {
	o.every, o.keep = defaultEvery, defaultKeep
	rest, answer, err := o.command().Parse(args)
	if err != nil || answer != "" {
		return o, answer, err
	}
	return o, "", cmdline.Wrong(o.complete(rest))
}

// setKeep takes the value of --keep.
func (o *options) setKeep(text string) error {
	size, err := humanize.ParseBytes(text)
	if err != nil || size > math.MaxInt64 {
		return fmt.Errorf("%q is no size such as 500MB or 10GiB", text)
	}
	o.keep = int64(size)
	return nil
}

// setEvery takes the value of --every.
func (o *options) setEvery(text string) (err error) {
	if text == "0" {
		o.every = 0
		return nil
	}
	if o.every, err = time.ParseDuration(text); err != nil || o.every != 0 && o.every < minEvery {
		return fmt.Errorf("%q is neither 0 nor a time from 100ms on, such as 2s or 1m", text)
	}
	return nil
}

// complete takes the arguments, and finds out what no option has told.
func (o *options) complete(rest []string) (err error) {
	if o.host == "" {
		if o.host, err = os.Hostname(); err != nil {
			return fmt.Errorf("unable to find out this host's name: %w; give it with --host", err)
		}
	}
	if err := layout.CheckName(o.host); err != nil {
		return fmt.Errorf("--host: %w", err)
	}
	return o.arguments(rest)
}

// arguments takes the directories and the store.
func (o *options) arguments(rest []string) error {
	if len(rest) < 2 {
		return errors.New("too few arguments: name log directories, and then s3://BUCKET or s3://BUCKET/PREFIX")
	}
	last := len(rest) - 1
	place, ok := strings.CutPrefix(rest[last], "s3://")
	o.bucket, o.prefix, _ = strings.Cut(strings.TrimRight(place, "/"), "/")
	if !ok || o.bucket == "" {
		return fmt.Errorf("the last argument must be s3://BUCKET or s3://BUCKET/PREFIX, not %q", rest[last])
	}
	seen := map[string]string{}
	for _, arg := range rest[:last] {
		d := dirOption{dir: arg}
		if i := strings.LastIndexByte(arg, '='); i >= 0 {
			d.dir, d.log = arg[:i], arg[i+1:]
		} else {
			d.log, _ = ship.LogName(arg)
		}
		if err := layout.CheckName(d.log); err != nil {
			return fmt.Errorf("the log in %s: %w; give it a name with %s=NAME", d.dir, err, d.dir)
		}
		if other, ok := seen[d.log]; ok {
			return fmt.Errorf("%s and %s would both be %s in the store; give one another name with %s=NAME", other, d.dir, d.log, d.dir)
		}
		seen[d.log] = d.dir
		o.dirs = append(o.dirs, d)
	}
	return nil
}
