// Mlcat shows the lines of log directories: by time, by text, live, compressed or
// not. Its options are journalctl's.
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
	"time"

	"multilog/cmd/mlcat/internal/pattern"
	"multilog/cmd/mlcat/internal/timespec"
	"multilog/internal/console"
	"multilog/internal/signals"
	"multilog/internal/version"
	"multilog/tai64n"
	"multilog/tai64n/localtime"
)

// Exit statuses.
const (
	exitOK      = 0
	exitNothing = 1 // --grep was given, and no line shown
	exitTrouble = 2
)

func main() {
	signals.Default()
	os.Exit(run(os.Args[1:]))
}

// program is one run.
type program struct {
	options
	style   *style
	out     io.Writer
	pager   *pager // nil when there is none
	shown   int    // lines
	failed  bool   // something could not be shown
	warned  string // the last warning
	sources []*source
	feeds   []*feed
	end     cursor // where this ended
}

func run(args []string) int {
	o, err := parseOptions(args)
	if err != nil {
		return fatal(err)
	}
	switch {
	case o.help:
		fmt.Print(helpText)
		return exitOK
	case o.version:
		fmt.Println("mlcat", version.String())
		return exitOK
	}
	// Blocks are reused, so there is little to collect and much that looks like it.
	debug.SetGCPercent(400)
	p := &program{options: o, out: os.Stdout}
	if err := p.prepare(); err != nil {
		return fatal(err)
	}
	p.openPager()
	err = p.show()
	p.closePager()
	switch {
	case errors.Is(err, syscall.EPIPE): // who read it has enough
	case err != nil:
		return fatal(err)
	}
	switch {
	case p.failed:
		return exitTrouble
	case len(p.patterns) > 0 && p.shown == 0 && err == nil:
		return exitNothing
	}
	return exitOK
}

// fatal says why mlcat ends, and returns its exit status.
func fatal(err error) int {
	say(console.Fatal, plain(err).Error())
	return exitTrouble
}

// say writes a message.
func say(severity, text string) { fmt.Fprint(os.Stderr, console.Line("mlcat", severity, text)) }

// warn says that something could not be shown.
func (p *program) warn(err error) {
	if harmless := errors.As(err, new(missing)) || errors.As(err, new(waiting)); !harmless {
		p.failed = true
	} else if p.quiet {
		return
	}
	text := plain(err).Error()
	if text == p.warned {
		return // found again, at the other end of a range
	}
	p.warned = text
	say(console.Warning, text)
}

// plain puts what Go says in the way of our messages: the operation, the path,
// the reason.
func plain(err error) error {
	var pathErr *fs.PathError
	switch {
	case errors.As(err, &pathErr):
		return fmt.Errorf("unable to %s %s: %w", pathErr.Op, pathErr.Path, pathErr.Err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New(strings.ReplaceAll(err.Error(), io.ErrUnexpectedEOF.Error(), "it ends too early, not all of it is there"))
	}
	return err
}

// prepare compiles the pattern and decides how lines look.
func (p *program) prepare() error {
	color := p.color == "always" || p.color == "auto" && isTerminal(1) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	p.style = &style{
		output: p.output,
		tai:    p.tai,
		color:  color && p.output != outJSON,
		invert: p.invert,
		escape: p.output != outJSON && isTerminal(1),
		zone:   localtime.FromEnv(),
		marks:  len(p.dirs) > 1 || p.reverse || p.lines != allLines,
	}
	if p.output == outUTC {
		p.style.zone = localtime.New("UTC0", "")
	}
	if len(p.patterns) == 0 {
		return nil
	}
	var err error
	p.style.pattern, err = pattern.Compile(p.patterns, pattern.Options{Fixed: p.fixed, IgnoreCase: p.ignoreCase})
	return err
}

// show does what the options say.
func (p *program) show() error {
	since, until, err := p.times()
	if err != nil {
		return err
	}
	if err := p.openSources(); err != nil {
		return err
	}
	if p.options.follow {
		for _, s := range p.sources {
			f, err := startFollowing(s)
			if err != nil {
				return err
			}
			p.feeds = append(p.feeds, f)
		}
	}
	if err := p.narrow(since, until); err != nil {
		return err
	}
	if p.wantsCursor() && !p.options.follow {
		for _, s := range p.sources {
			p.end = append(p.end, s.markAt(s.to)) // its files are open now
		}
	}
	if err := p.showOld(); err != nil {
		return err
	}
	if p.options.follow {
		if err := p.follow(p.feeds); err != nil {
			return err
		}
	}
	return p.endCursor()
}

// openSources opens what there is of the logs. One that can't be opened is left out,
// unless it is the only one, or a cursor counts on it.
func (p *program) openSources() error {
	var first error
	for _, dir := range p.dirs {
		s, err := openSource(dir, p.options.follow, p.warn)
		switch {
		case err == nil:
			p.sources = append(p.sources, s)
		case p.wantsCursor() || p.cursor != "" || p.afterCursor != "":
			return err
		case first != nil:
			p.warn(err)
		default:
			first = err
		}
	}
	if first != nil && len(p.sources) > 0 {
		p.warn(first)
		first = nil
	}
	return first
}

// A limit is a label that bounds what is shown, if it is set.
type limit struct {
	label tai64n.Label
	set   bool
}

// times reads --since and --until.
func (p *program) times() (since, until limit, err error) {
	clock := timespec.Clock{Now: time.Now(), Offset: offsetOf(localtime.FromEnv())}
	if p.output == outUTC {
		clock.Offset = func(int64) int64 { return 0 }
	}
	read := func(option, text string) (limit, error) {
		if text == "" {
			return limit{}, nil
		}
		l, literal, err := clock.Parse(text)
		if err != nil {
			return limit{}, fmt.Errorf("--%s: %w", option, err)
		}
		if p.tai && !literal {
			l = toTAI(l)
		}
		return limit{l, true}, nil
	}
	if since, err = read("since", p.since); err != nil {
		return
	}
	if until, err = read("until", p.until); err != nil {
		return
	}
	if since.set && until.set && until.label.Before(since.label) {
		err = errors.New("--until is before --since")
	}
	return
}

// offsetOf returns how far local time in a zone is ahead of UTC: what its clock
// shows, read as if it were UTC, tells.
func offsetOf(zone *localtime.Zone) func(unix int64) int64 {
	clock := localtime.NewFormatter(zone)
	return func(unix int64) int64 {
		text, ok := clock.Append(nil, tai64n.Label{Sec: uint64(unix) + tai64n.UnixEpoch})
		if !ok {
			return 0
		}
		t, err := time.Parse("2006-01-02 15:04:05.000000000", string(text))
		if err != nil {
			return 0
		}
		return t.Unix() - unix
	}
}

// narrow leaves of the sources what the options want.
func (p *program) narrow(since, until limit) error {
	text, at := p.afterCursor, false
	switch {
	case p.cursor != "":
		text, at = p.cursor, true
	case p.cursorFile != "":
		var err error
		if text, err = readCursorFile(p.cursorFile); err != nil {
			return err
		}
		if _, err = parseCursor(text, len(p.sources)); text != "" && err != nil {
			return fmt.Errorf("%w (it stands in %s)", err, p.cursorFile)
		}
		if text != "" && p.options.follow && !p.linesSet {
			p.lines = allLines // go on where the last run ended
		}
	}
	if text != "" {
		c, err := parseCursor(text, len(p.sources))
		if err != nil {
			return err
		}
		for i, s := range p.sources {
			s.narrow(s.behind(c[i], at))
		}
	}
	for _, s := range p.sources {
		if since.set {
			s.narrow(s.bound(since.label, false))
		}
		if until.set {
			s.end(s.bound(until.label.Next(), true))
		}
		if p.wantsCursor() && !p.options.follow { // a follower sees to that itself
			s.end(s.wholeLines())
		}
		if s.to.before(s.from) {
			s.to = s.from
		}
	}
	return nil
}

// showOld shows what is there already.
func (p *program) showOld() error {
	if p.lines == 0 {
		return nil
	}
	scanner := newScanner(p.style)
	defer scanner.stop()
	backward := p.reverse || p.lines != allLines
	var walks []*walk
	for _, s := range p.sources {
		walks = append(walks, scanner.walk(s, backward))
	}
	out := newSink(p.out)
	var n int
	var err error
	switch {
	case p.reverse:
		n, err = copyReverse(out, walks, p.lines)
	case p.lines != allLines:
		n, err = copyTail(out, walks, p.lines)
	default:
		n, err = copyAll(out, walks)
	}
	p.shown += n
	return errors.Join(err, out.Flush())
}

func (p *program) wantsCursor() bool { return p.showCursor || p.cursorFile != "" }

// endCursor says and keeps where this ended.
func (p *program) endCursor() error {
	if !p.wantsCursor() {
		return nil
	}
	for _, f := range p.feeds {
		p.end = append(p.end, f.shown)
	}
	if p.showCursor {
		if _, err := fmt.Fprintf(p.out, "-- cursor: %v\n", p.end); err != nil {
			return err
		}
	}
	if p.cursorFile == "" {
		return nil
	}
	return writeCursorFile(p.cursorFile, p.end)
}
