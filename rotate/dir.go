package rotate

import (
	"syscall"

	"multilog/ioring"
	"multilog/rotate/lockpage"
	"multilog/tai64n"
)

// Config is what the script says about a log directory.
type Config struct {
	Name    string   // as in the script: ./main or /var/log/main
	Size    int64    // most bytes of a file
	Count   int      // most files, current among them; at least 2
	Command []string // the processor: a program's path and its arguments, from the 0th; empty for none
	Code    string   // what finished files are called behind the label and a dot; "s" usually

	Cap        int64 // most bytes of all old files together; 0 for any number
	KeepFree   int64 // bytes that are to stay free on the filesystem; 0 for none
	MaxAge     int64 // nanoseconds after which a current that is not empty is rotated; 0 for never
	SyncWithin int64 // nanoseconds after a write at which current is on disk at the latest; 0 for whenever
}

// lineZone is how near to Size a line may end a file, in bytes: a file is
// full when a line ends lineZone bytes below Size or nearer.
const lineZone = 2000

// preallocateAt is the size, in bytes, from which current is worth
// preallocating: an idle directory reserves nothing.
const preallocateAt = 128 << 10

// retryPause is the time between two tries of a step that failed, or of a
// processor; daemontools' multilog waits as long.
const retryPause = 5e9 // nanoseconds

// Dir is a log directory that this process has locked.
//
// The data plane is Room, Full, Begin, Append, Done and Clear, once a batch.
// Rotate swaps two descriptors; everything else about a rotation happens in
// the background, step by step (see rotation.go). All methods belong to the
// goroutine that owns the Kernel.
type Dir struct {
	k    Kernel
	conf Config
	fd   int    // the directory
	disk uint64 // the device that it is on
	lock int
	page *lockpage.Writer

	regainAt int64 // Mono from when on a lost page may be tried again

	left       lockpage.Left // what the logger before left in the lock page
	flightFile string        // the name of the file that its record is about, if it holds
	flightSize int64         // bytes in that
	line       uint64        // where the input stands, says its record
	tail       lockpage.Tail // the beginning of a line that is still to be logged, says the page
	goesOn     bool          // its end is to come from standard input

	cur  *file
	next *file // the spare, ready to be swapped in; nil while there is none
	made *file // the spare, while it is being made

	obstacle    bool // something else is called next
	warnedAhead bool // names ahead of the clock were mentioned
	last        tai64n.Label

	rest    [][]byte // pieces that Append could not write yet
	base    int64    // size of current before the batch
	trouble Trouble

	want    bool // a rotation was asked for
	newline bool // current ends with a newline, or is empty

	spare       task             // makes next
	naming      task             // gives the files of the last swap their names
	finish      task             // makes pending[0] safe
	extend      task             // preallocates current
	ending      task             // closes the directory
	flush       task             // syncs current, or a file that waits for its turn
	relief      task             // makes room on a full disk
	push        task             // has current's pages written out as it grows
	oldFiles    int              // how many there are at most, unless somebody else has made or removed some
	waiting     map[string]bool  // the labels of queue
	queue       []*pending       // files finished, but not safe yet; the oldest first
	stuck       map[string]bool  // old files that can't be removed
	sizes       map[string]int64 // of old files, in bytes, as far as Cap made it look
	ended       bool
	saidNoState bool // a processor leaves no new state, and that was said
	givenUp     bool // what is left to do is left to the next logger

	refused *task // whose step last met a read-only file system; nil when it does no more

	relieved int64 // Mono from when on relief may be looked for

	ripe int64 // Mono at which current has MaxAge; 0 if it is empty, or if nobody asks
}

// pending is a file that is full, on its way to being safe.
type pending struct {
	*file
	label tai64n.Label
	named bool // it is @LABEL.u
	gone  bool // somebody has removed it
	split bool // it ends within a line

	previous, state  int // descriptors, while a processor is at work
	processed, fresh int
	given            ioring.FileInfo // the file that a processor was given under a name
	replaced         bool            // it has put another one there
	noState          bool            // it has left no new state
	badState         bool            // state can't be opened
	kept             keeping
	result           int64 // bytes of what the processor has made, when previous is gone; else 0
	syncing          int64 // Mono when its fsync was submitted
}

func (p *pending) unsafeName() string { return p.label.String() + unsafeSuffix }

// safeName is the name of a pending file when it is safe.
func (d *Dir) safeName(p *pending) string { return p.label.String() + d.safeSuffix() }

// safeSuffix is what follows the label in the name of a file that is complete
// and on disk.
func (d *Dir) safeSuffix() string {
	if d.conf.Code == "" {
		return ".s"
	}
	return "." + d.conf.Code
}

// path is a file of the directory as messages call it.
func (d *Dir) path(name string) string { return d.conf.Name + "/" + name }

// Name is the directory's name in the script.
func (d *Dir) Name() string { return d.conf.Name }

// Room is how many bytes current can still take.
func (d *Dir) Room() int64 { return max(0, d.conf.Size-d.cur.size) }

// LineRoom is how many bytes current takes before a newline fills it: the
// first line that ends there or later is its last.
func (d *Dir) LineRoom() int64 { return d.conf.Size - lineZone - d.cur.size }

// Full says whether current is to be rotated before anything else is written.
func (d *Dir) Full() bool {
	return d.cur.size >= d.conf.Size || d.newline && d.cur.size >= d.conf.Size-lineZone
}

// Want asks for a rotation, as soon as next is ready, if current is not empty
// and the directory is not being closed.
func (d *Dir) Want() {
	if d.cur.size > 0 && !d.ended && !d.ending.busy() {
		d.want = true
		d.prepare()
	}
}

// Wanted says whether a rotation was asked for that has not happened yet.
func (d *Dir) Wanted() bool { return d.want }

// prepare has the spare made, unless it is there or on its way.
func (d *Dir) prepare() {
	if d.next == nil && !d.spare.busy() && !d.naming.busy() && !d.ending.busy() {
		d.spare.start(d, spareSteps, nil, nil)
	}
}

// Ready says whether Rotate may be called; if not, what it waits for is under
// way.
func (d *Dir) Ready() bool {
	if d.next == nil {
		d.prepare()
		return false
	}
	return !d.naming.busy() && len(d.queue) < d.conf.Count-1 && d.capAllows()
}

// Rotate makes next the file that is written. Everything else follows in the
// background. Invariant: on entry, Ready, and no batch has begun.
func (d *Dir) Rotate() {
	p := &pending{file: d.cur, label: d.newLabel(), split: !d.newline, previous: -1, state: -1, processed: -1, fresh: -1}
	d.cur, d.next, d.ripe = d.next, nil, 0
	d.want, d.newline = false, true
	d.noFlight(d.page.Record().LineAfter, d.page.Tail())
	d.queue = append(d.queue, p)
	d.waiting[p.label.String()] = true
	d.oldFiles++
	d.note(func(page *lockpage.Page) {
		lockpage.Set(&page.Swapped, p.ino)
		lockpage.Add(&page.Counters.Rotations, 1)
		lockpage.Set(&page.Counters.Pending, uint64(len(d.queue)))
	})
	d.naming.start(d, namingSteps, p, func() {
		p.named = true
		d.finishNext()
		d.prepareAhead()
	})
}

// finishNext begins to make the oldest pending file safe, unless an operation
// on that file is in flight (see file).
func (d *Dir) finishNext() {
	if len(d.queue) == 0 || d.finish.busy() || !d.queue[0].named || d.queue[0].users > 0 {
		return
	}
	if d.flush.p == d.queue[0] {
		d.flush.dropIfFailing() // it need not wait any more
	}
	steps := plainSteps
	if len(d.conf.Command) > 0 {
		steps = processorSteps
	}
	d.finish.start(d, steps, d.queue[0], func() {
		delete(d.waiting, d.queue[0].label.String())
		d.queue = append(d.queue[:0], d.queue[1:]...)
		d.note(func(page *lockpage.Page) { lockpage.Set(&page.Counters.Pending, uint64(len(d.queue))) })
		d.finishNext()
	})
}

// newLabel is a label that sorts after every old file of the directory, also
// when the clock was set back by less than a day; see horizon.
func (d *Dir) newLabel() tai64n.Label {
	l := tai64n.FromUnixNano(d.k.Now())
	if d.horizon().Before(d.last) { // the clock was set back by more than a day
		d.last = tai64n.Label{}
	}
	if l.Compare(d.last) <= 0 {
		if after := d.last.Next(); d.last.Compare(after) < 0 {
			l = after
		}
	}
	d.last = l
	return l
}

// Begin notes in the lock page that a batch is about to be written, of which
// this directory gets written bytes; in says where it comes from, within that
// it ends within a line, here that this directory gets that line. Begin must
// come before the first Append of a batch, for every directory that gets a
// part of it, or for which Involves is true.
func (d *Dir) Begin(in Input, written int64, within, here bool) {
	d.base = d.cur.size
	d.noteRecord(lockpage.Record{
		Last: in.Last, Batch: in.Batch, SrcDev: in.Dev, SrcIno: in.Ino, Length: uint64(in.Length), Sum: in.Sum,
		FileIno: d.cur.ino, FileBirth: uint64(d.cur.birth), End: uint64(d.cur.size), Written: uint64(written),
		LineBefore: d.page.Record().LineAfter, LineAfter: lineState(within, here),
	}, lockpage.StateBegun)
}

// Involves says whether a batch of which the directory gets nothing is to be
// noted in its lock page nevertheless, since the input gets into a line by it,
// or out of one.
func (d *Dir) Involves(within, here bool) bool {
	return d.page.Record().LineAfter != lineState(within, here)
}

func lineState(within, here bool) uint64 {
	switch {
	case !within:
		return lockpage.LineNone
	case here:
		return lockpage.LineHere
	default:
		return lockpage.LineElsewhere
	}
}

// Append writes the pieces to current. After an error it is to be called
// again with nil, later, and goes on where it stopped. The pieces stay the
// caller's, untouched until Append has returned nil or Rollback was called.
func (d *Dir) Append(pieces [][]byte) error {
	if pieces != nil {
		d.rest = pieces
	}
	for len(d.rest) > 0 {
		n, err := 0, error(syscall.EROFS)
		if !d.readOnly() {
			n, err = d.k.Writev(d.cur.fd, d.rest)
		}
		if n > 0 {
			d.cur.size += int64(n)
			d.note(func(page *lockpage.Page) { lockpage.Add(&page.Counters.BytesWritten, uint64(n)) })
			last := d.rest[len(d.rest)-1]
			d.newline = last[len(last)-1] == '\n'
			d.rest = skip(d.rest, n)
			d.wrote()
			continue
		}
		if err == nil {
			err = syscall.EIO // a file takes bytes or says why not
		}
		d.note(func(page *lockpage.Page) { lockpage.Add(&page.Counters.WritePauses, 1) })
		if !d.relieve(err) {
			d.trouble.Failed(d.k, "write to "+d.path(currentName), err)
		}
		return err
	}
	d.trouble.Over(d.k)
	return nil
}

// skip drops the first n bytes of the pieces. It shortens the pieces in place.
func skip(pieces [][]byte, n int) [][]byte {
	for len(pieces) > 0 && n >= len(pieces[0]) {
		n -= len(pieces[0])
		pieces = pieces[1:]
	}
	if n > 0 {
		pieces[0] = pieces[0][n:]
	}
	return pieces
}

// Done notes that the batch is written: its input may be consumed.
func (d *Dir) Done() {
	d.noteState(lockpage.StateDone)
}

// Clear notes that the batch's input is consumed.
func (d *Dir) Clear() {
	d.noteState(lockpage.StateNone)
	d.regainPage()
	d.prepareAhead()
}

// prepareAhead makes next and preallocates current in good time.
func (d *Dir) prepareAhead() {
	if d.cur.size >= d.conf.Size/2 {
		d.prepare()
	}
	if preallocates && !d.cur.preallocated && d.cur.size >= preallocateAt && !d.extend.busy() {
		d.cur.preallocated = true
		d.extend.start(d, extendSteps, nil, nil)
	}
	if pushesOut && d.cur.size-d.cur.pushed >= pushBytes && !d.push.busy() {
		d.push.start(d, pushSteps, nil, nil)
	}
}

// Rollback takes back what Append has written of the batch: the caller leaves
// its input where it is. It waits for the disk.
func (d *Dir) Rollback() error {
	d.rest = nil
	op := ioring.Op{Code: ioring.Stat, FD: d.cur.fd}
	if d.k.Do(&op); d.rewriting() {
		// What that has read, it would write behind the new end.
		op.Err = syscall.EBUSY
	}
	size := max(0, op.Stat.Size-(d.cur.size-d.base)) // base, unless somebody has emptied the file
	if op.Err == nil {
		op = ioring.Op{Code: ioring.Ftruncate, FD: d.cur.fd, Len: size}
		d.k.Do(&op)
	}
	if op.Err != nil {
		return &Error{What: "take back from " + d.path(currentName) + " the lines that are still in standard input", Err: op.Err, More: " (left to the next logger)"}
	}
	d.cur.size = size
	d.noFlight(d.page.Record().LineBefore, d.page.TailBefore())
	return nil
}

// rewriting says whether current is being written again, since an fsync of it
// has failed.
func (d *Dir) rewriting() bool {
	return d.flush.busy() && !d.flush.failing() && d.flush.op.Code == ioring.Rewrite
}

// Deadline is when Tick has something to do, as Mono counts; 0 is never.
func (d *Dir) Deadline() int64 {
	if d.givenUp {
		return 0
	}
	at := d.due()
	for _, t := range d.tasks() {
		if t.retry != 0 && (at == 0 || t.retry < at) {
			at = t.retry
		}
	}
	return at
}

// Tick does what is due at now.
func (d *Dir) Tick(now int64) {
	if d.givenUp {
		return
	}
	for _, t := range d.tasks() {
		if t.retry != 0 && t.retry <= now {
			t.retry = 0
			t.run()
		}
	}
	d.tend(now)
}

func (d *Dir) tasks() [8]*task {
	return [...]*task{&d.spare, &d.naming, &d.finish, &d.extend, &d.ending, &d.flush, &d.relief, &d.push}
}
