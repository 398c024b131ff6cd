// Package check compares what a logger has logged with its input. A logger that loses,
// doubles, changes or reorders a byte gets no figure.
//
// A [Checker] has the input of a run and reads the outputs of its [contender.Launch].
// The lines of a log directory, old files in the order of their names and then current,
// must be the selected lines of the input, byte for byte, without their labels; labels
// must be well-formed and must not go back. If the logger was allowed to remove old
// files (Tail), the lines must be the end of the input. A status file must contain the
// last selected line.
//
// [LastLines] does the same for an input that is too long to keep in memory, but can be
// made again. [Files] and [EachLine] read any log directory, also with files that zstd
// has compressed.
//
// The package knows the formats from their documentation and shares no code with the
// loggers.
package check
