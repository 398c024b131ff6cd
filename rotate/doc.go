// Package rotate manages a log directory. It takes over what the previous logger left,
// appends lines to current, and turns a full current into an old file, without making
// its caller wait for the disk.
//
// # Use
//
// At the start, before any input is taken:
//
//	Lock      each directory: makes it if it does not exist, and locks it
//	Settle    all of them together: completes or undoes what a kill interrupted
//	Recover   each: gives every file the name that it should have
//
// Then, for each batch of lines:
//
//	Room, LineRoom, Full   say how much current can take
//	Commit                 writes the batch to all directories and consumes its input
//	Ready, Rotate          if Full or RotationRequested: begin the next file
//
// Between batches the caller waits, at most until the earliest Deadline, and calls
// Tick. At the end it calls [Dir.End] until [Dir.Ended] returns true, or, after
// SIGTERM, until [Dir.GiveUp] does.
//
// # What it owns
//
// It owns the directory while it has it locked, and the descriptors of its files. It
// touches the system only through a [Host].
//
// # What it expects
//
// One goroutine makes all calls, also those of Op.Done. Commit, Rotate and Tick submit
// operations and never wait for one. Lock, Settle and Recover wait, and so does Commit
// when it takes a batch back.
//
// Before any input is taken, these functions return an error, of type *[Error]. Later,
// failures are warned about and tried again until they succeed.
//
// # On disk
//
//	DIR/            mode 0700 if created here
//	  lock          locked while a logger owns the directory; one page: see lockpage
//	  current       0644 while it is written, 0744 when it is finished; no padding
//	  next          the preallocated spare file; missing while it is not needed
//	  @LABEL.u      pending: finished, but not yet safe or not yet processed
//	  @LABEL.s      safe: complete and on disk before it gets this name; 0744
//	  previous processed state newstate
//	                while a processor runs, as in daemontools' multilog
//
// # The life of a file
//
// A file passes from one part of a [Dir] to the next. The spare file (spare.go) is made
// in good time and becomes current at a rotation, by a swap of two pointers. The writer
// (writer.go) fills it. Then it is pending (finisher.go) and passes through stages,
// which the lock page shows. Then it is an old file, until retention.go removes it. The
// stages:
//
//	naming      current is renamed to @LABEL.u, next to current
//	waiting     for earlier files, for an operation on the file that is in flight,
//	            or for a turn to run a processor
//	syncing     the data is synced and the mode set; without a processor the file
//	            is renamed to @LABEL.s
//	preparing   @LABEL.u is renamed to previous, and the processor's files are made
//	processing  the processor runs
//	saving      its output is synced and renamed to @LABEL.s
//	removing    the directory is synced, and surplus old files are removed
//
// # Steps
//
// Everything that may take time is a list of steps (step.go). A step has a condition,
// one file operation, what follows when the operation has ended, and the text of a
// warning. Each list is in the file of its part:
//
//	spareSteps       make next
//	extendSteps      preallocate a current that was not made as next
//	pushSteps        make the kernel start to write current to disk
//	namingSteps      rename the files of a swap
//	plainSteps       make a file safe: finishedSteps, capSteps, the name, safeSteps
//	processorSteps   make a file safe with a processor
//	flushSteps       sync current in time (y)
//	waitingSteps     sync a file in time while it waits for its turn (y)
//	reliefSteps      remove a file from a full disk (k)
//	endingSteps      close the directory
//
// A step that fails is tried again after 5 seconds. The first failure is warned about,
// and later ones more and more rarely. A kill or a power cut may come between any two
// steps: recover.go has a table of what the next logger does with what it finds. Golden
// files have the order of all operations (package pipeline, testdata).
//
// # Where things are
//
// Each part owns its fields: a test checks that no other part touches them. What parts
// need from each other are methods of Dir in dir_parts.go.
package rotate
