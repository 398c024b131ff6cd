package rotate

import "multilog/tai64n"

// The names in a log directory. Old files are called @LABEL and a suffix.
const (
	lockName      = "lock"
	currentName   = "current"
	nextName      = "next"
	previousName  = "previous"
	processedName = "processed"
	stateName     = "state"
	newstateName  = "newstate"

	unsafeSuffix = ".u" // not yet safe or not yet processed, or left by a kill
)

// The modes of files. The owner's execute bit marks a file as finished: current when
// its logger has ended cleanly, and old files.
const (
	modeOpen     = 0o644
	modeFinished = 0o744
	modeLock     = 0o600
	modeDir      = 0o700

	ownerExec = 0o100
)

// isOld reports whether a name counts as an old file: it begins with @ and is at least
// as long as a label. What follows and which program made the file does not matter.
func isOld(name string) bool {
	return len(name) >= tai64n.Len && name[0] == '@'
}

// isAhead reports whether the label in an old file's name is later than the horizon.
func isAhead(name string, horizon tai64n.Label) bool {
	l, ok := tai64n.ParseString(name[:tai64n.Len])
	return ok && horizon.Before(l)
}

// oldest returns the old file with the smallest label among names, or "" if there is
// none. Labels later than the horizon count as smaller than all others. It skips names
// for which pending returns true.
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

// countOld returns the number of old files among names.
func countOld(names []string) int {
	n := 0
	for _, name := range names {
		if isOld(name) {
			n++
		}
	}
	return n
}

// newestLabel returns the greatest label, up to the horizon, of the old files among
// names.
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

// oldLabel returns the label of an old file. It returns the zero label if the name has
// none, or one later than the horizon. waits reports whether the file is a .u file.
func oldLabel(name string, horizon tai64n.Label) (l tai64n.Label, waits bool) {
	if isOld(name) && !isAhead(name, horizon) {
		l, _ = tai64n.ParseString(name[:tai64n.Len])
	}
	return l, !l.IsZero() && name[tai64n.Len:] == unsafeSuffix
}
