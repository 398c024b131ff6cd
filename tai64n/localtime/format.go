package localtime

import (
	"encoding/binary"
	"math"

	"multilog/tai64n"
)

const (
	// Len is the length in bytes of the text of a label whose year has four digits
	// and whose nanosecond field is below 1e9.
	Len = len("2004-06-15 09:02:05.927197500")

	// MaxLen is the length in bytes of the longest text: the year has 20 digits, the
	// nanosecond field 10.
	MaxLen = 20 + len("-06-15 09:02:05.") + 10
)

// A Formatter writes labels as local time, "2004-06-15 09:02:05.927197500". It keeps
// the text of the last second, so only one goroutine may use it at a time.
type Formatter struct {
	zone *Zone
	span span // the span that contains sec

	sec    uint64       // the last label's TAI64 second
	digits [16]byte     // its digits in the label
	second [MaxLen]byte // its text, up to and including the dot
	length int          // of that text; 0 if the second has no date
}

// NewFormatter returns a Formatter for local time in z.
func NewFormatter(z *Zone) *Formatter {
	return &Formatter{zone: z} // valid as it is: TAI64 second 0 has no date
}

// Put stores the text of l in dst and returns its length in bytes. It panics if dst
// has less than MaxLen bytes. If the year does not fit the C library's struct tm, Put
// stores nothing and returns 0. It prints a year before 0 modulo 2^64, as
// daemontools' tai64nlocal does.
func (f *Formatter) Put(dst []byte, l tai64n.Label) int {
	_ = dst[MaxLen-1]
	if l.Sec != f.sec {
		f.set(l)
	}
	if f.length == Len-9 && l.Nano < 1e9 {
		copy(dst[:Len-9], f.second[:Len-9])
		putNine(dst[Len-9:Len], l.Nano)
		return Len
	}
	if f.length == 0 {
		return 0
	}
	n := copy(dst, f.second[:f.length])
	return n + copy(dst[n:], appendPadded(make([]byte, 0, 10), uint64(l.Nano), 9))
}

// PutText is Put for the label text[:tai64n.Len]. It also returns 0 if there is no
// label. It is faster than Put for a label in the same second as the last one, whose
// digits it need not parse.
func (f *Formatter) PutText(dst, text []byte) int {
	_, _ = dst[MaxLen-1], text[tai64n.Len-1]
	if f.length == Len-9 && text[0] == '@' && [16]byte(text[1:17]) == f.digits {
		if nano, ok := tai64n.ParseDigits(text[17:]); ok && nano < 1e9 {
			*(*[Len - 9]byte)(dst) = [Len - 9]byte(f.second[:Len-9])
			putNine(dst[Len-9:Len], nano)
			return Len
		}
	}
	l, ok := tai64n.Parse(text)
	if !ok {
		return 0
	}
	return f.Put(dst, l)
}

// Append appends the text of l to dst and returns the extended slice. ok is false,
// and dst unchanged, where Put returns 0.
func (f *Formatter) Append(dst []byte, l tai64n.Label) (text []byte, ok bool) {
	var room [MaxLen]byte
	n := f.Put(room[:], l)
	return append(dst, room[:n]...), n > 0
}

// set prepares the text of l's second.
func (f *Formatter) set(l tai64n.Label) {
	f.sec, f.length = l.Sec, 0
	var label [tai64n.Len]byte
	l.Put(label[:])
	copy(f.digits[:], label[1:])
	unix := l.Unix()
	if unix < f.span.from || unix >= f.span.until {
		f.span = f.zone.at(unix)
	}
	days, seconds := daysAndSeconds(unix)
	days += floorDiv(seconds+int64(f.span.offset), secondsPerDay)
	seconds = floorMod(seconds+int64(f.span.offset), secondsPerDay)
	year, month, day := civil(days)
	if !yearFits(year) {
		return
	}
	text := appendPadded(f.second[:0], uint64(printedYear(year)), 1)
	text = appendTwo(text, '-', month)
	text = appendTwo(text, '-', day)
	text = appendTwo(text, ' ', int(seconds/3600))
	text = appendTwo(text, ':', int(seconds/60%60))
	text = appendTwo(text, ':', int(seconds%60)+f.span.leap)
	f.length = len(append(text, '.'))
}

// printedYear returns the year as tai64nlocal computes it: it adds 1900 to the int in
// struct tm, and the sum may wrap around.
func printedYear(year int64) int64 {
	if year > math.MaxInt32 {
		return year - 1<<32
	}
	return year
}

func appendTwo(dst []byte, before byte, v int) []byte {
	return append(dst, before, byte('0'+v/10), byte('0'+v%10))
}

// appendPadded appends v in decimal with at least width digits.
func appendPadded(dst []byte, v uint64, width int) []byte {
	var digits [20]byte
	i := len(digits)
	for ; v > 0 || width > 0; width-- {
		i--
		digits[i] = byte('0' + v%10)
		v /= 10
	}
	return append(dst, digits[i:]...)
}

// putNine stores the nine digits of v, which must be below 1e9. It computes v/1e8 as
// a fixed-point number with 57 binary places. The integer part is the first digit;
// each multiplication of the fraction by 100 yields the next two. The reciprocal is
// rounded up, which adds less than one unit of the last digit.
func putNine(dst []byte, v uint32) {
	const (
		places   = 57
		fraction = 1<<places - 1
		per1e8   = (1<<places + 99_999_999) / 100_000_000
	)
	_ = dst[8]
	f := uint64(v) * per1e8
	dst[0] = byte('0' + f>>places)
	f = f & fraction * 100
	binary.LittleEndian.PutUint16(dst[1:], twoDigits[f>>places&127])
	f = f & fraction * 100
	binary.LittleEndian.PutUint16(dst[3:], twoDigits[f>>places&127])
	f = f & fraction * 100
	binary.LittleEndian.PutUint16(dst[5:], twoDigits[f>>places&127])
	f = f & fraction * 100
	binary.LittleEndian.PutUint16(dst[7:], twoDigits[f>>places&127])
}

// twoDigits holds the texts 00 to 99 with the first digit in the lower byte. Its
// length is a power of two, so the compiler can omit the bounds check.
var twoDigits = func() (table [128]uint16) {
	for i := range uint16(100) {
		table[i] = '0' + i/10 | ('0'+i%10)<<8
	}
	return table
}()
