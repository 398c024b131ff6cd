package rotate

import (
	"math"

	"multilog/tai64n"
)

// labels chooses the labels in the names of old files.
type labels struct {
	at          *place
	last        tai64n.Label // the greatest that this logger has chosen or found in the directory
	warnedAhead bool         // it has warned of names ahead of the clock
}

// aheadAtMost is how far the name of an old file may be ahead of the clock. If the
// clock was set back by less, new names continue from the newest one until the clock
// has caught up. Names farther ahead come from a time when the clock was wrong.
// Continuing from those would make all later names wrong, so they count as older than
// all others and are removed first.
const aheadAtMost = 24 * 3600e9 // nanoseconds

// clockSetSince is a time in the past. A clock that shows an earlier time has not been
// set since the machine started, and no name is judged by it.
const clockSetSince = 1735689600e9 // 2025-01-01, in nanoseconds since 1970

// horizon returns the latest label that an old file can have. Later ones come from a
// time when the clock was wrong.
func (ls *labels) horizon() tai64n.Label {
	now := ls.at.now()
	if now < clockSetSince {
		return tai64n.Label{Sec: math.MaxUint64}
	}
	return tai64n.FromUnixNano(now + aheadAtMost)
}

// found notes the newest label among the names in the directory. It warns once about
// names ahead of the clock.
func (ls *labels) found(names []string) {
	horizon := ls.horizon()
	ls.follow(newestLabel(names, horizon))
	for _, name := range names {
		if isOld(name) && isAhead(name, horizon) && !ls.warnedAhead {
			ls.warnedAhead = true
			ls.at.warn(ls.at.path(name) + " is named more than a day ahead of the clock: it counts as the oldest file, and is removed first")
		}
	}
}

// follow makes later labels sort after other.
func (ls *labels) follow(other tai64n.Label) {
	if ls.last.Before(other) {
		ls.last = other
	}
}

// newLabel returns a label that sorts after every old file of the directory, even if
// the clock was set back by less than a day (see horizon).
func (ls *labels) newLabel() tai64n.Label {
	l := tai64n.FromUnixNano(ls.at.now())
	if ls.horizon().Before(ls.last) { // the clock was set back by more than a day
		ls.last = tai64n.Label{}
	}
	if l.Compare(ls.last) <= 0 {
		if after := ls.last.Next(); ls.last.Compare(after) < 0 {
			l = after
		}
	}
	ls.last = l
	return l
}

// labelBefore returns a label for the file that a processor was working on; names are
// the old files beside it. Files become safe one after another. So the label follows
// those that are safe and the time begun, at which the file was made (nanoseconds since
// 1970; 0 if it is not known), and precedes those of the .u files, which wait behind
// it.
func (ls *labels) labelBefore(names []string, begun int64) tai64n.Label {
	var after, first tai64n.Label
	horizon := ls.horizon()
	if begun != 0 {
		after = tai64n.FromUnixNano(begun)
	}
	for _, name := range names {
		if l, waits := oldLabel(name, horizon); !waits && after.Before(l) {
			after = l
		}
	}
	for _, name := range names {
		if l, waits := oldLabel(name, horizon); waits && after.Before(l) && (first.IsZero() || l.Before(first)) {
			first = l
		}
	}
	if after.IsZero() {
		after = tai64n.FromUnixNano(first.UnixNano() - 2)
	}
	if after = after.Next(); !first.IsZero() && after.Before(first) {
		return after
	}
	return ls.newLabel()
}

// labelBehind returns a label for a next that was last written at wrote, before other
// loggers used the directory. The first of them renamed older files to .u.
func (ls *labels) labelBehind(names []string, wrote int64) tai64n.Label {
	after, end, horizon := tai64n.FromUnixNano(wrote), tai64n.Label{}, ls.horizon()
	for _, name := range names {
		if l, waits := oldLabel(name, horizon); !waits && after.Before(l) && (end.IsZero() || l.Before(end)) {
			end = l
		}
	}
	for _, name := range names {
		if l, waits := oldLabel(name, horizon); waits && after.Before(l) && (end.IsZero() || l.Before(end)) {
			after = l
		}
	}
	if after = after.Next(); !end.IsZero() && !after.Before(end) {
		return ls.newLabel()
	}
	ls.follow(after)
	return after
}

// previousLabel returns the label for the file that a processor was working on when the
// previous logger ended; names are the old files beside it. noted is the label in the
// lock page, or zero; begun is when the file was made, in nanoseconds since 1970, or 0
// if that is not known.
func (ls *labels) previousLabel(noted tai64n.Label, names []string, begun int64) tai64n.Label {
	horizon := ls.horizon()
	if horizon.Before(noted) {
		noted = tai64n.Label{}
	}
	for _, name := range names {
		if !isOld(name) || isAhead(name, horizon) {
			continue
		}
		// Files become safe in the order of their labels, so this file's label is
		// greater than theirs, unless another logger has used the directory.
		l, ok := tai64n.ParseString(name[:tai64n.Len])
		if ok && (l == noted || name[tai64n.Len:] != unsafeSuffix && noted.Before(l)) {
			noted = tai64n.Label{}
		}
	}
	if noted.IsZero() {
		return ls.labelBefore(names, begun)
	}
	ls.follow(noted)
	return noted
}
