package ship

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"multilog/fleet/layout"
	"multilog/tai64n"
)

// written is a file of the log as its logger wrote it: what the store must have.
type written struct {
	label string // once it has one
	data  []byte
	state int // see step
}

func (w *written) id() (layout.ID, bool) {
	i := slices.Index(w.data, '\n')
	if i < 0 {
		return "", false
	}
	return layout.IDOf(w.data[:i+1])
}

// simLogger is a logger at work in a memDir: ours, with batches that may be taken
// back, a next file, z and processors, and one like daemontools', with labels that
// repeat, where a file has no label while it is processed.
type simLogger struct {
	dir  *memDir
	rng  *rand.Rand
	now  time.Time
	n    int // old files
	kind int

	files   []*written // all that ever were
	current *written
	pending []*written // oldest first
	lines   int
	down    bool
	torn    bool // current ends within a line
}

const (
	kindPlain = iota
	kindZstd
	kindDjb
	kinds
)

func newSimLogger(dir *memDir, rng *rand.Rand) *simLogger {
	l := &simLogger{dir: dir, rng: rng, now: time.Unix(1_800_000_000, 0), n: 2 + rng.IntN(4), kind: rng.IntN(kinds)}
	l.start()
	return l
}

func (l *simLogger) start() {
	clean := l.dir.inFlight == nil && !l.torn
	l.down, l.torn = false, false
	l.dir.loggers++
	if f := l.dir.inFlight; f != nil {
		f.data = slices.Clone(f.data[:l.dir.inFlightAt])
		l.dir.inFlight = nil
	}
	if _, ok := l.dir.files["previous"]; ok {
		if l.kind == kindDjb {
			l.pending[0].label = l.label()
		}
		l.dir.rename("previous", l.pending[0].label+".u")
	}
	for _, w := range l.pending { // they stay what they are
		w.state = 2
	}
	l.pending = nil
	if l.current != nil {
		if clean && l.rng.IntN(2) == 0 {
			return
		}
		l.current.data = l.dir.files["current"].data
		if len(l.current.data) > 0 {
			l.current.label = l.label()
			l.dir.rename("current", l.current.label+".u")
		} else {
			l.files = l.files[:len(l.files)-1]
		}
	}
	l.fresh()
}

// fresh makes a new current.
func (l *simLogger) fresh() {
	l.current = &written{}
	l.files = append(l.files, l.current)
	l.dir.create("current", nil)
}

// label returns a label after those of all files. Lines' labels go back with the
// clock.
func (l *simLogger) label() string {
	for {
		l.now = l.now.Add(time.Microsecond)
		label := tai64n.Of(l.now).String()
		taken := false
		for _, w := range l.files {
			if taken = w.label == label; !taken && w.label > label {
				last, _ := tai64n.ParseString(w.label)
				l.now, taken = last.Time(), true // its clock has caught up meanwhile
			}
			if taken {
				break
			}
		}
		if !taken {
			return label
		}
	}
}

// step does one thing.
func (l *simLogger) step() {
	l.now = l.now.Add(time.Duration(l.rng.IntN(500)) * time.Millisecond)
	if l.down {
		l.start()
		return
	}
	switch at := l.rng.IntN(100); {
	case at < 55:
		l.write()
	case at < 75:
		l.rotate()
	case at < 95:
		l.advance()
	case at < 97:
		l.down = true
	case at < 98:
		l.now = l.now.Add(-time.Duration(l.rng.IntN(3000)) * time.Millisecond)
	default:
		l.now = l.now.Add(time.Duration(l.rng.IntN(3)) * time.Second)
	}
}

// write writes a batch, or begins one and is killed.
func (l *simLogger) write() {
	f := l.dir.files["current"]
	l.dir.inFlight, l.dir.inFlightAt = f, int64(len(f.data))
	for range 1 + l.rng.IntN(4) {
		l.lines++
		if l.kind != kindDjb || l.rng.IntN(3) > 0 { // else a label that was there before
			l.now = l.now.Add(time.Microsecond)
		}
		line := fmt.Sprintf("%s %d %s\n", tai64n.Of(l.now), l.lines, strings.Repeat("x", l.rng.IntN(20)))
		f.data = append(f.data, line...)
	}
	switch {
	case l.rng.IntN(20) > 0:
		l.dir.inFlight = nil
		l.current.data = f.data
	case l.kind == kindDjb: // killed, with half a line
		l.dir.inFlight = nil
		f.data = f.data[:len(f.data)-3]
		l.current.data = f.data
		l.down, l.torn = true, true
	default: // killed: the next one takes it back
		l.down = true
		l.current.data = f.data[:l.dir.inFlightAt]
	}
}

// rotate makes current a pending file.
func (l *simLogger) rotate() {
	f := l.dir.files["current"]
	if len(f.data) == 0 || len(l.pending) >= l.n-1 || l.kind == kindDjb && len(l.pending) > 0 {
		return
	}
	w := l.current
	if l.kind == kindDjb {
		l.dir.rename("current", "previous")
	} else {
		w.label = l.label()
		l.dir.rename("current", w.label+".u")
	}
	l.pending = append(l.pending, w)
	l.fresh()
}

// advance takes the oldest pending file one step on.
func (l *simLogger) advance() {
	if len(l.pending) == 0 {
		return
	}
	w := l.pending[0]
	switch {
	case l.kind == kindPlain:
		l.dir.rename(w.label+".u", w.label+".s")
	case l.kind == kindDjb:
		w.label = l.label()
		l.dir.rename("previous", w.label+".s")
	case w.state == 0:
		l.dir.rename(w.label+".u", "previous")
		w.state = 1
		return
	default:
		l.dir.create(w.label+".s.zst", pack(w.data))
		l.dir.remove("previous")
	}
	w.state = 2
	l.pending = l.pending[1:]
	l.prune()
}

// prune removes the oldest files beyond n.
func (l *simLogger) prune() {
	for {
		var old []string
		for name := range l.dir.files {
			if name[0] == '@' && !slices.ContainsFunc(l.pending, func(w *written) bool { return strings.HasPrefix(name, w.label+".") }) {
				old = append(old, name)
			}
		}
		if len(old) < l.n {
			return
		}
		l.dir.remove(slices.Min(old))
	}
}

// finish brings everything to an end.
func (l *simLogger) finish() {
	if l.down {
		l.start()
	}
	for len(l.pending) > 0 {
		l.advance()
	}
}
