// Package timespec parses the times that people type: "yesterday", "-15min",
// "2026-11-24 13:05", "13:05:01.25", "2 hours ago", "Nov 28 12:00", or a TAI64N label.
//
// It takes all timestamps of systemd.time(7), which people know from journalctl, what date(1) prints
// with its usual options, and labels. A time is:
//
//   - "now", or a time span before or after now: "1h", "-1h 30min", "+90", "2d ago", "5s left"
//   - a day: "today", "yesterday", "tomorrow", a weekday, which is the last such day, or a date:
//     "2026-11-24", "Nov 24", "24 November 2026"; a date without a year is of this year, or of
//     the last one if that is more than a week ahead
//   - a time of day: "13:05", "13:05:01.5", "1:05 PM", "3pm", "noon", "midnight"; or a day and a time
//   - these with a weekday, which must be right, and with a zone: "UTC", "+05:30", "Asia/Tokyo", or an
//     abbreviation of the local zone, which means its offset
//   - "@" and a Unix time in seconds, with a fraction; or its ten digits
//   - a label, or the name of an old file, which begins with one
//
// The package never looks at the clock or at TZ. The caller provides both in a
// [Clock].
package timespec

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"multilog/tai64n"
)

// A Clock provides the present time and local time.
type Clock struct {
	Now time.Time // for times that are relative to it

	// Offset returns the number of seconds by which local time is ahead of UTC at a
	// Unix time.
	Offset func(unix int64) int64

	// Abbreviations are those of local time, such as CET and CEST, with the seconds by which
	// they are ahead of UTC.
	Abbreviations map[string]int
}

const (
	secondsPerDay = 86400
	minYear       = 1
	maxYear       = 9999
)

var errSyntax = errors.New(`not a time like "2026-11-24 13:05", "13:05", "yesterday noon", "tuesday 3pm", "Nov 24 13:05", "1h", "@1790000000" or a label`)

// ErrEmpty is the error of a time that is given without text.
var ErrEmpty = errors.New("an empty text is no time")

// Parse returns the instant that text denotes. literal reports whether text is a label
// or the name of an old file; its label is then returned unchanged, whether it counts
// leap seconds or not. The error quotes text and says what is wrong with it.
func (c Clock) Parse(text string) (l tai64n.Label, literal bool, err error) {
	text = strings.TrimSpace(text)
	if l, ok := tai64n.ParseString(text); ok {
		return l, true, nil
	}
	t, err := c.parse(text)
	if err != nil {
		return tai64n.Label{}, false, fmt.Errorf("%q: %w", text, err)
	}
	return tai64n.Of(t), false, nil
}

func (c Clock) parse(text string) (time.Time, error) {
	lower := strings.ToLower(text)
	switch lower {
	case "":
		return time.Time{}, ErrEmpty
	case "now":
		return c.Now, nil
	}
	if seconds, ok := strings.CutPrefix(text, "@"); ok {
		return unixTime(seconds)
	}
	if strings.HasSuffix(lower, " ago") {
		return c.shift(text[:len(text)-len(" ago")], -1)
	}
	if strings.HasSuffix(lower, " left") {
		return c.shift(text[:len(text)-len(" left")], +1)
	}
	switch text[0] {
	case '-':
		return c.shift(text[1:], -1)
	case '+':
		return c.shift(text[1:], +1)
	}
	if bareSpan.MatchString(text) {
		if t, err := c.shift(text, -1); err == nil {
			return t, nil
		}
	}
	if whole, _, _ := strings.Cut(text, "."); len(whole) == unixDigits && isNumber(whole) {
		return unixTime(text)
	}
	return c.absolute(text)
}

// bareSpan matches a span without a sign, of which all numbers have units.
var bareSpan = regexp.MustCompile(`^([0-9.]+ *\pL+ *)+$`)

// unixDigits is the number of digits of a Unix time from 2001 to 2286.
const unixDigits = 10

func isNumber(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// unixTime parses seconds since 1970, with or without a fraction.
func unixTime(text string) (time.Time, error) {
	whole, fraction, has := strings.Cut(text, ".")
	sec, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || sec < -1<<40 || sec > 1<<40 {
		return time.Time{}, errSyntax
	}
	nano := 0
	if has {
		if nano, err = nanoseconds(fraction); err != nil {
			return time.Time{}, err
		}
	}
	if strings.HasPrefix(whole, "-") {
		nano = -nano
	}
	return time.Unix(sec, int64(nano)), nil
}

// nanoseconds parses the digits after a decimal point. It ignores those after the
// ninth.
func nanoseconds(digits string) (int, error) {
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, errSyntax
	}
	return strconv.Atoi((digits + "000000000")[:9])
}

// shift returns the time that lies a span after now, or before now if sign is -1.
func (c Clock) shift(text string, sign int) (time.Time, error) {
	d, err := span(text)
	if err != nil {
		return time.Time{}, err
	}
	return c.Now.Add(time.Duration(sign) * d), nil
}

// units are those of systemd.time(7). A month has 30.4375 days, a year 365.25.
var units = map[string]time.Duration{
	"ns": 1, "nsec": 1,
	"us": time.Microsecond, "usec": time.Microsecond, "µs": time.Microsecond, "μs": time.Microsecond,
	"ms": time.Millisecond, "msec": time.Millisecond,
	"s": time.Second, "sec": time.Second, "second": time.Second, "seconds": time.Second, "": time.Second,
	"m": time.Minute, "min": time.Minute, "minute": time.Minute, "minutes": time.Minute,
	"h": time.Hour, "hr": time.Hour, "hour": time.Hour, "hours": time.Hour,
	"d": 24 * time.Hour, "day": 24 * time.Hour, "days": 24 * time.Hour,
	"w": 7 * 24 * time.Hour, "week": 7 * 24 * time.Hour, "weeks": 7 * 24 * time.Hour,
	"M": 2629800 * time.Second, "month": 2629800 * time.Second, "months": 2629800 * time.Second,
	"y": 31557600 * time.Second, "year": 31557600 * time.Second, "years": 31557600 * time.Second,
}

// maxSpanYears bounds a span, so that adding it to a time cannot overflow.
const maxSpanYears = 146

// span parses a sum of numbers with units, such as "1h 30min". A number without a unit
// counts seconds.
func span(text string) (time.Duration, error) {
	total, any := 0.0, false
	for rest := strings.TrimSpace(text); rest != ""; rest = strings.TrimSpace(rest) {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789."))
		value, err := strconv.ParseFloat(rest[:digits], 64)
		if err != nil {
			return 0, errSyntax
		}
		rest = strings.TrimLeft(rest[digits:], " ")
		name := rest
		if i := strings.IndexAny(rest, "0123456789. "); i >= 0 {
			name = rest[:i]
		}
		rest = rest[len(name):]
		if name != "M" { // the month; a minute is m
			name = strings.ToLower(name)
		}
		unit, ok := units[name]
		if !ok {
			return 0, fmt.Errorf("no such unit of time: %q", name)
		}
		total += value * float64(unit)
		any = true
	}
	switch {
	case !any:
		return 0, errSyntax
	case total > math.MaxInt64/2:
		return 0, fmt.Errorf("more than %d years", maxSpanYears)
	}
	return time.Duration(total), nil
}

// floorDiv returns a/b rounded down; b is positive.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// unix returns the Unix time at which local clocks show local, which is counted as a
// Unix time in UTC. If they show it twice, it returns the first time. If they skip it,
// it uses the offset before the change.
func (c Clock) unix(local int64) int64 {
	before, after := c.Offset(local-secondsPerDay), c.Offset(local+secondsPerDay)
	for _, offset := range []int64{max(before, after), min(before, after)} {
		if u := local - offset; c.Offset(u) == offset {
			return u
		}
	}
	return local - before
}
