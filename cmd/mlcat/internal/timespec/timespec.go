// Package timespec parses the times that people type: "yesterday", "-15min",
// "2026-11-24 13:05", "13:05:01.25", "2 hours ago", or a TAI64N label.
//
// The syntax is that of timestamps in systemd.time(7), which people know from
// journalctl, and labels. A time is:
//
//   - "now", or a time span before or after now: "-1h 30min", "+90", "2d ago"
//   - "today", "yesterday" or "tomorrow", a date, a time of day, or a day and a time;
//     a weekday may precede it, and a zone may follow: "UTC", "+05:30", "Asia/Tokyo"
//   - "@" and a Unix time in seconds, with a fraction
//   - a label, or the name of an old file, which begins with one
//
// The package never looks at the clock or at TZ. The caller provides both in a
// [Clock].
package timespec

import (
	"errors"
	"fmt"
	"math"
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
}

const (
	secondsPerDay = 86400
	minYear       = 1
	maxYear       = 9999
)

var errSyntax = errors.New(`not a time like "2026-11-24 13:05", "13:05", "yesterday 13:05", "-15min", "2h ago" or a label`)

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
		return time.Time{}, errSyntax
	case "now":
		return c.Now, nil
	}
	if seconds, ok := strings.CutPrefix(text, "@"); ok {
		return unixTime(seconds)
	}
	if strings.HasSuffix(lower, " ago") {
		return c.shift(text[:len(text)-len(" ago")], -1)
	}
	switch text[0] {
	case '-':
		return c.shift(text[1:], -1)
	case '+':
		return c.shift(text[1:], +1)
	}
	return c.absolute(text)
}

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
	"us": time.Microsecond, "usec": time.Microsecond, "µs": time.Microsecond,
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

// days maps the words for days to the number of days after today.
var days = map[string]int64{"yesterday": -1, "today": 0, "tomorrow": +1}

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

// absolute parses a day, a time of day or both, with an optional weekday before them
// and an optional zone after them. A day is a date or a word such as "yesterday".
func (c Clock) absolute(text string) (time.Time, error) {
	words := strings.Fields(text)
	if len(words) > 1 && isWeekday(words[0]) {
		words = words[1:]
	}
	if len(words) > 0 {
		if date, clock, ok := strings.Cut(words[0], "T"); ok && strings.Contains(date, "-") && clock != "" {
			words = append([]string{date, clock}, words[1:]...)
		}
	}
	local := c.Now.Unix() + c.Offset(c.Now.Unix())
	day, seconds, nano := floorDiv(local, secondsPerDay), 0, 0
	used := 0
	if n, ok := days[strings.ToLower(words[0])]; ok {
		day += n
		used++
	} else if strings.Count(words[0], "-") == 2 && !strings.Contains(words[0], ":") {
		d, err := time.Parse("2006-01-02", words[0])
		if err != nil || d.Year() < minYear || d.Year() > maxYear {
			return time.Time{}, errSyntax
		}
		day = floorDiv(d.Unix(), secondsPerDay)
		used++
	}
	zone := ""
	if used < len(words) && strings.Contains(words[used], ":") {
		clock := words[used]
		if i := strings.IndexAny(clock, "Zz+-"); i > 0 {
			clock, zone = clock[:i], clock[i:]
		}
		var err error
		if seconds, nano, err = timeOfDay(clock); err != nil {
			return time.Time{}, err
		}
		used++
	}
	if used == 0 || len(words)-used > 1 || zone != "" && used < len(words) {
		return time.Time{}, errSyntax
	}
	if used < len(words) {
		zone = words[used]
	}
	local = day*secondsPerDay + int64(seconds)
	if zone == "" {
		return time.Unix(c.unix(local), int64(nano)), nil
	}
	return inZone(local, nano, zone)
}

// isWeekday reports whether word is the English name of a weekday or its first three
// letters.
func isWeekday(word string) bool {
	word = strings.TrimSuffix(strings.ToLower(word), ",")
	for d := range time.Saturday + 1 {
		if name := strings.ToLower(d.String()); word == name || word == name[:3] {
			return true
		}
	}
	return false
}

// timeOfDay parses HH:MM, HH:MM:SS or HH:MM:SS with a fraction.
func timeOfDay(text string) (seconds, nano int, err error) {
	text, fraction, has := strings.Cut(text, ".")
	parts := strings.Split(text, ":")
	if len(parts) < 2 || len(parts) > 3 || has && len(parts) < 3 {
		return 0, 0, errSyntax
	}
	if has {
		if nano, err = nanoseconds(fraction); err != nil {
			return 0, 0, err
		}
	}
	limits := []int{23, 59, 60} // 60: a leap second
	for i, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil || len(part) > 2 || n < 0 || n > limits[i] || part[0] == '+' {
			return 0, 0, errSyntax
		}
		seconds = seconds*60 + n
	}
	if len(parts) == 2 {
		seconds *= 60
	}
	return seconds, nano, nil
}

// inZone returns the time at which clocks in zone show local.
func inZone(local int64, nano int, zone string) (time.Time, error) {
	switch strings.ToUpper(zone) {
	case "Z", "UTC", "GMT":
		return time.Unix(local, int64(nano)), nil
	}
	for _, layout := range []string{"-07:00", "-0700", "-07"} {
		if t, err := time.Parse(layout, zone); err == nil {
			_, offset := t.Zone()
			return time.Unix(local-int64(offset), int64(nano)), nil
		}
	}
	place, err := time.LoadLocation(zone)
	if err != nil || zone == "Local" {
		return time.Time{}, fmt.Errorf("no such time zone: %q", zone)
	}
	there := Clock{Offset: func(unix int64) int64 {
		_, offset := time.Unix(unix, 0).In(place).Zone()
		return int64(offset)
	}}
	return time.Unix(there.unix(local), int64(nano)), nil
}
