// Package script parses multilog's command line and decides which of its actions
// get a line. It is pure: it opens nothing and writes nothing.
//
// A script is a list of actions. Each argument is one, and its first character
// tells which. [Parse] returns a [Script]: the log directories with their
// configuration, the status files, the stamp, and the sinks ([Sink]), which are the
// actions that take lines, with the patterns between them. For each line,
// [Script.Choose] determines the sinks that get it.
//
// The package knows the words of daemontools' multilog, those of daemontools-encore
// (T F S wCODE), and this program's own (tRFC3339 ... z b c a y k); multilog(8)
// describes them. Like daemontools' multilog it ignores other words, so that one
// script can serve several loggers. Only a word of this program's own whose number
// is invalid is an error.
//
// A Script never changes, so goroutines may share it. The caller opens the
// directories and files, puts the stamp in front of each line, and calls Choose with
// the stamped line.
//
// The files:
//
//	script.go   the words, their limits and defaults
//	stamp.go    the stamps
//	match.go    daemontools' patterns
//	glob.go     the patterns of fnmatch(3), which follow F
//	choose.go   the choice of sinks, with an index over the patterns
package script
