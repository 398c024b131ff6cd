// Package logdir reads the directories in which multilog, s6-log and svlogd keep
// their logs, also while the logger is at work there.
//
// A log is the sequence of its files: old files, whose names begin with '@' and a
// TAI64N label, in the labels' order; `previous`, while a processor works on it,
// at the place where its old file will be; `current`; and `next`, where the
// logger has begun to write before it could rename it. While a logger's clock is
// not set back no line of an old file @LABEL is later than LABEL.
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
// Files move in one direction: `next`, `current`, @LABEL.u, `previous`, its result
// `processed`, @LABEL.s, and what a compressor makes of that. Some loggers leave
// out some of these. A look opens `next` and `current`, lists, opens `previous` or
// `processed`, and lists twice more. A file that is not met at one place was behind
// that place when the look left it. So it is met at a later one, or it is removed.
//
// A file may be met twice. It is known by its label, or by its identity while it is
// held open, or, where a processor has made another file of it, by its lines: the
// labels of two files of a log do not overlap, so a file whose first label lies
// within those of another is that one's result. Lines without labels are compared
// as they are; where a processor changes them, the order of the files decides.
//
// A look is consistent when the directory told of no change from its beginning to
// its end (then one listing is enough), or when `current`, `previous` and all three
// listings were the same. A look that is not is repeated, up to 4 times, or up to
// 200 times where lines have no labels. If the directory is in motion even then, the
// look returns the files up to the one that was `current` when it began, and leaves
// newer ones to the next look: of those, some may not have been met.
//
// Loggers remove the oldest files first. So nothing newer than a file that is there
// was removed. Where the directory tells all changes, a [Gap] says which files came
// and went without being read. Where it does not, a Gap says that files may be
// missing, but only if no known file is left.
//
// # Other places
//
// A [Directory] is all that this package needs of a place where files are: names,
// and opening them. It may be a [Watcher], too.
package logdir
