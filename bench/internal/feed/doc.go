// Package feed runs a logger behind a pipe, writes lines to it, and measures both.
//
// A [Feed] starts a logger on a job, waits until its log directories exist, starts a
// producer that writes what an [Order] says, waits for the end of both, and returns a
// [Fed]: when the first and the last byte were written, when the pipe was empty, when
// the logger ended, how much CPU it took, and, if the order asks for it, how long
// writes took and how long it took until lines could be read. A scenario that inspects
// the logger meanwhile does so in [Feed.During], with [LookAt].
//
// The producer is a process of its own, so that its CPU time is separate. It is this
// same program, so main must call [RunChild] first. So are the copiers ([Copiers]),
// which do only what no logger can do without, and the process that keeps a disk busy
// ([StartHog]).
//
// A [Lab] owns the files of one invocation: a directory that contains everything, a
// directory for each run in it, and the inputs, which are in memory.
//
// Everything is bounded and ends: each process is killed, with all that it has started,
// when the context of its run ends, and, by the kernel, when this program is killed.
// [Lab.Close] removes every file.
package feed
