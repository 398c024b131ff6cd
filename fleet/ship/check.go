package ship

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"multilog/fleet/layout"
	"multilog/fleet/store"
)

// Report is what a check of a log has found.
type Report struct {
	Files   int      // finished files in the store
	Lines   int64    // in them
	Same    int      // of them, those that are in the directory, too, and equal
	Waiting int      // finished files that are not in the store, but newer than all that are
	Live    int64    // bytes of unfinished files that are in the store
	Gaps    []string // what gap objects say
	Wrong   []string // what should not be
}

// Check holds the store against the directory: every finished file that is in both
// is read from both and compared; every file in the store must follow one that is
// there, or a gap; pieces must be what the unfinished files begin with.
//
// A sender, or a rule of the store, may delete what is listed before it is read. A piece that
// goes has become part of a finished file, which is checked instead. After other losses
// the check begins again, twice at most.
func (l *Log) Check(ctx context.Context) (Report, error) {
	for try := 1; ; try++ {
		r, err := l.check(ctx)
		if !store.Is(err, store.NotFound) || try == checkTries {
			return r, err
		}
	}
}

const checkTries = 3

// checking is a check at work.
type checking struct {
	*Log
	Report
	here    scan
	view    layout.View
	known   map[string]bool // labels that gap objects tell of
	waiting map[string]bool // labels of finished files that are newer than all in the store
}

func (l *Log) check(ctx context.Context) (Report, error) {
	c := checking{Log: l, known: map[string]bool{}, waiting: map[string]bool{}}
	err := c.run(ctx)
	c.Waiting = len(c.waiting)
	return c.Report, err
}

func (c *checking) run(ctx context.Context) (err error) {
	if c.here, err = c.scan(); err != nil {
		return err
	}
	if c.view, err = layout.Look(ctx, c.Store, c.log, ""); err != nil {
		return err
	}
	for _, key := range c.view.Gaps {
		gap, err := c.readGap(ctx, key)
		if err != nil {
			return err
		}
		if label, ok := layout.Label(gap.File); ok {
			c.known[label] = true
			if c.view.Has(label) {
				continue // it came after all
			}
		}
		c.known[gap.After] = true
		c.Gaps = append(c.Gaps, describeGap(gap))
	}
	for i, f := range c.view.Files {
		before, err := c.finished(ctx, f)
		if err != nil {
			return err
		}
		if i > 0 && before != "" && !c.view.Has(before) && !c.known[before] {
			c.Wrong = append(c.Wrong, fmt.Sprintf("%s follows %s, which is not in the store", f.Key, before))
		}
	}
	for _, label := range c.here.labels {
		n := len(c.view.Files)
		switch {
		case c.view.Has(label) || unfinished(c.here.names[label]):
		case n == 0 || label > c.view.Files[n-1].Label:
			c.waiting[label] = true
		case !c.known[label]:
			c.Wrong = append(c.Wrong, fmt.Sprintf("%s is not in the store, but later files are", c.here.names[label]))
		}
	}
	return c.pieces(ctx)
}

// finished checks a finished file. It returns the label of the file before it.
func (c *checking) finished(ctx context.Context, f layout.File) (before string, err error) {
	o, err := c.Store.Head(ctx, f.Key)
	if err != nil {
		return "", err
	}
	meta := layout.ParseFileMeta(o.Meta)
	if name, here := c.here.names[f.Label]; here {
		if err := c.checkFile(ctx, &c.Report, f, name, meta); err != nil {
			return "", err
		}
	}
	c.Files++
	c.Lines += meta.Lines
	return meta.Before, nil
}

func (l *Log) readGap(ctx context.Context, key string) (layout.Gap, error) {
	body, err := l.Store.Get(ctx, key, 0, -1)
	if err != nil {
		return layout.Gap{}, err
	}
	defer body.Close()
	text, err := io.ReadAll(body)
	if err != nil {
		return layout.Gap{}, err
	}
	return layout.ParseGap(text)
}

func describeGap(g layout.Gap) string {
	if g.File == "" {
		return fmt.Sprintf("files between %s and %s may be missing: %s", g.After, g.Before, g.Why)
	}
	return fmt.Sprintf("%s is missing, %d bytes: %s", g.File, g.Bytes, g.Why)
}

// checkFile compares a finished file in the store with the one here.
func (l *Log) checkFile(ctx context.Context, r *Report, there layout.File, name string, meta layout.FileMeta) error {
	f, err := l.dir.Open(name, false)
	if absent(err) {
		return nil // removed or processed meanwhile
	}
	if err != nil {
		return err
	}
	defer f.Close()
	here, err := readFacts(f)
	if err != nil {
		return err
	}
	body, err := l.Store.Get(ctx, there.Key, 0, -1)
	if err != nil {
		return err
	}
	defer body.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, body); err != nil {
		return err
	}
	hash := hex.EncodeToString(here.sha256[:])
	switch {
	case hex.EncodeToString(sum.Sum(nil)) != hash:
		r.Wrong = append(r.Wrong, fmt.Sprintf("%s is another file than %s here", there.Key, name))
	case meta.SHA256 != hash || meta.Lines != here.Lines:
		r.Wrong = append(r.Wrong, fmt.Sprintf("%s is the same as %s here, but what is noted with it is not: %d lines, SHA-256 %s", there.Key, name, meta.Lines, meta.SHA256))
	default:
		r.Same++
	}
	return nil
}

// pieces compares pieces with the unfinished files here.
func (c *checking) pieces(ctx context.Context) error {
	files, _, err := c.unfinished(true)
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	if err != nil {
		return err
	}
	for _, live := range c.view.Live {
		err := c.piecesOf(ctx, live, files)
		if store.Is(err, store.NotFound) { // the file was finished meanwhile
			f, ok, becameErr := layout.Became(ctx, c.Store, c.log, live.ID)
			if becameErr != nil || !ok {
				return cmp.Or(becameErr, err)
			}
			delete(c.waiting, f.Label)
			_, err = c.finished(ctx, f)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// piecesOf compares the pieces of one file.
func (c *checking) piecesOf(ctx context.Context, live layout.Live, files []raw) error {
	var pos int64
	var wrong []string
	for _, p := range live.Pieces {
		data, err := layout.ReadPiece(ctx, c.Store, p.Key)
		if err != nil {
			return err
		}
		part, ok := layout.Fit(pos, p.Off, data)
		if !ok {
			wrong = append(wrong, fmt.Sprintf("%s begins at byte %d, but those before it end at %d", p.Key, p.Off, pos))
			break
		}
		for _, f := range files {
			if id, ok := readID(f); ok && id == live.ID && !equalAt(f, pos, part) {
				wrong = append(wrong, fmt.Sprintf("%s is not what %s has there", p.Key, f.name))
			}
		}
		pos += int64(len(part))
	}
	c.Wrong = append(c.Wrong, wrong...)
	c.Live += pos
	return nil
}

func equalAt(f File, off int64, data []byte) bool {
	here := make([]byte, len(data))
	n, _ := f.ReadAt(here, off)
	return bytes.Equal(here[:n], data)
}
