package shipper

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
)

// Line appends line number to buf: the number, and a text.
func Line(buf []byte, number int, text []byte) []byte {
	buf = fmt.Appendf(buf, "%08d ", number)
	return append(buf, text...)
}

// numbered matches the label and the number of a line, in whatever a server has made
// of it.
var numbered = regexp.MustCompile(`@4[0-9a-f]{23} ([0-9]{8}) `)

// Numbers returns the numbers of all lines in a text.
func Numbers(text []byte) (numbers []int) {
	for _, m := range numbered.FindAllSubmatch(text, -1) {
		n, err := strconv.Atoi(string(m[1]))
		if err != nil {
			panic(err) // eight digits
		}
		numbers = append(numbers, n)
	}
	return numbers
}

// A Tally is what is wrong with the lines that a server has.
type Tally struct {
	Lost     int // of those that were written
	Twice    int // all but the first of each
	Disorder int // lines behind one with a higher number, without those that come twice
}

// Count compares the numbers of lines with 0 to written-1.
func Count(numbers []int, written int) (t Tally) {
	seen := make([]bool, written)
	highest, distinct := -1, 0
	for _, n := range numbers {
		if n >= written || seen[n] {
			t.Twice++
			continue
		}
		seen[n] = true
		distinct++
		if n < highest {
			t.Disorder++
		}
		highest = max(highest, n)
	}
	t.Lost = written - distinct
	return t
}

// A tail reads what is appended to a file.
type tail struct {
	path   string
	read   int64
	part   []byte // of a line that has no newline yet
	newest int
}

// next reads on and returns the highest number of a line so far, -1 for none.
func (t *tail) next() (int, error) {
	f, err := os.Open(t.path)
	if errors.Is(err, os.ErrNotExist) {
		return t.highest(nil), nil
	}
	if err != nil {
		return 0, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.NewSectionReader(f, t.read, 1<<40))
	t.read += int64(len(text))
	text = append(t.part, text...)
	end := len(text)
	for end > 0 && text[end-1] != '\n' {
		end--
	}
	t.part = slices.Clone(text[end:])
	return t.highest(Numbers(text[:end])), err
}

func (t *tail) highest(numbers []int) int {
	for _, n := range numbers {
		t.newest = max(t.newest, n+1)
	}
	return t.newest - 1
}

// numbersIn returns the numbers of all lines that r has.
func numbersIn(r io.Reader) (numbers []int, err error) {
	in := bufio.NewReaderSize(r, 1<<20)
	for {
		line, err := in.ReadBytes('\n')
		numbers = append(numbers, Numbers(line)...)
		if errors.Is(err, io.EOF) {
			return numbers, nil
		}
		if err != nil {
			return numbers, err
		}
	}
}

// numbersInFile returns the numbers of all lines in a file, which may be missing.
func numbersInFile(path string) ([]int, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return numbersIn(f)
}
