package main

import (
	"bytes"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// An input is log lines in memory: a memfd that producers map.
type input struct {
	name string
	file *os.File
	data []byte // mapped, all pages touched
	// lines and longest are the number of lines and the length of the longest, in
	// bytes with its newline.
	lines, longest int
}

// maxInputBytes bounds an input.
const maxInputBytes = 1 << 30

// newInput makes an input of some size bytes: whole lines that make fills
// in, each into a buffer it appends to.
func newInput(name string, size int, line func(buf []byte, number int) []byte) (*input, error) {
	if size > maxInputBytes {
		return nil, fmt.Errorf("an input of %d bytes is beyond %d", size, maxInputBytes)
	}
	fd, err := unix.MemfdCreate("bench-input", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("memfd_create: %w", err)
	}
	in := &input{name: name, file: os.NewFile(uintptr(fd), "bench-input")}
	if err := unix.Ftruncate(fd, int64(size)); err != nil {
		in.close()
		return nil, fmt.Errorf("ftruncate: %w", err)
	}
	in.data, err = unix.Mmap(fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		in.close()
		return nil, fmt.Errorf("mmap: %w", err)
	}
	used := 0
	var buf []byte
	for {
		buf = line(buf[:0], in.lines)
		if used+len(buf) > size {
			break
		}
		copy(in.data[used:], buf)
		used += len(buf)
		in.lines++
		in.longest = max(in.longest, len(buf))
	}
	if in.lines == 0 {
		in.close()
		return nil, fmt.Errorf("no line fits into an input of %d bytes", size)
	}
	in.data = in.data[:used]
	return in, nil
}

// close gives the memory back.
func (in *input) close() {
	if in.data != nil {
		_ = unix.Munmap(in.data[:cap(in.data)])
	}
	in.file.Close()
}

// onDisk writes the input to a file, which is then in the page cache.
func (in *input) onDisk(path string) error { return os.WriteFile(path, in.data, 0o600) }

const digits36 = "0123456789abcdefghijklmnopqrstuvwxyz"

// numbered makes lines of a length, newline included, that all differ: a
// number of seven digits to base 36 and filler that differs from line to line.
func numbered(length int) func([]byte, int) []byte {
	return func(buf []byte, number int) []byte {
		var digits [7]byte
		for i, n := len(digits)-1, number; i >= 0; i, n = i-1, n/len(digits36) {
			digits[i] = digits36[n%len(digits36)]
		}
		buf = append(buf, digits[:min(length-1, len(digits))]...)
		if missing := length - 1 - len(buf); missing > 0 {
			buf = append(buf, ' ')
			for c := number; len(buf) < length-1; c++ {
				const filler = "abcdefghij klmnop qrstuvwxyz. "
				buf = append(buf, filler[c%len(filler)])
			}
		}
		return append(buf, '\n')
	}
}

// lineEnds are the offsets after each newline.
func lineEnds(data []byte) []int {
	var ends []int
	for at := 0; at < len(data); {
		at += bytes.IndexByte(data[at:], '\n') + 1
		ends = append(ends, at)
	}
	return ends
}
