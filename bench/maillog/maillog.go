// Package maillog makes up the log of a mail exchanger: the lines that tcpserver,
// rblsmtpd, qmail-smtpd and qmail-send write to their loggers.
//
// The lines tell a story. A connection is accepted, and its process id returns when it
// ends. A message that came in gets a number, an info line, deliveries that start,
// succeed, fail or are deferred, perhaps a bounce, and its end. The status lines count
// what is in progress. The same [Config] always makes the same bytes. Addresses are
// those reserved for documentation (RFC 5737), and names are below the example domains
// (RFC 2606).
//
// The formats are those of ucspi-tcp 0.88, netqmail 1.06 and, for qmail-smtpd, which
// logs nothing there, of s/qmail.
package maillog

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"time"
)

// Kind says whose lines a [Generator] writes. The story does not depend on it:
// the lines of Mixed, sorted by their writer, are those of SMTP and Send.
type Kind uint8

// The kinds.
const (
	Mixed Kind = iota // all of them, in the order of events
	SMTP              // tcpserver, rblsmtpd, qmail-smtpd
	Send              // qmail-send
)

// ParseKind returns the Kind with the name "mixed", "smtpd" or "send".
func ParseKind(name string) (Kind, error) {
	switch name {
	case "mixed":
		return Mixed, nil
	case "smtpd":
		return SMTP, nil
	case "send":
		return Send, nil
	}
	return 0, fmt.Errorf("no such kind of log: %q (there are mixed, smtpd, send)", name)
}

// Config says what to generate.
type Config struct {
	Seed uint64
	Kind Kind

	// Gap, if positive, is the mean time between two lines; each line then has a TAI64N
	// label. The first is no earlier than Start, and no two are equal.
	Gap   time.Duration
	Start time.Time
}

// MeanLine is about the mean length of a line in bytes, with its newline and
// without a label, for estimates.
const MeanLine = 63

// Generator writes an endless log. It is not safe for concurrent use.
type Generator struct {
	story
	kind  Kind
	clock clock
	v     values // of the event that is happening
	buf   []byte // the lines of the last event
	off   int    // what of buf was handed out
}

// New returns a generator at the beginning of its log.
func New(c Config) *Generator {
	g := &Generator{
		story: newStory(rand.NewPCG(c.Seed, 0x6d61696c)),
		kind:  c.Kind,
		clock: clock{rnd: rand.NewPCG(c.Seed, 0x74696d65), gap: c.Gap, now: c.Start},
	}
	return g
}

// AppendLine appends the next line, with its newline, to dst. After a Read that
// ended inside a line, it is the rest of that line.
func (g *Generator) AppendLine(dst []byte) []byte {
	return append(dst, g.Next()...)
}

// Next returns the next line, with its newline. It is valid until the next call of any
// method.
func (g *Generator) Next() []byte {
	g.refill()
	rest := g.buf[g.off:]
	line := rest[:bytes.IndexByte(rest, '\n')+1]
	g.off += len(line)
	return line
}

// Fill writes whole lines to p, as many as fit but at most most, and returns the number
// of bytes and of lines.
func (g *Generator) Fill(p []byte, most int) (size, lines int) {
	for lines < most {
		g.refill()
		rest := g.buf[g.off:]
		n := bytes.IndexByte(rest, '\n') + 1
		if n > len(p)-size {
			return size, lines
		}
		size += copy(p[size:], rest[:n])
		g.off += n
		lines++
	}
	return size, lines
}

// Read fills p, to its last byte, which may be inside a line. It never fails.
func (g *Generator) Read(p []byte) (int, error) {
	for n := 0; n < len(p); {
		g.refill()
		c := copy(p[n:], g.buf[g.off:])
		g.off += c
		n += c
	}
	return len(p), nil
}

// refill lets events happen until there is a byte to hand out.
func (g *Generator) refill() {
	if g.off < len(g.buf) {
		return
	}
	g.buf, g.off = g.buf[:0], 0
	for len(g.buf) == 0 {
		g.step()
	}
}

// emit appends a line of the given writer, about g.v, to buf, if it is wanted.
func (g *Generator) emit(writer Kind, t template) {
	if g.kind != Mixed && g.kind != writer {
		return
	}
	if g.clock.gap > 0 {
		g.buf = g.clock.appendLabel(g.buf)
	}
	g.buf = t.append(g.buf, &g.v)
}
