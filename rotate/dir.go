package rotate

import "multilog/rotate/lockpage"

// Dir is a log directory that this process has locked. It consists of parts, each of
// which owns its state. If one part needs something from another, it calls a method of
// Dir in dir_parts.go. All methods belong to the goroutine that owns the Host.
type Dir struct {
	place // the directory on disk, and how it is reached

	nextTry int64 // Mono before which no failed step is due; 0 if none is waiting
	timed   bool  // y or a is given

	labels    labels      // names of old files
	record    record      // the lock page
	before    predecessor // what the previous logger left
	writer    writer      // current
	spare     spare       // next
	finisher  finisher    // pending files
	processor processor   // the program that finished files pass through
	retention retention   // which old files to remove
	syncer    syncer      // when to sync (y)
	age       age         // when to rotate by age (a)
	closer    closer      // the end
}

// newDir returns a directory that is not open yet.
func newDir(host Host, conf Config) *Dir {
	d := &Dir{place: place{host: host, name: conf.Name, fd: -1, lock: -1}, timed: conf.SyncWithin > 0 || conf.MaxAge > 0}
	suffix := "." + conf.Code
	if conf.Code == "" {
		suffix = ".s"
	}
	d.labels.at = &d.place
	d.record.at = &d.place
	d.before.d = d
	d.writer = writer{d: d, limit: conf.Size, asked: conf.Size}
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

// For the caller of this package.

// Name returns the directory's name in the script.
func (d *Dir) Name() string { return d.name }

// SetBackend stores in the lock page a text, at most 128 bytes of it, about how file
// operations are done.
func (d *Dir) SetBackend(text string) {
	d.note(func(page *lockpage.Page) {
		clear(page.Backend[copy(page.Backend[:], text):])
	})
}

// Recover puts the directory in order and opens current. It must be called once, after
// Settle. Errors are of type *Error.
func (d *Dir) Recover() error { return d.before.recover() }

// Midline reports whether the input stands within a line whose beginning the previous
// logger has handled, and whether this directory gets that line. It is valid after
// Settle.
func (d *Dir) Midline() (within, here bool) { return d.before.midline() }

// Tail returns the beginning of a line that the previous logger took from standard
// input and did not log. goesOn reports whether the rest of the line will come from
// standard input. Tail is valid after Settle.
func (d *Dir) Tail() (t lockpage.Tail, goesOn bool) { return d.before.tail, d.before.goesOn }

// TailRoom returns memory in the lock page for the beginning of a line, up to 999
// bytes: the bytes taken, which it stores there, and room for those that follow. The
// line comes after the latest batch. dev and ino identify the input; since is the time,
// in nanoseconds since 1970, at which its first byte was seen. TailRoom returns nil if
// the page does not outlive the process.
func (d *Dir) TailRoom(dev, ino uint64, since int64, taken []byte) []byte {
	return d.record.page.TailRoom(dev, ino, since, taken)
}

// Mapped reports whether the lock page outlives the process.
func (d *Dir) Mapped() bool { return d.record.page.Mapped() }

// Room returns the number of bytes that current can still take.
func (d *Dir) Room() int64 { return d.writer.room() }

// LineRoom returns after how many more bytes a newline makes current full: the first
// line that ends there or later is its last.
func (d *Dir) LineRoom() int64 { return d.writer.lineRoom() }

// Full reports whether the caller must rotate before it writes anything else.
func (d *Dir) Full() bool { return d.writer.full() }

// EndFile has current take no other line, because its label would be before one that is
// there: the directory is Full as soon as current ends with a newline. All labels there
// are before a time, in nanoseconds since 1970. A file that is empty takes lines.
func (d *Dir) EndFile(before int64) { d.writer.endFile(before) }

// LabelsBefore returns a time, in nanoseconds since 1970, that all labels in current are
// before, as the previous logger has stored it with NoteLabels. If that was lost in a
// power cut, or another logger has written to the file since, it is the time of the last
// write: labels may then be later by tai64n.MaxAhead, if the clock had been set back a
// moment before. It is 0 if current is empty. It is valid after Recover, until something
// is written.
func (d *Dir) LabelsBefore() int64 { return d.before.labelsBefore }

// NoteLabels stores in the lock page that all labels in current are before a time, in
// nanoseconds since 1970. Call it when nothing will be written any more.
func (d *Dir) NoteLabels(before int64) {
	d.note(func(page *lockpage.Page) {
		page.LabelsIno, page.LabelsSize, page.LabelsBefore = d.writer.cur.ino, uint64(d.writer.cur.bytes()), max(before, d.writer.labels)
	})
}

// BeginRoomWait stores in the lock page that the caller waits until Ready.
func (d *Dir) BeginRoomWait() { d.record.waits(d.now()) }

// CountRoomWait counts in the lock page that the caller waited until Ready, for that
// many nanoseconds.
func (d *Dir) CountRoomWait(took int64) { d.record.countRoomWait(took) }

// RequestRotation requests a rotation as soon as the spare file is ready. It does
// nothing if current is empty or the directory is being closed.
func (d *Dir) RequestRotation() {
	if d.writer.cur.size > 0 && d.closer.isOpen() {
		d.writer.request()
		d.makeSpare()
	}
}

// RotationRequested reports whether a requested rotation has not happened yet.
func (d *Dir) RotationRequested() bool { return d.writer.isRequested() }

// Ready reports whether the caller may call Rotate. If it returns false, the directory
// is working on what is missing, and the caller asks again after a wait.
func (d *Dir) Ready() bool {
	if !d.spare.ready() {
		d.makeSpare()
		return false
	}
	return !d.finisher.isNaming() && d.finisher.hasRoom() && d.retention.allows(d.writer.cur.size, d.finisher.count())
}

// Rotate makes the spare file the one that is written. Everything else follows in the
// background. Invariant: on entry, Ready returns true and no batch has begun.
func (d *Dir) Rotate() {
	label := d.labels.newLabel()
	d.writer.raiseLimit()
	old, split := d.writer.swap(d.spare.take())
	d.age.reset()
	// The kernel may write the page to disk at any moment. If it has a record about the
	// new file, it must already say which file that one follows (see isAnothers).
	d.note(func(page *lockpage.Page) {
		lockpage.Set(&page.Swapped, old.ino)
		lockpage.Add(&page.Counters.Rotations, 1)
	})
	d.record.swapped(d.writer.cur)
	d.finisher.add(old, label, split)
	d.retention.oneMore()
	d.finisher.name()
}

// Deadline returns the Mono at which Tick has something to do, or 0 for never.
func (d *Dir) Deadline() int64 {
	if d.nextTry == 0 && !d.timed || d.closer.is(givenUp) {
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

// triesAgain notes that a failed step is due at that Mono. Before then, Tick does not
// look at the tasks.
func (d *Dir) triesAgain(at int64) { d.nextTry = sooner(d.nextTry, at) }

// sooner returns the earlier of two times; 0 means never.
func sooner(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// Tick does what is due at now, a time by Mono.
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

// tasks returns everything that runs in the background, in the order in which failed
// steps are tried again.
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

// End closes the directory: when no file is pending, it syncs current and marks it as
// finished. Call it again after each wait until Ended returns true.
func (d *Dir) End() {
	if d.closer.isOpen() && !d.spare.isMaking() && !d.writer.cur.isUsed() && d.finisher.count() == 0 {
		d.syncer.giveUp() // the steps that follow do what it would try again
		d.closer.begin()
	}
}

// Ended reports whether the directory is closed, with everything on disk.
func (d *Dir) Ended() bool { return d.closer.is(closed) }

// Failing reports whether a step that a rotation depends on has failed and waits to be
// tried again.
func (d *Dir) Failing() bool { return d.spare.failing() || d.finisher.failing() }

// GiveUp leaves to the next logger whatever fails while the directory is being closed,
// and reports whether nothing else is left to do. Running operations finish first,
// above all a processor, but one that fails is not tried again. The next logger then
// recovers the directory as after a kill.
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
