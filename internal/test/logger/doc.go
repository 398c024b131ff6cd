// Package logger runs commands of this module in tests, above all loggers. It starts a
// process, feeds it, waits until something has happened, and reports what the process
// has printed if it does not happen.
//
// A test builds the command, starts it and looks at it:
//
//	func TestMain(m *testing.M) { os.Exit(logger.Main{M: m}.Run()) }
//
//	func TestLog(t *testing.T) {
//	l := logger.Start(t, t.TempDir(), nil, logger.Binary(t, "multilog"), "t", "./main")
//	l.Feed("a line\n")
//	l.Until("the line is logged", func() bool { return size("main/current") > 0 })
//	l.Signal(unix.SIGTERM)
//	l.Exits(0)
//	}
//
// [Binary] builds each command once for a test binary. [Main] removes what was built.
// If the environment variable MULTILOG_BIN names a directory, the commands are taken
// from there instead, so that the tests test what is installed.
//
// A process is killed when its test ends. Its standard error is a file, never a pipe,
// so that a test does not wait for a processor that outlives the logger.
//
// No test may pass or fail because of the speed of the machine. [Until], and all that
// use it, check repeatedly for at most [Patience], which is far more than is needed.
//
// A testscript has no testing.TB. It uses [Await], [Missing] and [Process], which
// report and do not fail.
package logger
