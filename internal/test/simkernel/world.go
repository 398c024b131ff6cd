package simkernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Watcher checks what a logger does. The World calls the methods with names in -ing before
// the event, and the others after it.
type Watcher interface {
	Removing(d *Dir, name string, f *File)
	Linking(d *Dir, name string, f *File)            // a new or another name
	Renaming(d *Dir, from, to string, f, over *File) // over loses the name to; it may be nil
	TakingBack(d *Dir, f *File, size int)            // f is cut to size bytes
	Synced(d *Dir)                                   // the directory, or a file in it
	Consumed()                                       // bytes were taken from the pipe
	Warned(text string)
}

// World is what survives a logger.
type World struct {
	Rand    *rand.Rand
	Journal bool    // a sync of a file also puts all names of its directory on disk
	Watch   Watcher // may be nil

	// Trace gets a line for each event. It may be nil.
	Trace func(line string)

	// Processor returns what the next run of a processor is to do.
	Processor func() Behaviour

	Pipe *Pipe
	Root *Dir

	clock
	numbers
	boot      uint64
	free      int64 // bytes on the disk
	fileLimit int64 // bytes that may be written to a file
	events    []event
	running   []*process
	broken    error
}

// clock is the time in a world, in nanoseconds.
type clock struct {
	mono int64
	wall int64 // time of day minus mono
}

// numbers are the inode numbers of a world.
type numbers struct {
	lastIno  uint64
	lastPipe uint64 // of the last pipe since the last power cut
	freeInos []uint64
}

type event struct {
	at int64
	do func()
}

// start is the time of day at which worlds begin: 2026-01-01, in nanoseconds since 1970.
const start = 1767225600e9

const never = math.MaxInt64

// NewWorld makes a world with an empty disk and no standard input.
func NewWorld(r *rand.Rand) *World {
	return &World{
		Rand: r, Root: &Dir{Name: "."},
		clock: clock{mono: 1e9, wall: start}, numbers: numbers{lastIno: 10}, boot: 1, free: 1 << 40, fileLimit: math.MaxInt64,
	}
}

// violation is the value with which Fail panics to end the logger.
type violation struct{ err error }

// Fail notes that something has happened that must not, and ends the logger.
func (w *World) Fail(format string, args ...any) {
	if w.broken == nil {
		w.broken = fmt.Errorf(format, args...)
		w.tracef("VIOLATION: %v", w.broken)
	}
	panic(violation{w.broken})
}

// Err returns the first thing that Fail has noted, or nil.
func (w *World) Err() error { return w.broken }

func (w *World) tracef(format string, args ...any) {
	if w.Trace != nil {
		w.Trace(fmt.Sprintf("%12.6f  ", float64(w.mono)/1e9) + fmt.Sprintf(format, args...))
	}
}

// Tracef adds a line to the trace.
func (w *World) Tracef(format string, args ...any) { w.tracef(format, args...) }

func (w *World) now() int64 { return w.wall + w.mono }

// Mono returns the time of the monotonic clock in nanoseconds.
func (w *World) Mono() int64 { return w.mono }

// SetClock moves the time of day by d nanoseconds.
func (w *World) SetClock(d int64) {
	w.wall += d
	w.tracef("the clock is set by %.3fs", float64(d)/1e9)
}

// SetFree sets how many bytes are free on the disk.
func (w *World) SetFree(n int64) {
	w.free = n
	w.tracef("%d bytes are left on the disk", n)
}

// SetFileLimit sets up to how many bytes loggers may write to a file.
func (w *World) SetFileLimit(n int64) {
	w.fileLimit = n
	w.tracef("files may have %d bytes", n)
}

// At calls do when the monotonic clock reaches at.
func (w *World) At(at int64, do func()) { w.events = append(w.events, event{at, do}) }

// Pass lets d nanoseconds pass while no logger runs.
func (w *World) Pass(d int64) {
	for end := w.mono + d; w.mono < end; {
		w.mono = min(end, max(w.mono+1, w.next()))
		w.pump()
	}
}

// pump runs all events that are due, except the operations of the logger.
func (w *World) pump() {
	if w.Pipe != nil {
		w.Pipe.pump(w)
	}
	for i := 0; i < len(w.events); i++ {
		if w.events[i].at <= w.mono {
			do := w.events[i].do
			w.events = slices.Delete(w.events, i, i+1)
			do()
			i = -1
		}
	}
	for i := 0; i < len(w.running); i++ {
		if p := w.running[i]; p.at <= w.mono && p.step(w) {
			w.running = slices.Delete(w.running, i, i+1)
			i--
		}
	}
}

// next returns the time of the next event, or never.
func (w *World) next() int64 {
	at := int64(never)
	if w.Pipe != nil {
		at = w.Pipe.next()
	}
	for i := range w.events {
		at = min(at, w.events[i].at)
	}
	for _, p := range w.running {
		at = min(at, p.at)
	}
	return at
}

// Dir returns the log directory of that name, as in the script, or nil.
func (w *World) Dir(name string) *Dir {
	if f := w.Root.Lookup(base(name)); f != nil {
		return f.index
	}
	return nil
}

// MakeDir makes a log directory.
func (w *World) MakeDir(name string) *Dir {
	f := w.newFile(w.Root, 0o700)
	f.index = &Dir{Name: base(name)}
	w.link(w.Root, base(name), f)
	return f.index
}

// MakeFile makes a file in the directory. The file and its name are on disk.
func (w *World) MakeFile(d *Dir, name, text string, mode uint32) *File {
	f := w.newFile(d, mode)
	f.Data = []byte(text)
	f.Disk = f.Data
	w.link(d, name, f)
	d.syncNames()
	return f
}
