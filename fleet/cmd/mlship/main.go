// Command mlship sends log directories to an object store, every line once and in
// order.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"multilog/fleet/layout"
	"multilog/fleet/ship"
	"multilog/fleet/store"
	"multilog/internal/console"
	"multilog/internal/signals"
	"multilog/internal/version"
)

// Exit codes.
const (
	exitWrong = 1   // --check has found that something is missing or different
	exitUsage = 2   // the command line
	exitFatal = 111 // it can't start, or can't check
)

// memoryBytes is what Go's collector keeps the heap below, where it can.
const memoryBytes = 64 << 20

const usage = `usage: mlship [--every=TIME] [--keep=SIZE] [--host=NAME] [--metrics=FILE]
              DIR[=LOG]... s3://BUCKET[/PREFIX]
       mlship --check [--host=NAME] DIR[=LOG]... s3://BUCKET[/PREFIX]

mlship sends log directories of multilog, s6-log or svlogd to an object store:
finished files as they are, and what is in current in small pieces. Every line
is in the store once, in order. The loggers know nothing of it. It runs until it
is told to end by a signal.

The log in DIR is kept below PREFIX/HOST/LOG. LOG is the name of the service, as
far as the path tells: /service/qmail-send/log/main is qmail-send.

  --every=TIME    send what is new after this time (2s); 0: finished files only
  --keep=SIZE     keep at most this much, per directory, of what the logger has
                  removed but the store has not taken yet (1GiB)
  --host=NAME     call this host NAME in the store (its host name)
  --metrics=FILE  write figures to FILE, as OpenMetrics
  --check         compare store and directories, and end: 0 if all is well, 1 if
                  something is missing or different
  --version       show the version

Credentials and region are those of the AWS tools: AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY, AWS_PROFILE, AWS_REGION, ~/.aws, or the machine's role.
AWS_ENDPOINT_URL names another store than Amazon's.
`

func main() {
	signals.Default(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	debug.SetMemoryLimit(memoryBytes)
	os.Exit(run(os.Args[1:], os.Stdout))
}

func warn(text string)  { console.Say("mlship", console.Warning, text) }
func fatal(text string) { console.Say("mlship", console.Fatal, text) }

func run(args []string, stdout io.Writer) int {
	o, err := parse(args)
	switch {
	case err != nil:
		fatal(err.Error())
		return exitUsage
	case o.help:
		fmt.Fprint(stdout, usage)
		return 0
	case o.version:
		fmt.Fprintln(stdout, "mlship", version.String())
		return 0
	}
	s3, err := store.NewS3(context.Background(), o.bucket)
	if err != nil {
		fatal(err.Error())
		return exitFatal
	}
	if o.check {
		return check(o, s3, stdout)
	}
	send(o, s3)
	return 0
}

func logsOf(o options, s store.Store) []*ship.Log {
	logs := make([]*ship.Log, len(o.dirs))
	for i, d := range o.dirs {
		logs[i] = ship.NewLog(layout.Log{Prefix: o.prefix, Host: o.host, Name: d.log}, ship.OSDirectory(d.dir), ship.Config{
			Store: s, Keep: o.keep, Whole: o.every == 0, Now: time.Now,
			Warn: func(log layout.Log, text string) { warn(log.String() + ": " + text) },
		})
	}
	return logs
}

// wholeEvery is the time between two looks for finished files with --every=0.
const wholeEvery = 10 * time.Second

// metricsEvery is how often figures are written, at most.
const metricsEvery = time.Second

// send sends until a signal comes.
func send(o options, s3 store.Store) {
	stop := make(chan struct{})
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	go func() {
		<-caught
		close(stop)
	}()
	probing := &lateStore{}
	logs := logsOf(o, probing)
	known := make(chan struct{})
	go func() { // files are kept from the start, also while the store can't be reached
		defer close(known)
		if s, ok := ship.Probe(stop, s3, logs[0].Name(), warn); ok {
			probing.Store = s
		}
	}()
	var written time.Time
	figures := func() {
		if o.metrics != "" {
			written = time.Now()
			if err := ship.WriteMetrics(o.metrics, logs, written); err != nil {
				warn("unable to write figures: " + err.Error() + "; trying again after the next step")
			}
		}
	}
	for probed := false; !probed; {
		for _, l := range logs {
			_ = l.Keep() // Step tells errors
		}
		figures()
		select {
		case <-known:
			probed = true
		case <-time.After(time.Second):
		}
	}
	if probing.Store == nil {
		return
	}
	every := o.every
	if every == 0 {
		every = wholeEvery
	}
	dirs := make([]string, len(o.dirs))
	for i, d := range o.dirs {
		dirs[i] = d.dir
	}
	sender := ship.Sender{Every: every, Logs: logs, Dirs: dirs, Warn: warn, Advance: func() {
		if time.Since(written) >= metricsEvery {
			figures()
		}
	}}
	sender.Run(stop)
	figures()
}

// lateStore is a Store that is known later.
type lateStore struct{ store.Store }

// check compares, and writes what it found.
func check(o options, s store.Store, stdout io.Writer) int {
	code := 0
	for _, l := range logsOf(o, s) {
		r, err := l.Check(context.Background())
		if err != nil {
			fatal(l.Name().String() + ": unable to check: " + err.Error())
			return exitFatal
		}
		fmt.Fprintf(stdout, "%s: %d files with %d lines in the store, %d of them here and the same, %d not sent yet; %d bytes of unfinished files\n",
			l.Name(), r.Files, r.Lines, r.Same, r.Waiting, r.Live)
		for _, gap := range r.Gaps {
			fmt.Fprintf(stdout, "%s: gap: %s\n", l.Name(), gap)
		}
		for _, wrong := range r.Wrong {
			fmt.Fprintf(stdout, "%s: wrong: %s\n", l.Name(), wrong)
			code = exitWrong
		}
	}
	return code
}
