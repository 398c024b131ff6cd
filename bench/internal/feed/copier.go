package feed

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"

	"multilog/bench/internal/contender"
)

// Names of the copiers.
const (
	PeekCopier  = "copier (peek)"
	PlainCopier = "copier (plain)"
)

// The words that select a copier.
const (
	peekWord  = "peek"
	plainWord = "plain"
)

const (
	copierBufferBytes = 256 << 10
	copierPipeBytes   = 1 << 20
	pageBytes         = 4096
)

// Copiers returns the copiers, with which the speed of loggers is compared; exe is this
// program. The plain one reads and writes. The peeking one leaves the bytes in the pipe
// until they are in the file, as a logger must that loses nothing when it is killed:
//
//	tee(stdin -> private pipe), read(private pipe), write(file), consume
//
// To consume, it reads the bytes repeatedly into the same page. That costs as little as
// a splice to /dev/null, and takes one call for any number of pages.
func Copiers(exe string) []contender.Contender {
	copier := func(name, word string) contender.Contender {
		return contender.Contender{
			Name: name, Path: exe, Family: contender.Copier, Words: []string{word}, Env: []string{childVariable("copier")},
		}
	}
	return []contender.Contender{copier(PeekCopier, peekWord), copier(PlainCopier, plainWord)}
}

// A copier copies standard input to a file.
type copier struct {
	buf     []byte
	out     int
	iov     []unix.Iovec // all the same page
	peekOut int          // the private pipe; 0 when not peeking
	peekIn  int
}

// copierChild is the process of a copier. Its arguments are those of
// [contender.Contender.Launch]: which copier, the directory in which it writes
// current, and how many bytes will come, for preallocation.
func copierChild(args []string) error {
	word, dir := args[0], args[1]
	size, err := strconv.ParseInt(args[2], 10, 64)
	if err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	out, err := os.Create(filepath.Join(dir, "current"))
	if err != nil {
		return err
	}
	if size > 0 {
		_ = unix.Fallocate(int(out.Fd()), unix.FALLOC_FL_KEEP_SIZE, 0, size)
	}
	buf, err := unix.Mmap(-1, 0, copierBufferBytes+pageBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return fmt.Errorf("mmap: %w", err)
	}
	_, _ = unix.FcntlInt(0, unix.F_SETPIPE_SZ, copierPipeBytes)
	c := &copier{buf: buf[:copierBufferBytes], out: int(out.Fd())}
	if word == peekWord {
		if err := c.startPeeking(buf[copierBufferBytes:]); err != nil {
			return err
		}
	}
	for {
		n, errno := c.take()
		if errno != 0 {
			return fmt.Errorf("read: %w", errno)
		}
		if n == 0 {
			return out.Sync()
		}
		if err := writeAll(c.out, c.buf[:n]); err != nil {
			return err
		}
		if err := c.consume(n); err != nil {
			return err
		}
	}
}

func (c *copier) startPeeking(page []byte) error {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		return fmt.Errorf("pipe: %w", err)
	}
	c.peekIn, c.peekOut = p[0], p[1]
	_, _ = unix.FcntlInt(uintptr(c.peekOut), unix.F_SETPIPE_SZ, copierPipeBytes)
	c.iov = make([]unix.Iovec, copierBufferBytes/pageBytes+1)
	for i := range c.iov {
		c.iov[i].Base = unsafe.SliceData(page)
		c.iov[i].SetLen(pageBytes)
	}
	return nil
}

// take fills the buffer; it returns 0 at the end of input.
func (c *copier) take() (int, unix.Errno) {
	from := uintptr(0)
	if c.peekOut != 0 {
		n, errno := retry(unix.SYS_TEE, 0, uintptr(c.peekOut), uintptr(len(c.buf)), 0)
		if n == 0 || errno != 0 {
			return n, errno
		}
		from = uintptr(c.peekIn)
	}
	return retry(unix.SYS_READ, from, uintptr(unsafe.Pointer(unsafe.SliceData(c.buf))), uintptr(len(c.buf)), 0)
}

// consume takes n bytes out of standard input, if they were only peeked at.
func (c *copier) consume(n int) error {
	if c.peekOut == 0 {
		return nil
	}
	whole, part := n/pageBytes, n%pageBytes
	iovs := whole
	if part > 0 {
		c.iov[whole].SetLen(part)
		defer c.iov[whole].SetLen(pageBytes)
		iovs++
	}
	got, errno := retry(unix.SYS_READV, 0, uintptr(unsafe.Pointer(unsafe.SliceData(c.iov))), uintptr(iovs), 0)
	if errno != 0 {
		return fmt.Errorf("readv: %w", errno)
	}
	if got != n {
		return fmt.Errorf("consumed %d bytes of %d", got, n)
	}
	return nil
}
