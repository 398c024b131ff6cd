// Package pipeline takes lines from standard input to where a script wants them: log
// directories, status files, standard error. [Run] is a logger from its start to its
// end.
//
// # A batch
//
// The loop repeats the same steps for each batch. Time goes down:
//
//	input       batch         directories       lock pages        after a kill there is
//	-----       -----         -----------       ----------        ---------------------
//	Peek
//	            fill
//	                                            begin, each       the batch in the input
//	                          append, each                        the same, and a part of it
//	                                                              in files, which is taken back
//	                                            done, each        it in input and files:
//	                                                              the input drops it
//	Consume     . . . . . . . . . . . . . . . . mark, tail        it in the files
//	                                            clear, each       nothing in flight
//
//	Peek      shows the head of the input and leaves it there (package input)
//	fill      finds the lines in it, stamps them, and determines which directories get
//	          them (package script): batch.go, stamp.go
//	Commit    notes in each lock page what is about to be written, and writes to each
//	          current what its directory selects: the text of adjacent lines is one
//	          piece, and one system call writes all pieces (package rotate)
//	Consume   takes the batch from the input; the same system call stores its last byte
//	          and the beginning of the next line in a lock page: tail.go
//
// So a kill loses nothing that was in the logger, and the next logger neither loses a
// line nor logs it twice. [rotate.Commit] has the order of the steps.
//
// Between batches the loop swaps full files for new ones, and waits. Everything that
// takes time, such as syncing, renaming and processors, happens in the background:
// package rotate submits it and gets the results while the loop waits.
//
// # What it owns
//
// The goroutine that calls Run owns all state: the batch, the directories, the tail. No
// other goroutine touches it. A batch allocates nothing.
//
// # What it expects
//
// It needs a [script.Script] and a [System] to run on. Host, Input, Waiter and Console
// are its only connections to the outside. Package pipeline/linux opens the real ones,
// tests have simulated ones (internal/test/simkernel), and the same loop runs on both.
// Run must be called once for a System.
//
// # Errors
//
// Before any input is taken, Run returns an error. Later, the loop warns, pauses and
// tries again. Meanwhile it reads nothing, so that writers wait. SIGTERM ends that: the
// loop takes the batch back from the files and leaves it in the input.
package pipeline
