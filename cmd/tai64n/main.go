// Tai64n puts a TAI64N label and a space before each line of its standard input.
//
// The label says when the first byte of the line was read; it strictly increases
// from line to line. An unfinished last line stays unfinished. Arguments are
// ignored, as daemontools' tai64n ignores them.
package main

import (
	"bytes"
	"time"

	"multilog/internal/signals"
	"multilog/tai64n"
	"multilog/tai64n/filter"
)

func main() {
	signals.Default()
	filter.Run("tai64n", &labeller{clock: func() int64 { return time.Now().UnixNano() }})
}

// A labeller labels lines.
type labeller struct {
	clock  func() int64 // nanoseconds since 1970
	stamps tai64n.Stamper
	inLine bool // the next byte continues a line
}

// Convert implements filter.Converter. It is called as soon as src has been read,
// so one reading of the clock does for all lines that begin there.
func (l *labeller) Convert(dst, src []byte) (n, used int) {
	l.stamps.AdvanceUnixNano(l.clock())
	for used < len(src) {
		if !l.inLine {
			if len(dst)-n <= tai64n.StampLen {
				break
			}
			l.stamps.Put(dst[n:])
			n += tai64n.StampLen
			l.inLine = true
		}
		line := src[used:]
		if end := bytes.IndexByte(line, '\n') + 1; end > 0 {
			line = line[:end]
		}
		copied := copy(dst[n:], line)
		if copied == 0 {
			break
		}
		n, used = n+copied, used+copied
		l.inLine = line[copied-1] != '\n'
	}
	return n, used
}
