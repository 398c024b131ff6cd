package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"

	"multilog/bench/maillog"
)

// An order tells a producer what to write to its standard output, a pipe.
type order struct {
	Bytes int // of the input
	Lines int // to write when paced, from the input, over and over

	// Not paced, as fast as it goes: writes of Chunk bytes, or one a line if 0.
	Chunk int
	// Rate, if positive, paces: lines a second, one write each, by an absolute
	// schedule.
	Rate float64
	// Timed has each write's duration measured, on a pipe that is not waited in
	// but for when it is full.
	Timed bool
	// Mail, if positive, is how many bytes of made-up mail log to write, instead
	// of an input, in writes of Chunk bytes at most, whole lines, and Pace how many
	// bytes a second.
	Mail int64
	Pace float64
	// Watch is the file in which the lines appear, LineBytes long each: the time
	// that takes is measured. The times of the writes go to the times file.
	Watch     string
	LineBytes int
}

// A produced is what a producer has to tell. Times are CLOCK_MONOTONIC in
// nanoseconds.
type produced struct {
	Start   int64 // before the first write
	End     int64 // after the last one
	Drained int64 // when the pipe was found empty after it
	Lines   int
	Bytes   int64
	// Slipped is how far the schedule was put off, because a write took
	// long or the processor was elsewhere.
	Slipped int64

	// Of the writes, when timed: quantiles of their duration; how often the pipe
	// was full, and for how long, in all and at most.
	Waits             quantiles
	FullTimes         int
	FullTotal, FullAt int64 // FullAt is the longest

	// From a write to the line being readable, when watched.
	Seen quantiles
}

// quantiles of durations in nanoseconds.
type quantiles struct{ P50, P90, P99, P999, Max int64 }

func newQuantiles(values []uint32) quantiles {
	slices.Sort(values)
	q := func(p float64) int64 { return int64(nearestRank(values, p)) }
	return quantiles{q(0.5), q(0.9), q(0.99), q(0.999), q(1)}
}

// Pacing.
const (
	spinNanos = 60_000    // a sleep ends this early, and the rest is spun
	debtNanos = 1_000_000 // a schedule further behind than this is put off
	// seenLimitNanos bounds the wait for the last lines to be readable.
	seenLimitNanos = 5_000_000_000
	drainPollNanos = 20_000
)

// producerChild is the producer's process.
func producerChild() error {
	var o order
	if err := json.Unmarshal([]byte(os.Args[1]), &o); err != nil {
		return err
	}
	p := &producer{order: o, clock: newClock()}
	if o.Mail == 0 {
		var err error
		if p.data, err = mapInput(o.Bytes); err != nil {
			return err
		}
	}
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	var err error
	switch {
	case o.Mail > 0:
		err = p.mail()
	case o.Rate > 0:
		err = p.pace()
	case o.Chunk > 0:
		err = p.chunks()
	default:
		err = p.eachLine()
	}
	if err != nil {
		return err
	}
	p.drain()
	return report(p.produced)
}

type producer struct {
	order
	produced
	clock
	data  []byte
	watch watcher
	waits []uint32
	times []int64 // of each write, in nanoseconds since 1970
}

// chunks writes the input in large pieces.
func (p *producer) chunks() error {
	p.Start = p.now()
	for rest := p.data; len(rest) > 0; {
		n := min(p.Chunk, len(rest))
		if err := writeAll(1, rest[:n]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	p.End, p.produced.Bytes = p.now(), int64(len(p.data))
	return nil
}

// eachLine writes the input with a write a line.
func (p *producer) eachLine() error {
	ends := lineEnds(p.data)
	p.Start = p.now()
	at := 0
	for _, end := range ends {
		if err := writeAll(1, p.data[at:end]); err != nil {
			return err
		}
		at = end
	}
	p.End, p.produced.Bytes, p.produced.Lines = p.now(), int64(len(p.data)), len(ends)
	return nil
}

// drain waits until the logger has taken everything.
func (p *producer) drain() {
	for {
		n, err := unix.IoctlGetInt(1, unix.TIOCINQ)
		p.Drained = p.now()
		if n == 0 || err != nil {
			return
		}
		sleepUntil(p.Drained + drainPollNanos)
	}
}

// pace writes lines on schedule, one write each.
func (p *producer) pace() error {
	ends := lineEnds(p.data)
	if err := p.prepare(p.order.Lines); err != nil {
		return err
	}
	interval := 1e9 / p.Rate
	p.Start = p.now() + 1_000_000
	for i := range p.order.Lines {
		due := p.Start + p.Slipped + int64(float64(i)*interval)
		p.waitFor(due)
		at := 0
		if k := i % len(ends); k > 0 {
			at = ends[k-1]
		}
		if err := p.write(i, p.data[at:ends[i%len(ends)]]); err != nil {
			return err
		}
	}
	p.End = p.now()
	p.produced.Lines = p.order.Lines
	if p.Timed {
		p.Waits = newQuantiles(p.waits)
	}
	return p.watch.finish(p)
}

// mail makes a mail log up and writes it on schedule. Making a piece up is done
// before it is due.
func (p *producer) mail() error {
	if err := p.prepare(int(p.Mail/int64(p.Chunk)) * spareWrites); err != nil {
		return err
	}
	log := maillog.New(dayLog)
	buf := make([]byte, p.Chunk)
	p.Start = p.now() + 1_000_000
	writes := 0
	for p.produced.Bytes < p.Mail {
		n, lines := log.Fill(buf, len(buf))
		p.waitFor(p.Start + p.Slipped + int64(float64(p.produced.Bytes)/p.Pace*1e9))
		if err := p.write(writes, buf[:n]); err != nil {
			return err
		}
		p.produced.Lines += lines
		writes++
	}
	p.End = p.now()
	p.Waits = newQuantiles(p.waits[:writes])
	return nil
}

// spareWrites is how many times more writes there may be than are full: whole
// lines leave some of each empty.
const spareWrites = 2

// prepare makes room for what is measured of so many writes, and touches it.
func (p *producer) prepare(writes int) error {
	if p.Timed {
		p.waits = make([]uint32, writes)
		for i := range p.waits {
			p.waits[i] = 1
		}
		// The flag belongs to this end of the pipe; the logger's is another open
		// file description.
		if err := unix.SetNonblock(1, true); err != nil {
			return fmt.Errorf("pipe: %w", err)
		}
	}
	if p.Watch == "" {
		return nil
	}
	times, err := unix.Mmap(childTimesFD, 0, 8*p.order.Lines, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		return fmt.Errorf("mmap times: %w", err)
	}
	p.times = unsafe.Slice((*int64)(unsafe.Pointer(unsafe.SliceData(times))), p.order.Lines)
	return p.watch.open(p.order)
}

// wait waits until a line is due, asleep if it is long, and looks out for
// lines that have appeared.
func (p *producer) wait(due int64) {
	for {
		now := p.now()
		if p.watch.pending() {
			p.watch.look()
		} else if due-now > spinNanos {
			sleepUntil(due - spinNanos)
		}
		if now >= due {
			return
		}
	}
}

// waitFor waits until a write is due, and puts the schedule off when it comes
// late.
func (p *producer) waitFor(due int64) {
	p.wait(due)
	if late := p.now() - due; late > debtNanos {
		p.Slipped += late
	}
}

// write writes one line, or one piece.
func (p *producer) write(number int, line []byte) error {
	start := p.now()
	if p.times != nil {
		p.times[number] = nowUnix()
		p.watch.wrote(start)
	}
	p.produced.Bytes += int64(len(line))
	if !p.Timed {
		return writeAll(1, line)
	}
	if err := p.timedWrite(line); err != nil {
		return err
	}
	p.waits[number] = uint32(min(p.now()-start, 1<<32-1))
	return nil
}

// timedWrite writes a line, waits while the pipe is full, and keeps account of
// that.
func (p *producer) timedWrite(line []byte) error {
	for {
		n, errno := rawWrite(1, line)
		switch {
		case errno == 0 && n == len(line):
			return nil
		case errno == 0:
			line = line[n:]
		case errno == unix.EAGAIN:
			start := p.now()
			if _, err := unix.Poll([]unix.PollFd{{Fd: 1, Events: unix.POLLOUT}}, -1); err != nil && !errors.Is(err, unix.EINTR) {
				return fmt.Errorf("poll: %w", err)
			}
			full := p.now() - start
			p.FullTimes++
			p.FullTotal += full
			p.FullAt = max(p.FullAt, full)
		case errno == unix.EINTR:
		default:
			return &os.PathError{Op: "write", Path: "pipe", Err: errno}
		}
	}
}
