package rotate

import "multilog/rotate/lockpage"

// Dir is a log directory that this process has locked. It holds the parts that
// keep the directory, each of which owns its own state. What one part needs of
// another goes through a method of Dir, in dir_parts.go, that says what is asked.
// All methods belong to the goroutine that owns the Host.
type Dir struct {
	place // the directory on disk, and how it is reached

	labels    labels      // names of old files
	record    record      // the lock page
	before    predecessor // the logger before
	writer    writer      // current
	spare     spare       // next
	finisher  finisher    // what is pending
	processor processor   // the program that finished files go through
	retention retention   // which old files stay
	syncer    syncer      // y
	age       age         // a
	closer    closer      // the end

	nextTry int64 // Mono before which no failed step is to be tried again; 0 for never
}

// newDir returns a directory that is not open yet.
func newDir(host Host, conf Config) *Dir {
	d := &Dir{place: place{host: host, name: conf.Name, fd: -1, lock: -1}}
	suffix := "." + conf.Code
	if conf.Code == "" {
		suffix = ".s"
	}
	d.labels.at = &d.place
	d.record.at = &d.place
	d.before.d = d
	d.writer = writer{d: d, limit: conf.Size}
	d.spare.d = d
	d.finisher = finisher{d: d, suffix: suffix, most: conf.Count - 1, labels: map[string]bool{}}
	if len(conf.Command) > 0 {
		d.finisher.turn = turn{of: conf.Turns, granted: d.finisher.granted}
	}
	d.finisher.naming.paused, d.finisher.finishing.paused = d.finisher.namingPauses, d.finisher.finishingPauses
	d.processor = processor{at: &d.place, command: conf.Command}
	d.retention = retention{d: d, count: conf.Count, most: conf.Cap, free: conf.KeepFree, stuck: map[string]bool{}, sizes: map[string]int64{}}
	d.syncer = syncer{d: d, within: conf.SyncWithin}
	d.age = age{d: d, most: conf.MaxAge}
	d.closer.d = d
	return d
}

// What the caller asks.

// Name returns the directory's name in the script.
func (d *Dir) Name() string { return d.name }

// SetBackend stores in the lock page how file operations are done, at most 128
// bytes of text.
func (d *Dir) SetBackend(text string) {
	d.note(func(page *lockpage.Page) {
		clear(page.Backend[copy(page.Backend[:], text):])
	})
}

// Recover puts the directory in order and opens current. Errors are of type
// *Error.
func (d *Dir) Recover() error { return d.before.recover() }

// Midline reports whether the input stands within a line whose beginning the
// logger before has dealt with, and whether this directory gets that line.
func (d *Dir) Midline() (within, here bool) { return d.before.midline() }

// Tail returns the beginning of a line that the logger before has taken from
// standard input and not logged; goesOn reports that its end is to come from
// there.
func (d *Dir) Tail() (t lockpage.Tail, goesOn bool) { return d.before.tail, d.before.goesOn }

// TailRoom returns memory in the lock page for the beginning of a line, up to 999
// bytes: the bytes taken, which it stores there, and room for those that follow. The
// line goes on behind the latest batch. It comes from the input dev and
// ino, and its first byte was seen at since, in nanoseconds since 1970. TailRoom
// returns nil if the page does not outlive the process.
func (d *Dir) TailRoom(dev, ino uint64, since int64, taken []byte) []byte {
	return d.record.page.TailRoom(dev, ino, since, taken)
}

// Mapped reports whether the lock page outlives the process.
func (d *Dir) Mapped() bool { return d.record.page.Mapped() }

// Room returns how many bytes current can still take.
func (d *Dir) Room() int64 { return d.writer.room() }

// LineRoom returns how many bytes current takes before a newline fills it: the
// first line that ends there or later is its last.
func (d *Dir) LineRoom() int64 { return d.writer.lineRoom() }

// Full reports whether current is to be rotated before anything else is written.
func (d *Dir) Full() bool { return d.writer.full() }

// CountRoomWait counts a wait, in nanoseconds, for room to rotate.
func (d *Dir) CountRoomWait(took int64) { d.record.countRoomWait(took) }

// RequestRotation asks for a rotation, as soon as the spare file is ready, if
// current is not empty and the directory is not being closed.
func (d *Dir) RequestRotation() {
	if d.writer.cur.size > 0 && d.closer.isOpen() {
		d.writer.request()
		d.makeSpare()
	}
}

// RotationRequested reports whether a rotation was asked for that has not
// happened yet.
func (d *Dir) RotationRequested() bool { return d.writer.isRequested() }

// Ready reports whether Rotate may be called; if not, what it waits for is under
// way.
func (d *Dir) Ready() bool {
	if !d.spare.ready() {
		d.makeSpare()
		return false
	}
	return !d.finisher.isNaming() && d.finisher.hasRoom() && d.retention.allows(d.writer.cur.size, d.finisher.count())
}

// Rotate makes the spare file the one that is written. Everything else follows in
// the background. Invariant: on entry, Ready, and no batch has begun.
func (d *Dir) Rotate() {
	label := d.labels.newLabel()
	old, split := d.writer.swap(d.spare.take())
	d.age.reset()
	// The page may be written back at any moment: one with a record about the new file
	// must say already which file that one follows (see isAnothers).
	d.note(func(page *lockpage.Page) {
		lockpage.Set(&page.Swapped, old.ino)
		lockpage.Add(&page.Counters.Rotations, 1)
	})
	d.record.swapped(d.writer.cur)
	d.finisher.add(old, label, split)
	d.retention.oneMore()
	d.finisher.name()
}

// Deadline returns the Mono at which Tick has something to do; 0 for never.
func (d *Dir) Deadline() int64 {
	if d.closer.is(givenUp) {
		return 0
	}
	if d.nextTry != 0 {
		d.nextTry = 0
		for _, t := range d.tasks() {
			d.nextTry = sooner(d.nextTry, t.nextTry())
		}
	}
	at := sooner(d.nextTry, d.syncer.deadline(d.openCurrent()))
	if d.mayRipen() {
		at = sooner(at, d.age.deadline())
	}
	return at
}

// triesAgain notes that a failed step is to be tried again at that Mono: the tasks
// are asked only then.
func (d *Dir) triesAgain(at int64) { d.nextTry = sooner(d.nextTry, at) }

// sooner returns the earlier of two times; 0 is never.
func sooner(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// Tick does what is due at now.
func (d *Dir) Tick(now int64) {
	if d.closer.is(givenUp) {
		return
	}
	if d.nextTry != 0 && d.nextTry <= now {
		for _, t := range d.tasks() {
			t.tryAgain(now)
		}
	}
	d.syncer.run(now, d.openCurrent())
	if at := d.age.deadline(); at != 0 && at <= now && d.mayRipen() {
		d.RequestRotation()
	}
}

// tasks are what is done in the background, in the order in which failed steps
// are tried again.
func (d *Dir) tasks() [9]interface {
	nextTry() int64
	tryAgain(now int64)
} {
	return [...]interface {
		nextTry() int64
		tryAgain(now int64)
	}{
		&d.spare.task, &d.finisher.naming, &d.finisher, &d.writer.extending, &d.closer.task,
		&d.syncer.current, &d.syncer.waiting, &d.retention.relief, &d.writer.pushing,
	}
}

// End begins to close the directory: when nothing is pending any more,
// current is made safe and marked as finished. Ended reports when that is done.
// Call it again after each wait until then.
func (d *Dir) End() {
	if d.closer.isOpen() && !d.spare.isMaking() && !d.writer.cur.isUsed() && d.finisher.count() == 0 {
		d.syncer.giveUp() // what it would try again, the steps that follow do
		d.closer.begin()
	}
}

// Ended reports whether the directory is closed, and whole.
func (d *Dir) Ended() bool { return d.closer.is(closed) }

// Failing reports whether what a rotation waits for has failed, and will be
// tried again.
func (d *Dir) Failing() bool { return d.spare.failing() || d.finisher.failing() }

// GiveUp leaves to the next logger what fails while the directory is being
// closed, and reports whether nothing else is left to do. What is under way,
// a processor above all, is waited for; once it has failed it is not tried
// again. Recovery finds then what an outage leaves.
func (d *Dir) GiveUp() bool {
	if d.closer.is(closed) || d.closer.is(givenUp) {
		return d.closer.is(givenUp)
	}
	if d.spare.giveUp() {
		d.writer.withdraw()
	}
	d.syncer.giveUp()
	if d.finisher.stuck() || d.closer.failing() {
		d.closer.giveUp()
	}
	return d.closer.is(givenUp)
}
