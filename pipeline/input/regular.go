package input

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// regular is a regular file. The position of the input is the descriptor's offset,
// which outlives a logger. All bytes of a batch are visible and none are ever held, so
// take and hold are not called.
type regular struct{ fd int }

func (r *regular) peek(buf []byte) view {
	at, err := unix.Seek(r.fd, 0, unix.SEEK_CUR)
	if err != nil {
		return view{eof: true}
	}
	n := 0
	for n < len(buf) { // a short read is not the end, for instance with FUSE
		m, err := unix.Pread(r.fd, buf[n:], at+int64(n))
		if err == syscall.EINTR {
			break
		}
		if err != nil || m == 0 {
			return view{n: n, eof: true}
		}
		n += m
	}
	return view{n: n, more: true}
}

// consume does not store mark, because the offset shows whether the batch was consumed.
func (r *regular) consume(n int, _ *byte, _ []byte) error {
	_, err := unix.Seek(r.fd, int64(n), unix.SEEK_CUR)
	return err
}

func (r *regular) take(int, *byte) ([]byte, error) { return nil, unix.ENOTSUP }
func (r *regular) hold([]byte)                     {}
func (r *regular) waiting() int                    { return 0 }
func (r *regular) lastLine()                       {}
func (r *regular) cramped() bool                   { return false }
func (r *regular) capacity() int                   { return smallCapacityBytes }
