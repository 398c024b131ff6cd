// Package pipeline takes lines from standard input to where a script wants
// them. The way of a line:
//
//	script    says which actions get a line (package script)
//	source    shows what stands in the input, and leaves it there
//	batch     finds the lines in it, stamps them, and copies them or points at them
//	pieces    what goes to a log directory, in as few writes as can be (package rotate)
//	consume   now that it is written, the batch leaves the input
//
// Until the last step a batch is in the input still, so that a logger that is
// killed takes nothing along. The loop ([Run]) does this for batch after batch, and
// looks after signals, rotations and what they have in progress when it waits. It
// sees the world as a [Kernel] only: [Linux] is the real one, tests have another.
package pipeline
