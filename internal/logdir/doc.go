// Package logdir reads the directories in which multilog, s6-log and svlogd write their
// logs, also while the logger is running.
//
// A log is the sequence of its files: old files, whose names begin with '@' and a
// TAI64N label, in the order of the labels; `previous`, while a processor works on it,
// at the place where its old file will be; `current`; and `next`, if the logger has
// begun to write to it before it could rename it. Unless a logger's clock is set back,
// no line of an old file @LABEL is later than LABEL.
//
// If a clock was set back, labels step back between two files or within one.
// [Content.Order] finds out, so that a reader knows whether it may bisect a file.
// Within a file to which only our logger has written, the labels of lines strictly
// ascend: it goes on in a new file when they have to step back, also if that was
// between two loggers. The step can be in a file that daemontools' logger had begun or
// appended to, and in those of s6-log and svlogd.
//
// A [Dir] finds the files and, with each look, those that are new. A [Content] is the
// content of one of them, compressed or not. A [Follower] returns the files of a log as
// it grows, a [Tail] reads its lines. Nothing here writes, locks or sends signals. The
// caller closes the files that it gets.
//
// # Directories in motion
//
// Loggers rename, process, compress and remove files at any time, and a listing takes
// many system calls. A listing contains each name that exists all the time once. A file
// that is renamed meanwhile may be in it twice, once or not at all. So one listing
// proves nothing.
//
// A look begins with a snapshot: the names that were in the directory at one moment,
// and the files that are needed, open under the names that they had at that moment.
// Anything found later is not used. There are two ways to take a snapshot.
//
// If the directory reports all changes (a [Watch], inotify), it is listed, and the
// changes that are reported since the listing began are applied to the list. For a name
// that has changed, the last change decides whether it exists; for any other name, the
// listing does. So the list is right, however much has changed meanwhile. Then the
// files are opened, and the changes are requested again: they include everything that
// opening could see. Files whose names have changed are opened again, until nothing has
// changed. That takes as long as opening a file or two, not as long as a listing.
//
// Otherwise the directory is listed, the files are opened, and it is listed five times
// more. The snapshot is right if the names were the same each time, and `next`,
// `current`, `previous` and `processed` are still the same files at the end. A file
// that no listing has found would have been renamed during each of the five; but from
// its first place behind `current` to its last there are only four renames. If the
// snapshot is not right, everything is repeated.
//
// After 200 tries of either way, [Dir.Look] returns [ErrMoving].
//
// In a snapshot each file of the log has one place: its name, or `previous`, or, if
// that does not exist, a complete `processed`. A known file is recognized by its label
// or by its identity: files without a label, and those that a processor will take, are
// kept open, or their identity is noted. A known file that is nowhere was removed, or a
// processor has made another file of it. The order of the new files says which one that
// is: processors take files in order, and loggers remove the oldest first, so the
// oldest of these known files is the oldest of the new ones. Only if changes were not
// reported and no older file is left, it might have been removed instead. Then the
// labels in the lines decide: a result has only lines of the file from which it was
// made.
//
// Loggers remove the oldest files first. So if a file exists, nothing newer was
// removed. If the directory reports all changes, a [Gap] says which files came and went
// without being read. If it does not, a Gap says that files may be missing, but only if
// no known file is left.
//
// What can go wrong: if changes are not reported, and the lines have no labels or a
// processor leaves no line of a file, and no known file is left, then a Gap may say
// that files are missing although none are. If in addition the clock was set back, so
// that labels step back, a file that was removed may be taken for one that a processor
// is working on, and no Gap says so.
//
// Tests compare this with simulated loggers, which may do anything between any two
// system calls of a look.
//
// # Other places
//
// A [Directory] is all that this package needs of a place with files: it lists names
// and opens them. It may also be a [Watcher].
package logdir
