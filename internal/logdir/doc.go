// Package logdir reads the directories in which multilog, s6-log and svlogd keep
// their logs, also while the logger is at work there.
//
// A log is the sequence of its files: old files, whose names begin with '@' and a
// TAI64N label, in the labels' order; `previous`, while a processor works on it,
// at the place where its old file will be; `current`; and `next`, where the
// logger has begun to write it before it could rename it. No line of an old file
// @LABEL is later than LABEL.
//
// A [Dir] finds the files and, look after look, those that are new. A [Content]
// is what is in one of them, compressed or not. A [Follower] hands out a log as
// it grows. Nothing here writes, locks or signals.
package logdir
