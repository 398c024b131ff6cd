package logdir

import (
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sys/unix"

	"multilog/internal/test/memdir"
	"multilog/tai64n"
)

// A logger keeps a log directory as some real one does, one system call at a
// time, so that a test can look in between.
type logger struct {
	t     testing.TB
	rnd   *rand.Rand
	dir   string
	kind  loggerKind
	keep  int  // old files
	plain bool // lines have no labels

	out     *os.File
	clock   tai64n.Label
	lines   int // written
	inFile  int
	steps   []func() // what is under way
	pending []string // old files that wait to be processed (ours)
	pruned  int
}

type loggerKind struct {
	name      string
	next      bool   // swaps to `next` first, renames afterwards, as ours does
	links     bool   // links and unlinks, as s6-log does
	processor string // "", "cat", "gzip", "zstd"
}

var loggerKinds = []loggerKind{
	{name: "djb"},
	{name: "s6", links: true},
	{name: "djb-cat", processor: "cat"},
	{name: "djb-gzip", processor: "gzip"},
	{name: "ours", next: true},
	{name: "ours-cat", next: true, processor: "cat"},
	{name: "ours-zstd", next: true, processor: "zstd"},
}

// compressors are what processors use, one at a time: a new one for each little
// file would cost more than all else.
var compressors = struct {
	gzip *gzip.Writer
	zstd *zstd.Encoder
}{gzip.NewWriter(io.Discard), newEncoder()}

func newEncoder() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(zstd.MinWindowSize))
	if err != nil {
		panic(err) // the options are constant
	}
	return e
}

func newLogger(t testing.TB, seed uint64, kind loggerKind, keep int) *logger {
	l := &logger{t: t, rnd: rand.New(rand.NewPCG(seed, 1)), dir: memdir.New(t), kind: kind, keep: keep}
	l.clock = tai64n.FromUnixNano(1_800_000_000_000_000_000)
	l.out = l.create("current")
	return l
}

func (l *logger) path(name string) string { return filepath.Join(l.dir, name) }

func (l *logger) check(err error) {
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l *logger) create(name string) *os.File {
	f, err := os.OpenFile(l.path(name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	l.check(err)
	return f
}

func (l *logger) tick() string {
	l.clock.Sec += uint64(l.rnd.IntN(2))
	l.clock = l.clock.Next()
	return l.clock.String()
}

func (l *logger) rename(from, to string) { l.check(os.Rename(l.path(from), l.path(to))) }

// step makes one system call, or a few lines.
func (l *logger) step() {
	if len(l.steps) > 0 && l.rnd.IntN(3) > 0 {
		do := l.steps[0]
		l.steps = l.steps[1:]
		do()
		return
	}
	if len(l.steps) > 0 && !l.kind.next {
		return // it does one thing at a time
	}
	for range l.rnd.IntN(3) {
		l.write()
	}
	if l.inFile > 4 && len(l.steps) == 0 {
		l.rotate()
	}
}

// settle finishes what is under way.
func (l *logger) settle() {
	for len(l.steps) > 0 {
		do := l.steps[0]
		l.steps = l.steps[1:]
		do()
	}
}

func (l *logger) write() {
	label := l.tick() + " "
	if l.plain {
		label = ""
	}
	_, err := fmt.Fprintf(l.out, "%sline %d\n", label, l.lines)
	l.check(err)
	now := unix.NsecToTimeval(l.clock.UnixNano())
	l.check(unix.Futimes(int(l.out.Fd()), []unix.Timeval{now, now}))
	l.lines++
	l.inFile++
}

func (l *logger) later(steps ...func()) { l.steps = append(l.steps, steps...) }

func (l *logger) rotate() {
	l.inFile = 0
	label := l.tick()
	if l.kind.next {
		l.rotateOurs(label)
		return
	}
	l.later(
		func() { l.rename("current", "previous") },
		func() { l.out.Close(); l.out = l.create("current") },
	)
	l.finish("previous", label+".s")
}

func (l *logger) rotateOurs(label string) {
	next := l.create("next")
	l.later(
		func() { l.out.Close(); l.out = next },
		func() { l.rename("current", label+".u") },
		func() { l.rename("next", "current") },
	)
	if l.kind.processor == "" {
		l.finish(label+".u", label+".s")
		return
	}
	if l.pending = append(l.pending, label); len(l.pending) < 3 && l.rnd.IntN(2) == 0 {
		return // the processor is slow
	}
	for _, label := range l.pending {
		l.later(func() { l.rename(label+".u", "previous") })
		l.finish("previous", label+".s")
	}
	l.pending = nil
}

// finish makes an old file of a complete one.
func (l *logger) finish(from, to string) {
	switch {
	case l.kind.processor != "":
		if l.kind.processor == "zstd" {
			to += ".zst"
		}
		l.later(
			func() { l.process(from, "processed") },
			func() { l.check(os.Chmod(l.path("processed"), 0o744)) },
			func() { l.check(os.Remove(l.path(from))) },
			func() { l.rename("processed", to) },
		)
	case l.kind.links:
		l.later(
			func() { l.check(os.Link(l.path(from), l.path(to))) },
			func() { l.check(os.Remove(l.path(from))) },
		)
	default:
		l.later(func() { l.rename(from, to) })
	}
	l.later(l.prune)
}

func (l *logger) process(from, to string) {
	data, err := os.ReadFile(l.path(from))
	l.check(err)
	f, err := os.OpenFile(l.path(to), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
	l.check(err)
	var w io.WriteCloser = f
	switch l.kind.processor {
	case "gzip":
		compressors.gzip.Reset(f)
		w = compressors.gzip
	case "zstd":
		compressors.zstd.Reset(f)
		w = compressors.zstd
	}
	_, err = w.Write(data)
	l.check(err)
	l.check(w.Close())
	f.Close()
}

func (l *logger) prune() {
	list, err := readNames(l.dir)
	l.check(err)
	var old []string
	for _, name := range list {
		if IsOld(name) && (l.kind.processor == "" || !unfinished(name)) { // others are pending
			old = append(old, name)
		}
	}
	slices.Sort(old)
	for len(old) >= l.keep {
		l.check(os.Remove(l.path(old[0])))
		l.pruned++
		old = old[1:]
	}
}

// crash is an outage and the start after it: what is pending is given a label.
func (l *logger) crash() {
	l.settle()
	l.rename("current", l.tick()+".u")
	l.out.Close()
	l.out = l.create("current")
	l.inFile = 0
}
