// Package histogram counts lines by the minute, hour or day of their times, and draws bars.
package histogram

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// A Unit is a length of time, in seconds.
type Unit int64

// The units.
const (
	Minute Unit = 60
	Hour   Unit = 60 * 60
	Day    Unit = 24 * 60 * 60
)

const (
	// mostRows is how many rows Fitting leaves room for.
	mostRows = 120

	// mostEmpty is how many rows without lines are shown in a row.
	mostEmpty = 1000

	leastBar = 10 // columns
)

// A Histogram counts lines in each minute of local time.
type Histogram struct {
	offset func(unix int64) int // seconds by which local time is ahead of UTC
	counts map[minute]int

	last   minute // of the last line, and how many
	number int
	until  int64 // the Unix time up to which it is of that minute
}

// A minute is a minute of local time. When the clock is set back, an hour comes twice.
type minute struct {
	local  int64 // when it begins, as if local time were UTC
	offset int
}

func (m minute) unix() int64 { return m.local - int64(m.offset) }

// New returns an empty Histogram. offset returns by how many seconds local time is ahead of UTC.
func New(offset func(unix int64) int) *Histogram {
	return &Histogram{offset: offset, counts: make(map[minute]int)}
}

// Add counts a line with that Unix time, in seconds.
func (h *Histogram) Add(unix int64) {
	if h.number > 0 && unix < h.until && unix >= h.until-int64(Minute) {
		h.number++
		return
	}
	h.flush()
	offset := h.offset(unix)
	local := unix + int64(offset)
	h.last = minute{local - mod(local, int64(Minute)), offset}
	h.number, h.until = 1, h.last.unix()+int64(Minute)
}

// flush counts the last lines.
func (h *Histogram) flush() {
	if h.number > 0 {
		h.counts[h.last] += h.number
		h.number = 0
	}
}

// mod returns the remainder of a/b, from 0 to b-1.
func mod(a, b int64) int64 { return (a%b + b) % b }

// Fitting returns the unit that shows all lines in few rows: minutes up to two hours, hours up to
// five days, or else days.
func (h *Histogram) Fitting() Unit {
	h.flush()
	first, last := int64(0), int64(0)
	for m := range h.counts {
		if first == 0 && last == 0 {
			first, last = m.unix(), m.unix()
		}
		first, last = min(first, m.unix()), max(last, m.unix())
	}
	for _, unit := range []Unit{Minute, Hour} {
		if last-first < mostRows*int64(unit) {
			return unit
		}
	}
	return Day
}

// A Bucket is a minute, hour or day.
type Bucket struct {
	Unix  int64     // when it begins
	Local time.Time // that as local time, as if it were UTC
	Lines int
}

// Buckets returns the buckets from the first line to the last. Where more than a thousand in a
// row have no lines, it leaves them out.
func (h *Histogram) Buckets(unit Unit) []Bucket {
	h.flush()
	sums := make(map[minute]int)
	for m, n := range h.counts {
		start := minute{m.local - mod(m.local, int64(unit)), m.offset}
		if unit == Day { // a day is one, even if the clock is set back or forward
			start.offset = h.offsetAt(start.local)
		}
		sums[start] += n
	}
	var buckets []Bucket
	for _, m := range slices.SortedFunc(maps.Keys(sums), func(a, b minute) int { return int(a.unix() - b.unix()) }) {
		if n := len(buckets); n > 0 {
			buckets = append(buckets, h.empty(buckets[n-1], m, unit)...)
		}
		buckets = append(buckets, Bucket{m.unix(), time.Unix(m.local, 0).UTC(), sums[m]})
	}
	return buckets
}

// empty returns the buckets between last and next.
func (h *Histogram) empty(last Bucket, next minute, unit Unit) (buckets []Bucket) {
	local := last.Local.Unix()
	if (next.unix()-last.Unix)/int64(unit) > mostEmpty {
		return nil
	}
	for {
		unix := last.Unix + int64(unit)
		if unit == Day {
			local += int64(Day)
			unix = local - int64(h.offsetAt(local))
		} else {
			local = unix + int64(h.offset(unix))
		}
		if unix >= next.unix() {
			return buckets
		}
		last = Bucket{Unix: unix, Local: time.Unix(local, 0).UTC()}
		buckets = append(buckets, last)
	}
}

// offsetAt returns the offset that holds when clocks show local.
func (h *Histogram) offsetAt(local int64) int {
	first := h.offset(local - int64(h.offset(local)))
	return h.offset(local - int64(first))
}

// Text returns a line for each bucket, with its time and the number of its lines and, if columns is
// not 0, a bar, so that all is as wide as that. Without block characters, bars are made of #.
func Text(buckets []Bucket, unit Unit, columns int, blocks bool) []byte {
	layout := "2006-01-02 15:04"
	if unit == Day {
		layout = "2006-01-02"
	}
	most := 0
	for _, b := range buckets {
		most = max(most, b.Lines)
	}
	digits := len(fmt.Sprint(most))
	room := max(columns-len(layout)-digits-2, leastBar)
	var out bytes.Buffer
	for _, b := range buckets {
		when := b.Local.Format(layout)
		if columns == 0 {
			fmt.Fprintf(&out, "%s %d\n", when, b.Lines)
			continue
		}
		line := fmt.Sprintf("%s %*d %s", when, digits, b.Lines, bar(b.Lines, most, room, blocks))
		out.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return out.Bytes()
}

// bar returns a bar of room columns for most lines, and of as much less for fewer. Some lines have
// a bar that can be seen.
func bar(lines, most, room int, blocks bool) string {
	if lines == 0 {
		return ""
	}
	if !blocks {
		return strings.Repeat("#", max(1, (lines*room+most/2)/most))
	}
	const parts = 8 // of a column
	n := max(1, (lines*room*parts+most/2)/most)
	text := strings.Repeat("█", n/parts)
	if n%parts > 0 {
		text += string('█' + rune(parts-n%parts))
	}
	return text
}
