// Package rotate keeps log directories: it takes over what the logger before
// left, appends, and turns a full current into an old file without making its
// caller wait.
//
// On disk:
//
//	DIR/            mode 0700 when created here
//	  lock          flock'ed while a logger owns the directory; one page: see lockpage
//	  current       0644 while written, 0744 when cleanly finished; its size is its data
//	  next          the preallocated spare; absent when not needed yet
//	  @LABEL.u      finished, not yet safe or not yet processed; also what an outage left behind
//	  @LABEL.s      safe: complete and on disk, before it bears this name; 0744
//	  previous processed state newstate
//	                as in daemontools' multilog, while a processor runs
//
// The directory's owner is one goroutine. It calls [Lock] for each directory,
// [Settle] for all of them, [Dir.Recover] for each; then, per batch of lines,
// [Dir.Begin], [Dir.Append], [Dir.Done] and [Dir.Clear]; [Dir.Rotate] when a
// file is full; and [Dir.End] until [Dir.Ended].
package rotate
