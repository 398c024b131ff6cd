package slowdisk

import (
	"encoding/binary"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// The numbers of the requests in linux/fuse.h.
const (
	fuseForget      = 2
	fuseGetattr     = 3
	fuseSetattr     = 4
	fuseOpen        = 14
	fuseRead        = 15
	fuseWrite       = 16
	fuseStatfs      = 17
	fuseRelease     = 18
	fuseFsync       = 20
	fuseFlush       = 25
	fuseInit        = 26
	fuseInterrupt   = 36
	fuseDestroy     = 38
	fuseBatchForget = 42
)

// Sizes of the protocol's structures, and the limits of this server.
const (
	fuseInHeaderBytes  = 40
	fuseOutHeaderBytes = 16
	fuseReadInBytes    = 40 // also fuse_write_in
	fuseAttrBytes      = 88
	fuseMaxWriteBytes  = 128 << 10
	fuseMinor          = 31
	fuseOpenDirectIO   = 1 << 0
	fuseRootNode       = 1
	fuseAttrValidSecs  = 3600
)

// closeLimit bounds the time that close waits for the kernel.
const closeLimit = 5 * time.Second

// A server is a FUSE server for one file in memory. The file is the root of its
// file system and is mounted over a file. The server speaks as much of the
// protocol (linux/fuse.h, version 7.31) as a loop device over that file makes the
// kernel use.
type server struct {
	dev   *os.File
	mem   []byte
	delay atomic.Int64 // of an fsync, in nanoseconds
	done  sync.WaitGroup
}

// serve mounts a file of size bytes over path and serves it; each fsync takes
// delay.
func serve(path string, size int, delay time.Duration) (*server, error) {
	fd, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: "/dev/fuse", Err: err}
	}
	mem, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("mmap: %w", err)
	}
	f := &server{dev: os.NewFile(uintptr(fd), "/dev/fuse"), mem: mem}
	f.delay.Store(int64(delay))
	options := fmt.Sprintf("fd=%d,rootmode=%o,user_id=0,group_id=0,allow_other", fd, unix.S_IFREG)
	if err := unix.Mount("bench", path, "fuse", unix.MS_NOSUID|unix.MS_NODEV, options); err != nil {
		f.dev.Close()
		_ = unix.Munmap(mem)
		return nil, &os.PathError{Op: "mount", Path: path, Err: err}
	}
	f.done.Add(1)
	go f.answerAll(fd)
	return f, nil
}

// hurry makes fsync quick from now on, so that unmounting does not take long.
func (f *server) hurry() { f.delay.Store(0) }

// close waits until the kernel has ended the connection, which it does once the
// file is unmounted and unused, and for closeLimit at most.
func (f *server) close() {
	ended := make(chan struct{})
	go func() { f.done.Wait(); close(ended) }()
	select {
	case <-ended:
		_ = unix.Munmap(f.mem)
	case <-time.After(closeLimit):
		// Something still uses the file: the connection ends with the process.
		return
	}
	f.dev.Close()
}

// answerAll answers requests in their order. Only an fsync sleeps beside them.
func (f *server) answerAll(fd int) {
	defer f.done.Done()
	buf := make([]byte, fuseMaxWriteBytes+4096)
	for {
		n, err := unix.Read(fd, buf)
		switch {
		case err == unix.EINTR || err == unix.ENOENT || err == unix.EAGAIN:
			continue
		case err != nil || n < fuseInHeaderBytes: // ENODEV: unmounted
			return
		}
		op := binary.NativeEndian.Uint32(buf[4:])
		unique := binary.NativeEndian.Uint64(buf[8:])
		if op == fuseFsync {
			f.done.Add(1)
			go func() {
				defer f.done.Done()
				time.Sleep(time.Duration(f.delay.Load()))
				reply(fd, unique, 0, nil)
			}()
			continue
		}
		f.answer(fd, op, unique, buf[fuseInHeaderBytes:n])
	}
}

// answer carries out one request. in is what follows its header.
func (f *server) answer(fd int, op uint32, unique uint64, in []byte) {
	le := binary.NativeEndian
	switch op {
	case fuseForget, fuseBatchForget, fuseInterrupt: // have no answer
	case fuseInit:
		out := make([]byte, 64)
		le.PutUint32(out[0:], 7)
		le.PutUint32(out[4:], fuseMinor)
		le.PutUint32(out[8:], le.Uint32(in[8:])) // max_readahead, as offered
		le.PutUint16(out[16:], 16)               // max_background
		le.PutUint16(out[18:], 12)               // congestion_threshold
		le.PutUint32(out[20:], fuseMaxWriteBytes)
		le.PutUint32(out[24:], 1) // time_gran
		reply(fd, unique, 0, out)
	case fuseGetattr, fuseSetattr:
		out := make([]byte, 16, 16+fuseAttrBytes)
		le.PutUint64(out, fuseAttrValidSecs)
		reply(fd, unique, 0, append(out, f.attr()...))
	case fuseOpen:
		out := make([]byte, 16)
		le.PutUint32(out[8:], fuseOpenDirectIO)
		reply(fd, unique, 0, out)
	case fuseRead:
		off, size := le.Uint64(in[8:]), uint64(le.Uint32(in[16:]))
		off = min(off, uint64(len(f.mem)))
		reply(fd, unique, 0, f.mem[off:min(off+size, uint64(len(f.mem)))])
	case fuseWrite:
		off, size := le.Uint64(in[8:]), uint64(le.Uint32(in[16:]))
		if off+size > uint64(len(f.mem)) || fuseReadInBytes+size > uint64(len(in)) {
			reply(fd, unique, unix.ENOSPC, nil)
			return
		}
		copy(f.mem[off:], in[fuseReadInBytes:fuseReadInBytes+size])
		out := make([]byte, 8)
		le.PutUint32(out, uint32(size))
		reply(fd, unique, 0, out)
	case fuseStatfs:
		reply(fd, unique, 0, make([]byte, 80))
	case fuseRelease, fuseFlush, fuseDestroy:
		reply(fd, unique, 0, nil)
	default:
		reply(fd, unique, unix.ENOSYS, nil)
	}
}

// attr returns the struct fuse_attr of the file.
func (f *server) attr() []byte {
	le := binary.NativeEndian
	attr := make([]byte, fuseAttrBytes)
	le.PutUint64(attr[0:], fuseRootNode)
	le.PutUint64(attr[8:], uint64(len(f.mem)))
	le.PutUint64(attr[16:], uint64(len(f.mem)/512))
	le.PutUint32(attr[60:], unix.S_IFREG|0o600)
	le.PutUint32(attr[64:], 1) // nlink
	le.PutUint32(attr[80:], 4096)
	return attr
}

// reply sends an answer. An error means that the kernel no longer waits.
func reply(fd int, unique uint64, errno unix.Errno, data []byte) {
	header := make([]byte, fuseOutHeaderBytes)
	binary.NativeEndian.PutUint32(header[0:], uint32(fuseOutHeaderBytes+len(data)))
	binary.NativeEndian.PutUint32(header[4:], uint32(-int32(errno)))
	binary.NativeEndian.PutUint64(header[8:], unique)
	_, _ = unix.Writev(fd, [][]byte{header, data})
}
