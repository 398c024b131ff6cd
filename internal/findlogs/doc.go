// Package findlogs finds log directories by the name of their service, or all of them.
//
// Services keep their logs in a few places: /service/NAME/log/main with daemontools,
// /var/log/NAME or /var/log/SUITE/NAME with runit and s6. [Path] lists the directories to
// search: those in MLCAT_PATH, or else [DefaultPath].
//
// [Named] returns the log of a service, [All] all logs in the directories of a path,
// [Below] those below one directory. They follow symbolic links, as /service is full of
// them, and return a directory once if several ways lead to it. They look at most [Depth]
// directories deep, into at most 20,000 directories, and not into log directories.
//
// A directory is a log directory if it has a file named current, or one whose name begins
// with a TAI64N label: see [Is].
//
// [Service] and [Names] give logs short names to show.
package findlogs
