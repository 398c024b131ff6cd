package linux

import (
	"fmt"
	"os"

	"multilog/ioring"
	"multilog/pipeline"
	"multilog/pipeline/input"
	"multilog/rotate"
)

// Open takes over standard input, the signals in [Signals] and Go's runtime, and
// returns the real kernel. The text of an error continues a message that begins with
// "unable to".
//
// For tests and benchmarks, environment variables change what Open does. MULTILOG_IO is
// the backend for file operations (see [ioring.Options]). MULTILOG_INPUT=read makes it
// read any input plainly. MULTILOG_PIPE is the capacity of a pipe in bytes. With
// MULTILOG_NAP=0 the loop does not nap.
func Open(limits Limits) (sys pipeline.System, err error) {
	fitRuntime()
	h := &host{clock: newClock()}
	sig, err := watchSignals()
	if err != nil {
		return sys, &rotate.Error{What: "set up signals", Err: err}
	}
	if h.queue, err = openQueue(limits); err != nil {
		return sys, err
	}
	in, err := input.Open(0, os.Getenv("MULTILOG_INPUT"), h.Warn)
	if err != nil {
		return sys, &rotate.Error{What: "set up standard input", Err: err}
	}
	w := &waiter{clock: h.clock, input: in, queue: h.queue, signals: sig}
	w.naps.capacity = in.Capacity()
	w.naps.off = os.Getenv("MULTILOG_NAP") == "0"
	if err := w.open(); err != nil {
		return sys, &rotate.Error{What: "set up waiting for input", Err: err}
	}
	return pipeline.System{Host: h, Input: in, Waiter: w, Console: &writer{sig}, Backend: backend(h.queue)}, nil
}

func openQueue(limits Limits) (*ioring.Queue, error) {
	asked := os.Getenv("MULTILOG_IO")
	options := ioring.Options{Backend: asked}
	if asked == "" && limits.ScarceTasks {
		options.Backend = "pool"
	}
	queue, err := ioring.NewQueue(options)
	switch {
	case err == nil:
		return queue, nil
	case asked == "":
		return nil, fmt.Errorf("unable to set up file operations: %w", err)
	default:
		return nil, fmt.Errorf("unable to set up file operations with MULTILOG_IO=%s: %w", asked, err)
	}
}

// backend returns a text about how file operations are done, and why.
func backend(queue *ioring.Queue) string {
	if why := queue.Reason(); why != "" {
		return queue.Backend() + ": " + why
	}
	return queue.Backend()
}
