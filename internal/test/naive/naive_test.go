package naive

import (
	"slices"
	"strings"
	"testing"
)

// Among the cases are the examples of multilog's manual.
func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, line string
		want          bool
	}{
		{"", "", true},
		{"", "a", false},
		{"*", "", true},
		{"*", "anything", true},
		{"hello", "hello", true},
		{"hello", "hello ", false},
		{"named[*]: Cleaned cache *", "named[1234]: Cleaned cache of 5 RRs", true},
		{"named[*]: Cleaned cache *", "named[12]34]: Cleaned cache of 5 RRs", false},
		{"* info *", "x info y", true},
		{"* info *", "x y info z", false},
		{"**", "a*b", true},
		{"**", "ab", false},
		{"**b", "a*ab", true},
		{"**b", "ab", false},
		{"*a", "a", true},
		{"*a", "aa", false},
	} {
		if got := Match(c.pattern, c.line); got != c.want {
			t.Errorf("Match(%q, %q) = %v", c.pattern, c.line, got)
		}
	}
}

// These lines reach or just miss the limits at which current becomes an old file.
func TestRotation(t *testing.T) {
	const size = 4096
	for _, c := range []struct {
		name    string
		lines   []int // their lengths, with newlines
		old     []int
		current int
	}{
		{"below the zone", []int{size - 2001}, nil, size - 2001},
		{"a line ends where the zone begins", []int{size - 2000}, []int{size - 2000}, 0},
		{"a line fills it", []int{size}, []int{size}, 0},
		{"a line is one byte too long", []int{size + 1}, []int{size}, 1},
		{"a line begins below the zone and ends in it", []int{2000, 1500, 9}, []int{3500}, 9},
		{"three files, of which two are kept", []int{3000, 3001, 3002}, []int{3002}, 0},
	} {
		l := New([]string{"s4096", "n2", "./d"})
		for _, n := range c.lines {
			l.Log(strings.Repeat("x", n-1))
		}
		d := l.Directories[0]
		var old []int
		for _, text := range d.Old {
			old = append(old, len(text))
		}
		if !slices.Equal(old, c.old) || len(d.Current) != c.current {
			t.Errorf("%s: old files %v, current %d", c.name, old, len(d.Current))
		}
	}
}

func TestStatusAndStderr(t *testing.T) {
	l := New([]string{"-*", "+a*", "e", "=s"})
	for _, line := range []string{"a1", "b", "a" + strings.Repeat("1", 199), "a" + strings.Repeat("2", 200), "a" + strings.Repeat("3", 1000)} {
		l.Log(line)
	}
	if want := "a1\na" + strings.Repeat("1", 199) + "\na" + strings.Repeat("2", 199) + "...\na" + strings.Repeat("3", 199) + "...\n"; l.Stderr != want {
		t.Errorf("stderr %q", l.Stderr)
	}
	if want := "a" + strings.Repeat("3", 999) + "\n"; l.Statuses["s"] != want {
		t.Errorf("status %q", l.Statuses["s"])
	}
}
