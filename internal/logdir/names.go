package logdir

import (
	"slices"
	"strings"

	"multilog/tai64n"
)

// IsOld reports whether name is an old file's: every multilog, s6-log and svlogd
// counts, and removes, those that begin with '@' and have at least 25 bytes.
func IsOld(name string) bool { return len(name) >= tai64n.Len && name[0] == '@' }

// labelOf returns the label in an old file's name, the 25 bytes that it is sorted by.
func labelOf(name string) string { return name[:tai64n.Len] }

// oldNames returns the names of old files, in order, one for each label.
func oldNames(all []string) []string {
	var old []string
	for _, name := range all {
		// svlogd's processor makes a .t of a .u; it becomes a .s when it is complete.
		if IsOld(name) && !strings.HasSuffix(name, ".t") {
			old = append(old, name)
		}
	}
	slices.Sort(old) // within a label, what others continue comes before them
	return onePerLabel(slices.Compact(old))
}

// onePerLabel leaves one name for each label. A name that continues another one is
// what a compressor makes of that, or has made without removing it. A .u beside a
// .s is what svlogd has made the .s of, and removes next.
func onePerLabel(old []string) []string {
	kept := old[:0]
	for _, name := range old {
		n := len(kept)
		switch {
		case n == 0 || labelOf(kept[n-1]) != labelOf(name):
			kept = append(kept, name)
		case strings.HasPrefix(name, kept[n-1]) && len(kept[n-1]) > tai64n.Len:
		case unfinished(kept[n-1]):
			kept[n-1] = name
		}
	}
	return kept
}

// nameOf returns which of the old files has label, "" if none has.
func nameOf(old []string, label string) string {
	i, _ := slices.BinarySearch(old, label)
	if i < len(old) && labelOf(old[i]) == label {
		return old[i]
	}
	return ""
}

// unfinished reports whether an old file waits to be finished, or was left by a
// logger that was killed, so that its last line may end anywhere.
func unfinished(name string) bool { return strings.HasSuffix(name, ".u") }
