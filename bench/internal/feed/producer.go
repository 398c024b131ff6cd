package feed

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"multilog/bench/maillog"
)

// How a producer keeps to its schedule, in nanoseconds.
const (
	spinNanos      = 60_000    // a sleep ends this early, and the rest is spun
	debtNanos      = 1_000_000 // a schedule that is further behind is put off
	leadNanos      = 1_000_000 // from the start to the first write
	drainPollNanos = 20_000
)

// A producer writes what its order says.
type producer struct {
	order    Order
	produced Produced
	clock    clock
	data     []byte
	slipped  int64 // by how much the schedule was put off, in nanoseconds
	watch    watcher
	waits    []int64 // how long each write took, if timed
	times    []int64 // of each write, in nanoseconds since 1970, if watched
}

// producerChild is the process of a producer.
func producerChild() error {
	p := &producer{clock: newClock()}
	if err := json.Unmarshal([]byte(os.Args[1]), &p.order); err != nil {
		return err
	}
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	write := p.eachLine
	switch {
	case p.order.Mail.Bytes > 0:
		write = p.mail
	case p.order.Rate > 0:
		write = p.pace
	case p.order.Chunk > 0:
		write = p.chunks
	}
	if p.order.Mail.Bytes == 0 {
		var err error
		if p.data, err = mapInput(p.order.Bytes); err != nil {
			return err
		}
	}
	if err := write(); err != nil {
		return err
	}
	p.drain()
	return report(p.produced)
}

// partNanos is the time between the beginning of a line and the rest.
const partNanos = 1e9

// chunks writes the input in pieces of the same size, as fast as it goes.
func (p *producer) chunks() error {
	p.produced.Start = p.clock.now()
	rest := p.data
	if p.order.Part > 0 {
		if err := writeAll(1, rest[:p.order.Part]); err != nil {
			return err
		}
		rest = rest[p.order.Part:]
		SleepUntil(p.clock.now() + partNanos)
	}
	for len(rest) > 0 {
		n, start := min(p.order.Chunk, len(rest)), p.clock.now()
		if err := writeAll(1, rest[:n]); err != nil {
			return err
		}
		if p.order.Timed {
			p.waits = append(p.waits, p.clock.now()-start)
		}
		rest = rest[n:]
	}
	p.produced.End, p.produced.Bytes = p.clock.now(), int64(len(p.data))
	if p.order.Timed {
		p.produced.Writes.Quantiles = newQuantiles(p.waits)
	}
	return nil
}

// eachLine writes the input with one write a line, as fast as it goes.
func (p *producer) eachLine() error {
	ends := lineEnds(p.data)
	p.produced.Start = p.clock.now()
	at := 0
	for _, end := range ends {
		if err := writeAll(1, p.data[at:end]); err != nil {
			return err
		}
		at = end
	}
	p.produced.End, p.produced.Bytes, p.produced.Lines = p.clock.now(), int64(len(p.data)), len(ends)
	return nil
}

// pace writes lines on schedule, one write each.
func (p *producer) pace() error {
	ends := lineEnds(p.data)
	lines := p.order.Lines
	if err := p.prepare(lines); err != nil {
		return err
	}
	interval := 1e9 / p.order.Rate
	p.produced.Start = p.clock.now() + leadNanos
	for i := range lines {
		p.waitFor(p.produced.Start + p.slipped + int64(float64(i)*interval))
		at := 0
		if k := i % len(ends); k > 0 {
			at = ends[k-1]
		}
		if err := p.write(p.data[at:ends[i%len(ends)]]); err != nil {
			return err
		}
	}
	p.produced.End, p.produced.Lines = p.clock.now(), lines
	p.produced.Writes.Quantiles = newQuantiles(p.waits)
	if p.order.Watch.Path == "" {
		return nil
	}
	var err error
	p.produced.Seen, err = p.watch.finish()
	return err
}

// mail writes a mail log on schedule. It makes each piece up before that is due.
func (p *producer) mail() error {
	mail := p.order.Mail
	if err := p.prepare(int(mail.Bytes) / p.order.Chunk); err != nil {
		return err
	}
	log := maillog.New(mail.Config)
	buf := make([]byte, p.order.Chunk)
	p.produced.Start = p.clock.now() + leadNanos
	for p.produced.Bytes < mail.Bytes {
		n, lines := log.Fill(buf, len(buf))
		p.waitFor(p.produced.Start + p.slipped + int64(float64(p.produced.Bytes)/mail.Pace*1e9))
		if err := p.write(buf[:n]); err != nil {
			return err
		}
		p.produced.Lines += lines
	}
	p.produced.End = p.clock.now()
	p.produced.Writes.Quantiles = newQuantiles(p.waits)
	return nil
}

// prepare makes room for what is measured of about so many writes, and touches it.
func (p *producer) prepare(writes int) error {
	if p.order.Timed {
		p.waits = make([]int64, 2*writes)
		for i := range p.waits {
			p.waits[i] = 1
		}
		p.waits = p.waits[:0]
		// The flag belongs to this end of the pipe; that of the logger is another open
		// file description.
		if err := unix.SetNonblock(1, true); err != nil {
			return fmt.Errorf("pipe: %w", err)
		}
	}
	if p.order.Watch.Path == "" {
		return nil
	}
	times, err := unix.Mmap(childTimesFD, 0, 8*writes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		return fmt.Errorf("mmap times: %w", err)
	}
	p.times = unsafe.Slice((*int64)(unsafe.Pointer(unsafe.SliceData(times))), writes)[:0]
	return p.watch.open(p.order.Watch, writes, p.clock)
}

// waitFor waits until a write is due, asleep if that is long, and looks for lines
// that have appeared. If it returns late, the schedule is put off by as much.
func (p *producer) waitFor(due int64) {
	for {
		now := p.clock.now()
		if p.watch.pending() {
			p.watch.look()
		} else if due-now > spinNanos {
			SleepUntil(due - spinNanos)
		}
		if now >= due {
			break
		}
	}
	if late := p.clock.now() - due; late > debtNanos {
		p.slipped += late
	}
}

// write writes one line, or one piece of whole lines, and measures what the order
// says.
func (p *producer) write(piece []byte) error {
	start := p.clock.now()
	if p.order.Watch.Path != "" {
		p.times = append(p.times, time.Now().UnixNano())
		p.watch.wrote(start)
	}
	p.produced.Bytes += int64(len(piece))
	if !p.order.Timed {
		return writeAll(1, piece)
	}
	if err := p.writeOrPoll(piece); err != nil {
		return err
	}
	p.waits = append(p.waits, p.clock.now()-start)
	return nil
}

// writeOrPoll writes a piece to a pipe that does not block, and keeps account of
// the time for which it was full.
func (p *producer) writeOrPoll(piece []byte) error {
	for {
		n, errno := rawWrite(1, piece)
		switch {
		case errno == 0 && n == len(piece):
			return nil
		case errno == 0:
			piece = piece[n:]
		case errno == unix.EAGAIN:
			start := p.clock.now()
			if _, err := unix.Poll([]unix.PollFd{{Fd: 1, Events: unix.POLLOUT}}, -1); err != nil && !errors.Is(err, unix.EINTR) {
				return fmt.Errorf("poll: %w", err)
			}
			full := p.clock.now() - start
			w := &p.produced.Writes
			w.Full++
			w.FullTotal += full
			w.FullLongest = max(w.FullLongest, full)
		default:
			return &os.PathError{Op: "write", Path: "pipe", Err: errno}
		}
	}
}

// drain waits until the logger has taken everything.
func (p *producer) drain() {
	for {
		n, err := unix.IoctlGetInt(1, unix.TIOCINQ)
		p.produced.Drained = p.clock.now()
		if n == 0 || err != nil {
			return
		}
		SleepUntil(p.produced.Drained + drainPollNanos)
	}
}
