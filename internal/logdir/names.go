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

// names are the files of a log directory, as far as they are part of the log.
type names struct {
	old                                []string // in order
	current, previous, processed, next bool
}

// sortNames picks the log's files out of a directory's names.
func sortNames(all []string) names {
	var n names
	for _, name := range all {
		switch {
		case IsOld(name) && strings.HasSuffix(name, ".t"): // what svlogd's processor is making of a .u
		case IsOld(name):
			n.old = append(n.old, name)
		case name == "current":
			n.current = true
		case name == "previous":
			n.previous = true
		case name == "processed":
			n.processed = true
		case name == "next":
			n.next = true
		}
	}
	slices.Sort(n.old) // within a label, what others continue comes before them
	n.old = slices.Compact(n.old)
	n.old = dropCopies(n.old)
	return n
}

// dropCopies leaves out what a compressor is just making of an old file, or has
// made without removing it: a name that continues another's.
func dropCopies(old []string) []string {
	kept := old[:0]
	for _, name := range old {
		if len(kept) > 0 && len(kept[len(kept)-1]) > tai64n.Len && strings.HasPrefix(name, kept[len(kept)-1]) {
			continue
		}
		kept = append(kept, name)
	}
	return kept
}

// unfinished reports whether an old file was left by a logger that was killed, so
// that its last line may end anywhere.
func unfinished(name string) bool { return strings.HasSuffix(name, ".u") }
