// Package engine prints the lines of logs that are there: which lines, in which order.
//
// It is a pipeline:
//
//	select   the caller opens a [source.Source] for each log and leaves of it what is wanted
//	read     a scanner reads blocks of all logs with all processors (scan.go, stream.go),
//	         and renders each block: it filters and formats the lines (package render)
//	join     a walk takes the blocks of one log, forward or backward, and joins the
//	         lines that a block or a file ends in (walk.go)
//	order    a [Merge] takes lines from several walks in the order of their labels;
//	         a tail turns the last lines of a backward merge around (tail.go)
//	print    [Show] writes what the last stage gives
//
// The stages below [Show] are pulled from: each has a method Next, which returns a part
// of what it has and which is valid until the next call. Small interfaces connect them,
// [Stream] below a merge and [Order] above it. So another kind of log is another
// Stream, and another way to print is another reader of an Order.
//
// Reading is ahead of printing by a few blocks for each processor, so memory does not
// grow with the logs. What the last lines need is read from the end.
//
// # Goroutines
//
// Show starts one goroutine for each log, one for each processor, and one for each
// compressed file that can only be read from its start, and ends them. It itself, with
// all walks and the merge, runs in the caller's.
package engine
