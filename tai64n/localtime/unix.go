package localtime

// Unix returns the unix time at which it is that time of that day in the zone; month
// is 1 to 12, the others may lie outside of their ranges and are carried. Of the two
// such times when a clock is set back it is the earlier. A time that is left out when
// a clock is set forward counts as if it had not been.
func (z *Zone) Unix(year int64, month, day, hour, minute, second int) int64 {
	local := dayOf(year, daysBefore(year, month)+day-1)*secondsPerDay +
		int64(hour)*3600 + int64(minute)*60 + int64(second)
	// No offset is so long, so the one of then before, or that of then after, holds.
	const beyondOffsets = 25 * 3600 // a rule's are 24:59:59 at the most
	before, after := z.at(local-beyondOffsets).offset, z.at(local+beyondOffsets).offset
	for _, offset := range []int{before, after} {
		unix := local - int64(offset)
		if z.at(unix).offset == offset {
			return unix
		}
	}
	return local - int64(before)
}

// Date returns the day that it is in the zone at a unix time.
func (z *Zone) Date(unix int64) (year int64, month, day int) {
	days, _ := daysAndSeconds(unix + int64(z.at(unix).offset))
	return civil(days)
}
