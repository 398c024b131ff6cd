package rotate

import "testing"

// TestCapCountsWhatIsPending: pending files can't be removed, so no file may
// become pending that would bring them above the cap.
func TestCapCountsWhatIsPending(t *testing.T) {
	for _, c := range []struct {
		limit, pending, current int64
		want                    bool
	}{
		{0, 1000, 1000, true}, // no cap
		{100, 60, 40, true},
		{100, 60, 41, false},
		{100, 0, 1000, true}, // one file is always allowed
	} {
		d := &Dir{conf: Config{Cap: c.limit}, cur: file{size: c.current}}
		if c.pending > 0 {
			d.queue = []*pending{{file: file{size: c.pending}}}
		}
		if got := d.capAllows(); got != c.want {
			t.Errorf("cap %d, pending %d, current %d: %v", c.limit, c.pending, c.current, got)
		}
	}
}
