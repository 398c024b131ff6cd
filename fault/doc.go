// Package fault damages real loggers on the real kernel: it kills them at random times and
// at every system call, has system calls fail, fills and removes file systems under them,
// and cuts the power. The test keeps the pipe open, as a supervisor does. At the end it
// accounts for every line that was sent.
//
//	go test ./fault                                       300 kills, and some of the rest
//	go test ./fault -every                                every system call and file system
//	go test ./fault -run Kill -kills 10000 -timeout 2h    more kills
//	go test ./fault -run Kill -seed 17                    the lines and times of a run that has printed -seed=17
//	go test ./fault -run PowerCut -cuts 50 -v             what power cuts cost, also daemontools' multilog
//	go test ./fault -run Rollback -kills 3000             our logger and daemontools' take turns at a directory
//	go test ./fault -run ^TestPeers -kills 1000 -v        what kills cost other loggers
//
// A seed repeats the lines, the sizes of the writes and the times of the signals. What the
// kernel does in between it does not repeat.
package fault
