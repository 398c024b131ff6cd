// Package ioring carries out file operations in the background.
//
// An [Op] is one operation: a system call on a file, or the run of a program. A [Queue]
// takes operations with [Queue.Submit], carries them out by the kernel's io_uring or by
// a few goroutines, and hands them back, finished, in [Queue.Complete]. [Do] carries
// out an operation at once.
//
// # What it owns
//
// A Queue belongs to one goroutine, the owner. An operation, with everything it points
// to, belongs to the queue from Submit until Complete calls its Done, and to the caller
// at any other time.
//
// # What it expects
//
// The owner calls [Queue.Flush] before it sleeps, sleeps until [Queue.FD] is readable,
// and then calls Complete. Submit, Flush and Complete never wait.
//
// # Order and limits
//
// Operations in flight may finish in any order. Operations with the same Lane share a
// few workers; an operation never waits for one of another lane. Programs run side by
// side, any number of them. [SpareFiles], [SpareTasks] and [SpareMemory] check in
// advance what the process may run out of.
//
// # Errors
//
// An operation's error is in its Err. A kernel that refuses io_uring, or lacks an
// operation, is no error: goroutines do the work, and [Queue.Reason] says why.
package ioring

// Code is the kind of an [Op]. The comments name the fields that it reads and fills in.
// Dir is the descriptor of a directory, or AT_FDCWD.
type Code uint8

// The operations.
const (
	Nop       Code = iota
	OpenAt         // Dir Path Flags Mode; Res is the descriptor; O_CLOEXEC is added
	Close          // FD, which is closed even if there is an error
	Fsync          // FD
	Fdatasync      // FD
	Fallocate      // FD Flags Off Len; Flags are FALLOC_FL_ bits
	Ftruncate      // FD Len
	Fchmod         // FD Mode
	RenameAt       // Dir Path NewPath, both names in Dir
	LinkAt         // Dir Path NewPath, both names in Dir
	UnlinkAt       // Dir Path
	MkdirAt        // Dir Path Mode
	Stat           // Dir Path, or FD if Path is empty; follows no symbolic link; fills in Stat
	ReadDir        // FD, a directory; fills in Names, without . and .., in no order
	Flock          // FD Flags; Flags are LOCK_ bits
	GetLock        // FD: look for another's record lock on the file; Res is its process, -1 if its number is unknown, 0 if there is no lock
	SetLock        // FD: take a record lock on the whole file for this descriptor, without waiting (F_OFD_SETLK)
	Statfs         // FD; fills in Free
	FileLimit      // Res is how many bytes this process may write to a file (RLIMIT_FSIZE)
	SyncRange      // FD Off Len: start writing these pages out (sync_file_range)
	InPlace        // FD, an empty file: overwrite it in place from now on, never elsewhere (FS_NOCOW_FL)
	Rewrite        // Dir Path: write the file's data again, and fsync it
	Run            // Cmd; Res is the exit status, or 128 plus the signal's number
)

var codeNames = [...]string{
	Nop: "nop", OpenAt: "open", Close: "close", Fsync: "fsync", Fdatasync: "fdatasync",
	Fallocate: "fallocate", Ftruncate: "ftruncate", Fchmod: "fchmod", RenameAt: "rename",
	LinkAt: "link", UnlinkAt: "unlink", MkdirAt: "mkdir", Stat: "stat", ReadDir: "readdir",
	Flock: "flock", GetLock: "fcntl_getlk", SetLock: "fcntl_setlk", Statfs: "statfs", FileLimit: "getrlimit", SyncRange: "sync_file_range", InPlace: "ioctl", Rewrite: "rewrite", Run: "run",
}

// String returns the name of the system call.
func (c Code) String() string {
	if int(c) < len(codeNames) {
		return codeNames[c]
	}
	return "unknown operation"
}

// FileInfo is the result of [Stat].
type FileInfo struct {
	Dev   uint64
	Ino   uint64
	Birth int64 // nanoseconds since 1970; 0 if the filesystem does not tell
	Mtime int64 // nanoseconds since 1970
	Size  int64 // bytes
	Nlink uint32
	UID   uint32
	Mode  uint32 // type and permission bits of st_mode
}

// Command is a program for [Run]. The child gets no descriptors but Files.
type Command struct {
	Path  string   // absolute
	Args  []string // beginning with argument 0
	Dir   int      // descriptor of its working directory
	Files []int    // Files[i] becomes descriptor i; -1 means closed
	Idle  bool     // run it with a higher nice value and in the idle I/O class
}

// Op is one operation. The fields above the empty line are its arguments, those below
// it its results; Code says which ones it uses. The caller owns it until it is
// submitted, and again from the call of Done.
//
// All operations have the same type, with all their arguments, so that a caller can use
// one Op for one operation after another without allocating, and ring, pool and tests
// need no conversions.
type Op struct {
	Code    Code
	Lane    uint64 // operations with other lanes do not wait for this one; for instance the disk
	Dir     int
	FD      int
	Path    string
	NewPath string
	Flags   int
	Mode    uint32
	Off     int64 // bytes
	Len     int64 // bytes
	Cmd     *Command

	Res   int64 // see the codes
	Err   error // nil or a syscall.Errno; Run may have other errors (fork, exec)
	Stat  FileInfo
	Names []string
	Free  int64 // how many bytes an unprivileged user may still write

	// Done is called with the finished operation, by Complete. It may submit more
	// operations. It may be nil.
	Done func(*Op)
}
