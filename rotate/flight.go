package rotate

import (
	"hash/crc32"

	"multilog/ioring"
)

// In-flight records make what a kill interrupts happen exactly once. Bytes are
// consumed from standard input only after they have been written, so without
// a record those of the last batch might be written twice. The record of a
// batch is stored before its first write (begun), marked when all directories
// have got their parts (done), and cleared when the input is consumed. So, if
// the batch still stands at the head of the same input, then
//
//	begun in all of them: the parts that were written are taken back, and
//	      the input is read again;
//	done in any of them: all parts were written, and the input is consumed.
//
// A record is void after an outage (another boot), with another input, when
// its file is neither current nor next any more, or when somebody else has
// changed that file's size.

// Input is where a batch comes from.
type Input struct {
	Batch    uint64 // a number that no other batch has
	Dev, Ino uint64 // of standard input
	Length   int    // bytes
	Sum      uint64 // Fingerprint of those
}

// Head is standard input as Settle sees it.
type Head interface {
	// Identity is the device and inode of the input.
	Identity() (dev, ino uint64)
	// PeekHead returns the first n bytes of the input, or fewer if that is
	// all that is there or can be looked at without taking it.
	PeekHead(n int) []byte
	// Consume takes n bytes from the input.
	Consume(n int) error
}

// How much of a batch Fingerprint looks at.
const (
	sampleEndsBytes = 1024 // at either end
	sampleBytes     = 64   // of each
	sampleStride    = 4096 // between
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Fingerprint tells one batch of input from another. It looks at both ends of
// a long one and at samples between them: it must cost nothing beside a batch,
// and log lines that differ do so all over.
func Fingerprint(b []byte) uint64 {
	if len(b) <= sampleStride {
		return uint64(crc32.Checksum(b, castagnoli))
	}
	sum := crc32.Checksum(b[:sampleEndsBytes], castagnoli)
	for at := sampleStride; at+sampleBytes <= len(b)-sampleEndsBytes; at += sampleStride {
		sum = crc32.Update(sum, castagnoli, b[at:at+sampleBytes])
	}
	return uint64(crc32.Update(sum, castagnoli, b[len(b)-sampleEndsBytes:]))
}

// Settle brings directories and input into agreement after a kill, by the
// in-flight records of the loggers that held the directories before. The
// directories must be locked and not yet recovered.
func Settle(dirs []*Dir, head Head) error {
	dev, ino := head.Identity()
	var live []*Dir
	for _, d := range dirs {
		d.findFlightFile()
		f := &d.found
		if d.flightFile != "" && f.SrcDev == dev && f.SrcIno == ino {
			live = append(live, d)
		}
	}
	batch := matching(live, head)
	done := false
	for _, d := range batch {
		done = done || d.found.State == flightDone
	}
	if done {
		if err := head.Consume(int(batch[0].found.Length)); err != nil {
			return &Error{What: "consume input that is in " + batch[0].conf.Name + " already", Err: err}
		}
	}
	for _, d := range live {
		d.midline = d.found.LineAfter == 1
	}
	if !done {
		for _, d := range batch {
			d.midline = d.found.LineBefore == 1
			if err := d.takeBack(); err != nil {
				return err
			}
		}
	}
	return nil
}

// matching returns those directories whose batch stands at the head of the
// input.
func matching(live []*Dir, head Head) []*Dir {
	var batch []*Dir
	for _, d := range live {
		f := &d.found
		switch {
		case f.State == flightNone:
		case len(batch) > 0:
			if f.Batch == batch[0].found.Batch {
				batch = append(batch, d)
			}
		default:
			b := head.PeekHead(int(f.Length))
			if uint64(len(b)) == f.Length && Fingerprint(b) == f.Sum {
				batch = append(batch, d)
			}
		}
	}
	return batch
}

// findFlightFile finds the file that the record of the last logger is about,
// if it is there under one of the names it may bear, unchanged by others.
func (d *Dir) findFlightFile() {
	f := &d.found
	if f.FileIno == 0 {
		return
	}
	for _, name := range []string{currentName, nextName} {
		info, err := d.stat(name)
		if err != nil || info.Ino != f.FileIno || uint64(info.Birth) != f.FileBirth {
			continue
		}
		size, whole := uint64(info.Size), f.End+f.Written
		if size == whole || f.State == flightBegun && size >= f.End && size < whole {
			d.flightFile = name
		}
	}
}

// takeBack cuts what a kill left of the batch off the file.
func (d *Dir) takeBack() error {
	what := "take back the last lines of " + d.path(d.flightFile)
	op := ioring.Op{Code: ioring.OpenAt, Dir: d.fd, Path: d.flightFile, Flags: openAppend}
	d.k.Do(&op)
	if op.Err != nil {
		return &Error{What: what, Err: op.Err}
	}
	fd := int(op.Res)
	op = ioring.Op{Code: ioring.Ftruncate, FD: fd, Len: int64(d.found.End)}
	d.k.Do(&op)
	err := op.Err
	op = ioring.Op{Code: ioring.Close, FD: fd}
	d.k.Do(&op)
	if err != nil {
		return &Error{What: what, Err: err}
	}
	return nil
}

// startFlight stores that nothing is in flight in a directory that is in order
// again, though its input may stand within a line.
func (d *Dir) startFlight() {
	defer d.pageLost()
	f := &d.page.Flight
	f.setState(flightNone)
	*f = Flight{
		SrcDev: d.found.SrcDev, SrcIno: d.found.SrcIno,
		FileIno: d.cur.ino, FileBirth: uint64(d.cur.birth), End: uint64(d.cur.size),
	}
	if d.midline {
		f.LineAfter = 1
	}
}

// Midline says that the input stands within a line whose beginning this
// directory got from the logger before.
func (d *Dir) Midline() bool { return d.midline }
