package logdir

import (
	"bytes"
	"time"

	"multilog/tai64n"
)

// stampBytes is more than the length of any stamp that Label understands, and its space.
const stampBytes = 40

// Label returns the time with which a line begins, as a label. line may continue behind the end of
// the line. Label understands
//
//	@4000000040cebb173743e93c       multilog t, s6-log t, svlogd -t
//	2004-06-15T09:02:05Z            multilog tRFC3339
//	2004-06-15T09:02:05.927197500Z  multilog tRFC3339Nano
//	1087290125                      multilog tUnix
//	1087290125927                   multilog tUnixMs
//	1087290125927197500             multilog tUnixNs
//	1087290125.927197               multilog T, as daemontools-encore's
//	2004-06-15_09:02:05.92719       svlogd -tt
//	2004-06-15T09:02:05.92719       svlogd -ttt
//
// with a space behind, which only the first may lack. All are UTC. The time of a stamp with few digits is the
// beginning of what it means.
func Label(line []byte) (label tai64n.Label, ok bool) {
	switch {
	case len(line) == 0 || line[0] > '@':
		return label, false
	case line[0] == '@':
		return tai64n.Parse(line)
	case '0' <= line[0] && line[0] <= '9':
		return stamp(line[:min(len(line), stampBytes)])
	}
	return label, false
}

// stamp is Label for what begins with a digit.
func stamp(line []byte) (tai64n.Label, bool) {
	end := bytes.IndexByte(line, ' ')
	if end < 0 {
		return tai64n.Label{}, false
	}
	text := line[:end]
	whole := text
	var fraction []byte
	if dot := bytes.IndexByte(text, '.'); dot >= 0 {
		whole, fraction = text[:dot], text[dot+1:]
	}
	n, ok := number(whole)
	switch {
	case ok && len(fraction) == 0 && len(text) == 10:
		return labelOfTime(n, 0), true
	case ok && len(fraction) == 0 && len(text) == 13:
		return labelOfTime(n/1e3, n%1e3*1e6), true
	case ok && len(fraction) == 0 && len(text) == 19:
		return labelOfTime(n/1e9, n%1e9), true
	case ok && len(whole) == 10 && len(fraction) == 6:
		micro, ok := number(fraction)
		return labelOfTime(n, micro*1e3), ok
	case !ok && len(whole) >= len("2004-06-15T09:02:05"):
		return dated(text)
	}
	return tai64n.Label{}, false
}

// number returns the number that all of digits is, at most 19 of them.
func number(digits []byte) (n int64, ok bool) {
	if len(digits) == 0 || len(digits) > 19 {
		return 0, false
	}
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 0, false
		}
		n = n*10 + int64(d-'0')
	}
	return n, n >= 0
}

// dated returns the label of a date and a time of day.
func dated(text []byte) (tai64n.Label, bool) {
	const layout = "2004-06-15T09:02:05"
	zone := text[len(layout):]
	if text[10] == '_' && bytes.HasSuffix(zone, []byte("Z")) {
		return tai64n.Label{}, false
	}
	var fields [6]int64 // year, month, day, hour, minute, second
	for i, at := range [6][2]int{{0, 4}, {5, 7}, {8, 10}, {11, 13}, {14, 16}, {17, 19}} {
		var ok bool
		if fields[i], ok = number(text[at[0]:at[1]]); !ok {
			return tai64n.Label{}, false
		}
	}
	f := fields
	joined := text[10] == 'T' || text[10] == '_'
	if text[4] != '-' || text[7] != '-' || !joined || text[13] != ':' || text[16] != ':' ||
		f[1] < 1 || f[1] > 12 || f[2] < 1 || f[2] > 31 || f[3] > 23 || f[4] > 59 || f[5] > 60 {
		return tai64n.Label{}, false
	}
	nano := int64(0)
	digits, isFraction := bytes.CutPrefix(bytes.TrimSuffix(zone, []byte("Z")), []byte("."))
	if isFraction {
		n, ok := number(digits)
		if !ok || len(digits) > 9 {
			return tai64n.Label{}, false
		}
		for nano = n; len(digits) < 9; digits = append(digits[:len(digits):len(digits)], '0') {
			nano *= 10
		}
	} else if len(digits) > 0 || len(zone) == 0 { // a zone that is none of ours, or local time
		return tai64n.Label{}, false
	}
	t := time.Date(int(f[0]), time.Month(f[1]), int(f[2]), int(f[3]), int(f[4]), int(f[5]), 0, time.UTC)
	return labelOfTime(t.Unix(), nano), true
}

// labelOfTime returns the label of a Unix time.
func labelOfTime(sec, nano int64) tai64n.Label {
	return tai64n.Label{Sec: uint64(sec) + tai64n.UnixEpoch, Nano: uint32(nano)}
}
