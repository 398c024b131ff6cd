package localtime

// at returns the span around unix, which is never longer than a year of UTC: the
// changes of that year are what decides. ok is false in years that do not fit.
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

// unix returns when the change of a year is, offset being that of the local time
// that holds until then. The C library is a little simple in years before 1970,
// whose changes are those of 1970, and beyond some 5.8 million, whose days do not fit
// its int.
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

// weekdayOf returns the day of the year, from 0, of the nth weekday of a month.
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

// defaultChanges is the file whose changes hold for rules that have none.
const defaultChanges = "posixrules"

// adopt makes f's transitions those of a zone with the offsets of r, in the C
// library's way: those given in standard time are moved by as much as it differs,
// those given in daylight-saving time are not, and after the last one f's own rules
// hold.
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
