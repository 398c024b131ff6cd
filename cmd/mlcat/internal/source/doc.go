// Package source opens a log for reading and keeps which part of it is wanted.
//
// A [Source] is one log directory, or one file that stands for a log. Its files are the
// ones that the directory had when [Open] looked. They are numbered from 0, the oldest
// first. A [Place] is the start of a line in one of them.
//
// At first everything is wanted. [Source.StartAt], [Source.EndAt], [Source.Between] and
// [Source.EndAtWholeLine] only ever leave more out. A reader takes the parts of
// [Source.Wanted], of each the files of [Part.Files], of each the bytes of [Part.Span],
// and calls [Source.Done] after the last part of a file.
//
// # Labels that step back
//
// Where labels ascend, the lines of a time are one part, and bisecting finds it. Where a
// clock was set back they may be several, which [Source.Between] finds by the labels in
// the files. It bisects a file only if the labels that it has seen of that ascend, and
// reads the others. The function ascends says how it finds out which of the two to do.
//
// # Errors
//
// Only [Open] returns errors. A file that cannot be read later is left out, and the
// Source reports it, once, to the function that Open was given. Such an error is
// [Missing] if the logger has removed the file, as loggers remove the oldest.
//
// # Goroutines
//
// A Source is for one goroutine at a time, except that Done may run beside the other
// methods on files that those have finished with.
package source
