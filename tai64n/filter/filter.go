// Package filter is the main loop of the commands tai64n and tai64nlocal. It copies
// standard input to standard output through a Converter.
//
// Run converts and writes everything that one read returned before it reads again,
// because the next read may wait. So output appears whenever input pauses, and a
// busy stream moves in large pieces, without a timer. Memory stays below 256 KiB,
// however long a line is.
//
// Run owns the process: it ends it. A failure prints one message in daemontools'
// form (program, "fatal", what failed, why) and exits 111. When the reader of the
// output has closed its pipe, SIGPIPE ends the process, as it ends daemontools'.
package filter

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// A Converter turns input into output.
type Converter interface {
	// Convert converts the first used bytes of src and stores the result in dst[:n].
	// It leaves the rest of src when dst is full, or when it can't convert the rest
	// before it has seen more input; Run then calls it again with the rest in front
	// of the new input. It must use at least one byte if src is longer than
	// HeldBytes. dst has 128 KiB.
	Convert(dst, src []byte) (n, used int)
}

const (
	// HeldBytes is the most input, in bytes, that a Converter may leave because it
	// needs to see more.
	HeldBytes = 8 << 10

	readBytes  = 64 << 10
	writeBytes = 128 << 10 // larger, because converted text may be longer
)

// Run converts all of standard input to standard output and exits: with 0 at the end
// of input, with 111 and a message on standard error after a failed read or write.
func Run(program string, c Converter) {
	switch op, err := run(os.Stdout, os.Stdin, c); {
	case err != nil:
		os.Stderr.WriteString(program + ": fatal: unable to " + op + ": " + reason(err) + "\n")
		os.Exit(111)
	default:
		os.Exit(0)
	}
}

// run returns what failed and why. At the end of input it drops the bytes that the
// converter could not convert without more.
func run(w io.Writer, r io.Reader, c Converter) (op string, err error) {
	in, out := make([]byte, HeldBytes+readBytes), make([]byte, writeBytes)
	held := 0 // bytes at the start of in that were read earlier and not yet converted
	for {
		read, err := r.Read(in[held:])
		src := in[:held+read]
		for len(src) > 0 {
			n, used := c.Convert(out, src)
			if n > 0 {
				if _, err := w.Write(out[:n]); err != nil {
					return "write output", err
				}
			}
			if src = src[used:]; used == 0 {
				break
			}
		}
		held = copy(in, src)
		if err == io.EOF {
			return "", nil
		}
		if err != nil {
			return "read input", err
		}
	}
}

// reason returns the text for err. For a full disk it is daemontools' own.
func reason(err error) string {
	var errno syscall.Errno
	switch errors.As(err, &errno); errno {
	case 0:
		return err.Error()
	case syscall.ENOSPC:
		return "out of disk space"
	}
	return errno.Error()
}
