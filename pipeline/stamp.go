package pipeline

import (
	"strconv"
	"strings"
	"time"

	"multilog/tai64n"
)

// What goes before a line: t puts TAI64N there, and with a word behind it a
// stamp that other programs read; T is daemontools-encore's. All of them
// increase from line to line as far as their digits allow.

// stampKind is a form of stamp.
type stampKind uint8

const (
	stampNone     stampKind = iota
	stampTAI64N             // @4000000040cebb173743e93c
	stampRFC3339            // 2004-06-15T09:02:05Z
	stampRFC3339N           // 2004-06-15T09:02:05.927197500Z
	stampUnix               // 1087290125
	stampUnixMs             // 1087290125927
	stampUnixNs             // 1087290125927197500
	stampAccu               // 1087290125.927197
)

// stampOf is the stamp that the first argument of a script asks for.
func stampOf(arg string) stampKind {
	switch arg {
	case "tRFC3339":
		return stampRFC3339
	case "tRFC3339Nano":
		return stampRFC3339N
	case "tUnix":
		return stampUnix
	case "tUnixMs":
		return stampUnixMs
	case "tUnixNs":
		return stampUnixNs
	case "T":
		return stampAccu
	}
	if strings.HasPrefix(arg, "t") {
		return stampTAI64N
	}
	return stampNone
}

// maxStampBytes is the length of the longest stamp, with its space. Years of
// five digits and seconds of eleven have room.
const maxStampBytes = 40

// stamper makes the stamps of a batch.
type stamper struct {
	kind stampKind
	tai  tai64n.Stamper

	second int64  // that prefix is about
	prefix []byte // the text up to the second
	memory [maxStampBytes]byte
}

// advance brings the stamper to the time of a batch, in nanoseconds since 1970.
func (s *stamper) advance(now int64) { s.tai.AdvanceUnixNano(now) }

// append appends the next line's stamp and a space; there must be room for
// maxStampBytes.
func (s *stamper) append(dst []byte) []byte {
	if s.kind == stampTAI64N {
		n := len(dst)
		dst = dst[:n+labelBytes]
		s.tai.Put(dst[n:])
		return dst
	}
	l := s.tai.Take()
	if second := l.Unix(); second != s.second || s.prefix == nil {
		s.second = second
		s.prefix = s.appendSecond(s.memory[:0], second)
	}
	dst = append(dst, s.prefix...)
	switch s.kind {
	case stampRFC3339:
		dst = append(dst, 'Z')
	case stampRFC3339N:
		dst = append(appendDigits(append(dst, '.'), l.Nano, 9), 'Z')
	case stampUnixMs:
		dst = appendDigits(dst, l.Nano/1e6, 3)
	case stampUnixNs:
		dst = appendDigits(dst, l.Nano, 9)
	case stampAccu:
		dst = appendDigits(append(dst, '.'), l.Nano/1e3, 6)
	}
	return append(dst, ' ')
}

func (s *stamper) appendSecond(dst []byte, second int64) []byte {
	if s.kind == stampRFC3339 || s.kind == stampRFC3339N {
		return time.Unix(second, 0).UTC().AppendFormat(dst, "2006-01-02T15:04:05")
	}
	return strconv.AppendInt(dst, second, 10)
}

// appendDigits appends the last n decimal digits of v.
func appendDigits(dst []byte, v uint32, n int) []byte {
	at := len(dst)
	dst = dst[:at+n]
	for i := n - 1; i >= 0; i-- {
		dst[at+i] = '0' + byte(v%10)
		v /= 10
	}
	return dst
}

// length is how long the stamps are: that of TAI64N always, of the others in
// this era.
func (k stampKind) length() int {
	return [...]int{stampNone: 0, stampTAI64N: labelBytes, stampRFC3339: 21, stampRFC3339N: 31,
		stampUnix: 11, stampUnixMs: 14, stampUnixNs: 20, stampAccu: 18}[k]
}
