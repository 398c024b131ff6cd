package pipeline

import (
	"strconv"
	"time"

	"multilog/pipeline/script"
	"multilog/tai64n"
)

// Stamps in front of lines: t puts a TAI64N label there, t with a word another stamp, T
// that of daemontools-encore. All of them increase from line to line as far as their
// digits allow, also from one logger to the next, until the clock is set back: see
// [tai64n.Stamper]. Then they go on in new files.

// maxStampBytes is the room for the longest stamp and its space, also for years of five
// digits and seconds of eleven.
const maxStampBytes = 40

// stamper makes the stamps of a batch.
type stamper struct {
	kind script.Stamp
	tai  tai64n.Stamper

	second int64  // of prefix, since 1970
	prefix []byte // the text of a stamp up to its second
	memory [maxStampBytes]byte
}

// advance sets the stamper to the time of a batch, in nanoseconds since 1970. It
// returns how far stamps go back, which is 0 unless the clock was set back by more than
// a second.
func (s *stamper) advance(now int64) time.Duration { return s.tai.AdvanceUnixNano(now) }

// next returns the time of the next stamp, in nanoseconds since 1970, if the clock stands
// still.
func (s *stamper) next() int64 { return s.tai.Peek().UnixNano() }

// append appends the next line's stamp and a space. dst must have room for
// maxStampBytes.
func (s *stamper) append(dst []byte) []byte {
	if s.kind == script.StampTAI64N {
		n := len(dst)
		dst = dst[:n+script.LabelBytes]
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
	case script.StampRFC3339:
		dst = append(dst, 'Z')
	case script.StampRFC3339Nano:
		dst = append(appendDigits(append(dst, '.'), l.Nano, 9), 'Z')
	case script.StampUnixMs:
		dst = appendDigits(dst, l.Nano/1e6, 3)
	case script.StampUnixNs:
		dst = appendDigits(dst, l.Nano, 9)
	case script.StampAccustamp:
		dst = appendDigits(append(dst, '.'), l.Nano/1e3, 6)
	}
	return append(dst, ' ')
}

func (s *stamper) appendSecond(dst []byte, second int64) []byte {
	if s.kind == script.StampRFC3339 || s.kind == script.StampRFC3339Nano {
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
