package rotate

import (
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

// oldest is the old file with the smallest label among names, or "" when
// there is none. Those that pending says yes to are passed over.
func oldest(names []string, pending func(name string) bool) string {
	first := ""
	for _, name := range names {
		if !isOld(name) || pending(name) {
			continue
		}
		if first == "" || name[:tai64n.Len] < first[:tai64n.Len] {
			first = name
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

// newestLabel is the greatest label that an old file among names bears.
func newestLabel(names []string) tai64n.Label {
	var newest tai64n.Label
	for _, name := range names {
		if !isOld(name) {
			continue
		}
		if l, ok := tai64n.ParseString(name[:tai64n.Len]); ok && newest.Compare(l) < 0 {
			newest = l
		}
	}
	return newest
}
