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
	"multilog/internal/cmdline"
	"multilog/internal/console"
	"multilog/internal/signals"
)

// memoryBytes is what Go's collector keeps the heap below, where it can.
const memoryBytes = 64 << 20

func main() {
	signals.Default(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	debug.SetMemoryLimit(memoryBytes)
	os.Exit(run(os.Args[1:], os.Stdout))
}

func warn(text string)  { console.Say("mlship", console.Warning, text) }
func fatal(text string) { console.Say("mlship", console.Fatal, text) }

func run(args []string, stdout io.Writer) int {
	o, answer, err := parse(args)
	switch {
	case err != nil:
		fatal(err.Error())
		return cmdline.Status(err)
	case answer != "":
		return o.command().Print(stdout, os.Stderr, answer)
	}
	s3, err := store.NewS3(context.Background(), o.bucket)
	if err != nil {
		fatal(err.Error())
		return cmdline.ExitFailed
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
	go func() {
		defer close(known)
		if s, ok := ship.Probe(stop, s3, logs[0].Name(), warn); ok {
			probing.Store = s
		}
	}()
	every := o.every
	if every == 0 {
		every = wholeEvery
	}
	dirs := make([]string, len(o.dirs))
	for i, d := range o.dirs {
		dirs[i] = d.dir
	}
	var written time.Time
	figures := func() {
		if o.metrics != "" {
			written = time.Now()
			if err := ship.WriteMetrics(o.metrics, logs, written); err != nil {
				warn("unable to write figures: " + err.Error() + "; trying again after the next step")
			}
		}
	}
	sender := ship.Sender{Every: every, Logs: logs, Dirs: dirs, Warn: warn, Advance: func() {
		if time.Since(written) >= metricsEvery {
			figures()
		}
	}}
	sender.Keep() // from the start, also while the store can't be reached
	for probed := false; !probed; {
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
			return cmdline.ExitFailed
		}
		fmt.Fprintf(stdout, "%s: %d files with %d lines in the store, %d of them here and the same, %d not sent yet; %d bytes of unfinished files\n",
			l.Name(), r.Files, r.Lines, r.Same, r.Waiting, r.Live)
		for _, gap := range r.Gaps {
			fmt.Fprintf(stdout, "%s: gap: %s\n", l.Name(), gap)
		}
		for _, wrong := range r.Wrong {
			fmt.Fprintf(stdout, "%s: wrong: %s\n", l.Name(), wrong)
			code = cmdline.ExitNo
		}
	}
	return code
}
