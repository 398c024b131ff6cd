// Package script reads multilog's command line and decides which of its
// actions get a line. It has no effects: it opens nothing and writes nothing.
//
// A script is a list of actions, one per argument, told by the first
// character. [Parse] turns it into a [Script]: the log directories with their
// configuration, the status files, the stamp, and the actions that take lines
// ([Sink]) with the patterns between them. For each line [Script.Choose]
// reports which sinks get it.
//
// The words are those of daemontools' multilog, those of daemontools-encore
// (T F S wCODE), and this program's own (tRFC3339 ... z b c a y k); multilog(8)
// lists them. Words that are no actions are ignored, as daemontools does, so
// that one script can serve several loggers.
//
// Where things are:
//
//	script.go   the words, their limits and defaults
//	stamp.go    the stamps that a script can ask for
//	match.go    daemontools' patterns
//	glob.go     patterns of fnmatch(3), after F
//	choose.go   which sinks get a line, with an index over the patterns
package script
