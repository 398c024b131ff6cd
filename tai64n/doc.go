// Package tai64n formats, parses and orders TAI64N labels. A label is '@' and 24
// lower-case hexadecimal digits: 16 for the second, 8 for the nanosecond. Its
// format is https://cr.yp.to/libtai/tai64.html.
//
// The second is Unix time plus 2^62 + 10, without leap seconds, as the tai64n and
// multilog of daemontools, daemontools-encore and runit count it. True TAI, which
// s6-log writes in some builds, has been 27 seconds ahead of that since 2017.
//
// The digits have a fixed length and stand in order of weight, so labels sort as
// text in the same order as they sort as times.
//
// A Label converts from and to time.Time and nanoseconds. A Stamper makes the labels
// of a stream of lines: they strictly increase while the clock stands still or runs
// ahead, and follow it only if it is set back by more than MaxAhead. The caller reads
// the clock; the package never does. Nothing here allocates, except Label.String, and
// Label.Append if dst is too small.
package tai64n
