package kernelversion

import "testing"

func TestAtLeast(t *testing.T) {
	for _, c := range []struct {
		release      string
		major, minor int
		want         bool
	}{
		{"6.9.0", 6, 9, true},
		{"6.9-rc1", 6, 10, false},
		{"6.18.5-generic", 6, 9, true},
		{"6.8.12", 6, 9, false},
		{"7.0", 6, 9, true},
		{"5.15.0-91", 6, 1, false},
	} {
		if got, err := atLeast(c.release, c.major, c.minor); got != c.want || err != nil {
			t.Errorf("atLeast(%q, %d, %d) = %v, %v", c.release, c.major, c.minor, got, err)
		}
	}
	if _, err := atLeast("rolling", 6, 9); err == nil {
		t.Error("a release that is no version is accepted")
	}
	if !AtLeast(t, 3, 0) { // Go needs at least Linux 3.2
		t.Error("the running kernel is older than Linux 3.0")
	}
}
