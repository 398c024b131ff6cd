package feed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"multilog/bench/internal/contender"
)

// Feed is one run of a logger behind the pipe of a producer.
type Feed struct {
	Contender contender.Contender
	Job       contender.Job
	Input     *Input // nil if the order is for mail
	Order     Order
	Dir       string // empty, see [Lab.RunDir]
	// During, if set, is called while the producer writes.
	During func(context.Context, *Logger) error
}

// Fed is the result of a run.
type Fed struct {
	Produced
	Usage                      // of the logger
	Exited  int64              // when the logger ended, in CLOCK_MONOTONIC
	Outputs []contender.Output // what must be in them
	Times   []int64            // of the writes, in nanoseconds since 1970, if the order has a Watch
}

// Run starts the logger, then the producer, and waits for both. When it returns,
// both have ended.
func (f Feed) Run(ctx context.Context) (_ Fed, err error) {
	r, w, err := NewPipe()
	if err != nil {
		return Fed{}, err
	}
	defer w.Close()
	if f.Input != nil {
		f.Job.Bytes = len(f.Input.Data)
	}
	logger, err := StartLogger(ctx, f.Contender, f.Job, f.Dir, r)
	r.Close()
	if err != nil {
		return Fed{}, err
	}
	defer logger.Abandon()
	if err := logger.Ready(ctx); err != nil {
		return Fed{}, err
	}
	if f.Order.PipeBytes > 0 {
		if _, err := unix.FcntlInt(w.Fd(), unix.F_SETPIPE_SZ, f.Order.PipeBytes); err != nil {
			return Fed{}, fmt.Errorf("set the capacity of the logger's pipe to %d bytes: %w", f.Order.PipeBytes, err)
		}
	}
	if f.Order.Watch.Path != "" {
		f.Order.Watch.Path = filepath.Join(f.Dir, f.Order.Watch.Path)
	}
	p, err := produce(ctx, f.Input, f.Order, w)
	if err != nil {
		return Fed{}, err
	}
	defer p.discard()
	w.Close()
	if f.During != nil {
		if err := f.During(ctx, logger); err != nil {
			p.kill()
			return Fed{}, logger.blame(err)
		}
	}
	out := Fed{Outputs: logger.Outputs}
	if out.Produced, err = p.wait(); err != nil {
		return Fed{}, logger.blame(err)
	}
	if f.Order.Watch.Path != "" {
		if out.Times, err = p.writeTimes(); err != nil {
			return Fed{}, err
		}
	}
	if out.Usage, err = logger.Wait(); err != nil {
		return Fed{}, err
	}
	out.Exited = logger.Exited
	return out, nil
}

// blameLimit is how long a logger may take to end after it has closed its input.
const blameLimit = time.Second

// blame returns the reason of a run that has failed with err. If the logger has ended
// early, that is the reason: a producer that has lost its reader does not know why.
func (l *Logger) blame(err error) error {
	for deadline := Monotonic() + int64(blameLimit); !l.gone(); time.Sleep(readyPause) {
		if Monotonic() > deadline {
			return fmt.Errorf("%w%s", err, l.Said())
		}
	}
	if _, ended := l.Wait(); ended != nil {
		return fmt.Errorf("ends before its input does: %w", ended)
	}
	return errors.New("ends before its input does, with status 0")
}

// FromFile runs a contender on a job with a file as standard input. The file has the
// input and is in the page cache.
func FromFile(ctx context.Context, c contender.Contender, j contender.Job, in *Input, dir string) (*Logger, Usage, error) {
	path := filepath.Join(filepath.Dir(dir), "input")
	if err := in.WriteFile(path); err != nil {
		return nil, Usage{}, err
	}
	settle(filepath.Dir(dir))
	stdin, err := os.Open(path)
	if err != nil {
		return nil, Usage{}, err
	}
	defer stdin.Close()
	logger, err := StartLogger(ctx, c, j, dir, stdin)
	if err != nil {
		return nil, Usage{}, err
	}
	used, err := logger.Wait()
	return logger, used, err
}
