package logdir

import (
	"io"
	"time"
)

// Directory is where a log's files are: a directory of a file system, or anything else
// that lists names and opens them.
//
// Names and files may come and go at any time, also during a call.
type Directory interface {
	// ID returns the directory's identity. It changes if another directory takes the
	// place of this one. An error that wraps [fs.ErrNotExist] means that no such
	// directory exists now.
	ID() (string, error)

	// Names returns the names in the directory, in any order. It returns each name that
	// exists from the beginning of the call to its end. It may or may not return a name
	// that comes or goes meanwhile. So it may return both names of a file that is
	// renamed meanwhile, one, or none (readdir(3) promises no more).
	Names() ([]string, error)

	// Stat returns what is known of the file that has this name now. An error that
	// wraps [fs.ErrNotExist] means that no file has it.
	Stat(name string) (Info, error)

	// Open opens the file that has this name now. The errors are those of Stat. The
	// file can be read until it is closed, even if it has lost its name.
	Open(name string) (Handle, error)
}

// Handle is an open file of a Directory.
type Handle interface {
	io.ReaderAt
	io.Closer
	Stat() (Info, error)
}

// Info is what is known of a file.
type Info struct {
	// ID is the file's identity. It is the same under all its names and while it grows,
	// and differs from that of any file that exists at the same time, or that exists
	// while this file is open. For a file system it consists of device, inode and time
	// of birth, for an object store of the entity tag. It contains no space, plus sign
	// or comma, because cursors show it.
	ID string

	Size     int64 // bytes
	Modified time.Time
	Names    int   // the number of the file's names, 0 after its removal; 1 if it can't be known
	Complete bool  // the logger has marked the file as complete: its owner may execute it
	Err      error // why the file can't be read as a log's, such as [syscall.EISDIR]; usually nil
}

// Watcher is a [Directory] that reports its changes.
type Watcher interface {
	Watch() Watch
}

// Watch reports the changes of a directory.
type Watch interface {
	// Start watches the directory that is at the path now. complete reports whether
	// every change will be reported. Otherwise some may be: that the directory has come
	// into existence, or what one of several machines does that share a file system. An
	// error is the reason why nothing will be reported.
	Start() (complete bool, err error)

	// Changes returns what has happened since its last call, in order. It includes at
	// least everything that an earlier call of a method of the Directory could have
	// seen.
	Changes() []Change

	// Wait returns when there are changes, after most, or when it is interrupted.
	Wait(most time.Duration)

	// Rest returns after most, or when it is interrupted.
	Rest(most time.Duration)

	// Interrupt ends a Wait or Rest. Another goroutine may call it.
	Interrupt()

	Close()
}

// Change is one change of a directory.
type Change struct {
	Kind ChangeKind
	Name string
	From string // for Came: the name that the file had before, "" if it had none
}

// ChangeKind is the kind of a change.
type ChangeKind int

// The kinds of changes.
const (
	Came    ChangeKind = iota // Name exists now
	Went                      // Name exists no longer
	Written                   // the file Name has grown
	Missed                    // some changes were not reported
	Moved                     // the directory is no longer at its path
)
