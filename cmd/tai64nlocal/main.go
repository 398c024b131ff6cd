// Tai64nlocal copies standard input to standard output and replaces the TAI64N label
// at the start of each line with local time, "2004-06-15 09:02:05.927197500".
//
// It interprets TZ as the C library does; see package localtime. It copies the rest
// of a line, and lines without a label, unchanged, and it writes each piece of a line
// as soon as it has read it. It ignores its arguments, as daemontools' tai64nlocal
// does, unless one argument alone asks for help or the like.
package main

import (
	"os"

	"multilog/internal/cmdline"
	"multilog/internal/signals"
	"multilog/tai64n/filter"
	"multilog/tai64n/localtime"
)

// usage is what --help and the completions tell.
var usage = cmdline.Command{
	Name:  "tai64nlocal",
	About: "Tai64nlocal copies standard input to standard output and replaces the TAI64N\nlabel at the start of each line with local time.",
	Notes: "These are options only if no other argument is there. Other arguments are\nignored.\n\nExit status: 0 at the end of input, 111 if a read or a write fails.",
}

func main() {
	signals.Default()
	if answer := usage.Alone(os.Args[1:]); answer != "" {
		os.Exit(usage.Print(os.Stdout, os.Stderr, answer))
	}
	filter.Run("tai64nlocal", &converter{times: localtime.NewFormatter(localtime.FromEnv())})
}
