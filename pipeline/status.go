package pipeline

import (
	"syscall"

	"multilog/internal/reason"
	"multilog/ioring"
	"multilog/rotate"
)

// statuses are the files of = actions. Each contains the last selected line, and
// newlines behind it up to lineBytes+1 bytes.
type statuses struct {
	files []statusFile
	of    []int // the index of the file of each = action
	line  [lineBytes + 1]byte
}

// statusFile is one of the files, and what a batch has for it.
type statusFile struct {
	fd         int
	path       string // as in messages
	dev, ino   uint64
	last       run // the line to write, in the batch's text
	fresh      bool
	unseekable bool // a FIFO or a terminal, which has no beginning to write to
	trouble    rotate.Trouble
}

// open opens the file of the next = action. A file that is open already, under this or
// another name, is written once, with the last line that any of its actions selects.
func (s *statuses) open(host rotate.Host, path string) error {
	op := ioring.Op{Code: ioring.OpenAt, Dir: atCwd, Path: path, Flags: syscall.O_WRONLY | syscall.O_CREAT | syscall.O_NONBLOCK, Mode: 0o600}
	if host.Do(&op); op.Err != nil {
		return &rotate.Error{What: "create " + path, Err: op.Err}
	}
	f := statusFile{fd: int(op.Res), path: path}
	op = ioring.Op{Code: ioring.Stat, FD: f.fd}
	if host.Do(&op); op.Err != nil {
		return &rotate.Error{What: "stat " + path, Err: op.Err}
	}
	f.dev, f.ino = op.Stat.Dev, op.Stat.Ino
	for i := range s.files {
		if s.files[i].dev == f.dev && s.files[i].ino == f.ino {
			s.of = append(s.of, i)
			op = ioring.Op{Code: ioring.Close, FD: f.fd}
			host.Do(&op) // it was not written to, so an error would lose nothing
			return nil
		}
	}
	s.of = append(s.of, len(s.files))
	s.files = append(s.files, f)
	return nil
}

// note notes that the = action with that index selects a line of the batch.
func (s *statuses) note(action int, line run) {
	f := &s.files[s.of[action]]
	f.last, f.fresh = line, true
}

// reset forgets the lines of a batch.
func (s *statuses) reset() {
	for i := range s.files {
		s.files[i].fresh = false
	}
}

// writeStatuses writes the last selected line of the batch to each status file. If that
// fails it pauses and tries again, until SIGTERM.
func (l *loop) writeStatuses() {
	s := &l.batch.statuses
	for i := range s.files {
		f := &s.files[i]
		if !f.fresh || f.unseekable {
			continue
		}
		n := copy(s.line[:lineBytes], l.batch.text[f.last.from:f.last.to])
		for j := n; j < len(s.line); j++ {
			s.line[j] = '\n'
		}
		for {
			err := l.sys.Console.WriteStatus(f.fd, s.line[:])
			if err == nil {
				f.trouble.Over(l.sys.Host)
				break
			}
			if err == syscall.ESPIPE {
				l.sys.Host.Warn("unable to write " + f.path + ", going on without it: " + reason.Of(err))
				f.unseekable = true
				break
			}
			f.trouble.Failed(l.sys.Host, "write "+f.path, err)
			if l.terms > 0 {
				break // the line is in the logs
			}
			l.wait(l.sys.Host.Mono()+troublePause, false)
		}
	}
}
