package localtime

import "strings"

// This file parses POSIX rules: std offset [dst [offset] [,start[/time],end[/time]]],
// as POSIX.1 (8.3, TZ) and tzset(3) define them. It treats incomplete and malformed
// rules as the C library does, which uses the part that it understood.

// rules describe standard time, at index 0, and daylight-saving time, at index 1,
// and when local time changes from one to the other each year.
type rules struct {
	names   [2]string // abbreviations
	offsets [2]int    // seconds east of UTC
	changes [2]change // to daylight-saving time, and back
}

type dayForm byte

const (
	dayOfYear dayForm = iota // n: from 0, 29 February counts
	julianDay                // Jn: from 1, 29 February never counts
	weekday                  // Mm.n.d: the nth weekday d of month m, the last where n is 5
)

// A change is a time of the year at which local time changes.
type change struct {
	form             dayForm
	month, week, day uint16
	seconds          int // after midnight, in the local time before the change
}

// usualChanges are the changes of a rule that states none: the second Sunday of March
// and the first of November, as in the United States since 2007.
var usualChanges = [2]change{
	{form: weekday, month: 3, week: 2, day: 0, seconds: usualChangeSeconds},
	{form: weekday, month: 11, week: 1, day: 0, seconds: usualChangeSeconds},
}

const usualChangeSeconds = 2 * 3600

// parseRules parses a rule. complete is false if the rule has a daylight-saving time
// but states no changes; r then has the usual ones.
func parseRules(text string) (r rules, complete bool) {
	s := &scanner{text: text}
	if !s.name() {
		return r, true
	}
	r.names[0] = s.named
	if c := s.peek(); c != '+' && c != '-' && !isDigit(c) {
		return r, true
	}
	var ok bool
	if r.offsets[0], ok = s.offset(0); !ok {
		return r, true
	}
	if s.text == "" {
		r.offsets[1] = r.offsets[0]
		return r, true
	}
	complete = true
	if s.name() {
		r.names[1] = s.named
		r.offsets[1], _ = s.offset(r.offsets[0] + 3600)
		complete = s.text != "" && s.text != ","
	}
	for i := range r.changes {
		if !s.change(&r.changes[i], usualChanges[i]) {
			break
		}
	}
	return r, complete
}

// A scanner removes the parts of a rule from the front of text.
type scanner struct {
	text  string
	named string // what name removed last
}

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// peek returns the first byte, 0 at the end.
func (s *scanner) peek() byte {
	if s.text == "" {
		return 0
	}
	return s.text[0]
}

// skip removes c if it comes next, and reports whether it did.
func (s *scanner) skip(c byte) bool {
	if s.peek() != c || s.text == "" {
		return false
	}
	s.text = s.text[1:]
	return true
}

// name removes a zone's abbreviation, and reports whether there was one: at least
// three letters, or at least three letters, digits and signs in angle brackets.
func (s *scanner) name() bool {
	const least = 3
	n := 0
	for n < len(s.text) && isLetter(s.text[n]) {
		n++
	}
	if n >= least {
		s.named, s.text = s.text[:n], s.text[n:]
		return true
	}
	quoted, isQuoted := strings.CutPrefix(s.text, "<")
	n = 0
	for n < len(quoted) && (isLetter(quoted[n]) || isDigit(quoted[n]) || quoted[n] == '+' || quoted[n] == '-') {
		n++
	}
	if !isQuoted || n < least || n == len(quoted) || quoted[n] != '>' {
		return false
	}
	s.named, s.text = quoted[:n], quoted[n+1:]
	return true
}

// offset removes [+-]hh[:mm[:ss]], a time west of UTC, and returns seconds east of
// UTC. If no number comes, it returns missing; a sign before it is gone all the same.
func (s *scanner) offset(missing int) (east int, ok bool) {
	sign := -1
	if s.skip('-') {
		sign = 1
	} else {
		s.skip('+')
	}
	hours, minutes, seconds, ok := s.clock(0)
	if !ok {
		return missing, false
	}
	return sign * (min(hours, 24)*3600 + min(minutes, 59)*60 + min(seconds, 59)), true
}

// clock removes hh[:mm[:ss]]. If no number comes, hours is missing.
func (s *scanner) clock(missing int) (hours, minutes, seconds int, ok bool) {
	n, ok := s.number()
	if !ok {
		return missing, 0, 0, false
	}
	hours = int(n)
	for _, part := range []*int{&minutes, &seconds} {
		ahead := *s
		if !ahead.skip(':') {
			break
		}
		n, ok := ahead.number()
		if !ok {
			break
		}
		*part, *s = int(n), ahead
	}
	return hours, minutes, seconds, true
}

// number removes what the C library's scanf accepts as an unsigned short: white
// space, a sign, digits. A number that fits an unsigned long is reduced modulo 2^16,
// as there; a larger one becomes 2^16-1.
func (s *scanner) number() (uint16, bool) {
	ahead := scanner{text: strings.TrimLeft(s.text, " \t\n\v\f\r")}
	negative := ahead.skip('-')
	if !negative {
		ahead.skip('+')
	}
	if !isDigit(ahead.peek()) {
		return 0, false
	}
	n, overflow := ahead.digits()
	*s = ahead
	switch {
	case overflow:
		return 1<<16 - 1, true
	case negative:
		return uint16(-n), true
	}
	return uint16(n), true
}

// digits removes all digits that come and returns their number modulo 2^64. overflow
// reports whether the number is larger than that.
func (s *scanner) digits() (n uint64, overflow bool) {
	for isDigit(s.peek()) {
		d := uint64(s.text[0] - '0')
		overflow = overflow || n > (1<<64-1-d)/10
		n = n*10 + d
		s.text = s.text[1:]
	}
	return n, overflow
}

// change removes [,]date[/time] and stores it in c, or the usual change at the end of
// the text. If it fails, it returns false and leaves in c what it understood.
func (s *scanner) change(c *change, usual change) bool {
	s.skip(',')
	switch first := s.peek(); {
	case s.text == "":
		*c = usual
		return true
	case first == 'J' || isDigit(first):
		c.form = dayOfYear
		if s.skip('J') {
			c.form = julianDay
		}
		if !s.day(c) {
			return false
		}
	case first == 'M':
		c.form = weekday
		if !s.weekday(c) {
			return false
		}
	default:
		return false
	}
	switch {
	case s.skip('/'):
		if s.text == "" {
			return false
		}
		sign := 1
		if s.skip('-') {
			sign = -1
		}
		hours, minutes, seconds, _ := s.clock(2)
		c.seconds = sign * (hours*3600 + minutes*60 + seconds)
		return true
	case s.text == "" || s.peek() == ',':
		c.seconds = usualChangeSeconds
		return true
	}
	return false
}

// day removes the digits of n or Jn.
func (s *scanner) day(c *change) bool {
	if !isDigit(s.peek()) {
		return false
	}
	n, overflow := s.digits()
	if overflow || n > 365 || n == 0 && c.form == julianDay {
		return false
	}
	c.day = uint16(n)
	return true
}

// weekday removes Mm.n.d.
func (s *scanner) weekday(c *change) bool {
	for i, field := range []*uint16{&c.month, &c.week, &c.day} {
		if !s.skip("M.."[i]) {
			return false
		}
		n, ok := s.number()
		if !ok {
			return false
		}
		*field = n
	}
	return 1 <= c.month && c.month <= 12 && 1 <= c.week && c.week <= 5 && c.day <= 6
}
