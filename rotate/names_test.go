package rotate

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"multilog/tai64n"
)

const (
	labelA = "@400000004000000000000001"
	labelB = "@400000004000000000000002"
	labelC = "@4000000040000000000000ff"
)

func none(string) bool { return false }

// never is a horizon after all labels.
var never = tai64n.Label{Sec: math.MaxUint64}

func TestOldFiles(t *testing.T) {
	names := []string{
		"current", "lock", labelC, labelB + ".u", "@", "@40000000400000000000.s", labelA + ".s.zst", "x" + labelA[1:] + ".s",
		"@zzzzzzzzzzzzzzzzzzzzzzzz.s",
	}
	if n := countOld(names); n != 4 {
		t.Errorf("%d old files", n)
	}
	if name := oldest(names, never, none); name != labelA+".s.zst" {
		t.Errorf("oldest: %s", name)
	}
	if name := oldest(names, never, func(name string) bool { return name < labelB+".v" }); name != labelC {
		t.Errorf("oldest but those: %s", name)
	}
	if name := oldest([]string{"current"}, never, none); name != "" {
		t.Errorf("oldest of none: %s", name)
	}
	// A name that looks like one with a label, but has none, counts and is removed, but
	// later names do not follow it.
	if l := newestLabel(names, never); l.String() != labelC {
		t.Errorf("newest label: %v", l)
	}
	if l := newestLabel([]string{"current", "@zzzzzzzzzzzzzzzzzzzzzzzz.s"}, never); !l.IsZero() {
		t.Errorf("newest label of none: %v", l)
	}
}

// A label sorts after all that were there, if the clock was set back by less than a day
// or was not set yet.
func TestNewLabel(t *testing.T) {
	k := newKernel(t)
	d := newDir(k, Config{})
	last := d.newLabel()
	for _, step := range []int64{0, 1, 1e9, -3600e9, -3600e9, 0, 7200e9, -1e18} {
		k.clock += step
		l := d.newLabel()
		if !last.Before(l) {
			t.Errorf("clock moved by %d: %v comes after %v", step, l, last)
		}
		last = l
	}
	d.labels.last = tai64n.Label{Sec: 1 << 62, Nano: 999999999}
	k.clock = -9e18 // before 1970
	if l := d.newLabel(); l != (tai64n.Label{Sec: 1<<62 + 1}) {
		t.Errorf("after a full second: %v", l)
	}
}

// Names that are more than a day ahead come from a wrong clock. Labels do not continue
// from them. Nor do they continue from the logger's own if the clock was set back by
// more.
func TestLabelsFollowTheClock(t *testing.T) {
	k := newKernel(t)
	const day, minute = 24 * 3600e9, 60e9
	ahead := func(ns int64) string { return tai64n.FromUnixNano(k.Now()+ns).String() + ".s" }
	for _, c := range []struct {
		ahead  int64
		follow bool
	}{{-day, true}, {minute, false}, {day - minute, false}, {day + minute, true}, {3650 * day, true}} {
		d := newDir(k, Config{})
		if l := newestLabel([]string{ahead(c.ahead)}, d.horizon()); d.labels.last.Before(l) {
			d.labels.last = l
		}
		after := d.newLabel().UnixNano() - k.Now()
		if follows := -minute < after && after <= 0; follows != c.follow {
			t.Errorf("beside a name that is %v ahead: a label that is %v ahead", time.Duration(c.ahead), time.Duration(after))
		}
	}
	d := newDir(k, Config{})
	d.newLabel()
	k.clock -= day + minute
	if after := d.newLabel().UnixNano() - k.Now(); after > 0 {
		t.Errorf("after the clock was set back by more than a day: %v ahead", time.Duration(after))
	}
	k.clock -= day - minute
	if after := d.newLabel().UnixNano() - k.Now(); after <= 0 {
		t.Errorf("after the clock was set back by less than a day: %v ahead", time.Duration(after))
	}
}

// The file whose name is far ahead is removed first when there are too many, and later
// names do not follow it. So the directory is in order again.
func TestNamesAheadHeal(t *testing.T) {
	label := func(ns int64) string { return tai64n.FromUnixNano(time.Now().UnixNano()+ns).String() + ".s" }
	bad := "@40000000f0000000ffffffff.s"
	files := []found{{currentName, "c", 0o644, ""}, {bad, "bad", 0o744, ""}}
	for i := range 9 {
		files = append(files, found{label(int64(i-20) * 1e9), string('a' + rune(i)), 0o744, ""})
	}
	dir := makeFiles(t, files)
	k := newKernel(t)
	k.open(dir, &head{})
	if got, want := shows(t, dir), ".s=b .s=c .s=d .s=e .s=f .s=g .s=h .s=i .u=c current="; got != want {
		t.Errorf("%s, not %s", got, want)
	}
	old, _ := filepath.Glob(filepath.Join(dir, "@*.u"))
	if len(old) != 1 || filepath.Base(old[0]) > label(60e9) {
		t.Errorf("%v is named after the clock", old)
	}
	if _, err := os.Stat(filepath.Join(dir, bad)); err == nil {
		t.Error("the name ahead of the clock is still there")
	}
	if !slices.ContainsFunc(k.warned, func(text string) bool {
		return strings.Contains(text, bad+" is named more than a day ahead of the clock")
	}) {
		t.Errorf("%q", k.warned)
	}
}

// The file that a processor was working on gets a label before those of the files that
// wait behind it, if there is room.
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
		{"one that became safe and is older", begun, []string{label(900*second) + ".s", label(1100*second) + ".u"}, label(begun + 1)},
		{"one that an older kill has left", begun, []string{label(900*second) + ".u"}, ""},
		{"the same, and one that waits", begun, []string{label(900*second) + ".u", label(1100*second) + ".u"}, label(begun + 1)},
		{"no room", begun, []string{label(begun+1) + ".u"}, ""},
		{"room for one", begun, []string{label(begun+2) + ".u"}, label(begun + 1)},
		{"an old file at that very time", begun, []string{label(begun) + ".s", label(1100*second) + ".u"}, label(begun + 1)},
		{"its time is unknown", 0, []string{label(900*second) + ".s", label(950*second) + ".u"}, label(900*second + 1)},
		{"its time is unknown, and none is safe", 0, []string{label(950*second) + ".u"}, label(950*second - 1)},
		{"no label", begun, []string{"@zzzzzzzzzzzzzzzzzzzzzzzz.u"}, ""},
	} {
		d := newDir(newKernel(t), Config{})
		before := tai64n.FromUnixNano(d.now())
		got := d.labels.labelBefore(c.names, c.begun)
		if c.want == "" && got.Before(before) || c.want != "" && got.String() != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
