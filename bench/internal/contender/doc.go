// Package contender knows the loggers that race: which of them are on this machine, and
// how each of them is told to do a [Job].
//
// A Job describes a task in words that all loggers share: labels, patterns,
// directories, the size and number of files, a processor. [Contender.Launch] turns it
// into a command line, writes the configuration files that the logger needs, and
// returns what each output must contain afterwards. Package check compares the outputs
// with the input. If a logger can't do a job, Launch returns an [ErrCannot], and the
// logger has no figure in that case.
//
// Every logger gets the settings under which it performs best, according to its manual:
// svlogd a buffer of 64 KiB instead of 1 KiB, s6-log a limit for lines that no line of
// the input reaches. Its patterns are regular expressions; those of the others are
// multilog's.
//
// The package starts nothing except dpkg-query, which it asks for versions.
package contender
