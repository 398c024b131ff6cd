package feed

import (
	"bytes"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// An Input is log lines in memory: a memfd, which producers map.
type Input struct {
	name string
	file *os.File
	Data []byte // mapped, all pages touched
	// Lines is the number of lines, Longest the length of the longest one in bytes,
	// with its newline.
	Lines, Longest int
}

// maxInputBytes bounds an input.
const maxInputBytes = 1 << 30

// NewInput makes an input of whole lines, at most size bytes. line appends the line
// with a number, counted from 0, to buf.
func NewInput(name string, size int, line func(buf []byte, number int) []byte) (*Input, error) {
	if size > maxInputBytes {
		return nil, fmt.Errorf("an input of %d bytes is beyond %d", size, maxInputBytes)
	}
	fd, err := unix.MemfdCreate("bench-input", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("memfd_create: %w", err)
	}
	in := &Input{name: name, file: os.NewFile(uintptr(fd), "bench-input")}
	if err := unix.Ftruncate(fd, int64(size)); err != nil {
		in.Close()
		return nil, fmt.Errorf("ftruncate: %w", err)
	}
	in.Data, err = unix.Mmap(fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		in.Close()
		return nil, fmt.Errorf("mmap: %w", err)
	}
	used := 0
	var buf []byte
	for {
		buf = line(buf[:0], in.Lines)
		if used+len(buf) > size {
			break
		}
		copy(in.Data[used:], buf)
		used += len(buf)
		in.Lines++
		in.Longest = max(in.Longest, len(buf))
	}
	if in.Lines == 0 {
		in.Close()
		return nil, fmt.Errorf("no line fits into an input of %d bytes", size)
	}
	in.Data = in.Data[:used]
	return in, nil
}

// Close frees the memory.
func (in *Input) Close() {
	if in.Data != nil {
		_ = unix.Munmap(in.Data[:cap(in.Data)])
	}
	in.file.Close()
}

// WriteFile writes the input to a file, which is then in the page cache.
func (in *Input) WriteFile(path string) error { return os.WriteFile(path, in.Data, 0o600) }

// Repeated returns so many lines of the input, which starts again at its end. It is
// what a paced producer writes.
func (in *Input) Repeated(lines int) []byte {
	var all []byte
	for lines >= in.Lines {
		all = append(all, in.Data...)
		lines -= in.Lines
	}
	if lines == 0 {
		return all
	}
	return append(all, in.Data[:lineEnds(in.Data)[lines-1]]...)
}

const digits36 = "0123456789abcdefghijklmnopqrstuvwxyz"

// Numbered returns a function for [NewInput] that makes lines of a length, newline
// included. No two are the same: each begins with its number, seven digits to
// base 36, and goes on with text that differs from line to line.
func Numbered(length int) func([]byte, int) []byte {
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

// lineEnds returns the offset behind each newline.
func lineEnds(data []byte) []int {
	var ends []int
	for at := 0; at < len(data); {
		at += bytes.IndexByte(data[at:], '\n') + 1
		ends = append(ends, at)
	}
	return ends
}
