package localtime

import (
	"math/rand/v2"
	"testing"
)

func TestUnix(t *testing.T) {
	berlin := New("CET-1CEST,M3.5.0,M10.5.0/3", "")
	tests := []struct {
		year                             int64
		month, day, hour, minute, second int
		want                             int64
	}{
		{2024, 1, 1, 0, 0, 0, 1704063600},
		{2024, 7, 1, 12, 34, 56, 1719830096},
		{2024, 7, 0, 12, 34, 56, 1719830096 - 86400},
		{2024, 3, 31, 1, 59, 59, 1711846799},
		{2024, 3, 31, 2, 30, 0, 1711848600}, // skipped: the clock shows 3:30
		{2024, 3, 31, 3, 0, 0, 1711846800},
		{2024, 10, 27, 2, 30, 0, 1729989000}, // comes twice
		{2024, 10, 27, 3, 0, 0, 1729994400},
		{1970, 1, 1, 1, 0, 0, 0},
		{1969, 12, 31, 23, 59, 59, -3601},
	}
	for _, tt := range tests {
		if got := berlin.Unix(tt.year, tt.month, tt.day, tt.hour, tt.minute, tt.second); got != tt.want {
			t.Errorf("%+v: %d", tt, got)
		}
	}
}

// An offset may be longer than a day.
func TestUnixLongOffset(t *testing.T) {
	z := New("AAA-24BBB-24:59:59,M3.2.0,M11.1.0", "")
	const twice = 1730505800 // the first 2024-11-03 01:03:19, in daylight-saving time
	if got := z.Unix(2024, 11, 3, 1, 3, 19); got != twice || z.at(twice).offset != 24*3600+59*60+59 {
		t.Errorf("%d, want %d", got, twice)
	}
}

// At the time that Unix returns, local time is what Unix was given.
func TestUnixComesBack(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, tz := range []string{"UTC", "Europe/Berlin", "Pacific/Apia", "NZST-12NZDT,M9.5.0,M4.1.0/3", "<+0530>-5:30"} {
		z := New(tz, "")
		for range 5_000 {
			unix := rnd.Int64N(1<<36) - 1<<34
			days, seconds := daysAndSeconds(unix + int64(z.at(unix).offset))
			year, month, day := civil(days)
			if y, m, d := z.Date(unix); y != year || m != month || d != day {
				t.Fatalf("TZ=%s: Date(%d) = %d-%d-%d, want %d-%d-%d", tz, unix, y, m, d, year, month, day)
			}
			got := z.Unix(year, month, day, 0, 0, int(seconds))
			if got > unix || got+int64(z.at(got).offset) != unix+int64(z.at(unix).offset) {
				t.Fatalf("TZ=%s: %d-%d-%d and %d s is %d, want %d", tz, year, month, day, seconds, got, unix)
			}
		}
	}
}
