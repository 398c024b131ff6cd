package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Copiers do what a logger cannot do without, and nothing else: what a
// logger's speed is compared with. The plain one reads and writes. The one that
// peeks leaves the bytes in the pipe until they are in the file, as a logger
// must that loses nothing when it is killed:
//
//	tee(stdin -> private pipe), read(private pipe), write(file), consume
//
// where consuming reads n bytes into one and the same page: as cheap as a
// splice to /dev/null, and one call however many pages it takes. The one that
// splices has the kernel move the pages from the private pipe to the file; the
// uncached one writes with RWF_DONTCACHE. They show what these would gain.

const (
	copierBufferBytes = 256 << 10
	copierPipeBytes   = 1 << 20
	pageBytes         = 4096
	// copierSizeEnv says how many bytes will come, for preallocation.
	copierSizeEnv = "BENCH_COPIER_BYTES"
)

// A copier copies stdin to a file.
type copier struct {
	buf     []byte
	iov     []unix.Iovec // all the same page
	out     int
	peekOut int // the private pipe, 0 when not peeking
	peekIn  int
	how     family
}

// copiers are all of them; exe is this program.
func copiers(exe string) []contender {
	return []contender{
		{Name: peekCopierName, Path: exe, Family: familyPeekCopier},
		{Name: plainCopierName, Path: exe, Family: familyPlainCopier},
		{Name: spliceName, Path: exe, Family: familySplice},
		{Name: uncachedName, Path: exe, Family: familyUncached},
	}
}

// copierChild is a copier's process; it writes to dir/current.
func copierChild(f family, dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	out, err := os.Create(filepath.Join(dir, "current"))
	if err != nil {
		return err
	}
	if size, err := strconv.ParseInt(os.Getenv(copierSizeEnv), 10, 64); err == nil && size > 0 {
		_ = unix.Fallocate(int(out.Fd()), unix.FALLOC_FL_KEEP_SIZE, 0, size)
	}
	buf, err := unix.Mmap(-1, 0, copierBufferBytes+pageBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return fmt.Errorf("mmap: %w", err)
	}
	_, _ = unix.FcntlInt(0, unix.F_SETPIPE_SZ, copierPipeBytes)
	c := &copier{buf: buf[:copierBufferBytes], out: int(out.Fd()), how: f}
	if f != familyPlainCopier {
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
		if err := c.put(n); err != nil {
			return err
		}
		if c.peekOut != 0 {
			if err := c.consume(n); err != nil {
				return err
			}
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

// put appends n bytes, which take has taken, to the file.
func (c *copier) put(n int) error {
	switch c.how {
	case familySplice:
		for n > 0 {
			moved, err := unix.Splice(c.peekIn, nil, c.out, nil, n, 0)
			if err != nil {
				return fmt.Errorf("splice: %w", err)
			}
			n -= int(moved)
		}
	case familyUncached:
		for at := 0; at < n; {
			wrote, err := unix.Pwritev2(c.out, [][]byte{c.buf[at:n]}, -1, rwfDontCache)
			if err != nil {
				return fmt.Errorf("pwritev2 with RWF_DONTCACHE: %w", err)
			}
			at += wrote
		}
	default:
		return writeAll(c.out, c.buf[:n])
	}
	return nil
}

// uncachedRefused says why files in dir can't be written with RWF_DONTCACHE;
// nothing where they can.
func uncachedRefused(dir string) string {
	f, err := os.CreateTemp(dir, "uncached")
	if err != nil {
		return err.Error()
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if _, err := unix.Pwritev2(int(f.Fd()), [][]byte{{'x'}}, -1, rwfDontCache); err != nil {
		return "RWF_DONTCACHE: " + err.Error()
	}
	return ""
}

// rwfDontCache is RWF_DONTCACHE (linux/fs.h), since Linux 6.14.
const rwfDontCache = 0x80

// take fills the buffer; 0 at the end of input. One that splices leaves the
// bytes in the private pipe.
func (c *copier) take() (int, unix.Errno) {
	from := uintptr(0)
	if c.peekOut != 0 {
		n, errno := retry(unix.SYS_TEE, 0, uintptr(c.peekOut), uintptr(len(c.buf)), 0)
		if n == 0 || errno != 0 || c.how == familySplice {
			return n, errno
		}
		from = uintptr(c.peekIn)
	}
	return retry(unix.SYS_READ, from, uintptr(unsafe.Pointer(unsafe.SliceData(c.buf))), uintptr(len(c.buf)), 0)
}

// consume takes n bytes, which are there, out of stdin.
func (c *copier) consume(n int) error {
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

// retry is a raw system call that is made again when a signal interrupts it.
func retry(trap, a, b, c, d uintptr) (int, unix.Errno) {
	for {
		n, _, errno := unix.RawSyscall6(trap, a, b, c, d, 0, 0)
		if errno != unix.EINTR {
			return int(n), errno
		}
	}
}
