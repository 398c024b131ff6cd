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
	help, version  bool
	dirs           []dirOption
	bucket, prefix string
}

type dirOption struct{ dir, log string }

const (
	defaultEvery = 2 * time.Second
	minEvery     = 100 * time.Millisecond
	defaultKeep  = "1GiB"
)

// parse understands args; options may come before, between and after the others.
func parse(args []string) (o options, err error) {
	keep := defaultKeep
	o.every = defaultEvery
	set := cmdline.Set{Options: []cmdline.Option{
		{Word: "every", Value: cmdline.Required, Set: o.setEvery},
		{Word: "keep", Value: cmdline.Required, Set: cmdline.Text(&keep)},
		{Word: "host", Value: cmdline.Required, Set: cmdline.Text(&o.host)},
		{Word: "metrics", Value: cmdline.Required, Set: cmdline.Text(&o.metrics)},
		{Word: "check", Set: cmdline.Flag(&o.check)},
		{Letter: 'h', Word: "help", Set: cmdline.Flag(&o.help)},
		{Letter: 'V', Word: "version", Set: cmdline.Flag(&o.version)},
	}}
	rest, err := set.Parse(args)
	if err != nil || o.help || o.version {
		return o, err
	}
	return o, cmdline.Wrong(o.complete(keep, rest))
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

// complete takes the values that need a closer look, and the arguments.
func (o *options) complete(keep string, rest []string) error {
	size, err := humanize.ParseBytes(keep)
	if err != nil || size > math.MaxInt64 {
		return fmt.Errorf("--keep: %q is no size such as 500MB or 10GiB", keep)
	}
	o.keep = int64(size)
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
