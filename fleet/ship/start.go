package ship

import (
	"context"
	"time"

	"multilog/fleet/layout"
	"multilog/tai64n"
)

// spans are how far before the oldest file here the store is listed, to find the last
// file before that one.
var spans = []time.Duration{time.Hour, 24 * time.Hour, 30 * 24 * time.Hour}

// start reads from the store what it has of the log.
func (l *Log) start(ctx context.Context) error {
	oldest := l.oldest()
	have := map[string]bool{}
	for i := 0; i <= len(spans); i++ {
		from := ""
		if i < len(spans) {
			from = tai64n.Of(oldest.Time().Add(-spans[i])).String()
		}
		clear(have)
		clear(l.missing)
		first, err := l.list(ctx, from, have)
		if err != nil {
			return err
		}
		if first != "" && first < oldest.String() {
			break
		}
	}
	l.mu.Lock()
	for label := range have {
		l.stored(label)
		l.newest = max(l.newest, label)
	}
	l.mu.Unlock()
	l.groups = map[layout.ID]*group{}
	return l.listGroups(ctx)
}

// listGroups reads which files have pieces in the store, and which of these are
// finished.
func (l *Log) listGroups(ctx context.Context) error {
	l.count()
	for e, err := range l.Store.List(ctx, l.log.Live(), "", true) {
		if err != nil {
			return err
		}
		id, label, ok := l.log.ParseLive(e.Key)
		if !ok {
			continue
		}
		g := l.groups[id]
		if g == nil {
			g = &group{}
			l.groups[id] = g
		}
		if label != "" && (g.label == "" || !l.inStore(g.label)) {
			g.label = label
		}
	}
	return nil
}

// inStore reports whether the store has the finished file label, or says that it is
// missing.
func (l *Log) inStore(label string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.have[label]
}

// oldest returns the label of the oldest file that is here, or now.
func (l *Log) oldest() tai64n.Label {
	l.mu.Lock()
	defer l.mu.Unlock()
	oldest := tai64n.Of(l.Now()).String()
	if len(l.last.labels) > 0 {
		oldest = min(oldest, l.last.labels[0])
	}
	for _, e := range l.shelf.all {
		if !e.note {
			oldest = min(oldest, e.label)
			break
		}
	}
	label, _ := tai64n.ParseString(oldest)
	return label
}

// list adds the labels of the files that the store has after the label from, and
// of those that it says are missing. It returns the first.
func (l *Log) list(ctx context.Context, from string, have map[string]bool) (first string, err error) {
	for _, dir := range []string{l.log.Gaps(), l.log.Dir()} {
		after := ""
		if from != "" {
			after = dir + from
		}
		l.count()
		for e, err := range l.Store.List(ctx, dir+"@", after, true) {
			if err != nil {
				return "", err
			}
			label, ok := layout.Label(e.Key)
			if !ok || e.Prefix || dir == l.log.Gaps() && e.Key != l.log.Gap(label) {
				continue
			}
			have[label] = true
			if dir == l.log.Gaps() {
				l.missing[label] = true
			} else {
				delete(l.missing, label)
			}
			if first == "" || label < first {
				first = label
			}
		}
	}
	return first, nil
}
