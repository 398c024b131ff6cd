package feed

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// childEnv is the environment variable that tells a process that it is a child, and
// which one.
const childEnv = "BENCH_CHILD"

// Descriptors that a producer has open besides 0, 1 and 2.
const (
	childInputFD  = 3 // the input, a memfd
	childResultFD = 4 // takes a Produced, in JSON
	childTimesFD  = 5 // a memfd that takes an int64 for each line
)

// RunChild does the work of a child and exits, if this process is one. Otherwise it
// returns at once. It must be the first call in main.
func RunChild() {
	what := os.Getenv(childEnv)
	if what == "" {
		return
	}
	debug.SetGCPercent(-1)
	runtime.LockOSThread()
	var err error
	switch what {
	case "producer":
		err = producerChild()
	case "copier":
		err = copierChild(os.Args[1:])
	case "hog":
		err = hogChild(os.Args[1])
	default:
		err = fmt.Errorf("unknown child %q", what)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "bench: fatal: %s: %v\n", what, err)
		os.Exit(111)
	}
	os.Exit(0)
}

// childVariable returns the environment setting that makes this program a child.
func childVariable(what string) string { return childEnv + "=" + what }

// mapInput maps the input that this child has got.
func mapInput(bytes int) ([]byte, error) {
	data, err := unix.Mmap(childInputFD, 0, bytes, unix.PROT_READ, unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		return nil, fmt.Errorf("mmap input: %w", err)
	}
	return data, nil
}

// report sends the result to the parent.
func report(result any) error {
	out := os.NewFile(childResultFD, "result")
	defer out.Close()
	return json.NewEncoder(out).Encode(result)
}
