package logdir

import (
	"testing"

	"multilog/tai64n"
)

// A label that a look did not see, because its file was just being renamed, stays
// known: else the file would be read again.
func TestRecentLabelsStayKnown(t *testing.T) {
	l := &look{Dir: &Dir{labels: make(map[string]bool)}}
	label := func(i int) string { return tai64n.Label{Sec: 1<<62 + uint64(i)}.String() }
	const known, there = 3 * keptLabels, 50
	for i := range known {
		l.Dir.labels[label(i)] = true
	}
	const leftover = 7 // of an outage, long ago
	l.old = append(l.old, label(leftover)+".u")
	for i := known - there; i < known-1; i++ {
		l.old = append(l.old, label(i)+".s")
	}
	l.forgetRemoved()
	for _, i := range []int{leftover, known - there, known - 2, known - 1} {
		if !l.Dir.labels[label(i)] {
			t.Errorf("label %d of %d is forgotten", i, known)
		}
	}
	if n := len(l.Dir.labels); n > known/2 {
		t.Errorf("%d of %d labels are known still", n, known)
	}
	if l.Dir.labels[label(0)] {
		t.Error("a label that has long been gone is known still")
	}
}
