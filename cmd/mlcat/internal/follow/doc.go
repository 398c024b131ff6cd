// Package follow prints lines as loggers write them.
//
// [Start] begins to watch the logs before anything of them is printed, and ends the part
// that is wanted of each source where its last file has its last whole line. So the
// caller prints what is wanted of the sources first, and [Logs.Print] continues where
// that ended: no line is missed and none is printed twice.
//
// Each log is read by a goroutine of its own. Print takes what they have read, renders it
// and prints it: at once if there is one log. Of several logs each line waits for 100 ms.
// So a line is printed before all lines with later labels that are read less than 100 ms
// before it.
//
// Gaps and errors are reported to the sources, after the lines that come before them. That
// the limit of inotify is reached is reported once for all logs.
//
// The cursor is behind the lines that were printed: if the output takes only some of the
// lines, behind those.
package follow
