package main

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"multilog/internal/console"
	"multilog/pipeline/script"
)

// notice tells a person at a terminal what multilog is about to do, if that may be a
// surprise: if standard input is the terminal, or if no line is logged.
func notice(s *script.Script) {
	if !isTerminal(os.Stderr) {
		return
	}
	typed := isTerminal(os.Stdin)
	switch places := places(s); {
	case places == "":
		console.Say("multilog", console.Note, "lines from standard input are read and not logged: the script has no directory, no e and no =file (--help tells more)")
	case typed:
		console.Say("multilog", console.Note, "lines are read from the terminal, up to ^D, and written to "+places)
	}
}

// places returns where the script's lines go, or "".
func places(s *script.Script) string {
	var names []string
	for _, sink := range s.Sinks {
		switch sink.Kind {
		case script.ToStderr:
			names = append(names, "standard error")
		case script.ToStatus:
			names = append(names, s.Status[sink.Index])
		case script.ToDir:
			names = append(names, s.Dirs[sink.Index].Name)
		}
	}
	return strings.Join(names, ", ")
}

// isTerminal reports whether f is a terminal.
func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}
