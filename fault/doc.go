// Package fault holds tests that do harm to real loggers on the real kernel:
// kills at random times and at every system call, errors from system calls, and
// power cuts.
// A producer holds the pipe, as a supervisor does, and afterwards every line is
// accounted for.
//
//	go test ./fault                                  300 kills, and a sample of the rest
//	go test ./fault -run Kill -kills 10000 -timeout 2h
//	go test ./fault -run PowerCut -cuts 50 -v        what power cuts cost, also without y and djb's
//	go test ./fault -run Rollback -kills 3000        turns of ours and djb's at one directory
//	go test ./fault -run ^TestPeers -kills 1000 -v        what kills cost other loggers
package fault
