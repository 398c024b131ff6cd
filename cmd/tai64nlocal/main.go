// Tai64nlocal turns the TAI64N label at the start of each line of its standard
// input into local time, "2004-06-15 09:02:05.927197500".
//
// TZ is understood as the C library does, see package localtime. What follows a
// label, and lines without one, go through unchanged, a piece of a line as soon as
// it is there. Arguments are ignored, as daemontools' tai64nlocal ignores them.
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
