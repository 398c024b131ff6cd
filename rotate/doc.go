// Package rotate keeps a log directory: it takes over what the logger before left,
// appends lines to current, and turns a full current into an old file without making
// its caller wait for the disk.
//
// # Use
//
// At the start, before any input is taken:
//
//	Lock      for each directory: makes it if need be, and locks it
//	Settle    for all of them: what a kill interrupted becomes whole, or undone
//	Recover   for each: every file gets the name that it should have
//
// Then, for each batch of lines:
//
//	Room, LineRoom, Full   how much current takes
//	Commit                 writes the batch to all directories and consumes its input
//	Ready, Rotate          when Full, or when RotationRequested: the next file is written
//
// Between batches the caller waits, at most until the earliest Deadline, and calls
// Tick. At the end it calls [Dir.End] until [Dir.Ended], or, after SIGTERM, until
// [Dir.GiveUp] returns true.
//
// # What it owns, and what it expects
//
// It owns the directory while it has locked it, and the descriptors of its files. It
// reaches the world by a [Host] only. All calls come from one goroutine, also those of
// Op.Done. Commit, Rotate and Tick submit operations and never wait for one; Lock,
// Settle, Recover, and taking back a batch do. Before input is taken an error is
// returned, of type *[Error]; later, what fails is warned about and tried again, for as
// long as it takes.
//
// # On disk
//
//	DIR/            mode 0700 when created here
//	  lock          locked while a logger owns the directory; one page: see lockpage
//	  current       0644 while written, 0744 when cleanly finished; its size is its data
//	  next          the preallocated spare file; absent when not needed yet
//	  @LABEL.u      pending: finished, not yet safe or not yet processed; also what an outage left
//	  @LABEL.s      safe: complete and on disk, before it bears this name; 0744
//	  previous processed state newstate
//	                as in daemontools' multilog, while a processor runs
//
// # The life of a file
//
// The parts of a [Dir] hand a file on. A spare file (spare.go) is made in good time and
// becomes current at a rotation, by a swap of two pointers. The writer (writer.go)
// fills it. Then it is pending (finisher.go), in one of these stages, which the lock page
// shows, and becomes an old file, which retention.go removes one day:
//
//	naming      current is renamed to @LABEL.u, next to current
//	waiting     for the files before it, for an operation on it that is in flight, or
//	            for a turn to run a processor
//	syncing     its data is brought to disk, its mode is set; without a processor it is
//	            renamed to @LABEL.s
//	preparing   @LABEL.u is renamed to previous, the processor's files are made
//	processing  the processor is running
//	saving      its output is brought to disk and renamed to @LABEL.s
//	removing    the directory is synced, and old files that are too many go
//
// # Steps
//
// What takes time is written down as lists of steps (step.go): each has a condition, one
// file operation, what follows when that has ended, and what a warning says. These are
// the lists, in the files of their parts:
//
//	spareSteps       make next
//	extendSteps      preallocate a current that was not made as next
//	pushSteps        have the kernel write out what has come
//	namingSteps      give the files of a swap their names
//	plainSteps       make a file safe: finishedSteps, capSteps, the name, safeSteps
//	processorSteps   the same, by way of a processor
//	flushSteps       bring current to disk within a time (y)
//	waitingSteps     the same of a file that waits for its turn
//	reliefSteps      remove a file from a full disk (k)
//	endingSteps      close the directory
//
// A failed step is warned about, at once and then ever more rarely, and tried again
// after 5 seconds. Between any two steps the process may be killed or the power cut:
// recover.go has the table of what the next logger makes of what it finds. The order of
// operations is in golden files (package pipeline, testdata).
//
// # Where things are
//
// Each part owns its fields, which a test holds: no other part reaches them. What parts
// ask of each other are methods of Dir, in dir_parts.go.
package rotate
