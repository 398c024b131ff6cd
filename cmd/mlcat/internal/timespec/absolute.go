package timespec

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A calendar time is put together word by word.
type calendar struct {
	Clock
	day      int64 // since 1970 or, if relative is set, after today
	hasDay   bool
	relative bool
	seconds  int // since midnight
	nano     int
	hasTime  bool
	zone     string
	weekday  int // of time.Weekday, or none

	month, dayOfMonth, year int // of a date of several words; 0 if not there yet
}

const (
	none        = -1
	weekDays    = 7
	secondsNoon = 12 * 3600
)

// words maps words for days to the number of days after today.
var words = map[string]int64{"yesterday": -1, "today": 0, "tomorrow": +1}

// absolute parses a day, a time of day or both, with a weekday and a zone. The error says which
// words it has understood.
func (c Clock) absolute(text string) (time.Time, error) {
	k := calendar{Clock: c, weekday: none}
	all := strings.Fields(text)
	for i := 0; i < len(all); i++ {
		word := strings.TrimSuffix(all[i], ",")
		next := ""
		if i+1 < len(all) {
			next = strings.TrimSuffix(all[i+1], ",")
		}
		ok, err := k.word(word, next)
		switch {
		case err == nil && ok:
		case i == 0 && err == nil:
			return time.Time{}, errSyntax
		case err == nil:
			return time.Time{}, fmt.Errorf("understood %q, but not %q", strings.Join(all[:i], " "), word)
		default:
			return time.Time{}, err
		}
	}
	zone := c
	if k.zone != "" {
		var err error
		if zone, err = c.offsetIn(k.zone); err != nil {
			return time.Time{}, err
		}
	}
	if err := k.date(zone); err != nil {
		return time.Time{}, err
	}
	return time.Unix(zone.unix(k.day*secondsPerDay+int64(k.seconds)), int64(k.nano)), nil
}

// word takes one word, of which next is the one behind. It returns false if it does not
// understand the word there.
func (k *calendar) word(word, next string) (bool, error) {
	lower := strings.ToLower(word)
	if date, clock, ok := cutDate(word); ok && !k.dated() && !k.hasTime {
		if ok, err := k.setDate(date); !ok || err != nil {
			return ok, err
		}
		return k.setTime(clock)
	}
	if n, ok := words[lower]; ok {
		ok = !k.dated()
		k.day, k.hasDay, k.relative = n, true, true
		return ok, nil
	}
	if d := nameIn(lower, weekdays); d >= 0 {
		ok := k.weekday == none
		k.weekday = d
		return ok, nil
	}
	if m := nameIn(lower, months); m >= 0 {
		ok := k.month == 0 && !k.hasDay
		k.month = m + 1
		return ok, nil
	}
	switch {
	case lower == "noon" || lower == "midnight":
		ok := !k.hasTime
		if k.hasTime = true; lower == "noon" {
			k.seconds = secondsNoon
		}
		return ok, nil
	case lower == "am" || lower == "pm":
		return k.half(lower), nil
	case isNumber(word):
		return k.number(word, next), nil
	case strings.Count(word, "-") == 2 && !strings.Contains(word, ":"):
		if k.dated() {
			return false, nil
		}
		return k.setDate(word)
	case strings.Contains(word, ":") && '0' <= word[0] && word[0] <= '9':
		if k.hasTime {
			return false, nil
		}
		return k.setTime(word)
	case isNumber(strings.TrimRight(lower, "apm")) && len(lower) <= len("12pm"):
		if k.hasTime {
			return false, nil
		}
		hour, _ := strconv.Atoi(strings.TrimRight(lower, "apm"))
		k.seconds, k.hasTime = hour*3600, true
		return k.half(strings.TrimLeft(lower, "0123456789")), nil
	}
	if k.zone != "" || !k.dated() && !k.hasTime && k.weekday == none {
		return false, nil
	}
	k.zone = word
	_, err := k.offsetIn(word)
	return true, err
}

// cutDate cuts a date and a time that a T or, as in svlogd's log, an underscore joins.
func cutDate(word string) (date, clock string, ok bool) {
	i := strings.IndexAny(word, "Tt_")
	if i < 0 || strings.Count(word[:i], "-") != 2 || i+1 == len(word) {
		return "", "", false
	}
	return word[:i], word[i+1:], true
}

// dated reports whether there is a day.
func (k *calendar) dated() bool { return k.hasDay || k.month > 0 || k.dayOfMonth > 0 || k.year > 0 }

// setDate takes YYYY-MM-DD, or YY-MM-DD as strptime(3) has it.
func (k *calendar) setDate(text string) (bool, error) {
	parts := strings.Split(text, "-")
	var n [3]int
	for i, part := range parts {
		if !isNumber(part) || len(part) > 4 {
			return false, nil
		}
		n[i], _ = strconv.Atoi(part)
	}
	if len(parts[0]) <= 2 {
		if n[0] += 2000; n[0] >= 2069 {
			n[0] -= 100
		}
	}
	return true, k.setDay(n[0], n[1], n[2])
}

// setDay takes a day of the calendar.
func (k *calendar) setDay(year, month, day int) error {
	d := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if year < minYear || year > maxYear || int(d.Month()) != month || d.Day() != day {
		return fmt.Errorf("there is no day %04d-%02d-%02d", year, month, day)
	}
	k.day, k.hasDay = floorDiv(d.Unix(), secondsPerDay), true
	return nil
}

// setTime takes a time of day, with a zone or half of the day behind it.
func (k *calendar) setTime(text string) (bool, error) {
	lower := strings.ToLower(text)
	half := ""
	if strings.HasSuffix(lower, "am") || strings.HasSuffix(lower, "pm") {
		text, half = text[:len(text)-2], lower[len(lower)-2:]
	}
	if i := strings.IndexAny(text, "Zz+-"); i > 0 {
		text, k.zone = text[:i], text[i:]
		if _, err := k.offsetIn(k.zone); err != nil {
			return false, err
		}
	}
	var err error
	if k.seconds, k.nano, err = timeOfDay(text); err != nil {
		return false, nil
	}
	k.hasTime = true
	return half == "" || k.half(half), nil
}

// half takes the half of the day that a time is of, and reports whether there is such a time.
func (k *calendar) half(half string) bool {
	if !k.hasTime || half != "am" && half != "pm" || k.seconds < 3600 || k.seconds >= 13*3600 {
		return false
	}
	k.seconds %= secondsNoon
	if half == "pm" {
		k.seconds += secondsNoon
	}
	return true
}

// number takes a day of a month or a year.
func (k *calendar) number(word, next string) bool {
	n, _ := strconv.Atoi(word)
	switch {
	case k.hasDay:
		return false
	case len(word) <= 2 && k.dayOfMonth == 0 && (k.month > 0 || nameIn(strings.ToLower(next), months) >= 0):
		k.dayOfMonth = n
		return n > 0
	case len(word) == 4 && k.year == 0 && k.month > 0 && k.dayOfMonth > 0:
		k.year = n
		return n > 0
	}
	return false
}

// mostAhead is how far ahead a date without a year may be, in days.
const mostAhead = 7

// date puts together a date of several words, and checks the weekday. Today is what it is in zone.
func (k *calendar) date(zone Clock) error {
	now := k.Now.Unix()
	today := floorDiv(now+zone.Offset(now), secondsPerDay)
	switch {
	case k.relative:
		k.day += today
	case k.hasDay:
	case k.month > 0 && k.dayOfMonth == 0:
		return fmt.Errorf("understood %v, but no day of it", time.Month(k.month))
	case k.month > 0:
		year := k.year
		if year == 0 {
			year = time.Unix(today*secondsPerDay, 0).UTC().Year()
			if d := time.Date(year, time.Month(k.month), k.dayOfMonth, 0, 0, 0, 0, time.UTC); d.Unix()/secondsPerDay > today+mostAhead {
				year--
			}
		}
		if err := k.setDay(year, k.month, k.dayOfMonth); err != nil {
			return err
		}
	case k.weekday != none: // the last one
		k.day = today - (int64(weekdayOf(today))-int64(k.weekday)+weekDays)%weekDays
	default:
		k.day = today
	}
	if is := weekdayOf(k.day); k.weekday != none && int(is) != k.weekday {
		return fmt.Errorf("%s is a %v", time.Unix(k.day*secondsPerDay, 0).UTC().Format("2006-01-02"), is)
	}
	return nil
}

// weekdayOf returns the weekday of a day, which is counted from 1970.
func weekdayOf(day int64) time.Weekday { return time.Unix(day*secondsPerDay, 0).UTC().Weekday() }

// offsetIn returns a clock of a zone.
func (c Clock) offsetIn(zone string) (Clock, error) {
	fixed := func(offset int) (Clock, error) {
		return Clock{Offset: func(int64) int64 { return int64(offset) }}, nil
	}
	if offset, ok := c.Abbreviations[strings.ToUpper(zone)]; ok {
		return fixed(offset)
	}
	switch strings.ToUpper(zone) {
	case "Z", "UTC", "GMT":
		return fixed(0)
	}
	for _, layout := range []string{"-07:00", "-0700", "-07"} {
		if t, err := time.Parse(layout, zone); err == nil {
			_, offset := t.Zone()
			return fixed(offset)
		}
	}
	if isAbbreviation(zone) {
		return c, fmt.Errorf("%q is no abbreviation of the local time zone: give the offset, as in +01:00, or a name, as in Europe/Berlin", zone)
	}
	place, err := time.LoadLocation(zone)
	if err != nil || zone == "Local" {
		return c, fmt.Errorf("no such time zone: %q", zone)
	}
	return Clock{Offset: func(unix int64) int64 {
		_, offset := time.Unix(unix, 0).In(place).Zone()
		return int64(offset)
	}}, nil
}

// isAbbreviation reports whether a zone looks like an abbreviation, of which several zones may
// have the same: capitals only.
func isAbbreviation(zone string) bool { return strings.Trim(zone, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" }

var weekdays, months = func() (w, m []string) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		w = append(w, strings.ToLower(d.String()))
	}
	for n := time.January; n <= time.December; n++ {
		m = append(m, strings.ToLower(n.String()))
	}
	return w, m
}()

// nameIn returns which of names a word is, or its first three letters, or none.
func nameIn(word string, names []string) int {
	for i, name := range names {
		if word == name || word == name[:3] {
			return i
		}
	}
	return none
}

// timeOfDay parses HH:MM, HH:MM:SS or HH:MM:SS with a fraction behind a dot or a comma.
func timeOfDay(text string) (seconds, nano int, err error) {
	text, fraction, has := strings.Cut(strings.Replace(text, ",", ".", 1), ".")
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
