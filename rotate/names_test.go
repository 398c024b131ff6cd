package rotate

import (
	"testing"

	"multilog/tai64n"
)

const (
	labelA = "@400000004000000000000001"
	labelB = "@400000004000000000000002"
	labelC = "@4000000040000000000000ff"
)

func none(string) bool { return false }

func TestOldFiles(t *testing.T) {
	names := []string{
		"current", "lock", labelC, labelB + ".u", "@", "@40000000400000000000.s", labelA + ".s.zst", "x" + labelA[1:] + ".s",
		"@zzzzzzzzzzzzzzzzzzzzzzzz.s",
	}
	if n := countOld(names); n != 4 {
		t.Errorf("%d old files", n)
	}
	if name := oldest(names, none); name != labelA+".s.zst" {
		t.Errorf("oldest: %s", name)
	}
	if name := oldest(names, func(name string) bool { return name < labelB+".v" }); name != labelC {
		t.Errorf("oldest but those: %s", name)
	}
	if name := oldest([]string{"current"}, none); name != "" {
		t.Errorf("oldest of none: %s", name)
	}
	// What looks like a label and is none counts, and goes, but names nothing.
	if l := newestLabel(names); l.String() != labelC {
		t.Errorf("newest label: %v", l)
	}
	if l := newestLabel([]string{"current", "@zzzzzzzzzzzzzzzzzzzzzzzz.s"}); !l.IsZero() {
		t.Errorf("newest label of none: %v", l)
	}
}

// A label sorts after all that were there, whatever the clock says.
func TestNewLabel(t *testing.T) {
	k := newKernel(t)
	d := &Dir{k: k}
	last := d.newLabel()
	for _, step := range []int64{0, 1, 1e9, -3600e9, -3600e9, 0, 7200e9, -1e18} {
		k.clock += step
		l := d.newLabel()
		if !last.Before(l) {
			t.Errorf("clock moved by %d: %v comes after %v", step, l, last)
		}
		last = l
	}
	d.last = tai64n.Label{Sec: 1 << 62, Nano: 999999999}
	k.clock = -9e18 // before 1970
	if l := d.newLabel(); l != (tai64n.Label{Sec: 1<<62 + 1}) {
		t.Errorf("after a full second: %v", l)
	}
}

// The file that a processor was at work on gets a label before those that wait
// behind it, if there is one.
func TestLabelBefore(t *testing.T) {
	const second = int64(1e9)
	label := func(ns int64) string { return tai64n.FromUnixNano(ns).String() }
	begun := 1000 * second
	for _, c := range []struct {
		name  string
		begun int64
		names []string
		want  string // empty: a new label
	}{
		{"nothing waits", begun, []string{"current", label(900*second) + ".s"}, ""},
		{"a file waits", begun, []string{label(1100*second) + ".u", label(1200*second) + ".u"}, label(begun + 1)},
		{"after one that became safe", begun, []string{label(1050*second) + ".s", label(1100*second) + ".u"}, label(1050*second + 1)},
		{"the one that became safe is older", begun, []string{label(900*second) + ".s", label(1100*second) + ".u"}, label(begun + 1)},
		{"what an older outage has left", begun, []string{label(900*second) + ".u"}, ""},
		{"that, and one that waits", begun, []string{label(900*second) + ".u", label(1100*second) + ".u"}, label(begun + 1)},
		{"no room", begun, []string{label(begun+1) + ".u"}, ""},
		{"room for one", begun, []string{label(begun+2) + ".u"}, label(begun + 1)},
		{"an old file at that very time", begun, []string{label(begun) + ".s", label(1100*second) + ".u"}, label(begun + 1)},
		{"nobody knows when", 0, []string{label(900*second) + ".s", label(950*second) + ".u"}, label(900*second + 1)},
		{"nobody knows anything", 0, []string{label(950*second) + ".u"}, label(950*second - 1)},
		{"no label", begun, []string{"@zzzzzzzzzzzzzzzzzzzzzzzz.u"}, ""},
	} {
		d := &Dir{k: newKernel(t)}
		before := tai64n.FromUnixNano(d.k.Now())
		got := d.labelBefore(c.names, c.begun)
		if c.want == "" && got.Before(before) || c.want != "" && got.String() != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
