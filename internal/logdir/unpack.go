package logdir

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
)

// An unpacker makes the content of a compressed file.
type unpacker func(io.Reader) (io.Reader, error)

// unpackerOf returns the unpacker for a file that begins with head, or nil if the file is not
// compressed in a way that is known here. zstd is not among these.
func unpackerOf(head []byte) unpacker {
	for _, c := range []struct {
		magic  string
		unpack unpacker
	}{
		{"\x1f\x8b", func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }}, // RFC 1952
		{bzip2Magic, func(r io.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil }},
		{"\xfd7zXZ\x00", by("xz")},
		{"\x04\x22\x4d\x18", by("lz4")},
		{"LZIP\x01", by("lzip")},
	} {
		if matches(head, c.magic) {
			return c.unpack
		}
	}
	return nil
}

// bzip2Magic has a NUL in place of the digit of the level. What follows it is the beginning of pi.
const bzip2Magic = "BZh\x001AY&SY"

// magicBytes is the length of the longest magic.
const magicBytes = len(bzip2Magic)

// matches reports whether head begins with magic.
func matches(head []byte, magic string) bool {
	if len(head) < len(magic) {
		return false
	}
	for i := range len(magic) {
		if head[i] != magic[i] && !(magic == bzip2Magic && i == 3 && '1' <= head[i] && head[i] <= '9') {
			return false
		}
	}
	return true
}

// by returns an unpacker that runs a program of the system.
func by(program string) unpacker {
	return func(r io.Reader) (io.Reader, error) {
		path, err := exec.LookPath(program)
		if err != nil {
			return nil, fmt.Errorf("it takes the program %s, which is not installed", program)
		}
		run := &unpacking{name: program, cmd: exec.Command(path, "-dc")}
		run.cmd.Stdin = r
		run.cmd.Stderr = &run.said
		if run.out, err = run.cmd.StdoutPipe(); err == nil {
			err = run.cmd.Start()
		}
		if err != nil {
			return nil, fmt.Errorf("it takes the program %s: %w", program, err)
		}
		return run, nil
	}
}

// An unpacking is a program that unpacks a file.
type unpacking struct {
	name string
	cmd  *exec.Cmd
	out  io.ReadCloser
	said bytes.Buffer
	done error // what Read returns at the end; nil before
}

// Read returns what the program writes. At its end it returns [io.EOF] only if the program has
// succeeded.
func (u *unpacking) Read(p []byte) (int, error) {
	if u.done != nil {
		return 0, u.done
	}
	n, err := u.out.Read(p)
	if err != io.EOF {
		return n, err
	}
	u.done = io.EOF
	if err := u.cmd.Wait(); err != nil {
		first, _, _ := strings.Cut(strings.TrimSpace(u.said.String()), "\n")
		u.done = fmt.Errorf("%s failed: %s", u.name, first)
	}
	return n, u.done
}

// Close ends the program.
func (u *unpacking) Close() error {
	if u.done != nil {
		return nil
	}
	u.done = errors.New("closed")
	_ = u.cmd.Process.Kill() // it may have ended
	_ = u.cmd.Wait()         // it was killed
	return nil
}

// Unpack returns what is in r, which may be compressed as a file of a log may be. It waits for the
// first byte of r and, only if that may begin a compressed file, for some more.
func Unpack(r io.Reader) (io.Reader, error) {
	in := bufio.NewReaderSize(r, BlockBytes)
	head, err := in.Peek(1)
	if err != nil { // Read returns it, too
		return in, nil
	}
	if strings.IndexByte("\x1fB\xfd\x04L\x28", head[0]) < 0 && head[0]&0xf0 != 0x50 {
		return in, nil
	}
	head, _ = in.Peek(magicBytes)
	if unpack := unpackerOf(head); unpack != nil {
		return unpack(in)
	}
	if len(head) >= 4 && isZstd([4]byte(head)) {
		return unpackZstd(in)
	}
	return in, nil
}
