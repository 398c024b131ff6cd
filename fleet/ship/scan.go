package ship

import (
	"fmt"
	"slices"
	"strings"

	"multilog/tai64n"
)

// scan is the content of a log directory.
type scan struct {
	labels []string          // of its old files, in order
	names  map[string]string // by label
	busy   bool              // a processor is working, so a file has no label now
}

// scan reads the directory. A name that changes meanwhile may be missing from a
// reading. So scan reads until two readings are equal, at most a few times; then the
// names of all readings count.
func (l *Log) scan() (scan, error) {
	s := scan{names: map[string]string{}}
	var before []string
	for range 4 {
		names, err := l.dir.Names()
		if err != nil {
			return s, err
		}
		slices.Sort(names)
		if before != nil && slices.Equal(names, before) {
			break
		}
		for _, name := range names {
			s.add(name, l)
		}
		before = names
	}
	for label := range s.names {
		s.labels = append(s.labels, label)
	}
	slices.Sort(s.labels)
	return s, nil
}

// add adds a name. If two have the same label, the finished file counts.
func (s *scan) add(name string, l *Log) {
	switch {
	case name == "previous" || name == "processed":
		s.busy = true
	case !strings.HasPrefix(name, "@") || len(name) < tai64n.Len || strings.HasSuffix(name, ".t"):
	default:
		if _, ok := tai64n.ParseString(name); !ok {
			l.warnOnce(fmt.Sprintf("%q has no valid label: it is not sent", name))
			return
		}
		label := name[:tai64n.Len]
		if old, ok := s.names[label]; !ok || unfinished(old) || !unfinished(name) && name < old {
			s.names[label] = name
		}
	}
}

// unfinished reports whether a name is that of a file that may still be processed.
func unfinished(name string) bool { return strings.HasSuffix(name, ".u") }

// prior returns the label before label in the directory, or "".
func (s *scan) prior(label string) string {
	if i, _ := slices.BinarySearch(s.labels, label); i > 0 {
		return s.labels[i-1]
	}
	return ""
}

// newestFinished returns the greatest label of a file that is finished.
func (s *scan) newestFinished() string {
	for _, label := range slices.Backward(s.labels) {
		if !unfinished(s.names[label]) {
			return label
		}
	}
	return ""
}
