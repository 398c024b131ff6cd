// Package source opens a log for reading and keeps which part of it is wanted.
//
// A [Source] is one log directory, or one file that stands for a log. Its files are the
// ones that the directory had when [Open] looked. They are numbered from 0, the oldest
// first. A [Place] is the start of a line in one of them.
//
// At first everything is wanted. [Source.StartAt] and [Source.EndAt], and what builds
// on them, [Source.Since], [Source.Until] and [Source.EndAtWholeLine], only ever make
// the wanted part smaller. A reader takes the files of [Source.Wanted], of each the
// bytes of [Source.Span], and calls [Source.Done] after each.
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
