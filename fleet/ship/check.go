package ship

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"multilog/fleet/layout"
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
func (l *Log) Check(ctx context.Context) (r Report, err error) {
	s, err := l.scan()
	if err != nil {
		return r, err
	}
	view, err := layout.Look(ctx, l.Store, l.log, "")
	if err != nil {
		return r, err
	}
	known := map[string]bool{}
	for _, key := range view.Gaps {
		gap, err := l.readGap(ctx, key)
		if err != nil {
			return r, err
		}
		if label, ok := layout.Label(gap.File); ok {
			known[label] = true
			if view.Has(label) {
				continue // it came after all
			}
		}
		known[gap.After] = true
		r.Gaps = append(r.Gaps, describeGap(gap))
	}
	for i, f := range view.Files {
		o, err := l.Store.Head(ctx, f.Key)
		if err != nil {
			return r, err
		}
		meta := layout.ParseFileMeta(o.Meta)
		r.Files++
		r.Lines += meta.Lines
		if i > 0 && meta.Before != "" && !view.Has(meta.Before) && !known[meta.Before] {
			r.Wrong = append(r.Wrong, fmt.Sprintf("%s follows %s, which is not in the store", f.Key, meta.Before))
		}
		if name, here := s.names[f.Label]; here {
			if err := l.checkFile(ctx, &r, f, name, meta); err != nil {
				return r, err
			}
		}
	}
	for _, label := range s.labels {
		n := len(view.Files)
		switch {
		case view.Has(label) || unfinished(s.names[label]):
		case n == 0 || label > view.Files[n-1].Label:
			r.Waiting++
		case !known[label]:
			r.Wrong = append(r.Wrong, fmt.Sprintf("%s is not in the store, but later files are", s.names[label]))
		}
	}
	return r, l.checkLive(ctx, &r, view)
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

// checkLive compares pieces with the unfinished files here.
func (l *Log) checkLive(ctx context.Context, r *Report, view layout.View) error {
	files, _, err := l.unfinished(true)
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	if err != nil {
		return err
	}
	for _, live := range view.Live {
		pos := int64(0)
		for _, p := range live.Pieces {
			data, err := layout.ReadPiece(ctx, l.Store, p.Key)
			if err != nil {
				return err
			}
			part, ok := layout.Fit(pos, p.Off, data)
			if !ok {
				r.Wrong = append(r.Wrong, fmt.Sprintf("%s begins at byte %d, but those before it end at %d", p.Key, p.Off, pos))
				break
			}
			for _, f := range files {
				if id, ok := readID(f); ok && id == live.ID && !equalAt(f, pos, part) {
					r.Wrong = append(r.Wrong, fmt.Sprintf("%s is not what %s has there", p.Key, f.name))
				}
			}
			pos += int64(len(part))
		}
		r.Live += pos
	}
	return nil
}

func equalAt(f File, off int64, data []byte) bool {
	here := make([]byte, len(data))
	n, _ := f.ReadAt(here, off)
	return bytes.Equal(here[:n], data)
}
