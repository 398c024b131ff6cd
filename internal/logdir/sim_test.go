package logdir

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/klauspost/compress/zstd"

	"multilog/tai64n"
)

// logger maintains a log directory like one of several real loggers, one system call at
// a time, so that its reader can look in between.
type logger struct {
	rnd   *rand.Rand
	dir   *simDir
	kind  loggerKind
	keep  int  // old files
	plain bool // lines have no labels

	out      *simFile
	clock    tai64n.Label
	lines    int // written
	inFile   int
	swapping bool     // one file is full, and the next does not exist yet
	steps    []func() // the next steps
	pending  []string // old files that wait to be processed (ours)
	pruned   int
	dropped  map[int]bool // lines that a processor has left out
	back     uint64       // seconds by which the clock was set back in total
	label    tai64n.Label // of the last line
	alike    int          // lines in a row that have this label
}

type loggerKind struct {
	name      string
	next      bool   // swaps to next first and renames afterwards, as ours does
	links     bool   // links and unlinks, as daemontools' and s6-log do
	u         bool   // processes a .u under its label, as svlogd does
	late      bool   // continues to read while a processor works, as s6-log does
	processor string // "", "cat", "gzip", "zstd", or "head", "tail", "none", which leave two lines of a file or no line
	cron      bool   // something compresses old files later
	coarse    bool   // some lines have the same label, as daemontools' within a microsecond
	steps     bool   // the clock is sometimes set back
}

var loggerKinds = []loggerKind{
	{name: "djb", links: true},
	{name: "djb-cat", links: true, processor: "cat"},
	{name: "djb-gzip", links: true, processor: "gzip"},
	{name: "djb-cron", links: true, cron: true},
	{name: "s6", links: true},
	{name: "s6-gzip", links: true, late: true, processor: "gzip"},
	{name: "svlogd", u: true},
	{name: "svlogd-gzip", u: true, late: true, processor: "gzip"},
	{name: "ours", next: true},
	{name: "ours-cat", next: true, processor: "cat"},
	{name: "ours-zstd", next: true, processor: "zstd"},
	{name: "ours-cron", next: true, cron: true},
	{name: "djb-coarse", links: true, coarse: true},
	{name: "djb-cat-coarse", links: true, coarse: true, processor: "cat"},
	{name: "djb-tail-coarse", links: true, coarse: true, processor: "tail"},
	{name: "ours-head", next: true, processor: "head"},
	{name: "ours-tail", next: true, processor: "tail"},
	{name: "ours-none", next: true, processor: "none"},
	{name: "s6-tail", links: true, late: true, processor: "tail"},
	{name: "ours-steps", next: true, steps: true},
	{name: "ours-cat-steps", next: true, steps: true, processor: "cat"},
	{name: "ours-tail-steps", next: true, steps: true, processor: "tail"},
}

// compressors are used by processors, one at a time, because a new one for each small
// file would cost more than everything else.
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

func newLogger(seed uint64, kind loggerKind, keep int) *logger {
	rnd := rand.New(rand.NewPCG(seed, 1))
	l := &logger{rnd: rnd, dir: newSimDir(rnd), kind: kind, keep: keep, dropped: make(map[int]bool)}
	l.clock = tai64n.FromUnixNano(1_800_000_000_000_000_000)
	return l
}

// begin makes the first file.
func (l *logger) begin() { l.out = l.dir.create("current") }

func (l *logger) tick() string {
	l.clock.Sec += uint64(l.rnd.IntN(2))
	l.clock = l.clock.Next()
	return l.clock.String()
}

// step makes one system call, or a few lines.
func (l *logger) step() {
	if len(l.steps) > 0 && l.rnd.IntN(3) > 0 {
		l.do()
		return
	}
	if len(l.steps) > 0 && !l.kind.next && !l.kind.late {
		return // it does one thing at a time
	}
	for range l.rnd.IntN(3) {
		if !l.swapping {
			l.write()
		}
	}
	if l.inFile > 4 && len(l.steps) == 0 {
		l.rotate()
	}
}

func (l *logger) do() {
	do := l.steps[0]
	l.steps = l.steps[1:]
	do()
}

// settle does all remaining steps.
func (l *logger) settle() {
	for len(l.steps) > 0 {
		l.do()
	}
}

// stamp returns the label of the next line.
func (l *logger) stamp() string {
	if l.kind.coarse && l.alike < 3 && l.lines > 0 && l.rnd.IntN(2) == 0 {
		l.alike++
		return l.label.String() + " "
	}
	l.alike = 1
	l.tick()
	if l.kind.steps && l.rnd.IntN(30) == 0 {
		l.back += uint64(l.rnd.IntN(30))
	}
	l.label = l.clock
	l.label.Sec -= l.back
	return l.label.String() + " "
}

func (l *logger) write() {
	label := l.stamp()
	if l.plain {
		label = ""
	}
	l.out.data = fmt.Appendf(l.out.data, "%sline %d\n", label, l.lines)
	l.out.modified = l.clock.Time()
	l.lines++
	l.inFile++
}

func (l *logger) later(steps ...func()) { l.steps = append(l.steps, steps...) }

// rotate begins to turn current into an old file.
func (l *logger) rotate() {
	l.inFile = 0
	if l.kind.next {
		l.rotateOurs()
		return
	}
	to := "previous"
	label := l.tick()
	if l.kind.u {
		to = label + ".u"
	}
	l.swapping = true
	l.later(
		func() { l.out.complete = true },
		func() { l.dir.rename("current", to) },
		func() { l.out, l.swapping = l.dir.create("current"), false },
	)
	switch {
	case l.kind.u && l.kind.processor != "":
		l.later(
			func() { l.process(to, label+".t") },
			func() { l.dir.rename(label+".t", label+".s") },
			func() { l.dir.remove(to) },
		)
	case l.kind.u:
		l.later(func() { l.dir.rename(to, label+".s") })
	default:
		l.finish("previous", "")
	}
	l.later(l.prune)
}

func (l *logger) rotateOurs() {
	next := l.dir.create("next")
	l.later(func() {
		full := l.out
		l.out = next
		label := l.tick()
		l.steps = slices.Insert(l.steps, 0,
			func() { l.dir.rename("current", label+".u") },
			func() { l.dir.rename("next", "current") },
			func() { full.complete = true },
		)
		if l.kind.processor == "" {
			l.finish(label+".u", label)
			l.later(l.prune)
			return
		}
		if l.pending = append(l.pending, label); len(l.pending) < 3 && l.rnd.IntN(2) == 0 {
			return // the processor is slow
		}
		for _, label := range l.pending {
			l.later(func() { l.dir.rename(label+".u", "previous") })
			l.finish("previous", label)
			l.later(l.prune)
		}
		l.pending = nil
	})
}

// finish turns a complete file into an old file. Without a label, the file gets the
// time as its label.
func (l *logger) finish(from, label string) {
	ext := ".s"
	if l.kind.processor == "zstd" {
		ext += ".zst"
	}
	name := func() string {
		if label == "" {
			label = l.tick()
		}
		return label + ext
	}
	if l.kind.processor != "" {
		original := from
		from = "processed"
		l.later(
			func() { l.dir.create("processed") },
			func() { l.process(original, "processed") },
			func() { l.dir.files["processed"].complete = true },
			func() { l.dir.remove(original) },
		)
	}
	if l.kind.links {
		l.later(
			func() { l.dir.link(from, name()) },
			func() { l.dir.remove(from) },
		)
	} else {
		l.later(func() { l.dir.rename(from, name()) })
	}
	if l.kind.cron {
		l.later(
			func() { l.dir.create(name() + ".gz") },
			func() { l.process(name(), name()+".gz") },
			func() { l.dir.remove(name()) },
		)
	}
}

// process writes to, which may exist already.
func (l *logger) process(from, to string) {
	data := l.dir.files[from].data
	f := l.dir.files[to]
	if f == nil {
		f = l.dir.create(to)
	}
	var out bytes.Buffer
	switch how := l.kind.processor; {
	case how == "gzip" || l.kind.cron:
		compressors.gzip.Reset(&out)
		compressors.gzip.Write(data)
		compressors.gzip.Close()
	case how == "zstd":
		compressors.zstd.Reset(&out)
		compressors.zstd.Write(data)
		compressors.zstd.Close()
	default:
		out.Write(l.filter(data))
	}
	f.data, f.modified = out.Bytes(), l.clock.Time()
}

// filters reports whether a processor omits lines.
func (k loggerKind) filters() bool {
	return k.processor == "head" || k.processor == "tail" || k.processor == "none"
}

// filter returns the lines that a processor leaves.
func (l *logger) filter(data []byte) []byte {
	lines := slices.Collect(bytes.Lines(data))
	from, to := 0, len(lines)
	switch l.kind.processor {
	case "head":
		to = min(2, to)
	case "tail":
		from = max(0, to-2)
	case "none":
		to = 0
	}
	for i, line := range lines {
		if i < from || i >= to {
			l.dropped[numberOf(line)] = true
		}
	}
	return bytes.Join(lines[from:to], nil)
}

// numberOf returns the number of a line, or -1 if no such line was written.
func numberOf(line []byte) int {
	text, ok := bytes.CutPrefix(bytes.TrimSuffix(line, []byte("\n"))[LineHead(line):], []byte("line "))
	n, err := strconv.Atoi(string(text))
	if !ok || err != nil {
		return -1
	}
	return n
}

func (l *logger) prune() {
	var old []string
	for name := range l.dir.files {
		if IsOld(name) && (l.kind.processor == "" || !unfinished(name)) { // others are pending
			old = append(old, name)
		}
	}
	slices.Sort(old)
	for len(old) >= l.keep {
		l.pruned++
		l.dir.remove(old[0])
		old = old[1:]
	}
}

// crash is a kill and the start after it: pending files get a label.
func (l *logger) crash() {
	l.settle()
	if l.kind.next && l.inFile == 0 && l.dir.files["next"] != nil {
		l.dir.remove("next")
	}
	l.dir.rename("current", l.tick()+".u")
	l.out = l.dir.create("current")
	l.inFile = 0
}
