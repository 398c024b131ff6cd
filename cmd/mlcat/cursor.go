package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"multilog/internal/logdir"
	"multilog/tai64n"
)

// A cursor says how far each of several logs was read. Its text is that of its
// marks, in the order of the logs, joined by commas:
//
//	@LABEL+N+M        behind the Nth line that bears LABEL, and M lines without one
//	/@LABEL+ID+OFF    behind byte OFF of the first file after the old file @LABEL
//	                  (or of the first of all, without it), whose identity is ID
//	-                 before the first line
//
// A bare label is a cursor too.
type cursor []cursorMark

type cursorMark struct {
	label tai64n.Label
	count int // lines with label that were read
	extra int // lines without a label that were read after those

	// Of a log without labels:
	byPlace bool
	after   string // the label of the old file before the one that was read last
	id      string
	off     int64
}

func (m cursorMark) String() string {
	switch {
	case m.byPlace:
		return fmt.Sprintf("/%s+%s+%d", m.after, m.id, m.off)
	case m.label.IsZero():
		return "-"
	}
	return fmt.Sprintf("%v+%d+%d", m.label, m.count, m.extra)
}

func (c cursor) String() string {
	texts := make([]string, len(c))
	for i, m := range c {
		texts[i] = m.String()
	}
	return strings.Join(texts, ",")
}

// parseCursor reads a cursor of logs logs.
func parseCursor(text string, logs int) (cursor, error) {
	var c cursor
	for part := range strings.SplitSeq(strings.TrimSpace(text), ",") {
		m, err := parseMark(part)
		if err != nil {
			return nil, fmt.Errorf("unable to use cursor %q: %w", text, err)
		}
		c = append(c, m)
	}
	if len(c) == 1 && !c[0].byPlace {
		for len(c) < logs {
			c = append(c, c[0])
		}
	}
	if len(c) != logs {
		return nil, fmt.Errorf("unable to use cursor %q: it is of %d logs, named are %d", text, len(c), logs)
	}
	return c, nil
}

var errCursor = errors.New("not a cursor that mlcat has shown, and no label")

func parseMark(text string) (cursorMark, error) {
	if text == "-" {
		return cursorMark{}, nil
	}
	if place, ok := strings.CutPrefix(text, "/"); ok {
		parts := strings.Split(place, "+")
		if len(parts) != 3 || parts[0] != "" && !logdir.IsOld(parts[0]) {
			return cursorMark{}, errCursor
		}
		off, err := strconv.ParseInt(parts[2], 10, 64)
		if parts[1] == "" || err != nil || off < 0 {
			return cursorMark{}, errCursor
		}
		return cursorMark{byPlace: true, after: parts[0], id: parts[1], off: off}, nil
	}
	label, ok := tai64n.ParseString(text)
	if !ok {
		return cursorMark{}, errCursor
	}
	m := cursorMark{label: label, count: 1}
	if rest := text[tai64n.Len:]; rest != "" {
		if n, err := fmt.Sscanf(rest, "+%d+%d", &m.count, &m.extra); n != 2 || err != nil || m.count < 1 || m.extra < 0 {
			return cursorMark{}, errCursor
		}
	}
	return m, nil
}

// behind returns the place behind m or, with at, that of the line which m is behind.
func (s *source) behind(m cursorMark, at bool) place {
	switch {
	case m.byPlace:
		return s.behindPlace(m)
	case m.label.IsZero():
		return place{}
	}
	p := s.bound(m.label, false)
	s.warnBefore(p, m.label)
	count, extra := m.count, m.extra
	if at {
		count, extra = count-1, 0
	}
	for (count > 0 || extra > 0) && p.file < len(s.files) {
		c := s.openBlocks(p.file)
		if c == nil || p.off >= c.Size() {
			p = place{p.file + 1, 0}
			continue
		}
		line, err := c.LineAt(p.off)
		if err != nil {
			s.warn(fmt.Errorf("unable to read %s: %w", s.files[p.file].Path(), err))
			return p
		}
		label, labelled := tai64n.Parse(line)
		switch {
		case labelled && (label != m.label || count == 0):
			return p
		case labelled:
			count--
		case count == 0:
			extra--
		}
		p.off += int64(len(line))
	}
	return p
}

// warnBefore says that what followed a cursor's label may have been removed: when the
// log begins at p, with a later label.
func (s *source) warnBefore(p place, label tai64n.Label) {
	if p != (place{}) || len(s.files) == 0 || s.files[0].Label == "" {
		return
	}
	c := s.openBlocks(0)
	if c == nil {
		return
	}
	line, err := c.LineAt(0)
	if first, ok := tai64n.Parse(line); err == nil && ok && label.Before(first) {
		s.warn(missing{s.path, logdir.Gap{Files: -1, From: label.String(), To: first.String()}})
	}
}

func (s *source) behindPlace(m cursorMark) place {
	for i, e := range s.files {
		if e.ID() == m.id && e.After == m.after {
			return place{i, m.off}
		}
	}
	for i, e := range s.files {
		if e.After == m.after {
			return place{i, m.off}
		}
		if e.After > m.after { // the file was removed
			return place{i, 0}
		}
	}
	return place{len(s.files), 0}
}

// markAt returns the cursor's mark for the place at which reading ended.
func (s *source) markAt(p place) cursorMark {
	if p.off == 0 {
		p.file--
		p.off = -1
	}
	for ; p.file >= 0; p.file, p.off = p.file-1, -1 {
		c := s.openBlocks(p.file)
		if c == nil {
			continue
		}
		if p.off < 0 {
			p.off = c.Size()
		}
		label, count, extra, err := c.LabelBefore(p.off)
		if err != nil {
			s.warn(fmt.Errorf("unable to read %s: %w", s.files[p.file].Path(), err))
		}
		if count > 0 {
			return cursorMark{label: label, count: count, extra: extra}
		}
		if p.off > 0 { // without labels in the last file, they are not relied on
			e := s.files[p.file]
			return cursorMark{byPlace: true, after: e.After, id: e.ID(), off: p.off}
		}
	}
	return cursorMark{}
}

// wholeLines returns the place behind the last line that is complete. The rest of
// one that is being written will come, in the same file or, when that is full, in
// the next. What a logger left that was killed has no rest, nor has an old file that
// nothing follows.
func (s *source) wholeLines() place {
	end := place{len(s.files), 0}
	for i := len(s.files) - 1; i >= 0; i-- {
		e := s.files[i]
		if e.Torn() || i == len(s.files)-1 && logdir.IsOld(e.Name) {
			break
		}
		c := s.openBlocks(i)
		switch {
		case c == nil:
			return end
		case c.Size() == 0:
			continue
		}
		off, err := c.LineStart(c.Size())
		if err != nil {
			s.warn(fmt.Errorf("unable to read %s: %w", e.Path(), err))
			break
		}
		if off == c.Size() {
			break
		}
		end = place{i, off}
		if head, err := c.BlockHead(0, tai64n.Len); off > 0 || err != nil || logdir.LineHead(head) > 0 {
			break // it does not begin in the file before
		}
	}
	return end
}

// readCursorFile returns the cursor in a file, "" when there is no such file yet.
func readCursorFile(path string) (string, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(bytes.TrimSpace(data)), err
}

// writeCursorFile keeps a cursor in a file: at any time the old one or the new one.
func writeCursorFile(path string, c cursor) error {
	err := replaceFile(path, c.String()+"\n")
	var errno syscall.Errno
	if errors.As(err, &errno) {
		err = errno // the temporary file's name is nobody's business
	}
	if err != nil {
		return fmt.Errorf("unable to keep the cursor in %s: %w", path, err)
	}
	return nil
}

// replaceFile puts a file with that text in place of the one at path.
func replaceFile(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path))
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
