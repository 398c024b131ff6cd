package localtime

import "math"

// This file computes with the Gregorian calendar, extended to all years. Year 0
// comes before year 1, as in ISO 8601.

const secondsPerDay = 86400

// floorDiv returns a/b rounded down; b is positive.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// floorMod returns the remainder of floorDiv, from 0 to b-1.
func floorMod(a, b int64) int64 { return a - floorDiv(a, b)*b }

// daysAndSeconds splits unix into days since 1970-01-01 and seconds of the day.
func daysAndSeconds(unix int64) (days, seconds int64) {
	return floorDiv(unix, secondsPerDay), floorMod(unix, secondsPerDay)
}

func isLeap(year int64) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

// yearFits reports whether the C library's struct tm can hold the year: it counts
// years since 1900 in an int.
func yearFits(year int64) bool {
	return math.MinInt32 <= year-1900 && year-1900 <= math.MaxInt32
}

// daysBefore returns the number of days of a year before the first of a month, which
// is 1 to 13.
func daysBefore(year int64, month int) int {
	days := [...]int{1: 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365}[month]
	if month > 2 && isLeap(year) {
		days++
	}
	return days
}

// dayOf returns the days from 1970-01-01 to a day of a year. dayOfYear is 0 for 1
// January.
func dayOf(year int64, dayOfYear int) int64 {
	y := year - 1
	const daysBefore1970 = 719162 // since 0001-01-01
	return y*365 + floorDiv(y, 4) - floorDiv(y, 100) + floorDiv(y, 400) - daysBefore1970 + int64(dayOfYear)
}

// civil returns the date that is days after 1970-01-01.
func civil(days int64) (year int64, month, day int) {
	const (
		daysPer400Years = 400*365 + 97
		daysPer100Years = 100*365 + 24
		daysPer4Years   = 4*365 + 1
		marchOfYear0    = -719468 // days from 1970-01-01 to 0000-03-01
	)
	// Count from 1 March of a year divisible by 400, so that leap days come last.
	days -= marchOfYear0
	cycle, rest := floorDiv(days, daysPer400Years), floorMod(days, daysPer400Years)
	century := min(rest/daysPer100Years, 3)
	rest -= century * daysPer100Years
	four := rest / daysPer4Years
	rest -= four * daysPer4Years
	one := min(rest/365, 3)
	rest -= one * 365
	year = cycle*400 + century*100 + four*4 + one

	// From March on, months have 31, 30, 31, 30, 31 days, and then the same again.
	m := (5*rest + 2) / 153
	day = int(rest-(153*m+2)/5) + 1
	month = int(m) + 3
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, day
}
