package rotate

import "multilog/ioring"

// file is a log file that this process writes to, or did: current, the spare,
// or one that is pending. It owns the descriptor, and knows what of the data is
// on disk. A rotation moves the pointer: an operation that is in flight when a
// file is swapped goes on for that file, and its result belongs to it.
//
// An operation in flight counts as a user of its file (see step.on). Two rules
// follow. A file is closed only when it has no users. And a file that has users
// does not become safe: blocks that are reserved late would stay behind its end,
// and the kernel reports what it could not write to one sync only, so that sync
// must be heard first. Users of other files do not matter.
type file struct {
	fd           int // -1 while it is closed
	ino          uint64
	birth        int64 // nanoseconds since 1970; 0 where the file system does not say
	size         int64 // bytes
	preallocated bool  // blocks may be reserved behind its end
	pushed       int64 // bytes that the kernel was told to write out
	dirty        int64 // Mono of the first write that is not on disk yet; 0 for none, or if nobody asks
	syncFailed   bool  // what a sync could not write counts as clean: it must be written again

	users   int  // operations in flight
	retired bool // it is to be closed when it has no users any more
}

func (f *file) identify(info ioring.FileInfo) {
	f.ino, f.birth, f.size = info.Ino, info.Birth, info.Size
}

// retire closes the file with op. While it has users it returns false instead,
// and the last of them closes it.
func (f *file) retire(op *ioring.Op) bool {
	f.retired = f.users > 0
	return !f.retired && closeFile(op, &f.fd)
}

// closeFile closes *fd, unless it is closed, and forgets it.
func closeFile(op *ioring.Op, fd *int) bool {
	op.Code, op.FD = ioring.Close, *fd
	open := *fd >= 0
	*fd = -1
	return open
}

// released follows an operation that was about the file.
func (d *Dir) released(f *file) {
	if f.users > 0 {
		return
	}
	op := &ioring.Op{Lane: d.disk, Done: func(*ioring.Op) {}}
	if f.retired && f.retire(op) {
		d.k.Submit(op)
	}
	d.finishNext()
}

// currentFile is the file that is written, as the file that a step is about.
func currentFile(d *Dir, _ *pending) *file { return d.cur }

// pendingFile is the file that is finished, as the file that a step is about.
func pendingFile(_ *Dir, p *pending) *file { return p.file }

// spareFile is the file that is made to be next, as the file that a step is
// about.
func spareFile(d *Dir, _ *pending) *file { return d.made }
