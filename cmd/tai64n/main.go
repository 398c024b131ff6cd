// Tai64n copies standard input to standard output and puts a TAI64N label and a
// space in front of each line.
//
// The label is the time at which tai64n read the first byte of the line. Labels
// strictly increase from line to line, unless the clock is set back by more than a
// second; then they follow the clock. An unfinished last line stays unfinished.
// Tai64n ignores its arguments, as daemontools' tai64n does, unless one argument alone
// asks for help or the like.
package main

import (
	"bytes"
	"os"
	"time"

	"multilog/internal/cmdline"
	"multilog/internal/signals"
	"multilog/tai64n"
	"multilog/tai64n/filter"
)

// usage is what --help and the completions tell.
var usage = cmdline.Command{
	Name:  "tai64n",
	About: "Tai64n copies standard input to standard output and puts a TAI64N label and a\nspace in front of each line.",
	Notes: "These are options only if no other argument is there. Other arguments are\nignored.\n\nExit status: 0 at the end of input, 111 if a read or a write fails.",
}

func main() {
	signals.Default()
	if answer := usage.Alone(os.Args[1:]); answer != "" {
		os.Exit(usage.Print(os.Stdout, os.Stderr, answer))
	}
	filter.Run("tai64n", &labeller{clock: func() int64 { return time.Now().UnixNano() }})
}

// A labeller puts labels in front of lines.
type labeller struct {
	clock  func() int64 // nanoseconds since 1970
	stamps tai64n.Stamper
	inLine bool // the next byte continues a line
}

// Convert implements filter.Converter. The filter calls it as soon as it has read
// src, so one look at the clock is enough for all lines that begin in src.
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
