package logdir

import (
	"slices"
	"strings"

	"multilog/tai64n"
)

// IsOld reports whether name is that of an old file. multilog, s6-log and svlogd all
// count and remove files whose names begin with '@' and have at least 25 bytes.
func IsOld(name string) bool { return len(name) >= tai64n.Len && name[0] == '@' }

// labelOf returns the label in the name of an old file: its first 25 bytes.
func labelOf(name string) string { return name[:tai64n.Len] }

// oldNames returns the names of old files among all, in order, one for each label.
func oldNames(all []string) []string {
	var old []string
	for _, name := range all {
		// svlogd's processor writes a .t for a .u, which becomes a .s when it is
		// complete.
		if IsOld(name) && !strings.HasSuffix(name, ".t") {
			old = append(old, name)
		}
	}
	slices.Sort(old) // a name comes before the names that begin with it
	return onePerLabel(slices.Compact(old))
}

// onePerLabel returns one name for each label. If one name begins with another, it
// keeps the shorter: a compressor makes the longer one from it and may be working or
// have left both. Of a .u and a .s it keeps the .s, which svlogd has made from the .u
// that it removes next.
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

// nameOf returns the name among old that has the label, or "".
func nameOf(old []string, label string) string {
	i, _ := slices.BinarySearch(old, label)
	if i < len(old) && labelOf(old[i]) == label {
		return old[i]
	}
	return ""
}

// unfinished reports whether an old file waits to be finished, or was left by a logger
// that was killed. Its last line may be incomplete.
func unfinished(name string) bool { return strings.HasSuffix(name, ".u") }
