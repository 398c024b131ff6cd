// Mlcat shows the lines of log directories: by time, by text, live, compressed or not.
// Its options are those of journalctl.
//
// Package main reads the command line, runs the pager and prints messages. The packages
// below internal do the rest: source opens logs and keeps which part of them is wanted,
// cursor remembers places in them, engine reads and orders lines, render selects and
// formats lines, histogram counts them, follow prints lines as they come, far reads logs of
// other machines. pattern and timespec understand what people type.
package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime/debug"
	"strings"
	"syscall"

	"multilog/cmd/mlcat/internal/cursor"
	"multilog/cmd/mlcat/internal/far"
	"multilog/cmd/mlcat/internal/source"
	"multilog/internal/cmdline"
	"multilog/internal/console"
	"multilog/internal/farlog"
	"multilog/internal/logdir"
	"multilog/internal/mayread"
	"multilog/internal/signals"
)

func main() {
	signals.Default()
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	o, answer, err := parseOptions(args)
	switch {
	case err != nil:
		return fatal(err)
	case answer != "":
		return o.command().Print(os.Stdout, os.Stderr, answer)
	}
	// Blocks are reused, so there is little to collect and much that looks like it.
	debug.SetGCPercent(400)
	p := newProgram(o)
	if err := p.prepare(); err != nil {
		return fatal(err)
	}
	p.openPager()
	err = p.showWanted()
	if pagerErr := p.closePager(); pagerErr != nil {
		p.noPagerBecause(pagerErr)
		p, err = p.again()
	}
	switch {
	case errors.Is(err, syscall.EPIPE): // the reader of the output has seen enough
		if p.pager == nil {
			signals.End(syscall.SIGPIPE) // as without a cursor
		}
	case err != nil:
		return fatal(err)
	}
	switch {
	case p.failed:
		return cmdline.ExitFailed
	case p.selects() && p.shown == 0 && err == nil:
		return cmdline.ExitNo
	}
	return cmdline.ExitOK
}

func newProgram(o options) *program {
	return &program{options: o, out: output{os.Stdout}, urls: make(map[string]bool)}
}

// showWanted shows the logs or what is in them.
func (p *program) showWanted() error {
	if p.list {
		return p.showList()
	}
	return p.show()
}

// again shows everything once more, without a pager.
func (p *program) again() (*program, error) {
	o := p.options
	o.noPager = true
	if text, err := cursor.ReadFile(o.cursorFile); o.cursorFile != "" && err == nil && text != p.began {
		o.cursorFile, o.afterCursor = "", p.began // the file has the new cursor
	}
	q := newProgram(o)
	err := q.prepare()
	if err == nil {
		err = q.showWanted()
	}
	return q, err
}

// fatal prints why mlcat ends, and returns its exit status.
func fatal(err error) int {
	say(console.Fatal, plain(err).Error())
	return cmdline.Status(err)
}

// say prints a message.
func say(severity, text string) { fmt.Fprint(os.Stderr, console.Line("mlcat", severity, text)) }

// warn prints that something could not be read. It prints an error once, also if that is
// found again at the other end of a range.
func (p *program) warn(err error) {
	p.warning.Lock()
	defer p.warning.Unlock()
	switch {
	case errors.As(err, new(logdir.NotWatched)): // lines come later, but they come
	case errors.As(err, new(far.Warning)): // how that mlcat ends tells if it has failed
	case errors.As(err, new(source.Missing)) || errors.As(err, new(source.Waiting)) || errors.As(err, new(source.Untimed)):
		if p.quiet {
			return
		}
	default:
		p.failed = true
		p.later = p.later || errors.As(err, new(farlog.Failure))
	}
	text := plain(err).Error()
	if retried := new(logdir.Retried); errors.As(err, retried) {
		text = logdir.Retried{Err: plain(retried.Err)}.Error()
	}
	if empty := new(source.Empty); errors.As(err, empty) {
		text += below(empty.Path)
	}
	if text == p.warned {
		return
	}
	p.warned = text
	say(console.Warning, text)
}

// plain returns an error of Go's in the form of our messages: operation, path, reason.
func plain(err error) error {
	var pathErr *fs.PathError
	switch {
	case errors.As(err, &pathErr):
		pathErr = mayread.Explain(pathErr).(*fs.PathError)
		return fmt.Errorf("unable to %s %s: %w", pathErr.Op, pathErr.Path, pathErr.Err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New(strings.ReplaceAll(err.Error(), io.ErrUnexpectedEOF.Error(), "unexpected end of file"))
	}
	return err
}
