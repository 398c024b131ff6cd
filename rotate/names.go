package rotate

import (
	"math"

	"multilog/tai64n"
)

// The names in a log directory. Old files are called @LABEL and a suffix.
const (
	lockName      = "lock"
	currentName   = "current"
	nextName      = "next"
	previousName  = "previous"
	processedName = "processed"
	stateName     = "state"
	newstateName  = "newstate"

	unsafeSuffix = ".u" // not yet safe or not yet processed, or left by an outage
)

// The modes of files: current has its owner's execute bit when it was
// finished cleanly, and so have the files that came from it.
const (
	modeOpen     = 0o644
	modeFinished = 0o744
	modeLock     = 0o600
	modeDir      = 0o700

	ownerExec = 0o100
)

// isOld says whether a name counts as an old file: it begins with @ and is as
// long as a label, whatever follows, whoever made it.
func isOld(name string) bool {
	return len(name) >= tai64n.Len && name[0] == '@'
}

// aheadAtMost is how far the name of an old file may be ahead of the clock: a
// clock that was set back by less is waited for, and names go on from the
// newest. Names that are farther ahead are of a time when the clock was wrong.
// To go on from those would keep all later names wrong, for ever; so they count
// as older than all others, and go first.
const aheadAtMost = 24 * 3600e9 // nanoseconds

// clockSetSince is a time that is long past: a clock that shows an earlier one
// was not set since the machine was started, and no name is judged by it.
const clockSetSince = 1735689600e9 // 2025-01-01, in nanoseconds since 1970

// horizon is the latest label that an old file can have; those behind it are of
// a time when the clock was wrong.
func (d *Dir) horizon() tai64n.Label {
	now := d.k.Now()
	if now < clockSetSince {
		return tai64n.Label{Sec: math.MaxUint64}
	}
	return tai64n.FromUnixNano(now + aheadAtMost)
}

// isAhead reports whether an old file's name is behind the horizon.
func isAhead(name string, horizon tai64n.Label) bool {
	l, ok := tai64n.ParseString(name[:tai64n.Len])
	return ok && horizon.Before(l)
}

// oldest is the old file with the smallest label among names, those behind the
// horizon first, or "" when there is none. Those that pending says yes to are
// passed over.
func oldest(names []string, horizon tai64n.Label, pending func(name string) bool) string {
	first, firstAhead := "", false
	for _, name := range names {
		if !isOld(name) || pending(name) {
			continue
		}
		ahead := isAhead(name, horizon)
		if first == "" || ahead && !firstAhead || ahead == firstAhead && name[:tai64n.Len] < first[:tai64n.Len] {
			first, firstAhead = name, ahead
		}
	}
	return first
}

// countOld is the number of old files among names.
func countOld(names []string) int {
	n := 0
	for _, name := range names {
		if isOld(name) {
			n++
		}
	}
	return n
}

// newestLabel is the greatest label that an old file among names bears, up to
// the horizon.
func newestLabel(names []string, horizon tai64n.Label) tai64n.Label {
	var newest tai64n.Label
	for _, name := range names {
		if !isOld(name) {
			continue
		}
		if l, ok := tai64n.ParseString(name[:tai64n.Len]); ok && newest.Before(l) && !horizon.Before(l) {
			newest = l
		}
	}
	return newest
}
