package rotate

import "multilog/ioring"

// file is a log file that this process writes to, or did: the spare, current, or
// one that is pending. It owns the descriptor, and knows what of the data is on
// disk. A rotation moves the pointer: an operation that is in flight when a file
// is swapped goes on for that file, and its result belongs to it.
//
// An operation in flight counts as a user of its file (see step.on). Two rules
// follow. A file is closed only when it has no users. And a file that has users
// does not become safe: blocks that are reserved late would stay behind its end,
// and the kernel reports what it could not write to one sync only, so that sync
// must be heard first. Users of other files do not matter.
type file struct {
	name         string // in the directory
	fd           int    // -1 while it is closed
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

// newFile returns a file that is open as fd; -1 if it is not.
func newFile(name string, fd int) *file { return &file{name: name, fd: fd} }

// identify notes what a look at the file has found.
func (f *file) identify(info ioring.FileInfo) {
	f.ino, f.birth, f.size = info.Ino, info.Birth, info.Size
}

// identity returns what a record says of the file: inode, birth and size.
func (f *file) identity() (ino, birth, size uint64) {
	return f.ino, uint64(f.birth), uint64(f.size)
}

// named notes the name that the file bears from now on.
func (f *file) named(name string) { f.name = name }

// bytes returns the size.
func (f *file) bytes() int64 { return f.size }

// dirtySince returns the Mono of the first write that is not on disk yet; 0 for
// none, or if nobody asks.
func (f *file) dirtySince() int64 { return f.dirty }

// mustRewrite reports whether the file's data is to be written again.
func (f *file) mustRewrite() bool { return f.syncFailed }

// descriptor returns the descriptor; -1 while the file is closed.
func (f *file) descriptor() int { return f.fd }

// isPreallocated reports whether blocks may be reserved behind the file's end.
func (f *file) isPreallocated() bool { return f.preallocated }

// wasPreallocated notes that blocks may be reserved behind the file's end.
func (f *file) wasPreallocated() { f.preallocated = true }

// use notes that op is about to be in flight, and is about the file.
func (f *file) use(op *ioring.Op) {
	op.FD = f.fd
	f.users++
}

// release notes that an operation about the file has ended.
func (f *file) release() { f.users-- }

// isUsed reports whether operations about the file are in flight.
func (f *file) isUsed() bool { return f.users > 0 }

// isOpen reports whether the process has a descriptor of the file.
func (f *file) isOpen() bool { return f.fd >= 0 }

// opened notes the descriptor that op has opened.
func (f *file) opened(op *ioring.Op) { f.fd = int(op.Res) }

// close fills in op to close the file, which counts as closed from now on.
func (f *file) close(op *ioring.Op) {
	op.Code, op.FD = ioring.Close, f.fd
	f.fd = -1
}

// retire has the file closed as soon as it has no users; keep has it stay open.
func (f *file) retire() { f.retired = true }
func (f *file) keep()   { f.retired = false }

// isToClose reports whether the file is to be closed now.
func (f *file) isToClose() bool { return f.retired && f.users == 0 && f.fd >= 0 }

// grow notes that n bytes were appended.
func (f *file) grow(n int) { f.size += int64(n) }

// cut notes the size that the file has now.
func (f *file) cut(size int64) { f.size = size }

// preallocate fills in op to reserve blocks up to size, in bytes. The file does
// not grow: readers and log shippers would choke on trailing zeros.
func (f *file) preallocate(op *ioring.Op, size int64) {
	op.Code, op.Flags, op.Len = ioring.Fallocate, fallocKeepSize, size
}

const fallocKeepSize = 0x1 // FALLOC_FL_KEEP_SIZE

// push fills in op to have the kernel begin to write out what has come since the
// last push.
func (f *file) push(op *ioring.Op) {
	op.Code, op.Off, op.Len = ioring.SyncRange, f.pushed, f.size-f.pushed
}

// wasPushed notes how far op has pushed.
func (f *file) wasPushed(op *ioring.Op) { f.pushed = op.Off + op.Len }

// unpushed returns how many bytes the kernel was not told to write out.
func (f *file) unpushed() int64 { return f.size - f.pushed }

// wrote notes that a write at now, as Mono counts, is not on disk yet.
func (f *file) wrote(now int64) { f.dirty = now }

// syncData fills in op to bring to disk what was written until now. What is written from
// now on counts as not on disk.
func (f *file) syncData(op *ioring.Op) {
	f.dirty = 0
	op.Code = ioring.Fdatasync
}

// synced notes how a sync has ended.
func (f *file) synced(err error) { f.syncFailed = f.syncFailed || err != nil }

// forget notes that nothing of the file needs to be brought to disk any more.
func (f *file) forget() { f.dirty = 0 }

// measureStep finds out the size of a preallocated file: it is not the one that
// was written if somebody has emptied the file to make room.
func measureStep[T any](name string, on func(T) *file) *step[T] {
	return &step[T]{
		name: name,
		on:   on,
		when: func(t T) bool { return on(t).preallocated },
		op:   func(_ T, op *ioring.Op) { op.Code = ioring.Stat },
		then: func(t T, op *ioring.Op) verdict[T] {
			f := on(t)
			if f.preallocated = op.Err == nil; f.preallocated {
				f.size = op.Stat.Size
			}
			return verdict[T]{}
		},
	}
}

// giveBackStep frees the blocks that were reserved behind the file's end.
func giveBackStep[T any](name string, on func(T) *file) *step[T] {
	return &step[T]{
		name: name,
		on:   on,
		when: func(t T) bool { return on(t).preallocated },
		op:   func(t T, op *ioring.Op) { op.Code, op.Len = ioring.Ftruncate, on(t).size },
		then: ignoreError[T],
	}
}

// rewriteStep writes a file's data again when a sync of it has failed: after
// that, Linux takes what it could not write for clean, and the next sync would
// succeed for nothing. The file is opened by its name, so it must bear that all
// the while: a file that is current until a rotation may not.
func rewriteStep[T worker](name string, on func(T) *file) *step[T] {
	return &step[T]{
		name: name,
		on:   on,
		when: func(t T) bool { return on(t).syncFailed && !t.dir().renames(on(t)) },
		op:   func(t T, op *ioring.Op) { t.dir().rewrite(op, on(t).name) },
		then: func(t T, op *ioring.Op) verdict[T] {
			if op.Err == nil {
				on(t).syncFailed = false
			}
			return verdict[T]{err: op.Err}
		},
		trouble: func(t T) string { return "write " + t.dir().path(on(t).name) + " again" },
	}
}

// modeStep marks a file as finished.
func modeStep[T worker](name string, on func(T) *file) *step[T] {
	return &step[T]{
		name:    name,
		on:      on,
		op:      func(_ T, op *ioring.Op) { op.Code, op.Mode = ioring.Fchmod, modeFinished },
		trouble: func(t T) string { return "set mode of " + t.dir().path(on(t).name) },
	}
}
