package rotate

// Config is what the script says about a log directory. [Lock] checks nothing:
// package script has brought the numbers into their bounds.
type Config struct {
	// Name is the path of the directory as in the script, ./main or
	// /var/log/main. Relative ones start at the directory that Lock is given.
	Name string

	// Size is the most bytes of a file: 4096 to 16777215 by s, up to 2 GiB by
	// b; 99999 by default. A file is full when it has Size bytes, or when a
	// line ends in the last 2,000 bytes below that.
	Size int64

	// Count is the most files, current among them: n, at least 2, 10 by
	// default. Files that are still pending count, and are never removed; when
	// Count - 1 are pending, Ready waits.
	Count int

	// Command is the processor, of ! or z: the path of a program and its
	// arguments, from the 0th. Empty, the default, is for none.
	Command []string

	// Turns bounds how many directories run their processor at a time: all that
	// were given the same Turns. nil, the default, is for no bound.
	Turns *Turns

	// Code is what follows the label and a dot in the names of finished files:
	// s by default and when empty, s.zst for z, another with w of
	// daemontools-encore. Never u.
	Code string

	// Cap is the most bytes of all old files together, pending ones included:
	// c. One file may always be pending. 0, the default, is for any number.
	Cap int64

	// KeepFree is how many bytes of the file system are to stay free: k. The
	// oldest files are removed for it, also when a write finds the disk full.
	// 0, the default, is for none.
	KeepFree int64

	// MaxAge is the age, in nanoseconds, at which a current that is not empty is
	// rotated, also when no input comes: a. The age counts from the first line.
	// 0, the default, is for never.
	MaxAge int64

	// SyncWithin is how long after a write, in nanoseconds, its data is brought
	// to disk at the latest: y. A power cut can lose about that much. 0, the
	// default, leaves it to the kernel until the file is finished.
	SyncWithin int64
}
