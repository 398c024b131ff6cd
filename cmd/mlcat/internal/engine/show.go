package engine

import (
	"bufio"
	"errors"
	"io"

	"multilog/cmd/mlcat/internal/render"
	"multilog/cmd/mlcat/internal/source"
)

// AllLines is the number of lines that means all of them.
const AllLines = -1

// Options say in which order lines are printed, and how many.
type Options struct {
	Reverse bool   // the newest first
	Lines   int    // print only that many, the last ones of the logs; or AllLines
	Limit   *Limit // ends printing; nil does not. With one, Lines is AllLines
}

// NeedsMarks reports whether lines must be rendered with their marks to be printed with
// these options.
func (o Options) NeedsMarks(logs int) bool { return logs > 1 || o.backward() || o.Limit != nil }

// backward reports whether the logs are read from their end.
func (o Options) backward() bool { return o.Reverse || o.Lines != AllLines }

// A Run is text that is printed, one line or several. A Run of no lines is the end.
type Run struct {
	Text  []byte
	Lines int
}

// An Order gives lines in the order in which they are printed.
type Order interface {
	// Next returns more lines. They are valid until the next call.
	Next() (Run, error)
}

// sinkBytes are gathered before they are written. Longer texts are written at once.
const sinkBytes = 16 << 10

// Show prints what is wanted of logs to out, and returns the number of lines. The style
// must have Marks if o.NeedsMarks, or if it has context. Errors in reading are reported to the logs; the
// error is one of writing, or of a temporary file.
func Show(out io.Writer, logs []*source.Source, style *render.Style, o Options) (lines int, err error) {
	if o.Lines == 0 {
		return 0, nil
	}
	scanner := newScanner(style)
	defer scanner.stop()
	streams := make([]Stream, len(logs))
	for i, s := range logs {
		streams[i] = scanner.walk(s, o.backward())
		if style.HasContext() {
			streams[i] = &contextStream{streams[i], newContext(style, o)}
		}
	}
	order, end := o.order(streams)
	defer end()
	sink := bufio.NewWriterSize(out, sinkBytes)
	lines, err = printAll(sink, order)
	return lines, errors.Join(err, sink.Flush())
}

// order returns the stage that puts the lines of streams in order, and a function that
// gives back what it took.
func (o Options) order(streams []Stream) (order Order, end func()) {
	nothing := func() {}
	switch {
	case o.Limit != nil:
		return o.Limit.Order(streams, o.Reverse), nothing
	case !o.backward() && len(streams) == 1:
		return single{streams[0]}, nothing
	case !o.backward():
		return NewMerge(streams, false), nothing
	case !o.Reverse:
		t := &tail{from: NewMerge(streams, true), most: o.Lines}
		return t, t.close
	case o.Lines != AllLines:
		return &first{NewMerge(streams, true), o.Lines}, nothing
	}
	return NewMerge(streams, true), nothing
}

// printAll writes all lines of order and returns their number.
func printAll(out io.Writer, order Order) (lines int, err error) {
	for {
		run, err := order.Next()
		if err != nil || run.Lines == 0 {
			return lines, err
		}
		if _, err := out.Write(run.Text); err != nil {
			return lines, err
		}
		lines += run.Lines
	}
}

// single is the order of the lines of one stream.
type single struct{ stream Stream }

func (s single) Next() (Run, error) {
	l := s.stream.Next()
	if l == nil {
		return Run{}, nil
	}
	return Run{l.Text, l.Count}, nil
}

// first ends an order that gives single lines after some of them.
type first struct {
	order Order
	left  int // lines
}

func (f *first) Next() (Run, error) {
	if f.left == 0 {
		return Run{}, nil
	}
	run, err := f.order.Next()
	f.left -= run.Lines
	return run, err
}
