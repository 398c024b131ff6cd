package input

import (
	"bytes"
	"syscall"

	"golang.org/x/sys/unix"

	"multilog/internal/pagefault"
)

// taker takes bytes from a pipe or a socket. It takes all that it is asked for with one
// system call, so after a kill that has happened or not.
//
// It compares what it has taken with what was shown, because another process that reads
// the same input may have taken the bytes between peek and consume.
type taker struct {
	reader
	held    []byte // bytes that have left the input and come before those in it
	shown   []byte // bytes that the last peek has shown and that are still in the input
	scratch []byte // memory for what is consumed
	iov     [3]unix.Iovec
}

// take implements [kind].
func (t *taker) take(n int, mark *byte) ([]byte, error) {
	b := make([]byte, n)
	n, err := t.readMarked(b, mark)
	t.held = append(t.held, b[:n]...)
	t.shown = nil
	return b[:n], err
}

// readMarked reads into b with one call, which also stores the last byte of b at mark.
// It returns how many bytes came.
func (t *taker) readMarked(b []byte, mark *byte) (int, error) {
	body := len(b) - 1
	iov := t.iov[:0]
	iov = appendIovec(appendIovec(iov, b[:body]), one(mark))
	for {
		n, err := t.readv(iov)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EFAULT: // the lock page is lost
			n, err = t.reader.read(b)
			return max(n, 0), err
		case err != nil:
			return 0, err
		case n > body && !pagefault.Survive(func() { b[body] = *mark }):
			copy(b[body:], t.shown[min(body, len(t.shown)):])
		}
		return n, nil
	}
}

// setMark stores b at mark, unless the lock page is lost: then the next store into it shows
// that.
func setMark(mark *byte, b byte) { pagefault.Survive(func() { *mark = b }) }

// consume implements [kind].
func (t *taker) consume(n int, mark *byte, tail []byte) error {
	drop := min(n, len(t.held))
	take := n - drop
	t.grow(take)
	if mark == nil && take > 0 {
		mark = &t.scratch[take-1]
	}
	got, lost, err := t.read3(take, mark, tail)
	if lost {
		// What came is in scratch only. The page may not even be readable.
		tail = t.scratch[take : take+len(tail)]
		if take > 0 {
			mark = &t.scratch[take-1]
		}
	}
	if got == 0 && err != nil && err != syscall.EAGAIN {
		return err
	}
	if got < take+len(tail) || !t.asShown(take, mark, tail) {
		t.held = append(t.held, t.scratch[:min(got, max(take-1, 0))]...)
		if take > 0 && got >= take {
			t.held = append(t.held, *mark)
		}
		t.held = append(t.held, tail[:max(got-take, 0)]...)
		t.shown = nil
		return ErrTaken
	}
	t.forget(drop)
	t.held = append(t.held, tail...)
	t.shown = t.shown[min(got, len(t.shown)):]
	return nil
}

// read3 reads take bytes, of which the last one goes to mark, and then tail. It returns
// how many bytes it got before there were no more, or before the error. lost reports that
// mark and tail can't be stored: then scratch has their bytes, too.
func (t *taker) read3(take int, mark *byte, tail []byte) (got int, lost bool, err error) {
	for got < take+len(tail) {
		iov := t.iov[:0]
		if got < take-1 {
			iov = appendIovec(iov, t.scratch[got:take-1])
		}
		if got < take {
			iov = appendIovec(iov, one(mark))
		}
		if len(tail) > 0 {
			iov = appendIovec(iov, tail[max(0, got-take):])
		}
		n, err := t.readv(iov)
		switch {
		case err == syscall.EINTR:
		case err == syscall.EFAULT && (take > 0 && mark != &t.scratch[take-1] || len(tail) > 0):
			got, err = t.readLost(got, take, mark, tail)
			return got, true, err
		case err != nil || n == 0:
			return got, false, err
		default:
			got += n
		}
	}
	return got, false, nil
}

// readLost continues a read3 that the kernel could not finish because it can't store
// into the lock page, which contains mark and tail. The bytes must be taken
// nevertheless. All of them are in scratch then.
func (t *taker) readLost(got, take int, mark *byte, tail []byte) (int, error) {
	t.grow(take + len(tail))
	if got >= take { // the page has taken these before it was lost
		if take > 0 {
			t.scratch[take-1] = *mark
		}
		copy(t.scratch[take:], tail[:got-take])
	}
	for got < take+len(tail) {
		n, err := t.readv(appendIovec(t.iov[:0], t.scratch[got:take+len(tail)]))
		if err == syscall.EINTR {
			continue
		}
		if err != nil || n == 0 {
			return got, err
		}
		got += n
	}
	return got, nil
}

// grow makes scratch long enough for n bytes, and keeps what is in it.
func (t *taker) grow(n int) {
	if len(t.scratch) < n {
		longer := make([]byte, max(n, min(2*n, BatchBytes), 4096))
		copy(longer, t.scratch)
		t.scratch = longer
	}
}

// How much of what is consumed is compared with what was shown. Samples are enough:
// another reader takes bytes from the head, which moves all bytes behind them.
const (
	compareEndsBytes = 512 // at either end
	compareBytes     = 64  // each sample
	compareStride    = 4096
)

// asShown reports whether what was taken is what peek has shown.
func (t *taker) asShown(take int, mark *byte, tail []byte) bool {
	if take+len(tail) > len(t.shown) {
		return true // it was never shown, and recovery has compared its bytes
	}
	want := t.shown[:take+len(tail)]
	if !bytes.Equal(tail, want[take:]) {
		return false
	}
	if take == 0 {
		return true
	}
	if *mark != want[take-1] {
		return false
	}
	got, want := t.scratch[:take-1], want[:take-1]
	if len(got) <= compareStride {
		return bytes.Equal(got, want)
	}
	for at := compareEndsBytes; at+compareBytes <= len(got); at += compareStride {
		if !bytes.Equal(got[at:at+compareBytes], want[at:at+compareBytes]) {
			return false
		}
	}
	end := len(got) - compareEndsBytes
	return bytes.Equal(got[:compareEndsBytes], want[:compareEndsBytes]) && bytes.Equal(got[end:], want[end:])
}

// forget drops the first n of the held bytes.
func (t *taker) forget(n int) { t.held = t.held[:copy(t.held, t.held[n:])] }

// hold implements [kind].
func (t *taker) hold(b []byte) { t.held = append(t.held, b...) }

// waiting implements [kind].
func (t *taker) waiting() int { return len(t.held) + t.queued() }

// queued returns how many bytes are in the input.
func (t *taker) queued() int {
	n, err := unix.IoctlGetUint32(t.fd, unix.TIOCINQ) // an int of C's
	if err != nil {
		return 0
	}
	return int(n)
}

// hungUp reports whether no process can write to a pipe or socket any more.
func hungUp(fd int) bool {
	fds := [1]unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
	n, err := unix.Poll(fds[:], 0)
	return err == nil && n > 0 && fds[0].Revents&(unix.POLLHUP|unix.POLLRDHUP|unix.POLLERR) != 0
}
