package check

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// oldNameBytes is the length of the part of an old file's name that counts: @ and the
// label.
const oldNameBytes = 25

// Files returns the paths of a log directory's files, the oldest first, current
// last.
func Files(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var old []string
	for _, e := range entries {
		if name := e.Name(); strings.HasPrefix(name, "@") && len(name) >= oldNameBytes {
			old = append(old, name)
		}
	}
	slices.SortFunc(old, func(a, b string) int { return strings.Compare(a[:oldNameBytes], b[:oldNameBytes]) })
	names := append(old, "current")
	for i, name := range names {
		names[i] = filepath.Join(dir, name)
	}
	return names, nil
}

// Source returns the lines of an input, one after another, with their newlines. A line
// is valid until the next call.
type Source interface{ Next() []byte }

// CountLines returns how many lines files have: see [EachLine].
func CountLines(files []string) (lines int64, err error) {
	err = EachLine(files, func([]byte) error { lines++; return nil })
	return lines, err
}

// LastLines compares the lines of files, all of which have labels, with the input that
// source makes, without the first skip lines of that.
func LastLines(files []string, source Source, skip int64) error {
	for range skip {
		source.Next()
	}
	number := int64(0)
	return EachLabelled(files, func(line []byte) error {
		number++
		if want := source.Next(); !bytes.Equal(line, want) {
			return fmt.Errorf("line %d behind the first %d of the input: want %s, have %s", number, skip, quote(want), quote(line))
		}
		return nil
	})
}

// EachLabelled calls do with each line of files without its label. It fails if a
// label is not well-formed, or earlier than the one before.
func EachLabelled(files []string, do func(line []byte) error) error {
	var last []byte
	number := int64(0)
	return EachLine(files, func(got []byte) error {
		number++
		line, _, err := unlabel(got, &last)
		if err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
		return do(line)
	})
}

// EachLine calls do with each line of files, compressed or not. It reads them as one: a
// line has its newline, and may continue in the next file.
func EachLine(files []string, do func(line []byte) error) error {
	r := &reader{names: files}
	defer r.close()
	in := bufio.NewReaderSize(r, bufferBytes)
	for {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return nil
		}
		if err != nil {
			return fmt.Errorf("a torn line, %s: %w", quote(line), err)
		}
		if err := do(line); err != nil {
			return err
		}
	}
}

// A reader reads files as one. It has one of them open at a time.
type reader struct {
	names []string // still to be read
	file  *os.File
	zstd  *zstd.Decoder // of file; nil where it is not compressed
}

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	for {
		if r.file == nil {
			if len(r.names) == 0 {
				return 0, io.EOF
			}
			if err := r.open(r.names[0]); err != nil {
				return 0, err
			}
			r.names = r.names[1:]
		}
		var from io.Reader = r.file
		if r.zstd != nil {
			from = r.zstd
		}
		n, err := from.Read(p)
		switch {
		case n > 0:
			return n, nil
		case errors.Is(err, io.EOF):
			r.close()
		case err != nil:
			return 0, fmt.Errorf("%s: %w", filepath.Base(r.file.Name()), err)
		}
	}
}

func (r *reader) open(name string) (err error) {
	if r.file, err = os.Open(name); err == nil && strings.HasSuffix(name, ".zst") {
		r.zstd, err = zstd.NewReader(r.file)
	}
	return err
}

func (r *reader) close() {
	if r.zstd != nil {
		r.zstd.Close()
	}
	if r.file != nil {
		r.file.Close()
	}
	r.file, r.zstd = nil, nil
}
