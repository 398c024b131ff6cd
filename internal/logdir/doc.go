// Package logdir reads the directories in which multilog, s6-log and svlogd keep
// their logs, also while the logger is at work there.
//
// A log is the sequence of its files: old files, whose names begin with '@' and a
// TAI64N label, in the labels' order; `previous`, while a processor works on it,
// at the place where its old file will be; `current`; and `next`, where the
// logger has begun to write before it could rename it. While a logger's clock is
// not set back no line of an old file @LABEL is later than LABEL.
//
// Where a clock was set back, labels step back, between two files or within one.
// [Content.Order] looks for that, so that a reader knows if it may bisect a file.
//
// A [Dir] finds the files and, look after look, those that are new. A [Content]
// is what is in one of them, compressed or not. A [Follower] hands out a log as
// it grows, a [Tail] reads its lines. Nothing here writes, locks or signals. The
// caller closes the files that it was given.
//
// # Directories in motion
//
// Loggers rename, process, compress and remove files at any time, and a listing
// takes many system calls. A name that is there all the time is listed once. A
// file that is renamed meanwhile may be listed twice, once or not at all. So one
// listing proves nothing.
//
// A look begins with a snapshot: the names that were in the directory at one
// moment, and the files that are needed, open under the names that they had at that
// moment. What was found later than that is not used. There are two ways to take one.
//
// Where the directory tells all changes (a [Watch], inotify), it is listed, and the
// changes that are told since the listing began are applied to the list. Of a name
// that changed, the last change tells if it is there; of any other name, the listing
// does. So the list is right, however much changed meanwhile. Then the files are
// opened, and the changes are asked for again: they include all that opening could
// see. Files whose names changed are opened anew, until nothing has changed. That
// costs as long as it takes to open a file or two, not as long as a listing.
//
// Otherwise the directory is listed, the files are opened, and it is listed five times
// more. The snapshot is right if the names were the same each time, and `next`,
// `current`, `previous` and `processed` are the same files in the end. A file that no
// listing met would have been renamed in each of the five; but from the first of its
// places behind `current` to the last there are four renames. If the snapshot is not
// right all is done again.
//
// After 200 tries, of either way, [Dir.Look] returns [ErrMoving].
//
// In a snapshot each file of the log is at one place: under its name, or as
// `previous`, or, if that is not there, as a complete `processed`. A known file is
// known again by its label, or by its identity: files without a label, and those
// that a processor will take, are held open, or their identity is noted. One that is
// nowhere was removed, or a processor has made another file of it. Which of the new
// files that is, their order tells: processors take files in order, and loggers remove
// the oldest first, so the oldest of these known files is the oldest of the new ones.
// Only if changes were not told and no older file is left, it might have been
// removed instead. Then the labels in the lines tell: a result has only lines of
// the file that it was made of.
//
// Loggers remove the oldest files first. So nothing newer than a file that is there
// was removed. Where the directory tells all changes, a [Gap] says which files came
// and went without being read. Where it does not, a Gap says that files may be
// missing, but only if no known file is left.
//
// What can go wrong: if changes are not told, and the lines have no labels or a
// processor leaves none of a file, and no known file is left, then a Gap may say
// that files are missing which are not. If besides the clock was set back, so that
// labels step back, a file that was removed may be taken for one that a processor has
// at work, and no Gap says so.
//
// Tests hold this against simulated loggers that do anything between any two system
// calls of a look.
//
// # Other places
//
// A [Directory] is all that this package needs of a place where files are: names,
// and opening them. It may be a [Watcher], too.
package logdir
