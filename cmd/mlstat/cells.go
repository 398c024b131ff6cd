package main

import (
	"fmt"
	"math"
	"os"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"multilog/rotate/lockpage"
)

// stateCell returns what the logger does.
func stateCell(l look) string {
	switch {
	case l.Alive && l.Activity.PauseSince != 0:
		return "fails " + ago(l, l.Activity.PauseSince)
	case l.Alive && l.Activity.RoomSince != 0:
		return "waits " + ago(l, l.Activity.RoomSince)
	case l.Alive:
		return "up " + span(l.at.Sub(l.Started))
	case l.Holder.Held:
		return "another's"
	case l.PID == 0:
		return "none"
	}
	return "gone"
}

// rateNow returns the lines per second since before, if that is a look at the same
// logger, or in the last whole period of the page, or since the start.
func rateNow(l look, before []look) (rate float64, ok bool) {
	for _, b := range before {
		if lines := l.Counters.LinesIn - b.Counters.LinesIn; b.Dir == l.Dir && b.PID == l.PID && b.Counters.LinesIn <= l.Counters.LinesIn {
			if seconds := l.at.Sub(b.at).Seconds(); seconds > 0 {
				return float64(lines) / seconds, true
			}
		}
	}
	if !l.Alive {
		return 0, false
	}
	if rates := l.RatesBefore(l.at); len(rates) > 0 {
		return rates[len(rates)-1], true
	}
	if seconds := l.at.Sub(l.Started).Seconds(); seconds > 0 {
		return float64(l.Counters.LinesIn) / seconds, true
	}
	return 0, false
}

func rateCell(l look, before []look) string {
	rate, ok := rateNow(l, before)
	switch {
	case !ok:
		return "-"
	case rate > 0 && rate < 9.95:
		return fmt.Sprintf("%.1f", rate)
	}
	return short(rate)
}

// short returns a number in five characters: 12345, 123k, 1.2M.
func short(n float64) string {
	if n < 99_999.5 {
		return fmt.Sprintf("%.0f", n)
	}
	for _, unit := range "kMGTPE" {
		if n /= 1000; n < 999.5 {
			if n < 9.95 {
				return fmt.Sprintf("%.1f%c", n, unit)
			}
			return fmt.Sprintf("%.0f%c", n, unit)
		}
	}
	return "many"
}

// historyBars is how many bars the history has: one for two periods of the page.
const historyBars = lockpage.RateSlots / 2

var (
	blocks = []rune(" ▁▂▃▄▅▆▇█")
	ascii  = []rune(" .:-=+*%#")
)

// bars are what a history is drawn with: the n-th stands for n eighths of the highest.
func bars() []rune {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := os.Getenv(name); value != "" {
			if value = strings.ToLower(value); strings.Contains(value, "utf-8") || strings.Contains(value, "utf8") {
				return blocks
			}
			break
		}
	}
	return ascii
}

// historyCell draws the rates of the last two minutes, the present at the right. Only 0
// is blank.
func historyCell(l look, bars []rune) string {
	if !l.Alive {
		return "-"
	}
	rates := l.RatesBefore(l.at)
	pairs := make([]float64, historyBars)
	highest := 0.0
	for i := range pairs { // from the present back
		for j := range 2 {
			if at := len(rates) - 1 - 2*i - j; at >= 0 {
				pairs[historyBars-1-i] += rates[at]
			}
		}
		highest = max(highest, pairs[historyBars-1-i])
	}
	drawn := make([]rune, historyBars)
	for i, p := range pairs {
		drawn[i] = bars[0]
		if p > 0 {
			drawn[i] = bars[min(8, int(math.Ceil(p/highest*8)))]
		}
	}
	return string(drawn)
}

// lastCell returns how long ago the last line came.
func lastCell(l look) string {
	if l.Counters.LastBatch == 0 {
		return "-"
	}
	return ago(l, l.Counters.LastBatch)
}

func pendingCell(l look) string {
	if l.PID == 0 {
		return "-"
	}
	if l.Activity.PendingLimit == 0 {
		return fmt.Sprint(l.Counters.Pending)
	}
	return fmt.Sprintf("%d/%d", l.Counters.Pending, l.Activity.PendingLimit)
}

// troubles returns what an administrator should know, what goes on now first.
func troubles(l look) (parts []string) {
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	c, a := &l.Counters, &l.Activity
	if l.Alive {
		if a.PauseSince != 0 {
			add("unable to write for %s, the service may wait", ago(l, a.PauseSince))
		}
		if a.RoomSince != 0 {
			add("%d of %d files pending, no room to rotate for %s, the service may wait", c.Pending, a.PendingLimit, ago(l, a.RoomSince))
		}
		if len(l.Files) > 0 && l.Files[0].Failing {
			add("%v a file fails, last tried %s ago", l.Files[0].Stage, span(l.at.Sub(l.Files[0].Since)))
		}
	} else if l.PID != 0 && !l.Holder.Held {
		add("no logger, the last one was pid %d", l.PID)
	}
	if c.WritePauses > 0 {
		add("%s writes retried", count(c.WritePauses))
	}
	if c.ProcessorBad > 0 {
		add("%s of %s processor runs failed", count(c.ProcessorBad), count(c.ProcessorRuns))
	}
	if c.RoomWaited >= uint64(time.Second) {
		add("waited %s for room", took(c.RoomWaited))
	}
	return parts
}

// ago returns how long before the look a time was, which is in nanoseconds since 1970.
func ago(l look, since int64) string { return span(l.at.Sub(time.Unix(0, since))) }

// span returns a time in at most five characters: 12s, 5m, 3h, 2d4h, 300d.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	switch d = max(0, d); {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < 10*time.Minute:
		return fmt.Sprintf("%dm%ds", d/time.Minute, d%time.Minute/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < 10*time.Hour:
		return fmt.Sprintf("%dh%dm", d/time.Hour, d%time.Hour/time.Minute)
	case d < day:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d < 10*day:
		return fmt.Sprintf("%dd%dh", d/day, d%day/time.Hour)
	}
	return fmt.Sprintf("%dd", d/day)
}

func count(n uint64) string {
	if n < 100_000 {
		return humanize.Comma(int64(n))
	}
	v, unit := humanize.ComputeSI(float64(n))
	return fmt.Sprintf("%.1f%s", v, unit)
}

func took(ns uint64) string {
	d := time.Duration(ns)
	switch {
	case d >= time.Second:
		d = d.Round(10 * time.Millisecond)
	case d >= time.Millisecond:
		d = d.Round(10 * time.Microsecond)
	default:
		d = d.Round(time.Microsecond)
	}
	return d.String()
}
