// Package follow prints lines as loggers write them.
//
// [Start] begins to watch the logs before anything of them is printed, and ends the part
// that is wanted of each source where its last file has its last whole line. So the
// caller prints what is wanted of the sources first, and [Logs.Print] continues where
// that ended: no line is missed and none is printed twice.
//
// Each log is read by a goroutine of its own. Print takes what they have read, waits for
// 20 ms if there are several logs, so that lines which come together are put in order,
// renders it and prints it.
//
// Gaps and errors are reported to the sources, after the lines that come before them.
package follow
