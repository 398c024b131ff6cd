// Package ioring carries out file operations without making its caller wait.
//
// An [Op] is one operation: a system call on a file, or the run of a program.
// A [Queue] takes operations with Submit, has them done elsewhere (by the
// kernel's io_uring or by a few goroutines) and hands them back, finished, to
// the goroutine that owns the queue, in [Queue.Complete].
package ioring

// Code says which operation an [Op] is. The comments name the fields that it
// reads; Dir is a directory descriptor, or AT_FDCWD.
type Code uint8

// The operations.
const (
	Nop       Code = iota
	OpenAt         // Dir Path Flags Mode; Res is the descriptor. O_CLOEXEC is added.
	Close          // FD, which is closed whatever Err says
	Fsync          // FD
	Fdatasync      // FD
	Fallocate      // FD Flags Off Len; Flags are FALLOC_FL_ bits
	Ftruncate      // FD Len
	Fchmod         // FD Mode
	RenameAt       // Dir Path NewPath, both names in Dir
	LinkAt         // Dir Path NewPath, both names in Dir
	UnlinkAt       // Dir Path
	MkdirAt        // Dir Path Mode
	Stat           // Dir Path, or FD when Path is empty; follows no symbolic link; fills Stat
	ReadDir        // FD, a directory; fills Names, without . and .., in no order
	Flock          // FD Flags; Flags are LOCK_ bits
	GetLock        // FD: look for another's record lock on the file; Res is its process, -1 if that has no number, 0 for no lock
	SetLock        // FD: take a record lock on the whole file for this descriptor, without waiting (F_OFD_SETLK)
	Statfs         // FD; fills Free
	SyncRange      // FD Off Len: start writing these pages out (sync_file_range)
	InPlace        // FD, an empty file that is to be overwritten where it stands, not elsewhere (FS_NOCOW_FL)
	Rewrite        // Dir Path: write the file's data again, and fsync it
	Run            // Cmd; Res is the exit status, or 128 + the signal's number
)

var codeNames = [...]string{
	Nop: "nop", OpenAt: "open", Close: "close", Fsync: "fsync", Fdatasync: "fdatasync",
	Fallocate: "fallocate", Ftruncate: "ftruncate", Fchmod: "fchmod", RenameAt: "rename",
	LinkAt: "link", UnlinkAt: "unlink", MkdirAt: "mkdir", Stat: "stat", ReadDir: "readdir",
	Flock: "flock", GetLock: "fcntl_getlk", SetLock: "fcntl_setlk", Statfs: "statfs", SyncRange: "sync_file_range", InPlace: "ioctl", Rewrite: "rewrite", Run: "run",
}

// String is the name of the system call behind c.
func (c Code) String() string {
	if int(c) < len(codeNames) {
		return codeNames[c]
	}
	return "unknown operation"
}

// FileInfo is what [Stat] finds out about a file.
type FileInfo struct {
	Dev   uint64
	Ino   uint64
	Birth int64 // nanoseconds since 1970; 0 where the filesystem does not say
	Mtime int64 // nanoseconds since 1970
	Size  int64 // bytes
	Nlink uint32
	UID   uint32
	Mode  uint32 // type and permission bits, as in st_mode
}

// Command is a program for [Run]. The child has no descriptors but Files.
type Command struct {
	Path  string   // absolute
	Args  []string // with Args[0]
	Dir   int      // descriptor of its working directory
	Files []int    // Files[i] becomes descriptor i; -1 leaves it closed
	Idle  bool     // nicer than this process, and of the idle I/O class
}

// Op is one file operation. The caller owns it until it is submitted,
// and again from the call of Done; between the two it is the queue's, with
// everything it points to.
type Op struct {
	Code    Code
	Lane    uint64 // operations of other lanes do not wait for this one: the disk, say
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
	Err   error // nil or a syscall.Errno; Run may have others (fork, exec)
	Stat  FileInfo
	Names []string
	Free  int64 // bytes an unprivileged user may still write

	// Done is called with the finished operation by the goroutine that owns
	// the queue; it may submit more. Nil is allowed.
	Done func(*Op)
}
