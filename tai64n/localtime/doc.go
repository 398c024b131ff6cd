// Package localtime formats labels as local time, byte for byte as daemontools'
// tai64nlocal does with the GNU C library, and computes Unix times from local time.
//
// New and FromEnv return a Zone for a value of TZ, which they interpret as the C
// library does (tzset(3)): the name of a file in the system's zone directory, an
// absolute path, or a POSIX rule such as CET-1CEST,M3.5.0,M10.5.0/3; they ignore a
// leading colon. They never fail: an unknown zone means UTC. The package reads zone
// files itself, because the time package knows no POSIX rules, no leap seconds and
// fewer years.
//
// A Formatter writes the text of one label after another. It is fast for a log, whose
// labels ascend: it computes the date once per second, and the zone's offset once for
// each span of time in which it stays the same. Goroutines may share a Zone, but not a
// Formatter. Zone.Unix and Zone.Date convert between Unix time and the calendar.
package localtime
