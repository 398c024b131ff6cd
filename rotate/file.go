package rotate

import "multilog/ioring"

// file is a log file that this process writes or has written: the spare, current or a
// pending one. It owns the descriptor and knows how much of the data is on disk. A
// rotation moves the pointer, so an operation that is in flight during a swap still
// belongs to the same file, and so does its result.
//
// An operation in flight counts as a user of its file (see step.on). This has two
// consequences. A file is closed only when it has no users. And a file that has users
// does not become safe: blocks that are reserved late would remain behind its end, and
// the kernel reports a failed write to only one sync, so the result of that sync must
// come first. Users of other files do not matter.
type file struct {
	name         string // in the directory
	fd           int    // -1 while it is closed
	ino          uint64
	birth        int64 // nanoseconds since 1970; 0 where the file system does not say
	size         int64 // bytes
	preallocated bool  // there may be reserved blocks behind its end
	pushed       int64 // bytes that the kernel has been told to write out
	dirty        int64 // Mono of the first write that is not on disk; 0 if there is none, or without y
	syncFailed   bool  // the kernel takes data that a sync could not write for clean, so it must be written again

	users   int  // operations in flight
	retired bool // to be closed when it has no more users
}

// newFile returns a file that is open as fd; -1 if it is not.
func newFile(name string, fd int) *file { return &file{name: name, fd: fd} }

// identify notes the file's inode and birth time.
func (f *file) identify(info ioring.FileInfo) {
	f.ino, f.birth, f.size = info.Ino, info.Birth, info.Size
}

// identity returns what a record stores about the file: inode, birth time and size.
func (f *file) identity() (ino, birth, size uint64) {
	return f.ino, uint64(f.birth), uint64(f.size)
}

// named notes the file's new name.
func (f *file) named(name string) { f.name = name }

// bytes returns the size.
func (f *file) bytes() int64 { return f.size }

// dirtySince returns the Mono of the first write that is not on disk; 0 if there is
// none, or without y.
func (f *file) dirtySince() int64 { return f.dirty }

// mustRewrite reports whether the file's data must be written again.
func (f *file) mustRewrite() bool { return f.syncFailed }

// descriptor returns the descriptor; -1 while the file is closed.
func (f *file) descriptor() int { return f.fd }

// isPreallocated reports whether blocks may be reserved behind the file's end.
func (f *file) isPreallocated() bool { return f.preallocated }

// wasPreallocated notes that blocks may be reserved behind the file's end.
func (f *file) wasPreallocated() { f.preallocated = true }

// use notes that op, an operation on the file, is about to start.
func (f *file) use(op *ioring.Op) {
	op.FD = f.fd
	f.users++
}

// release notes that an operation on the file has ended.
func (f *file) release() { f.users-- }

// isUsed reports whether operations on the file are in flight.
func (f *file) isUsed() bool { return f.users > 0 }

// isOpen reports whether the process has the file open.
func (f *file) isOpen() bool { return f.fd >= 0 }

// opened notes the descriptor that op has opened.
func (f *file) opened(op *ioring.Op) { f.fd = int(op.Res) }

// close fills in op to close the file, which counts as closed from now on.
func (f *file) close(op *ioring.Op) {
	op.Code, op.FD = ioring.Close, f.fd
	f.fd = -1
}

// retire makes the file close as soon as it has no users; keep cancels that.
func (f *file) retire() { f.retired = true }
func (f *file) keep()   { f.retired = false }

// isToClose reports whether the file must be closed now.
func (f *file) isToClose() bool { return f.retired && f.users == 0 && f.fd >= 0 }

// grow notes that n bytes were appended.
func (f *file) grow(n int) { f.size += int64(n) }

// cut notes the file's new size.
func (f *file) cut(size int64) { f.size = size }

// preallocate fills in op to reserve blocks up to size, in bytes. The file does
// not grow: readers and log shippers would choke on trailing zeros.
func (f *file) preallocate(op *ioring.Op, size int64) {
	op.Code, op.Flags, op.Len = ioring.Fallocate, fallocKeepSize, size
}

const fallocKeepSize = 0x1 // FALLOC_FL_KEEP_SIZE

// push fills in op to make the kernel start writing what was added since the last push.
func (f *file) push(op *ioring.Op) {
	op.Code, op.Off, op.Len = ioring.SyncRange, f.pushed, f.size-f.pushed
}

// wasPushed notes how far op went.
func (f *file) wasPushed(op *ioring.Op) { f.pushed = op.Off + op.Len }

// unpushed returns how many bytes the kernel has not been told to write out.
func (f *file) unpushed() int64 { return f.size - f.pushed }

// wrote notes a write at now, a time by Mono, that is not on disk yet.
func (f *file) wrote(now int64) { f.dirty = now }

// syncData fills in op to sync the data written so far. Later writes count as not on
// disk.
func (f *file) syncData(op *ioring.Op) {
	f.dirty = 0
	op.Code = ioring.Fdatasync
}

// synced notes the result of a sync.
func (f *file) synced(err error) { f.syncFailed = f.syncFailed || err != nil }

// forget notes that no data of the file needs a sync any more.
func (f *file) forget() { f.dirty = 0 }

// measureStep reads the size of a preallocated file. It differs from what was written
// if someone has truncated the file to make room.
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

// rewriteStep writes a file's data again after a failed sync. Linux takes data that it
// could not write for clean, so without this the next sync would succeed and mean
// nothing. The step opens the file by name, so the file must keep its name meanwhile; a
// file that is current until a rotation may not.
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
