package localtime

// Unix returns the Unix time, in seconds, of a date and time of day in the zone.
// month must be 1 to 12; the values after it may lie outside their ranges and are
// carried. A time of day that comes twice, because the clock is set back, means the
// first. A time of day that the clock skips, because it is set forward, is counted
// with the offset before the change.
func (z *Zone) Unix(year int64, month, day, hour, minute, second int) int64 {
	local := dayOf(year, daysBefore(year, month)+day-1)*secondsPerDay +
		int64(hour)*3600 + int64(minute)*60 + int64(second)
	// No offset is longer than this, so the answer lies between local-beyondOffsets and
	// local+beyondOffsets, and one of the offsets at these two times holds there.
	const beyondOffsets = 25 * 3600 // the longest offset of a rule is 24:59:59
	before, after := z.at(local-beyondOffsets).offset, z.at(local+beyondOffsets).offset
	for _, offset := range []int{before, after} {
		unix := local - int64(offset)
		if z.at(unix).offset == offset {
			return unix
		}
	}
	return local - int64(before)
}

// Date returns the date in the zone at a Unix time.
func (z *Zone) Date(unix int64) (year int64, month, day int) {
	days, _ := daysAndSeconds(unix + int64(z.at(unix).offset))
	return civil(days)
}

// Offset returns the seconds by which local time in the zone is ahead of UTC at a Unix
// time.
func (z *Zone) Offset(unix int64) int { return z.at(unix).offset }
