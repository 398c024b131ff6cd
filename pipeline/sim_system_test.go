package pipeline_test

import (
	"multilog/pipeline"
	"multilog/pipeline/input"
	"multilog/pipeline/script"
	"multilog/rotate"
)

// kernel is a simulated kernel, or what a test puts between it and the loop.
type kernel interface {
	rotate.Host
	input.Input
	pipeline.Waiter
	pipeline.Console
}

// logger returns the loop as simkernel runs it.
func logger(k kernel, s *script.Script) func() error {
	sys := pipeline.System{Host: k, Input: k, Waiter: k, Console: k, Backend: "simulated"}
	return func() error { return pipeline.Run(sys, s) }
}
