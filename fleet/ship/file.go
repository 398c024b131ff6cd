package ship

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"multilog/fleet/layout"
	"multilog/fleet/store"
	"multilog/tai64n"
)

func bytesBody(b []byte) store.Body {
	return store.Body{Data: bytes.NewReader(b), Size: int64(len(b)), SHA256: sha256.Sum256(b)}
}

// sendFile puts a finished file, or the note that one is missing.
func (l *Log) sendFile(ctx context.Context, i item) error {
	f, err := l.dir.Open(i.open, i.kept)
	if absent(err) {
		l.mu.Lock()
		l.stale = l.stale || i.kept // somebody else has dropped it
		l.mu.Unlock()
		return nil // or it has another name: the next look tells
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if i.note {
		return l.sendNote(ctx, i, f)
	}
	x, err := readFacts(f)
	if err != nil {
		return fmt.Errorf("unable to read %s: %w", i.name, err)
	}
	hash := x.sha256
	x.SHA256 = hex.EncodeToString(hash[:])
	strays, err := l.strays(ctx, i.label, x.id)
	if err != nil {
		return err
	}
	if x.Before, err = l.precedes(ctx, i.label, x.id, strays); err != nil {
		return err
	}
	if err := l.supersede(ctx, i.label, x.id, strays); err != nil {
		return err
	}
	key := l.log.File(i.name)
	l.count()
	err = l.Store.PutNew(ctx, key, store.Body{Data: f, Size: x.size, SHA256: hash}, x.Map())
	switch {
	case store.Is(err, store.Exists):
		l.compare(ctx, key, x)
	case err != nil:
		return err
	}
	return l.sent(i, func(s *Stats) {
		s.Files++
		s.SentBytes += x.size
	})
}

// compare warns if the store has another file under the same key, because two hosts or
// two directories have the same name.
func (l *Log) compare(ctx context.Context, key string, x facts) {
	l.count()
	o, err := l.Store.Head(ctx, key)
	if err != nil {
		return
	}
	if there := layout.ParseFileMeta(o.Meta).SHA256; there != "" && there != x.SHA256 {
		l.Warn(l.log, fmt.Sprintf("%s in the store is another file than the one here, which is not sent: is there another host or directory of that name?", key))
	}
}

// sendNote puts a gap object for a file that was dropped.
func (l *Log) sendNote(ctx context.Context, i item, f File) error {
	gap, text, err := readNote(f)
	if err != nil {
		return err
	}
	if gap.After != "" {
		l.mu.Lock()
		l.before[i.label] = gap.After
		l.mu.Unlock()
	}
	if _, err := l.precedes(ctx, i.label, layout.ID(gap.ID), nil); err != nil {
		return err
	}
	if id := layout.ID(gap.ID); l.groups[id] != nil && l.groups[id].label == "" { // what there is of it stays
		if err := l.put(ctx, l.log.Done(id, i.label), nil); err != nil {
			return err
		}
		l.groups[id].label = i.label
	}
	if err := l.put(ctx, l.log.Gap(i.label), text); err != nil {
		return err
	}
	l.missing[i.label] = true
	return l.sent(i, func(s *Stats) { s.Gaps++ })
}

// sent notes that the store has a file, or the gap object in its place.
func (l *Log) sent(i item, count func(*Stats)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stored(i.label)
	l.newest = max(l.newest, i.label)
	delete(l.gone, i.label)
	count(&l.stats)
	if e := l.shelf.find(i.open); e != nil && i.kept {
		return l.unshelve(e)
	}
	return nil
}

// precedes returns the label of the file before the file label, whose ID is id. If the
// store does not have that one, or if it can't be determined and the store has an older
// one, precedes puts a gap object.
func (l *Log) precedes(ctx context.Context, label string, id layout.ID, strays []layout.ID) (string, error) {
	l.mu.Lock()
	if prior := l.last.prior(label); prior != "" { // nothing before a finished file has no label
		l.before[label] = prior
	}
	before, newest := l.before[label], l.newestBefore(label)
	had := l.have[before]
	l.mu.Unlock()
	if newest == "" && len(strays) > 0 {
		newest = strays[0].Label()
	}
	if before == "" && newest != "" {
		noted, err := l.noted(ctx, id)
		if err != nil {
			return "", err
		}
		if before = noted; before != "" {
			had = l.inStore(before)
		}
	}
	if had || before == "" && newest == "" {
		return before, nil
	}
	gap := layout.Gap{Host: l.log.Host, Log: l.log.Name, After: newest, Before: label,
		Why: "files may have come and gone while mlship was not running, or too fast for it"}
	key, what := l.log.GapBetween(newest, label), "between "+newest+" and "+label+", if there were any,"
	if newest == "" {
		gap.File, key, what = before, l.log.Gap(before), "before "+label
	}
	if err := l.put(ctx, key, gap.Encode()); err != nil {
		return "", err
	}
	if before == "" {
		before = newest
	}
	l.mu.Lock()
	l.stats.Gaps++
	l.before[label] = before
	l.stored(before) // as far as can be
	l.mu.Unlock()
	l.between[label] = true
	if before != newest {
		l.missing[before] = true
	}
	l.Warn(l.log, "the files "+what+" were removed before they could be sent; a gap object says so")
	return before, nil
}

// newestBefore returns the greatest label before label that the store has.
func (l *Log) newestBefore(label string) string {
	newest := ""
	for have := range l.have {
		if have < label {
			newest = max(newest, have)
		}
	}
	return newest
}

// noted returns the label of the file before the file id, from the metadata of the
// file's first piece, or "".
func (l *Log) noted(ctx context.Context, id layout.ID) (string, error) {
	g := l.groups[id]
	if g == nil || l.noRead {
		return "", nil
	}
	if g.noted {
		return g.after, nil
	}
	l.count()
	for e, err := range l.Store.List(ctx, l.log.Pieces(id), "", false) {
		if err != nil {
			return "", err
		}
		l.count()
		o, err := l.Store.Head(ctx, e.Key)
		switch {
		case store.Is(err, store.Denied):
			l.noRead = true
			return "", nil
		case store.Is(err, store.NotFound):
			return "", errAgain
		case err != nil:
			return "", err
		}
		g.after = layout.ParsePieceMeta(o.Meta).Before
		break
	}
	g.noted = true
	return g.after, nil
}

// supersede puts the objects that say which pieces the file label replaces. Its ID is
// id, unless a processor has changed its first line; then it is the file that had the
// same name before, or follows the same file.
func (l *Log) supersede(ctx context.Context, label string, id layout.ID, strays []layout.ID) error {
	var ids []layout.ID
	if id != "" && (!l.Whole || l.groups[id] != nil) { // pieces may be there that this process knows nothing of, or come yet
		ids = append(ids, id)
	}
	if of, ok := l.idOf[label]; ok && of != id {
		ids = append(ids, of)
	}
	l.mu.Lock()
	before := l.before[label]
	l.mu.Unlock()
	if l.groups[id] != nil || len(ids) > 1 { // it has pieces of its own
		strays = nil
	}
	for _, g := range strays {
		after, err := l.noted(ctx, g)
		if err != nil {
			return err
		}
		if after != "" && after == before && !l.between[label] {
			ids = append(ids, g)
		}
	}
	for _, id := range ids {
		g := l.groups[id]
		if g == nil {
			g = &group{}
			l.groups[id] = g
		}
		if g.label != "" && g.label != label {
			continue
		}
		if err := l.put(ctx, l.log.Done(id, label), nil); err != nil {
			return err
		}
		g.label = label
	}
	delete(l.idOf, label)
	return nil
}

// strays returns the pieces that belong to a file that is neither here nor in the
// store: one that came and went unseen, or that a processor has changed. id is the ID
// of the file label.
func (l *Log) strays(ctx context.Context, label string, id layout.ID) ([]layout.ID, error) {
	var living map[layout.ID]bool
	find := func() (ids []layout.ID) {
		for _, g := range slices.Sorted(maps.Keys(l.groups)) {
			if l.groups[g].label != "" || g == id || g == l.idOf[label] || g.Label() > label {
				continue
			}
			if living == nil {
				living = l.living(label)
			}
			if !living[g] {
				ids = append(ids, g)
			}
		}
		return ids
	}
	ids := find()
	if !slices.ContainsFunc(ids, func(g layout.ID) bool { return !l.groups[g].stray }) {
		return ids, nil
	}
	if err := l.listGroups(ctx); err != nil { // another sender may know
		return nil, err
	}
	ids = find()
	for _, g := range ids {
		l.groups[g].stray = true
	}
	return ids, nil
}

// living returns the IDs of all files that are here, except the finished file label.
func (l *Log) living(label string) map[layout.ID]bool {
	ids := map[layout.ID]bool{}
	look := func(name string, kept bool) {
		if f, err := l.dir.Open(name, kept); err == nil {
			if id, ok := firstID(f); ok {
				ids[id] = true
			}
			f.Close()
		}
	}
	names, _ := l.dir.Names()
	kept, _ := l.dir.Kept()
	for _, name := range names {
		if len(name) < tai64n.Len || name[:tai64n.Len] != label {
			look(name, false)
		}
	}
	for _, k := range kept {
		if len(k.Name) < tai64n.Len || k.Name[:tai64n.Len] != label {
			look(k.Name, true)
		}
	}
	return ids
}

// clean deletes the pieces that a file in the store has replaced, and an hour later the
// objects that say so.
func (l *Log) clean(ctx context.Context) error {
	for _, id := range slices.Sorted(maps.Keys(l.groups)) {
		g := l.groups[id]
		have := g.label != "" && l.inStore(g.label) && !l.missing[g.label]
		late := !g.cleaned.IsZero() && l.Now().Sub(g.cleaned) > cleanAfter
		if !have || l.noDel || !g.cleaned.IsZero() && !late {
			continue
		}
		var keys []string
		l.count()
		for e, err := range l.Store.List(ctx, l.log.Live()+string(id), "", false) {
			if err != nil {
				return err
			}
			if _, done, ok := l.log.ParseLive(e.Key); ok && (late || done == "") {
				keys = append(keys, e.Key)
			}
		}
		if len(keys) > 0 {
			l.count()
			err := l.Store.Delete(ctx, keys...)
			if store.Is(err, store.Denied) {
				l.noDel = true
				return nil
			}
			if err != nil {
				return err
			}
		}
		if late {
			delete(l.groups, id)
		} else {
			g.cleaned = l.Now()
		}
	}
	return nil
}
