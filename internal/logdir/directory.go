package logdir

import (
	"io"
	"time"
)

// A Directory is where a log's files are: a directory of a file system, or
// anything else that lists names and opens them.
//
// Names and files may come and go at any time, also within a call.
type Directory interface {
	// ID returns the directory's identity. It changes when another directory takes
	// the place of this one. An error that wraps [fs.ErrNotExist] means that there
	// is no such directory now.
	ID() (string, error)

	// Names returns the names in the directory, in any order. A name that is there
	// from the beginning of the call to its end is returned. One that comes or goes
	// meanwhile may be returned or not. So of a file that is renamed meanwhile both
	// names, one or none may be returned (readdir(3) promises no more).
	Names() ([]string, error)

	// Stat returns what is known of the file that has name now. An error that wraps
	// [fs.ErrNotExist] means that no file has it.
	Stat(name string) (Info, error)

	// Open opens the file that has name now, with errors as Stat's. The file can be
	// read until it is closed, also when it has lost its name.
	Open(name string) (Handle, error)
}

// A Handle is an open file of a Directory.
type Handle interface {
	io.ReaderAt
	io.Closer
	Stat() (Info, error)
}

// Info is what is known of a file.
type Info struct {
	// ID is the file's identity: the same under all its names and while it grows,
	// never that of another file that is there at the same time, nor of one that is
	// there while this one is open. For a file system it is made of device, inode
	// and time of birth, for an object store of the entity tag. It holds no space,
	// plus sign or comma, since cursors show it.
	ID string

	Size     int64 // bytes
	Modified time.Time
	Names    int   // how many names the file has, 0 once it was removed; 1 where that can't be known
	Complete bool  // loggers mark a file that is complete so: its owner may execute it
	Err      error // why the file can't be read as a log's, such as [syscall.EISDIR]; nil mostly
}

// A Watcher is a [Directory] that tells what changes in it.
type Watcher interface {
	Watch() Watch
}

// A Watch tells the changes of a directory.
type Watch interface {
	// Start watches the directory that has the path now, and reports whether every
	// change is told from now on. Otherwise some may be told: that the directory begins
	// to exist, or what one of several machines does that share a file system.
	Start() (complete bool)

	// Changes returns what happened since it was called last, in order: at least all
	// that a call of the Directory could see which has returned before.
	Changes() []Change

	// Wait returns when there are changes, after most, or when it is interrupted.
	Wait(most time.Duration)

	// Rest returns after most, or when it is interrupted.
	Rest(most time.Duration)

	// Interrupt ends a Wait or Rest. It may be called by another goroutine.
	Interrupt()

	Close()
}

// A Change is one change of a directory.
type Change struct {
	Kind ChangeKind
	Name string
	From string // for Came: the name that the file had before, "" if it had none
}

// A ChangeKind tells what a change was.
type ChangeKind int

// The kinds of changes.
const (
	Came    ChangeKind = iota // Name is there now
	Went                      // Name is not there any more
	Written                   // the file Name has grown
	Missed                    // changes were not told
	Moved                     // the directory has gone from its path
)
