// Package contender knows the loggers that race: which of them this machine
// has, and how each of them is told to do a [Job].
//
// A Job says what is wanted in words that all loggers share: labels, patterns,
// directories, the size and number of files, a processor. [Contender.Launch]
// turns it into a command line, writes the configuration files that the logger
// needs, and returns what must be in which output afterwards. Package check
// compares the outputs with the input. A logger that has no way to do a job
// returns an [ErrCannot]; it then has no figure in that case.
//
// Every logger gets the settings under which it is at its best, as far as its
// manual tells: svlogd a buffer of 64 KiB instead of 1 KiB, s6-log a limit on
// lines that no line of the input reaches. Its patterns are regular
// expressions; those of the others are multilog's.
//
// The package starts nothing but dpkg-query, which it asks for versions.
package contender
