package reader

import (
	"context"
	"io"
	"iter"
	"math/rand/v2"
	"time"

	"multilog/fleet/store"
)

const (
	// tries is how often a request is made before its error is told.
	tries = 5

	firstPause = 200 * time.Millisecond
)

// Retry returns s for a reader: what fails for a reason that may pass is asked again,
// up to five times, with pauses that double from 0.2 s on.
func Retry(s store.Store) store.Store { return retrying{s} }

type retrying struct{ store.Store }

// again reports whether to repeat a request after the try with that number,
// counted from 1, and waits for the right time.
func again(ctx context.Context, err error, try int) bool {
	switch store.KindOf(err) {
	case store.Busy, store.Unknown, store.Unreachable:
	default:
		return false
	}
	if err == nil || try >= tries {
		return false
	}
	pause := firstPause << (try - 1)
	select {
	case <-time.After(pause/2 + rand.N(pause)):
		return true
	case <-ctx.Done():
		return false
	}
}

// List is Store's. It continues behind the last entry that has come.
func (r retrying) List(ctx context.Context, prefix, after string, delimiter bool) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		for try := 1; ; try++ {
			var failed error
			for e, err := range r.Store.List(ctx, prefix, after, delimiter) {
				if err != nil {
					failed = err
					break
				}
				if !yield(e, nil) {
					return
				}
				after, try = e.After(), 1
			}
			if failed == nil {
				return
			}
			if !again(ctx, failed, try) {
				yield(store.Entry{}, failed)
				return
			}
		}
	}
}

// Get is Store's. An answer that is cut off is continued where it ended.
func (r retrying) Get(ctx context.Context, key string, off, n int64) (io.ReadCloser, error) {
	for try := 1; ; try++ {
		body, err := r.Store.Get(ctx, key, off, n)
		if err == nil {
			return &continued{ReadCloser: body, ctx: ctx, from: r, key: key, off: off, left: n, try: try}, nil
		}
		if !again(ctx, err, try) {
			return nil, err
		}
	}
}

// continued is the body of an object that goes on after errors.
type continued struct {
	io.ReadCloser
	ctx  context.Context
	from retrying
	key  string
	off  int64 // of what comes next
	left int64 // bytes, or negative: up to the end
	try  int
}

func (c *continued) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.off += int64(n)
	if c.left > 0 {
		c.left -= int64(n)
	}
	if n > 0 {
		c.try = 1
	}
	if err == nil || err == io.EOF || c.left == 0 || !again(c.ctx, err, c.try) {
		return n, err
	}
	c.try++
	body, err := c.from.Store.Get(c.ctx, c.key, c.off, c.left)
	if store.Is(err, store.AtEnd) {
		return n, io.EOF
	}
	if err != nil {
		c.ReadCloser.Close()
		c.ReadCloser = unread{err}
		return n, nil
	}
	c.ReadCloser.Close()
	c.ReadCloser = body
	return n, nil
}

// unread is a body that can't be read.
type unread struct{ err error }

func (u unread) Read([]byte) (int, error) { return 0, u.err }
func (u unread) Close() error             { return nil }
