// Package filter is the loop of the commands tai64n and tai64nlocal: what a read
// returned is converted and written before the next read, which may have to wait.
// So output is there when input pauses, and a busy stream is handled in large
// pieces without any timer.
//
// Messages are daemontools' in form: program, fatal, what could not be done, why.
// Failures exit 111. A closed pipe on the output ends the process by SIGPIPE.
package filter

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// A Converter turns input into output.
type Converter interface {
	// Convert converts the beginning of src, used bytes of it, and stores the
	// result in dst[:n]. It leaves over what dst has no room for, and what it cannot
	// convert before it has seen more. It converts something whenever src is more
	// than HeldBytes long.
	Convert(dst, src []byte) (n, used int)
}

const (
	// HeldBytes is the most that a Converter may leave over for want of more input.
	HeldBytes = 8 << 10

	readBytes  = 64 << 10
	writeBytes = 128 << 10 // room for what is longer when converted
)

// Run converts standard input to standard output, all of it, and exits.
func Run(program string, c Converter) {
	switch op, err := run(os.Stdout, os.Stdin, c); {
	case err != nil:
		os.Stderr.WriteString(program + ": fatal: unable to " + op + ": " + reason(err) + "\n")
		os.Exit(111)
	default:
		os.Exit(0)
	}
}

// run returns what failed, and how. Input that the converter still wanted more
// after is dropped at the end of input.
func run(w io.Writer, r io.Reader, c Converter) (op string, err error) {
	in, out := make([]byte, HeldBytes+readBytes), make([]byte, writeBytes)
	held := 0 // bytes at the start of in, read before and not converted yet
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

// reason returns why, in daemontools' words where it has some of its own.
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
