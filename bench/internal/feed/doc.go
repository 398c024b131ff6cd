// Package feed runs a logger behind a pipe, writes lines to it, and measures
// both.
//
// A [Feed] starts a logger on a job, waits until its log directories are there,
// has a producer write what an [Order] says, waits for both to end, and returns a
// [Fed]: when the first and the last byte were written, when the pipe was empty,
// when the logger ended, how much CPU it took, and, if the order asks for it, how
// long writes took and how long it took until lines could be read. A scenario
// that looks at the logger meanwhile does so in [Feed.During], with [LookAt].
//
// The producer is a process of its own, so that the CPU of the two can be told
// apart. It is this same program: main must call [RunChild] first. So are the
// copiers ([Copiers]), which do what a logger cannot do without and nothing else,
// and the process that keeps a disk busy ([StartHog]).
//
// A [Lab] owns the files of one invocation: a directory that holds everything, a
// directory for each run in it, and the inputs, which are in memory.
//
// Everything is bounded and ends: each process is killed with all that it has
// started when the context of its run ends, and, by the kernel, when this program
// is killed. [Lab.Close] removes every file.
package feed
