package histogram

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// berlin returns the offset of local time in Berlin, where clocks were set forward on 2026-03-29
// at 02:00 and back on 2026-10-25 at 03:00.
func berlin(t *testing.T) func(int64) int {
	place, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zone data: ", err)
	}
	return func(unix int64) int {
		_, offset := time.Unix(unix, 0).In(place).Zone()
		return offset
	}
}

// rows returns a histogram of lines at the times.
func rows(t *testing.T, unit Unit, columns int, blocks bool, times ...string) string {
	h := New(berlin(t))
	for _, text := range times {
		when, err := time.Parse("2006-01-02T15:04:05Z07:00", text)
		if err != nil {
			t.Fatal(err)
		}
		h.Add(when.Unix())
	}
	return string(Text(h.Buckets(unit), unit, columns, blocks))
}

func TestBuckets(t *testing.T) {
	for _, tt := range []struct {
		unit  Unit
		times string
		want  string
	}{
		{Minute, "2026-11-28T10:00:59Z 2026-11-28T10:02:00Z 2026-11-28T10:00:00Z 2026-11-28T10:02:01Z",
			"2026-11-28 11:00 2\n2026-11-28 11:01 0\n2026-11-28 11:02 2\n"},
		{Hour, "2026-10-25T00:30:00Z 2026-10-25T01:30:00Z 2026-10-25T02:00:00Z", // 02:30 comes twice
			"2026-10-25 02:00 1\n2026-10-25 02:00 1\n2026-10-25 03:00 1\n"},
		{Hour, "2026-03-29T00:30:00Z 2026-03-29T02:30:00Z", // 02:00 is skipped
			"2026-03-29 01:00 1\n2026-03-29 03:00 0\n2026-03-29 04:00 1\n"},
		{Day, "2026-10-24T22:00:00Z 2026-10-25T22:59:59Z 2026-10-25T23:00:00Z 2026-10-28T12:00:00Z",
			"2026-10-25 2\n2026-10-26 1\n2026-10-27 0\n2026-10-28 1\n"},
		{Day, "2020-01-01T12:00:00Z 2026-01-01T12:00:00Z", "2020-01-01 1\n2026-01-01 1\n"},
	} {
		if diff := cmp.Diff(tt.want, rows(t, tt.unit, 0, false, strings.Fields(tt.times)...)); diff != "" {
			t.Error(diff)
		}
	}
}

// Bars fit the terminal, the longest fills it, and no line is without one.
func TestBars(t *testing.T) {
	var times []string
	for range 1000 {
		times = append(times, "2026-11-28T10:00:00Z")
	}
	times = append(times, "2026-11-28T10:02:00Z")
	for columns := 32; columns < 100; columns++ {
		for _, blocks := range []bool{true, false} {
			lines := strings.Split(rows(t, Minute, columns, blocks, times...), "\n")
			if n := utf8.RuneCountInString(lines[0]); n > columns || n < columns-1 {
				t.Errorf("%d columns: %d are used", columns, n)
			}
			if lines[1] != "2026-11-28 11:01    0" {
				t.Errorf("%q", lines[1])
			}
			if want := map[bool]string{true: "▏", false: "#"}[blocks]; lines[2] != "2026-11-28 11:02    1 "+want {
				t.Errorf("%q", lines[2])
			}
		}
	}
}

func TestFitting(t *testing.T) {
	for seconds, want := range map[int64]Unit{0: Minute, 7000: Minute, 8000: Hour, 400_000: Hour, 500_000: Day} {
		h := New(func(int64) int { return 3600 })
		h.Add(1_790_000_000)
		h.Add(1_790_000_000 + seconds)
		if got := h.Fitting(); got != want {
			t.Errorf("%d s: %d", seconds, got)
		}
	}
}
