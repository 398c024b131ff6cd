package far

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"time"

	"multilog/cmd/mlcat/internal/cursor"
	"multilog/internal/logdir"
)

const (
	firstPause = time.Second
	lastPause  = time.Minute

	// followBytes are read at once, as a rule.
	followBytes = 256 << 10
)

// Next waits for more lines, and returns them. If the connection breaks, it returns an error,
// and the next call tries to connect again after a pause.
func (l *Log) Next() ([]byte, error) {
	if l.live == nil {
		time.Sleep(l.pause)
		l.pause = min(max(2*l.pause, firstPause), lastPause)
		live, err := l.start(l.followOptions(), l.warn)
		if err != nil {
			return nil, l.again(err)
		}
		l.live, l.lines = live, bufio.NewReaderSize(live.out, followBytes)
	}
	lines, err := wholeLines(l.lines)
	if len(lines) > 0 {
		l.mark.Advance(lines, nowhere{})
		l.marked = true
		l.pause = 0
	}
	if err == nil {
		return lines, nil
	}
	live := l.live
	l.live = nil
	if err = live.end(l.patterns, false); err == nil {
		err = l.failed("mlcat on " + l.Host + " has ended")
	}
	return lines, l.again(err)
}

// followOptions returns options that show what comes after the lines that were read. If none
// were, because Read has failed, they are those of Read.
func (l *Log) followOptions() []string {
	args := append(l.options(), "--follow", "--quiet")
	switch {
	case !l.marked && len(l.more) > 0:
		return append(args, l.more...)
	case l.marked && l.mark != (cursor.Mark{}):
		args = append(args, "--after-cursor="+l.mark.String())
	}
	return append(args, "--no-tail")
}

// again adds to an error when the next try is.
func (l *Log) again(err error) error {
	l.pause = max(l.pause, firstPause)
	return fmt.Errorf("%w; trying again in %v", err, l.pause)
}

// wholeLines waits for lines, and returns those that have come. At the end it leaves out
// one that is not complete.
func wholeLines(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadBytes('\n')
	if err != nil {
		if err != io.EOF {
			return nil, err
		}
		return nil, io.EOF
	}
	more, _ := r.Peek(r.Buffered())
	end := bytes.LastIndexByte(more, '\n') + 1
	line = append(line, more[:end]...)
	_, _ = r.Discard(end) // it is buffered
	return line, nil
}

// nowhere is a place in no file here.
type nowhere struct{}

func (nowhere) Position() (*logdir.File, int64) { return nil, 0 }
