// Package fault holds tests that do harm to real loggers on the real kernel:
// kills at random times and at every system call, and errors from system calls.
// A producer holds the pipe, as a supervisor does, and afterwards every line is
// accounted for.
//
//	go test ./fault                                  300 kills, and a sample of the rest
//	go test ./fault -run Kill -kills 10000 -timeout 2h
//	go test ./fault -run Peers -kills 1000 -v        what kills cost other loggers
package fault
