// Package pipeline takes lines from standard input to where a script wants them: log
// directories, status files, standard error. [Run] is a logger from its start to its
// end.
//
// # A batch
//
// The loop does the same for batch after batch. Time goes down:
//
//	input       batch         directories       lock pages        a kill then leaves
//	-----       -----         -----------       ----------        ------------------
//	Peek
//	            fill
//	                                            Begin, each       the batch in the input
//	                          Append, each                        the same, and a part of it
//	                                                              in files: that is taken back
//	                                            Done, each        it in input and files:
//	                                                              the input drops it
//	Consume     . . . . . . . . . . . . . . . . mark, tail        it in the files
//	                                            Clear, each       nothing in flight
//
//	Peek      shows the head of the input, and leaves it there (package input)
//	fill      finds the lines in it, stamps them, and decides which directories get
//	          them (package script): batch.go, stamp.go
//	Commit    notes in each lock page what is about to be written, and writes to each
//	          current what its directory selects: the text of adjacent lines is one
//	          piece, and a directory gets all pieces in one system call (package rotate)
//	Consume   takes the batch from the input; by the same system call the lock page
//	          gets its last byte, and the beginning of the line behind it: tail.go
//
// So a logger that is killed takes nothing along, and the next one neither loses a
// line nor logs it twice. [rotate.Commit] has the order.
//
// Between batches the loop swaps full files for fresh ones, and waits. All that takes
// time, such as syncing, renaming and processors, goes on behind it; package rotate
// submits it, and gets the results while the loop waits.
//
// # What it owns
//
// One goroutine, the one that calls Run, owns all state, and no other touches it: the
// batch, the directories, the tail. It allocates nothing per batch.
//
// # What it expects
//
// A [script.Script], and a [System] to run on: Host, Input, Waiter and Console are all
// that it knows of the world. Package pipeline/linux opens the real one, tests have a
// simulated one (internal/test/simkernel), and the same loop runs on both. Run must be
// called once for a System.
//
// # Trouble
//
// Before any input is taken, an error ends the logger: Run returns it. Later, the loop
// warns, pauses and tries again, and reads nothing meanwhile, so that writers wait.
// SIGTERM ends that: the batch is taken back from the files and stays in the input.
package pipeline
