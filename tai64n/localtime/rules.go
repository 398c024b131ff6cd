package localtime

// at returns the span that contains unix. The span ends with the year in UTC at the
// latest, because the changes of that year alone decide. ok is false if the year does
// not fit.
func (r *rules) at(unix int64) (s span, ok bool) {
	days, _ := daysAndSeconds(unix)
	year, _, _ := civil(days)
	if !yearFits(year) {
		return span{}, false
	}
	s.from, s.until = dayOf(year, 0)*secondsPerDay, dayOf(year+1, 0)*secondsPerDay
	to, back := r.changes[0].unix(year, r.offsets[0]), r.changes[1].unix(year, r.offsets[1])
	dst := to <= unix && unix < back
	if to > back { // the southern hemisphere's summer spans the new year
		dst = unix < back || to <= unix
	}
	if dst {
		s.offset = r.offsets[1]
	} else {
		s.offset = r.offsets[0]
	}
	for _, change := range []int64{to, back} {
		if change <= unix {
			s.from = max(s.from, change)
		} else {
			s.until = min(s.until, change)
		}
	}
	return s, true
}

// unix returns the Unix time of the change in a year. offset is that of local time
// before the change. Two faults of the C library are kept: before 1970 the changes are
// those of 1970, and beyond year 5.8 million or so the number of days overflows its
// int.
func (c change) unix(year int64, offset int) int64 {
	var day int64
	if year > 1970 {
		day = int64(int32(dayOf(year, 0)))
	}
	switch n := int64(c.day); c.form {
	case dayOfYear:
		day += n
	case julianDay:
		day += n - 1
		if n >= 60 && isLeap(year) {
			day++
		}
	case weekday:
		day += c.weekdayOf(year)
	}
	return day*secondsPerDay - int64(offset) + int64(c.seconds)
}

// weekdayOf returns the day of the year, counted from 0, on which the nth weekday of
// the month falls.
func (c change) weekdayOf(year int64) int64 {
	month := min(max(int(c.month), 1), 12)
	first := daysBefore(year, month)
	length := daysBefore(year, month+1) - first
	const sundayBeforeEpoch = -4 // 1970-01-01 was a Thursday
	ofFirst := floorMod(dayOf(year, first)-sundayBeforeEpoch, 7)
	day := int64(c.day) - ofFirst
	if day < 0 {
		day += 7
	}
	for week := uint16(1); week < c.week && day+7 < int64(length); week++ {
		day += 7
	}
	return int64(first) + day
}

// defaultChanges names the zone file that provides the changes of a rule that states
// none.
const defaultChanges = "posixrules"

// adopt gives f's zone the offsets of r. As the C library does, it moves the
// transitions that were stated in standard time by the difference between the two
// standard offsets, leaves those stated in daylight-saving time where they are, and
// keeps f's own rules for the time after the last transition.
func (f *file) adopt(r rules) {
	move := int64(r.offsets[0] - f.standardOffset())
	kindOf := make([]byte, len(f.kindOf))
	dst := false
	for i, k := range f.kindOf {
		to := f.kinds[k]
		if !to.universal && (to.standard || !dst) {
			f.transitions[i] += move
		}
		if dst = to.dst; dst {
			kindOf[i] = 1
		}
	}
	f.kindOf = kindOf
	f.kinds = []kind{{offset: r.offsets[0]}, {offset: r.offsets[1], dst: true}}
}

// standardOffset returns the offset of the last standard time.
func (f *file) standardOffset() int {
	for i := len(f.kindOf) - 1; i >= 0; i-- {
		if k := f.kinds[f.kindOf[i]]; !k.dst {
			return k.offset
		}
	}
	if len(f.kindOf) == 0 {
		return f.kinds[0].offset
	}
	return 0
}
