package main_test

import (
	"fmt"
	"os"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// An input is the stdin of a logger and the other end of it. The script keeps the reading
// end open, too, to look at what the logger has left unread.
type input struct {
	reader *os.File // nil when the logger has no stdin
	writer *os.File // nil when there is nothing to write to
	isPty  bool
}

// openInput makes an input of a kind. Any other word than those below is the path of a
// file.
func openInput(ts *testscript.TestScript, kind string) (input, error) {
	switch kind {
	case "closed":
		return input{}, nil
	case "pipe":
		var p [2]int
		err := unix.Pipe2(p[:], unix.O_CLOEXEC)
		return newInput(p[0], p[1], err)
	case "packets":
		var p [2]int
		err := unix.Pipe2(p[:], unix.O_CLOEXEC|unix.O_DIRECT)
		return newInput(p[0], p[1], err)
	case "socket":
		p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		return newInput(p[0], p[1], err)
	case "fifo":
		return openFIFO(ts.MkAbs("fifo"))
	case "pty":
		return openPty()
	}
	file, err := os.Open(ts.MkAbs(kind))
	return input{reader: file}, err
}

// newInput makes an input of two descriptors. It makes the writer non-blocking, so that
// writes can have a deadline. It does not change the reader, which the logger shares.
func newInput(reader, writer int, err error) (input, error) {
	if err != nil {
		return input{}, err
	}
	if err := unix.SetNonblock(writer, true); err != nil {
		return input{}, err
	}
	return input{reader: os.NewFile(uintptr(reader), "stdin"), writer: os.NewFile(uintptr(writer), "stdin's other end")}, nil
}

func openFIFO(path string) (input, error) {
	if err := unix.Mkfifo(path, 0o600); err != nil && err != unix.EEXIST {
		return input{}, err
	}
	reader, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return input{}, err
	}
	if err := unix.SetNonblock(reader, false); err != nil {
		return input{}, err
	}
	writer, err := unix.Open(path, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	return newInput(reader, writer, err)
}

func openPty() (input, error) {
	master, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return input{}, err
	}
	if err := unix.IoctlSetPointerInt(master, unix.TIOCSPTLCK, 0); err != nil {
		return input{}, err
	}
	number, err := unix.IoctlGetInt(master, unix.TIOCGPTN)
	if err != nil {
		return input{}, err
	}
	slave, err := unix.Open(fmt.Sprintf("/dev/pts/%d", number), unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	in, err := newInput(slave, master, err)
	in.isPty = true
	return in, err
}

// eof ends the input. It ends that of a terminal with ^D, as a user does.
func (in input) eof() error {
	if in.isPty {
		_, err := in.writer.Write([]byte{4})
		return err
	}
	return in.writer.Close()
}

// rest returns what can be read from the input now.
func (in input) rest() []byte {
	fd := int(in.reader.Fd())
	if err := unix.SetNonblock(fd, true); err != nil {
		return []byte(err.Error())
	}
	var all []byte
	for buf := make([]byte, 65536); ; {
		n, err := unix.Read(fd, buf)
		if err == unix.EINTR {
			continue
		}
		if n <= 0 {
			return all
		}
		all = append(all, buf[:n]...)
	}
}

// flags returns the file status flags of the reading end, 0 if there is none.
func (in input) flags() int {
	if in.reader == nil {
		return 0
	}
	return statusFlags(in.reader)
}

// close closes both ends, of which either may be closed already.
func (in input) close() {
	if in.writer != nil {
		_ = in.writer.SetDeadline(time.Now())
		_ = in.writer.Close()
	}
	if in.reader != nil {
		_ = in.reader.Close()
	}
}

// statusFlags returns the file status flags, which all descriptors of the open file share;
// -1 after an error.
func statusFlags(f *os.File) int {
	raw, err := f.SyscallConn()
	if err != nil {
		return -1
	}
	flags := -1
	_ = raw.Control(func(fd uintptr) { flags, err = unix.FcntlInt(fd, unix.F_GETFL, 0) })
	if err != nil {
		return -1
	}
	return flags
}
