package timespec

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"multilog/internal/test/logger"
)

// timestamps are forms of systemd.time(7), with times of day in the middle of the day, so that the
// day is the same in all zones.
var timestamps = []string{
	"Fri 2012-11-23 11:12:13", "2012-11-23 11:12:13", "2012-11-23 11:12:13 UTC", "2012-11-23T11:12:13Z", "2012-11-23T11:12+02:00",
	"2012-11-23 11:12", "2012-11-23", "12-11-23", "12-11-23 11:12", "72-1-2", "2012-1-3 4:5:6", "11:12:13", "11:12", "now", "today",
	"yesterday", "tomorrow", "tomorrow Pacific/Auckland", "today UTC", "+3h30min", "-5s", "11min ago", "5s left", "@1395716396", "@1395716396.25",
	"2012-11-23 11:12:13.654321", "2012-11-23 11:12:13.65 CET", "2012-07-23 11:12:13 CEST", "2012-11-23 11:12:13 Asia/Tokyo", "2012-11-23 11:12 +05:30",
	"Friday 2012-11-23", "fri 2012-11-23 11:12", "+5", "+5sec", "+5seconds", "-2m", "-2min", "-2minutes", "-3hr", "-3hours", "-1d", "-1days", "-2w", "-2weeks",
	"-1M", "-1months", "-1y", "-1years", "-5ms", "-5msec", "-5us", "-5usec", "1month 2days ago", "1.5h ago", "2h30min20s ago", "2 h ago",
}

// What systemd takes, we take as the same.
func TestAsSystemd(t *testing.T) {
	const program = "systemd-analyze"
	logger.Need(t, program)
	c := berlin(t)
	unixSeconds := regexp.MustCompile(`UNIX seconds: @([0-9.]+)`)
	taken := 0
	for _, text := range timestamps {
		before := time.Now()
		cmd := exec.Command(program, "timestamp", "--", text)
		cmd.Env = append(os.Environ(), "TZ=Europe/Berlin", "LC_ALL=C")
		out, err := cmd.CombinedOutput()
		found := unixSeconds.FindSubmatch(out)
		if err != nil || found == nil {
			t.Logf("%s does not take %q: %s", program, text, strings.TrimSpace(string(out)))
			continue
		}
		taken++
		seconds, err := strconv.ParseFloat(string(found[1]), 64)
		if err != nil {
			t.Fatal(err)
		}
		at := func(now time.Time) float64 {
			c.Now = now
			l, _, err := c.Parse(text)
			if err != nil {
				t.Errorf("%q: %v", text, err)
			}
			return float64(l.Time().UnixMicro()) / 1e6
		}
		const rounding = 0.001
		if from, to := at(before), at(time.Now()); seconds < from-rounding || seconds > to+rounding {
			t.Errorf("%q: %f to %f, but %s says %f", text, from, to, program, seconds)
		}
	}
	if most := len(timestamps) * 3 / 4; taken < most {
		t.Errorf("%s takes only %d of %d", program, taken, len(timestamps))
	}
}

// What date prints is the time of which it is.
func TestAsDate(t *testing.T) {
	c := berlin(t)
	for _, when := range []int64{1_790_000_000, 1_769_000_000} { // summer and winter
		for _, format := range []string{
			"", "-u", "-R", "-Iseconds", "-Ins", "-Iminutes", "--rfc-3339=seconds", "--rfc-3339=ns", "+%s", "+@%s", "+%c", "+%F %T", "+%F %T %Z", "+%FT%T%z",
			"+%a %b %e %H:%M:%S %Z %Y", "+%a %b %e %r %Z %Y", "+%a %e %b %T %Z %Y", "+%a %d %b %Y %r %Z", "+%A, %d %B %Y %T", "+%b %e %Y %H:%M:%S", "+%F_%T", "+%s.%N",
		} {
			args := []string{"-d", "@" + strconv.FormatInt(when, 10)}
			if format != "" {
				args = append(args, format)
			}
			cmd := exec.Command("date", args...)
			cmd.Env = append(os.Environ(), "TZ=Europe/Berlin", "LC_ALL=C")
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			text := strings.TrimSpace(string(out))
			want := when
			if format == "-Iminutes" {
				want -= when % 60
			}
			if l, _, err := c.Parse(text); err != nil || l.Unix() != want {
				t.Errorf("%s: %q is %v, %v", format, text, l.Time(), err)
			}
		}
	}
}
