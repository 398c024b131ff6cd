// Tai64nlocal copies standard input to standard output and replaces the TAI64N label
// at the start of each line with local time, "2004-06-15 09:02:05.927197500".
//
// It interprets TZ as the C library does; see package localtime. It copies the rest
// of a line, and lines without a label, unchanged, and it writes each piece of a line
// as soon as it has read it. It ignores its arguments, as daemontools' tai64nlocal
// does.
package main

import (
	"multilog/internal/signals"
	"multilog/tai64n/filter"
	"multilog/tai64n/localtime"
)

func main() {
	signals.Default()
	filter.Run("tai64nlocal", &converter{times: localtime.NewFormatter(localtime.FromEnv())})
}
