package fault

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"multilog/internal/test/logger"
)

// This file makes numbered lines and accounts for them.

// numberDigits is the length of the number that a line begins with.
const numberDigits = 9

// appendLine appends line n: its number and letters. How many letters and which follows
// from the number, so that a torn line differs from each whole one.
func appendLine(b []byte, n int) []byte {
	b = fmt.Appendf(b, "%0*d ", numberDigits, n)
	fill := n % 97
	if n%1009 == 0 {
		fill = 3000 // more than patterns look at, and than the 2,000 bytes in which a full file may end
	}
	for range fill {
		b = append(b, 'a'+byte(n%26))
	}
	return append(b, '\n')
}

// producer writes numbered lines to a pipe until it is stopped.
type producer struct {
	stop chan struct{}
	sent chan int // when it has stopped: how many lines, -1 after an error
}

// produce starts a producer that writes in pieces of random sizes, some larger than the
// pipe. When it is stopped, it closes the pipe.
func produce(w *os.File, seed uint64) *producer {
	p := &producer{stop: make(chan struct{}), sent: make(chan int, 1)}
	go func() {
		r := rand.New(rand.NewPCG(seed, 1))
		n := 0
		var b []byte
		for {
			select {
			case <-p.stop:
				w.Close()
				p.sent <- n
				return
			default:
			}
			b = b[:0]
			many := 200
			if r.IntN(50) == 0 {
				many = 40_000 // lines, more than any pipe holds
			}
			for range 1 + r.IntN(many) {
				b = appendLine(b, n)
				n++
			}
			for len(b) > 0 {
				k := len(b)
				if many > 200 {
					k = max(1, k-r.IntN(2000)) // one write, which blocks and ends within a line
				} else if r.IntN(3) == 0 {
					k = 1 + r.IntN(k)
				}
				if _, err := w.Write(b[:k]); err != nil {
					p.sent <- -1
					return
				}
				b = b[k:]
			}
			if r.IntN(40) == 0 {
				time.Sleep(2 * time.Millisecond)
			}
		}
	}()
	return p
}

// finish stops the producer and returns how many lines it has sent.
func (p *producer) finish(t *testing.T) int {
	t.Helper()
	close(p.stop)
	n := logger.Receive(t, "the logger takes all lines", p.sent, nil)
	if n < 0 {
		t.Fatal("unable to write to the logger's pipe")
	}
	return n
}

// tally counts damaged lines.
type tally struct{ lost, twice, torn, reordered int }

// account compares the lines of a log directory with those that were sent, which have
// the numbers below sent. Of these, the directory must have those that wanted selects. If
// stamped is true, each line begins with a stamp that ends at the first space. account
// also returns the first ten findings in words.
func account(lines [][]byte, sent int, stamped bool, wanted func(n int) bool) (tally, []string) {
	var c tally
	var notes []string
	note := func(format string, args ...any) {
		if len(notes) < 10 {
			notes = append(notes, fmt.Sprintf(format, args...))
		}
	}
	count := make([]uint8, sent)
	last := -1
	for _, line := range lines {
		n := number(line, stamped)
		if stamped {
			_, line, _ = bytes.Cut(line, []byte(" "))
		}
		if n < 0 || n >= sent || !bytes.Equal(append(line, '\n'), appendLine(nil, n)) {
			c.torn++
			note("torn, after line %d: %.60q", last, line)
			continue
		}
		switch {
		case count[n] > 0:
			c.twice++
			note("line %d is there twice", n)
		case n < last:
			c.reordered++
			note("line %d is after line %d", n, last)
		}
		count[n] = 1
		last = max(last, n)
	}
	for n, seen := range count {
		if seen == 0 && wanted(n) {
			c.lost++
			note("line %d is lost", n)
		}
	}
	return c, notes
}

// number returns the number that a line begins with, after its stamp; -1 if there is none.
func number(line []byte, stamped bool) int {
	if stamped {
		_, line, _ = bytes.Cut(line, []byte(" "))
	}
	if len(line) <= numberDigits {
		return -1
	}
	n, err := strconv.Atoi(string(line[:numberDigits]))
	if err != nil {
		return -1
	}
	return n
}

// read returns the lines of a log directory, old files first.
func read(t *testing.T, dir string) [][]byte {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "@*"))
	if err != nil {
		t.Fatal(err)
	}
	sort.Slice(names, func(i, j int) bool { return label(names[i]) < label(names[j]) })
	var all []byte
	for _, name := range append(names, filepath.Join(dir, "current")) {
		all = append(all, content(t, name)...)
	}
	return bytes.Split(bytes.TrimSuffix(all, []byte("\n")), []byte("\n"))
}

// kept returns the lines of a log directory whose oldest files were removed. The first
// file that is left may begin with the rest of a line, which kept leaves out.
func kept(t *testing.T, dir string) [][]byte {
	t.Helper()
	lines := read(t, dir)
	if number(lines[0], true) < 0 {
		lines = lines[1:]
	}
	return lines
}

// label returns the label in the name of an old file.
func label(path string) string { return strings.SplitN(filepath.Base(path), ".", 2)[0] }

// pace starts a producer that writes rate bytes a second. When it is stopped, it leaves
// the pipe open.
func pace(w *os.File, rate int) *producer {
	const beat = 5 * time.Millisecond
	p := &producer{stop: make(chan struct{}), sent: make(chan int, 1)}
	go func() {
		tick := time.NewTicker(beat)
		defer tick.Stop()
		start, n, written := time.Now(), 0, 0
		var b []byte
		for {
			select {
			case <-p.stop:
				p.sent <- n
				return
			case <-tick.C:
			}
			b = b[:0]
			for due := int(time.Since(start).Seconds() * float64(rate)); written+len(b) < due; n++ {
				b = appendLine(b, n)
			}
			if _, err := w.Write(b); err != nil {
				p.sent <- -1
				return
			}
			written += len(b)
		}
	}()
	return p
}
